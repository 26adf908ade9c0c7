"""What was heard."""

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk.tables import table_base

Base = table_base("every_hook")


class Heard(Base):
    """One thing that a hook heard, or was told."""

    __tablename__ = "plg_every_hook_heard"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    what: Mapped[str] = mapped_column(String(200))
