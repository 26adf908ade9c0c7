"""The register."""

from datetime import date
from typing import TYPE_CHECKING

from core.sdk.tables import Id, table_base
from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

NAME = "street_trees"
if TYPE_CHECKING:  # a checker cannot follow a base that is made by a call
    from sqlalchemy.orm import DeclarativeBase as Base
else:
    Base = table_base(NAME)


class Tree(Base):
    """A tree. ``due``: its last inspection is too long ago."""

    __tablename__ = "plg_street_trees_tree"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(8), unique=True)
    species: Mapped[str] = mapped_column(String(40))
    place: Mapped[str] = mapped_column(String(120))
    protected: Mapped[bool]
    inspected_on: Mapped[date]
    due: Mapped[bool]
