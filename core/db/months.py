"""History by month: on PostgreSQL a table that only grows is cut into one partition a month (decision 0008); SQLite keeps it whole.

A model says so with ``__table_args__ = (…, {"info": {MONTHLY: "case_id"}})``: the column, first of the primary key, that tells the month –
a UUIDv7, or a text that begins with ``YYYY-MM-DD``. Rows, keys and statements stay what they are. Months are months of UTC. Every table has
a default partition too, so that no insert fails when nobody made the month; :func:`keep_ahead` makes months and empties it.
"""

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from core.db.base import Base
from core.db.types import Id
from core.kernel.clock import now

log = logging.getLogger("wangting.history")

#: Key in ``Table.info``: the column whose value tells the month.
MONTHLY = "monthly"
#: Months made ready after the present one: a worker may rest that long before anything lands in a default partition.
AHEAD = 2
#: What is older than this is no month of any hall, but a key that is no UUIDv7.
EARLIEST = date(2000, 1, 1)
#: Rows of a default partition are counted up to here.
MOST_STRAYS = 10_000

_NAMED = re.compile(r"_([0-9]{4})_([0-9]{2})")
_ADVISORY_LOCK = 7_238_401_967  # beside the one of core.db.migrate
_LOCK_TIMEOUT = "SET LOCAL lock_timeout = '3s'"  # a turn gives way to whoever reads; the next one comes within the hour


@dataclass(frozen=True, slots=True)
class Monthly:
    """A table of history and the column that tells the month: a UUIDv7 (*by_id*), else a text that begins with the day."""

    table: str
    column: str
    by_id: bool

    @property
    def default(self) -> str:
        """The partition of rows whose month nobody made."""
        return f"{self.table}_default"

    @property
    def before(self) -> str:
        """Where the rows wait while the table is made anew."""
        return f"{self.table}_before"

    def partition(self, month: date) -> str:
        """The partition of *month*."""
        return f"{self.table}_{month:%Y_%m}"

    def lowest(self, month: date) -> str:
        """The lowest key that a row of *month* can have: the UUIDv7 of its first millisecond, or its first day."""
        if not self.by_id:
            return month.isoformat()
        millisecond = int(datetime(month.year, month.month, 1, tzinfo=UTC).timestamp()) * 1000
        return str(UUID(int=millisecond << 80))

    def month_of(self, key: str) -> date:
        """The month that *key* belongs to, as its first day."""
        if not self.by_id:
            return date.fromisoformat(key[:10]).replace(day=1)
        return first_day(datetime.fromtimestamp((UUID(key).int >> 80) / 1000, UTC))


@dataclass(frozen=True, slots=True)
class State:
    """How one table of history stands: its months, how many of them follow the present one, and rows outside any month."""

    table: str
    months: tuple[date, ...]
    ahead: int
    strays: int


def declared() -> tuple[Monthly, ...]:
    """Tables of history, as far as their models are imported."""
    found = ((table, table.info.get(MONTHLY)) for _, table in sorted(Base.metadata.tables.items()))
    return tuple(Monthly(table.name, column, isinstance(table.columns[column].type, Id)) for table, column in found if column is not None)


def first_day(at: datetime) -> date:
    """The month of *at* in UTC, as its first day."""
    return at.astimezone(UTC).date().replace(day=1)


def following(month: date, count: int = 1) -> date:
    """The month *count* after *month*."""
    year, index = divmod(month.year * 12 + month.month - 1 + count, 12)
    return date(year, index + 1, 1)


def keep_ahead(session: Session) -> bool:
    """One turn of the periodic job: make one missing month of one table; True asks for another turn.

    A month is missing when it is the present one or one of the next :data:`AHEAD`, or when rows of it lie in the default partition: they move.
    Workers take turns (advisory lock); a turn is one short transaction, so that a killed one leaves nothing and a second one does no harm.
    """
    if session.get_bind().dialect.name != "postgresql":
        return False
    connection = session.connection()
    if not connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar():
        return False
    connection.execute(text(_LOCK_TIMEOUT))
    tables = dict(_cut(connection))
    for table, made in tables.items():
        month = next((month for month in _wanted() if month not in made), None)
        if month is not None:
            _make(connection, table, month)
            return True
    return any(_take_in(connection, table) for table in tables)


