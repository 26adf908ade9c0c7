"""Mends of shapes: values in the wrong kind of JSON, names that are nearly right."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.mending import Content, Mend, gone, mend, put
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.errors import Finding
from core.kernel.text import normalise


@mend("schemas.type_unquote")
def unquoted(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """``"20"`` where a number stands, ``"true"`` where yes or no does."""
    value: Any = json.loads(str(find(content, spot)).strip().lower())
    if isinstance(value, bool | int | float):
        yield Mend("unquote", put(content, spot, value), {"value": str(value).lower()}, safe=True)


@mend("schemas.type_drop", "schemas.unknown", "schemas.bad_name")
def dropped(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Nothing where something should be is left out; a property that does not exist is taken out."""
    yield Mend("drop", gone(content, spot), {"name": spot[-1]}, safe=finding.key == "schemas.type_drop")


@mend("schemas.type_wrap")
def wrapped(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """One entry where a list stands."""
    yield Mend("wrap", put(content, spot, [find(content, spot)]), safe=True)


@mend("schemas.unknown_near")
def renamed(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A property whose name is misspelt."""
    held, meant = find(content, spot), (*spot[:-1], str(finding.params["near"]))
    if find(content, meant) is MISSING:
        yield Mend("respell", (*put(content, meant, held), *gone(content, spot)), {"near": meant[-1]}, safe=True)


@mend("schemas.choice_near")
def chosen(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """A choice that is misspelt, or its title in place of its value."""
    if isinstance(find(content, spot), str):
        yield Mend("respell", put(content, spot, finding.params["near"]), {"near": finding.params["near"]}, safe=True)


@mend("schemas.pattern_wide")
def narrowed(content: Content, _finding: Finding, spot: Spot) -> Iterator[Mend]:
    """Full-width characters in a code."""
    yield Mend("narrow", put(content, spot, normalise(str(find(content, spot)))), safe=True)


@mend("schemas.twice")
def once(content: Content, finding: Finding, spot: Spot) -> Iterator[Mend]:
    """The same entry again in a list."""
    if not isinstance(find(content, spot), Mapping):
        held = find(content, spot[:-1])
        yield Mend("once", put(content, spot[:-1], list(dict.fromkeys(held))), {"value": finding.params["value"]}, safe=True)
