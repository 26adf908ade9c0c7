"""Plugins' background work in a process apart: a real one, opened while it is wanted, ended when it takes too long; no message is lost."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from core.app import keeper, open_site
from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.outbox import relay
from core.outbox import service as outbox
from core.outbox.models import Message
from core.pluginhost import failures, jobs, life
from core.pluginhost.apart import LOCK, Keeper
from core.pluginhost.models import Installed
from core.web.site import Config, Site
from tests.fixtures_hall import make_database
from tests.pluginhost.test_host import document

pytestmark = pytest.mark.long

CODE = """
import os, time
from pathlib import Path

from core.sdk import hookimpl
from core.sdk.background import Job, later

NOTES = Path(__file__).parent.parent.parent / "notes.txt"


def note(ctx, body):
    with NOTES.open("a") as file:
        file.write(f"{body['word']} {os.getpid()}\\n")


def pieces(ctx, body):
    note(ctx, body)
    return NOTES.read_text().count("piece") < 3


def known(ctx, body):
    seen = NOTES.exists() and body["word"] in NOTES.read_text()
    note(ctx, body)
    return seen


def hang(ctx, body):
    if not known(ctx, body):
        time.sleep(3600)


def die(ctx, body):
    if not known(ctx, body):
        os._exit(9)


def fail(ctx, body):
    raise ValueError("SECRET")


@hookimpl
def background_jobs():
    jobs = [Job(each.__name__, each) for each in (note, pieces, die, fail)]
    return [*jobs, Job("hang", hang, seconds=1)]
"""


ROOT = Path(__file__).resolve().parents[2]
#: ``wangting plugins work`` without the tables of a migrated hall being looked at: this one was made from the models.
AS_A_SERVICE = """
import sys
from core.cli import plugins
plugins.check_ready = lambda site: None
sys.argv = ["wangting", "plugins", "work", "--idle", "60"]
from core.cli.main import main
main()
"""
SECRET = "110101199003071234"
CODE = CODE.replace("SECRET", SECRET)


@dataclass
class Hall:
    """A hall with the plugin installed, as an operator would."""

    site: Site
    keeper: Keeper

    def ask(self, job: str, word: str) -> str:
        with self.site.database.session() as session:
            return jobs.later(session, "worker", job, {"word": word}, key=word)

    def message(self, message_id: str) -> Message:
        with self.site.database.session() as session:
            return session.get_one(Message, message_id)

    def row(self) -> Installed:
        with self.site.database.session() as session:
            return session.get_one(Installed, "worker")

    def notes(self) -> list[list[str]]:
        path = self.site.config.home / "notes.txt"
        return [line.split() for line in path.read_text().splitlines()] if path.exists() else []

    def until(self, what: Callable[[], object]) -> None:
        """Look after the process as the relay's thread does, until *what* is so."""
        for _ in range(1200):
            if what():
                return
            self.keeper.look()
            time.sleep(0.05)
        raise AssertionError("it did not come to that")


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    home = tmp_path_factory.mktemp("apart")
    make_database(home).close()
    place = home / "plugins" / "worker"
    place.mkdir(parents=True)
    (place / "manifest.json").write_text(json.dumps(document("worker", ["background_jobs"])), encoding="utf-8")
    (place / "plugin.py").write_text(CODE, encoding="utf-8")
    config = Config(home=home, database_url=f"sqlite:///{home / 'hall.db'}")
    made = open_site(config)
    with made.database.session() as session:
        life.install(session, made.plugins, "worker", actor=SYSTEM)
        life.enable(session, made.plugins, "worker", actor=SYSTEM)
    made.database.close()
    site = open_site(config)
    found = Hall(site, keeper(site, idle=2.0))
    yield found
    found.keeper.stop()
    site.database.close()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_work_is_done_by_one_other_process_in_pieces_and_it_ends_when_nothing_is_left(hall: Hall) -> None:
    hall.keeper.look()
    assert not (hall.site.config.home / LOCK).exists(), "nothing is opened while nothing waits"
    hall.ask("pieces", "piece")
    second = keeper(hall.site, idle=2.0)
    assert relay.run_once(hall.site.database, lanes=(outbox.CORE,)) == 0, "the relay leaves it alone"

    def both_look() -> bool:
        second.look()
        return len(hall.notes()) == 3

    hall.until(both_look)
    pids = {int(pid) for _word, pid in hall.notes()}
    assert len(pids) == 1 and os.getpid() not in pids
    hall.until(lambda: not _alive(*pids))
    assert not relay.any_due(hall.site.database, outbox.PLUGINS)


