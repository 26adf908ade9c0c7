"""The declarative base of every core table. Its metadata is its own: Flask-AppBuilder keeps another beside it."""

from datetime import date, datetime
from typing import Any, ClassVar

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from core.db.types import Instant, Json, LegalDay

#: Every constraint has a predictable name, so that migrations can drop it on both databases.
NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Base of the core's tables. ``Mapped[datetime]`` is an instant, ``Mapped[date]`` a legal day, a dict is JSON."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: Instant, date: LegalDay, dict[str, Any]: Json, list[str]: Json, list[Any]: Json}
