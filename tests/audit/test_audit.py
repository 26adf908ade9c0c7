"""The audit record: whatever is done to it afterwards is found."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.audit import chains, service
from core.audit.models import Entry, Head
from core.audit.spec import Problem, Root
from core.db.base import Base
from core.db.database import Database
from core.kernel import clock
from core.kernel.actor import Actor

CLERK = Actor("staff", "s1", on_behalf_of="s2")
TABLES = [Base.metadata.tables["audit_entry"], Base.metadata.tables["audit_head"]]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    Base.metadata.drop_all(database.engine, tables=TABLES)
    Base.metadata.create_all(database.engine, tables=TABLES)
    monkeypatch.setattr(service, "SHARDS", 1)
    monkeypatch.setattr(chains, "_families", {})  # the record alone: other slices' tables are not here
    yield database
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()


def fill(database: Database, count: int = 5) -> Root:
    with clock.freeze(datetime(2026, 11, 21, 4, tzinfo=UTC)):
        for number in range(count):
            with database.session() as session:
                service.record(session, "case.looked", subject=("case", f"c{number}"), actor=CLERK, detail={"why": "办理", "n": number})
        with database.session() as session:
            return service.export_root(session)


def verify(database: Database, against: Root | None = None) -> list[Problem]:
    with database.session() as session:
        return list(service.verify(session, against))


STREAM = "2026-11-21/00"


def test_an_untouched_record_verifies(database: Database) -> None:
    root = fill(database)
    assert verify(database) == []
    assert verify(database, Root.from_json(root.to_json())) == []
    assert root.streams[STREAM][0] == 5


def test_going_on_after_an_export_still_verifies(database: Database) -> None:
    root = fill(database)
    with database.session() as session:
        service.record(session, "case.acted", subject=("case", "c1"), actor=CLERK)
        service.record(session, "case.acted", subject=("case", "c1"), actor=CLERK)
    assert verify(database, root) == []


@pytest.mark.parametrize(
    "change",
    [
        {"detail": '{"n":2,"why":"别的"}'},
        {"detail": "no json"},
        {"actor_id": "s9"},
        {"on_behalf_of": None},
        {"at": datetime(2026, 11, 21, 5, tzinfo=UTC)},
        {"algorithm": "rot13"},
        {"format": 2},
    ],
)
def test_an_edit_is_found_at_its_spot(database: Database, change: dict[str, Any]) -> None:
    fill(database)
    with database.session() as session:
        session.execute(update(Entry).where(Entry.seq == 3).values(change))
    assert verify(database) == [Problem(STREAM, 3, "edited")]


def test_a_deletion_in_the_middle_is_found(database: Database) -> None:
    fill(database)
    with database.session() as session:
        session.execute(delete(Entry).where(Entry.seq == 3))
    assert Problem(STREAM, 3, "missing") in verify(database)


def test_two_entries_that_changed_places_are_found(database: Database) -> None:
    fill(database)
    with database.session() as session:
        for old, new in ((2, 99), (3, 2), (99, 3)):
            session.execute(update(Entry).where(Entry.seq == old).values(seq=new))
    faults = {problem.fault for problem in verify(database)}
    assert "reordered" in faults


def test_a_cut_end_is_found_by_the_head(database: Database) -> None:
    fill(database)
    with database.session() as session:
        session.execute(delete(Entry).where(Entry.seq >= 4))
    assert verify(database) == [Problem(STREAM, 4, "truncated")]


def test_a_cut_end_with_a_fitted_head_is_found_by_the_exported_root(database: Database) -> None:
    root = fill(database)
    with database.session() as session:
        session.execute(delete(Entry).where(Entry.seq >= 4))
        last = session.scalars(select(Entry).where(Entry.seq == 3)).one()
        session.execute(update(Head).values(seq=3, hash=last.hash))
    assert verify(database) == []
    assert verify(database, root) == [Problem(STREAM, 4, "truncated")]


def test_a_whole_stream_taken_away_is_found_by_the_exported_root(database: Database) -> None:
    root = fill(database)
    with database.session() as session:
        session.execute(delete(Entry))
        session.execute(delete(Head))
    assert verify(database, root) == [Problem(STREAM, 1, "truncated")]


def test_a_record_written_anew_with_right_hashes_is_found_by_the_exported_root(database: Database) -> None:
    root = fill(database)
    with database.session() as session:
        session.execute(delete(Entry))
        session.execute(delete(Head))
    fill(database, 4)
    with clock.freeze(datetime(2026, 11, 21, 4, tzinfo=UTC)), database.session() as session:
        service.record(session, "case.looked", subject=("case", "somebody else"), actor=CLERK)
    assert verify(database) == []
    assert verify(database, root) == [Problem(STREAM, 5, "rewritten")]


def test_an_altered_export_is_found(database: Database) -> None:
    document = fill(database).to_json()
    document["streams"][STREAM][0] = 4
    assert Problem("*", 0, "rewritten") in verify(database, Root.from_json(document))


def test_writers_at_once_make_one_whole_chain(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "SHARDS", 3)

    def write() -> None:
        for number in range(8):
            database.run(lambda session, number=number: service.record(session, "looked", subject=("case", str(number)), actor=CLERK))

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verify(database) == []
    with database.session() as session:
        assert len(session.scalars(select(Entry.seq)).all()) == 32


def test_what_is_rolled_back_leaves_no_gap(database: Database) -> None:
    fill(database, 1)
    with pytest.raises(RuntimeError), database.session() as session:
        service.record(session, "x", subject=("case", "c"), actor=CLERK)
        raise RuntimeError
    fill(database, 1)
    assert verify(database) == []
