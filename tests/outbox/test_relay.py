"""One message has one effect, whatever fails; claims are leases; periodic jobs are shared."""

import logging
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, MetaData, String, Table, func, insert, select, update

from core.db.base import Base
from core.db.database import Database
from core.db.types import Id
from core.kernel import clock
from core.kernel.ids import new_id
from core.outbox import queries, relay, schedule, service
from core.outbox.errors import NotParked, ProcessEnded
from core.outbox.models import Effect, Job, Message

NOON = datetime(2026, 11, 21, 4, tzinfo=UTC)
META = MetaData()
SEEN = Table("test_outbox_seen", META, Column("id", Id, primary_key=True), Column("message_id", String), Column("note", String))
TABLES = [Base.metadata.tables[name] for name in ("outbox", "outbox_effect", "outbox_job")]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    for meta, tables in ((META, None), (Base.metadata, TABLES)):
        meta.drop_all(database.engine, tables=tables)
        meta.create_all(database.engine, tables=tables)
    yield database
    META.drop_all(database.engine)
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()


@pytest.fixture(autouse=True)
def handlers(monkeypatch: pytest.MonkeyPatch) -> dict[str, service.Handler]:
    fresh: dict[str, service.Handler] = {}
    monkeypatch.setattr(service, "_handlers", fresh)
    monkeypatch.setattr(schedule, "_jobs", {})

    @service.handler("note")
    def note(session: Any, body: dict[str, Any], message_id: str) -> None:
        session.execute(insert(SEEN).values(id=new_id(), message_id=message_id, note=body["note"]))
        if body.get("break"):
            raise RuntimeError("printer on fire")

    return fresh


def send(database: Database, key: str, **body: Any) -> str:
    with database.session() as session:
        return service.send(session, "note", {"note": key, **body}, key=key)


def seen(database: Database) -> list[str]:
    with database.session() as session:
        return sorted(session.scalars(select(SEEN.c.note)))


def message(database: Database, message_id: str) -> Message:
    with database.session() as session:
        return session.get_one(Message, message_id)


def test_a_message_takes_effect_and_is_done(database: Database) -> None:
    first = send(database, "a")
    assert relay.run_once(database) == 1
    assert relay.run_once(database) == 0
    assert seen(database) == ["a"]
    assert message(database, first).done_at is not None


