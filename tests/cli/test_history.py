"""``wangting history``: the months of the tables that only grow, and an exit status for whoever watches."""

from pathlib import Path

from sqlalchemy import text

from core.db.database import Database
from tests.cli.conftest import Home
from tests.fixtures_hall import make_database


def test_a_hall_on_sqlite_is_told_that_there_are_no_months(plain: Home) -> None:
    assert "SQLite" in plain.ok("history", "show")
    assert "months made: 0" in plain.ok("history", "make")


def test_months_are_shown_missed_and_made(tmp_path: Path, pg_tables: str) -> None:
    home = Home(tmp_path)
    database = make_database(tmp_path, pg_tables)
    shown = home.ok("history", "show", DATABASE_URL=pg_tables)
    assert shown.count("3 个月 / months  预建 / ahead: 2  未归月 / strays: 0") == 3
    _lose_months(database)
    lost = home.run("history", "show", DATABASE_URL=pg_tables)
    assert lost.returncode == 1 and "0 个月 / months" in lost.stdout and "Traceback" not in lost.stderr
    assert "months made: 3" in home.ok("history", "make", DATABASE_URL=pg_tables)
    assert home.ok("history", "show", DATABASE_URL=pg_tables) == shown
    database.close()


def _lose_months(database: Database) -> None:
    with database.session() as session:
        for part in session.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r' AND relname LIKE 'case\\_event\\_2%'")).all():
            session.execute(text(f'DROP TABLE "{part}"'))
