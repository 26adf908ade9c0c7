"""Reads of the record."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.audit.models import Entry

_entry = Entry.__table__.c
#: Built once: every case page shows who looked.
_OF_SUBJECT = (
    select(*_entry)
    .where(_entry.subject_kind == bindparam("kind"), _entry.subject_id == bindparam("id"))
    .order_by(_entry.at.desc(), _entry.stream.desc(), _entry.seq.desc())
    .limit(bindparam("most"))
)


def entries_of(session: Session, subject: tuple[str, str], *, limit: int = 50) -> Sequence[Any]:
    """The newest entries about one thing: rows with the columns of :class:`core.audit.models.Entry`."""
    return session.execute(_OF_SUBJECT, {"kind": subject[0], "id": subject[1], "most": limit}).all()
