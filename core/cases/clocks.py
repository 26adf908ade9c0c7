"""The clocks of a case: the engine says what starts, pauses and stops; here that becomes ledgers with derived due dates."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from core.cases.rungs import MIRRORED, Rung, escalation, first, ladder, silent
from core.kernel.clock import now
from core.routing.marking import ClockOp, OpenTask
from core.routing.spec import RouteSpec
from core.worktime import service as worktime
from core.worktime.calendars import Calendar
from core.worktime.projection import DEFAULT_YELLOW, project
from core.worktime.spec import Ledger, Limit, Projection

#: Sort key of a task without a due date.
NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
#: How long a process trusts the calendar it read (real seconds); clocks are projected again when a year's notice arrives anyway.
_FRESH = timedelta(seconds=30)
_calendars: "WeakKeyDictionary[Any, tuple[float, Calendar]]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Held:
    """A clock as its row has it."""

    ledger: Ledger
    due_at: datetime | None = None
    epoch: int = 0
    next_rung: str | None = None
    overdue_at: datetime | None = None
    escalates: Limit | None = None

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> "Held":
        """The clock of a row of ``case_clock``."""
        escalates = row["escalates"]
        return cls(
            Ledger.from_json(row["ledger"]), row["due_at"], row["epoch"], row["next_rung"], row["overdue_at"],
            Limit.from_json(escalates) if escalates else None,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock with its ledger and what follows from it."""

    name: str
    ledger: Ledger
    due_at: datetime | None
    yellow_at: datetime | None
    provisional: bool
    epoch: int = 1
    next_rung: str | None = None
    next_rung_at: datetime | None = None
    overdue_at: datetime | None = None
    escalates: Limit | None = None

    def follows(self) -> dict[str, Any]:
        """The columns that follow from ledger and calendar."""
        return {
            "due_at": self.due_at, "yellow_at": self.yellow_at, "provisional": self.provisional, "epoch": self.epoch, "next_rung": self.next_rung,
            "next_rung_at": self.next_rung_at, "overdue_at": self.overdue_at,
        }  # fmt: skip

    def row(self, case_id: str, region_root: str) -> dict[str, Any]:
        """The row of ``case_clock``."""
        return {
            "case_id": case_id, "name": self.name, "region_root": region_root, "ledger": self.ledger.to_json(), "state": self.ledger.state,
            **self.follows(), "escalates": self.escalates.to_json() if self.escalates else None,
        }  # fmt: skip


def calendar(session: Session) -> Calendar:
    """The working calendar, read at most every half minute by one process."""
    engine, at = session.get_bind(), time.monotonic()
    kept = _calendars.get(engine)
    if kept is None or at - kept[0] > _FRESH.total_seconds():
        kept = _calendars[engine] = (at, worktime.calendar(session))
    return kept[1]


def forget_calendar(session: Session) -> None:
    """Read the calendar anew next time (a year was imported)."""
    _calendars.pop(session.get_bind(), None)


def apply(
    held: Mapping[str, Held], ops: Iterable[ClockOp], *, at: datetime, received_at: datetime, by: str, working: Calendar,
    route: RouteSpec, opens: Sequence[OpenTask], facts: Callable[[], Mapping[str, Any]],
) -> dict[str, Clock]:  # fmt: skip
    """The clocks that *ops* change, by name. Deemed acceptance counts from the start of the intake clock, *received_at* where there is none.

    *opens* are the tasks that the command opens; their clocks start now and escalate as *route* says, which may ask *facts*.
    """
    received_at = held["intake"].ledger.started_at or received_at if "intake" in held else received_at
    changed: dict[str, Ledger] = {}
    for op in ops:
        ledger = changed.get(op.clock) or (held[op.clock].ledger if op.clock in held else None)
        following = _step(ledger, op, at=received_at if op.as_of == "receipt" else at, by=by)
        if following is not None:
            changed[op.clock] = following
    made = {}
    for name, ledger in changed.items():
        row = held.get(name)
        begun = row is None or row.ledger.state == "stopped"
        escalates = escalation(route, name, opens, facts) if row is None or begun else row.escalates
        made[name] = derived(name, ledger, working, route.yellow, held=row, escalates=escalates, at=at, mute=begun and silent(name, opens))
    return made


def _step(ledger: Ledger | None, op: ClockOp, *, at: datetime, by: str) -> Ledger | None:
    if op.op == "start":
        return Ledger(op.limit or Limit(None)).start(at, by)
    if ledger is None or ledger.state in ("waiting", "stopped"):
        return None  # nothing runs under that name any more
    if op.op == "pause":
        return ledger.pause(at, op.pause or "")  # the ledger refuses a pause that names no procedure
    if op.op == "resume":
        return ledger.resume(at, op.pause or "")
    if op.op == "stop":
        return ledger.stop(at, by)
    return ledger.extend(op.limit or Limit(None), at, by)


