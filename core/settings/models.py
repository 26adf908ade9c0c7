"""Stored values, and the one number that tells every process that one of them changed."""

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


class Version(Base):
    """One row, counted up by every change."""

    __tablename__ = "setting_version"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    version: Mapped[int]
