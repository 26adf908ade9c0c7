"""Reads of the record."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit.models import Entry


def entries_of(session: Session, subject: tuple[str, str], *, limit: int = 50) -> Sequence[Entry]:
    """The newest entries about one thing."""
    query = select(Entry).where(Entry.subject_kind == subject[0], Entry.subject_id == subject[1])
    return session.scalars(query.order_by(Entry.at.desc(), Entry.stream.desc(), Entry.seq.desc()).limit(limit)).all()