def derived(
    name: str, ledger: Ledger, working: Calendar, yellow: Limit | None = None, *, held: Held | None = None, escalates: Limit | None = None,
    at: datetime | None = None, mute: bool = False,
) -> Clock:  # fmt: skip
    """*ledger* with its due date, the instant at which its light turns yellow, and its next rung. *held* is what its row says so far.

    A *mute* clock starts without rungs, and a clock that has none before it is late never had any.
    """
    at = at or now()
    projection = project(ledger, working, now=at, yellow=yellow)
    yellow_at = _yellow_at(ledger, projection, working, yellow)
    mute = mute or (held is not None and held.ledger.started_at == ledger.started_at and held.next_rung is None and held.overdue_at is None)
    rungs = () if mute else ladder(ledger, projection, yellow_at, working, escalates)
    epoch, rung = _continued(ledger, projection.due_at, rungs, held, at)
    rung_at = rung.at if rung is not None and ledger.state == "running" else None
    return Clock(
        name, ledger, projection.due_at, yellow_at, projection.provisional, epoch, rung.name if rung is not None else None, rung_at,
        _overdue_at(held, at), escalates,
    )  # fmt: skip


def rungs_of(held: Held, working: Calendar, yellow: Limit | None, at: datetime) -> tuple[Rung, ...]:
    """The rungs of a clock as it stands."""
    projection = project(held.ledger, working, now=at, yellow=yellow)
    return ladder(held.ledger, projection, _yellow_at(held.ledger, projection, working, yellow), working, held.escalates)


def _continued(ledger: Ledger, due_at: datetime | None, rungs: tuple[Rung, ...], held: Held | None, at: datetime) -> tuple[int, Rung | None]:
    """The epoch and the next rung. A due date derived to another instant begins a new epoch; one that was late and still is does not."""
    if held is None:
        return 1, first(rungs, at)
    still_late = held.next_rung in (None, "escalate") and held.overdue_at is not None and due_at is not None and due_at <= at
    same_clock = held.ledger.started_at == ledger.started_at
    if same_clock and (due_at == held.due_at or still_late):
        return held.epoch, next((rung for rung in rungs if rung.name == held.next_rung), None)
    return held.epoch + 1, first(rungs, at)


def _overdue_at(held: Held | None, at: datetime) -> datetime | None:
    """When the clock was first late. Nothing takes it back: neither an extension nor a pause nor its end."""
    if held is None or held.overdue_at is not None:
        return held.overdue_at if held is not None else None
    return held.due_at if held.due_at is not None and held.ledger.state == "running" and at > held.due_at else None


def _yellow_at(ledger: Ledger, projection: Projection, working: Calendar, yellow: Limit | None) -> datetime | None:
    """When no more than the warning time remains, so that lists need not project."""
    if projection.due_at is None or not projection.budget or ledger.limit.unit == "at_once":
        return projection.due_at
    if projection.counts == "hour":
        given = yellow.value if yellow is not None and yellow.unit == "hour" else None
        return projection.due_at - timedelta(hours=given if given is not None else max(1, projection.budget // 4))
    warn = yellow.value if yellow is not None and yellow.value is not None else DEFAULT_YELLOW
    days = [line.date for line in projection.days if line.n is not None and line.n >= projection.budget - warn]
    return working.end_of(min(days) - timedelta(days=1)) if days else ledger.started_at


def of_task(known: Mapping[str, Clock], no: int, kind: str) -> Clock | None:
    """The clock of *known* that governs a task: the case's own for receipt, correction and delivery, else the task's."""
    return (known.get(kind) if kind in MIRRORED else None) or known.get(f"task:{no}")


#: The dates of a task that no clock governs.
UNTIMED: Mapping[str, Any] = {"due_at": None, "yellow_at": None, "sort_at": NEVER, "counts": None, "standing": None}


def task_dates(clock: Clock) -> dict[str, Any]:
    """The dates of a task that *clock* governs, the unit they are counted in, and whether it stands still or was extended.

    While the clock stands still there is no last day, and the task waits at the end of the queue.
    """
    counts = clock.ledger.limit.unit if clock.due_at is not None else None
    if clock.ledger.state == "paused":
        return {**UNTIMED, "counts": counts, "standing": "paused"}
    standing = "extended" if clock.ledger.extensions() else None
    return {"due_at": clock.due_at, "yellow_at": clock.yellow_at, "sort_at": clock.due_at or NEVER, "counts": counts, "standing": standing}


def left(due_at: datetime, counts: str | None, working: Calendar, at: datetime) -> tuple[int, str]:
    """How much time is left until *due_at* – less than nothing when it is late –, and in what it is counted: ``working_day``, ``calendar_day`` or ``hour``.

    Of a limit in working days only those after today count, today's being under way; what ends today has none left.
    """
    if counts == "hour":
        return int((due_at - at).total_seconds() // 3600), "hour"
    today, last = working.day_of(at), working.day_of(due_at - timedelta(seconds=1))
    if counts in ("calendar_day", "month", "year"):
        return (last - today).days, "calendar_day"
    return (working.working_between(today, last) if last >= today else -working.working_between(last, today)), "working_day"


def light(due_at: datetime | None, yellow_at: datetime | None, *, paused: bool = False, at: datetime | None = None) -> str:
    """``green``, ``yellow``, ``red`` or ``paused`` of this moment, from the derived instants alone."""
    at = at or now()
    if paused:
        return "paused"
    if due_at is not None and at > due_at:
        return "red"
    return "yellow" if yellow_at is not None and at >= yellow_at else "green"
