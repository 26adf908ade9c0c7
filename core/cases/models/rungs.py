"""Tables of what time itself did: rungs that fired, and rungs that could not."""

from datetime import datetime

from sqlalchemy import Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant


class CaseClockFire(Base):
    """A rung that fired. The row is the claim: whoever inserts it carries out the effect in the same transaction, so each happens once an epoch.

    ``due_at`` is when it was due, ``at`` when it was done – apart after downtime.
    """

    __tablename__ = "case_clock_fire"

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    clock: Mapped[str] = mapped_column(String(220), primary_key=True)
    rung: Mapped[str] = mapped_column(String(12), primary_key=True)
    epoch: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    due_at: Mapped[datetime] = mapped_column(Instant)
    at: Mapped[datetime] = mapped_column(Instant)


class CaseClockParked(Base):
    """A rung that failed: kept aside with its error, tried again at ``retry_at``, gone when it fired. It holds up no other case."""

    __tablename__ = "case_clock_parked"
    __table_args__ = (Index("ix_case_clock_parked_first", "first_at", "case_id"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    clock: Mapped[str] = mapped_column(String(220), primary_key=True)
    rung: Mapped[str] = mapped_column(String(12))
    region_root: Mapped[str] = mapped_column(Id)
    attempts: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text)
    first_at: Mapped[datetime] = mapped_column(Instant)
    retry_at: Mapped[datetime] = mapped_column(Instant)
