"""Answers bound by other answers.

``ui.earliest`` and ``ui.latest`` of a day may name a field (``form.start``, ``row.from``); ``ui.parent`` with ``ui.choices_by`` narrows a list
by the answer above it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from core.forms.conditions import places
from core.forms.fieldtypes.dates import parse
from core.forms.spec import Field, FormSpec, Node, Values

Step = str | int
_ROOTS = ("form.", "row.")


@lru_cache(maxsize=512)
def _bounded(spec: FormSpec) -> tuple[Node, ...]:
    """The fields with such a bound, with the way to their containers."""
    found: list[Node] = []

    def look(fields: tuple[Field, ...], steps: tuple[str, ...]) -> None:
        for field in fields:
            if "parent" in field.ui or any(str(field.ui.get(edge, "")).startswith(_ROOTS) for edge in ("earliest", "latest")):
                found.append(Node(field, steps))
            if field.kind.key == "group":
                look(field.children, (*steps, field.id))
            elif field.kind.key == "rows" and field.item is not None:
                look(field.item.children, (*steps, field.id, "[]"))

    look(spec.fields, ())
    return tuple(found)


def _read(path: str, world: Mapping[str, Any], row: Any) -> Any:
    at: Any = {**world, "row": row}
    for step in path.split("."):
        at = at.get(step) if isinstance(at, Mapping) else None
    return at


def between_problems(spec: FormSpec, values: Values, world: Mapping[str, Any]) -> Iterator[tuple[tuple[Step, ...], str, dict[str, Any]]]:
    """Days before or after what another answer allows; nothing while that other answer is missing or no day itself."""
    for node in _bounded(spec):
        for holder, _, row, way in places(values, world["form"], node.steps):
            value = holder.get(node.field.id)
            if "parent" in node.field.ui and (wrong := _wrong_choice(node.field, holder, values)) is not None:
                yield (*way, node.field.id), *wrong
            first, last = (value.get("from"), value.get("to")) if isinstance(value, dict) else (value, value)
            for edge, day, key in (("earliest", first, "forms.before_other"), ("latest", last, "forms.after_other")):
                path = str(node.field.ui.get(edge, ""))
                if not path.startswith(_ROOTS) or not isinstance(day, str) or parse(day) is None:
                    continue
                other = _read(path, world, row)
                if not isinstance(other, str) or parse(other) is None:
                    continue
                if (day < other) if edge == "earliest" else (day > other):
                    title = getattr(spec.labels.get(_full(path, node)), "title", path)
                    yield (*way, node.field.id), key, {"other": title, "limit": other}


def _wrong_choice(field: Field, holder: Mapping[str, Any], values: Values) -> tuple[str, dict[str, Any]] | None:
    """The chosen value is not among those that the answer above allows. Nothing to say while that one is open."""
    value, parent = holder.get(field.id), str(field.ui["parent"])
    above = holder.get(parent, values.get(parent))
    if value is None or above is None:
        return None
    allowed = field.ui.get("choices_by", {}).get(str(above), ())
    return None if value in allowed else ("forms.choices_by", {"parent": above})


def _full(path: str, node: Node) -> str:
    return f"form.{node.field.path.rpartition('.')[0]}.{path[4:]}" if path.startswith("row.") else path
