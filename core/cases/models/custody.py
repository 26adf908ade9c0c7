"""Tables of paper on its way: who has which paper of a case, and the batches in which papers change hands (村镇县接力, ROUTING §4.1)."""

from datetime import datetime

from sqlalchemy import Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant


class CaseCustody(Base):
    """One paper on one leg of its way. ``leg`` is the level it sets out from, ``target`` the next one; ``result`` is the paper of the decision.

    ``state``: ``expected`` while the leg before is not done, ``held`` by ``from_id`` until it is ``sent``, then ``received`` by ``to_id`` or ``missing``
    from the batch – a new row is the sender's, to find it and send it again –; ``void`` when the case ended before it was sent. ``due_at`` is ``NULL``
    where papers go periodically or the way has no limit.
    """

    __tablename__ = "case_custody"
    __table_args__ = (
        Index("ix_case_custody_case", "case_id"),
        Index("ix_case_custody_from", "from_id", "state", "due_at", "id"),
        Index("ix_case_custody_batch", "batch_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    material: Mapped[str] = mapped_column(String(80))
    leg: Mapped[str] = mapped_column(String(10))
    target: Mapped[str] = mapped_column(String(10))
    from_id: Mapped[str] = mapped_column(Id)
    to_id: Mapped[str] = mapped_column(Id)
    custody: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    batch_id: Mapped[str | None] = mapped_column(Id)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    sent_by: Mapped[str | None] = mapped_column(String(64))
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    received_by: Mapped[str | None] = mapped_column(String(64))


class CustodyBatch(Base):
    """Papers that travel together, with the number of their transmittal sheet (交接单). ``command_key`` makes sending twice one batch."""

    __tablename__ = "custody_batch"
    __table_args__ = (Index("ix_custody_batch_to", "to_id", "received_at", "id"), Index("ix_custody_batch_from", "from_id", "id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    number: Mapped[str] = mapped_column(String(140), unique=True)
    from_id: Mapped[str] = mapped_column(Id)
    to_id: Mapped[str] = mapped_column(Id)
    count: Mapped[int] = mapped_column(Integer)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    sent_by: Mapped[str] = mapped_column(String(64))
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    received_by: Mapped[str | None] = mapped_column(String(64))
