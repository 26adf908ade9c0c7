"""Reads of the record."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from core.audit.models import Entry
from core.kernel.clock import now

_entry = Entry.__table__.c
#: Built once: every case page shows who looked.
_OF_SUBJECT = (
    select(*_entry)
    .where(_entry.subject_kind == bindparam("kind"), _entry.subject_id == bindparam("id"))
    .order_by(_entry.at.desc(), _entry.stream.desc(), _entry.seq.desc())
    .limit(bindparam("most"))
)
#: Streams are named after their day, which is what tells PostgreSQL in which months to look.
_SINCE = _OF_SUBJECT.where(_entry.stream >= bindparam("first"), _entry.stream < bindparam("end"))
_OF_ACTION = _SINCE.where(_entry.action == bindparam("action"))


def entries_of(
    session: Session, subject: tuple[str, str], *, since: datetime | None = None, action: str | None = None, limit: int = 50
) -> Sequence[Any]:  # fmt: skip
    """The newest entries about one thing: rows with the columns of :class:`core.audit.models.Entry`.

    *since* is the day before which there can be none – when the case was filed –, so that other months of the record are not opened.
    With *action* only the entries of that one, all of them since *since*.
    """
    asked = {"kind": subject[0], "id": subject[1], "most": limit}
    if since is None:
        return session.execute(_OF_SUBJECT, asked).all()
    days = {"first": f"{since:%Y-%m-%d}", "end": f"{now() + timedelta(days=2):%Y-%m-%d}"}
    if action is None:
        return session.execute(_SINCE, {**asked, **days}).all()
    return session.execute(_OF_ACTION, {**asked, **days, "action": action}).all()
