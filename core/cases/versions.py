"""The compiled item a case is pinned to. A version never changes, so a process that knows it asks nobody."""

from collections import OrderedDict
from threading import Lock

from sqlalchemy.orm import Session

from core.items import queries as items
from core.items.spec import CompiledItem

_KEEP = 512
_known: "OrderedDict[str, CompiledItem]" = OrderedDict()
_lock = Lock()


def pinned(session: Session, version_id: str) -> CompiledItem:
    """The item of *version_id*, which its id – a UUID – names in every database."""
    with _lock:
        if version_id in _known:
            _known.move_to_end(version_id)
            return _known[version_id]
    compiled = items.load(session, version_id)
    with _lock:
        _known[version_id] = compiled
        while len(_known) > _KEEP:
            _known.popitem(last=False)
    return compiled
