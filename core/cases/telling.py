"""A clock in words: what it counts, why its last day is that day, what happens then, and why it stands still."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import clocks
from core.cases.models import CaseEvent, table
from core.cases.speaking import spoken_task
from core.cases.spec import ClockView, Standstill
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.clock import now
from core.kernel.wording import word
from core.routing.actions import text
from core.routing.marking import Marking
from core.routing.spec import Node, RouteSpec
from core.worktime.explain import explain, limit_words
from core.worktime.projection import project
from core.worktime.spec import Ledger

#: What started a clock, as its explanation says it.
_STARTED_BY = {
    "intake": "cases.event.submitted", "pre_review": "cases.event.submitted", "main": "cases.event.accepted", "delivery": "cases.event.decided",
    "correction": "cases.event.asked",
}  # fmt: skip
_event = table(CaseEvent).c


def view(session: Session, case_id: str, row: Mapping[Any, Any], compiled: CompiledItem, marking: Marking, locale: str, *, named: bool) -> ClockView:
    """A clock of a case: *row* is its row of ``case_clock``. *named* names officers – for staff; applicants read their office."""
    name, held, working = row["name"], clocks.Held.of(row), clocks.calendar(session)
    route = compiled.route
    ledger = _grounded(held.ledger, route)
    projection = project(ledger, working, now=now(), yellow=route.yellow)
    node = _node(route, marking, name)
    titles, bases = _pauses(route, locale)
    sentences = explain(
        ledger, projection, event=word(_began(name, marking), locale), reasons=titles, bases=bases,
        people=_approvers(session, case_id, ledger, locale, named=named), locale=locale,
    )  # fmt: skip
    running = ledger.state in ("running", "paused") and projection.due is not None
    rung, rung_at = _next(held, name, node, route, row["next_rung_at"], locale)
    return ClockView(
        name, projection.due, projection.due_at, projection.used, projection.remaining, _light(projection.light, held), projection.running,
        projection.provisional, projection.budget, projection.counts, projection.days, (*sentences, *(_then(name, node, route, locale) if running else ())),
        title(route, marking, name, locale), rung, rung_at, _first_late(held), _held_by(ledger, titles, bases),
    )  # fmt: skip


def _began(name: str, marking: Marking) -> str:
    """What began the clock; the papers are received when a pre-review or the levels on the way are done with them, not when they were handed in."""
    later = name == "intake" and (marking.pre_review is not None or marking.relay is not None)
    return "cases.event.received" if later else _STARTED_BY.get(name, "cases.event.opened")


def _grounded(ledger: Ledger, route: RouteSpec) -> Ledger:
    """The ledger with the route's basis for extensions that name none of their own."""
    basis = route.extend.basis if route.extend is not None else ""
    if not basis or not ledger.extensions():
        return ledger
    return replace(ledger, entries=tuple(replace(e, basis=e.basis or basis) if e.kind == "extend" else e for e in ledger.entries))


def title(route: RouteSpec, marking: Marking, name: str, locale: str, *, node: str = "") -> str:
    """What a clock is called: the time to accept, to decide, of a step, of a procedure. *node* is the path of a step whose task is closed already."""
    kind, _, rest = name.partition(":")
    if kind == "pause":
        plain = rest.partition("@")[0]
        known = route.pauses.get(plain)
        return word("worktime.clock.pause", locale, title=text(route, f"pauses.{plain}.title", known.title if known else plain, locale))
    if kind == "task":
        task, closed = marking.task(int(rest)), route.nodes.get(node)
        path, said = (task.node, task.title) if task is not None else (node, closed.title if closed is not None else rest)
        return word("worktime.clock.task", locale, title=spoken_task(route, path, said, locale))
    if kind == "custody":
        return word("worktime.clock.custody", locale, level=word(f"routing.level.{rest}", locale))
    return word(f"worktime.clock.{kind}", locale)


def _light(light: str, held: clocks.Held) -> str:
    """A clock that was late is red for ever, whatever was granted since."""
    return "red" if _first_late(held) is not None else light


