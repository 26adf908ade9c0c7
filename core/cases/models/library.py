"""Tables of the case library: what may be searched beside the columns of a case, searches that were kept, and exports."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json


class CaseIndexed(Base):
    """One answer by which a case may be found: a field that its item marks (``searchable``). The answer itself is sealed in the payload; here
    is its blind index only, so that it can be found by whoever knows it and read by nobody. Written after the commit, gone with the contents.
    """

    __tablename__ = "case_indexed"
    __table_args__ = (Index("ix_case_indexed_value", "item_code", "field", "value", "submitted_at", "case_id"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    field: Mapped[str] = mapped_column(String(120), primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(String(80))
    value: Mapped[str] = mapped_column(String(100))
    submitted_at: Mapped[datetime] = mapped_column(Instant)


class SavedSearch(Base):
    """A search somebody kept. ``asked`` holds the filters, never a person's number."""

    __tablename__ = "saved_search"
    __table_args__ = (Index("ix_saved_search_staff", "staff_id", "made_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(Id)
    title: Mapped[str] = mapped_column(String(100))
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    made_at: Mapped[datetime] = mapped_column(Instant)


#: One member of staff has one export under way, however many are begun at once.
_GOING = "status IN ('running', 'writing')"


class CaseExport(Base):
    """One export. ``status``: ``running writing done stopped expired failed``; a failed one that still has its key can go on where it was.

    ``departments`` is whose cases, frozen when it was asked for; ``after_at``/``after_id`` the last case taken. Its pieces are sealed under
    ``wrapped_key``, which goes when the file expires. ``purpose`` is sealed too: people write names into it.
    """

    __tablename__ = "case_export"
    __table_args__ = (
        Index("ix_case_export_staff", "staff_id", "started_at"),
        Index("ix_case_export_expires", "status", "expires_at"),
        Index("uq_case_export_going", "staff_id", unique=True, postgresql_where=text(_GOING), sqlite_where=text(_GOING)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    staff_id: Mapped[str] = mapped_column(Id)
    departments: Mapped[list[Any]] = mapped_column(Json)
    format: Mapped[str] = mapped_column(String(8))
    locale: Mapped[str] = mapped_column(String(5))
    asked: Mapped[dict[str, Any]] = mapped_column(Json)
    revealed: Mapped[bool] = mapped_column(Boolean)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    sealed_purpose: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(Integer)
    taken: Mapped[int] = mapped_column(Integer)
    pieces: Mapped[int] = mapped_column(Integer)
    size: Mapped[int] = mapped_column(Integer)
    after_at: Mapped[datetime | None] = mapped_column(Instant)
    after_id: Mapped[str | None] = mapped_column(Id)
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class CaseExportPiece(Base):
    """One sealed piece of an export: ``rows`` as they were read, ``file`` as they are handed out."""

    __tablename__ = "case_export_piece"

    export_id: Mapped[str] = mapped_column(Id, primary_key=True)
    stage: Mapped[str] = mapped_column(String(5), primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