def partition(connection: Connection, table: Monthly) -> None:
    """Cut a plain table by month, with the rows it has (a migration's step; nobody else is at work). Nothing to do on SQLite, or twice."""
    if connection.dialect.name != "postgresql" or _is_cut(connection, table):
        return
    _remake(connection, table, f'PARTITION BY RANGE ("{table.column}")')
    connection.execute(text(f'CREATE TABLE "{table.default}" PARTITION OF "{table.table}" DEFAULT'))
    for month in sorted({*_wanted(), *_months_in(connection, table, table.before)}):
        _make(connection, table, month)
    _refill(connection, table)


def join(connection: Connection, table: Monthly) -> None:
    """The way back: one plain table with the rows of every month."""
    if connection.dialect.name == "postgresql" and _is_cut(connection, table):
        _remake(connection, table, "")
        _refill(connection, table)


def partitions(connection: Connection) -> frozenset[str]:
    """Names of every partition in the database, which belong to their parent and are no tables of a model."""
    if connection.dialect.name != "postgresql":
        return frozenset()
    return frozenset(connection.execute(text("SELECT relname FROM pg_class WHERE relispartition AND pg_table_is_visible(oid)")).scalars())


def states(session: Session) -> tuple[State, ...]:
    """How each table of history stands (``/metrics``, ``wangting history``); nothing where none is cut."""
    if session.get_bind().dialect.name != "postgresql":
        return ()
    connection, present = session.connection(), first_day(now())
    return tuple(
        State(table.table, tuple(sorted(made)), next(n for n in range(len(made) + 1) if following(present, n + 1) not in made), _strays(connection, table))
        for table, made in _cut(connection)
    )


def _wanted() -> tuple[date, ...]:
    present = first_day(now())
    return tuple(following(present, count) for count in range(AHEAD + 1))


def _is_cut(connection: Connection, table: Monthly) -> bool:
    kind = connection.execute(text("SELECT relkind FROM pg_class WHERE oid = to_regclass(:name)"), {"name": table.table}).scalar()
    return kind in ("p", b"p")


def _cut(connection: Connection) -> Iterator[tuple[Monthly, frozenset[date]]]:
    """Tables of history that are cut by month in this database, each with the months it has."""
    query = """
        SELECT parent.relname, part.relname FROM pg_inherits JOIN pg_class parent ON parent.oid = inhparent JOIN pg_class part ON part.oid = inhrelid
        WHERE parent.relkind = 'p' AND pg_table_is_visible(parent.oid)
    """
    found: dict[str, list[str]] = {}
    for parent, part in connection.execute(text(query)):
        found.setdefault(parent, []).append(part)
    for table in declared():
        if table.table in found:
            months = (_NAMED.fullmatch(name.removeprefix(table.table)) for name in found[table.table])
            yield table, frozenset(date(int(month[1]), int(month[2]), 1) for month in months if month)


def _take_in(connection: Connection, table: Monthly) -> bool:
    """Make the oldest month whose rows lie in the default partition, and move them; False, and the alarm for what fits none, when there is no such month."""
    month = next(_months_in(connection, table, table.default), None)
    if month is None:
        _warn(connection, table)
        return False
    log.warning("rows of %s of %s found no month and lay in the default partition; they move to their own. Did the worker rest?", table.table, month)
    _make(connection, table, month)
    return True


