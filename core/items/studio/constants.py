"""Which answers make a difference: the values that the rules of an item compare its facts with, and answers on either side of them."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from core.forms.spec import Field
from core.items.spec import CompiledItem
from core.rules.service import Rule

#: Operators whose operands are compared with each other.
_COMPARE = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})
#: Values tried for one path.
MOST = 8


def candidates(rules: Iterable[Rule], compiled: CompiledItem) -> dict[str, tuple[Any, ...]]:
    """For each path that *rules* read, facts on either side of what they compare it with."""
    found: dict[str, list[Any]] = {}
    for rule in rules:
        for path in rule.paths:
            found.setdefault(path, [])
        for path, value in _compared(rule.expr):
            found.setdefault(path, []).extend(_around(value))
    for path in found:
        found[path].extend(_choices(path, compiled))
    return {path: tuple(_once(values))[:MOST] for path, values in found.items()}


def _compared(expr: Any) -> Iterator[tuple[str, Any]]:
    """Every (path, constant) that stands side by side in *expr*; a path alone is compared with ``true``."""
    if isinstance(expr, list):
        for part in expr:
            yield from _compared(part)
    elif isinstance(expr, Mapping):
        for op, args in expr.items():
            if op == "var":
                yield str(args if isinstance(args, str) else args[0] if args else ""), True
                continue
            operands = args if isinstance(args, list) else [args]
            paths = [each["var"] for each in operands if isinstance(each, Mapping) and isinstance(each.get("var"), str)]
            if op in _COMPARE:
                yield from ((path, each) for path in paths for each in operands if not isinstance(each, Mapping))
            yield from _compared(operands)


def _around(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        for each in value:
            yield from _around(each)
    elif isinstance(value, bool):
        yield from (value, not value)
    elif isinstance(value, int | float):
        yield from (value, value + 1, value - 1)
    elif isinstance(value, str):
        yield value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            return
        yield from ((day + timedelta(days=by)).isoformat() for by in (1, -1))


def _choices(path: str, compiled: CompiledItem) -> Iterator[Any]:
    kind, _, rest = path.partition(".")
    if kind == "situation":
        for situation in compiled.doc.get("situations") or ():
            if situation["id"] == rest:
                yield from (option["id"] for option in situation["options"])
    elif kind == "form" and (field := field_at(compiled, rest)) is not None:
        yield from (option.value for top in field.options for _depth, option in top.walk())
    elif path == "party.kind":
        yield from ("person", "company")
    elif path == "channel":
        yield from ("web", "window")


def _once(values: Iterable[Any]) -> Iterator[Any]:
    seen: set[tuple[type, str]] = set()
    for value in values:
        key = (type(value), repr(value))
        if key not in seen:
            seen.add(key)
            yield value


def field_at(compiled: CompiledItem, path: str) -> Field | None:
    """The question at a path of rules (``staff.age``)."""
    here: Field | None = compiled.form.root
    for part in path.split("."):
        here = next((each for each in here.body.fields if each.id == part), None) if here is not None else None
    return here


def answered(compiled: CompiledItem, given: Mapping[str, Any], path: str, value: Any) -> dict[str, Any]:
    """*given* with the answer that makes the fact at *path* be *value*; money is asked for in yuan and compared in fen."""
    kind, _, rest = path.partition(".")
    if kind == "situation":
        return {**given, "situation": {**(given.get("situation") or {}), rest: value}}
    if path == "party.kind":
        return {**given, "party": value}
    if path == "channel":
        return {**given, "channel": value}
    field = field_at(compiled, rest)
    if field is not None and field.kind.rule_type == "money" and isinstance(value, int) and not isinstance(value, bool):
        value = f"{value // 100}.{value % 100:02d}"
    return {**given, "form": _put(given.get("form") or {}, rest.split("."), value)}


def _put(values: Any, way: list[str], value: Any) -> Any:
    if isinstance(values, list):
        return [_put(each, way, value) for each in values]
    here = dict(values) if isinstance(values, Mapping) else {}
    here[way[0]] = value if len(way) == 1 else _put(here.get(way[0]), way[1:], value)
    return here
