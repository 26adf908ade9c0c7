"""Limits and ledgers: how much time there is, and when it ran.

A clock is a ledger, not a timestamp: its due date is always computed again from the entries and the calendar, so a pause,
an extension or a corrected holiday moves it and the page can show why. Rules of counting: 行政许可法 82, 民法典 200–204.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Literal, cast, get_args

from core.kernel.clock import DEFAULT_ZONE
from core.worktime.errors import BadLimit, LedgerRefused

Unit = Literal["working_day", "calendar_day", "month", "year", "hour", "at_once"]
EntryKind = Literal["start", "pause", "resume", "extend", "stop"]
UNITS: tuple[Unit, ...] = get_args(Unit)

#: The longest period of each unit that is believed; a typing error must not make the calendar run for centuries.
LONGEST: Mapping[str, int] = {"working_day": 3650, "calendar_day": 3650, "month": 120, "year": 10, "hour": 8784, "at_once": 0}


@dataclass(frozen=True, slots=True)
class Limit:
    """A length of time. ``value`` ``None`` means that neither law nor source gives one (shown as unknown); ``basis`` names the rule it rests on."""

    value: int | None
    unit: Unit = "working_day"
    basis: str | None = None

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise BadLimit("worktime.limit.unit", unit=self.unit)
        if self.value is not None and (isinstance(self.value, bool) or not 0 <= self.value <= LONGEST[self.unit]):
            raise BadLimit(value=self.value, unit=self.unit, most=LONGEST[self.unit])

    def to_json(self) -> dict[str, Any]:
        """The limit as it stands in events and tables."""
        plain: dict[str, Any] = {"value": self.value, "unit": self.unit}
        return plain if self.basis is None else {**plain, "basis": self.basis}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Limit":
        """The limit back; ``at_once`` needs no value."""
        unit = cast(Unit, plain["unit"])
        return cls(0 if unit == "at_once" else plain.get("value"), unit, plain.get("basis"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a ledger: what happened to the clock, when (aware UTC), and by what – a pause's name, an event's id.

    ``adds`` is the lengthening of an ``extend``, in the unit of the limit, and ``basis`` the rule it rests on.
    """

    kind: EntryKind
    at: datetime
    by: str = ""
    adds: int = 0
    basis: str = ""

    def to_json(self) -> dict[str, Any]:
        """The entry as plain JSON."""
        plain: dict[str, Any] = {"kind": self.kind, "at": self.at.astimezone(UTC).isoformat(), "by": self.by}
        plain |= {"adds": self.adds} if self.adds else {}
        return plain | ({"basis": self.basis} if self.basis else {})


