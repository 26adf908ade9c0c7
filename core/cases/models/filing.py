"""The table of applications that a desk filed for somebody (综合窗口, 帮办代办)."""

from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant


class CaseFiling(Base):
    """Who filed a case for its applicant, at which desk, and at which visit. The applicant's own application has no row here."""

    __tablename__ = "case_filing"
    __table_args__ = (Index("ix_case_filing_staff", "staff_id", "case_id"), Index("ix_case_filing_desk", "department_id", "post", "case_id"))

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    visit_id: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    post: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[str] = mapped_column(Id)
    filed_at: Mapped[datetime] = mapped_column(Instant)
