"""What may be named at a place of a draft, drawn as a choice: ``"x-names": "departments"`` in a schema says that a text there names one of the departments.

Pure: who knows what there is of each kind is :mod:`core.items.studio.naming`. What stands in a draft and is not there stays a choice, marked in words, so that
nobody loses it by saving something else.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from core.kernel.wording import word
from core.schemas import service as schemas

#: The keyword of our schemas.
KEYWORD: Final = "x-names"
#: More names than this nobody reads through: a kind that has more is typed.
MOST: Final = 200
#: Of more names than this those that are chosen stand first, and the others are folded away.
GLANCE: Final = 12


@dataclass(frozen=True, slots=True)
class Name:
    """What is kept (``value``) and what people call it, in Chinese or as its writer wrote it, and in English where it has an English name."""

    value: str
    title: str
    english: str = ""


#: What there is of a kind; ``None`` for a kind that nobody knows.
Names = Callable[[str], Sequence[Name] | None]
#: What an editor offers of each kind that it draws as a choice: in this shape a key for caches.
Offered = tuple[tuple[str, tuple[Name, ...]], ...]
#: A schema → the schema with its reference followed.
Follow = Callable[[Any], Mapping[str, Any]]


def kinds_below(schema: Any, follow: Follow) -> frozenset[str]:
    """Every kind that is named somewhere below *schema*, behind its references, too."""
    return frozenset(_kinds(schema, follow, set()))


def _kinds(schema: Any, follow: Follow, met: set[str]) -> Iterator[str]:
    if isinstance(schema, list):
        for each in schema:
            yield from _kinds(each, follow, met)
    elif isinstance(schema, Mapping):
        if isinstance(schema.get(KEYWORD), str):
            yield schema[KEYWORD]
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference not in met:
            met.add(reference)
            yield from _kinds(follow({"$ref": reference}), follow, met)
        for inner in schema.values():
            yield from _kinds(inner, follow, met)


def kind_at(name: str, above: str) -> str | None:
    """The kind that an item's property *name* names, where *above* is the property in which it stands, or nothing that tells; ``None`` for one that names
    nothing, or where it cannot be told which."""
    places = _places()
    return places.get((above, name)) or places.get(("", name))


@cache
def _places() -> Mapping[tuple[str, str], str]:
    """(property above, property) → kind, with nothing above where the property names the same everywhere."""
    found = dict(_named(schemas.load("item"), "", ""))
    alone: dict[str, set[str]] = {}
    for (_above, name), kind in found.items():
        alone.setdefault(name, set()).add(kind)
    return found | {("", name): next(iter(several)) for name, several in alone.items() if len(several) == 1}


def _named(schema: Any, name: str, above: str) -> Iterator[tuple[tuple[str, str], str]]:
    if not isinstance(schema, Mapping):
        return
    if isinstance(schema.get(KEYWORD), str):
        yield (above, name), schema[KEYWORD]
    for inner in (schema.get("items"), *_shapes(schema, "oneOf"), *_shapes(schema, "anyOf"), *_properties(schema, "$defs").values()):
        yield from _named(inner, name, above)
    for holder in ("properties", "patternProperties"):
        for each, inner in _properties(schema, holder).items():
            yield from _named(inner, each, name)


def offered(kinds: frozenset[str], names: Names, held: Sequence[tuple[str, Any]]) -> Offered:
    """What is offered of each of *kinds*, with what is *held* already and is not there. A kind of which something is held that is no plain name, or that has
    too many names to read, is left out: it stays as it is written."""
    made = []
    for kind in sorted(kinds):
        here, there = [value for each, value in held if each == kind], names(kind)
        if there is None or len(there) > MOST or not all(isinstance(value, str) and value for value in here):
            continue
        known = {each.value: each for each in there}
        chosen = {value: known.get(value) or _strange(value) for value in here}
        listed = (*chosen.values(), *there) if len(there) > GLANCE else (*there, *chosen.values())
        made.append((kind, tuple({each.value: each for each in listed}.values())))
    return tuple(made)


def _strange(value: str) -> Name:
    return Name(value, word("items.studio_names_unknown", "zh", name=value), word("items.studio_names_unknown", "en", name=value))


def held(schema: Any, value: Any, follow: Follow) -> Iterator[tuple[str, Any]]:
    """(kind, what stands there) of everything in *value* that *schema* says is a name; ``None`` stands for a list that is none of plain names, each once.

    Of a schema with several shapes each is looked through: a shape that *value* does not have finds nothing in it.
    """
    made = follow(schema)
    for shape in (*_shapes(made, "oneOf"), *_shapes(made, "anyOf")):
        yield from held(shape, value, follow)
    if isinstance(made.get(KEYWORD), str):
        yield made[KEYWORD], value
    elif "items" in made:
        yield from _held_in_list(made["items"], value, follow)
    elif isinstance(value, Mapping):
        properties, other = _properties(made), _entry(made)
        for name, inner in value.items():
            if (below := properties.get(name, other)) is not None:
                yield from held(below, inner, follow)


def _held_in_list(entry: Any, value: Any, follow: Follow) -> Iterator[tuple[str, Any]]:
    kind = follow(entry).get(KEYWORD)
    if isinstance(kind, str) and not (isinstance(value, list) and all(isinstance(each, str) for each in value) and len(set(value)) == len(value)):
        yield kind, None
    for each in value if isinstance(value, list) else ():
        yield from held(entry, each, follow)


def _shapes(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    found = schema.get(keyword)
    return found if isinstance(found, list) else []


def _properties(schema: Mapping[str, Any], keyword: str = "properties") -> Mapping[str, Any]:
    found = schema.get(keyword)
    return found if isinstance(found, Mapping) else {}


def _entry(schema: Mapping[str, Any]) -> Any:
    patterns, more = schema.get("patternProperties"), schema.get("additionalProperties")
    return next(iter(patterns.values()), None) if isinstance(patterns, Mapping) else more if isinstance(more, Mapping) else None


def one(schema: Mapping[str, Any], there: tuple[Name, ...], *, must: bool) -> dict[str, Any]:
    """*schema* – a text that names something – as a choice; what may be left out is a list with an empty line."""
    made = _drawn(schema, "choice", there) | _options(there)
    return made if must and there else {**made, "ui": {**made["ui"], "layout": "select"}}


def several(schema: Mapping[str, Any], entry: Mapping[str, Any], there: tuple[Name, ...]) -> dict[str, Any]:
    """*schema* – a list of texts like *entry* that name something – as boxes to tick; of many only the ticked ones are in sight, and in the way of a key."""
    made = _drawn(schema, "choices", there) | {"items": {**entry, **_options(there)}}
    return {**made, "ui": {**made["ui"], "folded": True}} if len(there) > GLANCE else made


def _drawn(schema: Mapping[str, Any], field: str, there: tuple[Name, ...]) -> dict[str, Any]:
    ui = {"field": field} if there else {"field": field, "help": word("items.studio_names_none", "zh")}
    return {**{key: value for key, value in schema.items() if key != KEYWORD}, "ui": ui}


def _options(there: tuple[Name, ...]) -> dict[str, list[dict[str, str]]]:
    return {"oneOf": [{"const": each.value, "title": each.title} for each in there]} if there else {}


def english(there: Offered) -> dict[str, str]:
    """The Chinese of what is offered → its English."""
    return {word("items.studio_names_none", "zh"): word("items.studio_names_none", "en")} | {
        each.title: each.english for _kind, names in there for each in names if each.english
    }
