"""Verbs: post a notice with the business transaction, mark it read."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import CursorResult, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.kernel.clock import now
from core.kernel.ids import is_id, new_id
from core.notices import sms
from core.notices.models import Notice
from core.notices.queries import inbox, unread
from core.notices.spec import INBOX, SMS, Recipient
from core.notices.wordings import current, fill, short
from core.outbox import service as outbox

__all__ = ["case_of", "inbox", "mark_read", "post", "unread"]

SEND = "notice.send"


def post(
    session: Session,
    *,
    key: str,
    template: str,
    recipient: Recipient,
    params: Mapping[str, Any],
    case_id: str | None = None,
    document_id: str | None = None,
    channel: str = INBOX,
    region_root: str | None = None,
    department_id: str | None = None,
) -> str:
    """Write one notice in this transaction and queue its sending; returns its id.

    *key* names the event for ever, e.g. ``case/<id>/<seq>/granted/inbox/<recipient>``: posting it again returns the first notice and
    sends nothing. *params* are those the template declares, free of personal values; one that is worded differently in each language is
    given as ``{"zh": …, "en": …}``. *document_id* is the paper it tells of, *department_id* whose
    administrators look after its sending. Where a gateway is set, a template with the channel ``sms`` makes a second row for a citizen who takes
    short messages. Raises ``UnknownTemplate``, ``WrongParams``.
    """
    doc = current(session, template)
    texts, title, body = fill(doc, params)
    values = {
        "region_root": region_root,
        "department_id": department_id,
        "template": template,
        "recipient_kind": recipient[0],
        "recipient_id": recipient[1],
        "case_id": case_id,
        "document_id": document_id,
        "params": texts,
        "title": title,
        "state": "waiting",
        "created_at": now(),
    }
    notice_id, fresh = _write(session, {**values, "key": key, "channel": channel, "body": body})
    if fresh and channel == INBOX and SMS in doc["channels"] and recipient[0] == "account" and sms.wanted(session, recipient[1]):
        _write(session, {**values, "key": f"{key}/{SMS}", "channel": SMS, "body": short(doc, texts, sms.signature(session))})
    return notice_id


def _write(session: Session, values: Mapping[str, Any]) -> tuple[str, bool]:
    """Write the row of a key unless it is there; (its id, whether it is new)."""
    row = {"id": new_id(), **values}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    written = session.execute(dialect.insert(Notice).values(row).on_conflict_do_nothing(index_elements=["key"]).returning(Notice.id)).scalar_one_or_none()
    if written is None:
        return session.execute(select(Notice.id).where(Notice.key == row["key"])).scalar_one(), False
    outbox.send(session, SEND, {"notice": written}, key=message_key(written), region_root=row["region_root"])
    return written, True


def message_key(notice_id: str, turn: int = 1) -> str:
    """The key of the outbox message that sends a notice, the *turn*-th time that somebody wants it sent."""
    return f"{SEND}/{notice_id}" if turn == 1 else f"{SEND}/{notice_id}/{turn}"


def case_of(session: Session, notice_id: str) -> str | None:
    """The id of the case a notice is about."""
    return session.scalar(select(Notice.case_id).where(Notice.id == notice_id))


def mark_read(session: Session, recipient: Recipient, notice_ids: list[str] | None = None) -> int:
    """Mark some (or all) notices of *recipient* as read; another's are left alone. Returns how many changed."""
    mine = update(Notice).where(Notice.recipient_kind == recipient[0], Notice.recipient_id == recipient[1], Notice.read_at.is_(None))
    if notice_ids is not None:
        mine = mine.where(Notice.id.in_([each for each in notice_ids if is_id(each)]))
    done = session.execute(mine.values(read_at=now()), execution_options={"synchronize_session": False})
    assert isinstance(done, CursorResult)
    return done.rowcount
