"""The rungs of a clock: the instants at which time itself does something – warns, calls the leaders, decides.

A running clock with a due date has up to three: ``yellow`` when little is left, ``red`` when the last day is over, ``escalate`` a while later
(a step's ``overdue.after``, else the route's ``lights.escalate``). They follow from ledger and calendar alone; the sweep
(:mod:`core.cases.service.rungs`) fires each once per *epoch*, and a new epoch begins whenever the due date is derived to another instant.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from core.routing.marking import OpenTask
from core.routing.spec import RouteSpec
from core.worktime.calendars import Calendar
from core.worktime.projection import period_end
from core.worktime.spec import Ledger, Limit, Projection

Name = Literal["yellow", "red", "escalate"]
#: Kinds of task whose time is the case's own clock of the same name; the task's clock keeps silent, so that nobody is told twice.
MIRRORED = frozenset({"intake", "pre_review", "correction", "delivery"})


@dataclass(frozen=True, slots=True)
class Rung:
    """One instant of a clock's life that has an effect."""

    name: Name
    at: datetime


def ladder(ledger: Ledger, projection: Projection, yellow_at: datetime | None, working: Calendar, escalates: Limit | None) -> tuple[Rung, ...]:
    """The rungs of *ledger* in the order of time – while it stands still those of going on now; none before it starts, after it ends, or without a limit.

    A clock that is yellow from its first moment has no warning to give.
    """
    due_at, begun = projection.due_at, ledger.started_at
    if due_at is None or projection.due is None or begun is None or ledger.state == "stopped":
        return ()
    found = [Rung("yellow", yellow_at)] if yellow_at is not None and begun < yellow_at < due_at else []
    found.append(Rung("red", due_at))
    if escalates is not None and escalates.value is not None:
        if escalates.unit == "hour":
            found.append(Rung("escalate", due_at + timedelta(hours=escalates.value)))
        else:
            last = period_end(escalates, projection.due, working) or projection.due
            found.append(Rung("escalate", max(due_at, working.end_of(last))))
    return tuple(found)


def first(rungs: tuple[Rung, ...], at: datetime) -> Rung | None:
    """Where a freshly derived clock begins: at its first rung, or at ``red`` when that is past at *at* – a warning then says nothing any more."""
    late = next((rung for rung in rungs if rung.name == "red" and rung.at <= at), None)
    return late or next(iter(rungs), None)


def after(rungs: tuple[Rung, ...], name: str) -> Rung | None:
    """The rung that follows *name*."""
    names: list[str] = [rung.name for rung in rungs]
    return rungs[names.index(name) + 1] if name in names[:-1] else None


def silent(clock: str, opens: Iterable[OpenTask]) -> bool:
    """Whether *clock*, which starts now, only repeats one of the case's own."""
    return any(f"task:{task.no}" == clock and task.kind in MIRRORED for task in opens)


def escalation(route: RouteSpec, clock: str, opens: Iterable[OpenTask], facts: Callable[[], Mapping[str, Any]]) -> Limit | None:
    """How long after it is late *clock* escalates; *opens* are the tasks that the same command opens. Frozen when the clock starts, like its limit."""
    task = next((task for task in opens if f"task:{task.no}" == clock), None)
    node = route.nodes.get(task.node) if task is not None else None
    if node is not None and node.overdue is not None:
        return node.overdue.after.resolve(facts()) or node.overdue.after.plain
    return _of_route(route)


def _of_route(route: RouteSpec) -> Limit | None:
    raw = (route.doc.get("lights") or {}).get("escalate")
    return Limit.from_json(raw) if raw else None
