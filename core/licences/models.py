"""Tables of the library. What the sheet says and who holds it lies sealed under the licence's own data key (``keys.hold``)."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json, LegalDay


class LicenceTypeRow(Base):
    """The catalogue of types (GB/T 36902). ``doc`` is the whole entry as ``licence_type.v1.schema.json`` describes it; the columns are what is asked for."""

    __tablename__ = "licence_type"

    code: Mapped[str] = mapped_column(String(64), primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    defining_uscc: Mapped[str] = mapped_column(String(18))
    type_code: Mapped[str] = mapped_column(String(21), unique=True)
    active: Mapped[bool] = mapped_column(Boolean)
    doc: Mapped[dict[str, Any]] = mapped_column(Json)


class Licence(Base):
    """One version of one licence. A change makes a new row that names the ``previous_id``; rows are never deleted.

    ``due_on`` is the day on which time alone changes something – a suspension has run out, the last day has passed – and is what the sweep
    looks for. ``event_seq`` and ``event_head`` end the chain of :class:`LicenceEvent`.
    """

    __tablename__ = "licence"
    __table_args__ = (
        UniqueConstraint("identifier"),
        UniqueConstraint("identifier_base", "version"),
        Index(None, "case_no"),
        Index(None, "type_code", "issued_at"),
        Index(None, "issuer_department_id", "id"),
        Index(None, "holder_index"),
        Index(None, "due_on"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    type_code: Mapped[str] = mapped_column(String(64), ForeignKey("licence_type.code"))
    identifier: Mapped[str] = mapped_column(String(120))
    identifier_base: Mapped[str] = mapped_column(String(110))
    version: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(60))
    status: Mapped[str] = mapped_column(String(2))
    origin: Mapped[str] = mapped_column(String(10), default="issued")
    face: Mapped[str | None] = mapped_column(String(20))
    holder_name_masked: Mapped[str] = mapped_column(String(200))
    holder_index: Mapped[str | None] = mapped_column(String(100))
    company: Mapped[bool] = mapped_column(Boolean)
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
    next_id: Mapped[str | None] = mapped_column(Id)
    status_ground: Mapped[str | None] = mapped_column(String(40))
    status_at: Mapped[datetime | None] = mapped_column(Instant)
    suspended_until: Mapped[date | None] = mapped_column(LegalDay)
    renewal_asked_on: Mapped[date | None] = mapped_column(LegalDay)
    renewal_case_no: Mapped[str | None] = mapped_column(String(64))
    due_on: Mapped[date | None] = mapped_column(LegalDay)
    event_seq: Mapped[int] = mapped_column(Integer, default=0)
    event_head: Mapped[str | None] = mapped_column(String(80))


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


class LicenceEvent(Base):
    """One act in the life of a licence; append only, each row carries the hash of the one before (``core.licences.chain``).

    ``body`` is canonical JSON without a person's values; the words somebody wrote are in ``sealed`` under the licence's key.
    """

    __tablename__ = "licence_event"
    __table_args__ = (UniqueConstraint("licence_id", "command_key"),)

    licence_id: Mapped[str] = mapped_column(Id, ForeignKey("licence.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    format: Mapped[int] = mapped_column(Integer)
    algorithm: Mapped[str] = mapped_column(String(10))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    on_behalf_of: Mapped[str | None] = mapped_column(String(64))
    command_key: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    prev_hash: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(80))


class LicenceUse(Base):
    """A licence may be used for one purpose until one day; the purpose is sealed under the licence's key."""

    __tablename__ = "licence_use"
    __table_args__ = (Index(None, "licence_id", "at"), Index(None, "case_no"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    licence_id: Mapped[str] = mapped_column(Id, ForeignKey("licence.id"))
    case_no: Mapped[str | None] = mapped_column(String(64))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    on_behalf_of: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[date] = mapped_column(LegalDay)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class LicenceLook(Base):
    """Somebody opened or copied a licence under a use: what its holder is shown."""

    __tablename__ = "licence_look"
    __table_args__ = (Index(None, "use_id"), Index(None, "licence_id", "at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    licence_id: Mapped[str] = mapped_column(Id, ForeignKey("licence.id"))
    use_id: Mapped[str] = mapped_column(Id, ForeignKey("licence_use.id"))
    what: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    department_id: Mapped[str | None] = mapped_column(Id)


class LicenceRegistration(Base):
    """A paper licence typed in by one person and checked against its scan by another (补登). The content is sealed under the key of the scan's holder."""

    __tablename__ = "licence_registration"
    __table_args__ = (Index(None, "department_id", "state", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    type_code: Mapped[str] = mapped_column(String(64), ForeignKey("licence_type.code"))
    state: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(60))
    case_no: Mapped[str | None] = mapped_column(String(64))
    party_id: Mapped[str | None] = mapped_column(Id)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    scan_blob_id: Mapped[str] = mapped_column(Id)
    entered_by: Mapped[str] = mapped_column(String(64))
    entered_at: Mapped[datetime] = mapped_column(Instant)
    reviewed_by: Mapped[str | None] = mapped_column(String(64))
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    licence_id: Mapped[str | None] = mapped_column(Id)
