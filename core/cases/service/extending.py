"""Lengthening and ending a case by its head: the extension of 行政许可法 42 and the termination, both with reasons and a document."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from core.cases import clocks
from core.cases.errors import CaseNotFound
from core.cases.service.anytime import by_post, carry, words_of
from core.cases.service.machine import Loaded, load
from core.cases.spec import ActResult
from core.kernel.actor import Actor
from core.kernel.clock import local, now
from core.routing.facts import known_limit
from core.routing.guards import extending, extension, spoken
from core.worktime.explain import limit_words
from core.worktime.spec import Limit


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


def extend(session: Session, case_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """Approve the extension: only as the head that the route names – another for joint cases (行政许可法 42) – and with reasons for the applicant."""
    return carry(session, case_id, "extend", reason=reason, command_id=command_id, actor=actor)


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
    return preview(session, case, locale)


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
    return Extension(case.row["number"], case.row["item_title"], case.row["status"], due, following, words, rule.basis, approver, why)


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
