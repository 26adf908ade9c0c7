"""The table of sub-cases: which case began which, at which node of its route, and how that ended."""

from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json


class CaseChild(Base):
    """A case of another item that a case began. The row is written with the command that began it, the case itself follows by outbox.

    ``sealed_values`` are the answers that the parent gives, under the parent's key; ``org`` is the relation the route names, ``None`` the item's own.
    ``child_id`` is empty until the case is filed; ``result`` is ``granted``, ``refused`` or ``cancelled`` once it ended – or could not be begun.
    """

    __tablename__ = "case_child"
    __table_args__ = (Index("ix_case_child_child", "child_id", unique=True),)

    parent_id: Mapped[str] = mapped_column(Id, primary_key=True)
    node: Mapped[str] = mapped_column(String(200), primary_key=True)
    visit: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(String(80))
    org: Mapped[Any] = mapped_column(Json, nullable=True)
    waits: Mapped[bool] = mapped_column(Boolean)
    child_id: Mapped[str | None] = mapped_column(Id)
    result: Mapped[str | None] = mapped_column(String(12))
    sealed_values: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)
