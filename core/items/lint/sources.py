"""What is not known must be said, and what is said about the source must be about something (DESIGN §3)."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.items.errors import finding
from core.items.lint.rules import Doc, rule
from core.items.texts import known_paths, lookup, text_paths
from core.kernel.errors import Finding


def _unknown(doc: Doc) -> Iterator[tuple[str, str]]:
    """JSON path and path of stable ids of every fact that the item leaves empty."""
    limits = doc["route"].get("limits") or {}
    for name in ("statutory", "promised"):
        limit: Mapping[str, Any] | None = limits.get(name)
        if limit is None or (limit.get("value") is None and limit.get("unit") != "at_once"):
            yield f"/route/limits/{name}", f"route.limits.{name}"
    if doc["fees"].get("charged") is None:
        yield "/fees/charged", "fees"
    if doc["visits"].get("times") is None:
        yield "/visits/times", "visits"
    for index, material in enumerate(doc["materials"]):
        if (material.get("basis") or {}).get("status") == "unknown":
            yield f"/materials/{index}/basis", f"materials.{material['id']}.basis"


def covered(path: str, declared: Mapping[str, Any] | tuple[str, ...] | list[str]) -> bool:
    """Whether *path* or something it lies in is declared."""
    return any(path == name or path.startswith(name + ".") for name in declared)


@rule
def unknown_facts_are_declared(doc: Doc) -> Iterator[Finding]:
    """An empty limit, fee, number of visits needs ``provenance.unknown`` or ``assumed``. A material's basis of status ``unknown`` says it itself."""
    provenance = doc["provenance"]
    declared = [*(provenance.get("unknown") or ()), *(provenance.get("assumed") or {})]
    for json_path, path in _unknown(doc):
        if path.startswith("materials."):
            continue
        if not covered(path, declared):
            yield finding("error", json_path, "unknown_not_declared", {"path": path})


@rule
def declared_facts_exist(doc: Doc) -> Iterator[Finding]:
    """A path in ``provenance`` that names nothing is a leftover, and the citizen's page would say nonsense."""
    provenance = doc["provenance"]
    paths = known_paths(doc)
    for index, path in enumerate(provenance.get("unknown") or ()):
        if path not in paths:
            yield finding("error", f"/provenance/unknown/{index}", "provenance_dangling", {"path": path})
    for path in provenance.get("assumed") or {}:
        if path not in paths:
            yield finding("error", f"/provenance/assumed/{path}", "provenance_dangling", {"path": path})


@rule
def translations_name_texts(doc: Doc) -> Iterator[Finding]:
    """A translation of a text that is not there is a leftover of an id that was renamed."""
    texts, paths = text_paths(doc), known_paths(doc)
    for locale, table in (doc.get("translations") or {}).items():
        for path in table:
            if path.startswith("form."):
                continue  # the form is checked with the item, where its own texts are known
            if path not in texts and path not in paths and not isinstance(lookup(doc, path), str):
                yield finding("warning", f"/translations/{locale}/{path}", "translation_dangling", {"path": path})
