"""The table of notices. It holds no personal values: parameters are case numbers, item titles, days."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json


class Notice(Base):
    """One message to one recipient by one channel. ``key`` is stable: the same event never makes a second one. ``document_id`` is the paper it tells of."""

    __tablename__ = "notice"
    __table_args__ = (Index("ix_notice_inbox", "recipient_kind", "recipient_id", "id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(String(300), unique=True)
    region_root: Mapped[str | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(40))
    template: Mapped[str] = mapped_column(String(64))
    recipient_kind: Mapped[str] = mapped_column(String(10))
    recipient_id: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str | None] = mapped_column(Id, index=True)
    document_id: Mapped[str | None] = mapped_column(Id)
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    title: Mapped[dict[str, Any]] = mapped_column(Json)  # locale → text, as it was worded then
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10))  # queued | sent
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
