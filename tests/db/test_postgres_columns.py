"""The cursor that tells of columns only when asked says the same as psycopg's own."""

import psycopg
import pytest
from sqlalchemy import make_url, text

from core.db.database import Database
from core.db.postgres import CalmCursor, Columns

pytestmark = pytest.mark.postgres
ASKED = "SELECT 1 AS one, '网厅'::text AS \"名称\", now() AS \"?column?\", NULL::jsonb, '{1}'::int[] AS many"


def _connect(url: str) -> "psycopg.Connection[tuple[object, ...]]":
    return psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))


def test_names_and_types_are_those_of_the_driver(pg_url: str) -> None:
    with _connect(pg_url) as connection:
        own, calm = connection.cursor().execute(ASKED), CalmCursor(connection).execute(ASKED)
        assert own.description is not None
        assert [tuple(each)[:2] for each in calm.description] == [tuple(each)[:2] for each in own.description]
        assert calm.description[-1][0] == "many"
        assert [each[0] for each in calm.description[1:2]] == ["名称"]
        assert {len(each) for each in calm.description} == {7}
        with pytest.raises(IndexError):
            calm.description[5]


def test_a_statement_without_rows_has_no_columns(pg_url: str) -> None:
    with _connect(pg_url) as connection:
        calm = CalmCursor(connection)
        assert calm.description is None
        assert calm.execute("SET LOCAL work_mem = '4MB'").description is None
        assert len(calm.execute("SELECT").description) == 0


def test_columns_stay_those_of_their_result(pg_url: str) -> None:
    with _connect(pg_url) as connection:
        calm = CalmCursor(connection)
        before = calm.execute("SELECT 1 AS first").description
        calm.execute("SELECT 2 AS second")
        assert before[0][0] == "first"


def test_the_database_uses_it_and_rows_are_told_by_name(pg_url: str) -> None:
    database = Database(pg_url)
    try:
        with database.session() as session:
            for _ in range(3):
                found = session.execute(text(ASKED))
                assert isinstance(found.cursor.description, Columns)  # type: ignore[attr-defined]
                row = found.mappings().one()
                assert (row["one"], row["名称"], row["many"]) == (1, "网厅", [1])
    finally:
        database.close()
