"""What the buttons of cards do: an entry comes, goes, moves, is copied – as edits."""

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.spots import MISSING, Spot, find, index_of, token_of, write
from core.kernel.text import normalise

#: Longest id of an entry.
LONGEST_ID = 64


def added(content: Mapping[str, Any], at: Spot, entry: Any, *, key: str = "", after: str | None = None) -> tuple[tuple[Edit, ...], Spot]:
    """A new *entry* in the list or – under *key* – the map at *at*; the edits, and the spot where it is then.

    A list gives it an id that nobody has; a key that is taken or no name is refused with :class:`BadEdit`.
    """
    holder = find(content, at)
    if isinstance(holder, list):
        name = _free({str(each.get("id")) for each in holder if isinstance(each, Mapping)}, str(entry.get("id") or at[-1]))
        index = None if after is None else index_of(holder, after)
        before = token_of(holder, index + 1) if index is not None and index + 1 < len(holder) else None
        return (Edit("insert", at, {**entry, "id": name}, before=before),), (*at, f"@{name}")
    if isinstance(holder, Mapping):
        name = normalise(key).strip()
        if not name or len(name) > LONGEST_ID or name in holder:
            raise BadEdit("items.studio_key_taken" if name in holder else "items.studio_key_missing", name=name)
        return (Edit("set", (*at, name), entry),), (*at, name)
    if holder is MISSING and find(content, at[:-1]) is not MISSING:
        if key:
            return (Edit("set", at, {normalise(key).strip(): entry}),), (*at, normalise(key).strip())
        name = _free(set(), at[-1])
        return (Edit("set", at, [{**entry, "id": name}]),), (*at, f"@{name}")
    raise NoSuchSpot(at=write(at))


def _free(taken: set[str], stem: str) -> str:
    """The next name like *stem*, of the letters that every kind of id may have: those of situations may have no hyphen, for tests and rules name them."""
    base = stem.rstrip("0123456789").rstrip("-_").replace("-", "_") or "new"
    return next(name for n in range(1, len(taken) + 2) if (name := f"{base}_{n}") not in taken)


def copied(content: Mapping[str, Any], at: Spot) -> tuple[tuple[Edit, ...], Spot]:
    """The entry at *at* once more, right after it."""
    entry, holder = find(content, at), find(content, at[:-1])
    if entry is MISSING or not (isinstance(entry, Mapping) or isinstance(holder, Mapping)):
        raise NoSuchSpot(at=write(at))
    made = deepcopy(entry)
    if isinstance(holder, Mapping):
        return added(content, at[:-1], made, key=_free({*holder, at[-1]}, at[-1]))
    return added(content, at[:-1], made, after=at[-1])


def removed(content: Mapping[str, Any], at: Spot) -> tuple[Edit, ...]:
    """The entry at *at* away."""
    held = find(content, at)
    return () if held is MISSING else (Edit("remove", at, was=held),)


def moved(content: Mapping[str, Any], at: Spot, steps: int) -> tuple[Edit, ...]:
    """The entry at *at* of a list *steps* places down (negative: up); as far as the list goes."""
    holder = find(content, at[:-1])
    index = index_of(holder, at[-1]) if isinstance(holder, list) else None
    if index is None:
        raise NoSuchSpot(at=write(at))
    place = min(max(index + steps, 0), len(holder) - 1)
    if place == index:
        return ()
    following = place if place < index else place + 1
    return (Edit("move", at, before=token_of(holder, following) if following < len(holder) else None),)
