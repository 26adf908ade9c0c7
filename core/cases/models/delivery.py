"""Tables of how a result reaches the applicant, and of who took an application in for another authority."""

from datetime import datetime

from sqlalchemy import Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant


class CaseDelivery(Base):
    """How one case's result is delivered: the applicant's choice, and where the result is now.

    ``way`` is ``pickup``, ``post`` or ``electronic``; ``department_id`` the department whose window hands out. ``state``: ``chosen`` until the
    decision, ``ready`` while it waits at the window, ``posted`` on its way, ``returned`` when the post brought it back, ``done``. Recipient,
    telephone and address are sealed under the case's key. ``chosen_at`` is empty where nobody chose and the item's first way stands.
    ``wrong`` counts failed identity checks in a row, ``locked_until`` bars the next one.
    """

    __tablename__ = "case_delivery"
    __table_args__ = (Index("ix_case_delivery_place", "department_id", "state", "case_id"), Index("ix_case_delivery_way", "way", "state", "case_id"))

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    way: Mapped[str] = mapped_column(String(12))
    department_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    chosen_at: Mapped[datetime | None] = mapped_column(Instant)
    carrier: Mapped[str | None] = mapped_column(String(40))
    tracking: Mapped[str | None] = mapped_column(String(40))
    moved_at: Mapped[datetime | None] = mapped_column(Instant)
    returns: Mapped[int] = mapped_column(Integer, default=0)
    read_at: Mapped[datetime | None] = mapped_column(Instant)
    wrong: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)


class CaseReception(Base):
    """The hall that took an application in which another authority decides (全域通办); the authority itself is the case's department.

    ``mode`` is ``online`` 全程网办, ``collect`` 异地代收代办 or ``joint`` 多地联办; ``staff_id`` the clerk who took it in, if one did.
    """

    __tablename__ = "case_reception"
    __table_args__ = (Index("ix_case_reception_department", "department_id", "case_id"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    division_id: Mapped[str] = mapped_column(Id)
    hall_id: Mapped[str | None] = mapped_column(Id)
    mode: Mapped[str] = mapped_column(String(10))
    staff_id: Mapped[str | None] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)
