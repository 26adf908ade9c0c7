"""The outbox tidies itself: messages that are done go after a while."""

from sqlalchemy.orm import Session

from core.outbox import schedule
from core.outbox.service import sweep

_DAY = 24 * 3600


def tidy(session: Session) -> None:
    """Drop messages done long ago."""
    sweep(session)


schedule.every("outbox.sweep", _DAY, tidy)
