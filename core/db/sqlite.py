"""SQLite made to behave like PostgreSQL at READ COMMITTED.

Reading takes no lock and no snapshot; the first statement of a transaction that writes (or selects ``FOR UPDATE``) takes the write
lock at once with ``BEGIN IMMEDIATE``. A transaction can therefore wait for its turn, but it can never fail half way because
another one wrote since it first read (``SQLITE_BUSY_SNAPSHOT``), and a page that only reads never waits.
"""

import re
from typing import Any

from sqlalchemy import Connection, Engine, event

BUSY_TIMEOUT_MS = 10_000
_READS = re.compile(r"\s*(SELECT|PRAGMA|EXPLAIN|VALUES|VACUUM|ATTACH|DETACH|BEGIN|COMMIT|ROLLBACK|WITH)\b", re.IGNORECASE)
_WITH_WRITES = re.compile(r"\s*WITH\b.*\b(INSERT|UPDATE|DELETE)\b", re.IGNORECASE | re.DOTALL)


def _writes(statement: str, context: Any) -> bool:
    compiled = getattr(context, "compiled", None)
    if getattr(getattr(compiled, "statement", None), "_for_update_arg", None) is not None:
        return True
    if _READS.match(statement) is None:
        return True
    return _WITH_WRITES.match(statement) is not None


def _take_write_lock(connection: Connection) -> None:
    raw = connection.connection.dbapi_connection
    if raw is not None and not raw.in_transaction:
        raw.execute("BEGIN IMMEDIATE")


def _configure(dbapi_connection: Any, _record: Any) -> None:
    dbapi_connection.isolation_level = None  # the driver's own BEGIN comes too late and is never IMMEDIATE
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",  # an answered submission survives a power cut, not only kill -9
        "foreign_keys=ON",
        "cache_size=-16000",
    ):
        dbapi_connection.execute(f"PRAGMA {pragma}")


def prepare(engine: Engine) -> None:
    """Install the behaviour described above on *engine*."""
    event.listen(engine, "connect", _configure)

    @event.listens_for(engine, "before_cursor_execute")
    def before_cursor_execute(connection: Connection, _cursor: Any, statement: str, _parameters: Any, context: Any, _many: bool) -> None:
        if _writes(statement, context):
            _take_write_lock(connection)

    @event.listens_for(engine, "savepoint")
    def savepoint(connection: Connection, _name: str) -> None:
        _take_write_lock(connection)  # a SAVEPOINT outside a transaction would begin a deferred one
