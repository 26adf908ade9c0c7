"""Sub-cases at the gate: the other item is there and in force, takes what the route gives, and has what the route takes back – types and all.

The applicant is not asked a second time for a sub-case, so what its form requires has to come from the parent's route.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.forms.spec import Field
from core.items.errors import finding
from core.items.facts import types as fact_types
from core.items.spec import CompiledItem, JsonObject
from core.kernel.errors import Finding
from core.rules.service import RuleError, Type, compile_rule

#: What may be taken back beside the answers: the number of the sub-case, how it ended, and what stands on each licence it brought.
CASE: Mapping[str, Type] = {"case.number": "text", "case.outcome": "choice"}
LICENCE: Mapping[str, Type] = {"number": "text", "identifier": "text", "valid_to": "date"}
#: Values that a rule may compare with one another may also be given to one another.
_ALIKE: tuple[frozenset[str], ...] = (frozenset({"text", "choice"}), frozenset({"rows", "choices"}))


@dataclass(frozen=True, slots=True)
class SubItem:
    """Another item as it stands here: compiled when it is in force, else the key of the words why not."""

    compiled: CompiledItem | None
    why: str = ""


def nodes_of(route: Any, path: str = "/route") -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """(JSON pointer, id, node) of every sub-case of a route or a part of it."""
    if not isinstance(route, Mapping):
        return
    for key, inner in route.items():
        at = f"{path}/{key}"
        if isinstance(inner, Mapping) and inner.get("kind") == "subcase" and isinstance(inner.get("item"), str):
            yield at, str(key), inner
        yield from nodes_of(inner, at)


def result_types(doc: JsonObject, begun: Mapping[str, SubItem]) -> dict[str, Type]:
    """Types of the facts ``<node id>.result.<key>`` that sub-cases bring back, as far as their items are known."""
    found: dict[str, Type] = {}
    for _at, node_id, node in nodes_of(doc.get("route")):
        child = begun.get(node["item"])
        told = returned(child.compiled) if child is not None and child.compiled is not None else {}
        found |= {f"{node_id}.result.{key}": told[path] for key, path in (node.get("take") or {}).items() if path in told}
    return found


def returned(compiled: CompiledItem) -> dict[str, Type]:
    """Every path that may be taken back from an ended case of *compiled*, with its type."""
    licences = {f"licence.{result['id']}.{name}": kind for result in compiled.doc["results"] if result.get("licence_type") for name, kind in LICENCE.items()}
    return {**fact_types(compiled.doc, compiled.form.types), **CASE, **licences}


def check(doc: JsonObject, types: Mapping[str, Type], begun: Mapping[str, SubItem]) -> Iterator[Finding]:
    """Everything that is wrong with the sub-cases of *doc*; *types* are those of its own facts."""
    for at, _node_id, node in nodes_of(doc.get("route")):
        child = begun.get(node["item"])
        if child is None:
            continue
        if child.compiled is None:
            yield finding("error", f"{at}/item", child.why, {"item": node["item"]})
            continue
        yield from _given(at, node, types, child.compiled)
        yield from _papers(at, doc, child.compiled)
        told = returned(child.compiled)
        for key, path in (node.get("take") or {}).items():
            if path not in told:
                yield finding("error", f"{at}/take/{key}", "child_has_not", {"path": path, "item": child.compiled.title})


def _given(at: str, node: Mapping[str, Any], types: Mapping[str, Type], child: CompiledItem) -> Iterator[Finding]:
    fields, give = child.form.root.by_id, node.get("give") or {}
    for key, expression in give.items():
        field = fields.get(key)
        if field is None:
            yield finding("error", f"{at}/give/{key}", "child_no_field", {"field": key, "item": child.title})
        elif field.kind.key in ("file", "photo", "signature", "computed", "statement"):
            yield finding("error", f"{at}/give/{key}", "child_not_given", {"field": field.title, "item": child.title})
        else:
            yield from _alike(f"{at}/give/{key}", expression, types, field, child)
    lacking = [field.title for field in fields.values() if _demanded(field) and field.id not in give]
    if lacking:
        yield finding("error", f"{at}/give", "child_needs", {"fields": "、".join(lacking), "item": child.title})


def _demanded(field: Field) -> bool:
    """Whether every application must answer the field: no condition hides it, and nothing fills it in."""
    return bool(field.required) and not field.ui.get("visible_when") and field.kind.key not in ("computed", "statement") and "default" not in field.schema


def _alike(at: str, expression: Any, types: Mapping[str, Type], field: Field, child: CompiledItem) -> Iterator[Finding]:
    try:
        given = compile_rule(expression, types).type
    except RuleError:
        return  # the route's own check names what is wrong in it
    wanted = child.form.types.get(f"form.{field.id}", "any")
    if "any" in (given, wanted) or given == wanted or any({given, wanted} <= kind for kind in _ALIKE):
        return
    yield finding("error", at, "child_unlike", {"field": field.title, "item": child.title, "given": given, "wanted": wanted})


def _papers(at: str, doc: JsonObject, child: CompiledItem) -> Iterator[Finding]:
    """Papers of the applicant that the sub-case always needs and the parent does not have: one notice of correction will ask for them."""
    had = {each.get("same_as") for each in doc["materials"]} - {None}
    lacking = [
        str(each["title"])
        for each in child.doc["materials"]
        if each["need"] == "required" and each["source"]["from"] == "applicant" and each.get("same_as") not in had
    ]
    if lacking:
        yield finding("warning", f"{at}/item", "child_papers", {"materials": "、".join(lacking), "item": child.title})
