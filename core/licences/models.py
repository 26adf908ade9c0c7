"""Tables of the library. What the sheet says and who holds it lies sealed under the licence's own data key (``keys.hold``)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json, LegalDay


class LicenceTypeRow(Base):
    """The catalogue of types (GB/T 36902)."""

    __tablename__ = "licence_type"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    defining_uscc: Mapped[str] = mapped_column(String(18))
    type_code: Mapped[str] = mapped_column(String(21), unique=True)
    template: Mapped[dict[str, Any]] = mapped_column(Json)
    valid: Mapped[dict[str, Any]] = mapped_column(Json)


class Licence(Base):
    """One version of one licence. A change makes a new row that names the ``previous_id``; rows are never deleted."""

    __tablename__ = "licence"
    __table_args__ = (
        UniqueConstraint("identifier"),
        UniqueConstraint("identifier_base", "version"),
        Index(None, "case_no"),
        Index(None, "type_code", "issued_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    type_code: Mapped[str] = mapped_column(String(64), ForeignKey("licence_type.code"))
    identifier: Mapped[str] = mapped_column(String(120))
    identifier_base: Mapped[str] = mapped_column(String(110))
    version: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(2))
    holder_name_masked: Mapped[str] = mapped_column(String(200))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    valid_from: Mapped[date] = mapped_column(LegalDay)
    valid_to: Mapped[date | None] = mapped_column(LegalDay)
    issuer_department_id: Mapped[str] = mapped_column(Id)
    issuer_title: Mapped[str] = mapped_column(String(200))
    case_no: Mapped[str | None] = mapped_column(String(64))
    issued_at: Mapped[datetime] = mapped_column(Instant)
    pdf_blob_id: Mapped[str | None] = mapped_column(Id)
    verify_code: Mapped[str] = mapped_column(String(32), unique=True)
    previous_id: Mapped[str | None] = mapped_column(Id, ForeignKey("licence.id"))
    status_reason: Mapped[str | None] = mapped_column(String(500))
    status_at: Mapped[datetime | None] = mapped_column(Instant)


class LicenceHolder(Base):
    """Which parties see a licence as theirs."""

    __tablename__ = "licence_holder"
    __table_args__ = (Index(None, "party_id"),)

    licence_id: Mapped[str] = mapped_column(Id, ForeignKey("licence.id"), primary_key=True)
    party_id: Mapped[str] = mapped_column(Id, primary_key=True)


class LicenceCounter(Base):
    """The last serial of one type, issuer and year. A rolled back issue may leave a gap; a number is never given twice."""

    __tablename__ = "licence_counter"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[int] = mapped_column(Integer)
