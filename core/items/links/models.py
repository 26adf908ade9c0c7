"""Tables of the link check: addresses with how they answer, where items name them, and every change of state."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant
from core.kernel.clock import now
from core.kernel.ids import new_id


class Link(Base):
    """One address. ``state`` is ``new`` (not asked yet), ``ok``, ``moved``, ``unsure`` or ``dead``, since ``since``; ``why`` as
    :data:`core.kernel.probing.REASONS` has it, or ``home``: the server leads everybody to its front page.

    ``failures`` counts tries in a row that nobody would have got through; ``looks`` every try. ``answered_at`` is when anything at all came back.
    """

    __tablename__ = "link"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    url: Mapped[str] = mapped_column(String(2000), unique=True)
    host: Mapped[str] = mapped_column(String(255), index=True)
    state: Mapped[str] = mapped_column(String(10), default="new")
    why: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[int | None] = mapped_column(Integer)
    moved_to: Mapped[str | None] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(Instant, default=now)
    checked_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    next_at: Mapped[datetime] = mapped_column(Instant, index=True)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    looks: Mapped[int] = mapped_column(Integer, default=0)


class LinkUse(Base):
    """Where an item in force names an address: the spot of the text that holds it."""

    __tablename__ = "link_use"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(Id, ForeignKey("link.id"), index=True)
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), index=True)
    spot: Mapped[str] = mapped_column(Text)


class LinkSource(Base):
    """The version of an item whose addresses are in :class:`LinkUse`."""

    __tablename__ = "link_source"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    version_id: Mapped[str] = mapped_column(Id)


class LinkChange(Base):
    """An address that began to answer differently; what came before ``new`` is not written down."""

    __tablename__ = "link_change"

    id: Mapped[str] = mapped_column(Id, primary_key=True, default=new_id)
    link_id: Mapped[str] = mapped_column(Id, ForeignKey("link.id"))
    at: Mapped[datetime] = mapped_column(Instant, default=now)
    state: Mapped[str] = mapped_column(String(10))
    why: Mapped[str] = mapped_column(String(20), default="")
    status: Mapped[int | None] = mapped_column(Integer)
    moved_to: Mapped[str | None] = mapped_column(Text)


Index("ix_link_change_link_id", LinkChange.link_id, LinkChange.at)
