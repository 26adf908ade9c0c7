"""Files that nobody holds any more leave the store."""

from sqlalchemy.orm import Session

from core.files.service import sweep
from core.outbox import schedule

_HOUR, _BATCH = 3600, 1000


def tidy(session: Session) -> bool:
    """Remove one batch of orphans; asks for another turn while there are full batches."""
    return sweep(session, _BATCH) == _BATCH


schedule.every("files.sweep", _HOUR, tidy)
