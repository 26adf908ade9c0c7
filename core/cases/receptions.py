"""Who took a case in for another authority (全域通办)."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.models import CaseReception, table
from core.cases.spec import Reception

_row = table(CaseReception).c


def of_case(session: Session, case_id: str) -> Reception | None:
    """The receiving side of a case, ``None`` when it was filed with its authority itself. The caller has checked that it may look."""
    query = select(_row.department_id, _row.division_id, _row.mode, _row.hall_id, _row.staff_id).where(_row.case_id == case_id)
    row = session.execute(query).first()
    return Reception(*row) if row is not None else None
