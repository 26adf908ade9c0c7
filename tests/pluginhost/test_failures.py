"""Failures of plugins are rows: each kind is named, counted in a row, and too many set a plugin aside in every process – never with an applicant's value."""

import threading
import time
import types
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from core.audit.models import Entry
from core.db import remembered
from core.db.database import Database
from core.kernel.errors import BadInput
from core.outbox import relay
from core.outbox import service as outbox
from core.pluginhost import failures, life, service, standing, tasks, watchdog
from core.pluginhost.calls import Note
from core.pluginhost.errors import PluginFailed, PluginTrouble
from core.pluginhost.failures import QUARANTINE_AFTER
from core.pluginhost.hooks import hook, hookimpl
from core.pluginhost.host import PluginHost
from core.pluginhost.models import Installed
from tests.fixtures_hall import make_database
from tests.fixtures_plugins import take_in

SECRET = "110101199003071234"
assert tasks  # writes what was noted after every message


def specs() -> types.ModuleType:
    module = types.ModuleType("specs")

    @hook("finds", str)
    def badges(word: str) -> Any: ...

    @hook("observes")
    def case_seen(case_id: str) -> None: ...

    module.badges, module.case_seen = badges, case_seen  # type: ignore[attr-defined]
    return module


class Moody:
    """A plugin of a test that does what it is told."""

    def __init__(self) -> None:
        self.answer: Any = ["ok"]
        self.pause = 0.0

    @hookimpl
    def badges(self, word: str) -> Any:
        """Answer, or fail."""
        time.sleep(self.pause)
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer

    @hookimpl
    def case_seen(self, case_id: str) -> None:
        """Always well."""


@dataclass
class Hall:
    """A hall with the plugin in it."""

    database: Database
    plugin: Moody

    @property
    def host(self) -> PluginHost:
        found: PluginHost = self.database.sessions.kw["info"]["plugins"]
        return found

    def call(self, name: str = "badges", **arguments: Any) -> Any:
        """One call as a request makes it: asked where it takes part, then called; afterwards what was noted is written."""
        try:
            with self.database.session() as session:
                names = service.taking_part(session, name)
                return self.host.call(name, scope=names, **(arguments or {"word": SECRET}))
        finally:
            failures.write(self.database)

    def row(self) -> Installed:
        with self.database.session() as session:
            return session.get_one(Installed, "moody")

    def last(self) -> str:
        return failures.words(self.row().last_error or "", "en")


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    database = make_database(tmp_path)
    host = PluginHost([specs()])
    database.sessions.configure(info={**database.sessions.kw["info"], "plugins": host})
    plugin = Moody()
    take_in(database, plugin, "moody", "badges", "case_seen")
    yield Hall(database, plugin)
    database.close()


def failing(hall: Hall, times: int, answer: Any = None) -> None:
    hall.plugin.answer = OSError(f"mail server refused {SECRET}") if answer is None else answer
    for _ in range(times):
        with pytest.raises(PluginFailed):
            hall.call()


def test_a_plugin_that_keeps_failing_is_set_aside_in_every_process_with_what_went_wrong_and_without_anybody_s_value(hall: Hall, tmp_path: Path) -> None:
    failing(hall, QUARANTINE_AFTER - 1)
    assert hall.row().failures == QUARANTINE_AFTER - 1 and hall.row().set_aside_at is None
    assert "badges failed (OSError, test_failures.py:" in hall.last()
    failing(hall, 1)
    hall.plugin.answer = ["ok"]
    assert hall.call() == [], "it takes part nowhere any more"
    other = Database(hall.database.url, plugins=PluginHost([specs()]))  # another process: it has seen no failure itself
    with other.session() as session:
        reason = standing.load(session).aside["moody"]
        assert service.enabled(session) == frozenset()
        with pytest.raises(PluginTrouble, match="Failed 10 times in a row, last: badges failed"):
            life.enable(session, hall.host, "moody", actor=types.SimpleNamespace(kind="staff", id="x"))  # type: ignore[arg-type]
        life.set_aside(session, "moody", None)
    other.close()
    assert "连续失败 10 次" in failures.words(reason, "zh") and "OSError" in reason
    with hall.database.session() as session:
        assert session.scalar(select(Entry.subject_id).where(Entry.action == "plugin.set_aside")) == "moody"
    assert SECRET not in reason + failures.words(reason, "zh") and "mail server" not in reason
    assert hall.call() == [["ok"]], "let back by one process, it takes part in all"
    assert hall.row().failures == 0


