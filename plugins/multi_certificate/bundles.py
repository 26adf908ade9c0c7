"""A bundle as values: which certificates an item merges, where its route begins each, and which answer fills which field. Pure.

The route says what happens – a sub-case for each certificate, under the conditions of the branch it lies in –, the options say what it means. What
chooses a certificate therefore stands in one place, the route, and the finder asks the very rules that the case will ask.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.sdk import Words

JsonObject = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Begun:
    """A sub-case of the route: the item it begins, the rules that must all hold, whether it is waited for, the answers given to it."""

    path: str
    item: str
    when: tuple[Any, ...]
    waits: bool
    give: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One certificate of a bundle. ``authority`` is the code of the department that answers for it; ``begun`` are the places of the route that
    begin its sub-case (one, when the bundle is right); ``source`` says where it is listed, ``assumed`` why it is there without a source."""

    id: str
    title: Words
    authority: str
    kind: Literal["decide", "notify"]
    item: str
    source: str
    assumed: str
    begun: tuple[Begun, ...]

    @property
    def when(self) -> tuple[Any, ...]:
        """The rules that choose it, all of which must hold; none for one that always comes along."""
        return self.begun[0].when if self.begun else ()


@dataclass(frozen=True, slots=True)
class Meaning:
    """One question of the bundle's form and where its answer goes: part id → fields of the part's item."""

    field: str
    fills: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Bundle:
    """An item that merges certificates. ``licence`` is the result that carries all of them."""

    licence: str
    parts: tuple[Part, ...]
    meanings: tuple[Meaning, ...]
    begun: tuple[Begun, ...]

    def part_of(self, item_code: str) -> Part | None:
        """The certificate that *item_code* is for."""
        return next((part for part in self.parts if part.item == item_code), None)


def read(doc: JsonObject, options: JsonObject) -> Bundle:
    """The bundle that an item's document and its options (held against ``options.schema.json`` before) describe."""
    begun = tuple(subcases(doc["route"]["review"]))
    parts = tuple(_part(raw, tuple(each for each in begun if each.item == raw["item"])) for raw in options["parts"])
    meanings = tuple(Meaning(raw["field"], {part: _names(name) for part, name in raw["fills"].items()}) for raw in options["meanings"])
    return Bundle(options["licence"], parts, meanings, begun)


def _part(raw: JsonObject, begun: tuple[Begun, ...]) -> Part:
    title = Words(raw["title"]["zh"], raw["title"]["en"])
    return Part(raw["id"], title, raw["authority"], raw["kind"], raw["item"], raw.get("source", ""), raw.get("assumed", ""), begun)


def _names(name: str | Sequence[str]) -> tuple[str, ...]:
    return (name,) if isinstance(name, str) else tuple(name)


def subcases(scope: JsonObject, path: str = "", when: tuple[Any, ...] = ()) -> Iterator[Begun]:
    """Every sub-case of a review, or of a branch of it, in the order of the document."""
    for name, node in scope["nodes"].items():
        at = f"{path}.{name}" if path else name
        if node["kind"] == "subcase":
            yield Begun(at, node["item"], when, bool(node["wait"]), node.get("give") or {})
        for key, branch in (node.get("branches") or {}).items():
            rule = branch.get("when")
            yield from subcases(branch, f"{at}.{key}", (*when, rule) if rule is not None else when)
