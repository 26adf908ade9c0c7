"""After commit: hand a notice to its channel. The inbox is the database itself, so sending is making it visible; whatever leaves the house is sent
by :mod:`core.notices.sending`, at most once without a person."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.kernel.clock import now
from core.notices import sending, sms
from core.notices import settings as settings  # declares where the gateway is
from core.notices.errors import NoChannel
from core.notices.models import Notice
from core.notices.service import SEND
from core.notices.spec import INBOX, SETTLED, SMS, Channel
from core.outbox import service as outbox

#: The channels that leave the house.
channels: dict[str, Channel] = {SMS: sms.channel}


@outbox.handler(SEND)
def send_notice(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Send ``body["notice"]`` once."""
    del message_id  # the notice's own key is its name outside
    row = session.execute(select(Notice.channel, Notice.state).where(Notice.id == body["notice"])).one_or_none()
    if row is None or row.state in SETTLED:
        return
    if row.channel == INBOX:
        waits = update(Notice).where(Notice.id == body["notice"], Notice.state == "waiting")
        session.execute(waits.values(state="sent", sent_at=now()), execution_options={"synchronize_session": False})
        return
    channel = channels.get(row.channel)
    if channel is None:
        raise NoChannel(channel=row.channel)
    sending.send(session, body["notice"], channel)
