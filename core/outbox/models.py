"""Messages to be handled after commit, the proof that each took effect once, and the periodic jobs."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id


class Message(Base):
    """One thing to do. Open while neither done nor parked; a claim is a lease that runs out by itself."""

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str | None] = mapped_column(Id)
    topic: Mapped[str] = mapped_column(String(100))
    lane: Mapped[str] = mapped_column(String(20), default="")  # which workers run it: see core.outbox.service
    turn: Mapped[str] = mapped_column(String(64), default="")  # whose it is, in a lane where several take turns
    key: Mapped[str] = mapped_column(String(300), unique=True)
    body: Mapped[str] = mapped_column(Text)  # canonical JSON; ids and references, never a person's values
    created_at: Mapped[datetime]
    available_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    claimed_by: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    done_at: Mapped[datetime | None]
    parked_at: Mapped[datetime | None]
    last_error: Mapped[str | None] = mapped_column(String(500))


_open = Message.done_at.is_(None) & Message.parked_at.is_(None)
Index("ix_outbox_open", Message.lane, Message.available_at, Message.id, sqlite_where=_open, postgresql_where=_open)
_shared = _open & (Message.lane == "plugins")
Index("ix_outbox_turn", Message.turn, Message.available_at, Message.id, sqlite_where=_shared, postgresql_where=_shared)
_parked = Message.parked_at.is_not(None)
Index("ix_outbox_parked", Message.parked_at, Message.id, sqlite_where=_parked, postgresql_where=_parked)
Index("ix_outbox_done_at", Message.done_at)


class Effect(Base):
    """Written in the transaction of the effect itself: a second one cannot commit."""

    __tablename__ = "outbox_effect"

    message_id: Mapped[str] = mapped_column(Id, primary_key=True)
    at: Mapped[datetime]


class Job(Base):
    """When a periodic job runs next. Any number of workers share the row."""

    __tablename__ = "outbox_job"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    next_at: Mapped[datetime]
    claimed_until: Mapped[datetime | None]
    last_ok_at: Mapped[datetime | None]
    failures: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(String(500))
