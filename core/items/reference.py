"""The reference of the item JSON, written from the published schema, so that it cannot go stale."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.schemas import service as schemas

DEEPEST = 5


def reference(kind: str = "item") -> str:
    """A Markdown table of every property of ``<kind>.v1``: path, what it is, type, whether it must be there."""
    schema = schemas.load(kind)
    rows = "\n".join(f"| `{path}` | {title} | {about} | {shape} | {'是 yes' if must else ''} |" for path, title, about, shape, must in _rows(schema))
    return f"| 路径 path | 名称 | 说明 | 类型 type | 必填 required |\n|---|---|---|---|---|\n{rows}\n"


def _rows(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str, str, bool]]:
    yield from _walk(schema, schema.get("$defs", {}), "", 0)


def _walk(node: Mapping[str, Any], defs: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, str, str, str, bool]]:
    required = frozenset(node.get("required") or ())
    for name, child in (node.get("properties") or {}).items():
        here = f"{path}.{name}" if path else name
        yield here, _cell(child.get("title", "")), _cell(child.get("description", "")), _shape(child), name in required
        inner = child.get("items") if isinstance(child.get("items"), Mapping) else child
        if depth + 1 < DEEPEST:
            yield from _walk(inner, defs, here + ("[]" if inner is not child else ""), depth + 1)


def _shape(node: Mapping[str, Any]) -> str:
    if "$ref" in node:
        return f"`{node['$ref'].rpartition('/')[2]}`"
    choices = [option["const"] for option in node.get("oneOf") or () if "const" in option]
    if choices:
        return " ".join(f"`{choice}`" for choice in choices)
    kind = node.get("type")
    names = kind if isinstance(kind, list) else [kind] if kind else ["…"]
    named = node.get("x-names") or (node["items"].get("x-names") if isinstance(node.get("items"), Mapping) else None)
    return " / ".join(str(name) for name in names) + (f" → `{named}`" if named else "")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
