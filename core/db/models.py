"""The one number a remembered table has: every process that keeps the table in memory looks whether it moved."""

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class Turn(Base):
    """One row a remembered table, counted up in the transaction of every change."""

    __tablename__ = "turn"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    turn: Mapped[int]
