"""Somebody with the database file in hand: ``wangting audit verify`` finds what was edited, deleted, reordered or cut off."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from core.app import open_site
from core.cli.main import main
from core.keys import store as key_store
from tests import fixtures_site as site
from tests.fixtures_hall import settle
from tests.security.conftest import ME


def command(hall: site.Built, *arguments: str) -> Result:
    """``wangting audit …`` on this hall."""
    return CliRunner().invoke(main, ["audit", *arguments], env={**hall.environment(), key_store.VARIABLE: None})


@pytest.fixture(scope="module")
def once(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """A hall with a case that went through some hands, so that every chain has links."""
    hall = site.copy(template, tmp_path_factory.mktemp("audit") / "hall")
    app = hall.app()
    api, window = site.Api(app, ME, hall.passwords[ME]), site.Browser(app).staff("window", hall.passwords["window"])
    case = api.file("senior-card").json["id"]
    for no, action in ((1, "accept"), (2, "grant")):
        assert site.office_press(window, case, no, action).status_code == 303
    database = open_site(hall.config()).database
    settle(database)
    database.close()
    app.extensions["wangting"].database.close()
    return hall


@pytest.fixture
def worked(once: site.Built, tmp_path: Path) -> site.Built:
    """A copy to tamper with."""
    return site.copy(once, tmp_path / "hall")


def tamper(hall: site.Built, *statements: str) -> int:
    """Run SQL on the file as its owner could: triggers that guard the record are dropped first. Returns the rows touched."""
    connection = sqlite3.connect(hall.home / "wangting.db")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f'DROP TRIGGER "{name}"')
    touched = sum(connection.execute(statement).rowcount for statement in statements)
    connection.commit()
    connection.close()
    return touched


def longest_stream(hall: site.Built) -> tuple[str, int]:
    """The longest chain of the audit record."""
    connection = sqlite3.connect(hall.home / "wangting.db")
    found = connection.execute("SELECT stream, max(seq) FROM audit_entry GROUP BY stream ORDER BY 2 DESC LIMIT 1").fetchone()
    connection.close()
    assert found[1] >= 3, "the chain is too short to prove anything"
    return str(found[0]), int(found[1])


def test_an_untouched_record_is_whole(worked: site.Built, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    assert command(worked, "export-root", str(root)).exit_code == 0
    for arguments in (("verify",), ("verify", "--root", str(root))):
        result = command(worked, *arguments)
        assert result.exit_code == 0, result.output
        assert "the record is whole" in result.output


AUDIT: dict[str, tuple[str, Callable[[str, int], tuple[str, ...]]]] = {
    "an edited action": ("edited", lambda s, n: (f"UPDATE audit_entry SET action = 'harmless' WHERE stream = '{s}' AND seq = 2",)),
    "an edited actor": ("edited", lambda s, n: (f"UPDATE audit_entry SET actor_id = 'somebody-else' WHERE stream = '{s}' AND seq = 2",)),
    "an edited instant": ("edited", lambda s, n: (f"UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE stream = '{s}' AND seq = 2",)),
    "an edited detail": ("edited", lambda s, n: (f"UPDATE audit_entry SET detail = '{{\"a\":1}}' WHERE stream = '{s}' AND seq = 2",)),
    "a deleted entry": ("missing", lambda s, n: (f"DELETE FROM audit_entry WHERE stream = '{s}' AND seq = 2",)),
    "two entries exchanged": (
        "",
        lambda s, n: (
            f"UPDATE audit_entry SET seq = -1 WHERE stream = '{s}' AND seq = 1",
            f"UPDATE audit_entry SET seq = 1 WHERE stream = '{s}' AND seq = 2",
            f"UPDATE audit_entry SET seq = 2 WHERE stream = '{s}' AND seq = -1",
        ),
    ),
    "the end cut off": ("truncated", lambda s, n: (f"DELETE FROM audit_entry WHERE stream = '{s}' AND seq = {n}",)),
    "a whole chain removed": ("truncated", lambda s, n: (f"DELETE FROM audit_entry WHERE stream = '{s}'",)),
}


@pytest.mark.parametrize("attack", AUDIT)
def test_the_record_tells_of_tampering_with_an_audit_entry(worked: site.Built, attack: str) -> None:
    fault, statements = AUDIT[attack]
    stream, last = longest_stream(worked)
    assert tamper(worked, *statements(stream, last)) >= 1
    result = command(worked, "verify")
    assert result.exit_code == 1, f"{attack} was not found: {result.output}"
    assert stream in result.output
    assert fault in result.output


def test_an_end_cut_off_together_with_its_head_is_found_against_an_exported_root(worked: site.Built, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    assert command(worked, "export-root", str(root)).exit_code == 0
    stream, last = longest_stream(worked)
    connection = sqlite3.connect(worked.home / "wangting.db")
    (before,) = connection.execute("SELECT hash FROM audit_entry WHERE stream = ? AND seq = ?", (stream, last - 1)).fetchone()
    connection.close()
    tamper(
        worked,
        f"DELETE FROM audit_entry WHERE stream = '{stream}' AND seq = {last}",
        f"UPDATE audit_head SET seq = {last - 1}, hash = '{before}' WHERE stream = '{stream}'",
    )
    assert command(worked, "verify").exit_code == 0, "the database alone cannot know"
    result = command(worked, "verify", "--root", str(root))
    assert result.exit_code == 1
    assert f"{stream} #{last}: truncated" in result.output


def test_an_altered_root_file_is_noticed(worked: site.Built, tmp_path: Path) -> None:
    root = tmp_path / "root.json"
    command(worked, "export-root", str(root))
    document = json.loads(root.read_text(encoding="utf-8"))
    stream = next(iter(document["streams"]))
    document["streams"].pop(stream)
    root.write_text(json.dumps(document), encoding="utf-8")
    assert command(worked, "verify", "--root", str(root)).exit_code == 1


CASE = {
    "an edited event": ('UPDATE case_event SET body = \'{"action":"refuse"}\' WHERE seq = (SELECT max(seq) FROM case_event)',),
    "an event by somebody else": ("UPDATE case_event SET actor_id = 'somebody-else' WHERE seq = 2",),
    "an event on another day": ("UPDATE case_event SET at = '2020-01-01 00:00:00.000000' WHERE seq = 2",),
    "a deleted event": ("DELETE FROM case_event WHERE seq = 2",),
    "two events exchanged": (
        "UPDATE case_event SET seq = -1 WHERE seq = 1",
        "UPDATE case_event SET seq = 1 WHERE seq = 2",
        "UPDATE case_event SET seq = 2 WHERE seq = -1",
    ),
    "the last event cut off": ("DELETE FROM case_event WHERE seq = (SELECT max(seq) FROM case_event)",),
    "all events removed": ("DELETE FROM case_event",),
    "a status the events do not tell": ("UPDATE case_ SET status = 'withdrawn'",),
    "an open task removed": ("DELETE FROM case_task",),
}


@pytest.mark.parametrize("attack", CASE)
def test_the_record_tells_of_tampering_with_a_case(worked: site.Built, attack: str) -> None:
    assert tamper(worked, *CASE[attack]) >= 1
    result = command(worked, "verify")
    assert result.exit_code == 1, f"{attack} was not found: {result.output}"
    assert "990100SENIOR-CARD" in result.output
    assert "Traceback" not in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit), repr(result.exception)


def test_a_command_line_shows_no_personal_value(worked: site.Built) -> None:
    tamper(worked, *CASE["an edited event"])
    output = command(worked, "verify").output
    assert not any(secret in output for secret in ("王小芳", "11010519900307232X", ME))


LICENCE_OR_CASE = {
    "the end of a case cut off with the row that names it": (
        "DELETE FROM case_event WHERE seq = (SELECT max(seq) FROM case_event)",
        "UPDATE case_ SET seq = seq - 1, head = (SELECT hash FROM case_event ORDER BY seq DESC LIMIT 1)",
    ),
    "all events of a licence gone": ("DELETE FROM licence_event", "UPDATE licence SET event_seq = 0, event_head = NULL"),
}


@pytest.mark.parametrize("attack", LICENCE_OR_CASE)
def test_cases_and_licences_are_held_against_the_exported_root(worked: site.Built, tmp_path: Path, attack: str) -> None:
    root = tmp_path / "root.json"
    assert command(worked, "export-root", str(root)).exit_code == 0
    assert tamper(worked, *LICENCE_OR_CASE[attack]) >= 2
    result = command(worked, "verify", "--root", str(root))
    assert result.exit_code == 1
    assert "truncated" in result.output or "rewritten" in result.output


def test_a_sample_of_cases_is_proved_and_a_difference_is_told_recorded_and_left(worked: site.Built) -> None:
    sound = command(worked, "fold", "--sample", "5")
    assert sound.exit_code == 0
    assert "1 cases looked at, 0 unsound" in sound.output
    tamper(worked, "UPDATE case_ SET status = 'withdrawn'")
    for _ in range(2):
        found = command(worked, "fold")
        assert found.exit_code == 1
        assert "990100SENIOR-CARD" in found.output
        assert "the status is withdrawn" in found.output
    connection = sqlite3.connect(worked.home / "wangting.db")
    assert connection.execute("SELECT count(*) FROM audit_entry WHERE action = 'case.unsound'").fetchone() == (2,)
    assert connection.execute("SELECT status FROM case_").fetchone() == ("withdrawn",)
    connection.close()
    assert command(worked, "fold", "--sample", "0").exit_code == 2