def test_only_the_success_of_what_failed_begins_the_count_anew(hall: Hall) -> None:
    failing(hall, 3)
    hall.call("case_seen", case_id="c")
    assert hall.row().failures == 3, "another hook that works says nothing about this one"
    hall.plugin.answer = ["fine"]
    hall.call()
    assert hall.row().failures == 0 and hall.row().last_error is None


def test_no_reader_switches_a_plugin_off_by_asking_for_a_page_or_filing_what_breaks(hall: Hall) -> None:
    def note(hook: str) -> bool:
        with hall.database.session() as session:
            return failures.failed(session, Note("moody", hook, "raised", {"what": "OverflowError", "where": "views.py:1"}))

    assert not any(note(hook) for hook in ("/figures", "validate_submission", "slots portal.guide") for _ in range(QUARANTINE_AFTER))
    assert hall.row().failures == 3 * QUARANTINE_AFTER and "slots portal.guide failed" in hall.last(), "seen on the page of plugins all the same"
    assert not note("badges") and hall.row().failures == 1, "hooks have a count of their own"
    assert not note("/figures") and "badges" in hall.last() and hall.row().failures == 1
    assert [note("badges") for _ in range(QUARANTINE_AFTER - 1)][-1] and hall.row().set_aside_at is not None


def test_nonsense_counts_though_it_came_back(hall: Hall) -> None:
    failing(hall, 3, answer=7)
    assert hall.row().failures == 3
    assert hall.last() == "badges was answered with what it may not be (int)"


def test_an_answer_that_comes_too_late_is_used_and_counted(hall: Hall) -> None:
    hall.plugin.pause = 0.01
    with hall.host.calls.within(0.001):
        assert hall.call()
    assert hall.row().failures == 1 and "more than 0.001 s" in hall.last()
    with hall.host.calls.within(60):
        assert hall.call()
    assert hall.row().failures == 0


@pytest.mark.parametrize("error", [BadInput(), OperationalError("UPDATE", {}, Exception("database is locked"))])
def test_a_finding_and_a_locked_database_are_no_failures_of_the_plugin(hall: Hall, error: Exception) -> None:
    hall.plugin.answer = error
    with pytest.raises(type(error)):
        hall.call()
    assert hall.row().failures == 0


def test_a_plugin_that_ends_the_program_ends_nothing(hall: Hall) -> None:
    failing(hall, 1, answer=SystemExit(3))
    assert "SystemExit" in hall.last()


def test_what_was_noted_in_a_transaction_that_is_rolled_back_is_written_all_the_same(hall: Hall) -> None:
    hall.plugin.answer = ValueError()

    @outbox.handler("test.moody")
    def handle(session: Any, body: dict[str, Any], message_id: str) -> None:
        session.add(Installed(name="half", version="1", digest="", installed_at=hall.row().installed_at, installed_by="x"))
        session.flush()
        hall.host.call("badges", word="")

    with hall.database.session() as session:
        outbox.send(session, "test.moody", {}, key="m")
    relay.run_once(hall.database)
    with hall.database.session() as session:
        assert session.get(Installed, "half") is None
    assert hall.row().failures == 1


def test_the_count_of_one_that_is_not_installed_or_aside_already_stands_nowhere(hall: Hall) -> None:
    with hall.database.session() as session:
        assert not failures.failed(session, Note("nobody", "badges", "raised"))
        assert failures.failed(session, Note("moody", "", "unfit", {"what": "pages: other"}))
        assert not failures.failed(session, Note("moody", "badges", "raised", {"what": "OSError", "where": "a.py:1"}))
    assert hall.row().failures == 1
    assert failures.words(hall.row().reason or "", "en") == "It is of no use: pages: other"
    assert failures.words("as an operator wrote it", "zh") == "as an operator wrote it"


def test_a_call_that_does_not_come_back_sets_its_plugin_aside_while_it_still_runs(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watchdog, "HUNG_SECONDS", 0.1)
    goes_on, back = threading.Event(), threading.Event()

    def hang(word: str) -> list[str]:
        goes_on.wait(60)
        return []

    aside = threading.Event()

    def hung(call: Any) -> None:
        failures.hung(hall.database, call, replaced=False)
        aside.set()

    hall.host.calls.watch(hung)
    monkeypatch.setattr(hall.plugin, "pause", 0.0)

    def request() -> None:
        hall.host.guarded("moody", "slots portal.home", partial(hang, ""))
        back.set()

    thread = threading.Thread(target=request)
    thread.start()
    assert aside.wait(30) and not back.is_set()
    assert "slots portal.home did not come back" in failures.words(hall.row().reason or "", "en")
    with hall.database.session() as session:
        assert service.enabled(session) == frozenset()
    goes_on.set()
    thread.join(30)
    assert back.is_set()
