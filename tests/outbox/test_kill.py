"""kill -9 at random points: every message takes effect exactly once, whole."""

import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sqlalchemy import Column, MetaData, String, Table, select, update

from core.db.base import Base
from core.db.database import Database
from core.outbox import celery_transport, service
from core.outbox.models import Message

pytestmark = pytest.mark.long

META = MetaData()
SEEN = Table("test_kill_seen", META, Column("id", String(36), primary_key=True), Column("message_id", String(36)), Column("half", String(10)))
TABLES = [Base.metadata.tables[name] for name in ("outbox", "outbox_effect", "outbox_job")]
PROCESS = Path(__file__).with_name("relay_process.py")
ROOT = Path(__file__).resolve().parents[2]
MESSAGES, KILLS = 60, 3


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    for meta, tables in ((META, None), (Base.metadata, TABLES)):
        meta.drop_all(database.engine, tables=tables)
        meta.create_all(database.engine, tables=tables)
    with database.session() as session:
        for number in range(MESSAGES):
            service.send(session, "note", {"number": number}, key=f"kill/{number}")
    yield database
    META.drop_all(database.engine)
    Base.metadata.drop_all(database.engine, tables=TABLES)
    database.close()


def start(*command: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, stdout=subprocess.PIPE, start_new_session=True
    )


def kill(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def open_count(database: Database) -> int:
    with database.session() as session:
        return service.waiting(session)


def assert_exactly_once(database: Database) -> None:
    with database.session() as session:
        halves = Counter((row.message_id, row.half) for row in session.execute(select(SEEN.c.message_id, SEEN.c.half)))
        ids = session.scalars(select(Message.id)).all()
        assert session.scalars(select(Message.id).where(Message.done_at.is_(None))).all() == []
    assert halves == Counter({(message_id, half): 1 for message_id in ids for half in ("first", "second")})
    assert len(ids) == MESSAGES


def until_done(database: Database, what: str) -> None:
    deadline = time.monotonic() + 90  # a bound against hanging for ever, not a measure
    while open_count(database):
        assert time.monotonic() < deadline, f"{what}: {open_count(database)} messages are left"
        time.sleep(0.1)


def test_killing_the_relay_loses_nothing_and_doubles_nothing(database: Database) -> None:
    chance = random.Random(20261121)
    url = database.engine.url.render_as_string(hide_password=False)
    for _ in range(KILLS):
        process = start(str(PROCESS), url)
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        time.sleep(chance.uniform(0.01, 0.2))
        kill(process)
    assert open_count(database) > 0, "the kills came too late to prove anything"
    process = start(str(PROCESS), url)
    try:
        until_done(database, "relay")
    finally:
        kill(process)
    assert_exactly_once(database)


@pytest.fixture
def redis_url(tmp_path: Path) -> Iterator[str]:
    server = shutil.which("redis-server")
    if server is None:
        pytest.fail("redis-server is not installed: run make test, which installs it or says how")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen([server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.mark.postgres
@pytest.mark.redis
def test_killing_celery_workers_loses_nothing_and_doubles_nothing(database: Database, redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(celery_transport, "LEASE", celery_transport.timedelta(seconds=2))
    chance = random.Random(20261121)
    url = database.engine.url.render_as_string(hide_password=False)
    app = celery_transport.configure(Celery("test", broker=redis_url))
    worker = ("-m", "celery", "-A", "tests.outbox.celery_process", "worker", "--pool=solo", "--loglevel=ERROR", "--without-gossip", "--without-mingle")

    def publish_and_wait(process: subprocess.Popen[bytes], seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and open_count(database):
            celery_transport.publish_once(database, app, limit=20)
            time.sleep(0.05)
        assert process.poll() is None

    for _ in range(2):
        process = start(*worker, OUTBOX_URL=url, BROKER_URL=redis_url)
        while open_count(database) == MESSAGES:
            publish_and_wait(process, 0.2)
        time.sleep(chance.uniform(0.0, 0.05))
        kill(process)
        with database.session() as session:  # the attempts of waiting in a queue are not the message's fault
            session.execute(update(Message).values(attempts=0))
    process = start(*worker, OUTBOX_URL=url, BROKER_URL=redis_url)
    try:
        publish_and_wait(process, 60)
        until_done(database, "celery")
    finally:
        kill(process)
    assert_exactly_once(database)


def test_a_broker_that_is_away_costs_nothing(database: Database) -> None:
    app = celery_transport.configure(Celery("test", broker="redis://127.0.0.1:1/0"))
    app.conf.broker_transport_options = {**app.conf.broker_transport_options, "max_retries": 1, "interval_start": 0, "interval_step": 0}
    with pytest.raises(Exception, match=r"(?i)connect"):
        celery_transport.publish_once(database, app)
    with database.session() as session:
        assert set(session.execute(select(Message.attempts, Message.claimed_until)).all()) == {(0, None)}
