"""The outbox tidies itself: messages that are done go after a while. And history gets its months, whichever slice it belongs to."""

from sqlalchemy.orm import Session

from core.db import months
from core.outbox import schedule
from core.outbox.service import sweep

_HOUR, _DAY = 3600, 24 * 3600


def tidy(session: Session) -> None:
    """Drop messages done long ago."""
    sweep(session)


schedule.every("outbox.sweep", _DAY, tidy)
schedule.every("history.months", _HOUR, months.keep_ahead)
