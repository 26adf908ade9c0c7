"""Entries and the heads of their chains. The application never updates or deletes an entry."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.months import MONTHLY


class Entry(Base):
    """One thing somebody did or looked at. ``hash`` covers every other column (docs/formats.md)."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index(None, "subject_kind", "subject_id", "at"), Index(None, "actor_id", "at"), Index(None, "at"), {"info": {MONTHLY: "stream"}})

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    format: Mapped[int]
    algorithm: Mapped[str] = mapped_column(String(16))
    at: Mapped[datetime]
    action: Mapped[str] = mapped_column(String(100))
    subject_kind: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[str] = mapped_column(String(100))
    actor_kind: Mapped[str] = mapped_column(String(16))
    actor_id: Mapped[str] = mapped_column(String(100))
    on_behalf_of: Mapped[str | None] = mapped_column(String(100))
    detail: Mapped[str] = mapped_column(Text)  # canonical JSON
    previous: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(80))


class Head(Base):
    """The last entry of a stream; its row lock makes writers of one stream take turns."""

    __tablename__ = "audit_head"

    stream: Mapped[str] = mapped_column(String(20), primary_key=True)
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(String(80))
