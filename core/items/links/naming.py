"""Which addresses an item names, and where: found along the schemas, so that a text that a schema gets tomorrow is looked at without a line of code.

Any text that a schema leaves to its writer – no constant, no choice, no pattern – may hold addresses. Data that no schema describes (answers in a
test, options of a plugin) sends nobody anywhere and is not looked at.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.items.studio.spots import Spot, token_of
from core.schemas import service as schemas

#: An address as it stands in a sentence: Chinese characters and the punctuation around it end it.
_ADDRESS = re.compile(r"(?<![A-Za-z0-9@./])(?:https?://|www\.)[A-Za-z0-9\-._~:/?#@!$&*+,;=%()\[\]']+", re.IGNORECASE)
_BEHIND = ".,;:!?'(["
_PAIRS = {")": "(", "]": "["}
#: Longer than any address that somebody typed (and than the column that keeps it).
LONGEST = 2_000
#: What is the platform's or the writer's own business, whoever reads the item.
_NOT = ("tests", "samples")
#: A version's parts, each of the schema that it follows, and its shared blocks (name → what is written as a form is).
_ROOTS, _BLOCKS = ("item", "form"), "blocks"
_DEEPEST = 40
#: Keys of objects and places in lists, from the top.
_Way = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Named:
    """An address, ready to be asked, and the spot of the text that holds it."""

    url: str
    spot: Spot


def named(content: Mapping[str, Any]) -> tuple[Named, ...]:
    """Every address in an item, its form and its shared blocks, each once a spot. *content* may be wrong in every way."""
    found: dict[Named, None] = {}
    for root, value, at in _parts(content):
        for way, text in _texts(value, ()):  # few texts hold an address: only those are looked up in the schemas
            urls = tuple(in_text(text))
            if urls and _writers(root, way):
                found.update(dict.fromkeys(Named(url, (*at, *_tokens(value, way))) for url in urls))
    return tuple(found)


def _parts(content: Mapping[str, Any]) -> Iterator[tuple[str, Any, Spot]]:
    yield from ((root, content.get(root), (root,)) for root in _ROOTS)
    blocks = content.get(_BLOCKS)
    yield from (("form", held, (_BLOCKS, str(name))) for name, held in (blocks.items() if isinstance(blocks, Mapping) else ()))


def in_text(text: str) -> Iterator[str]:
    """The addresses that *text* holds; one without a scheme is meant as ``http``, which servers lead on from."""
    yield from (url for _words, url in pieces(text) if url)


def pieces(text: str) -> Iterator[tuple[str, str]]:
    """*text* from front to end: (words, empty) and (an address as it is written, ready to be asked)."""
    done = 0
    for match in _ADDRESS.finditer(text):
        held = _trimmed(match)
        if "." in held:
            if match.start() > done:
                yield text[done : match.start()], ""
            yield held, held if "://" in held else f"http://{held}"
            done = match.start() + len(held)
    if done < len(text):
        yield text[done:], ""


def replaced(text: str, url: str, new: str) -> str:
    """*text* with *new* where it held *url*, and nowhere else: an address that only begins alike stays."""

    def each(match: re.Match[str]) -> str:
        held = _trimmed(match)
        meant = held if "://" in held else f"http://{held}"
        return new + match.group()[len(held) :] if held and meant == url else match.group()

    return _ADDRESS.sub(each, text)


@cache
def _schema(root: str) -> Mapping[str, Any]:
    return schemas.load(root)


def _trimmed(match: re.Match[str]) -> str:
    """What was found without the signs that belong to the sentence; empty for what is longer than any address."""
    found = match.group()
    if len(found) > LONGEST:
        return ""
    left, end = {sign: found.count(sign) for pair in _PAIRS.items() for sign in pair}, len(found)
    while end and ((sign := found[end - 1]) in _BEHIND or (sign in _PAIRS and left[sign] > left[_PAIRS[sign]])):
        end -= 1
        if sign in left:
            left[sign] -= 1
    return found[:end]


def _texts(value: Any, way: _Way) -> Iterator[tuple[_Way, str]]:
    """Every text that could hold an address, and the keys and places that lead to it."""
    if isinstance(value, str):
        if "." in value:
            yield way, value
    elif len(way) < _DEEPEST and isinstance(value, Mapping):
        for name, inner in value.items():
            if name not in _NOT:
                yield from _texts(inner, (*way, str(name)))
    elif len(way) < _DEEPEST and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*way, index))


def _writers(root: str, way: _Way) -> bool:
    """Whether the schemas leave what stands at the end of *way* to its writer."""
    shapes: list[Any] = [_schema(root)]
    for step in way:
        known = [each for shape in shapes for each in _followed(root, shape)]
        shapes = [shape for each in known for shape in (_under(each, step) if isinstance(step, str) else _within(each))]
    return any(_free(each) for shape in shapes for each in _followed(root, shape))


def _tokens(value: Any, way: _Way) -> Iterator[str]:
    """*way* as the studio names it: an entry of a list by its id."""
    for step in way:
        yield token_of(value, step) if isinstance(step, int) else step
        value = value[step]


def _followed(root: str, shape: Any, depth: int = 0) -> Iterator[Mapping[str, Any]]:
    """*shape* and everything that it refers to or chooses between."""
    if not isinstance(shape, Mapping) or depth > _DEEPEST:
        return
    yield shape
    for keyword in ("oneOf", "anyOf", "allOf"):
        for each in shape.get(keyword) or ():
            yield from _followed(root, each, depth + 1)
    if isinstance(shape.get("$ref"), str):
        here: Any = _schema(root)
        for part in shape["$ref"].removeprefix("#").strip("/").split("/"):
            here = here.get(part) if isinstance(here, Mapping) and part else here
        yield from _followed(root, here, depth + 1)


def _under(shape: Mapping[str, Any], name: str) -> Iterator[Any]:
    properties = shape.get("properties")
    if isinstance(properties, Mapping) and name in properties:
        yield properties[name]
        return
    yield from (each for pattern, each in (shape.get("patternProperties") or {}).items() if re.search(pattern, name))
    yield shape.get("additionalProperties")


def _within(shape: Mapping[str, Any]) -> Iterator[Any]:
    """What the entries of a list are."""
    yield from (shape["items"],) if isinstance(shape.get("items"), Mapping) else ()


def _free(shape: Mapping[str, Any]) -> bool:
    """Whether a writer may put any text there."""
    kinds = shape.get("type")
    if kinds != "string" and not (isinstance(kinds, list) and "string" in kinds):
        return False
    return not any(word in shape for word in ("const", "enum", "pattern", "oneOf"))
