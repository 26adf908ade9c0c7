"""Reads of documents. Who may look at a case is the caller's to know; what anybody may know is masked here."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.documents.errors import UnknownDocument
from core.documents.models import Document
from core.documents.spec import DECISIONS, DocumentView, PublicView
from core.kernel.clock import local
from core.kernel.ids import is_id, normalise_code
from core.kernel.text import normalise

_document = Document.__table__.c
_VIEW = select(
    _document.id, _document.kind, _document.number, _document.title, _document.department_title, _document.issued_at, _document.verify_code,
    _document.pdf_blob_id,
)  # fmt: skip

#: Built once: nearly every case page asks.
_OF_CASE = _VIEW.where(_document.case_id == bindparam("case")).order_by(_document.id)


def of_case(session: Session, case_id: str) -> tuple[DocumentView, ...]:
    """The documents of a case, oldest first."""
    return tuple(DocumentView(*row) for row in session.execute(_OF_CASE, {"case": case_id}))


def one(session: Session, case_id: str, document_id: str) -> DocumentView:
    """One document of a case. Raises :class:`UnknownDocument`."""
    row = session.execute(_VIEW.where(_document.id == document_id, _document.case_id == case_id)).first() if is_id(document_id) else None
    if row is None:
        raise UnknownDocument
    return DocumentView(*row)


def decisions_ready(session: Session, case_id: str) -> bool:
    """Whether every decision of the case has its paper (行政许可法 38, 44: what is delivered is the written decision)."""
    waiting = select(_document.id).where(_document.case_id == case_id, _document.kind.in_(sorted(DECISIONS)), _document.pdf_blob_id.is_(None))
    return session.scalar(waiting.limit(1)) is None


def verify(session: Session, code: str) -> PublicView:
    """What anybody may know, by verification code (80 random bits; the caller limits the rate). Raises :class:`UnknownDocument`."""
    text = normalise(code)
    found = session.scalars(select(Document).where(Document.verify_code == normalise_code(text))).first() if len(text) <= 120 else None
    if found is None:
        raise UnknownDocument
    return PublicView(found.title, found.number, found.department_title, local(found.issued_at).date(), found.item_title, found.applicant)