@dataclass(frozen=True, slots=True)
class Pause:
    """A stretch in which the clock stood still; ``until`` is ``None`` while it lasts."""

    reason: str
    since: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The life of one clock. Every verb returns a new ledger and raises :class:`LedgerRefused` when the entry does not fit."""

    limit: Limit
    entries: tuple[Entry, ...] = ()

    def start(self, at: datetime, by: str = "") -> "Ledger":
        """Begin to count from *at*; the day of *at* itself is not counted (民法典 201)."""
        if self.entries:
            raise LedgerRefused("worktime.ledger.started")
        return self._with(Entry("start", _aware(at), by))

    def pause(self, at: datetime, by: str) -> "Ledger":
        """Stand still for the procedure *by* (行政许可法 45), which must be named. Several pauses may overlap; their days count once."""
        self._must_run()
        if not by:
            raise LedgerRefused("worktime.ledger.pause_unnamed")
        if by in self.open_pauses:
            raise LedgerRefused("worktime.ledger.paused", reason=by)
        return self._with(Entry("pause", _aware(at), by))

    def resume(self, at: datetime, by: str) -> "Ledger":
        """End the pause *by*; the clock runs again when no other pause is open."""
        self._must_run()
        if by not in self.open_pauses:
            raise LedgerRefused("worktime.ledger.not_paused", reason=by)
        return self._with(Entry("resume", _aware(at), by))

    def extend(self, limit: Limit, at: datetime, by: str) -> "Ledger":
        """Lengthen the clock by *limit*, approved by *by* on ``limit.basis`` (行政许可法 42: reasons are told, somebody answers for it).

        *limit* must be at least one and have the clock's own unit. It may be granted while the clock stands still, never after it ended.
        """
        self._must_run()
        if self.limit.value is None or not limit.value or limit.unit != self.limit.unit:
            raise LedgerRefused("worktime.ledger.extend_unit", unit=self.limit.unit)
        if not by:
            raise LedgerRefused("worktime.ledger.extend_unnamed")
        Limit(self.budget_value(limit.value), self.limit.unit)  # still countable
        return self._with(Entry("extend", _aware(at), by, limit.value, limit.basis or ""))

    def stop(self, at: datetime, by: str = "") -> "Ledger":
        """End the clock; pauses still open end with it."""
        self._must_run()
        return self._with(Entry("stop", _aware(at), by))

    @property
    def started_at(self) -> datetime | None:
        """When the clock began."""
        return self.entries[0].at if self.entries else None

    @property
    def stopped_at(self) -> datetime | None:
        """When the clock ended."""
        last = self.entries[-1] if self.entries else None
        return last.at if last is not None and last.kind == "stop" else None

    @property
    def open_pauses(self) -> frozenset[str]:
        """Names of the pauses that last."""
        return frozenset(p.reason for p in self.pauses() if p.until is None)

    @property
    def state(self) -> Literal["waiting", "running", "paused", "stopped"]:
        """Where the clock stands."""
        if not self.entries:
            return "waiting"
        if self.stopped_at is not None:
            return "stopped"
        return "paused" if self.open_pauses else "running"

    def budget_value(self, more: int = 0) -> int | None:
        """The limit with all extensions, in its own unit."""
        if self.limit.value is None:
            return None
        return self.limit.value + sum(e.adds for e in self.entries) + more

    def extensions(self) -> tuple[Entry, ...]:
        """Every lengthening in the order it was granted."""
        return tuple(entry for entry in self.entries if entry.kind == "extend")

    def pauses(self) -> tuple[Pause, ...]:
        """Every pause in the order it began."""
        found: list[Pause] = []
        for entry in self.entries:
            if entry.kind == "pause":
                found.append(Pause(entry.by, entry.at, None))
            elif entry.kind in ("resume", "stop"):
                ends = entry.kind == "stop"
                found = [replace(p, until=entry.at) if p.until is None and (ends or p.reason == entry.by) else p for p in found]
        return tuple(found)

    def to_json(self) -> dict[str, Any]:
        """The ledger as plain JSON."""
        return {"limit": self.limit.to_json(), "entries": [e.to_json() for e in self.entries]}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Ledger":
        """The ledger back."""
        entries = tuple(Entry(e["kind"], datetime.fromisoformat(e["at"]), e.get("by", ""), e.get("adds", 0), e.get("basis", "")) for e in plain["entries"])
        return cls(Limit.from_json(plain["limit"]), entries)

    def _must_run(self) -> None:
        if not self.entries:
            raise LedgerRefused("worktime.ledger.not_started")
        if self.stopped_at is not None:
            raise LedgerRefused("worktime.ledger.stopped")

    def _with(self, entry: Entry) -> "Ledger":
        if self.entries and entry.at < self.entries[-1].at:
            raise LedgerRefused("worktime.ledger.backwards")
        return replace(self, entries=(*self.entries, entry))


DayKind = Literal["before", "start", "counted", "off", "holiday", "makeup", "paused", "due", "after"]
Light = Literal["green", "yellow", "red", "paused"]


@dataclass(frozen=True, slots=True)
class DayLine:
    """One square of the day sheet. ``n`` is the number of the counted day; ``name`` the holiday, or the pause's reason; ``today`` marks the present."""

    date: date
    kind: DayKind
    n: int | None = None
    name: str = ""
    today: bool = False
    provisional: bool = False


@dataclass(frozen=True, slots=True)
class Projection:
    """What a ledger means on a calendar at an instant.

    ``due`` is the last day (``None`` when there is no limit or the clock waits), ``due_at`` the instant after which it is late.
    ``used`` and ``remaining`` are in ``counts`` (working days, calendar days or hours); today is already used, so ``remaining`` is 0 on the last
    day and negative afterwards. ``paused`` counts the days taken out by pauses. ``provisional``: a year was used whose notice is not published.
    """

    due: date | None
    used: int
    remaining: int | None
    light: Light
    provisional: bool
    running: bool
    days: tuple[DayLine, ...] = ()
    budget: int | None = None
    counts: Literal["working_day", "calendar_day", "hour"] = "working_day"
    paused: int = 0
    due_at: datetime | None = None
    start: date | None = None
    zone: str = DEFAULT_ZONE


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("a ledger keeps aware instants")
    return at.astimezone(UTC)
