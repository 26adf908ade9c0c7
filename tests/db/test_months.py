"""History by month on PostgreSQL: every row in its month, one case's history in one place, months made ahead, and nothing lost when they are not."""

import json
import logging
import secrets
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select, text
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from core.audit import queries as audit_queries
from core.audit import service as audit
from core.cases.models import CaseEvent, CaseTaskDone, table
from core.db import months
from core.db.base import Base
from core.db.database import Database
from core.db.together import Rows, insert_together
from core.kernel.actor import SYSTEM
from core.kernel.clock import freeze, now
from core.kernel.ids import new_id
from tests.fixtures_hall import import_models

EVENTS = months.Monthly("case_event", "case_id", by_id=True)
DONE = months.Monthly("case_task_done", "case_id", by_id=True)
AUDIT = months.Monthly("audit_entry", "stream", by_id=False)
MARCH = datetime(2026, 3, 15, 8, tzinfo=UTC)


@pytest.fixture
def hall(pg_url: str) -> Iterator[Database]:
    """The tables of history as they stood in March 2026: that month and the next two are made."""
    import_models()
    database = Database(pg_url)
    with freeze(MARCH):
        Base.metadata.create_all(database.engine, tables=[Base.metadata.tables[name] for name in ("case_event", "case_task_done", "audit_entry", "audit_head")])
        with database.engine.begin() as connection:
            for each in (EVENTS, DONE, AUDIT):
                months.partition(connection, each)
        yield database
    database.close()


def id_at(at: datetime) -> str:
    """A UUIDv7 as it would have been made at that instant."""
    return str(UUID(int=int(at.timestamp() * 1000) << 80 | 7 << 76 | 2 << 62 | secrets.randbits(62)))


def event(case: str, seq: int = 1) -> dict[str, Any]:
    return {
        "case_id": case, "seq": seq, "region_root": case, "format": 1, "algorithm": "sha256", "kind": "case_filed", "at": now(), "actor_kind": "system",
        "actor_id": "system", "on_behalf_of": None, "command_key": "k", "body": "{}", "sealed": None, "prev_hash": "", "hash": "",
    }  # fmt: skip


def done(case: str, no: int = 1) -> dict[str, Any]:
    return {
        "case_id": case, "no": no, "region_root": case, "node": "intake", "kind": "intake", "title": "收件", "department_id": None, "role": "window",
        "opened_at": now(), "closed_at": now(), "actor_kind": "staff", "actor_id": "x", "on_behalf_of": None, "action": "accept", "event_seq": 1,
    }  # fmt: skip


def write(database: Database, *cases: str) -> None:
    with database.session() as session:
        insert_together(session, Rows(table(CaseEvent), [event(case) for case in cases]), Rows(table(CaseTaskDone), [done(case) for case in cases]))


def where(database: Database, name: str) -> dict[str, str]:
    """Key → the partition it lies in."""
    column = "stream" if name == "audit_entry" else "case_id"
    with database.session() as session:
        found = session.execute(text(f'SELECT "{column}"::text, tableoid::regclass::text FROM "{name}"'))
        return dict(found.all())


def turns(database: Database) -> int:
    """Run the job until it asks for no further turn; how many months it made."""
    count = 0
    while True:
        with database.session() as session:
            if not months.keep_ahead(session):
                return count
        count += 1


def state(database: Database, name: str = "case_event") -> months.State:
    with database.session() as session:
        return next(found for found in months.states(session) if found.table == name)


@given(st.dates(date(2020, 1, 1), date(2200, 1, 1)))
def test_the_first_key_of_a_month_belongs_to_it_and_the_one_before_to_the_last(day: date) -> None:
    month = day.replace(day=1)
    assert EVENTS.month_of(EVENTS.lowest(month)) == month == AUDIT.month_of(AUDIT.lowest(month))
    just_before = datetime(month.year, month.month, 1, tzinfo=UTC) - timedelta(milliseconds=1)
    assert id_at(just_before) < EVENTS.lowest(month) <= id_at(just_before + timedelta(milliseconds=1))
    assert months.following(EVENTS.month_of(id_at(just_before))) == month


def test_an_id_of_the_platform_belongs_to_the_present_month() -> None:
    before, made, after = months.first_day(now()), EVENTS.month_of(new_id()), months.first_day(now())
    assert made in (before, after)


