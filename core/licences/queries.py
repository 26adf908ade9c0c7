"""Reads of the library."""

from datetime import date
from typing import Any

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from core.kernel.clock import today
from core.kernel.errors import NotFound
from core.kernel.ids import normalise_code
from core.kernel.text import normalise
from core.licences.models import Licence, LicenceHolder, LicenceTypeRow
from core.licences.spec import STATUS, VALID, StatusName, VerifyView

_NEWEST = 500


def _views() -> Select[Any]:
    return select(Licence, LicenceTypeRow.title, LicenceTypeRow.template).join(LicenceTypeRow, LicenceTypeRow.code == Licence.type_code)


def type_codes(session: Session) -> frozenset[str]:
    """The codes of the catalogue, for the publish gate."""
    return frozenset(session.scalars(select(LicenceTypeRow.code)))


def verify(session: Session, code: str) -> VerifyView:
    """What anybody may know, by identifier or verification code; :class:`NotFound` when there is no such licence.

    The caller limits the rate: a verification code has 80 random bits, an identifier can be guessed but shows masks only.
    """
    text = normalise(code)  # full-width digits, spaces, and the NUL that PostgreSQL refuses
    found = or_(Licence.identifier == text.upper(), Licence.verify_code == normalise_code(text)) if len(text) <= 120 else None
    row = session.execute(_views().where(found)).first() if found is not None else None
    if row is None:
        raise NotFound("licences.not_found")
    return _view(*row)


def for_party(session: Session, party_id: str) -> tuple[VerifyView, ...]:
    """The licences of one party, newest first. The caller has checked that it may look."""
    query = _views().join(LicenceHolder, LicenceHolder.licence_id == Licence.id).where(LicenceHolder.party_id == party_id)
    return tuple(_view(*row) for row in session.execute(query.order_by(Licence.issued_at.desc(), Licence.id.desc()).limit(_NEWEST)))


def of_case(session: Session, case_no: str) -> tuple[VerifyView, ...]:
    """The licences a case led to."""
    return tuple(_view(*row) for row in session.execute(_views().where(Licence.case_no == case_no).order_by(Licence.id)))


def _view(row: Licence, title: str, template: dict[str, Any]) -> VerifyView:
    return VerifyView(
        id=row.id,
        type_code=row.type_code,
        type_title=title,
        identifier=row.identifier,
        number=row.number,
        version=row.version,
        holder=row.holder_name_masked,
        issuer=row.issuer_title,
        issued_at=row.issued_at,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
        status=status_on(row.status, row.valid_to, today()),
        status_code=row.status,
        verify_code=row.verify_code,
        case_no=row.case_no,
        has_pdf=row.pdf_blob_id is not None,
        title_en=str(template.get("translations", {}).get("en", {}).get("title", "")),
    )


def status_on(status: str, valid_to: date | None, day: date) -> StatusName:
    """The status of a licence on *day*: a valid one whose last day has passed is expired."""
    if status == VALID and valid_to is not None and valid_to < day:
        return "expired"
    return STATUS.get(status, "other")
