"""Death in the middle: a transaction that is killed at its n-th statement, and a witness that sees anything that was committed all the same."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text

from core.db.base import Base
from core.db.database import Database

_DIGEST = "SELECT '{0}', md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \"{0}\" t"


class Killed(BaseException):
    """The process is gone. No ``except Exception`` holds it up."""


@contextmanager
def killed_at(database: Database, statement: int) -> Iterator[list[int]]:
    """Meanwhile die where the *statement*-th SQL statement would begin, everything before it done; the commit counts as one more. Yields how many began."""
    ran = [0]

    def next_one(*_: Any) -> None:
        ran[0] += 1
        if ran[0] == statement:
            raise Killed

    event.listen(database.engine, "before_cursor_execute", next_one)
    event.listen(database.engine, "commit", next_one)
    try:
        yield ran
    finally:
        event.remove(database.engine, "before_cursor_execute", next_one)
        event.remove(database.engine, "commit", next_one)


class Witness:
    """Sees whether anything was committed between two looks. SQLite counts commits itself; on PostgreSQL every row of every table is compared."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lite = sqlite3.connect(str(database.engine.url.database)) if database.is_sqlite else None

    def look(self) -> Any:
        """What stands in the database now, as a value to compare."""
        return self.rows() if self._lite is None else self._lite.execute("PRAGMA data_version").fetchone()[0]

    def rows(self) -> dict[str, Any]:
        """Every row of every table, digested."""
        tables = sorted(Base.metadata.tables)
        if self._lite is not None:
            return {name: hash(tuple(sorted(map(repr, self._lite.execute(f'SELECT * FROM "{name}"'))))) for name in tables}
        with self._database.engine.connect() as connection:
            query = " UNION ALL ".join(_DIGEST.format(name) for name in tables)  # one round trip, one snapshot
            return {row[0]: row[1] for row in connection.execute(text(query))}

    def close(self) -> None:
        """Give the connection back."""
        if self._lite is not None:
            self._lite.close()


def dies_everywhere(database: Database, witness: Witness, work: Callable[[], Any]) -> tuple[Any, int]:
    """Try *work* – one command under one id – and die at its first statement, then at its second … until it comes to its end.

    Nothing may be committed before. Returns what it answered and how often it died.
    """
    before, deaths = witness.look(), 0
    while True:
        try:
            with killed_at(database, deaths + 1):
                return work(), deaths
        except Killed:
            deaths += 1
            assert witness.look() == before, f"half a write before statement {deaths}"
