"""Tables of a plugin: their base and their column types. Names begin with ``plg_<plugin>_``; nothing refers out of the plugin by foreign key."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from core.db.base import Base as _Core
from core.db.types import Id, Instant, Json, LegalDay
from core.kernel.ids import is_id, new_id


def table_base(plugin: str) -> type[DeclarativeBase]:
    """The declarative base of *plugin*'s models. Raises :class:`ValueError` for a table whose name does not begin with the plugin's prefix, or that
    refers to a table of somebody else."""
    prefix = f"plg_{plugin}_"

    class PluginBase(DeclarativeBase):
        metadata = MetaData(naming_convention=_Core.metadata.naming_convention)
        type_annotation_map = {datetime: Instant, date: LegalDay}  # noqa: RUF012 - SQLAlchemy reads it once

        def __init_subclass__(cls, **given: Any) -> None:
            name = getattr(cls, "__tablename__", None)
            if name is not None and not name.startswith(prefix):
                raise ValueError(f"table {name}: the tables of {plugin} are called {prefix}…")
            super().__init_subclass__(**given)
            for key in cls.__table__.foreign_keys if name is not None else ():
                if not key.target_fullname.startswith(prefix):
                    raise ValueError(f"table {name}: {key.target_fullname} is not {plugin}'s; keep the id without a foreign key")

    return PluginBase


__all__ = ["Id", "Instant", "Json", "LegalDay", "is_id", "new_id", "table_base"]
