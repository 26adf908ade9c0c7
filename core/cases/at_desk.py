"""Somebody comes back to the desk that filed their case: what they may do there about it, with the document on the desk and the clerk writing it down.

Only at that desk, only on the day of the visit, only for the applicant of the visit. Whoever came with a letter to file for another may bring what is
missing; taking the application back is not in that letter (民法典 165: an agent may what the letter says).
"""

from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.orm import Session

from core.cases.access import APPLICANTS
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseParty, table
from core.cases.models.filing import CaseFiling
from core.cases.spec import ENDED
from core.identity.service import visits
from core.identity.spec import VisitView
from core.kernel.actor import Actor
from core.kernel.errors import Forbidden
from core.kernel.ids import is_id

Power = Literal["correct", "withdraw"]
#: As what somebody came → what they may do about the case. Who was not there at all, or only agreed by a mandate, does it in their own space.
POWERS: dict[str, tuple[Power, ...]] = {
    "applicant": ("correct", "withdraw"), "legal_representative": ("correct", "withdraw"), "guardian": ("correct", "withdraw"), "agent": ("correct",),
}  # fmt: skip
CAME_BACK = "came_to_the_desk"
_case, _filing, _party = table(Case).c, table(CaseFiling).c, table(CaseParty).c


@dataclass(frozen=True, slots=True)
class Back:
    """An open case of the visit's applicant that this desk filed."""

    id: str
    number: str
    item_code: str
    item_title: str
    status: str


def powers(visit: VisitView) -> tuple[Power, ...]:
    """What whoever stands at the desk may do about the applicant's cases."""
    return POWERS.get(visit.role, ()) if visit.bearer is not None and visit.mandate is None else ()


def of_visit(session: Session, visit: VisitView) -> tuple[Back, ...]:
    """The open cases that the desk of *visit* filed for its applicant, newest first. The caller has opened the visit."""
    tables = table(CaseFiling).join(table(Case), _case.id == _filing.case_id).join(table(CaseParty), _party.case_id == _case.id)
    columns = (_case.id, _case.number, _case.item_code, _case.item_title, _case.status)
    query = select(*columns).select_from(tables).where(_theirs(visit), _case.status.not_in(sorted(ENDED))).order_by(_case.id.desc()).limit(30)
    return tuple(Back(*row) for row in session.execute(query)) if powers(visit) else ()


def _theirs(visit: VisitView) -> ColumnElement[bool]:
    desk = and_(_filing.department_id == visit.department_id, _filing.post == visit.post)
    return and_(desk, _party.party_id == visit.party.id, _party.role.in_(APPLICANTS))


def require(session: Session, case_id: str, visit_id: str, power: Power, actor: Actor) -> list[Fact]:
    """That the applicant of the case stands at the desk of *visit_id* and may do this; the fact for the chain: which visit, no values.

    Raises :class:`core.kernel.errors.NotFound` for a visit that is not the clerk's today, :class:`CaseNotFound` for another's case, :class:`Forbidden`
    for who came as somebody who may not.
    """
    visit = visits.visit(session, visit_id, actor=actor)
    tables = table(CaseFiling).join(table(CaseParty), _party.case_id == _filing.case_id)
    mine = select(_filing.case_id).select_from(tables).where(_filing.case_id == case_id, _theirs(visit))
    if not is_id(case_id) or session.execute(mine).first() is None:
        raise CaseNotFound
    if power not in powers(visit):
        raise Forbidden("cases.desk_power")
    return [Fact(CAME_BACK, {"visit": visit.id, "identified_by": visit.identified_by, "role": visit.role, "for": power})]
