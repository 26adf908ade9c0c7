"""The options of a choice as its builder writes them: a line each. What an answer is kept as – the constant behind the words – is nobody's business but
this module's: it stays when an option is renamed, and a new option gets the next free one."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit
from core.items.studio.spots import MISSING, Spot, find, write

#: Most options of one field, and most characters of one.
MOST, LONGEST = 200, 200


def place_of(schema: Any) -> Spot | None:
    """Where a field keeps the options that its builder may write as lines; ``None`` for a field that has none, or has them in another shape."""
    for way in (("oneOf",), ("items", "oneOf")):
        held = find(schema, way) if isinstance(schema, Mapping) else MISSING
        if isinstance(held, list) and held and all(_plain(each) for each in held):
            return way
    return None


def _plain(option: Any) -> bool:
    return isinstance(option, Mapping) and isinstance(option.get("const"), str) and isinstance(option.get("title"), str)


def titles(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """What the options are called, in their order; empty where they are not written as lines."""
    way = place_of(schema)
    return tuple(each["title"] for each in find(schema, way)) if way is not None else ()


def relist(content: Mapping[str, Any], name: str, lines: Sequence[str]) -> tuple[Edit, ...]:
    """The edits that make *lines* the options of the field *name*.

    A line that is there already keeps its constant, wherever it moves; one that took the place of another is that one renamed. Raises :class:`BadEdit` for a
    field without options, for none at all, for a line twice and for more than anybody reads.
    """
    at: Spot = ("form", "properties", name)
    schema = find(content, at)
    way = place_of(schema)
    if way is None:
        raise BadEdit(what=write(at)[:80])
    held: list[dict[str, Any]] = find(schema, way)
    wanted = [line.strip()[:LONGEST] for line in lines if line.strip()]
    if not wanted or len(wanted) > MOST or len(set(wanted)) < len(wanted):
        raise BadEdit("items.studio_options_bad", most=MOST)
    made = _matched(held, wanted)
    return () if made == held else (Edit("set", (*at, *way), made, held),)


def _matched(held: Sequence[Mapping[str, Any]], wanted: Sequence[str]) -> list[dict[str, Any]]:
    by_title = {each["title"]: each for each in held}
    taken = {each["const"] for each in held}
    made: list[dict[str, Any]] = []
    for place, title in enumerate(wanted):
        known = by_title.get(title)
        if known is None and place < len(held) and held[place]["title"] not in wanted:
            known = {**held[place], "title": title}
        if known is None:
            free = next(key for n in range(1, MOST + len(taken) + 1) if (key := f"option_{n}") not in taken)
            taken.add(free)
            known = {"const": free, "title": title}
        made.append(dict(known))
    return made
