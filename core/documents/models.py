"""Tables of documents. The words lie sealed under the key of the case: destroying that key erases them; number and date stay as proof."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant


class Document(Base):
    """One document; written once, only ``pdf_blob_id`` follows when the paper is made. ``applicant`` is masked."""

    __tablename__ = "document"
    __table_args__ = (Index("ix_document_case", "case_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    case_no: Mapped[str] = mapped_column(String(140))
    item_title: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    number: Mapped[str] = mapped_column(String(120), unique=True)
    title: Mapped[str] = mapped_column(String(100))
    applicant: Mapped[str] = mapped_column(String(100))
    department_id: Mapped[str] = mapped_column(Id, ForeignKey("department.id"))
    department_title: Mapped[str] = mapped_column(String(100))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    verify_code: Mapped[str] = mapped_column(String(32), unique=True)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    pdf_blob_id: Mapped[str | None] = mapped_column(Id)


class DocumentCounter(Base):
    """The last serial of a department's mark, a kind and a year. Raised in the transaction of the act, so no number is ever missing."""

    __tablename__ = "document_counter"

    series: Mapped[str] = mapped_column(String(100), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
