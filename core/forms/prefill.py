"""Fresh forms: what they start with, and what the hall knows already."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy

from core.forms.fieldtypes.base import MISSING
from core.forms.prune import Pruner
from core.forms.spec import Field, FormSpec, Sourced, Values


def _top(fields: tuple[Field, ...], way: tuple[str, ...] = ()) -> Iterator[tuple[Field, tuple[str, ...]]]:
    """Every field outside rows and shapes, with the way to it."""
    for field in fields:
        here = (*way, field.id)
        yield field, here
        if field.kind.key == "group":
            yield from _top(field.children, here)


def empty(spec: FormSpec) -> Values:
    """The answers of an untouched form: the definition's defaults, and one open row where at least one is asked for."""
    values: Values = {}
    for field, way in _top(spec.fields):
        start = field.default if field.default is not MISSING else field.kind.empty(field)
        if start is MISSING and field.kind.key == "rows" and field.schema.get("minItems", 0) and field.item is not None and field.item.children:
            start = [{}]
        if start is not MISSING:
            _put(values, way, deepcopy(start))
    return values


def prefill(spec: FormSpec, sources: Mapping[str, Sourced], values: Mapping[str, object] | None = None) -> tuple[Values, dict[str, Sourced]]:
    """Fill what the hall knows into *values* (:func:`empty` when not given): ``ui.prefill`` names a key of *sources* (``party.name``).

    Answers already there win over sources. Returns the values, and by path which of them came from where. A source that does not fit
    its field – wrong kind, no such option – is left out rather than shown as an error of the citizen's.
    """
    filled: Values = deepcopy(dict(values)) if values is not None else empty(spec)
    own = {} if values is None else filled
    used: dict[str, Sourced] = {}
    for field, way in _top(spec.fields):
        known = sources.get(str(field.ui.get("prefill", "")))
        if known is None or known.value in (None, "") or _has(own, way):
            continue
        cleaned = Pruner().value(field, deepcopy(known.value), way)
        if cleaned is MISSING or not _fits(field, cleaned):
            continue
        _put(filled, way, cleaned)
        used[".".join(way)] = known
    return filled, used


def _fits(field: Field, value: object) -> bool:
    types = field.schema.get("type")
    kinds = {"string": str, "number": (int, float), "integer": int, "boolean": bool, "array": list, "object": dict}
    wanted = kinds.get(types) if isinstance(types, str) else None
    if wanted is not None and not isinstance(value, wanted):  # type: ignore[arg-type]
        return False
    if field.options:
        return all(any(o.value == v for top in field.options for _, o in top.walk()) for v in (value if isinstance(value, list) else [value]))
    return True


def _has(values: object, way: tuple[str, ...]) -> bool:
    at = values
    for step in way:
        if not isinstance(at, dict) or step not in at:
            return False
        at = at[step]
    return True


def _put(values: Values, way: tuple[str, ...], value: object) -> None:
    at = values
    for step in way[:-1]:
        at = at.setdefault(step, {})
    at[way[-1]] = value
