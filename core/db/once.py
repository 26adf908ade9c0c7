"""One row a command, however often and however many at once send it: the unique key of its row is the claim."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.kernel.errors import PlatformError

Made = TypeVar("Made")


def once(session: Session, find: Callable[[], Made | None], make: Callable[[], Made]) -> Made:
    """What *find* finds of this command, else what *make* writes; both belong to the same unique key.

    Two at once both find nothing and both write. The slower one waits for the faster and then meets its row – by the key, or by a rule of *make*'s own
    that the faster one's row breaks now –: everything it wrote is given back with its savepoint, and *find* finds what the faster one left. Where it
    still finds nothing, the error is the caller's.
    """
    known = find()
    if known is not None:
        return known
    try:
        with session.begin_nested():
            return make()
    except (IntegrityError, PlatformError):
        known = find()
        if known is None:
            raise
        return known
