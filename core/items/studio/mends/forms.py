"""Mends of forms: what stands on no page or on two, lists that name what is not there, patterns that engines read differently."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.edits import Edit
from core.items.studio.mending import Content, Mend, free, gone, mend, put, without
from core.items.studio.spots import Spot, find, token_of
from core.kernel.errors import Finding

_PAGES: Spot = ("form", "ui", "pages")
#: What the shorthand of patterns stands for among ASCII, inside brackets.
_CLASSES: Mapping[str, str] = {"d": "0-9", "w": "A-Za-z0-9_", "s": " \\t\\n\\r"}


def _sections(content: Content) -> Iterator[tuple[Spot, list[Any]]]:
    """The list of sections of each page, with its spot."""
    pages = find(content, _PAGES)
    for index, page in enumerate(pages if isinstance(pages, list) else ()):
        if isinstance(page.get("sections"), list):
            yield (*_PAGES, token_of(pages, index), "sections"), page["sections"]


def _field_lists(content: Content) -> Iterator[tuple[Spot, list[Any]]]:
    for at, sections in _sections(content):
        for index, section in enumerate(sections):
            if isinstance(section.get("fields"), list):
                yield (*at, token_of(sections, index), "fields"), section["fields"]


@mend("forms.check_placed_unknown")
def placed(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A page that shows a field that is gone."""
    yield Mend("drop_name", gone(content, spot), {"name": finding.params["name"]}, safe=True)


@mend("forms.check_required_unknown")
def required(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Required, and not there."""
    yield Mend("drop_name", without(content, spot[:-1], finding.params["name"]), {"name": finding.params["name"]}, safe=True)


@mend("forms.check_placed_twice")
def placed_once(content: Content, finding: Finding, _spot: Spot) -> Iterator[Mend]:
    """The first place counts."""
    name, met = finding.params["name"], False
    edits: list[Edit] = []
    for at, fields in _field_lists(content):
        kept = [each for index, each in enumerate(fields) if each != name or not (met or name in fields[:index])]
        met = met or name in fields
        edits += put(content, at, kept)
    yield Mend("place_once", tuple(edits), {"name": name}, safe=True)


@mend("forms.check_unplaced")
def placed_last(content: Content, finding: Finding, _spot: Spot) -> Iterator[Mend]:
    """Into the last section, where it is seen."""
    lists = list(_field_lists(content))
    if lists:
        at, fields = lists[-1]
        yield Mend("place_last", put(content, at, [*fields, finding.params["name"]]), {"name": finding.params["name"]}, safe=True)


@mend("forms.check_duplicate")
def another_id(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The later page or section gets an id of its own."""
    name = finding.params["name"]
    if spot[-1] == "pages" and spot == _PAGES:
        places: list[tuple[Spot, list[Any]]] = [(_PAGES, find(content, _PAGES))]
    elif spot[:3] == _PAGES:
        places = list(_sections(content))
    else:
        return
    named = [(at, index) for at, entries in places for index, each in enumerate(entries) if each.get("id") == name]
    other = free((each.get("id") for _at, entries in places for each in entries), str(name))
    at, index = named[1]
    entries = next(entries for place, entries in places if place == at)
    yield Mend("another_id", put(content, (*at, token_of(entries, index), "id"), other), {"id": other}, safe=True)


@mend("forms.check_unmarked")
def sensitive(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """What is sensitive stays hidden also without the plugin that knows it."""
    yield Mend("sensitive", put(content, (*spot, "sensitive"), True), safe=True)


@mend("forms.check_never_shown")
def shown(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Without the condition it is always asked."""
    yield Mend("drop_condition", gone(content, spot))


@mend("forms.check_pattern")
def spelt_out(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """``\\d`` as ``[0-9]``; what has no plain equal is left to people."""
    made = _spelt(str(find(content, spot)))
    if made is not None:
        yield Mend("pattern", put(content, spot, made), {"pattern": made}, safe=True)


def _spelt(pattern: str) -> str | None:
    made, inside, at = [], False, 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            known = _CLASSES.get(pattern[at + 1])
            made.append(pattern[at : at + 2] if known is None else known if inside else f"[{known}]")
            at += 2
            continue
        inside = (inside or char == "[") and char != "]"
        made.append(char)
        at += 1
    text = "".join(made)
    return None if re.search(r"\\[DWSbBpP]|\(\?[=!<]|\\[1-9]", text) else text
