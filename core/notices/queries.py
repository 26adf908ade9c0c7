"""Reads: the inbox by keyset, the number of unread."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.notices.models import Notice
from core.notices.spec import INBOX, NoticeView, RecipientKind

PAGE = 20


def inbox(
    session: Session, recipient_id: str, cursor: str | None = None, *, kind: RecipientKind = "account", locale: str = "zh", limit: int = PAGE
) -> Page[NoticeView]:
    """The notices of one account (or member of staff), newest first. Raises ``BadInput`` for a broken *cursor*."""
    query = select(Notice).where(Notice.recipient_kind == kind, Notice.recipient_id == recipient_id, Notice.channel == INBOX, Notice.state == "sent")
    if cursor is not None:
        after = str(decode_cursor(cursor, 1)[0])
        if not is_id(after):
            raise BadInput("kernel.bad_cursor")
        query = query.where(Notice.id < after)
    rows = session.scalars(query.order_by(Notice.id.desc()).limit(limit + 1)).all()
    shown = tuple(_view(row, locale) for row in rows[:limit])
    return Page(shown, encode_cursor(shown[-1].id) if len(rows) > limit else None)


def unread(session: Session, recipient_id: str, *, kind: RecipientKind = "account") -> int:
    """How many notices are waiting to be read."""
    query = select(func.count()).select_from(Notice).where(Notice.recipient_kind == kind, Notice.recipient_id == recipient_id, Notice.read_at.is_(None))
    return session.scalar(query.where(Notice.state == "sent", Notice.channel == INBOX)) or 0


def _view(row: Notice, locale: str) -> NoticeView:
    title, body = (str(texts.get(locale) or texts["zh"]) for texts in (row.title, row.body))
    return NoticeView(row.id, row.key, row.template, title, body, row.sent_at or row.created_at, row.read_at, row.case_id, row.document_id)
