"""The item in force, remembered for a moment: a blank form or guide asks nothing of the database while nothing changed.

A newly published version shows within :data:`MOMENT` seconds in every process; whoever *sends* something is checked against the database.
"""

import time
from threading import Lock

from core.identity.spec import Scope
from core.items import queries as items
from core.items import seasons
from core.items.spec import Current
from core.kernel import clock
from core.web import edge, seat
from core.web.site import site

MOMENT = 3.0
_LARGEST = 2000
_kept: dict[tuple[object, str, Scope], tuple[float, Current]] = {}
_lock = Lock()


def current(code: str) -> Current:
    """Item *code* as this hall shows it, at most :data:`MOMENT` seconds old. Raises :class:`ItemNotFound`, and :class:`ItemStopped` with the reason."""
    found = shown(code)
    return found if found.stopped is None else items.current(edge.session(), code, seat.scope())  # which says why nobody can apply


def taken_in(code: str) -> Current:
    """:func:`current` for who begins to apply. Raises :class:`OutOfSeason` with the day from which one can; a draft that was begun stays open."""
    found = current(code)
    seasons.require(found.compiled.doc, clock.today())
    return found


def shown(code: str) -> Current:
    """Item *code* for its guide, which stays open while the item is suspended and after it ended."""
    scope, clock = seat.scope(), time.monotonic()
    key = (site().database, code, scope)
    found = _kept.get(key)
    if found is not None and clock - found[0] < MOMENT:
        return found[1]
    fresh = items.current(edge.session(), code, scope, stopped=True)
    with _lock:
        if len(_kept) >= _LARGEST:
            _kept.clear()
        _kept[key] = (clock, fresh)
    return fresh


def fresh(code: str) -> Current:
    """Item *code* as the database has it now."""
    return items.current(edge.session(), code, seat.scope())


def forget() -> None:
    """Ask the database again at once (tests)."""
    _kept.clear()
