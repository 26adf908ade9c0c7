"""The clocks of a case: the engine says what starts, pauses and stops; here that becomes ledgers with derived due dates."""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from core.cases.spec import ClockView
from core.items.spec import CompiledItem
from core.kernel.clock import now
from core.kernel.wording import word
from core.routing.marking import ClockOp
from core.worktime import service as worktime
from core.worktime.calendars import Calendar
from core.worktime.explain import explain
from core.worktime.projection import DEFAULT_YELLOW, project
from core.worktime.spec import Ledger, Limit, Projection

#: Sort key of a task without a due date.
NEVER = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
#: How long a process trusts the calendar it read (real seconds); clocks are projected again when a year's notice arrives anyway.
_FRESH = timedelta(seconds=30)
_calendars: "WeakKeyDictionary[Any, tuple[float, Calendar]]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Clock:
    """A clock with its ledger and what follows from it."""

    name: str
    ledger: Ledger
    due_at: datetime | None
    yellow_at: datetime | None
    provisional: bool

    def row(self, case_id: str, region_root: str) -> dict[str, Any]:
        """The row of ``case_clock``."""
        return {
            "case_id": case_id, "name": self.name, "region_root": region_root, "ledger": self.ledger.to_json(), "state": self.ledger.state,
            "due_at": self.due_at, "yellow_at": self.yellow_at, "provisional": self.provisional,
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
    ledgers: Mapping[str, Ledger], ops: Iterable[ClockOp], *, at: datetime, received_at: datetime, by: str, working: Calendar, yellow: Limit | None
) -> dict[str, Clock]:
    """The clocks that *ops* change, by name. *received_at* is when the papers came in (deemed acceptance counts from there)."""
    changed: dict[str, Ledger] = {}
    for op in ops:
        ledger = changed.get(op.clock) or ledgers.get(op.clock)
        following = _step(ledger, op, at=received_at if op.as_of == "receipt" else at, by=by)
        if following is not None:
            changed[op.clock] = following
    return {name: derived(name, ledger, working, yellow) for name, ledger in changed.items()}


def _step(ledger: Ledger | None, op: ClockOp, *, at: datetime, by: str) -> Ledger | None:
    if op.op == "start":
        return Ledger(op.limit or Limit(None)).start(at, by)
    if ledger is None or ledger.state in ("waiting", "stopped"):
        return None  # nothing runs under that name any more
    if op.op == "pause":
        return ledger.pause(at, op.pause or by)
    if op.op == "resume":
        return ledger.resume(at, op.pause or by)
    return ledger.stop(at, by)


def derived(name: str, ledger: Ledger, working: Calendar, yellow: Limit | None = None) -> Clock:
    """*ledger* with its due date and the instant at which its light turns yellow."""
    projection = project(ledger, working, now=now(), yellow=yellow)
    return Clock(name, ledger, projection.due_at, _yellow_at(ledger, projection, working, yellow), projection.provisional)


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


def light(due_at: datetime | None, yellow_at: datetime | None, *, paused: bool = False, at: datetime | None = None) -> str:
    """``green``, ``yellow``, ``red`` or ``paused`` of this moment, from the derived instants alone."""
    at = at or now()
    if paused:
        return "paused"
    if due_at is not None and at > due_at:
        return "red"
    return "yellow" if yellow_at is not None and at >= yellow_at else "green"


#: What started a clock, as its explanation says it.
_STARTED_BY = {"intake": "cases.event.submitted", "main": "cases.event.accepted", "delivery": "cases.event.decided", "correction": "cases.event.asked"}


def view(session: Session, name: str, ledger: Ledger, compiled: CompiledItem, locale: str) -> ClockView:
    """A clock with its due day, its counted days and the sentences that justify it."""
    projection = project(ledger, calendar(session), now=now(), yellow=compiled.route.yellow)
    reasons = {key: pause.title for key, pause in compiled.route.pauses.items()} | {"correction": word("cases.pause.correction", locale)}
    event = word(_STARTED_BY.get(name, "cases.event.opened"), locale)
    sentences = explain(ledger, projection, event=event, reasons=reasons, locale=locale)
    return ClockView(
        name, projection.due, projection.due_at, projection.used, projection.remaining, projection.light, projection.running, projection.provisional,
        projection.budget, projection.counts, projection.days, sentences,
    )  # fmt: skip