def test_the_models_declare_what_is_history() -> None:
    import_models()
    assert set(months.declared()) == {AUDIT, EVENTS, DONE}


def test_sqlite_keeps_its_tables_whole(tmp_path: Any) -> None:
    import_models()
    database = Database(f"sqlite:///{tmp_path}/hall.db")
    database.create_all()
    with database.session() as session:
        assert not months.keep_ahead(session) and months.states(session) == ()
    database.close()


def test_rows_of_three_months_lie_in_their_partitions(hall: Database) -> None:
    cases = {month: id_at(datetime(2026, month, 28, 23, 59, tzinfo=UTC)) for month in (3, 4, 5)}
    write(hall, *cases.values())
    for month in cases:
        with freeze(datetime(2026, month, 9, tzinfo=UTC)), hall.session() as session:
            audit.record(session, "tested", subject=("case", cases[month]), actor=SYSTEM)
    for name in ("case_event", "case_task_done"):
        assert where(hall, name) == {case: f"{name}_2026_{month:02}" for month, case in cases.items()}
    assert {key[:7]: part for key, part in where(hall, "audit_entry").items()} == {f"2026-{month:02}": f"audit_entry_2026_{month:02}" for month in cases}
    with hall.session() as session:
        assert audit.verify(session) == ()
    assert state(hall).strays == 0


def test_the_key_still_holds_across_months(hall: Database) -> None:
    case = id_at(MARCH)
    write(hall, case)
    with pytest.raises(DBAPIError, match="pk"), hall.session() as session:
        session.execute(insert(table(CaseEvent)).values(event(case)))


def test_the_history_of_one_case_is_read_from_one_month(hall: Database) -> None:
    for number in range(3):
        write(hall, *(id_at(MARCH + timedelta(days=20 * number)) for _ in range(30)))
    case = id_at(MARCH)
    for model in (CaseEvent, CaseTaskDone):
        query = select(*table(model).c).where(table(model).c.case_id == case)
        assert read_by(hall, query) == {f"{model.__tablename__}_2026_03"}


def test_who_looked_at_a_case_is_read_from_the_months_since_it_was_filed(hall: Database) -> None:
    with hall.session() as session:
        audit.record(session, "cases.looked", subject=("case", "c1"), actor=SYSTEM)
        found = audit_queries.entries_of(session, ("case", "c1"), since=MARCH)
        assert [row.action for row in found] == ["cases.looked"] == [row.action for row in audit_queries.entries_of(session, ("case", "c1"))]
        assert audit_queries.entries_of(session, ("case", "c2"), since=MARCH) == []
    entry = months.declared()[0].table
    assert read_by(hall, text(f"SELECT * FROM {entry} WHERE subject_id = 'c1' AND stream >= '2026-03-15' AND stream < '2026-03-17'")) == {"audit_entry_2026_03"}


