"""After commit: hand a notice to its channel. The inbox is the database itself, so sending is making it visible."""

from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from core.kernel.clock import now
from core.kernel.errors import PlatformError
from core.notices.models import Notice
from core.notices.service import SEND
from core.notices.spec import INBOX
from core.outbox import service as outbox

#: ``fn(session, notice, message_id)`` hands one notice to the outside; *message_id* lets a receiver drop a repeat.
Channel = Callable[[Session, Notice, str], None]


class NoChannel(PlatformError):
    """A notice names a channel that no plugin offers (any more); it waits until one does."""

    key = "notices.no_channel"


def _inbox(session: Session, notice: Notice, message_id: str) -> None:
    """Nothing leaves the house."""


channels: dict[str, Channel] = {INBOX: _inbox}


@outbox.handler(SEND)
def send_notice(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Send ``body["notice"]`` once."""
    notice = session.get(Notice, body["notice"], with_for_update=True)
    if notice is None or notice.state == "sent":
        return
    channel = channels.get(notice.channel)
    if channel is None:
        raise NoChannel(channel=notice.channel)
    channel(session, notice, message_id)
    notice.state, notice.sent_at = "sent", now()
    session.flush()
