"""Tables of shared blocks: every version that was ever published, and which items in force have which."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import ForeignKey, Integer, String, Table
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.immutable import never_changed
from core.db.types import Id, Instant, Json
from core.kernel.clock import now


class FormBlock(Base):
    """One version of a shared block. It comes into being with the first item that is published with it – through that item's reviews –, and is never changed.

    ``department_id`` answers for the block: only its items bring further versions. ``None`` for a block that ships with the platform.
    """

    __tablename__ = "form_block"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    body: Mapped[dict[str, Any]] = mapped_column(Json)
    hash: Mapped[str] = mapped_column(String(80))
    department_id: Mapped[str | None] = mapped_column(Id, ForeignKey("department.id"))
    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"))
    published_at: Mapped[datetime] = mapped_column(Instant, default=now)
    published_by: Mapped[str] = mapped_column(String(80))


class ItemBlock(Base):
    """An item whose version in force has this version of a block; written with each publication."""

    __tablename__ = "item_block"

    item_code: Mapped[str] = mapped_column(ForeignKey("item.code"), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True, index=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)


never_changed(cast(Table, FormBlock.__table__))