def read_by(database: Database, query: Any) -> set[str]:
    """The tables that the plan of *query* opens."""
    words = str(query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True}))  # type: ignore[no-untyped-call]
    with database.session() as session:
        plan = session.execute(text(f"EXPLAIN (FORMAT JSON) {words}")).scalar_one()
    found: set[str] = set()
    nodes = [(plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        found |= {node["Relation Name"]} if "Relation Name" in node else set()
        nodes += node.get("Plans", [])
    return found


def test_the_job_makes_the_months_that_come_and_a_second_run_does_no_harm(hall: Database) -> None:
    assert turns(hall) == 0 and state(hall).ahead == months.AHEAD
    with freeze(MARCH + timedelta(days=60)):
        assert turns(hall) == 2 * 3  # June and July, three tables
        made = state(hall).months
        assert made[-1] == date(2026, 7, 1) and state(hall).ahead == months.AHEAD
        assert turns(hall) == 0 and state(hall).months == made


def test_two_workers_take_turns(hall: Database) -> None:
    with freeze(MARCH + timedelta(days=60)):
        with hall.session() as first:
            assert months.keep_ahead(first)
            with hall.session() as second:
                assert not months.keep_ahead(second)
        assert turns(hall) == 2 * 3 - 1


def test_a_turn_that_is_killed_leaves_nothing_and_is_made_up_for(hall: Database) -> None:
    stray = id_at(MARCH + timedelta(days=90))
    write(hall, stray)
    with freeze(MARCH + timedelta(days=90)):
        before = state(hall)
        with pytest.raises(DBAPIError), hall.sessions() as session:
            assert months.keep_ahead(session)
            _kill(hall, session)
            session.commit()
        assert state(hall) == before and where(hall, "case_event") == {stray: "case_event_default"}
        assert turns(hall) > 0
        assert where(hall, "case_event") == {stray: "case_event_2026_06"} and state(hall).strays == 0


def _kill(database: Database, session: Session) -> None:
    process = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with database.session() as other:
        other.execute(text("SELECT pg_terminate_backend(:process)"), {"process": process})


def test_rows_without_a_month_are_kept_told_and_moved_when_the_worker_is_back(hall: Database, caplog: pytest.LogCaptureFixture) -> None:
    late, early = id_at(MARCH + timedelta(days=120)), id_at(MARCH - timedelta(days=400))
    write(hall, late, early)
    assert set(where(hall, "case_event").values()) == {"case_event_default"} and state(hall).strays == 2
    with freeze(MARCH + timedelta(days=121)), caplog.at_level(logging.WARNING, "wangting.history"):
        turns(hall)
        assert (
            where(hall, "case_event")
            == {late: "case_event_2026_07", early: "case_event_2025_02"}
            == {case: part.replace("task_done", "event") for case, part in where(hall, "case_task_done").items()}
        )
        assert state(hall).strays == 0 and state(hall).ahead == months.AHEAD
    assert "case_event of 2025-02-01" in caplog.text and "default partition" in caplog.text
    caplog.clear()
    turns(hall)
    assert caplog.text == ""


def test_a_key_of_no_month_that_can_be_raises_the_alarm_and_stops_nothing(hall: Database, caplog: pytest.LogCaptureFixture) -> None:
    strange = "ffffffff-ffff-4fff-bfff-ffffffffffff"
    write(hall, strange)
    with freeze(MARCH + timedelta(days=31)), caplog.at_level(logging.ERROR, "wangting.history"):
        assert turns(hall) == 3
        assert where(hall, "case_event") == {strange: "case_event_default"} and state(hall).strays == 1
    assert "1 rows of case_event" in caplog.text


def test_others_write_on_while_a_month_is_being_made(hall: Database) -> None:
    with freeze(MARCH + timedelta(days=60)), hall.sessions() as session:
        assert months.keep_ahead(session)  # not committed yet
        write(hall, id_at(MARCH))
        session.commit()
    assert turns(hall) == 0


def test_a_turn_gives_way_to_whoever_holds_the_default_partition(hall: Database) -> None:
    with freeze(MARCH + timedelta(days=60)):
        with hall.sessions() as reader:
            reader.execute(text("SELECT count(*) FROM case_event_default"))
            reader.execute(text("SELECT count(*) FROM audit_entry_default"))
            with pytest.raises(DBAPIError, match="lock timeout"), hall.session() as session:
                months.keep_ahead(session)
        assert turns(hall) == 2 * 3


def test_a_plain_table_is_cut_with_its_rows_and_joined_again_the_same(hall: Database) -> None:
    cases = [id_at(MARCH + timedelta(days=31 * n)) for n in (-20, -1, 0, 7)]
    write(hall, *cases)
    shape = _shape(hall)
    for _ in range(2):
        with hall.engine.begin() as connection:
            months.join(connection, EVENTS)
            months.join(connection, EVENTS)
        assert set(where(hall, "case_event").values()) == {"case_event"} and _shape(hall) == shape
        with hall.engine.begin() as connection:
            months.partition(connection, EVENTS)
        parts = where(hall, "case_event")
        assert [parts[case] for case in cases] == ["case_event_2024_07", "case_event_2026_02", "case_event_2026_03", "case_event_default"]
        assert _shape(hall) == shape


def _shape(database: Database) -> list[Any]:
    """Names and definitions of columns, keys and indexes."""
    with database.session() as session:
        return [
            session.execute(text(query)).all()
            for query in (
                "SELECT column_name, data_type, is_nullable FROM information_schema.columns WHERE table_name = 'case_event' ORDER BY ordinal_position",
                "SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = 'case_event'::regclass ORDER BY 1",
                "SELECT indexname, replace(indexdef, ' ON ONLY ', ' ON ') FROM pg_indexes WHERE tablename = 'case_event' ORDER BY 1",
            )
        ]
