"""Lengthening and ending a case by its head: the extension of 行政许可法 42 and the termination, both with reasons and a document."""

import json
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import clocks, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import CaseEvent, table
from core.cases.service.anytime import by_post, carry, words_of
from core.cases.service.machine import Loaded, load
from core.cases.speaking import spoken_title
from core.cases.spec import ActResult
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.clock import local, now
from core.routing.facts import known_limit
from core.routing.guards import extending, extension, spoken
from core.worktime.explain import limit_words
from core.worktime.spec import Limit

_event = table(CaseEvent).c


@dataclass(frozen=True, slots=True)
class Extension:
    """What extending the case would do: the last day now and then, by how much, on what basis, by whom; ``why_not`` when it cannot be done now."""

    number: str
    item_title: str
    status: str
    due: date | None
    following: date | None
    adds: str
    basis: str
    approver: str
    why_not: str | None
    asked: "Asked | None" = None


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked the head for the extension, when and why; ``no`` is the head's task."""

    no: int
    by: str
    at: datetime
    why: str


def extend(session: Session, case_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """Approve the extension: only as the head that the route names – another for joint cases (行政许可法 42) – and with reasons for the applicant."""
    return carry(session, case_id, "extend", reason=reason, command_id=command_id, actor=actor)


def ask_extension(session: Session, case_id: str, task_no: int, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """Whoever holds a step of the review asks the head for more time: a task for the head that the route names. The reason is for colleagues; what
    the applicant is told are the head's own words (行政许可法 42)."""
    return carry(session, case_id, "extend", task=task_no, action="ask", reason=reason, command_id=command_id, actor=actor, right="ask_extension")


def terminate(session: Session, case_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """End the case before its decision, with reasons; the head of its department may."""
    return carry(session, case_id, "terminate", reason=reason, command_id=command_id, actor=actor)


def previewed(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> Extension:
    """The extension as whoever may approve it sees it, also from outside the department. Raises :class:`CaseNotFound` for everybody else."""
    case = load(session, case_id)[0]
    rule = extension(case.compiled.route, case.marking)
    if rule is None:
        raise CaseNotFound
    by_post(session, case, rule.by, actor)
    return replace(preview(session, case, locale), asked=_asked(session, case))


def _asked(session: Session, case: Loaded) -> Asked | None:
    """The request that waits for the head."""
    task = next((task for task in case.marking.tasks if task.kind == "extension"), None)
    if task is None:
        return None
    rows = session.execute(select(*_event).where(_event.case_id == case.id, _event.kind == "extension_asked").order_by(_event.seq.desc())).mappings()
    row = next(row for row in rows if json.loads(row["body"])["no"] == task.no)
    first = select(_event.sealed).where(_event.case_id == case.id, _event.command_key == row["command_key"], _event.sealed.is_not(None)).order_by(_event.seq)
    note = (sealing.open_json(case.key, case.id, session.execute(first.limit(1)).scalar()) or {}).get("value") or {}
    by = people.staff_names(session, [row["actor_id"]]).get(row["actor_id"], "")
    return Asked(task.no, by, row["at"], str(note.get("opinion", "")))


def preview(session: Session, case: Loaded, locale: str = "zh") -> Extension:
    """What :func:`extend` would do to *case*, whose route has a rule of extension."""
    route = case.compiled.route
    rule = extension(route, case.marking)
    assert rule is not None
    why = spoken(extending(route, case.marking, None, {}, None), locale)
    limit = known_limit(rule.adds, case.facts(), "")
    held = case.clocks.get("main")
    words = limit_words(rule.adds.plain, locale)
    approver = words_of(session, case, rule.by, locale)
    due, following = (_day(held.due_at), _after(session, case, limit)) if held is not None and why is None else (None, None)
    title = spoken_title(case.compiled, case.row["item_title"], locale)
    return Extension(case.row["number"], title, case.row["status"], due, following, words, rule.basis, approver, why)


def _after(session: Session, case: Loaded, limit: Limit | None) -> date | None:
    """The last day with *limit* added now."""
    ledger = case.ledgers.get("main")
    if ledger is None or limit is None:
        return None
    at = now()
    made = clocks.derived("main", ledger.extend(limit, at, "preview"), clocks.calendar(session), case.compiled.route.yellow, at=at)
    return _day(made.due_at)


def _day(due_at: datetime | None) -> date | None:
    """The day that ends at *due_at*, the midnight after it."""
    return local(due_at.fromtimestamp(due_at.timestamp() - 1, due_at.tzinfo)).date() if due_at is not None else None
