"""Every text that people write into a draft, with the way to it, and whether applicants read it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.items.studio.advice.rules import Content
from core.items.texts import HUMAN
from core.kernel.shapes import mapping

#: What is written for machines, in another language, or is somebody else's wording: the law, a document's text, where a fact comes from.
_NOT = frozenset(
    ("translations", "tests", "documents", "rule_sheets", "searchable", "plugins", "provenance", "codes", "words", "contacts", "data", "sets", "when", "basis")
)
_FORM_TEXTS = frozenset(("title", "description", "help", "placeholder", "message", "text", "add", "row_title"))
_FORM_NOT = frozenset(("translations", "samples", "default", "visible_when", "required_when", "computed", "rule", "prefill"))
#: The law's or an authority's own words: told as they are.
_OFFICIAL = frozenset(("reconsideration", "litigation", "relief", "duty", "liability", "standard"))
#: Parts that quote the law, and the route, which staff read.
_QUOTED = frozenset(("conditions", "promises", "deferral", "route"))


@dataclass(frozen=True, slots=True)
class Written:
    """A text at a way into the content. ``official``: quoted from an authority, so its style is not ours to judge."""

    at: tuple[str, ...]
    text: str
    official: bool = False

    @property
    def key(self) -> str:
        """The property that holds it."""
        return self.at[-1]


def written(content: Content) -> Iterator[Written]:
    """Every text of item and form; whatever else stands there is passed by."""
    yield from _item(mapping(content.get("item")), ("item",))
    yield from _form(mapping(content.get("form")), ("form",))


def _item(value: Any, at: tuple[str, ...]) -> Iterator[Written]:
    for name, inner in _inside(value):
        if isinstance(inner, str):
            if name in HUMAN and inner.strip():
                here = (*at, name)
                yield Written(here, inner, name in _OFFICIAL or here[1] in _QUOTED)
        elif name not in _NOT:
            yield from _item(inner, (*at, name))


def _form(value: Any, at: tuple[str, ...]) -> Iterator[Written]:
    named = at[-1] in ("properties", "$defs")  # its keys are names of fields, whatever they are called
    for name, inner in _inside(value):
        if isinstance(inner, str):
            if name in _FORM_TEXTS and not named and inner.strip():
                yield Written((*at, name), inner, name == "text")
        elif named or name not in _FORM_NOT:
            yield from _form(inner, (*at, name))


def _inside(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        yield from ((str(name), inner) for name, inner in value.items())
    elif isinstance(value, list):
        yield from ((str(index), inner) for index, inner in enumerate(value))
