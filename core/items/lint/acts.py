"""Documents and rule sheets: what an item says in place of the platform's words must name what is there and leave out nothing the law wants said."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.documents.texts import check as check_documents
from core.items.errors import finding
from core.items.lint.rules import Doc, rule
from core.kernel.errors import Finding

#: The sheet that the acceptance of papers is checked against; every other is named by a step's ``rules``.
INTAKE_SHEET = "intake"


@rule
def documents_name_what_is_there(doc: Doc) -> Iterator[Finding]:
    """文书: only placeholders of the closed list, and all that 行政许可法 32, 38 want on the paper."""
    yield from check_documents(doc.get("documents"))


@rule
def sheets_are_there_and_used(doc: Doc) -> Iterator[Finding]:
    """审查细则: a step's sheet exists; a sheet that no step names would be written for nobody."""
    sheets: Mapping[str, Any] = doc.get("rule_sheets") or {}
    used = {INTAKE_SHEET}
    for path, name in _named(doc["route"].get("review") or {}, "/route/review"):
        used.add(name)
        if name not in sheets:
            yield finding("error", f"{path}/rules", "sheet_missing", {"name": name, "known": "、".join(sorted(sheets)) or "—"})
    for name in sheets:
        if name not in used:
            yield finding("warning", f"/rule_sheets/{name}", "sheet_unused", {"name": name})


def _named(scope: Mapping[str, Any], at: str) -> Iterator[tuple[str, str]]:
    for node_id, node in (scope.get("nodes") or {}).items():
        here = f"{at}/nodes/{node_id}"
        if node.get("rules"):
            yield here, node["rules"]
        for branch_id, branch in (node.get("branches") or {}).items():
            yield from _named(branch, f"{here}/branches/{branch_id}")


@rule
def points_point_at_something(doc: Doc) -> Iterator[Finding]:
    """A point's material is one of the item's; ids are one each, or a tick would not know its point."""
    materials = {material["id"] for material in doc["materials"]}
    for name, sheet in (doc.get("rule_sheets") or {}).items():
        seen: set[str] = set()
        for index, point in enumerate(sheet["points"]):
            at = f"/rule_sheets/{name}/points/{index}"
            if point["id"] in seen:
                yield finding("error", f"{at}/id", "id_twice", {"id": point["id"]})
            seen.add(point["id"])
            if point.get("material") and point["material"] not in materials:
                yield finding("error", f"{at}/material", "material_missing", {"name": point["material"]})