def _first_late(held: clocks.Held) -> datetime | None:
    if held.overdue_at is not None:
        return held.overdue_at
    due, ledger = held.due_at, held.ledger
    until = ledger.stopped_at or (now() if ledger.state == "running" else None)
    return due if due is not None and until is not None and until > due else None


def _node(route: RouteSpec, marking: Marking, name: str) -> Node | None:
    task = marking.task(int(name.removeprefix("task:"))) if name.startswith("task:") else None
    return route.nodes.get(task.node) if task is not None else None


def _pauses(route: RouteSpec, locale: str) -> tuple[dict[str, str], dict[str, str]]:
    """Titles and bases of what may stop a clock."""
    titles = {key: text(route, f"pauses.{key}.title", pause.title, locale) for key, pause in route.pauses.items()}
    bases = {key: pause.basis for key, pause in route.pauses.items()}
    return titles | {"correction": word("cases.pause.correction", locale)}, bases


def _approvers(session: Session, case_id: str, ledger: Ledger, locale: str, *, named: bool) -> dict[str, str]:
    """``event:<seq>`` of each extension → the office that approved it, and for staff who that was."""
    events = {entry.by: int(entry.by.removeprefix("event:")) for entry in ledger.extensions() if entry.by.startswith("event:")}
    if not events:
        return {}
    query = select(_event.seq, _event.actor_id, _event.body).where(_event.case_id == case_id, _event.seq.in_(events.values()), _event.actor_kind == "staff")
    rows = {row.seq: row for row in session.execute(query)}
    joint = {seq: json.loads(row.body).get("joint") is True for seq, row in rows.items()}
    office = {by: word(f"cases.head.{'government' if joint.get(seq) else 'agency'}", locale) for by, seq in events.items()}
    if not named:
        return office
    names = people.staff_names(session, sorted({row.actor_id for row in rows.values()}))
    known = {by: names.get(rows[seq].actor_id) if seq in rows else None for by, seq in events.items()}
    return {by: word("worktime.explain.approver", locale, office=office[by], name=name) if name else office[by] for by, name in known.items()}


def _then(name: str, node: Node | None, route: RouteSpec, locale: str) -> tuple[str, ...]:
    """What the law or the route makes of the last day passing."""
    kind = name.partition(":")[0]
    if kind == "correction":
        basis = route.intake.lapse_basis
        return (word("worktime.after.correction", locale, basis=basis) if basis else word("worktime.after.correction_open", locale),)
    if kind != "task":
        return (word(f"worktime.after.{kind}", locale),)
    rule = node.overdue if node is not None else None
    if rule is None:
        return (word("worktime.after.task", locale),)
    shape = {"agree": "task_agree", "grant": "task_agree", "refuse": "task_refuse"}.get(rule.outcome or "", "task_escalate")
    return (word(f"worktime.after.{shape}", locale, limit=limit_words(rule.after.plain, locale), basis=rule.basis or ""),)


def _next(held: clocks.Held, name: str, node: Node | None, route: RouteSpec, at: datetime | None, locale: str) -> tuple[str, datetime | None]:
    """What happens next by itself, in words; nothing while the clock stands still."""
    if at is None or held.next_rung is None:
        return "", None
    act: str = held.next_rung
    if act == "red" and name in ("intake", "correction"):
        act = "deem_accepted" if name == "intake" else "lapse" if route.intake.lapse_basis else act
    elif act == "red" and name.startswith("pause:"):
        act = "close_pause"
    elif act == "escalate" and node is not None and node.overdue is not None and node.overdue.outcome:
        act = "overdue_refuse" if node.overdue.outcome == "refuse" else "overdue_agree"
    return word(f"worktime.rung.{act}", locale), at


def _held_by(ledger: Ledger, titles: Mapping[str, str], bases: Mapping[str, str]) -> tuple[Standstill, ...]:
    open_ = (pause for pause in ledger.pauses() if pause.until is None)
    found = ((pause, pause.reason.partition("@")[0]) for pause in open_)
    return tuple(Standstill(titles.get(plain, plain), bases.get(plain, ""), pause.since) for pause, plain in found) if ledger.state == "paused" else ()
