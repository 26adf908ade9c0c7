"""A case as its applicant follows it: every step done, now or next – who, when, until when and why."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.models import CaseTaskDone
from core.cases.speaking import spoken_task
from core.cases.spec import ENDED, CaseView, TaskView, TimelineStep
from core.cases.versions import pinned
from core.identity import queries as people
from core.identity.service import resolve_organisation
from core.items.spec import CompiledItem
from core.kernel.wording import word
from core.routing.facts import facts_at, holds
from core.routing.spec import Branch, Holders, Node, Scope


def timeline(session: Session, case: CaseView, *, locale: str = "zh") -> tuple[TimelineStep, ...]:
    """The steps of a case the caller was allowed to load: filed, done tasks in order, open ones, and what is still to come."""
    compiled = pinned(session, case.version_id)
    done = (
        session.execute(select(*CaseTaskDone.__table__.c).where(CaseTaskDone.case_id == case.id).order_by(CaseTaskDone.closed_at, CaseTaskDone.no))
        .mappings()
        .all()
    )
    titles = people.titles(session, [row["department_id"] for row in done if row["department_id"]] + [d for task in case.tasks for d in task.departments if d])
    filed = TimelineStep("filed", word("cases.step.filed", locale), "done", case.applicant, case.submitted_at, None)
    steps: list[TimelineStep] = [filed, *(_done(row, case, titles, locale) for row in done if row["action"] not in ("not_needed", "stopped"))]
    steps.extend(_now(task, case, titles, locale) for task in case.tasks)
    steps.extend(_next(session, case, compiled, {row["node"] for row in done} | {task.node for task in case.tasks}, locale))
    if case.status in ENDED:
        steps.append(TimelineStep("end", word(f"cases.end.{case.status}", locale), "done", "", case.ended_at, None, _result(case, locale)))
    return tuple(steps) if locale == "zh" else tuple(replace(step, title=spoken_task(compiled.route, step.id, step.title, locale)) for step in steps)


def _done(row: Mapping[Any, Any], case: CaseView, titles: Mapping[str, str], locale: str) -> TimelineStep:
    """What was done, by which department – officers are not named to applicants – and the words addressed to the applicant."""
    note = next((line.note for line in case.history if line.seq == row["event_seq"]), "")
    who = case.applicant if row["role"] == "applicant" else titles.get(row["department_id"] or "", "")
    return TimelineStep(row["node"], row["title"], "done", who, row["closed_at"], None, _action(row["action"], locale), note)


def _now(task: TaskView, case: CaseView, titles: Mapping[str, str], locale: str) -> TimelineStep:
    """An open task with the clock that counts for it: its own, else the case's. A question has none: nothing stops or starts for it."""
    known = {clock.name: clock for clock in case.clocks} if task.kind != "inquiry" else {}
    clock = next((known[name] for name in (f"task:{task.no}", "delivery", "main", "correction", "intake") if name in known), None)
    who = case.applicant if task.roles[0] == "applicant" else titles.get(task.departments[0], word("cases.who.system", locale))
    why = "".join(clock.sentences) if clock is not None else ""
    return TimelineStep(task.node, task.title, "now", who, task.opened_at, clock.due if clock is not None else None, "", why, clock)


def _next(session: Session, case: CaseView, compiled: CompiledItem, seen: set[str], locale: str) -> Iterator[TimelineStep]:
    """What is still to come, in the order of the route; branches whose condition is known to be false are left out."""
    if case.status in ENDED:
        return
    route, marking = compiled.route, case.marking
    facts = {"form": dict(case.values or {}), "situation": dict(case.situation)}
    if marking.phase == "intake" and "intake" not in seen:
        yield TimelineStep("intake", word("routing.title.intake", locale), "next", _who(session, route.intake.holders, None, case), None, None)
    if marking.phase in ("intake", "review"):
        for node, branch in _walk(route.review, None):
            known = holds(branch.when, facts_at(route, marking, node.scope, facts)) if branch is not None else True
            if node.path not in seen and node.path not in marking.outcomes and known is not False:
                yield TimelineStep(node.path, node.title, "next", _who(session, _holders(node), branch, case), None, None)
    if "delivery" not in seen:
        yield TimelineStep("delivery", word("routing.title.delivery", locale), "next", _hands_over(session, route.delivery.holders, case), None, None)


def _hands_over(session: Session, holders: Holders, case: CaseView) -> str:
    """Who will hand the result over: where the papers set out, else whom the route names."""
    relay = case.marking.relay
    if relay is None or relay.way[0][1] is None:
        return _who(session, holders, None, case)
    return people.department(session, people.successor(session, relay.way[0][1])).title


def _walk(scope: Scope, branch: Branch | None) -> Iterator[tuple[Node, Branch | None]]:
    """Steps a person or the platform does, from the start of *scope* along its exits, blocks opened; by-hand fallbacks left out."""
    waiting, met = [scope.start], set()
    while waiting:
        name = waiting.pop(0)
        node = scope.nodes.get(name)
        if node is None or name in met:
            continue
        met.add(name)
        if node.kind == "parallel":
            for each in node.branches.values():
                yield from _walk(each.scope, each)
        else:
            yield node, branch
        waiting += [exit_.to for key, exit_ in node.exits.items() if exit_.to is not None and key != "by_hand"]


def _holders(node: Node) -> Holders | None:
    return node.holders or (node.groups[0].holders if node.groups else None)


def _who(session: Session, holders: Holders | None, branch: Branch | None, case: CaseView) -> str:
    """The department that will hold a step."""
    if holders is None or holders.role in ("applicant", "system"):
        return ""
    within = holders.within(branch.org if branch is not None else None)
    found = resolve_organisation(session, within.org, owner=case.department_id, division_id=case.division_id)
    return "、".join(people.titles(session, found).values())


def _action(action: str, locale: str) -> str:
    """The outcome of a step in words, where the platform itself named the action."""
    key = f"cases.action.{action}"
    said = word(key, locale)
    return "" if said == key else said


def _result(case: CaseView, locale: str) -> str:
    return word(f"cases.outcome.{case.outcome}", locale) if case.outcome else ""
