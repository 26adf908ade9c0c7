"""Jobs of plugins: at their interval or when asked for, each call a transaction of its own, and not for one that takes part nowhere."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from core.db import remembered
from core.db.database import Database
from core.kernel import clock
from core.outbox import relay
from core.outbox import service as outbox
from core.outbox.models import Job as Row
from core.outbox.models import Message
from core.pluginhost import hookspecs, jobs, life, tasks
from core.pluginhost.background import Job
from core.pluginhost.errors import UnknownPlugin
from core.pluginhost.hooks import hookimpl
from core.pluginhost.host import PluginHost
from core.pluginhost.models import Enabled, Installed
from core.sdk.background import later
from tests.fixtures_hall import make_database
from tests.fixtures_plugins import take_in

NOON = datetime(2026, 11, 23, 4, tzinfo=UTC)
assert tasks


@dataclass(eq=False)
class Cleaner:
    """A plugin of a test: what it was asked to do, and how often it wants to be asked again."""

    name: str = "cleaner"
    did: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answers: list[Any] = field(default_factory=list)

    @hookimpl
    def background_jobs(self) -> list[Job]:
        """One by itself, one that it asks for."""
        return [Job("sweep", self._do("sweep"), every=timedelta(hours=1)), Job("take_in", self._do("take_in"), seconds=300)]

    def _do(self, name: str) -> Any:
        def run(ctx: Any, body: dict[str, Any]) -> Any:
            assert ctx.plugin == self.name
            self.did.append((name, body))
            answer = self.answers.pop(0) if self.answers else None
            if isinstance(answer, Exception):
                raise answer
            return answer

        return run


@dataclass
class Hall:
    """A hall with the plugin in it."""

    database: Database
    plugin: Cleaner

    def turn(self) -> list[str]:
        """One look at the plan, and everything that is due after it; the names of what was done."""
        with self.database.session() as session:
            jobs.plan(session)
        relay.run_all(self.database)
        done = [name for name, _body in self.plugin.did]
        self.plugin.did.clear()
        return done

    def messages(self) -> list[Message]:
        with self.database.session() as session:
            return list(session.scalars(select(Message).order_by(Message.id)))


@pytest.fixture
def hall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hall]:
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    database = make_database(tmp_path)
    database.sessions.configure(info={**database.sessions.kw["info"], "plugins": PluginHost([hookspecs])})
    plugin = Cleaner()
    take_in(database, plugin, "cleaner", "background_jobs")
    with clock.freeze(NOON):
        yield Hall(database, plugin)
    database.close()


def test_a_job_with_an_interval_runs_once_in_it_and_once_after_days_of_downtime(hall: Hall) -> None:
    assert hall.turn() == ["sweep"]
    assert hall.turn() == []
    clock.move(minutes=61)
    assert hall.turn() == ["sweep"]
    clock.move(days=3)
    assert hall.turn() == ["sweep"] and hall.turn() == []
    with hall.database.session() as session:
        row = session.get_one(Row, "plugin/cleaner/sweep")
    assert row.last_ok_at == NOON + timedelta(days=3, minutes=61)
    assert {message.lane for message in hall.messages()} == {outbox.PLUGINS}


def test_a_job_that_asks_for_more_is_called_again_at_once_each_time_in_a_message_of_its_own(hall: Hall) -> None:
    hall.plugin.answers = [True, True, False]
    assert hall.turn() == ["sweep"] * 3
    assert [message.key.rpartition("#")[2] for message in hall.messages()] == ["1", "2", "3"]


def test_a_job_that_is_not_done_is_not_sent_a_second_time(hall: Hall) -> None:
    hall.plugin.answers = [OSError(), OSError()]
    assert hall.turn() == ["sweep"]
    clock.move(hours=2)
    with hall.database.session() as session:
        jobs.plan(session)
    assert len(hall.messages()) == 1
    relay.run_all(hall.database)
    with hall.database.session() as session:
        assert session.get_one(Installed, "cleaner").failures == 2


def test_a_plugin_asks_for_a_job_of_its_own_in_the_transaction_that_it_is_called_in(hall: Hall) -> None:
    with hall.database.session() as session:
        ctx = jobs.plugins.called(session, "cleaner")
        assert later(ctx, "take_in", {"file": "f1"}, key="f1") == later(ctx, "take_in", {"file": "f1"}, key="f1")
        with pytest.raises(UnknownPlugin, match="offers no job called other"):
            later(ctx, "other", {}, key="x")
        with pytest.raises(ValueError, match="characters"):
            later(ctx, "take_in", {}, key="x" * 1000)
    relay.run_all(hall.database)
    assert hall.plugin.did == [("take_in", {"file": "f1"})]
    with pytest.raises(RuntimeError), hall.database.session() as session:
        later(jobs.plugins.called(session, "cleaner"), "take_in", {}, key="f2")
        raise RuntimeError
    assert relay.run_all(hall.database) == 0, "rolled back with what it was asked for in"


def test_a_job_of_one_that_is_disabled_or_set_aside_waits_and_one_that_was_removed_is_forgotten(hall: Hall) -> None:
    with hall.database.session() as session:
        jobs.later(session, "cleaner", "take_in", {}, key="a")
        life.set_aside(session, "cleaner", "as an operator wrote it")
    assert hall.turn() == []
    (waits,) = hall.messages()
    assert waits.done_at is None and "JobWaits" in (waits.last_error or "")
    with hall.database.session() as session:
        life.set_aside(session, "cleaner", None)
        assert session.get_one(Installed, "cleaner").failures == 0, "waiting is no failure"
    clock.move(hours=2)
    assert sorted(hall.turn()) == ["sweep", "take_in"]
    with hall.database.session() as session:
        jobs.later(session, "cleaner", "take_in", {}, key="b")
        session.execute(delete(Enabled))
        session.execute(delete(Installed))
        remembered_changed(session)
    assert hall.turn() == []
    assert all(message.done_at is not None for message in hall.messages())


def test_a_job_waits_for_its_plugin_for_any_time_without_being_given_up_and_is_done_when_it_is_let_back(hall: Hall) -> None:
    with hall.database.session() as session:
        asked = jobs.later(session, "cleaner", "take_in", {}, key="a")
        life.set_aside(session, "cleaner", "as an operator wrote it")
    for _ in range(relay.MAX_ATTEMPTS + 2):
        relay.run_all(hall.database)
        clock.move(hours=2)
    relay.run_all(hall.database)
    with hall.database.session() as session:
        waits = session.get_one(Message, asked)
        assert (waits.parked_at, waits.attempts) == (None, 0) and waits.available_at > clock.now()
        life.set_aside(session, "cleaner", None)
    relay.run_all(hall.database)
    assert [name for name, _body in hall.plugin.did] == ["take_in"], "at once, not in an hour"


def test_what_was_given_up_because_it_failed_is_tried_again_when_its_plugin_is_let_back(hall: Hall) -> None:
    hall.plugin.answers = [OSError()] * 9
    with hall.database.session() as session:
        asked = jobs.later(session, "cleaner", "take_in", {}, key="a")
        session.execute(update(Message).where(Message.id == asked).values(attempts=relay.MAX_ATTEMPTS - 1))
    relay.run_all(hall.database)
    with hall.database.session() as session:
        assert session.get_one(Message, asked).parked_at is not None
        life.set_aside(session, "cleaner", None)
    hall.plugin.did.clear()
    hall.plugin.answers = []
    relay.run_all(hall.database)
    assert [name for name, _body in hall.plugin.did] == ["take_in"]


def test_plugins_take_turns_however_long_the_backlog_of_one_is(hall: Hall) -> None:
    others = {name: Cleaner(name) for name in ("archive", "zoning")}
    for name, plugin in others.items():
        take_in(hall.database, plugin, name, "background_jobs")
    with hall.database.session() as session:
        for number in range(30):
            jobs.later(session, "cleaner", "take_in", {"file": number}, key=str(number))
    clock.move(seconds=1)
    with hall.database.session() as session:
        for name in others:
            for number in range(2):
                jobs.later(session, name, "take_in", {"file": number}, key=str(number))
    served, after = [], ""
    while (message := relay.claim_in_turn(hall.database, by="apart", lane=outbox.PLUGINS, after=after)) is not None:
        after = message.turn
        served.append(after)
        assert relay.deliver(hall.database, message, by="apart")
    assert served[:6] == ["archive", "cleaner", "zoning"] * 2, "the last sent waits for one message of each other, not for thirty"
    assert served[6:] == ["cleaner"] * 28
    assert [body["file"] for _name, body in hall.plugin.did] == list(range(30)), "each one's own in the order in which they were sent"
    assert relay.claim_in_turn(hall.database, by="apart", lane=outbox.PLUGINS, after=after) is None


def remembered_changed(session: Any) -> None:
    from core.pluginhost.standing import remembered as rows

    rows.changed(session)


def test_what_a_job_may_not_answer_is_a_failure_and_what_no_job_can_be_is_refused_when_it_is_made(hall: Hall) -> None:
    hall.plugin.answers = ["yes"]
    hall.turn()
    with hall.database.session() as session:
        assert session.get_one(Installed, "cleaner").failures == 1
    for wrong in ({"name": "Not a name"}, {"name": "x" * 29}, {"name": "a", "every": timedelta(seconds=1)}, {"name": "a", "seconds": 7200.0}):
        with pytest.raises(ValueError, match="job"):
            Job(run=lambda ctx, body: None, **wrong)  # type: ignore[arg-type]
