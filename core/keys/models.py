"""Which master keys wrote this database, and the wrapped data keys of those who hold something."""

from datetime import datetime

from sqlalchemy import Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id


class KeyCheck(Base):
    """The fingerprint of one key this database was written with; ``root`` names the root secret."""

    __tablename__ = "key_check"

    key_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    first_seen: Mapped[datetime]


class DataKeyRow(Base):
    """One wrap: *holder* may open what lies under the data key of *subject*. No wrap left means erased for ever."""

    __tablename__ = "data_key"
    __table_args__ = (UniqueConstraint("subject_kind", "subject_id", "holder_kind", "holder_id"), Index(None, "holder_kind", "holder_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_kind: Mapped[str] = mapped_column(String(32))
    subject_id: Mapped[str] = mapped_column(String(64))
    holder_kind: Mapped[str] = mapped_column(String(32))
    holder_id: Mapped[str] = mapped_column(String(64))
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    made_at: Mapped[datetime]
