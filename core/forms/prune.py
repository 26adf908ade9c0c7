"""Before anything is judged: answers in one form, unknown names gone, nothing larger than the definition allows."""

from __future__ import annotations

from typing import Any

from core.forms.fieldtypes.base import MISSING
from core.forms.fieldtypes.nested import which
from core.forms.spec import DEFAULT_MAX_ITEMS, DEFAULT_MAX_LENGTH, MAX_DEPTH, Field, Values, join_path

Step = str | int


class Pruner:
    """One pass over the answers. ``blocked`` notes the spots whose size alone is wrong; nothing inside them is looked at further."""

    def __init__(self) -> None:
        self.blocked: dict[tuple[Step, ...], tuple[str, dict[str, Any]]] = {}

    def fields(self, fields: tuple[Field, ...], values: Any, way: tuple[Step, ...]) -> Values:
        """The answers of a list of fields; a required group is there even when nothing in it was answered, so that its parts can be asked for."""
        kept: Values = {}
        for field in fields:
            value = self.value(field, values.get(field.id, MISSING), (*way, field.id))
            if value is MISSING and field.required and field.kind.key == "group" and not field.nullable:
                value = self.fields(field.children, {}, (*way, field.id))
            if value is not MISSING:
                kept[field.id] = value
        return kept

    def value(self, field: Field, value: Any, way: tuple[Step, ...]) -> Any:
        """One answer, cleaned; :data:`MISSING` when there is none."""
        if value is MISSING or (value is None and not field.nullable):
            return MISSING
        if value is None:
            return None
        if len(way) > MAX_DEPTH * 2:
            self.blocked[way] = ("forms.too_deep", {})
            return value
        if field.ref is not None:
            field = field.body
        key = field.kind.key
        if not field.kind.structural:
            return self._plain(field, value, way)
        if key == "group":
            return self.fields(field.children, value, way) if isinstance(value, dict) else value
        if key == "rows":
            return self._rows(field, value, way)
        if key == "map" and isinstance(value, dict) and field.item is not None:
            most = field.schema.get("maxProperties", 2_000)
            if len(value) > most:
                self.blocked[way] = ("forms.max_items", {"limit": most, "have": len(value), "over": len(value) - most})
                return value
            item = field.item
            return {str(k): (None if (kept := self.value(item, v, (*way, str(k)))) is MISSING else kept) for k, v in value.items()}
        if key == "union":
            shape = which(field, value)
            return self.value(shape, value, way) if shape is not None else value
        return value

    def _plain(self, field: Field, value: Any, way: tuple[Step, ...]) -> Any:
        if isinstance(value, str) and len(value) > (most := field.schema.get("maxLength", DEFAULT_MAX_LENGTH)) and field.kind.key not in ("json", "rule"):
            cleaned = field.kind.clean(field, value)
            if isinstance(cleaned, str) and len(cleaned) > most:
                self.blocked[way] = ("forms.max_length", {"limit": most, "have": len(cleaned), "over": len(cleaned) - most})
            return cleaned
        cleaned = field.kind.clean(field, value)
        return MISSING if isinstance(cleaned, str) and not cleaned else cleaned

    def _rows(self, field: Field, value: Any, way: tuple[Step, ...]) -> Any:
        if not isinstance(value, list) or field.item is None:
            return value
        most = field.schema.get("maxItems", DEFAULT_MAX_ITEMS)
        if len(value) > most:
            self.blocked[way] = ("forms.max_items", {"limit": most, "have": len(value), "over": len(value) - most})
            return value
        item = field.item
        rows = [self.value(item, v, (*way, i)) for i, v in enumerate(value)]
        return [({} if item.children else None) if row is MISSING else row for row in rows]


def without(values: Any, way: tuple[Step, ...]) -> Any:
    """*values* with the answer at *way* taken out, the rest shared. Used to keep oversized answers from the validator."""
    if not way:
        return values
    head, *rest = way
    if isinstance(values, dict):
        if not rest:
            return {k: v for k, v in values.items() if k != head}
        return {k: (without(v, tuple(rest)) if k == head else v) for k, v in values.items()}
    if isinstance(values, list) and isinstance(head, int) and head < len(values):
        return [without(v, tuple(rest)) if i == head and rest else v for i, v in enumerate(values)]
    return values


def path_of(way: tuple[Step, ...]) -> str:
    """The way as a path."""
    return join_path(way)
