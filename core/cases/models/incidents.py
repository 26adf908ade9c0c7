"""The table of what went wrong by itself and waits for a person (ROUTING §9.4, §9.5, §9.10)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json

_STANDS = text("state <> 'closed'")


class CaseIncident(Base):
    """One thing that stopped and that no button of a step mends. ``state``: ``open taken closed``.

    ``fingerprint`` names the cause (kind, case, what of it): while an incident stands, the same cause again counts up and moves ``last_at``; after
    it was closed a new one begins. ``division_path`` is where its department lies, so that who looks after a region finds it by prefix; both are
    empty when nobody knows whose it is. ``error`` is technical and holds no personal value; ``params`` fill the words.
    """

    __tablename__ = "case_incident"
    __table_args__ = (
        Index("ux_case_incident_fingerprint", "fingerprint", unique=True, postgresql_where=_STANDS, sqlite_where=_STANDS),
        Index("ix_case_incident_state", "state", "last_at", "id"),
        Index("ix_case_incident_case", "case_id", "state"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str | None] = mapped_column(Id)
    division_path: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[str | None] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(String(12))
    fingerprint: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(220))
    case_id: Mapped[str | None] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(140))
    node: Mapped[str] = mapped_column(String(200))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    error: Mapped[str] = mapped_column(Text)
    count: Mapped[int] = mapped_column(Integer)
    first_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(10))
    taken_by: Mapped[str | None] = mapped_column(String(64))
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str | None] = mapped_column(String(64))
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    close_reason: Mapped[str | None] = mapped_column(Text)
