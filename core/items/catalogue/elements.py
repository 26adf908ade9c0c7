"""Who owns which element of an item: the catalogue or the department that claimed it, told by JSON pointer.

A *spot* is a JSON pointer whose list elements are named by their ``id`` (``/materials/layout/title``), so that a moved element is no change.
The owner of a spot is told by the longest pointer that covers it; ``*`` stands for one segment. What nothing covers belongs to the catalogue.
"""

import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from core.kernel.wording import word

Owner = Literal["catalogue", "local"]

#: The six elements that are the same everywhere: 名称、编码、类型、主管部门、实施机关、设定和实施依据. 主管部门 stands in the entry only.
UNIFIED = ("/title", "/codes/basic", "/type", "/department", "/basis")
#: What belongs to whoever carries the item out, whatever the entry says: its own codes, its tests, and where its words come from.
OWN = ("/code", "/codes/local", "/codes/handle", "/tests", "/provenance", "/$schema", "/schema_version")
_MISSING = object()


@dataclass(frozen=True, slots=True)
class Spot:
    """One difference: where, what the catalogue says (``None`` where it has nothing), what the item says."""

    pointer: str
    expected: Any = None
    actual: Any = None

    def title(self, locale: str = "zh") -> str:
        """What people call the place: the names of the elements on the way to it; an id inside a list stays what it is."""
        names, inside = [], False
        for part in self.pointer.strip("/").split("/"):
            names.append(part if inside and part != "*" else _called(part, locale))
            inside = part in _LISTS
        return " · ".join(names)


#: Elements that are lists: what follows is the id of one of them.
_LISTS = frozenset({"materials", "situations", "options", "conditions", "basis", "results", "places", "faq", "tests", "pauses", "steps", "branches", "checks"})


def _called(part: str, locale: str) -> str:
    return next((word(key, locale) for key in (f"items.name_{part}", f"items.part_{part}") if word(key) != key), part)


@dataclass(frozen=True, slots=True)
class Rules:
    """Which elements an entry leaves to those who claim it."""

    local: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()

    def owner(self, pointer: str) -> Owner:
        """Who may change what stands at *pointer*."""
        pointer = _of_text(pointer)
        if any(_covers(each, pointer) for each in UNIFIED):
            return "catalogue"
        if any(_covers(each, pointer) for each in OWN):
            return "local"
        local, fixed = (max((len(_parts(each)) for each in named if _covers(each, pointer)), default=0) for named in (self.local, self.fixed))
        return "local" if local > fixed else "catalogue"


def _parts(pointer: str) -> list[str]:
    return [part for part in pointer.split("/") if part]


def _covers(rule: str, pointer: str) -> bool:
    wanted, here = _parts(rule), _parts(pointer)
    return len(wanted) <= len(here) and all(w in ("*", h) for w, h in zip(wanted, here, strict=False))


def _of_text(pointer: str) -> str:
    """A translation belongs to whoever owns the text that it translates: ``/translations/en/materials.layout.title``."""
    parts = _parts(pointer)
    return "/" + parts[2].replace(".", "/") if parts[:1] == ["translations"] and len(parts) > 2 else pointer


def spots(expected: Any, actual: Any, pointer: str = "") -> Iterator[Spot]:
    """Every place where *actual* differs from *expected*, as deep as the two have the same shape."""
    if expected == actual and type(expected) is type(actual):
        return
    if isinstance(expected, Mapping) and isinstance(actual, Mapping):
        yield from _mapped(expected, actual, pointer)
    elif _keyed(expected) and _keyed(actual):
        before, after = ({each["id"]: each for each in side} for side in (expected, actual))
        yield from _mapped(before, after, pointer)
        if [key for key in before if key in after] != [key for key in after if key in before]:
            yield Spot(pointer, list(before), list(after))
    elif expected != actual:
        yield Spot(pointer, expected, actual)


def _mapped(expected: Mapping[str, Any], actual: Mapping[str, Any], pointer: str) -> Iterator[Spot]:
    for name in dict.fromkeys((*expected, *actual)):
        here = f"{pointer}/{name}"
        if name not in actual:
            yield Spot(here, expected[name], None)
        elif name not in expected:
            yield Spot(here, None, actual[name])
        else:
            yield from spots(expected[name], actual[name], here)


def _keyed(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) and isinstance(each.get("id"), str) for each in value)


def foreign(rules: Rules, found: Iterable[Spot]) -> tuple[Spot, ...]:
    """Those of *found* that whoever claimed the entry may not touch."""
    return tuple(spot for spot in found if rules.owner(spot.pointer) != "local")


def merged(rules: Rules, before: Mapping[str, Any], after: Mapping[str, Any], own: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[Spot, ...]]:
    """The item *own*, made from *before*, carried over to *after*: the catalogue's elements from *after*, local ones from *own*.

    The second value are changes of one's own that have no place there any more – the element is no longer local, or is gone – and are lost.
    """
    result: dict[str, Any] = copy.deepcopy(dict(after))
    mine = tuple(spots(before, own))
    lost = tuple(spot for spot in mine if rules.owner(spot.pointer) != "local" or not _put(result, _parts(spot.pointer), spot.actual, own))
    return result, lost


def _put(doc: Any, parts: Sequence[str], value: Any, own: Mapping[str, Any]) -> bool:
    """Set *value* (``None``: as *own* has it, which may be nothing at all) at the spot; ``False`` where the way there is gone."""
    here = doc
    for part in parts[:-1]:
        here = _child(here, part)
        if not isinstance(here, dict | list):
            return False
    last = parts[-1]
    there = value if value is not None else _at(own, parts)
    if isinstance(here, list):
        return _put_listed(here, last, there)
    if isinstance(there, list) and here.get(last) and _keyed(here[last]) and all(isinstance(each, str) for each in there):
        here[last].sort(key=lambda each: there.index(each["id"]) if each["id"] in there else len(there))
        return True
    if there is _MISSING:
        here.pop(last, None)
    else:
        here[last] = copy.deepcopy(there)
    return True


def _put_listed(here: list[Any], name: str, there: Any) -> bool:
    index = next((i for i, each in enumerate(here) if isinstance(each, Mapping) and each.get("id") == name), None)
    if there is _MISSING:
        if index is not None:
            del here[index]
    elif index is None:
        here.append(copy.deepcopy(there))
    else:
        here[index] = copy.deepcopy(there)
    return True


def _child(value: Any, part: str) -> Any:
    if isinstance(value, Mapping):
        return value.get(part)
    if isinstance(value, list):
        return next((each for each in value if isinstance(each, Mapping) and each.get("id") == part), None)
    return None


def _at(value: Any, parts: Sequence[str]) -> Any:
    for part in parts[:-1]:
        value = _child(value, part)
    if isinstance(value, list):
        return next((each for each in value if isinstance(each, Mapping) and each.get("id") == parts[-1]), _MISSING)
    return value.get(parts[-1], _MISSING) if isinstance(value, Mapping) else _MISSING
