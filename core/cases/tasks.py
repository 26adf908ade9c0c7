"""What follows a command after its commit: the submitted draft goes, observers and notices hear of it. And the periodic sweeps."""

from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from core.cases import drafts
from core.cases.notify import notify
from core.cases.service.machine import TOPIC
from core.cases.service.projecting import lapse_overdue
from core.outbox import schedule
from core.outbox import service as outbox

SWEEP_SECONDS = timedelta(minutes=5).total_seconds()
DRAFTS_SECONDS = timedelta(hours=1).total_seconds()


@outbox.handler(TOPIC)
def case_event(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Handle one committed command of a case."""
    del message_id
    if body.get("draft"):
        drafts.discard(session, body["draft"])
    notify(session, body["case"], first=body["first"], last=body["last"])


schedule.every("cases.lapse", SWEEP_SECONDS, lapse_overdue)
schedule.every("cases.drafts", DRAFTS_SECONDS, drafts.sweep)