def test_as_a_service_of_its_own_it_works_until_it_is_asked_to_end(hall: Hall) -> None:
    environ = {**os.environ, "WANGTING_HOME": str(hall.site.config.home), "DATABASE_URL": hall.site.config.database_url}
    done = hall.ask("note", "service")
    service = subprocess.Popen([sys.executable, "-c", AS_A_SERVICE], env=environ, cwd=ROOT)
    for _ in range(600):
        if hall.message(done).done_at is not None:
            break
        time.sleep(0.1)
    service.send_signal(signal.SIGTERM)
    assert service.wait(60) == 0
    (pid,) = [int(pid) for word, pid in hall.notes() if word == "service"]
    assert pid != service.pid and not _alive(pid), "its process ended with it"


def test_a_call_that_hangs_and_holds_the_database_is_written_down_by_a_process_that_outlives_it(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    ends: list[int] = []
    monkeypatch.setattr(failures.os, "_exit", ends.append)
    monkeypatch.setenv("WANGTING_HOME", str(hall.site.config.home))
    monkeypatch.setenv("DATABASE_URL", hall.site.config.database_url)
    cannot = Database(f"sqlite:///{tmp_path_factory.mktemp('none')}/none.db")  # a database that this process cannot write to
    call = hall.site.plugins.calls.call("worker", "/hang")
    call.since = time.monotonic() - 61
    failures.hung(cannot, call, replaced=True)
    assert ends == [failures.HUNG_EXIT]
    hall.until(lambda: hall.row().set_aside_at is not None)
    assert failures.words(hall.row().reason or "", "zh") == "“/hang”61 秒没有返回"
    with hall.site.database.session() as session:
        life.set_aside(session, "worker", None)
    cannot.close()


def test_one_that_takes_too_long_is_ended_with_its_process_and_named_and_its_message_is_done_at_the_next_try(hall: Hall) -> None:
    slow, after = hall.ask("hang", "slow"), hall.ask("note", "after")
    hall.until(lambda: hall.row().failures == 1)
    (ended,) = [int(pid) for word, pid in hall.notes() if word == "slow"]
    assert not _alive(ended)
    assert failures.words(hall.row().last_error or "", "en") == "background_jobs hang was not done after 1.0 s and its process was ended"
    hall.until(lambda: hall.message(slow).done_at is not None and hall.message(after).done_at is not None)
    assert hall.message(slow).attempts == 2 and hall.message(after).attempts == 1
    assert ended not in {int(pid) for word, pid in hall.notes() if word == "after"}
    hall.until(lambda: hall.row().failures == 0)


def test_one_that_ends_the_process_and_one_that_raises_are_named_without_what_they_said(hall: Hall) -> None:
    dies, fails = hall.ask("die", "dies"), hall.ask("fail", "fails")
    hall.until(lambda: "ended in the middle of background_jobs die (9)" in failures.words(hall.row().last_error or "", "en"))
    hall.until(lambda: "background_jobs fail failed (ValueError, plugin.py:" in failures.words(hall.row().last_error or "", "en"))
    assert SECRET not in (hall.row().last_error or "") + (hall.message(fails).last_error or "")
    hall.until(lambda: hall.message(dies).done_at is not None)
    assert hall.message(fails).done_at is None and hall.message(fails).parked_at is None, "it waits for its next try"
