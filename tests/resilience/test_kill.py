"""kill -9 of web and worker at random points under load: what was answered is there, once, whole."""

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.app import open_site
from core.audit import service as audit
from core.cases import service as cases
from core.cases.models import Case, CaseEvent
from core.db.database import Database
from core.kernel.ids import new_id
from core.notices.models import Notice
from core.outbox import service as outbox
from core.outbox.models import Message
from tests import fixtures_site as site
from tests.fixtures_hall import settle
from tests.resilience.conftest import ITEM, Program, call

pytestmark = pytest.mark.long

SEED = 20261121
Note = Callable[[str, object], None]
CITIZENS = ("13800000001", "13800000002")
SOAK = pytest.param(
    200,
    marks=[
        pytest.mark.soak,
        pytest.mark.counted,
        pytest.mark.skipif(not os.environ.get("WANGTING_SOAK"), reason="200 rounds run with WANGTING_SOAK=1 (make soak)"),
    ],
)


@dataclass
class Load:
    """People at work who never give up: every command is repeated under its key until it is answered."""

    port: int
    tokens: dict[str, str]
    stop: threading.Event = field(default_factory=threading.Event)
    filed: dict[str, str] = field(default_factory=dict)  #: key → case id, as answered
    pressed: dict[str, str] = field(default_factory=dict)  #: key → case id, answered with 200
    retries: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def send(self, who: str, method: str, path: str, body: Any = None, key: str | None = None) -> tuple[int, dict[str, Any]]:
        """One command, again and again until the server lives long enough to answer it."""
        headers = {"Authorization": "Bearer " + self.tokens[who]} | ({"Idempotency-Key": key} if key else {})
        deadline = time.monotonic() + 180  # a bound against hanging for ever, not a measure
        while time.monotonic() < deadline:
            try:
                status, data = call(self.port, method, path, body, headers)
                if status < 500:
                    return status, json.loads(data)
                self.retries[f"{status}"] += 1
            except (OSError, http.client.HTTPException, ValueError) as error:
                self.retries[type(error).__name__] += 1
            time.sleep(0.03)
        raise AssertionError(f"{method} {path} was never answered: {self.retries}")

    def citizen(self, login: str, chance: random.Random) -> None:
        """File applications; every third is sent again although it was answered."""
        given = site.example(ITEM)
        body = {"item": ITEM, "answers": given["form"], "situation": given["situation"]}
        while not self.stop.is_set():
            key = new_id()
            for _ in range(2 if chance.random() < 0.33 else 1):
                status, answer = self.send(login, "POST", "/v1/cases", body, key)
                if status != 201 or self.filed.setdefault(key, answer["id"]) != answer["id"]:
                    self.wrong.append(f"{key}: {status} {answer}, first answered {self.filed.get(key)}")
                    return
            time.sleep(chance.uniform(0.02, 0.2))  # enough to be at work all the time, few enough to verify every case

    def clerk(self) -> None:
        """Accept what comes in; where somebody was quicker – oneself, before the kill – the answer is a plain conflict."""
        while not self.stop.is_set():
            _status, answer = self.send("window", "GET", "/v1/tasks")
            for task in [task for task in answer["tasks"] if task["node"] == "intake"][:5]:
                key = new_id()
                status, done = self.send("window", "POST", f"/v1/tasks/{task['case_id']}/{task['no']}/actions", {"action": "accept"}, key)
                if status == 200:
                    self.pressed[key] = task["case_id"]
                elif status not in (404, 409):
                    self.wrong.append(f"accept: {status} {done}")
                    return
            time.sleep(0.05)

    def run(self) -> list[threading.Thread]:
        """Everybody starts."""
        jobs: list[tuple[Any, tuple[Any, ...]]] = [(self.citizen, (login, random.Random(f"{SEED}/{login}"))) for login in CITIZENS]
        threads = [threading.Thread(target=self._guard, args=job, daemon=True) for job in [*jobs, (self.clerk, ())]]
        for thread in threads:
            thread.start()
        return threads

    def tell(self, note: Note, rounds: int) -> None:
        """Put what was proved into the report of the run."""
        told = {"seed": SEED, "kills": rounds, "applications": len(self.filed), "acceptances": len(self.pressed), "cut-off calls": self.retries.total()}
        for name, value in told.items():
            note(name, value)

    def _guard(self, work: Any, arguments: tuple[Any, ...]) -> None:
        try:
            work(*arguments)
        except Exception as error:  # noqa: BLE001 – told by the test, not by a dying thread
            self.wrong.append(repr(error))


