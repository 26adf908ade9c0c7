"""From a ledger to a due date, with the days that were counted.

Day 1 is the next counted day after the event's legal day. The day a pause begins and the day it ends are both left out
(qijian_jisuan 8: stops on the day the procedure starts, resumes the working day after its result).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.worktime.calendars import ONE_DAY, Calendar
from core.worktime.spec import DayKind, DayLine, Ledger, Light, Limit, Projection

DEFAULT_YELLOW = 2
#: How many days after the due date the sheet goes on drawing for a late clock.
LATE_LINES = 31


def project(ledger: Ledger, calendar: Calendar, *, now: datetime, yellow: Limit | None = None) -> Projection:
    """What *ledger* means on *calendar* at *now*. ``yellow`` is the remaining time from which the light warns (default two days, a quarter for hours).

    While a pause lasts the due date is the one it would have if the pause ended now.
    """
    start = ledger.started_at
    if start is None or ledger.budget_value() is None:
        first = calendar.legal_day(start) if start else None
        light: Light = "paused" if ledger.state == "paused" else "green"
        return Projection(None, 0, None, light, False, ledger.state == "running", start=first, zone=calendar.zone)
    if ledger.limit.unit == "hour":
        return _project_hours(ledger, calendar, start, now, yellow)
    return _Walk(ledger, calendar, start, now).projection(yellow)


def add_months(day: date, months: int) -> date:
    """The same number *months* later, or the last day of that month (民法典 202)."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    month += 1
    last = (date(year + month // 12, month % 12 + 1, 1) - ONE_DAY).day
    return date(year, month, min(day.day, last))


def period_end(limit: Limit, event: date, calendar: Calendar) -> date | None:
    """The last day of a period that begins with *event* and is never paused; the short form for guides and letters."""
    if limit.value is None:
        return None
    if limit.unit == "working_day":
        return calendar.on_or_after(calendar.add_working(event, limit.value))
    if limit.unit == "hour":
        return event + timedelta(days=-(-limit.value // 24))
    return calendar.on_or_after(event + timedelta(days=_natural_days(limit.unit, limit.value, event)))


def latest_start(limit: Limit, deadline: date) -> date:
    """The last day on which something due *limit* before *deadline* may still be done, in natural days (行政许可法 50: an applicant's limit)."""
    months = {"month": 1, "year": 12}.get(limit.unit)
    if months:
        return add_months(deadline, -months * (limit.value or 0))
    return deadline - timedelta(days=limit.value or 0)


def weeks(projection: Projection, calendar: Calendar) -> tuple[tuple[DayLine, ...], ...]:
    """The day sheet: the projection's days in whole weeks from Monday, filled up with what lies before and after."""
    if not projection.days:
        return ()
    lines = {line.date: line for line in projection.days}
    first, last = projection.days[0].date, projection.days[-1].date
    monday = first - timedelta(days=first.weekday())
    count = ((last - monday).days // 7 + 1) * 7
    squares = [lines.get(day) or _outside(day, first, calendar) for day in (monday + timedelta(days=i) for i in range(count))]
    return tuple(tuple(squares[i : i + 7]) for i in range(0, count, 7))


def _outside(day: date, first: date, calendar: Calendar) -> DayLine:
    kind: DayKind = _resting(day, calendar) or ("before" if day < first else "after")
    return DayLine(day, kind, name=calendar.name(day), provisional=calendar.provisional(day))


def _resting(day: date, calendar: Calendar) -> DayKind | None:
    found = calendar.classify(day)
    return "holiday" if found == "holiday" else "off" if found == "weekend" else None


def _natural_days(unit: str, value: int, first: date) -> int:
    if unit in ("month", "year"):
        return (add_months(first, value * (12 if unit == "year" else 1)) - first).days
    return value


@dataclass(frozen=True, slots=True)
class _Span:
    first: date
    last: date
    reason: str


class _Walk:
    """One pass over the days from the event to the due date."""

    def __init__(self, ledger: Ledger, calendar: Calendar, start: datetime, now: datetime) -> None:
        self.ledger, self.calendar = ledger, calendar
        self.first = calendar.legal_day(start)
        self.today = calendar.day_of(now)
        stopped = ledger.stopped_at
        self.stopped_on = calendar.day_of(stopped) if stopped else None
        self.as_of = self.stopped_on or self.today
        self.working = ledger.limit.unit in ("working_day", "at_once")
        value = ledger.budget_value() or 0
        self.budget = value if self.working else _natural_days(ledger.limit.unit, value, self.first)
        self.spans = [_Span(calendar.day_of(p.since), calendar.day_of(p.until) if p.until else self.as_of, p.reason) for p in ledger.pauses()]
        self.paused = 0
        self.used = 0
        self.lines: list[DayLine] = []
        self._line(self.first, "start")
        self.due = self._reach()

    def countable(self, day: date) -> bool:
        """Whether *day* would count if no pause held it."""
        return not self.working or self.calendar.is_working(day)

    def span(self, day: date) -> _Span | None:
        """The pause that holds *day*."""
        return next((s for s in self.spans if s.first <= day <= s.last), None)

    def _reach(self) -> date:
        day, n = self.first, 0
        while n < self.budget:
            day += ONE_DAY
            n = self._step(day, n)
        while not self.calendar.is_working(day):  # 民法典 203: a period ending on a day off ends on the first day after it
            if day != self.first:
                self._rest(day)
            day += ONE_DAY
        if day == self.first:
            self.lines[0] = self._made(day, "due", 0 if self.budget == 0 else n)
        else:
            if self.lines[-1].date == day:
                self.lines.pop()
            self._line(day, "due", n)
        return day

    def _step(self, day: date, n: int) -> int:
        if not self.countable(day):
            self._line(day, _resting(day, self.calendar) or "off")
            return n
        held = self.span(day)
        if held is not None:
            self.paused += 1
            self._line(day, "paused", name=held.reason)
            return n
        n += 1
        if day <= self.as_of:
            self.used = n
        ended = self.stopped_on is not None and day > self.stopped_on
        kind: DayKind = "after" if ended else "makeup" if self.calendar.classify(day) == "makeup" else "counted"
        self._line(day, kind, None if ended else n)
        return n

    def _rest(self, day: date) -> None:
        if self.lines[-1].date == day:
            self.lines.pop()
        self._line(day, _resting(day, self.calendar) or "off")

    def _line(self, day: date, kind: DayKind, n: int | None = None, name: str = "") -> None:
        self.lines.append(self._made(day, kind, n, name))

    def _made(self, day: date, kind: DayKind, n: int | None = None, name: str = "") -> DayLine:
        return DayLine(day, kind, n, name or self.calendar.name(day), day == self.today, self.calendar.provisional(day))

    def _late(self) -> int:
        days = (self.due + timedelta(days=i) for i in range(1, (self.as_of - self.due).days + 1))
        return sum(self.countable(day) for day in days)

    def _left(self) -> int:
        days = (self.as_of + timedelta(days=i) for i in range(1, (self.due - self.as_of).days + 1))
        return sum(day > self.first and self.countable(day) and self.span(day) is None for day in days)

    def projection(self, yellow: Limit | None) -> Projection:
        """The finished answer."""
        late = self._late() if self.as_of > self.due else 0
        remaining = -late if self.as_of > self.due else self._left()
        for i in range(1, min(LATE_LINES, (self.as_of - self.due).days) + 1):
            day = self.due + timedelta(days=i)
            self._line(day, _resting(day, self.calendar) or "after")
        return Projection(
            due=self.due,
            used=self.used + late,
            remaining=remaining,
            light=self._light(remaining, yellow),
            provisional=self.calendar.provisional(self.due),
            running=self.ledger.state == "running",
            days=tuple(self.lines),
            budget=self.budget,
            counts="working_day" if self.working else "calendar_day",
            paused=self.paused,
            due_at=self.calendar.end_of(self.due),
            start=self.first,
            zone=self.calendar.zone,
        )

    def _light(self, remaining: int, yellow: Limit | None) -> Light:
        if self.as_of > self.due:  # what was late before it was paused stays late
            return "red"
        if self.ledger.state == "paused":
            return "paused"
        if self.ledger.state == "stopped" or self.ledger.limit.unit == "at_once":
            return "green"
        warn = yellow.value if yellow is not None and yellow.value is not None else DEFAULT_YELLOW
        return "yellow" if remaining <= warn else "green"


def _hours(start: datetime, length: timedelta, spans: Sequence[tuple[datetime, datetime]]) -> tuple[datetime, timedelta]:
    """When *length* that begins at *start* is over, and how long it stood still meanwhile: overlaps once, and nothing that begins after the end."""
    due, stood, reached = start + length, timedelta(), start
    for since, until in sorted(spans):
        begin = max(since, reached)
        if begin >= due:
            break
        if until > begin:
            due, stood = due + (until - begin), stood + (until - begin)
            reached = until
    return due, stood


def _project_hours(ledger: Ledger, calendar: Calendar, start: datetime, now: datetime, yellow: Limit | None) -> Projection:
    """Hours run from the moment itself, day and night (民法典 201)."""
    value = ledger.budget_value() or 0
    as_of = max(start, ledger.stopped_at or now)
    due_at, stood = _hours(start, timedelta(hours=value), [(p.since, max(p.since, p.until or as_of)) for p in ledger.pauses()])
    remaining = int((due_at - as_of).total_seconds() // 3600)
    warn = yellow.value if yellow is not None and yellow.unit == "hour" and yellow.value is not None else max(1, value // 4)
    light: Light = "red" if as_of > due_at else "paused" if ledger.state == "paused" else "green"
    if light == "green" and ledger.state == "running" and remaining <= warn:
        light = "yellow"
    first, due, today = calendar.day_of(start), calendar.day_of(due_at), calendar.day_of(now)
    lines = [DayLine(first, "start", today=first == today)] if first != due else []
    lines += [DayLine(d, "counted", today=d == today) for d in (first + timedelta(days=i) for i in range(1, (due - first).days))]
    lines.append(DayLine(due, "due", today=due == today))
    used = value - remaining
    return Projection(
        due, used, remaining, light, False, ledger.state == "running", tuple(lines), value, "hour", int(stood.total_seconds() // 3600), due_at, first,
        calendar.zone,
    )  # fmt: skip