def _months_in(connection: Connection, table: Monthly, source: str) -> Iterator[date]:
    """The months of rows in the table *source*, oldest first, up to the last that is wanted: one read a month."""
    month, end, kind = EARLIEST, following(_wanted()[-1]), "uuid" if table.by_id else "varchar"
    query = text(
        f'SELECT "{table.column}"::text FROM "{source}" WHERE "{table.column}" >= CAST(:low AS {kind}) AND "{table.column}" < CAST(:high AS {kind})'  # noqa: S608
        f' ORDER BY "{table.column}" LIMIT 1'
    )
    while (key := connection.execute(query, {"low": table.lowest(month), "high": table.lowest(end)}).scalar()) is not None:
        found = table.month_of(key)
        yield found
        month = following(found)


def _make(connection: Connection, table: Monthly, month: date) -> None:
    """Make the partition of *month* with the rows of it that lie in the default one.

    ``CREATE TABLE … PARTITION OF`` would lock the whole table; a table made apart and attached lets everybody go on who is not
    about to use the default partition.
    """
    name, column, low, high = table.partition(month), table.column, table.lowest(month), table.lowest(following(month))
    moved = f'DELETE FROM "{table.default}" WHERE "{column}" >= \'{low}\' AND "{column}" < \'{high}\' RETURNING *'  # noqa: S608 - names and bounds of ours
    for statement in (
        f'LOCK TABLE "{table.default}" IN ACCESS EXCLUSIVE MODE',
        f'CREATE TABLE "{name}" (LIKE "{table.table}" INCLUDING ALL)',
        f'WITH moved AS ({moved}) INSERT INTO "{name}" SELECT * FROM moved',  # noqa: S608
        f"ALTER TABLE \"{table.table}\" ATTACH PARTITION \"{name}\" FOR VALUES FROM ('{low}') TO ('{high}')",
    ):
        connection.exec_driver_sql(statement)


_KEYS = "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = to_regclass(:name) AND contype IN ('p', 'u', 'f')"
_INDEXES = """
    SELECT relname, replace(pg_get_indexdef(indexrelid), ' ON ONLY ', ' ON ') FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
    WHERE indrelid = to_regclass(:name) AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
"""


def _remake(connection: Connection, table: Monthly, clause: str) -> None:
    """Put an empty table of the same columns, keys and indexes, names included, in the place of *table*, whose rows wait under another name."""
    keys = connection.execute(text(_KEYS), {"name": table.table}).all()
    indexes = connection.execute(text(_INDEXES), {"name": table.table}).all()
    for statement in (
        f'ALTER TABLE "{table.table}" RENAME TO "{table.before}"',
        *(f'ALTER TABLE "{table.before}" DROP CONSTRAINT "{name}"' for name, _definition in keys),
        *(f'DROP INDEX "{name}"' for name, _definition in indexes),
        f'CREATE TABLE "{table.table}" (LIKE "{table.before}" INCLUDING ALL) {clause}',
        *(f'ALTER TABLE "{table.table}" ADD CONSTRAINT "{name}" {definition}' for name, definition in keys),
        *(definition for _name, definition in indexes),
    ):
        connection.exec_driver_sql(statement)


def _refill(connection: Connection, table: Monthly) -> None:
    connection.exec_driver_sql(f'INSERT INTO "{table.table}" SELECT * FROM "{table.before}"')  # noqa: S608 - names of ours
    connection.exec_driver_sql(f'DROP TABLE "{table.before}"')


def _strays(connection: Connection, table: Monthly) -> int:
    counted = text(f'SELECT count(*) FROM (SELECT 1 FROM "{table.default}" LIMIT :most) AS strays')  # noqa: S608 - a name of ours
    return int(connection.execute(counted, {"most": MOST_STRAYS}).scalar_one())


def _warn(connection: Connection, table: Monthly) -> None:
    """What is left in the default partition belongs to no month that can be: a clock ran ahead, or a key is no UUIDv7."""
    left = _strays(connection, table)
    if left:
        log.error("%s rows of %s lie in the default partition and fit no month up to %s: look at the clocks of the servers", left, table.table, _wanted()[-1])
