"""What may be done to a case beside the buttons of its steps (ROUTING §4, 随时可以): who may is resolved here, what it does is the engine's.

One door for all of them: :func:`carry` finds out as whom the actor may give the command, lets the engine plan it, and keeps the rows of open tasks as
the plan has them. The verbs – one file a topic – add what is theirs.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.cases import access
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound, NotEntitled
from core.cases.models import CaseEvent, CaseTask, CaseTaskDone, table
from core.cases.service.acting import held, note_of, trimmed
from core.cases.service.machine import Change, Loaded, candidates, carry_out
from core.cases.spec import ActResult
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.wording import word
from core.routing.closed_lists import EVENTS
from core.routing.engine import advance
from core.routing.guards import who_may
from core.routing.marking import Command, Marking, Plan, RouteEvent
from core.routing.spec import Holders

_task, _done, _event = table(CaseTask).c, table(CaseTaskDone).c, table(CaseEvent).c
#: Whose words are for colleagues: the applicant reads no opinion and no remark of theirs.
_INWARD = frozenset({"transfer", "delegate", "return_delegate", "add_signer", "take_back", "close_pause"})
Write = Callable[[Loaded, datetime], Sequence[Fact]]


def carry(
    session: Session, case_id: str, kind: str, *, task: int | None = None, action: str | None = None, reason: str | None = None,
    data: Mapping[str, Any] | None = None, command_id: str, actor: Actor, facts: Callable[[Loaded], Mapping[str, Any]] | None = None,
    history: Callable[[Loaded], Sequence[RouteEvent]] | None = None, also: Write | None = None, right: str | None = None,
) -> ActResult:  # fmt: skip
    """Give the command *kind* as somebody who may – who may is asked of the command *right* where that is another one. *reason* is sealed beside the
    event; *facts* are asked for in the command's own transaction; *also* runs in it.

    Raises :class:`CaseNotFound` for who may not even see the case, :class:`NotEntitled` or :class:`NotHolder` for who may see it and not do this,
    :class:`core.routing.errors.RouteRefused` for what the route or the law does not allow now.
    """

    def decide(case: Loaded) -> Change:
        who = entitled(session, case, right or kind, task, actor)
        command = Command(kind, task, action, trimmed(reason), dict(data or {}), who.id)
        told = history(case) if history is not None else ()
        plan = advance(case.compiled.route, case.marking, command, {**case.facts(), **(facts(case) if facts is not None else {})}, history=told)
        words = note_of(None, reason, {}) if kind in _INWARD or right is not None else note_of(reason, None, {})
        change = Change(plan, note=words, action=kind, actor=who)
        change.then = lambda loaded, at: [*follow(session, loaded, plan), *(also(loaded, at) if also is not None else ())]
        return change

    return carry_out(session, case_id, command_id, decide, actor=actor)


def entitled(session: Session, case: Loaded, kind: str, task: int | None, actor: Actor, *, seen: bool = False) -> Actor:
    """As whom *actor* may give the command: themselves, or with the one they stand in for. *seen*: that they may see the case is known already."""
    holders = who_may(case.compiled.route, case.marking, kind)
    if holders is not None and holders.role == "applicant":
        access.require_party(session, case.id, actor)
        return actor
    if kind == "take_back":
        return _who_did(session, case, task, actor)
    if holders is not None and holders.role != "holder":
        return by_post(session, case, holders, actor, seen=seen)
    if task is None:
        return _watching(session, case, holders, actor, seen=seen)
    return held(session, case, task, actor, by_others=kind == "return_delegate")


def _watching(session: Session, case: Loaded, holders: Holders | None, actor: Actor, *, seen: bool) -> Actor:
    """A command that nobody may give, or one of a task without its number: who sees the case learns why from the engine, others nothing."""
    if actor.kind != "staff" or not (seen or access.may_see(session, case.id, actor)):
        raise CaseNotFound
    if holders is not None:
        raise NotEntitled(who={locale: words_of(session, case, holders, locale) for locale in ("zh", "en")})
    return actor


def by_post(session: Session, case: Loaded, holders: Holders, actor: Actor, *, seen: bool = False) -> Actor:
    """*actor* in one of the posts that *holders* resolve to, own or delegated (ROUTING §4.2). Raises :class:`NotEntitled`."""
    if actor.kind != "staff":
        raise CaseNotFound
    wanted = set(candidates(session, case.row, holders))
    found = next((post for post in people.staff_view(session, actor.id).posts if (post.department_id, post.role) in wanted), None)
    if found is None:
        if not (seen or access.may_see(session, case.id, actor)):
            raise CaseNotFound
        raise NotEntitled(who={locale: words_of(session, case, holders, locale) for locale in ("zh", "en")})
    return replace(actor, on_behalf_of=found.on_behalf_of) if found.on_behalf_of else actor


def words_of(session: Session, case: Loaded, holders: Holders, locale: str = "zh") -> str:
    """The posts of *holders* in words: department and role."""
    found = candidates(session, case.row, holders)
    titles = people.titles(session, [department for department, _role in found if department])
    role = word(f"routing.role.{holders.role}", locale)
    return "、".join(f"{titles.get(department or '', '')} {role}".strip() for department, _role in found) or role


def _who_did(session: Session, case: Loaded, task: int | None, actor: Actor) -> Actor:
    """Whoever closed the task may take the act back, as long as they sit in the post that it was done in."""
    if actor.kind != "staff" or not access.may_see(session, case.id, actor):
        raise CaseNotFound
    query = select(_done.department_id, _done.role, _done.actor_id).where(_done.case_id == case.id, _done.no == task)
    row = session.execute(query).first()
    posts = people.staff_view(session, actor.id).posts
    found = next((post for post in posts if row is not None and (post.department_id, post.role) == (row.department_id, row.role)), None)
    if row is None or row.actor_id != actor.id or found is None:
        raise NotEntitled(who={locale: word("cases.who.actor", locale) for locale in ("zh", "en")})
    return replace(actor, on_behalf_of=found.on_behalf_of) if found.on_behalf_of else actor


def told(session: Session, case: Loaded) -> list[RouteEvent]:
    """Everything that happened to the case so far, as the engine folds it."""
    rows = session.execute(select(_event.kind, _event.body).where(_event.case_id == case.id).order_by(_event.seq))
    return [RouteEvent(row.kind, json.loads(row.body)) for row in rows if row.kind in EVENTS]


def follow(session: Session, case: Loaded, plan: Plan) -> Sequence[Fact]:
    """Let the rows of tasks that stay open say who holds them now, as the marking does. Adds no fact."""
    for before in case.marking.tasks:
        after = plan.marking.task(before.no)
        if after is None:
            continue
        values = {name: value for name, value, was in _differences(after, before) if value != was}
        if values:
            session.execute(update(table(CaseTask)).where(_task.case_id == case.id, _task.no == after.no).values(**values))
    return ()


def _differences(after: Any, before: Any) -> Sequence[tuple[str, Any, Any]]:
    return (("claimed_by", after.holder or "", before.holder or ""), ("role", after.holders.role, before.holders.role))


def lent_by(marking: Marking, staff_id: str) -> tuple[int, ...]:
    """The open tasks that the member of staff delegated and may call back."""
    return tuple(task.no for task in marking.tasks if task.lent and task.lent[-1] == staff_id)
