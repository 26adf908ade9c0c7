"""Spots: addresses inside a draft that stay right while others add, move and remove beside them.

A spot is written like a JSON pointer, but an entry of a list that has an ``id`` is named by it – ``/item/materials/@layout/title`` –, and a plain text in a
list by itself. Only entries without names are counted. A finding's JSON pointer becomes a spot with :func:`from_pointer`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from core.items.studio.errors import NoSuchSpot

Spot = tuple[str, ...]


class _Missing:
    """Nothing is there – which is not ``null``."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
#: Deeper than any document of ours; a longer address is nobody's mistake.
DEEPEST = 64


def parse(text: str) -> Spot:
    """The spot that *text* writes. Raises :class:`NoSuchSpot` for what is none."""
    if text == "":
        return ()
    if not text.startswith("/") or text.count("/") > DEEPEST:
        raise NoSuchSpot(at=text[:200])
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text[1:].split("/"))


def write(spot: Sequence[str]) -> str:
    """*spot* as text."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in spot)


def name_of(entry: Any) -> str | None:
    """What an entry of a list is named by: its id, or itself where it is a text; ``None`` for one without a name."""
    found = entry.get("id") if isinstance(entry, Mapping) else entry
    return found if isinstance(found, str) else None


def index_of(entries: Sequence[Any], token: str) -> int | None:
    """Where the entry of a list that *token* names is now; ``None`` when it is not there."""
    if token.startswith("@"):
        return next((i for i, each in enumerate(entries) if name_of(each) == token[1:]), None)
    if token.isascii() and token.isdigit() and len(token) < 7 and int(token) < len(entries):
        return int(token)
    return None


def token_of(entries: Sequence[Any], index: int) -> str:
    """How the entry at *index* is named: by its name where that is its alone."""
    name = name_of(entries[index])
    alone = name is not None and sum(name_of(each) == name for each in entries) == 1
    return f"@{name}" if alone else str(index)


def find(doc: Any, spot: Sequence[str]) -> Any:
    """What stands at *spot*; :data:`MISSING` when nothing does."""
    here = doc
    for token in spot:
        if isinstance(here, Mapping):
            here = here.get(token, MISSING)
        elif isinstance(here, list):
            index = index_of(here, token)
            here = MISSING if index is None else here[index]
        else:
            return MISSING
    return here


def from_pointer(doc: Any, pointer: str) -> Spot:
    """A JSON pointer into *doc* as a spot: numbers become ids where entries have some. What the pointer says beyond the document stays as it is."""
    here = doc
    made: list[str] = []
    for part in parse(pointer):
        if isinstance(here, list) and (index := index_of(here, part)) is not None:
            made.append(token_of(here, index))
            here = here[index]
        else:
            made.append(part)
            here = here.get(part, MISSING) if isinstance(here, Mapping) else MISSING
    return tuple(made)