def test_every_run_is_logged_with_the_id_of_its_message(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    good = send(database, "a")
    with database.session() as session:
        bad = service.send(session, "nobody.handles", {}, key="b")
    with caplog.at_level(logging.INFO, "wangting.outbox"):
        relay.run_once(database)
    logged = {getattr(record, "job_id", None): record.levelname for record in caplog.records}
    assert logged == {good: "INFO", bad: "WARNING"}


def test_the_same_key_is_one_message(database: Database) -> None:
    assert send(database, "a") == send(database, "a")
    relay.run_all(database)
    assert seen(database) == ["a"]


def test_a_message_of_a_rolled_back_transaction_never_was(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        service.send(session, "note", {"note": "x"}, key="x")
        raise RuntimeError
    assert relay.run_once(database) == 0


def test_a_failing_handler_leaves_no_half_and_waits_longer_each_time(database: Database) -> None:
    with clock.freeze(NOON):
        bad = send(database, "a", **{"break": True})
        assert relay.run_once(database) == 1
        row = message(database, bad)
        assert seen(database) == []
        assert row.attempts == 1
        assert row.available_at > NOON
        assert row.last_error == "RuntimeError: printer on fire"
        assert relay.run_once(database) == 0
        clock.move(hours=2)
        assert relay.run_once(database) == 1
    assert relay.pause_after(1) < timedelta(seconds=4) < relay.pause_after(4)
    assert relay.pause_after(200) <= timedelta(hours=1.5)


def test_after_its_last_attempt_a_message_is_parked_and_can_be_revived(database: Database, handlers: dict[str, service.Handler]) -> None:
    with clock.freeze(NOON):
        bad = send(database, "a", **{"break": True})
        for _ in range(relay.MAX_ATTEMPTS):
            assert relay.run_once(database) == 1
            clock.move(hours=2)
        assert relay.run_once(database) == 0
        with database.session() as session:
            assert [one.id for one in service.parked(session)] == [bad]
            handlers["note"] = lambda session, body, message_id: None
            service.revive(session, bad)
            with pytest.raises(NotParked):
                service.revive(session, new_id())
        assert relay.run_once(database) == 1
        assert message(database, bad).done_at is not None


def test_a_message_nobody_handles_waits_for_its_plugin(database: Database, handlers: dict[str, service.Handler]) -> None:
    with clock.freeze(NOON):
        function = handlers.pop("note")
        one = send(database, "a")
        relay.run_once(database)
        assert "NoHandler" in str(message(database, one).last_error)
        handlers["note"] = function
        clock.move(hours=1)
        relay.run_once(database)
    assert seen(database) == ["a"]


def test_a_claim_of_a_dead_worker_runs_out(database: Database) -> None:
    with clock.freeze(NOON):
        send(database, "a")
        assert len(relay.claim(database, 10, by="dead")) == 1
        assert relay.run_once(database, by="alive") == 0
        clock.move(seconds=61)
        assert relay.run_once(database, by="alive") == 1
    assert seen(database) == ["a"]


def test_a_message_that_kills_its_process_every_time_is_parked(database: Database) -> None:
    with clock.freeze(NOON):
        one = send(database, "a")
        for _ in range(relay.MAX_ATTEMPTS):
            relay.claim(database, 10, by="dies")
            clock.move(minutes=2)
        relay.run_once(database)
    assert seen(database) == []
    assert message(database, one).parked_at == NOON + timedelta(minutes=2 * relay.MAX_ATTEMPTS)


def test_a_worker_whose_lease_ran_out_does_not_repeat_the_effect(database: Database) -> None:
    with clock.freeze(NOON):
        send(database, "a")
        (late,) = relay.claim(database, 10, by="slow")
        clock.move(seconds=61)
        relay.run_once(database, by="quick")
        assert relay.deliver(database, late, by="slow") is False
        assert relay.deliver(database, late) is False
    assert seen(database) == ["a"]


def test_two_runs_of_one_message_at_once_commit_one_effect(database: Database, handlers: dict[str, service.Handler]) -> None:
    send(database, "a")
    (claimed,) = relay.claim(database, 1, by="both")
    both_in = threading.Barrier(2, timeout=20)
    write = handlers["note"]

    def slow(session: Any, body: dict[str, Any], message_id: str) -> None:
        both_in.wait()
        write(session, body, message_id)

    handlers["note"] = slow
    results: list[bool] = []
    threads = [threading.Thread(target=lambda: results.append(relay.deliver(database, claimed))) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == [False, True]
    assert seen(database) == ["a"]
    assert message(database, claimed.id).parked_at is None


def test_workers_share_the_messages(database: Database) -> None:
    with database.session() as session:
        for number in range(60):
            service.send(session, "note", {"note": f"{number:02}"}, key=f"n{number}")
    threads = [threading.Thread(target=relay.run_all, args=(database,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    relay.run_all(database)
    assert seen(database) == [f"{number:02}" for number in range(60)]


def test_a_delayed_message_comes_when_it_is_due(database: Database) -> None:
    with clock.freeze(NOON):
        with database.session() as session:
            service.send(session, "note", {"note": "later"}, key="later", available_at=NOON + timedelta(days=1))
        assert relay.run_once(database) == 0
        clock.move(days=1)
        assert relay.run_once(database) == 1


def test_the_sweep_forgets_old_done_messages_only(database: Database) -> None:
    with clock.freeze(NOON):
        send(database, "old")
        relay.run_all(database)
        clock.move(days=91)
        kept = send(database, "open")
        with database.session() as session:
            assert service.sweep(session) == 1
            assert session.scalars(select(Message.id)).all() == [kept]
            assert session.scalars(select(Effect.message_id)).all() == []
            assert service.waiting(session) == 1


def test_one_topic_has_one_handler(handlers: dict[str, service.Handler]) -> None:
    with pytest.raises(ValueError, match="handled by"):
        service.handler("note")(lambda session, body, message_id: None)


def test_the_embedded_relay_wakes_at_the_commit_and_stops_cleanly(database: Database, handlers: dict[str, service.Handler]) -> None:
    done = threading.Event()
    handlers["note"] = lambda session, body, message_id: done.set()
    embedded = relay.Embedded(database, poll_seconds=600).start()
    try:
        threading.Event().wait(0.3)  # it has looked once and sleeps; only the nudge can wake it
        send(database, "a")
        assert done.wait(20)
    finally:
        embedded.stop()
    assert not any(thread.name == "wangting-outbox" for thread in threading.enumerate())
    send(database, "b")
    assert relay.run_all(database) == 1


def test_the_embedded_relay_lives_through_an_error(database: Database) -> None:
    calls: list[int] = []
    twice = threading.Event()

    def shaky(_: Database) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("network is down")
        twice.set()
        return 0

    embedded = relay.Embedded(database, shaky, poll_seconds=0.01).start()
    assert twice.wait(20)
    embedded.stop()


def test_a_lane_is_run_by_those_who_take_it_and_by_nobody_else(database: Database) -> None:
    service.handler("apart", lane=service.PLUGINS)(lambda session, body, message_id: None)
    send(database, "a")
    with database.session() as session:
        apart = service.send(session, "apart", {}, key="apart")
    assert relay.run_once(database, lanes=(service.CORE,)) == 1 and relay.run_once(database, lanes=(service.CORE,)) == 0
    assert relay.any_due(database, service.PLUGINS) and relay.claim(database, 5, by="celery") == []
    (claimed,) = relay.claim(database, 5, by="one", lane=service.PLUGINS)
    relay.hold(database, claimed, timedelta(hours=1), by="another")
    assert message(database, apart).claimed_until < clock.now() + timedelta(minutes=2)
    relay.hold(database, claimed, timedelta(hours=1), by="one")
    assert message(database, apart).claimed_until > clock.now() + timedelta(minutes=50)
    assert relay.deliver(database, claimed, by="one")


def test_a_message_whose_process_was_ended_fails_like_any_other_or_does_what_its_topic_says_once(database: Database) -> None:
    instead: list[str] = []
    service.handler("plain", lane=service.PLUGINS)(lambda session, body, message_id: None)
    service.handler("told", lane=service.PLUGINS, ended=lambda session, body, message_id: instead.append(body["n"]))(lambda session, body, message_id: None)
    with clock.freeze(NOON), database.session() as session:
        plain, told = (service.send(session, topic, {"n": topic}, key=topic) for topic in ("plain", "told"))
    claims = {each.id: each for each in relay.claim(database, 5, by="apart", lane=service.PLUGINS)}
    for each in (*claims.values(), claims[told]):
        relay.ended(database, each, ProcessEnded(seconds=1.0), by="apart")
    waits = message(database, plain)
    assert waits.done_at is None and waits.claimed_by is None and waits.last_error == "ProcessEnded: It took more than 1.0 s and its process was ended"
    assert instead == ["told"] and message(database, told).done_at is not None


def test_a_periodic_job_runs_once_a_turn_for_all_workers(database: Database) -> None:
    turns: list[datetime] = []
    with clock.freeze(NOON):
        schedule.every("lights", 60, lambda session: turns.append(clock.now()))
        assert schedule.run_due(database) == 1
        assert schedule.run_due(database) == 0
        clock.move(days=3)  # three days of downtime are one turn, not 4,320
        assert schedule.run_due(database) == 1
        assert schedule.run_due(database) == 0
    assert turns == [NOON, NOON + timedelta(days=3)]


def test_a_periodic_job_held_by_another_is_left_alone_until_the_lease_ends(database: Database) -> None:
    with clock.freeze(NOON):
        schedule.every("lights", 60, lambda session: None)
        schedule.run_due(database)
        clock.move(minutes=2)
        with database.session() as session:
            session.execute(update(Job).values(claimed_until=clock.now() + schedule.LEASE))
        assert schedule.run_due(database) == 0
        clock.move(minutes=6)
        assert schedule.run_due(database) == 1


def test_a_failing_periodic_job_is_noted_and_tried_again(database: Database) -> None:
    def broken(session: Any) -> None:
        session.execute(insert(SEEN).values(id=new_id(), note="half"))
        raise RuntimeError("no paper")

    with clock.freeze(NOON):
        schedule.every("print", 60, broken)
        schedule.run_due(database)
        with database.session() as session:
            job = session.get_one(Job, "print")
        assert (job.failures, job.last_error, job.next_at) == (1, "RuntimeError: no paper", NOON + timedelta(minutes=1))
        assert seen(database) == []
        schedule.every("print", 60, lambda session: None)
        clock.move(minutes=1)
        assert schedule.run_due(database) == 1
        with database.session() as session:
            assert session.get_one(Job, "print").failures == 0


def test_a_job_that_works_in_batches_goes_on_at_once(database: Database) -> None:
    left = [3]

    def batch(session: Any) -> bool:
        left[0] -= 1
        return left[0] > 0

    with clock.freeze(NOON):
        schedule.every("sweep", 3600, batch)
        assert [schedule.run_due(database) for _ in range(4)] == [1, 1, 1, 0]


def test_counting_open_messages_counts_open_ones(database: Database) -> None:
    send(database, "a")
    with database.session() as session:
        assert service.waiting(session) == session.scalar(select(func.count()).select_from(Message)) == 1
        session.execute(update(Message).values(parked_at=NOON))
        assert queries.counts(session) == queries.Counts(waiting=0, parked=1)
