"""Who may see and touch a case – always in the query, never after it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, ColumnElement, and_, bindparam, exists, literal, or_, select
from sqlalchemy.orm import Session

from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseParty, CaseReception, CaseTask, CaseTaskDone, table
from core.identity import queries as people
from core.identity.errors import MandateRefused
from core.identity.models import AccountParty, Mandate, MandateUse, Post
from core.identity.service import mandates
from core.identity.spec import PostView
from core.kernel.actor import Actor
from core.kernel.clock import today
from core.kernel.ids import is_id

#: Roles whose case it is; the others stand for one of these.
APPLICANTS = ("applicant", "co_applicant")


class TaskRow(NamedTuple):
    """One candidate row of an open task, and whether the asker holds it – for *lender*, when by delegation."""

    no: int
    department_id: str | None
    role: str
    claimed_by: str
    holds: bool
    lender: str | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """What somebody may see, as a condition on cases (built once, so that a statement with it is compiled once) and the parameters that make it theirs."""

    condition: ColumnElement[bool]
    params: Mapping[str, Any]


_case, _party, _link = table(Case).c, table(CaseParty).c, table(AccountParty).c
_use, _mandate = table(MandateUse).c, table(Mandate).c
_task, _done = table(CaseTask).c, table(CaseTaskDone).c
_departments: BindParameter[Any] = bindparam("seen_departments", expanding=True)
_windows: BindParameter[Any] = bindparam("seen_windows", expanding=True)
_taken_in = table(CaseReception).c
_places: BindParameter[Any] = bindparam("seen_places", expanding=True)
#: The posts that take papers in and hand results out: of one department, and of all that sit in one place (综合窗口).
WINDOW, GENERAL_WINDOW = "window", "general_window"

#: A case that the account filed by a mandate which holds today: asked only of cases on which the account's own person is the agent.
_MANDATED = exists(
    select(literal(1))
    .select_from(table(MandateUse).join(table(Mandate), _mandate.id == _use.mandate_id))
    .where(
        _use.case_id == _party.case_id,
        _use.power == "file",
        _mandate.agent_account_id == _link.account_id,
        _mandate.revoked_at.is_(None),
        _mandate.valid_until >= bindparam("seen_day"),
    )
    .correlate(table(CaseParty), table(AccountParty))
)


def _by_account(roles: ColumnElement[bool]) -> ColumnElement[bool]:
    links = table(CaseParty).join(table(AccountParty), and_(_link.party_id == _party.party_id, _link.account_id == bindparam("seen_account")))
    current = or_(_link.valid_until.is_(None), _link.valid_until >= bindparam("seen_day"))
    return exists(select(literal(1)).select_from(links).where(_party.case_id == _case.id, roles, current).correlate(table(Case)))


#: Cases of an applicant that the account may act for today. Who was only the agent sees a case as long as the authority lasts, no longer.
BY_APPLICANT = _by_account(_party.role.in_(APPLICANTS))
BY_ACCOUNT = _by_account(or_(_party.role.in_(APPLICANTS), and_(_party.role == "agent", _MANDATED)))
#: Cases that one of the departments owns, works on, or worked on, or that its window took in for another authority (全域通办): it sees how they
#: stand and holds no task of theirs.
BY_POSTS = or_(
    _case.department_id.in_(_departments),
    exists(
        select(literal(1))
        .where(_taken_in.case_id == _case.id, or_(_taken_in.department_id.in_(_windows), _taken_in.division_id.in_(_places)))
        .correlate(table(Case))
    ),
    exists(select(literal(1)).where(_task.case_id == _case.id, _task.department_id.in_(_departments)).correlate(table(Case))),
    exists(select(literal(1)).where(_done.case_id == _case.id, _done.department_id.in_(_departments)).correlate(table(Case))),
)
EVERY = literal(True) == literal(True)


def of_account(account_id: str) -> Sight:
    """What the account of a party sees."""
    return Sight(BY_ACCOUNT, {"seen_account": account_id, "seen_day": today()})


def of_posts(posts: Sequence[PostView]) -> Sight:
    """What the departments of *posts* give sight of."""
    windows = sorted({post.department_id for post in posts if post.role == WINDOW})
    places = sorted({post.division_id for post in posts if post.role == GENERAL_WINDOW})
    return Sight(BY_POSTS, {"seen_departments": sorted({post.department_id for post in posts}), "seen_windows": windows, "seen_places": places})


def of_actor(session: Session, actor: Actor) -> Sight:
    """What whoever asks may see. The platform itself sees every case."""
    if actor.kind in ("citizen", "agent"):
        return of_account(actor.id)
    if actor.kind == "staff":
        return of_posts(people.staff_view(session, actor.id).posts)
    return Sight(EVERY, {})


def require_party(session: Session, case_id: str, actor: Actor, power: str | None = None) -> None:
    """Raise :class:`CaseNotFound` unless the citizen may act for a party of the case. Who filed it by a mandate may do what the mandate's *power* says
    – each such step is shown to the principal –, and otherwise :class:`core.identity.errors.MandateRefused` tells the rule.
    """
    if actor.kind not in ("citizen", "agent") or not is_id(case_id):
        raise CaseNotFound
    sight = of_account(actor.id)
    if _seen(session, case_id, Sight(BY_APPLICANT, sight.params)):
        return
    if not _seen(session, case_id, sight):
        raise CaseNotFound
    _by_mandate(session, case_id, actor, power)


def require_sight(session: Session, case_id: str, actor: Actor) -> None:
    """Raise :class:`CaseNotFound` unless the citizen may see the case: as a party of it, for one, or as the agent who filed it by a mandate."""
    if actor.kind not in ("citizen", "agent") or not is_id(case_id) or not _seen(session, case_id, of_account(actor.id)):
        raise CaseNotFound


def _by_mandate(session: Session, case_id: str, actor: Actor, power: str | None) -> None:
    found = select(_use.mandate_id, _use.case_no, _use.title).join(table(Mandate), _mandate.id == _use.mandate_id)
    mine = found.where(_use.case_id == case_id, _use.power == "file", _mandate.agent_account_id == actor.id, _mandate.revoked_at.is_(None))
    row = session.execute(mine.limit(1)).one()
    held = session.execute(select(_mandate.powers).where(_mandate.id == row.mandate_id)).scalar_one()
    if power is None or power not in held:
        raise MandateRefused(reason="identity.mandate_power")
    mandates.record_use(session, row.mandate_id, power=power, case_id=case_id, case_no=row.case_no, title=row.title, actor=actor)


def may_see(session: Session, case_id: str, actor: Actor) -> bool:
    """Whether whoever asks may see the case: a party of it, or a member of staff by a post."""
    return is_id(case_id) and _seen(session, case_id, of_actor(session, actor))


def _seen(session: Session, case_id: str, sight: Sight) -> bool:
    return session.execute(select(_case.id).where(_case.id == bindparam("asked"), sight.condition), {"asked": case_id, **sight.params}).scalar() is not None


_own = table(Post).c
_ROWS = (
    select(_task.no, _task.department_id, _task.role, _task.claimed_by, _own.id.is_not(None))
    .select_from(
        table(CaseTask).outerjoin(table(Post), and_(_own.department_id == _task.department_id, _own.role == _task.role, _own.staff_id == bindparam("staff_id")))
    )
    .where(_task.case_id == bindparam("case_id"), _task.no == bindparam("no"))
)


def task_rows(session: Session, case_id: str, task_no: int, staff_id: str) -> list[TaskRow]:
    """The candidate rows of an open task with who holds it: own posts in one statement, delegated ones only when those do not do."""
    rows = [TaskRow(*row) for row in session.execute(_ROWS, {"case_id": case_id, "no": task_no, "staff_id": staff_id})]
    if not rows or any(row.holds for row in rows):
        return rows
    return _lent(rows, people.staff_view(session, staff_id).posts)


def held_rows(rows: Iterable[Mapping[Any, Any]], posts: Sequence[PostView]) -> list[TaskRow]:
    """:func:`task_rows` of *rows* of one task that a page read anyway, for who has *posts*."""
    own = {(post.department_id, post.role) for post in posts if post.on_behalf_of is None}
    found = [TaskRow(row["no"], row["department_id"], row["role"], row["claimed_by"], (row["department_id"], row["role"]) in own) for row in rows]
    return found if any(row.holds for row in found) else _lent(found, posts)


def _lent(rows: Sequence[TaskRow], posts: Sequence[PostView]) -> list[TaskRow]:
    lent = {(post.department_id, post.role): post.on_behalf_of for post in posts if post.on_behalf_of is not None}
    return [row._replace(holds=(row.department_id, row.role) in lent, lender=lent.get((row.department_id or "", row.role))) for row in rows]
