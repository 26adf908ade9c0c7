"""What operators see of the outbox."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.outbox.models import Message
from core.outbox.service import waiting


@dataclass(frozen=True, slots=True)
class Counts:
    """Messages that are open, and messages that were given up on."""

    waiting: int
    parked: int


def counts(session: Session) -> Counts:
    """Both counts now (``/metrics``)."""
    given_up = session.scalar(select(func.count()).select_from(Message).where(Message.parked_at.is_not(None))) or 0
    return Counts(waiting(session), given_up)
