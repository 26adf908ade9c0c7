"""Three names of one spot: the way in the values (``staff``, 1, ``health``), the control that asks for it, the field that explains it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.forms.fieldtypes.nested import which
from core.forms.spec import Field

Step = str | int


def locate(root: Field, way: Sequence[Step], value: Any) -> tuple[Field, tuple[Step, ...]]:
    """The field at *way*, and what is left of the way inside it (``region`` of an address)."""
    field, at = root, value
    for index, step in enumerate(way):
        below = _below(field, step, at)
        if below is None:
            return field, tuple(way[index:])
        field = below
        at = _get(at, step)
    while field.body.kind.key == "union" and at is not None:
        shape = which(field.body, at)
        if shape is None or shape.body.kind.key not in ("union",):
            break
        field = shape
    return field, ()


def _get(value: Any, step: Step) -> Any:
    try:
        return value[step]
    except (KeyError, IndexError, TypeError):
        return None


def _below(field: Field, step: Step, value: Any) -> Field | None:
    body = field.body
    key = body.kind.key
    if key == "group":
        return body.by_id.get(str(step))
    if key == "rows":
        return body.item if isinstance(step, int) else None
    if key == "map":
        return body.item
    if key == "union":
        shape = which(body, value)
        return _below(shape, step, value) if shape is not None else None
    return None


def name_of(root: Field, way: Sequence[Step], values: Any) -> str:
    """The name of the control that holds the answer at *way*: map keys become row numbers, shapes their number."""
    parts: list[str] = []
    field, at = root, values
    for index, step in enumerate(way):
        body = field.body
        while body.kind.key == "union":
            shape = which(body, at)
            if shape is None:
                break
            parts.append(shape.id)
            field, body = shape, shape.body
        below = _below(body, step, at)
        if below is None:
            return "-".join([*parts, *(str(s) for s in way[index:])])
        if body.kind.key == "map":
            keys = list(at) if isinstance(at, dict) else []
            parts += [str(keys.index(step)) if step in keys else "0", "value"]
        else:
            parts.append(str(step))
        field, at = below, _get(at, step)
    return "-".join(parts)
