"""Rows of several tables in one statement.

A command of a case writes to six or seven tables. On PostgreSQL that is one round trip – one ``WITH … INSERT`` per table – in place of
seven; SQLite, which has no round trips to save and no inserting ``WITH``, gets one statement a table. Either way it is part of the
session's transaction, and the caller sees no difference.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Literal

from sqlalchemy import Table, delete, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.orm import Session

Conflict = Literal["", "nothing", "replace", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table, all with the same columns. On a key that is there already: fail, do ``nothing``, or ``replace`` all but the primary key.

    With ``update`` they are no new rows: those of their primary keys get the other columns. With ``delete`` every row goes that has what one of them says.
    """

    table: Table
    rows: Sequence[Mapping[str, Any]]
    conflict: Conflict = ""


def together(*parts: Rows) -> tuple[Rows, ...]:
    """*parts* with the rows of one table put into one part."""
    found: dict[tuple[str, Conflict], Rows] = {}
    for part in parts:
        key = (part.table.name, part.conflict)
        found[key] = Rows(part.table, [*found[key].rows, *part.rows], part.conflict) if key in found else part
    return tuple(found.values())


def insert_together(session: Session, *parts: Rows, claim: Rows | None = None) -> bool:
    """Insert *parts* – and before them one row *claim*, on which everything hangs: when its key is taken nothing at all is written.

    Returns whether the claim (or, without one, everything) was written.
    """
    wanted = [part for part in parts if part.rows]
    if session.get_bind().dialect.name != "postgresql":
        return _one_by_one(session, wanted, claim)
    whole = [*([claim] if claim is not None else []), *wanted]
    if not whole:
        return True
    shapes = tuple((part.table, tuple(part.rows[0]), part.conflict) for part in whole)
    values = tuple(json.dumps(list(part.rows), ensure_ascii=False, default=_plain) for part in whole)
    found = session.connection().exec_driver_sql(_statement(shapes, claim is not None), values)
    return claim is None or bool(found.scalar())


def _plain(value: Any) -> str:
    """What JSON has no form for, as PostgreSQL reads it."""
    if isinstance(value, bytes):
        return "\\x" + value.hex()
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.isoformat()
    if isinstance(value, date) and not isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"no column takes {value!r}")


def _one_by_one(session: Session, parts: Sequence[Rows], claim: Rows | None) -> bool:
    for part in [*([claim] if claim is not None else []), *parts]:
        if part.conflict in ("update", "delete"):
            (_update if part.conflict == "update" else _delete)(session, part)
            continue
        statement: Any = sqlite.insert(part.table)
        if part.conflict == "nothing":
            statement = statement.on_conflict_do_nothing()
        elif part.conflict == "replace":
            keys = [column.name for column in part.table.primary_key]
            others = {name: statement.excluded[name] for name in part.rows[0] if name not in keys}
            statement = statement.on_conflict_do_update(index_elements=keys, set_=others)
        if part is claim:
            if session.execute(statement.values(**part.rows[0]).returning(*part.table.primary_key)).first() is None:
                return False
        else:
            session.execute(statement, list(part.rows))
    return True


def _update(session: Session, part: Rows) -> None:
    keys = [column.name for column in part.table.primary_key]
    for row in part.rows:
        those = (part.table.c[name] == row[name] for name in keys)
        session.execute(update(part.table).where(*those).values(**{name: value for name, value in row.items() if name not in keys}))


def _delete(session: Session, part: Rows) -> None:
    for row in part.rows:
        session.execute(delete(part.table).where(*(part.table.c[name] == value for name, value in row.items())))


Shape = tuple[Table, tuple[str, ...], Conflict]


@lru_cache(maxsize=512)
def _statement(shapes: tuple[Shape, ...], claimed: bool) -> str:
    """The statement of *shapes*, short however many rows there are: each table's rows come as one JSON value, which PostgreSQL gives the columns' types.

    Names come from our own tables only; every value is bound.
    """
    clauses: list[str] = []
    for number, (table, names, conflict) in enumerate(shapes):
        columns = ", ".join(f'"{name}"' for name in names)
        rows = f'json_populate_recordset(NULL::"{table.name}", %s::json) AS made'
        if conflict in ("update", "delete"):
            clauses.append(f"part_{number} AS ({(_updating if conflict == 'update' else _deleting)(table, names, rows)})")
            continue
        source = f"part_0, {rows}" if claimed and number else rows
        chosen = ", ".join(f'made."{name}"' for name in names)
        insert = f'INSERT INTO "{table.name}" ({columns}) SELECT {chosen} FROM {source}{_on_conflict(table, names, conflict)} RETURNING 1'  # noqa: S608
        clauses.append(f"part_{number} AS ({insert})")
    return f"WITH {', '.join(clauses)} SELECT count(*) FROM part_0"  # noqa: S608


def _updating(table: Table, names: Sequence[str], rows: str) -> str:
    keys = [column.name for column in table.primary_key]
    values = ", ".join(f'"{name}" = made."{name}"' for name in names if name not in keys)
    those = " AND ".join(f'kept."{name}" = made."{name}"' for name in keys)
    return f'UPDATE "{table.name}" AS kept SET {values} FROM {rows} WHERE {those} RETURNING 1'  # noqa: S608


def _deleting(table: Table, names: Sequence[str], rows: str) -> str:
    those = " AND ".join(f'gone."{name}" = made."{name}"' for name in names)
    return f'DELETE FROM "{table.name}" AS gone USING {rows} WHERE {those} RETURNING 1'  # noqa: S608


def _on_conflict(table: Table, names: Sequence[str], conflict: Conflict) -> str:
    if conflict == "replace":
        keys = [column.name for column in table.primary_key]
        others = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
        return f" ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {others}"
    return " ON CONFLICT DO NOTHING" if conflict == "nothing" else ""
