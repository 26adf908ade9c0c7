"""What an officer ticked on the rule sheet of a task (审查细则)."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id, Instant, Json


class CaseSheet(Base):
    """The ticks of one task: ``{"points": {id: [who, when]}, "materials": {…}}``. It moves nothing; it stays when the task is done, as proof of the review."""

    __tablename__ = "case_sheet"

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    task_no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    sheet: Mapped[str] = mapped_column(String(64))
    ticks: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_by: Mapped[str] = mapped_column(String(64))
    saved_at: Mapped[datetime] = mapped_column(Instant)
