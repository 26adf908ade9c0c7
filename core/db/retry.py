"""Run a transaction again when the database says that it merely lost a race."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError

from core.db.errors import is_transient

Result = TypeVar("Result")


def retrying(work: Callable[[], Result], attempts: int = 5, first_pause: float = 0.02) -> Result:
    """Call *work* up to *attempts* times while its error :func:`is_transient`; pauses double, with jitter (seconds).

    *work* must open and close its own transaction, so that each try starts clean.
    """
    for attempt in range(1, attempts):
        try:
            return work()
        except DBAPIError as error:
            if not is_transient(error):
                raise
            time.sleep(random.uniform(0.5, 1.5) * first_pause * 2 ** (attempt - 1))  # noqa: S311 - spreads waiters, guards nothing
    return work()
