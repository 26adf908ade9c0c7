"""Tables of moving running cases to another version of their item: one row a run, one row a case that was looked at."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json


class CaseMove(Base):
    """One run: cases of an item in some departments go to one version. ``status``: ``running stopping stopped done``.

    ``after`` is the last case that was looked at; the next message of the outbox takes the one behind it. ``places`` are the positions whose cases go,
    as they stand when it is their turn, ``origins`` the versions they come from; ``None`` is all of them.
    """

    __tablename__ = "case_move"
    __table_args__ = (Index("ix_case_move_item", "item_code", "started_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    region_root: Mapped[str] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(String(80))
    version_id: Mapped[str] = mapped_column(Id)
    number: Mapped[int] = mapped_column(Integer)
    departments: Mapped[list[Any]] = mapped_column(Json)
    node_map: Mapped[dict[str, Any]] = mapped_column(Json)
    places: Mapped[list[Any] | None] = mapped_column(Json)
    origins: Mapped[list[Any] | None] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(10))
    total: Mapped[int] = mapped_column(Integer)
    moved: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)
    deferred: Mapped[int] = mapped_column(Integer, default=0)
    after: Mapped[str] = mapped_column(String(36), default="")
    started_by: Mapped[str] = mapped_column(String(64))
    started_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class CaseMoved(Base):
    """What a run did with one case: ``moved``, ``refused`` or ``deferred``, and why."""

    __tablename__ = "case_moved"

    move_id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(140))
    verdict: Mapped[str] = mapped_column(String(10))
    findings: Mapped[list[Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)
