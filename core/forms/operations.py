"""What the buttons of a form do without JavaScript: rows come, go and move; a shape is chosen; a closed group opens.

A button posts ``_op`` with ``add:staff``, ``remove:staff:2``, ``up:staff:1``, ``down:staff:0``, ``open:review`` or ``as:route-nodes-0-value:2``.
The names are those of the controls, so rows inside rows work alike (``add:sites-0-rooms``).
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from core.forms.fieldtypes.nested import fixed, which
from core.forms.spec import DEFAULT_MAX_ITEMS, Field, FormSpec, Values

_OPERATIONS = frozenset({"add", "remove", "up", "down", "open", "close", "as"})


def apply_op(values: Mapping[str, Any], op: str, spec: FormSpec) -> tuple[Values, str]:
    """The answers after *op*, and the name of the control that should get the focus. An operation that makes no sense changes nothing."""
    changed: Values = deepcopy(dict(values))
    verb, _, rest = op.partition(":")
    name, _, number = rest.partition(":")
    if verb not in _OPERATIONS or not name:
        return changed, ""
    found = _find(spec.root, changed, name.split("-"))
    if found is None:
        return changed, ""
    field, holder, key = found
    index = int(number) if number.isascii() and number.isdigit() and len(number) < 7 else -1
    focus = _apply(verb, field, holder, key, index, name)
    return changed, focus


def _apply(verb: str, field: Field, holder: Any, key: str | int, index: int, name: str) -> str:
    body = field.body
    held = holder.get(key) if isinstance(holder, dict) else holder[key]
    if verb == "as" and body.kind.key == "union" and 0 <= index < len(body.children):
        holder[key] = _fresh(body.children[index])
        return name
    if verb == "open":
        holder[key] = _fresh(body)
        return name
    if verb == "close" and isinstance(holder, dict):
        holder.pop(key, None)
        return name
    if body.kind.key == "map":
        holder[key] = _map(verb, body, held if isinstance(held, dict) else {}, index)
        return f"{name}-{len(holder[key]) - 1}-key" if verb == "add" else name
    rows = held if isinstance(held, list) else []
    if body.kind.key not in ("rows", "file", "photo"):
        return ""
    if verb == "add" and body.item is not None and len(rows) < body.schema.get("maxItems", DEFAULT_MAX_ITEMS):
        rows.append(_fresh(body.item))
        focus = f"{name}-{len(rows) - 1}"
    elif verb == "remove" and 0 <= index < len(rows):
        rows.pop(index)
        focus = f"{name}-{min(index, len(rows) - 1)}" if rows else name
    elif verb == "up" and 0 < index < len(rows):
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
        focus = f"{name}-{index - 1}"
    elif verb == "down" and 0 <= index < len(rows) - 1:
        rows[index + 1], rows[index] = rows[index], rows[index + 1]
        focus = f"{name}-{index + 1}"
    else:
        return name
    holder[key] = rows
    return focus


def _map(verb: str, field: Field, entries: dict[str, Any], index: int) -> dict[str, Any]:
    pairs = list(entries.items())
    if verb == "add" and field.item is not None:
        key = ""
        while key in entries:
            key += "*"
        pairs.append((key, _fresh(field.item)))
    elif verb == "remove" and 0 <= index < len(pairs):
        pairs.pop(index)
    elif verb == "up" and 0 < index < len(pairs):
        pairs[index - 1], pairs[index] = pairs[index], pairs[index - 1]
    elif verb == "down" and 0 <= index < len(pairs) - 1:
        pairs[index + 1], pairs[index] = pairs[index], pairs[index + 1]
    return dict(pairs)


def _fresh(field: Field) -> Any:
    """An entry nobody has touched."""
    key = field.body.kind.key
    if key == "group":
        return fixed(field)
    return {"rows": [], "choices": [], "map": {}}.get(key)


def _find(root: Field, values: Values, parts: list[str]) -> tuple[Field, Any, str | int] | None:
    """The field of a control's name, what holds its value, and under which key. Missing groups on the way are made."""
    field = root
    holder: Any = {"": values}
    key: str | int = ""
    at: Any = values
    position = 0
    while position < len(parts):
        part = parts[position]
        body = field.body
        kind = body.kind.key
        step: str | int
        if kind == "group" and part in body.by_id:
            field, step = body.by_id[part], part
            if at is None:
                at = holder[key] = {}
        elif kind in ("rows",) and body.item is not None and part.isdigit():
            field, step = body.item, int(part)
        elif kind == "map" and body.item is not None and part.isdigit() and position + 1 < len(parts) and isinstance(at, dict):
            keys = list(at)
            if int(part) >= len(keys):
                return None
            field, step = body.item, keys[int(part)]
            position += 1
        elif kind == "union" and part.isdigit() and int(part) < len(body.children):
            shape = which(body, at)
            if shape is None or shape.id != part:
                return None
            field = shape
            position += 1
            continue
        else:
            return None
        if isinstance(at, dict):
            holder, key, at = at, step, at.get(str(step))
        elif isinstance(at, list) and isinstance(step, int) and step < len(at):
            holder, key, at = at, step, at[step]
        else:
            return None
        position += 1
    return field, holder, key


def attach(spec: FormSpec, values: Mapping[str, Any], name: str, ref: Mapping[str, Any]) -> Values:
    """The answers with one more uploaded file: ``name`` is the upload control's (``layout-_file`` or ``layout``), ``ref`` ``{id, name, size, media_type}``."""
    changed: Values = deepcopy(dict(values))
    found = _find(spec.root, changed, name.removesuffix("-_file").split("-"))
    if found is None or found[0].kind.key not in ("file", "photo", "signature"):
        return changed
    field, holder, key = found
    if field.kind.key == "signature":
        held = holder.get(key) if isinstance(holder, dict) else None
        holder[key] = {**(held if isinstance(held, dict) else {}), "image": str(ref["id"])}
        return changed
    files = holder.get(key) if isinstance(holder, dict) else holder[key]
    kept = [f for f in files if f.get("id") != ref["id"]] if isinstance(files, list) else []
    holder[key] = [*kept, {k: ref[k] for k in ("id", "name", "size", "media_type") if k in ref}]
    return changed
