"""Who wants to hear of a command of a case after its commit: slices above this one, and this slice's own index. Plugins hear by ``case_changed``."""

from collections.abc import Callable

from sqlalchemy.orm import Session

#: ``fn(session, case_id, first, last)``: the command wrote the events *first* to *last*. Runs in the worker, in the message's transaction, perhaps
#: more than once; it says what is to be done (an outbox message, a row) and does nothing outside the database.
Listener = Callable[[Session, str, int, int], None]

_listeners: dict[str, Listener] = {}


def listen(name: str, listener: Listener) -> None:
    """Call *listener* after each command of a case; the same *name* again replaces it."""
    _listeners[name] = listener


def tell(session: Session, case_id: str, *, first: int, last: int) -> None:
    """Tell everybody of one committed command."""
    for name in sorted(_listeners):
        _listeners[name](session, case_id, first, last)
