"""The parts of an item as the studio lists them: which of the schema's properties are edited where. A property that no part names is in the last one,
so that a new one in the schema is there without a line of code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.items.studio.spots import Spot
from core.schemas import service as schemas


@dataclass(frozen=True, slots=True)
class Part:
    """One part: its key (``items.studio_part_<key>`` is its title), the properties of the item that it edits, and what is not edited by hand."""

    key: str
    names: tuple[str, ...] = ()
    at: Spot = ("item",)


#: Set by the platform: an editor that changed them would only break the item.
FIXED = ("$schema", "schema_version", "form")
PARTS: tuple[Part, ...] = (
    Part(
        "basic",
        ("title", "short_title", "summary", "code", "department", "level", "type", "case_type", "codes", "service_objects", "applicants", "themes",
         "life_events", "words", "visits", "online", "anywhere"),
    ),
    Part("basis", ("basis", "conditions", "provenance")),
    Part("situations", ("situations",)),
    Part("materials", ("materials", "promises", "bars", "deferral")),
    Part("form", at=("form",)),
    Part("route", ("intake", "review", "delivery", "anytime", "pauses"), ("item", "route")),
    Part("limits", ("limits", "lights"), ("item", "route")),
    Part("seasons", ("seasons",)),
    Part("fees", ("fees",)),
    Part("results", ("results", "rule_sheets")),
    Part("documents", ("documents",)),
    Part("guide", ("places", "contacts", "faq", "redress")),
    Part("translations", ("translations",)),
    Part("plugins", ("plugins",)),
    Part("tests", ("tests",)),
    Part("other"),
)  # fmt: skip
#: The parts of the documents of the hall, by their kind; the last one of each has what no other is about.
OF_HALL: Mapping[str, tuple[Part, ...]] = {
    "notice": (Part("notice", at=("notice",)),),
    "theme": (Part("tokens", at=("theme", "tokens")), Part("theme", at=("theme",))),
}
#: Set by the platform in each document.
FIXED_IN: Mapping[str, tuple[str, ...]] = {
    "item": FIXED, "form": FIXED, "notice": ("$schema", "schema_version", "id"),
    # templates and rules of a theme are its files'; its tokens are a part of their own
    "theme": ("$schema", "schema_version", "name", "tokens", "parent", "blocks", "locales", "logo", "brand", "dark"),
}  # fmt: skip
_BY_KEY = {part.key: part for part in (*PARTS, *(each for parts in OF_HALL.values() for each in parts))}


def part(key: str) -> Part | None:
    """The part of that key, the last one with every property that no other names."""
    found = _BY_KEY.get(key)
    return Part("other", _left_over()) if found is not None and found.key == "other" else found


def shown(kind: str = "item") -> tuple[Part, ...]:
    """The parts that have something to edit: of an item, or of a document of the hall of that *kind*."""
    if kind in OF_HALL:
        return OF_HALL[kind]
    return tuple(each for known in PARTS if (each := part(known.key)) is not None and (each.names or each.at != ("item",)))


def _left_over() -> tuple[str, ...]:
    named = {name for each in PARTS if each.at == ("item",) for name in each.names} | {*FIXED, "route"}
    return tuple(name for name in _properties() if name not in named)


def _properties() -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas.load("item")["properties"]
    return found


def part_of(spot: Spot) -> str:
    """The part in which *spot* is edited."""
    if spot[:1] in (("form",), ("blocks",)) or spot[:2] == ("item", "form"):
        return "form"
    if spot and spot[0] in OF_HALL:
        return next(each.key for each in OF_HALL[spot[0]] if spot[: len(each.at)] == each.at)
    for each in PARTS:
        depth = len(each.at)
        if len(spot) > depth and spot[:depth] == each.at and spot[depth] in each.names:
            return each.key
    return "route" if spot[:2] == ("item", "route") else "other" if spot[:1] == ("item",) and len(spot) > 1 else "basic"
