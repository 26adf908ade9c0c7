"""For whom an act is and whose it is: the applicants of a case by their whole names, and the authority, as its papers and licences name them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.cases.access import APPLICANTS
from core.cases.errors import CaseNotFound
from core.cases.models import CaseParty, table
from core.identity import queries as people
from core.identity.models import Department, Division, Party
from core.identity.service import printed
from core.identity.spec import DepartmentView, PartyView

_on_case, _party, _department, _division = table(CaseParty).c, Party.__table__.c, Department.__table__.c, Division.__table__.c
_OFFICE = [column.label(f"office_{number}") for number, column in enumerate(people.DEPARTMENT_COLUMNS)]
#: Built once: every paper asks.
_NAMED = (
    select(*_OFFICE, _on_case.role, *_party)
    .select_from(table(CaseParty).join(Party.__table__, _party.id == _on_case.party_id).join(Department.__table__, _department.id == bindparam("office")))
    .join(Division.__table__, _division.id == _department.division_id)
    .where(_on_case.case_id == bindparam("case"), _on_case.role.in_(APPLICANTS))
)


@dataclass(frozen=True, slots=True)
class Named:
    """Who a paper names: the applicants, the first one first, and the department that acts."""

    applicants: tuple[PartyView, ...]
    department: DepartmentView


def named(session: Session, case_id: str, department_id: str) -> Named:
    """Both in one statement. The platform prints an act already taken: nobody looks, so no look is recorded. Raises :class:`CaseNotFound`."""
    rows = sorted(session.execute(_NAMED, {"case": case_id, "office": department_id}), key=lambda row: (APPLICANTS.index(row.role), row.id))
    if not rows:
        raise CaseNotFound
    office: Sequence[Any] = rows[0][: len(_OFFICE)]
    return Named(tuple(printed(session, row) for row in rows), DepartmentView(*office))
