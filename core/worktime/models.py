"""The calendar's tables: one row a day that is not what its weekday says, one row a year that was entered."""

from datetime import date

from sqlalchemy import Boolean, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, LegalDay

#: The division whose calendar everybody inherits; a division's own rows (a minority's festival, a flood) lie on top of it.
NATIONAL = "national"


class CalendarDay(Base):
    """A holiday or a working weekend. ``source`` names the notice that says so."""

    __tablename__ = "calendar_day"

    division_root: Mapped[str] = mapped_column(String(36), primary_key=True)
    day: Mapped[date] = mapped_column(LegalDay, primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    name: Mapped[str] = mapped_column(String(60))
    source: Mapped[str] = mapped_column(String(200))


class CalendarYear(Base):
    """A year that was entered: ``confirmed`` once the notice is published, ``revision`` new with every import."""

    __tablename__ = "calendar_year"

    division_root: Mapped[str] = mapped_column(String(36), primary_key=True)
    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    confirmed: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str] = mapped_column(String(200))
    revision: Mapped[str] = mapped_column(Id)
