"""A row with its lists: the same rows on both databases, in one statement on PostgreSQL, and nothing for who does not see the row."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Boolean, Column, DateTime, Integer, LargeBinary, MetaData, String, Table, bindparam, event, insert, select

from core.db.beside import Beside, Listed
from core.db.database import Database
from core.db.types import Id, Instant, Json, LegalDay
from core.kernel.ids import new_id

META = MetaData()
THING = Table("beside_thing", META, Column("id", Id, primary_key=True), Column("title", String), Column("owner", String))
PART = Table(
    "beside_part", META, Column("thing", Id), Column("no", Integer), Column("kind", String), Column("at", Instant), Column("day", LegalDay),
    Column("sealed", LargeBinary), Column("doc", Json), Column("on", Boolean), Column("maker", Id),
)  # fmt: skip
PARTS = Listed(select(*(column for column in PART.c if column.name != "thing")).where(PART.c.thing == bindparam("thing")), ("kind", "no"))
NAMES = Listed(select(PART.c.no.label("number"), PART.c.kind).where(PART.c.thing == bindparam("thing"), PART.c.kind != "a"), ("number",))
WHOLE = Beside(select(THING.c.id, THING.c.title).where(THING.c.id == bindparam("thing"), THING.c.owner == bindparam("owner")), parts=PARTS, names=NAMES)
MINE, MAKER = new_id(), new_id()


def _part(no: int, kind: str, **other: Any) -> dict[str, Any]:
    return {"thing": MINE, "no": no, "kind": kind, "at": None, "day": None, "sealed": None, "doc": None, "on": None, "maker": None, **other}


ROWS = [
    _part(2, "b", at=datetime(2026, 11, 22, 8, 0, 0, 120000, tzinfo=UTC), day=date(2026, 2, 28), sealed=b"\x00\xff\\x", on=True, maker=MAKER),
    _part(1, "b", at=datetime(9999, 12, 31, tzinfo=UTC), doc={"名": [1, None, '"'], "z": 2**53}, sealed=b"", on=False),
    _part(3, "a", doc=[]),
    _part(4, "引“号”'\\\n", at=datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)),
]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    META.drop_all(made.engine)
    META.create_all(made.engine)
    with made.session() as session:
        session.execute(insert(THING), [{"id": MINE, "title": "一件", "owner": "me"}, {"id": MAKER, "title": "空", "owner": "me"}])
        session.execute(insert(PART), ROWS)
    yield made
    META.drop_all(made.engine)
    made.close()


def test_every_value_comes_back_as_it_went_in_and_in_order(database: Database) -> None:
    with database.session() as session:
        found = WHOLE.first(session, {"thing": MINE, "owner": "me"})
    assert found is not None
    row, lists = found
    assert (row["id"], row["title"]) == (MINE, "一件")
    expected = [{name: value for name, value in each.items() if name != "thing"} for each in (ROWS[2], ROWS[1], ROWS[0], ROWS[3])]
    assert [dict(each) for each in lists["parts"]] == expected
    assert [(each["number"], each["kind"]) for each in lists["names"]] == [(1, "b"), (2, "b"), (4, ROWS[3]["kind"])]


def test_a_row_without_anything_has_empty_lists(database: Database) -> None:
    with database.session() as session:
        found = WHOLE.first(session, {"thing": MAKER, "owner": "me"})
    assert found is not None
    assert {name: list(rows) for name, rows in found[1].items()} == {"parts": [], "names": []}


def test_who_does_not_see_the_row_gets_nothing(database: Database) -> None:
    with database.session() as session:
        assert WHOLE.first(session, {"thing": MINE, "owner": "somebody"}) is None
        assert WHOLE.first(session, {"thing": new_id(), "owner": "me"}) is None


@pytest.mark.postgres
def test_on_postgresql_it_is_one_statement(pg_url: str) -> None:
    database, sent = Database(pg_url), []
    try:
        META.create_all(database.engine)
        event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
        with database.session() as session:
            WHOLE.first(session, {"thing": MINE, "owner": "me"})
        assert len(sent) == 1
    finally:
        META.drop_all(database.engine)
        database.close()


def test_a_plain_datetime_whose_zone_nobody_knows_is_refused() -> None:
    bad = Table("beside_bad", MetaData(), Column("at", DateTime))
    with pytest.raises(TypeError):
        Beside(select(THING.c.id), bad=Listed(select(bad.c.at), ("at",)))
