"""Conditions read anew under other names."""

from collections.abc import Mapping
from typing import Any


def reread(expression: Any, path: str, meant: str) -> Any:
    """*expression* with *meant* in place of *path*, and of everything below it; a column of rows also as rules inside the rows write it."""
    if isinstance(expression, Mapping):
        return {op: _var(args, path, meant) if op == "var" else _missing(args, path, meant) if op == "missing" else reread(args, path, meant)
                for op, args in expression.items()}  # fmt: skip
    if isinstance(expression, list):
        return [reread(each, path, meant) for each in expression]
    return expression


def _var(given: Any, path: str, meant: str) -> Any:
    if isinstance(given, list):
        return [_var(each, path, meant) for each in given]
    if not isinstance(given, str):
        return given
    if given == path or given.startswith(f"{path}."):
        return meant + given.removeprefix(path)
    rows, _, column = path.rpartition(".")
    again, _, renamed = meant.rpartition(".")
    return f"row.{renamed}" if rows == again and given == f"row.{column}" else given


def _missing(given: Any, path: str, meant: str) -> Any:
    if isinstance(given, list):
        return [_var(each, path, meant) if isinstance(each, str) else reread(each, path, meant) for each in given]
    return _var(given, path, meant) if isinstance(given, str) else reread(given, path, meant)
