"""The index: one row a thing. PostgreSQL searches ``terms``; SQLite has an FTS5 table beside it, keyed by ``num``."""

from sqlalchemy import Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base


class Entry(Base):
    """What is shown of a thing and to whom. ``scope`` is ``""`` (everybody) or ``|/610000/610100/|/…/|``."""

    __tablename__ = "search_entry"
    __table_args__ = (UniqueConstraint("kind", "id"),)

    num: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    kind: Mapped[str] = mapped_column(String(40))
    id: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    words: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    terms: Mapped[str | None] = mapped_column(Text().with_variant(TSVECTOR(), "postgresql"), deferred=True)


Index("ix_search_entry_terms", Entry.terms, postgresql_using="gin").ddl_if(dialect="postgresql")

#: Not in the metadata: a virtual table is made when the index is first written (``service``).
FTS_TABLE = "search_index_fts"
