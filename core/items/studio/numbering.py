"""What a filled-in editor leaves to the platform: ids of new rows, and “not known”.

Nobody who writes legal bases and conditions should have to invent an id: what was left empty gets the next free one. And a box that must be there but may say
that nothing is known – the source has no number of visits – says so when it is emptied.
"""

from collections.abc import Mapping
from typing import Any


def settled(schema: Mapping[str, Any], value: Any, *, stem: str = "", root: Mapping[str, Any] | None = None) -> Any:
    """*value* with an id in each row that must have one and has none – the name of its list and the first number that is free there –, and ``null`` where a
    property is missing that must be there and may be ``null``.

    *schema* is that of *value*; references lead into its own ``$defs``. What has another shape than the schema says is left as it is.
    """
    root = schema if root is None else root
    made = _followed(root, schema)
    if isinstance(value, Mapping):
        properties: Mapping[str, Any] = made.get("properties", {})
        given = {name: settled(properties[name], held, stem=name, root=root) if name in properties else held for name, held in value.items()}
        unknown = [name for name in made.get("required", ()) if name not in value and _nullable(properties.get(name))]
        return given | dict.fromkeys(unknown)
    if not isinstance(value, list) or not isinstance(made.get("items"), Mapping):
        return value
    rows = [settled(made["items"], each, root=root) for each in value]
    entry = _followed(root, made["items"])
    return _with_ids(rows, stem) if "id" in entry.get("required", ()) else rows


def _nullable(schema: Any) -> bool:
    return isinstance(schema, Mapping) and isinstance(schema.get("type"), list) and "null" in schema["type"]


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
