"""The database object on both databases: instruments, commit and roll back, write locks, column types."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, insert, select, text, update
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from core.db import sqlite
from core.db.database import Database
from core.db.errors import DatabaseAway, is_transient
from core.db.retry import retrying
from core.db.types import Id, Instant, Json, LegalDay
from core.kernel.ids import new_id

META = MetaData()
THING = Table("thing", META, Column("id", Id, primary_key=True), Column("at", Instant), Column("day", LegalDay), Column("doc", Json), Column("name", String))


def _fresh(url: str) -> Iterator[Database]:
    database = Database(url, keyring="the keyring")
    META.drop_all(database.engine)
    META.create_all(database.engine)
    yield database
    META.drop_all(database.engine)
    database.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    yield from _fresh(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Database]:
    yield from _fresh(f"sqlite:///{tmp_path}/hall.db")


def test_a_session_carries_the_instruments(database: Database) -> None:
    with database.session() as session:
        assert session.info["keyring"] == "the keyring"
        assert session.info["database"] is database


def test_types_come_back_as_they_went_in(database: Database) -> None:
    thing = new_id()
    at = datetime(2026, 11, 21, 8, 30, 1, 250000, tzinfo=timezone(timedelta(hours=8)))
    with database.session() as session:
        session.execute(insert(THING).values(id=thing, at=at, day=date(2026, 11, 21), doc={"名": ["值", 1, None]}))
    with database.session() as session:
        row = session.execute(select(THING).where(THING.c.id == thing)).one()
    assert row.id == thing
    assert row.at == at
    assert row.at.utcoffset() == timedelta(0)
    assert row.day == date(2026, 11, 21)
    assert row.doc == {"名": ["值", 1, None]}


def test_a_naive_instant_and_an_instant_for_a_day_are_refused(database: Database) -> None:
    naive = datetime(2026, 1, 1)  # noqa: DTZ001
    for values in ({"at": naive}, {"day": datetime(2026, 1, 1, tzinfo=UTC)}):
        with pytest.raises(StatementError), database.session() as session:
            session.execute(insert(THING).values(id=new_id(), **values))


def test_none_in_json_is_sql_null(database: Database) -> None:
    with database.session() as session:
        session.execute(insert(THING).values(id=new_id(), doc=None))
        assert session.execute(select(THING.c.id).where(THING.c.doc.is_(None))).one()


def test_an_error_rolls_everything_back(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        session.execute(insert(THING).values(id=new_id()))
        raise RuntimeError("half way")
    with database.session() as session:
        assert session.execute(select(THING)).all() == []


def test_rolling_back_a_savepoint_keeps_what_came_before(database: Database) -> None:
    with database.session() as session:
        session.execute(insert(THING).values(id=new_id(), name="kept"))
        with pytest.raises(RuntimeError), session.begin_nested():
            session.execute(insert(THING).values(id=new_id(), name="dropped"))
            raise RuntimeError
    with database.session() as session:
        assert session.scalars(select(THING.c.name)).all() == ["kept"]


def test_a_savepoint_as_first_statement_is_inside_the_transaction(lite: Database) -> None:
    with pytest.raises(RuntimeError), lite.session() as session:
        with session.begin_nested():
            session.execute(insert(THING).values(id=new_id()))
        raise RuntimeError
    with lite.session() as session:
        assert session.execute(select(THING)).all() == []


def test_a_reader_neither_waits_for_a_writer_nor_sees_its_half(lite: Database) -> None:
    with lite.session() as writer:
        writer.execute(insert(THING).values(id=new_id()))
        with lite.session() as reader:
            assert reader.execute(select(THING)).all() == []


def test_one_who_read_long_ago_can_still_write(lite: Database) -> None:
    thing = new_id()
    with lite.session() as session:
        session.execute(insert(THING).values(id=thing, name="0"))
    with lite.session() as slow:
        slow.execute(select(THING)).all()
        with lite.session() as quick:
            quick.execute(update(THING).values(name="1"))
        slow.execute(update(THING).values(name="2"))
    with lite.session() as session:
        assert session.scalar(select(THING.c.name)) == "2"


def test_select_for_update_makes_writers_take_turns(database: Database) -> None:
    thing = new_id()
    with database.session() as session:
        session.execute(insert(THING).values(id=thing, name="0"))

    def add() -> None:
        for _ in range(5):
            with database.session() as session:
                name = session.scalar(select(THING.c.name).where(THING.c.id == thing).with_for_update())
                session.execute(update(THING).where(THING.c.id == thing).values(name=str(int(name or 0) + 1)))

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with database.session() as session:
        assert session.scalar(select(THING.c.name)) == "20"


def test_sqlite_is_durable_and_checks_foreign_keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, careless_disks: Callable[[Any, Any], None]) -> None:
    monkeypatch.setattr(sqlite, "_configure", careless_disks)  # as outside this suite
    database = Database(f"sqlite:///{tmp_path}/hall.db")
    with database.session() as session:
        pragma = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    database.close()
    assert pragma == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}


def test_a_database_that_is_gone_is_said_plainly() -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(DatabaseAway) as caught:
        gone.ping()
    assert caught.value.status == 503
    assert "没有丢失" in caught.value.words("zh")


def test_a_lost_race_is_run_again_and_another_error_is_not() -> None:
    tries: list[int] = []

    def locked_twice() -> str:
        tries.append(1)
        if len(tries) < 3:
            raise OperationalError("UPDATE", {}, Exception("database is locked"))
        return "done"

    assert retrying(locked_twice, first_pause=0.0) == "done"
    assert len(tries) == 3

    def broken() -> None:
        tries.append(1)
        raise DBAPIError("UPDATE", {}, Exception("no such column"))

    with pytest.raises(DBAPIError):
        retrying(broken)
    assert len(tries) == 4
    assert not is_transient(ValueError())


def test_run_commits_and_hands_the_result_out(database: Database) -> None:
    thing = new_id()
    assert database.run(lambda session: session.execute(insert(THING).values(id=thing).returning(THING.c.id)).scalar_one()) == thing
    with database.session() as session:
        assert session.scalars(select(THING.c.id)).all() == [thing]
