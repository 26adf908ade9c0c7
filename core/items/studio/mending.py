"""One-click mends: for a finding, edits that take it away – offered only where what to write is certain from the finding and the draft.

A mend that is *safe* changes nothing that anybody meant, so many can be done at once; another is one of several ways out, or drops something that was
written, and is done one by one. Each is registered by the key of the finding (:mod:`core.items.studio.mends`).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from core.items.studio import edits as editing
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed
from core.items.studio.spots import MISSING, Spot, find
from core.kernel.errors import Finding, spoken
from core.kernel.wording import word


@dataclass(frozen=True, slots=True)
class Mend:
    """One way to mend: its words (``items.studio_mend_<key>``) and the edits that do it."""

    key: str
    edits: tuple[Edit, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    safe: bool = False

    def label(self, locale: str = "zh") -> str:
        """What the button says."""
        return word(f"items.studio_mend_{self.key}", locale, **spoken(self.params, locale))


Content = Mapping[str, Any]
Way = Callable[[Content, Finding, Spot], Iterable[Mend]]

_ways: dict[str, list[Way]] = {}
#: Findings about one text, which several mends may change after each other; others are at a spot that an earlier mend may have moved.
_OF_TEXTS = "items.studio_"


def mend(*keys: str) -> Callable[[Way], Way]:
    """Register a way to mend findings of these keys."""

    def register(function: Way) -> Way:
        for key in keys:
            _ways.setdefault(key, []).append(function)
        return function

    return register


def ways() -> Mapping[str, list[Way]]:
    """Every way to mend, by the key of the finding."""
    from core.items.studio.mends import forms, items, links, local, papers, routes, shapes, writing

    assert all((forms, items, links, local, papers, routes, shapes, writing))
    return _ways


def mends(content: Content, finding: Finding, spot: Spot) -> tuple[Mend, ...]:
    """The mends of *finding* at *spot*, those that are safe first. A draft that is wrong in other ways too may leave none."""
    made: list[Mend] = []
    for way in ways().get(finding.key, ()):
        with suppress(KeyError, TypeError, AttributeError, ValueError, IndexError):  # a mend that meets a second fault is none
            made += [each for each in way(content, finding, spot) if each.edits]
    return tuple(sorted(made, key=lambda each: not each.safe))


def together(content: Content, listed: Iterable[tuple[Finding, Spot]]) -> tuple[Edit, ...]:
    """The edits of everything safe among *listed* findings, one after another: each mends what the ones before it left."""
    first = [(finding, spot, way) for finding, spot in listed for way in mends(content, finding, spot)[:1] if way.safe]
    done: list[Edit] = []
    for finding, spot, way in first:
        for edits in (way.edits, *(again.edits for again in mends(content, finding, spot)[:1] if finding.key.startswith(_OF_TEXTS))):
            with suppress(Clashed):
                applied = editing.apply(content, edits)
                if applied.undo:
                    content, done = applied.doc, [*done, *edits]
                break
    return tuple(done)


# ---- edits that mends are made of


def put(content: Content, spot: Spot, value: Any) -> tuple[Edit, ...]:
    """*value* at *spot*, whatever stood there; nothing when it stands there already."""
    held = find(content, spot)
    return () if editing.same(held, value) else (Edit("set", spot, value, held),)


def gone(content: Content, spot: Spot) -> tuple[Edit, ...]:
    """What stands at *spot* away."""
    held = find(content, spot)
    return () if held is MISSING else (Edit("remove", spot, was=held),)


def without(content: Content, spot: Spot, value: Any) -> tuple[Edit, ...]:
    """The list at *spot* without *value*."""
    held = find(content, spot)
    return put(content, spot, [each for each in held if each != value]) if isinstance(held, list) and value in held else ()


def near(name: Any, known: Iterable[Any], cutoff: float = 0.7) -> str | None:
    """The one of *known* that *name* was probably meant to be."""
    found = get_close_matches(str(name), [each for each in known if isinstance(each, str)], 1, cutoff)
    return found[0] if found else None


def free(taken: Iterable[Any], name: str, gap: str = "_") -> str:
    """*name* with the first number behind it that nobody has."""
    names = {str(each) for each in taken}
    return next(made for n in range(2, len(names) + 3) if (made := f"{name}{gap}{n}") not in names)


def ids(entries: Any) -> Iterator[str]:
    """The ids of a list's entries."""
    for each in entries if isinstance(entries, list) else ():
        if isinstance(each, Mapping) and isinstance(each.get("id"), str):
            yield each["id"]
