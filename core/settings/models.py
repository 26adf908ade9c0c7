"""Stored values, and documents of the hall's own with every version that was ever in force."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import String, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.immutable import never_changed
from core.db.types import Id, Instant, Json


class Value(Base):
    """The value of a setting in one scope: ``site``, ``department/<id>`` or ``item/<code>``."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))


class Document(Base):
    """One version of a document of the hall's own – a notice's words, a theme's tokens – that was put in force. Rows never change; the last one counts.

    ``content`` is ``None`` where the hall went back to what the platform brings: its next release then counts by itself.
    """

    __tablename__ = "hall_document"

    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    content: Mapped[Any | None] = mapped_column(Json)
    words: Mapped[str] = mapped_column(Text)
    draft_id: Mapped[str | None] = mapped_column(Id)
    put_at: Mapped[datetime] = mapped_column(Instant)
    put_by: Mapped[str] = mapped_column(String(80))


never_changed(cast(Table, Document.__table__))
