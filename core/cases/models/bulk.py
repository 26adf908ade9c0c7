"""Tables of one action on many tasks: one row a run, one row a task of it (ROUTING §9.7)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json

#: One starter has one run under way, however many are begun at once.
_UNDER_WAY = "status IN ('looking', 'running', 'stopping')"


class CaseBulk(Base):
    """One run. ``status``: ``looking ready running stopping stopped done``.

    First every task is looked at (``looked`` of ``total``; ``offers`` sums up, per action, how many can and why the others cannot), then one
    action is done to one task after the other; ``next_no`` is the line that the next message of the outbox takes.
    """

    __tablename__ = "case_bulk"
    __table_args__ = (
        Index("ix_case_bulk_starter", "started_by", "started_at", "id"),
        Index("ix_case_bulk_started", "started_at"),
        Index("uq_case_bulk_under_way", "started_by", unique=True, postgresql_where=text(_UNDER_WAY), sqlite_where=text(_UNDER_WAY)),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    region_root: Mapped[str | None] = mapped_column(Id)
    filters: Mapped[dict[str, Any]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(Integer)
    more: Mapped[int] = mapped_column(Integer, default=0)
    looked: Mapped[int] = mapped_column(Integer, default=0)
    offers: Mapped[dict[str, Any]] = mapped_column(Json)
    action: Mapped[str | None] = mapped_column(String(80))
    next_no: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    started_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseBulkLine(Base):
    """One task of a run. ``verdict``: empty while it waits, then ``done`` or ``refused``; ``why`` is worded in each language."""

    __tablename__ = "case_bulk_line"

    bulk_id: Mapped[str] = mapped_column(Id, primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str | None] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    task_no: Mapped[int] = mapped_column(Integer)
    number: Mapped[str] = mapped_column(String(140))
    item_code: Mapped[str] = mapped_column(String(80))
    item_title: Mapped[str] = mapped_column(String(200))
    title: Mapped[str] = mapped_column(String(200))
    verdict: Mapped[str] = mapped_column(String(10), default="")
    why: Mapped[dict[str, Any] | None] = mapped_column(Json)
    at: Mapped[datetime | None] = mapped_column(Instant)
