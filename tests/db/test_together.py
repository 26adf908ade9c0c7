"""Rows of several tables in one statement: what is inserted, replaced and changed, on both databases."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, LargeBinary, MetaData, String, Table, event, insert, select

from core.db.database import Database
from core.db.together import Rows, insert_together
from core.db.types import Id, Instant, Json
from core.kernel.ids import new_id

META = MetaData()
CASE = Table("together_case", META, Column("id", Id, primary_key=True), Column("seq", Integer), Column("head", String), Column("results", Json))
LINE = Table("together_line", META, Column("no", Integer, primary_key=True), Column("at", Instant), Column("sealed", LargeBinary))
AT = datetime(2026, 11, 22, 8, 0, 0, 1, tzinfo=UTC)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    META.drop_all(made.engine)
    META.create_all(made.engine)
    yield made
    META.drop_all(made.engine)
    made.close()


def test_a_row_that_is_there_gets_the_other_columns_and_no_other_row_does(database: Database) -> None:
    mine, other = new_id(), new_id()
    with database.session() as session:
        session.execute(insert(CASE), [{"id": each, "seq": 1, "head": "a", "results": ["old"]} for each in (mine, other)])
    with database.session() as session:
        insert_together(
            session,
            Rows(LINE, [{"no": 1, "at": AT, "sealed": b"\x00\xff"}]),
            Rows(CASE, [{"id": mine, "seq": 7, "results": ["one", {"名": None}]}], "update"),
        )
    with database.session() as session:
        rows = {row.id: (row.seq, row.head, row.results) for row in session.execute(select(CASE))}
        assert rows == {mine: (7, "a", ["one", {"名": None}]), other: (1, "a", ["old"])}
        assert session.execute(select(LINE)).one() == (1, AT, b"\x00\xff")


def test_a_row_changed_earlier_in_the_transaction_is_changed_again(database: Database) -> None:
    mine = new_id()
    with database.session() as session:
        session.execute(insert(CASE), [{"id": mine, "seq": 1, "head": "a", "results": []}])
        insert_together(session, Rows(CASE, [{"id": mine, "seq": 2}], "update"))
        insert_together(session, Rows(CASE, [{"id": mine, "head": "b"}], "update"))
        assert session.execute(select(CASE.c.seq, CASE.c.head)).one() == (2, "b")


def test_what_is_not_there_is_not_made(database: Database) -> None:
    with database.session() as session:
        insert_together(session, Rows(CASE, [{"id": new_id(), "seq": 2}], "update"))
        assert session.execute(select(CASE)).all() == []


def test_what_is_taken_away_goes_by_what_it_says_and_new_rows_beside_it_stay(database: Database) -> None:
    with database.session() as session:
        session.execute(insert(LINE), [{"no": no, "at": AT, "sealed": sealed} for no, sealed in ((1, b"a"), (2, b"b"), (3, b"a"))])
    with database.session() as session:
        insert_together(session, Rows(LINE, [{"no": 1, "at": AT}, {"no": 3, "at": AT}, {"no": 9, "at": AT}], "delete"), Rows(LINE, [{"no": 4, "at": AT}]))
    with database.session() as session:
        assert session.scalars(select(LINE.c.no).order_by(LINE.c.no)).all() == [2, 4]


@pytest.mark.postgres
def test_on_postgresql_all_of_it_is_one_statement(pg_url: str) -> None:
    database, sent = Database(pg_url), []
    try:
        META.create_all(database.engine)
        event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        with database.session() as session:
            insert_together(session, Rows(LINE, [{"no": 2, "at": AT, "sealed": b""}]), Rows(CASE, [{"id": new_id(), "seq": 2}], "update"))
        assert len(sent) == 1
    finally:
        META.drop_all(database.engine)
        database.close()
