"""Lists that belong to a row, read with the row.

A page of one thing shows what hangs on it: its parts, its dates, its history. On PostgreSQL that is one statement – the row, and beside it each list as
one JSON value – in place of one a list; SQLite, which has no round trips to save, is asked list by list. The caller sees the same rows either way.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import JSON, ColumnElement, Date, DateTime, Label, LargeBinary, Select, func, literal_column
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator, TypeEngine

from core.db.types import Instant

Row = Mapping[Any, Any]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list: its rows, and those of their columns that order them."""

    rows: Select[*tuple[Any, ...]]
    by: tuple[str, ...] = ()


class Beside:
    """A row with its lists. To be built once, from plain tables: *row* finds the row, whose columns bear other names than the lists, and *lists* their rows by
    the same parameters. What stands in a list is text, whole numbers, truth values, ids, JSON, days, instants and bytes.
    """

    def __init__(self, row: Select[*tuple[Any, ...]], **lists: Listed) -> None:
        self._row = row
        self._lists = {name: each.rows.order_by(*(each.rows.selected_columns[by] for by in each.by)) for name, each in lists.items()}
        self._whole = row.add_columns(*(_as_json(name, each) for name, each in lists.items()))
        self._readers = {name: _readers(each.rows) for name, each in lists.items()}

    def first(self, session: Session, values: Mapping[str, Any]) -> tuple[Row, dict[str, Sequence[Row]]] | None:
        """The row and its lists by their names; ``None`` when there is no such row, and then nothing of the lists is told."""
        together = session.get_bind().dialect.name == "postgresql"
        row = session.execute(self._whole if together else self._row, values).mappings().first()
        if row is None:
            return None
        if together:
            return row, {name: [_read(each, readers) for each in row[name] or ()] for name, readers in self._readers.items()}
        return row, {name: session.execute(query, values).mappings().all() for name, query in self._lists.items()}


def _as_json(name: str, listed: Listed) -> Any:
    """The rows of a list as one JSON value: objects, in their order."""
    columns = {column.name: column.element if isinstance(column, Label) else column for column in listed.rows.selected_columns}
    row: Any = func.json_build_object(*(part for key, column in columns.items() for part in (literal_column(f"'{key}'"), _told(column))))
    ordered = aggregate_order_by(row, *(columns[by] for by in listed.by)) if listed.by else row
    return listed.rows.with_only_columns(func.json_agg(ordered, type_=JSON)).correlate(None).scalar_subquery().label(name)


def _told(column: ColumnElement[Any]) -> ColumnElement[Any]:
    return func.encode(column, "hex") if isinstance(_plain(column.type), LargeBinary) else column


def _plain(kind: TypeEngine[Any]) -> TypeEngine[Any]:
    return kind.impl_instance if isinstance(kind, TypeDecorator) else kind


def _readers(query: Select[*tuple[Any, ...]]) -> dict[str, Callable[[Any], Any]]:
    """What makes a column's value of its JSON, for the columns whose JSON is not the value itself."""
    found = {column.name: _reader(column.type) for column in query.selected_columns}
    return {name: reader for name, reader in found.items() if reader is not None}


def _reader(kind: TypeEngine[Any]) -> Callable[[Any], Any] | None:
    if isinstance(kind, Instant):
        return lambda text: datetime.fromisoformat(text).astimezone(UTC)
    plain = _plain(kind)
    if isinstance(plain, LargeBinary):
        return bytes.fromhex
    if isinstance(plain, Date):
        return date.fromisoformat
    if isinstance(plain, DateTime):
        raise TypeError(f"no list holds {kind!r}")
    return None


def _read(row: dict[str, Any], readers: Mapping[str, Callable[[Any], Any]]) -> Row:
    for name, reader in readers.items():
        if row[name] is not None:
            row[name] = reader(row[name])
    return row
