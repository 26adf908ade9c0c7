"""Stored values."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Json


class Value(Base):
    """The value of a setting in one scope: ``site``, ``department/<id>`` or ``item/<code>``."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(String(100), primary_key=True)
    scope: Mapped[str] = mapped_column(String(120), primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=False)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))
