"""Ids of new rows: nobody who writes legal bases and conditions should have to invent one. What was written stays; what was left empty gets the next free."""

from collections.abc import Mapping
from typing import Any


def numbered(schema: Mapping[str, Any], value: Any, *, stem: str = "", root: Mapping[str, Any] | None = None) -> Any:
    """*value* with an id in each row that must have one and has none: the name of its list and the first number that is free there.

    *schema* is that of *value*; references lead into its own ``$defs``. What has another shape than the schema says is left as it is.
    """
    root = schema if root is None else root
    made = _followed(root, schema)
    if isinstance(value, Mapping):
        properties: Mapping[str, Any] = made.get("properties", {})
        return {name: numbered(properties[name], held, stem=name, root=root) if name in properties else held for name, held in value.items()}
    if not isinstance(value, list) or not isinstance(made.get("items"), Mapping):
        return value
    rows = [numbered(made["items"], each, root=root) for each in value]
    entry = _followed(root, made["items"])
    return _with_ids(rows, stem) if "id" in entry.get("required", ()) else rows


def _with_ids(rows: list[Any], stem: str) -> list[Any]:
    taken = {each["id"] for each in rows if isinstance(each, Mapping) and each.get("id")}
    made = []
    for row in rows:
        if isinstance(row, Mapping) and not row.get("id"):
            free = next(name for n in range(1, len(rows) + 1) if (name := f"{stem}{n}") not in taken)
            taken.add(free)
            row = {"id": free, **{key: held for key, held in row.items() if key != "id"}}
        made.append(row)
    return made


def _followed(root: Mapping[str, Any], schema: Any) -> Mapping[str, Any]:
    made: Mapping[str, Any] = schema if isinstance(schema, Mapping) else {}
    while isinstance(made.get("$ref"), str) and made["$ref"].startswith("#/$defs/"):
        made = root["$defs"][made["$ref"].removeprefix("#/$defs/")]
    return made