def tokens(built: site.Built, port: int) -> dict[str, str]:
    """Everybody's token; it outlives the server, because the key is the hall's."""
    found = {}
    for login in (*CITIZENS, "window"):
        body = {"kind": "citizen" if login.isdigit() else "staff", "login": login, "password": built.passwords[login]}
        status, data = call(port, "POST", "/v1/tokens", body)
        assert status == 201, data
        found[login] = json.loads(data)["token"]
    return found


def kill_in_rounds(built: site.Built, web: Program, others: list[Program], rounds: int) -> Load:
    """Load, and *rounds* kills at seeded points: always the web, and when there are others one of them too."""
    chance = random.Random(SEED)
    load = Load(web.port, tokens(built, web.port))
    threads = load.run()
    for number in range(rounds):
        before = len(load.filed)
        while len(load.filed) <= before and not load.wrong:  # the server is at work when it is hit
            time.sleep(0.01)
        time.sleep(chance.uniform(0.0, 0.6))
        victims = [web] if not others else [[web], others, [web, *others]][number % 3]
        for victim in victims:
            victim.kill()
        for victim in victims:
            victim.start()
        if web in victims:
            web.ready()
        assert not load.wrong, load.wrong
    load.stop.set()
    for thread in threads:
        thread.join(200)
        assert not thread.is_alive()
    for program in (web, *others):
        program.kill()
    assert not load.wrong, load.wrong
    assert sum(load.retries.values()) > 0, "no call was ever cut off: the kills proved nothing"
    return load


def drain(database: Database) -> None:
    """Run the outbox to its end. Nobody else lives, so leases of the dead need not be waited for."""
    with database.session() as session:
        session.execute(update(Message).where(Message.done_at.is_(None)).values(claimed_until=None, claimed_by=None))
    settle(database)


def assert_nothing_lost_and_nothing_doubled(built: site.Built, load: Load) -> None:
    """The whole proof, from the database alone."""
    database = open_site(built.config()).database
    drain(database)
    with database.session() as session:
        ids = session.scalars(select(Case.id)).all()
        assert sorted(ids) == sorted(load.filed.values()), "answered submissions and cases are not the same set"
        assert len(set(load.filed.values())) == len(load.filed), "two commands became one case"
        numbers = session.scalars(select(Case.number)).all()
        assert len(set(numbers)) == len(numbers)
        accepted = Counter(session.scalars(select(CaseEvent.case_id).where(CaseEvent.kind == "case_accepted")))
        assert set(accepted.values()) <= {1}, "a case was accepted twice"
        assert set(load.pressed.values()) <= accepted.keys(), "an answered acceptance is lost"
        for case_id in ids:
            found = cases.verify(session, case_id)
            assert found.ok, (case_id, found.problems)
        assert audit.verify(session) == ()
        notices = Counter(session.execute(select(Notice.case_id, Notice.template, Notice.channel, Notice.recipient_id)).all())
        assert {row: n for row, n in notices.items() if n > 1} == {}
        told = {(row[0], row[1]) for row in notices}
        templates = {row[1] for row in notices}
        assert len(templates) == 2, templates  # received, accepted
        for template, expected in zip(sorted(templates, key=lambda name: -sum(1 for row in told if row[1] == name)), (set(ids), set(accepted)), strict=True):
            assert {row[0] for row in told if row[1] == template} == expected
        assert (outbox.waiting(session), outbox.parked(session)) == (0, ())
        assert session.scalar(select(func.count()).select_from(Notice).where(Notice.state != "sent")) == 0
    database.close()


@pytest.mark.parametrize("rounds", [7, SOAK])  # with the three on PostgreSQL: ten seeded kills in the usual run
def test_killing_the_hall_on_sqlite_under_load_loses_and_doubles_nothing(hall: site.Built, rounds: int, record_property: Note) -> None:
    web = Program(hall, "run").ready()
    try:
        load = kill_in_rounds(hall, web, [], rounds)
    finally:
        web.kill()
    assert_nothing_lost_and_nothing_doubled(hall, load)
    load.tell(record_property, rounds)


@pytest.mark.postgres
@pytest.mark.parametrize("rounds", [3, SOAK])
def test_killing_web_and_worker_on_postgresql_under_load_loses_and_doubles_nothing(pg_hall: site.Built, rounds: int, record_property: Note) -> None:
    web = Program(pg_hall, "run", WANGTING_WORKER="celery").ready()  # no relay inside: the worker is a process of its own
    worker = Program(pg_hall, "worker")
    try:
        load = kill_in_rounds(pg_hall, web, [worker], rounds)
    finally:
        web.kill()
        worker.kill()
    assert_nothing_lost_and_nothing_doubled(pg_hall, load)
    load.tell(record_property, rounds)
