"""What the plugin keeps of bundle cases: which certificates each was filed for, and how each stands. No personal values; the cases have those."""

from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk.tables import Id, Instant, table_base

NAME = "multi_certificate"
if TYPE_CHECKING:  # a checker cannot follow a base that is made by a call
    from sqlalchemy.orm import DeclarativeBase as Base
else:
    Base = table_base(NAME)


class BundleCase(Base):
    """A case of a bundle item. ``licence_id`` is the version of the merged licence that the grant issued."""

    __tablename__ = "plg_multi_certificate_case"
    __table_args__ = (Index(None, "department_id", "case_id"), Index(None, "licence_id"))

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(64))
    item_code: Mapped[str] = mapped_column(String(64))
    version_id: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    status: Mapped[str] = mapped_column(String(30))
    outcome: Mapped[str | None] = mapped_column(String(20))
    licence_id: Mapped[str | None] = mapped_column(Id)
    changed_at: Mapped[datetime] = mapped_column(Instant)


class PartCase(Base):
    """One certificate that a bundle case was filed for, in the order of the bundle.

    ``result`` is how its sub-case ended – ``granted``, ``refused``, ``cancelled`` –, empty before; ``licence_id`` the certificate as it was issued.
    """

    __tablename__ = "plg_multi_certificate_part"
    __table_args__ = (Index(None, "department_id", "case_id"), Index(None, "licence_id"))

    case_id: Mapped[str] = mapped_column(Id, ForeignKey("plg_multi_certificate_case.case_id", name="fk_multi_certificate_part_case"), primary_key=True)
    part: Mapped[str] = mapped_column(String(40), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    item_code: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    authority: Mapped[str] = mapped_column(String(64))
    title_zh: Mapped[str] = mapped_column(String(60))
    title_en: Mapped[str] = mapped_column(String(100))
    begun_at: Mapped[datetime | None] = mapped_column(Instant)
    child_id: Mapped[str | None] = mapped_column(Id)
    child_number: Mapped[str | None] = mapped_column(String(64))
    department_id: Mapped[str | None] = mapped_column(Id)
    result: Mapped[str | None] = mapped_column(String(12))
    licence_id: Mapped[str | None] = mapped_column(Id)
