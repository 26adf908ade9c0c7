"""Reading a JSON Schema as a question: which kind of field it is, which options it offers, which references lead back to themselves."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from core.forms.spec import Option

#: Keywords for people; a validator has no use for them.
MARKUP = frozenset({"title", "description", "ui", "default", "x-field", "x-names", "include", "examples", "$comment"})
_LINE_MOST = 400


def strip(schema: Any) -> Any:
    """*schema* without the words for people, at every depth; names of properties are left alone."""
    if isinstance(schema, Mapping):
        return {k: _strip_value(k, v) for k, v in schema.items() if k not in MARKUP}
    return schema


def _strip_value(keyword: str, value: Any) -> Any:
    if keyword in ("const", "enum", "required", "dependentRequired"):
        return value
    if keyword in ("properties", "patternProperties", "$defs", "dependentSchemas"):
        return {name: strip(schema) for name, schema in value.items()}
    return [strip(v) for v in value] if isinstance(value, list) else strip(value)


def fold_null(schema: Mapping[str, Any]) -> tuple[dict[str, Any], bool]:
    """The schema of the answer proper, and whether ``null`` is allowed beside it."""
    found = dict(schema)
    nullable = False
    types = found.get("type")
    if isinstance(types, list) and "null" in types and found.get("x-field") != "json":
        rest = [t for t in types if t != "null"]
        found["type"] = rest[0] if len(rest) == 1 else rest
        nullable = True
    for keyword in ("oneOf", "anyOf"):
        shapes = found.get(keyword)
        if not isinstance(shapes, list):
            continue
        rest = [s for s in shapes if not (isinstance(s, Mapping) and (s.get("type") == "null" or ("const" in s and s["const"] is None)))]
        if len(rest) != len(shapes):
            nullable = True
            found[keyword] = rest
            if len(rest) == 1 and "const" not in rest[0]:
                del found[keyword]
                found = {**rest[0], **found, **({"ui": {**rest[0].get("ui", {}), **found.get("ui", {})}} if "ui" in rest[0] or "ui" in found else {})}
    if isinstance(found.get("enum"), list) and None in found["enum"]:
        found["enum"] = [v for v in found["enum"] if v is not None]
        nullable = True
    return found, nullable


def _is_const(shape: Any) -> bool:
    return isinstance(shape, Mapping) and "const" in shape


def infer(schema: Mapping[str, Any], ui: Mapping[str, Any]) -> str:
    """The key of the field type: what ``ui.field`` (or ``x-field``) says, else what the shape suggests."""
    if named := ui.get("field") or schema.get("x-field"):
        return str(named)
    if "computed" in ui:
        return "computed"
    if "enum" in schema or "const" in schema:
        return "choice"
    shapes = schema.get("oneOf") or schema.get("anyOf")
    if shapes:
        return "choice" if all(_is_const(s) for s in shapes) else "union"
    return _by_type(schema)


def _by_type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type") or ("object" if "properties" in schema else "array" if "items" in schema else None)
    if kind == "string":
        by_format = {"date": "date", "email": "email"}.get(str(schema.get("format")))
        return by_format or ("long_text" if schema.get("maxLength", 0) > _LINE_MOST else "text")
    if kind == "array":
        items = schema.get("items")
        if not isinstance(items, Mapping):
            return "json"
        of_consts = "enum" in items or (items.get("oneOf") and all(_is_const(s) for s in items["oneOf"]))
        return "choices" if of_consts and "$ref" not in items else "rows"
    if kind == "object":
        if schema.get("properties"):
            return "group"
        entry = next(iter(schema.get("patternProperties", {}).values()), schema.get("additionalProperties"))
        return "map" if isinstance(entry, Mapping) else "json"
    return {"number": "number", "integer": "integer", "boolean": "yes_no"}.get(str(kind), "json")


def options_of(schema: Mapping[str, Any], ui: Mapping[str, Any], lists: Mapping[str, Sequence[Mapping[str, Any]]]) -> tuple[Option, ...]:
    """The options: a tree of the definition, a list it names, or the constants of the schema."""
    named = ui.get("options")
    settings: Mapping[str, Any] = named if isinstance(named, Mapping) else {}
    tree = settings.get("tree") or lists.get(str(settings.get("source", "divisions" if ui.get("field") == "region" else "")))
    if tree:
        return tuple(_from_tree(entry) for entry in tree)
    holder = schema.get("items", {}) if schema.get("type") == "array" or ui.get("field") == "choices" else schema
    if not isinstance(holder, Mapping):
        return ()
    shapes = holder.get("oneOf") or holder.get("anyOf") or ()
    if shapes and all(_is_const(s) for s in shapes):
        return tuple(_option(s["const"], s.get("title"), s.get("description") or s.get("ui", {}).get("help", "")) for s in shapes)
    if "const" in holder:
        return (_option(holder["const"], None, ""),)
    return tuple(_option(v, None, "") for v in holder.get("enum", ()))


def _option(value: Any, title: Any, words: str) -> Option:
    key = value if isinstance(value, str) else json.dumps(value)
    return Option(value, key, str(title) if title is not None else key, str(words))


def _from_tree(entry: Mapping[str, Any]) -> Option:
    value = entry.get("id", entry.get("const"))
    return Option(
        value, str(value), str(entry.get("title", value)), str(entry.get("help", "")), children=tuple(_from_tree(c) for c in entry.get("children", ()))
    )


def _refs(schema: Any) -> Iterator[str]:
    if isinstance(schema, Mapping):
        if schema.get("x-field") or (isinstance(schema.get("ui"), Mapping) and schema["ui"].get("field") in ("rule", "json")):
            return  # edited whole, never expanded
        for key, value in schema.items():
            if key == "$ref" and isinstance(value, str):
                yield "#" if value == "#" else value.removeprefix("#/$defs/")
            elif key != "$defs":
                yield from _refs(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _refs(value)


def recursive_defs(definition: Mapping[str, Any]) -> frozenset[str]:
    """The names under ``$defs`` (or ``#``) that lead back to themselves; everything else can be put in place."""
    defs = definition.get("$defs", {})
    edges = {name: set(_refs(body)) for name, body in defs.items()}
    edges["#"] = set(_refs({k: v for k, v in definition.items() if k != "$defs"}))
    found = set()
    for name in edges:
        seen: set[str] = set()
        todo = list(edges[name])
        while todo:
            at = todo.pop()
            if at in seen:
                continue
            seen.add(at)
            todo.extend(edges.get(at, ()))
        if name in seen:
            found.add(name)
    return frozenset(found)
