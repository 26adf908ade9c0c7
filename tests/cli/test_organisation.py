"""``wangting organisation import``: a real hall gets its places and its first administrator from one file."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Done, Home, copy

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "docs" / "samples" / "organisation.json"


def wangting(home: Path, *arguments: str) -> Done:
    return Home(home, "C.UTF-8").run(*arguments)


@pytest.fixture(scope="module")
def home(_plain: Home, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A hall that was set up, and is no demonstration."""
    return copy(_plain, tmp_path_factory.mktemp("real") / "hall").path


def test_a_hall_gets_its_organisation_once_and_the_password_is_shown_once(home: Path) -> None:
    first = wangting(home, "organisation", "import", str(SAMPLE))
    assert first.returncode == 0, first.stderr
    assert "东岸区" in first.stdout
    assert "first-admin  w7-" in first.stdout
    again = wangting(home, "organisation", "import", str(SAMPLE))
    assert again.returncode == 0, again.stderr
    assert "w7-" not in again.stdout
    assert "没有新的内容" in again.stdout


def test_a_forgotten_password_is_set_on_the_server_and_recorded(home: Path) -> None:
    assert wangting(home, "organisation", "import", str(SAMPLE)).returncode == 0
    done = wangting(home, "organisation", "password", "first-admin")
    assert done.returncode == 0, done.stderr
    assert "first-admin  w7-" in done.stdout
    with closing(sqlite3.connect(home / "wangting.db")) as database:
        assert database.execute("SELECT detail FROM audit_entry WHERE action = 'user.password_reset'").fetchall() == [('{"login":"first-admin"}',)]
    nobody = wangting(home, "organisation", "password", "nobody")
    assert nobody.returncode != 0 and "nobody" in nobody.stderr and "w7-" not in nobody.stdout


def test_every_mistake_is_named_and_nothing_is_imported(home: Path, tmp_path: Path) -> None:
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    document["divisions"][0]["level"] = "planet"
    document["halls"][0]["colour"] = "red"
    broken = tmp_path / "organisation.json"
    broken.write_text(json.dumps(document), encoding="utf-8")
    done = wangting(home, "organisation", "import", str(broken))
    assert done.returncode == 2
    assert "divisions[0].level" in done.stderr
    assert "colour" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_child_before_its_parent_is_refused_whole(home: Path, tmp_path: Path) -> None:
    document = json.loads(SAMPLE.read_text(encoding="utf-8"))
    document["divisions"] = [{"code": "770001", "title": "孤儿区", "level": "county", "parent": "770000"}]
    orphan = tmp_path / "organisation.json"
    orphan.write_text(json.dumps(document), encoding="utf-8")
    done = wangting(home, "organisation", "import", str(orphan))
    assert done.returncode == 2
    assert "770000" in done.stderr


def test_departments_are_merged_after_a_dry_run_that_changes_nothing(demo: Home) -> None:
    old, into = "990100/fire", "990100/market_regulation"
    count = "SELECT (SELECT count(*) FROM post) || '/' || (SELECT count(*) FROM department WHERE successor_id IS NOT NULL)"

    def state() -> str:
        with closing(sqlite3.connect(demo.path / "wangting.db")) as database:
            return str(database.execute(count).fetchone()[0])

    before = state()
    tried = demo.ok("organisation", "merge", old, into, "--dry-run")
    assert "dry run" in tried and "+ 岗位" in tried and state() == before
    done = demo.ok("organisation", "merge", old, into)
    assert done.splitlines()[1:] == tried.splitlines()[1:], "what was foretold is what was done"
    assert state() != before and state().endswith("/1")
    again = demo.ok("organisation", "merge", old, into)
    assert "+ 岗位" not in again
    for wrong in ((into, old), (old, old), (old, "990100/health"), ("990100/nothing", into), ("fire", into)):
        said = demo.refused("organisation", "merge", *wrong)
        assert said.strip(), wrong
    assert state().endswith("/1")
