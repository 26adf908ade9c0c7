"""What a desk reads of the cases it filed: its own list, the receipt to print again. A clerk sees what they filed or what their desk did, no more."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, exists, literal, or_, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import access, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import Case, table
from core.cases.models.filing import CaseFiling
from core.cases.spec import CaseView
from core.cases.viewing import whole
from core.identity import queries as people
from core.identity.spec import DESK_ROLES
from core.kernel.actor import Actor
from core.kernel.clock import local, today
from core.kernel.ids import is_id

_case, _filing = table(Case).c, table(CaseFiling).c
_LISTED = (
    select(
        _case.id, _case.number, _case.item_code, _case.item_title, _case.applicant, _case.status, _case.submitted_at, _case.due_at, _filing.staff_id,
        _filing.department_id, _filing.post,
    )
    .select_from(table(CaseFiling).join(table(Case), _case.id == _filing.case_id))
    .order_by(_filing.case_id.desc())
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filed:
    """A case in the list of a desk."""

    id: str
    number: str
    item_code: str
    item_title: str
    applicant: str
    status: str
    submitted_at: datetime
    due_at: datetime | None
    mine: bool


def _mine(session: Session, actor: Actor) -> Any:
    """Filed by me, or at a desk that I hold today."""
    desks = [(post.department_id, post.role) for post in people.staff_view(session, actor.id).posts if post.role in DESK_ROLES]
    held = [and_(_filing.department_id == department, _filing.post == role) for department, role in dict.fromkeys(desks)]
    return or_(_filing.staff_id == actor.id, *held)


def filed(session: Session, *, actor: Actor, limit: int = 30) -> tuple[Filed, ...]:
    """The newest cases of my desks."""
    rows = session.execute(_LISTED.where(_mine(session, actor)).limit(limit))
    return tuple(
        Filed(row.id, row.number, row.item_code, row.item_title, row.applicant, row.status, row.submitted_at, row.due_at, row.staff_id == actor.id)
        for row in rows
    )


def case_at_desk(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> tuple[CaseView, str | None]:
    """A case my desk filed, and its query code – on the day of filing only, to be printed on the receipt. Every look is recorded.

    Raises :class:`CaseNotFound` for every other.
    """
    if not is_id(case_id):
        raise CaseNotFound
    mine = exists(select(literal(1)).where(_filing.case_id == _case.id, _mine(session, actor)).correlate(table(Case)))
    view = whole(session, case_id, access.Sight(mine, {}), viewer=actor, locale=locale)
    audit.record(session, "cases.looked", subject=("case", view.id), actor=actor)
    row = session.execute(select(_case.wrapped_key, _case.sealed_query_code).where(_case.id == bindparam("id")), {"id": case_id}).one()
    if local(view.submitted_at).date() < today():
        return view, None
    code: str | None = sealing.open_json(sealing.key_of(session, case_id, row.wrapped_key), case_id, row.sealed_query_code)
    return view, code
