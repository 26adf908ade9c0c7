"""The parts of an item as the studio lists them: which of the schema's properties are edited where. A property that no part names is in the last one,
so that a new one in the schema is there without a line of code."""

from collections.abc import Mapping
from typing import Any

from core.items.studio.hall import kinds
from core.items.studio.part import Part
from core.items.studio.spots import Spot
from core.schemas import service as schemas

__all__ = ["FIXED", "PARTS", "Part", "fixed_in", "part", "part_of", "shown"]

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


def fixed_in(root: str) -> tuple[str, ...]:
    """The properties of a document that the platform sets, by where a draft holds it."""
    kind = kinds.known(root)
    return kind.fixed if kind is not None else FIXED if root in ("item", "form") else ()


def part(key: str) -> Part | None:
    """The part of that key, the last one of an item with every property that no other names."""
    every = (*PARTS, *(each for kind in kinds.every() for each in kind.parts))
    found = next((each for each in every if each.key == key), None)
    return Part("other", _left_over()) if found is not None and found.key == "other" else found


def shown(kind: str = "item") -> tuple[Part, ...]:
    """The parts that have something to edit: of an item, or of a document of the hall of that *kind*."""
    of_hall = kinds.known(kind)
    if of_hall is not None:
        return of_hall.parts
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
    of_hall = kinds.known(spot[0]) if spot else None
    if of_hall is not None:
        return next(each.key for each in of_hall.parts if spot[: len(each.at)] == each.at)
    for each in PARTS:
        depth = len(each.at)
        if len(spot) > depth and spot[:depth] == each.at and spot[depth] in each.names:
            return each.key
    return "route" if spot[:2] == ("item", "route") else "other" if spot[:1] == ("item",) and len(spot) > 1 else "basic"
