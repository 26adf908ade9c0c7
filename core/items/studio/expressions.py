"""Conditions as what they read: the facts that an expression names, and the expression with one of them renamed.

Inside rows – of ``some``/``all``/``none``, of a field that stands in rows – ``row.x`` means a column, whose full name is ``form.<rows>.x``.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.spots import Spot

_QUANTIFIERS = frozenset(("some", "all", "none"))
_DEEPEST = 40


def path_of(spot: Spot) -> str:
    """The path of the field at a spot of the form, or of the one in which the spot lies: ``staff.name``."""
    return ".".join(_walked(spot)[0])


def rows_of(spot: Spot) -> str | None:
    """The rows in which a condition at *spot* of the form stands; ``None`` outside of any."""
    return _walked(spot)[1]


def _walked(spot: Spot) -> tuple[list[str], str | None]:
    names: list[str] = []
    rows: str | None = None
    at = 1
    while spot[:1] == ("form",) and at + 1 < len(spot) and spot[at] == "properties":
        names.append(spot[at + 1])
        at += 2
        if at + 1 < len(spot) and spot[at] == "items":
            rows, at = "form." + ".".join(names), at + 1
    return names, rows


def reads(expression: Any, rows: str | None = None, depth: int = 0) -> Iterator[str]:
    """The full name of every fact that *expression* reads; *rows* is what ``row`` is an element of."""
    if depth > _DEEPEST:
        return
    if isinstance(expression, list):
        for each in expression:
            yield from reads(each, rows, depth + 1)
    elif isinstance(expression, Mapping):
        for op, given in expression.items():
            args = given if isinstance(given, list) else [given]
            if op in ("var", "missing"):
                yield from (full_path(each, rows) for each in args if isinstance(each, str))
            if op in _QUANTIFIERS and len(args) == 2:
                yield from reads(args[0], rows, depth + 1)
                yield from reads(args[1], next(reads(args[0], rows, depth + 1), None), depth + 1)
            elif op != "var":
                yield from reads(args, rows, depth + 1)


def renamed(expression: Any, old: str, new: str, rows: str | None = None) -> Any:
    """*expression* reading *new* – and what lies below it – in place of *old*, both full names."""
    if isinstance(expression, list):
        return [renamed(each, old, new, rows) for each in expression]
    if not isinstance(expression, Mapping):
        return expression
    return {op: _operands(op, given, old, new, rows) for op, given in expression.items()}


def _operands(op: str, given: Any, old: str, new: str, rows: str | None) -> Any:
    if op in ("var", "missing"):
        if isinstance(given, list):
            return [_name(each, old, new, rows) if isinstance(each, str) else renamed(each, old, new, rows) for each in given]
        return _name(given, old, new, rows) if isinstance(given, str) else renamed(given, old, new, rows)
    if op in _QUANTIFIERS and isinstance(given, list) and len(given) == 2:
        return [renamed(given[0], old, new, rows), renamed(given[1], old, new, next(reads(given[0], rows), None))]
    return renamed(given, old, new, rows)


def full_path(name: str, rows: str | None) -> str:
    """*name* from the root, where ``row`` is a row of *rows*."""
    return rows + name[3:] if rows is not None and (name == "row" or name.startswith("row.")) else name


def _name(name: str, old: str, new: str, rows: str | None) -> str:
    full = full_path(name, rows)
    if not within(full, old):
        return name
    if full == name:
        return new + name[len(old) :]
    # written from inside the rows: only what lies below them changes; the rows' own name is not said here
    return name if not within(old, f"{rows}") or old == rows else f"row{new[len(str(rows)) :]}{full[len(old) :]}"


def within(name: str, outer: str) -> bool:
    """Whether *name* is *outer* or lies below it."""
    return name == outer or name.startswith(f"{outer}.")
