"""``init``, ``run`` and ``migrate``: from nothing to a hall, again and again, side by side."""

import subprocess
import time
import urllib.request

import pytest
from sqlalchemy import text

from tests.cli.conftest import Home
from tests.demo_hall import ROOT, WANGTING
from tests.services import free_port

pytestmark = pytest.mark.long


def count(home: Home, table: str, where: str = "1 = 1") -> int:
    database = home.database()
    with database.session() as session:
        found = session.execute(text(f"SELECT count(*) FROM {table} WHERE {where}")).scalar_one()
    database.close()
    return int(found)


def served(home: Home, port: int, **more: str) -> "subprocess.Popen[bytes]":
    with (home.path / "server.log").open("ab") as log:
        process = subprocess.Popen([WANGTING, "run"], env=home.environ(PORT=str(port), **more), cwd=ROOT, stdout=log, stderr=log)
    for _ in range(900):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2)
            return process
        except OSError:
            assert process.poll() is None, (home.path / "server.log").read_text(encoding="utf-8")[-3000:]
            time.sleep(0.1)
    raise AssertionError("the hall did not come up")


def test_init_makes_a_demonstration_with_people_and_published_items(_demo: Home, first_words: dict[str, str]) -> None:
    said = first_words["demo"]
    assert "keys made" in said and "window" in said and "13800000001" in said
    assert count(_demo, "item_version") >= 16 and count(_demo, "staff") > 10 and count(_demo, "ab_user") > 10
    assert (_demo.path / "wangting.db").exists()


def test_init_again_does_nothing_and_prints_no_password(demo: Home, _demo: Home) -> None:
    before = (_demo.path / "wangting.db").read_bytes()
    said = _demo.ok("init", "--demo")
    assert "up to date" in said and "w7-" not in said
    assert _demo.ok("init", "--quiet") == ""
    assert (_demo.path / "wangting.db").read_bytes() == before
    versions, people = count(demo, "item_version"), count(demo, "ab_user")
    moved = demo.ok("init")  # another folder: everything is looked at, nothing is made twice
    assert "w7-" not in moved
    assert (count(demo, "item_version"), count(demo, "ab_user")) == (versions, people)


def test_a_production_hall_gets_no_people_and_keeps_items_as_drafts(_plain: Home, first_words: dict[str, str]) -> None:
    assert "w7-" not in first_words["plain"] and "13800000001" not in first_words["plain"]
    assert count(_plain, "ab_user") == count(_plain, "staff") == count(_plain, "account") == count(_plain, "division") == 0
    assert count(_plain, "item_version") == 0 and count(_plain, "item_draft") >= 16
    assert count(_plain, "ab_role") >= 5 and count(_plain, "calendar_year") >= 3
    assert "civil_affairs" in _plain.refused("items", "publish", "senior-card", "--as", "another")  # nobody could offer it yet


def test_init_looks_again_when_the_database_is_gone(demo: Home) -> None:
    demo.ok("init")
    for path in demo.path.glob("wangting.db*"):
        path.unlink()
    assert "已是最新" not in demo.ok("init")
    assert count(demo, "item_version") >= 16


def test_two_halls_run_side_by_side_and_share_nothing(demo: Home, plain: Home) -> None:
    ports = free_port(), free_port()
    running = [served(home, port) for home, port in ((demo, ports[0]), (plain, ports[1]))]
    try:
        pages = [urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=20).read() for port in ports]
        assert all(b"ok" in page for page in pages)
        assert "示范市" in urllib.request.urlopen(f"http://127.0.0.1:{ports[0]}/", timeout=30).read().decode()
        taken = subprocess.run([WANGTING, "run"], env=demo.environ(PORT=str(ports[1])), cwd=ROOT, capture_output=True, text=True, check=False)
        assert taken.returncode == 2 and str(ports[1]) in taken.stderr and "in use" in taken.stderr
    finally:
        for process in running:
            process.terminate()
            process.wait(30)
    log = (demo.path / "server.log").read_text(encoding="utf-8")
    assert "Traceback" not in log and f"http://127.0.0.1:{ports[0]}/office/" in log


@pytest.mark.parametrize("host", ["0.0.0.0", "hall.example"])
def test_a_demonstration_is_not_shown_to_the_world(demo: Home, host: str) -> None:
    said = demo.refused("run", HOST=host)
    assert host in said and "WANGTING_DEMO_PUBLIC=1" in said


@pytest.mark.parametrize("port", ["0", "65536", "-1", "http", "8080 ", "８０８０", "²", "99999999999999999999"])
def test_a_port_that_is_none_is_named(empty: Home, port: str) -> None:
    assert "PORT" in empty.refused("migrate", "status", PORT=port)


def test_a_port_that_is_none_stops_the_server(empty: Home) -> None:
    assert "PORT 应是 1 到 65535 的数字" in Home(empty.path, "zh_CN.UTF-8").refused("run", PORT="80800")


def test_nothing_runs_before_init_and_the_words_say_what_to_do(empty: Home) -> None:
    assert empty.refused("run").strip()
    for command in (("migrate", "status"), ("audit", "verify"), ("items", "export", "x"), ("keys", "rotate"), ("demo", "people")):
        english = empty.refused(*command)
        chinese = Home(empty.path, "zh_CN.UTF-8").refused(*command)
        assert english.strip() and chinese.strip() and english != chinese, command
        assert not (empty.path / "wangting.db").exists(), command


def test_a_hall_without_its_tables_does_not_start(demo: Home) -> None:
    database = demo.database()
    with database.session() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    database.close()
    assert "0001" in demo.refused("run")
    assert "0001" in demo.ok("migrate", "status")


@pytest.mark.parametrize(
    ("url", "status"), [("nonsense", "DATABASE_URL"), ("oracle9://x/y", "DATABASE_URL"), ("postgresql+psycopg://nobody@127.0.0.1:1/none", "database")]
)
def test_a_database_that_cannot_be_used_is_told_in_words(demo: Home, url: str, status: str) -> None:
    for command in (("migrate", "status"), ("audit", "verify"), ("demo", "people")):
        said = demo.refused(*command, DATABASE_URL=url)
        assert status in said, said


def test_a_home_that_cannot_be_written_is_named(tmp_path: "object") -> None:
    home = Home(tmp_path / "file" / "hall")  # type: ignore[operator]
    home.path.parent.write_text("a file, not a folder", encoding="utf-8")
    assert str(home.path.parent) in home.refused("init")


def test_migrations_are_told_and_done_by_command(demo: Home) -> None:
    current, newest = demo.ok("migrate", "status").strip().split(" / ")
    assert current == newest and newest.isdigit()
    assert demo.ok("migrate", "upgrade").strip() == f"{newest} / {newest}"


def test_the_version_and_the_help_need_no_hall(empty: Home) -> None:
    assert "version" in empty.ok("--version")
    said = empty.ok("--help")
    for command in ("init", "run", "worker", "migrate", "items", "demo", "audit", "keys"):
        assert command in said
