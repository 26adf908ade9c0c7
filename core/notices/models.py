"""The table of notices. It holds no personal values: parameters are case numbers, item titles, days."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json

#: What has not arrived by a channel that leaves the house: few rows beside very many.
_HELD = "channel <> 'inbox' AND state <> 'sent'"


class Notice(Base):
    """One message to one recipient by one channel. ``key`` is stable: the same event never makes a second one. ``document_id`` is the paper it tells of.

    ``state``: ``waiting`` to be sent; ``sending``, committed before the first byte leaves, so that a process that dies on the way leaves a trace;
    ``sent``; ``refused`` by a definite answer; ``uncertain``: nobody knows whether it arrived, and it is never sent again by itself. ``said`` is why,
    as ``{"key", "params"}``. ``turn`` grows each time a person has it sent again. ``department_id`` is whose administrators look after it.
    """

    __tablename__ = "notice"
    __table_args__ = (
        Index("ix_notice_inbox", "recipient_kind", "recipient_id", "id"),
        Index("ix_notice_held", "state", "id", sqlite_where=text(_HELD), postgresql_where=text(_HELD)),
    )

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
    state: Mapped[str] = mapped_column(String(10))
    department_id: Mapped[str | None] = mapped_column(Id)
    turn: Mapped[int] = mapped_column(Integer, default=1)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    said: Mapped[dict[str, Any] | None] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
