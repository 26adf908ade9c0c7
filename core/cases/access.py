"""Who may see and touch a case – always in the query, never after it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, exists, literal, or_, select
from sqlalchemy.orm import Session

from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseParty, CaseTask, CaseTaskDone
from core.identity import queries as people
from core.identity.models import AccountParty, Post
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


def of_account(account_id: str) -> ColumnElement[bool]:
    """Cases of an applicant that the account may act for today. Who was only the agent sees a case as long as the authority lasts, no longer."""
    link = and_(AccountParty.party_id == CaseParty.party_id, AccountParty.account_id == account_id)
    in_force = or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today())
    whose = and_(CaseParty.case_id == Case.id, CaseParty.role.in_(APPLICANTS))
    return exists(select(literal(1)).select_from(CaseParty).join(AccountParty, link).where(whose, in_force))


def of_posts(posts: Sequence[PostView]) -> ColumnElement[bool]:
    """Cases that a department of *posts* owns, works on, or worked on."""
    departments = sorted({post.department_id for post in posts})
    open_ = exists(select(literal(1)).where(CaseTask.case_id == Case.id, CaseTask.department_id.in_(departments)))
    done = exists(select(literal(1)).where(CaseTaskDone.case_id == Case.id, CaseTaskDone.department_id.in_(departments)))
    return or_(Case.department_id.in_(departments), open_, done)


def of_actor(session: Session, actor: Actor) -> ColumnElement[bool]:
    """The filter for whoever asks. Raises :class:`CaseNotFound` for one who can see no case at all."""
    if actor.kind in ("citizen", "agent"):
        return of_account(actor.id)
    if actor.kind == "staff":
        return of_posts(people.staff_view(session, actor.id).posts)
    return literal(True) == literal(True)


def require_party(session: Session, case_id: str, actor: Actor) -> None:
    """Raise :class:`CaseNotFound` unless the citizen may act for a party of the case."""
    allowed = actor.kind in ("citizen", "agent") and is_id(case_id)
    if not allowed or session.execute(select(Case.id).where(Case.id == case_id, of_account(actor.id))).scalar() is None:
        raise CaseNotFound


def staff_may_see(session: Session, case_id: str, actor: Actor) -> bool:
    """Whether a post of the member of staff gives sight of the case."""
    return session.execute(select(Case.id).where(Case.id == case_id, of_actor(session, actor))).scalar() is not None


def task_rows(session: Session, case_id: str, task_no: int, staff_id: str) -> list[TaskRow]:
    """The candidate rows of an open task with who holds it: own posts in one statement, delegated ones only when those do not do."""
    own = and_(Post.department_id == CaseTask.department_id, Post.role == CaseTask.role, Post.staff_id == staff_id)
    columns: tuple[Any, ...] = (CaseTask.no, CaseTask.department_id, CaseTask.role, CaseTask.claimed_by, Post.id.is_not(None))
    query = select(*columns).outerjoin(Post, own).where(CaseTask.case_id == case_id, CaseTask.no == task_no)
    rows = [TaskRow(*row) for row in session.execute(query)]
    if not rows or any(row.holds for row in rows):
        return rows
    lent = {(post.department_id, post.role): post.on_behalf_of for post in people.staff_view(session, staff_id).posts if post.on_behalf_of is not None}
    return [row._replace(holds=(row.department_id, row.role) in lent, lender=lent.get((row.department_id or "", row.role))) for row in rows]
