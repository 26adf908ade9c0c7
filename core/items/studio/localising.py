"""An item of another region, or of another department, as the beginning of one's own: what was local over there is emptied and noted as to be filled in.

What the law or the whole country says stays: titles, basis, conditions, materials, the route, the statutory limit, the basic code (四级四同). What a region
promises, charges, where it sits and who answers there does not.
"""

from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from core.items.studio import beginnings
from core.items.texts import known_paths, lookup, text_paths

#: What the schema allows.
_MOST_SOURCES = 50
_KIND = "copied_item"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an item was copied from: in words, and the region."""

    words: str
    region: str


def localised(content: Mapping[str, Any], origin: Origin, *, code: str, title: str, department: str, level: str) -> dict[str, Any]:
    """The content of a new item that is like one of elsewhere. ``provenance.to_fill`` names what is to be filled in (:func:`to_fill`).

    *content* must be valid by the schemas. Raises :class:`BadEdit` for a code that is none.
    """
    made = deepcopy({name: content[name] for name in ("item", "form", "blocks")})
    doc = made["item"]
    emptied = sorted(set(_emptied(doc)))
    _forget(doc)
    doc["provenance"] = _provenance(doc, origin, emptied)
    return beginnings.named(made, code, title, department, level)


def to_fill(content: Mapping[str, Any]) -> list[str]:
    """The paths that would have to be filled in again: the same as in what :func:`localised` makes, for a page that shows them before."""
    return sorted(set(_emptied(deepcopy(dict(content["item"])))))


def is_empty(value: Any) -> bool:
    """Whether nothing was filled in: a limit without a number, an object with nothing in it."""
    if isinstance(value, Mapping) and "unit" in value:
        return value.get("value") is None and value["unit"] != "at_once"
    if isinstance(value, Mapping):
        return all(is_empty(each) for each in value.values())
    return value in (None, "", [])


def _emptied(doc: dict[str, Any]) -> Iterator[str]:
    """Empty *doc* of what is local; the paths that are to be filled in again."""
    codes = doc.get("codes") or {}
    doc["codes"] = {**dict.fromkeys(("basic", "implementation", "handle", "local")), "basic": codes.get("basic")}
    yield "codes.implementation"
    doc["places"] = []
    yield "places"
    doc["contacts"] = {"consult": None, "complain": None}
    yield from ("contacts.consult", "contacts.complain")
    doc["redress"] = None
    yield "redress"
    yield from _limits(doc["route"])
    yield from _fees(doc["fees"])
    if doc["online"].pop("url", None):
        yield "online.url"
    yield from (name for name in ("anywhere", "plugins") if doc.pop(name, None))
    for each in doc["materials"]:  # whoever answers for a paper without a basis does so over there; the checks ask for somebody here
        (each.get("basis") or {}).pop("waiver", None)
    for name, document in (doc.get("documents") or {}).items():
        if document.pop("seal", None):
            yield f"documents.{name}.seal"


def _limits(route: dict[str, Any]) -> Iterator[str]:
    """What a region promises is its own; what the law allows is not."""
    limits = route.get("limits") or {}
    unit = (limits.get("promised") or limits.get("statutory") or {}).get("unit", "working_day")
    if unit == "at_once":
        return
    route["limits"] = {**limits, "promised": {"value": None, "unit": unit}}
    yield "route.limits.promised"


def _fees(fees: dict[str, Any]) -> Iterator[str]:
    """Who charges sets the price, as far as the law leaves it to them."""
    for each in fees.get("items") or ():
        each["amount"] = None
        yield f"fees.items.{each['id']}.amount"


def _forget(doc: dict[str, Any]) -> None:
    """Translations of what is gone."""
    texts, paths = text_paths(doc), known_paths(doc)
    for locale, table in (doc.get("translations") or {}).items():
        kept = {path: text for path, text in table.items() if path.startswith("form.") or path in texts or path in paths or isinstance(lookup(doc, path), str)}
        doc["translations"][locale] = kept


def _provenance(doc: dict[str, Any], origin: Origin, emptied: list[str]) -> dict[str, Any]:
    before: Mapping[str, Any] = doc["provenance"]
    paths = known_paths(doc)
    sources = [each for each in (before.get("source"), *(before.get("other_sources") or ())) if each]
    made: dict[str, Any] = {"source": origin.words[:1000], "source_kind": _KIND, "region": origin.region[:100] or None}
    made["other_sources"] = list(dict.fromkeys(sources))[:_MOST_SOURCES]
    made["assumed"] = {path: why for path, why in (before.get("assumed") or {}).items() if path in paths and not _under(path, emptied)}
    made["unknown"] = [path for path in before.get("unknown") or () if path in paths and not _under(path, emptied)]
    return made | {"to_fill": emptied}


def _under(path: str, emptied: list[str]) -> bool:
    return any(path == each or path.startswith(f"{each}.") for each in emptied)
