"""One row a stored content. Names are the holders' own business and may be personal, so none is kept here."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.types import Id


class Blob(Base):
    """A content sealed under a data key of its own (``data_key`` rows of subject ``("blob", id)``)."""

    __tablename__ = "blob"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    address: Mapped[str] = mapped_column(String(80))
    media_type: Mapped[str] = mapped_column(String(120))
    size: Mapped[int] = mapped_column(BigInteger)
    made_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]


# One living row a content; an erased one may be handed in again and starts anew.
Index("uq_blob_address_living", Blob.address, unique=True, sqlite_where=Blob.erased_at.is_(None), postgresql_where=Blob.erased_at.is_(None))
