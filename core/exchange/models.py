"""Tables of the exchange: how each finished case stands with the upper platform, and every answer that came."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json, LegalDay


class Delivery(Base):
    """One finished case and the upper platform. ``state``: ``waiting`` to be sent, ``invalid`` (the record does not hold against the format, so it
    was not sent), ``accepted``, ``rejected``.

    ``revision`` grows with each sending that somebody asks for; case and revision are the record's key there. ``digest`` is of what was sent last,
    ``findings`` what is wrong, as ours (``key``, ``params``) or in the platform's words (``said``). ``ended_on`` is the day of the reconciliation.
    """

    __tablename__ = "exchange_delivery"
    __table_args__ = (Index("ix_exchange_delivery_day", "ended_on", "state"), Index("ix_exchange_delivery_department", "department_id", "state", "ended_on"))

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(140))
    item_title: Mapped[str] = mapped_column(String(200))
    ended_on: Mapped[date] = mapped_column(LegalDay)
    state: Mapped[str] = mapped_column(String(10))
    revision: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str | None] = mapped_column(String(80))
    receipt: Mapped[str | None] = mapped_column(String(100))
    findings: Mapped[list[Any]] = mapped_column(Json)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)


class Answer(Base):
    """One answer of the upper platform: its receipt, whether it took the record, and its reasons. Kept for ever."""

    __tablename__ = "exchange_answer"

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    accepted: Mapped[bool] = mapped_column(Boolean)
    receipt: Mapped[str] = mapped_column(String(100))
    digest: Mapped[str] = mapped_column(String(80))
    reasons: Mapped[list[Any]] = mapped_column(Json)
    at: Mapped[datetime] = mapped_column(Instant)
