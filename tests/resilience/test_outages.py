"""What the hall does while something under it is gone: says so in plain words, loses nothing, goes on by itself."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result
from sqlalchemy import select

from core.app import open_site
from core.cases import service as cases
from core.cases.models import Case, CaseClock
from core.cli.main import main
from core.db import migrate
from core.kernel.clock import freeze
from core.kernel.ids import new_id
from core.keys import store as key_store
from core.outbox import service as outbox
from core.web import limits
from tests import fixtures_site as site
from tests.fixtures_hall import ROOT, settle
from tests.resilience.conftest import ITEM, ITEMS
from tests.services import Postgres, free_port

pytestmark = pytest.mark.long

ME = "13800000001"
#: Nothing of these may ever be on a page.
INSIDES = ("Traceback", "psycopg", "sqlalchemy", "OperationalError", "File &#34;", 'File "', "SELECT ", "connection refused", "werkzeug")


def wait_for(what: Callable[[], bool], words: str) -> None:
    """Wait until *what* holds; the bound is against hanging for ever, not a measure."""
    for _ in range(1800):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError(words)


# --- PostgreSQL -----------------------------------------------------------------------------------------------------------------------


class Stoppable(Postgres):
    """A server of its own that can be stopped and started."""

    def halt(self) -> None:
        """Stop at once; open connections are cut."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(30)

    def again(self) -> None:
        """Start on the same data and port."""
        user = self._user()
        run: dict[str, Any] = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        self.process = subprocess.Popen(self.process.args, stdout=self.log, stderr=self.log, cwd=self.folder, **run)
        engine = sa.create_engine(self.url, poolclass=sa.NullPool)

        def answers() -> bool:
            try:
                engine.connect().close()
            except sa.exc.OperationalError:
                return False
            return True

        wait_for(answers, "PostgreSQL does not come back")


@pytest.fixture
def server() -> Iterator[Stoppable]:
    """PostgreSQL to be stopped."""
    try:
        started = Stoppable()
    except FileNotFoundError:
        pytest.fail("PostgreSQL is not installed: run make test, which installs it or says how")
    yield started
    started.stop()


def assert_plain(answer: Any, status: int = 503) -> None:
    """A page that a person can read, made without the database."""
    assert answer.status_code == status, answer.text[:500]
    assert not [inside for inside in INSIDES if inside in answer.text]
    if answer.mimetype == "text/html":
        for part in ('<link rel="stylesheet" href="', "/theme/", '<header class="top">', '<a class="brand" href="/', 'id="main"', "正在恢复"):
            assert part in answer.text, part
    else:
        assert answer.mimetype == "application/problem+json"
        assert answer.json["status"] == status


@pytest.mark.postgres
def test_a_stopped_postgresql_gives_a_plain_page_and_everything_goes_on_when_it_is_back(tmp_path: Path, server: Stoppable) -> None:
    built = site.build(tmp_path / "hall", server.url, ITEMS[:1])
    app = built.app(embedded=True)
    me, api = site.Browser(app).citizen(ME, built.passwords[ME]), site.Api(app, ME, built.passwords[ME])
    given = site.example(ITEM)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}, "csrf_token": me.token()}
    body, key = {"item": ITEM, "answers": given["form"], "situation": given["situation"]}, new_id()
    css = me.get("/").text.partition('rel="stylesheet" href="')[2].partition('"')[0]

    server.halt()
    for path in ("/", f"/items/{ITEM}", f"/items/{ITEM}/apply", "/my/", "/search?q=1", "/progress/AAAABBBBCCCCDDDD", "/h/yunling/", "/account/login"):
        answer = me.get(path)
        assert answer.status_code in (200, 503), path  # what is kept in memory may still answer
        assert answer.status_code == 200 or assert_plain(answer) is None
    assert_plain(me.get("/my/"))
    assert_plain(me.post(f"/items/{ITEM}/apply", posted, csrf=False))
    assert_plain(api.post("/v1/cases", body, key=key))
    assert_plain(api.client.post("/v1/tokens", json={"kind": "citizen", "login": ME, "password": "x"}))
    assert me.get(css).status_code == 200, "the look of the page needs no database"
    assert (me.get("/healthz").status_code, me.get("/readyz").status_code) == (200, 503)

    server.again()
    assert me.get("/readyz").status_code == 200
    assert me.post(f"/items/{ITEM}/apply", posted, csrf=False).status_code == 303, "the same form, sent again"
    assert api.post("/v1/cases", body, key=key).status_code == 201
    assert api.post("/v1/cases", body, key=key).json["replayed"]
    database = app.extensions["wangting"].database
    with database.session() as session:
        found = session.scalars(select(Case.id)).all()
        assert len(found) == 1
        assert cases.verify(session, found[0]).ok

    def drained() -> bool:
        with database.session() as session:
            return outbox.waiting(session) == 0

    wait_for(drained, "the embedded relay does not go on after the outage")
    app.extensions["wangting"].relay.stop()
    database.close()


# --- Redis ----------------------------------------------------------------------------------------------------------------------------


def test_without_redis_the_site_works_and_the_doors_are_still_guarded(hall: site.Built) -> None:
    limits._storage.cache_clear()
    app = hall.app(extra={}, redis_url=f"redis://127.0.0.1:{free_port()}/0")
    assert site.Browser(app).get("/").status_code == 200
    site.Browser(app).citizen(ME, hall.passwords[ME])
    guesser = site.Browser(app)
    seen = [guesser.post("/progress", {"number": "1", "code": "AAAABBBBCCCCDDDD"}).status_code for _ in range(25)]
    assert seen[0] == 422
    assert seen[-1] == 429
    limits._storage.cache_clear()


@pytest.mark.redis
@pytest.mark.postgres
def test_celery_catches_up_when_redis_comes_back(tmp_path: Path, pg_hall: site.Built) -> None:
    binary = shutil.which("redis-server")
    if binary is None:
        pytest.fail("redis-server is not installed: run make test, which installs it or says how")
    built = pg_hall
    app = built.app()
    assert site.Api(app, ME, built.passwords[ME]).file(ITEM).status_code == 201
    port, redis = free_port(), None
    environment = {**os.environ, **built.environment(REDIS_URL=f"redis://127.0.0.1:{port}/0"), "PYTHONPATH": str(ROOT)}
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "core.worker.celery_app",
        "worker",
        "--pool=solo",
        "--loglevel=ERROR",
        "--without-gossip",
        "--without-mingle",
    ]
    log = (tmp_path / "celery.log").open("wb")
    worker = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log, start_new_session=True)
    database = app.extensions["wangting"].database
    try:
        wait_for(lambda: "Connection refused" in (tmp_path / "celery.log").read_text(errors="replace") or worker.poll() is not None, "no try to reach Redis")
        assert worker.poll() is None, "the worker gave up"
        assert site.Api(app, ME, built.passwords[ME]).file(ITEM).status_code == 201, "people file while Redis is away"
        redis = subprocess.Popen([binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)], stdout=subprocess.DEVNULL)

        def drained() -> bool:
            with database.session() as session:
                return outbox.waiting(session) == 0

        wait_for(drained, (tmp_path / "celery.log").read_text(errors="replace")[-2000:])
    finally:
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
        if redis is not None:
            redis.kill()
            redis.wait()
        log.close()
        database.close()


# --- keys and tables ------------------------------------------------------------------------------------------------------------------------


def command(hall: site.Built, *arguments: str) -> Result:
    """``wangting …`` on this hall, in this process."""
    environment = {**hall.environment(PORT=str(free_port())), key_store.VARIABLE: None}
    return CliRunner().invoke(main, list(arguments), env=environment)


def missing(path: Path, _hall: site.Built) -> None:
    path.unlink()


def damaged(path: Path, _hall: site.Built) -> None:
    path.write_text(path.read_text(encoding="ascii")[:-40], encoding="ascii")


def too_open(path: Path, _hall: site.Built) -> None:
    path.chmod(0o644)


def of_another_hall(path: Path, hall: site.Built) -> None:
    path.unlink()
    key_store.create_keys(hall.home)


@pytest.mark.parametrize("name", ["run", "init", "worker"])
@pytest.mark.parametrize(
    ("spoil", "says"),
    [(missing, "Restore it from your backup"), (damaged, "Put back the original"), (too_open, "chmod 600"), (of_another_hall, "was backed up together")],
)
def test_without_its_own_keys_the_hall_refuses_and_says_which_file_and_how_to_restore_it(
    hall: site.Built, name: str, spoil: Callable[[Path, site.Built], None], says: str
) -> None:
    path = key_store.key_file(hall.home)
    spoil(path, hall)
    before = path.read_bytes() if path.exists() else None
    result = command(hall, name)
    assert result.exit_code == 2, (result.output, result.exception)
    assert str(path) in result.output
    assert says in result.output
    assert "Traceback" not in result.output
    assert (path.read_bytes() if path.exists() else None) == before, "a refused start must not touch the keys"


def test_an_up_to_date_hall_without_its_keys_is_not_called_up_to_date(hall: site.Built) -> None:
    (hall.home / "demo").touch()
    assert command(hall, "init").exit_code == 0
    assert "up to date" in command(hall, "init").output
    key_store.key_file(hall.home).unlink()
    result = command(hall, "init")
    assert result.exit_code == 2
    assert str(key_store.key_file(hall.home)) in result.output


def test_tables_older_than_the_code_are_refused_with_the_command_that_mends_it(hall: site.Built) -> None:
    database = open_site(hall.config()).database
    _current, wanted = migrate.status(database)
    with database.session() as session:
        session.execute(sa.text(f"UPDATE {migrate.core().version_table} SET version_num = '0000'"))
    result = command(hall, "run")
    assert result.exit_code == 2, result.output
    assert "wangting init" in result.output
    assert str(wanted) in result.output
    with database.session() as session:
        session.execute(sa.text(f"DELETE FROM {migrate.core().version_table}"))
    database.close()
    assert "wangting init" in command(hall, "run").output


# --- the calendar ---------------------------------------------------------------------------------------------------------------------------


def twenty_days(doc: dict[str, Any]) -> None:
    """The item with a promise that reaches into the next year."""
    doc["route"]["limits"] = {"statutory": {"value": 20, "unit": "working_day"}, "promised": {"value": 20, "unit": "working_day"}}
    doc["provenance"]["unknown"] = [path for path in doc["provenance"].get("unknown", []) if not path.startswith("route.limits")]
    doc["provenance"]["assumed"] = {path: why for path, why in doc["provenance"].get("assumed", {}).items() if not path.startswith("route.limits")}


@pytest.mark.parametrize(("year", "known"), [(2026, "2027 is known by law only"), (2027, "nothing is known of 2028")])
def test_a_limit_that_runs_into_a_year_without_a_notice_is_provisional_and_never_a_crash(hall: site.Built, year: int, known: str) -> None:
    from tests.fixtures_hall import publish_item

    app = hall.app()
    database = app.extensions["wangting"].database
    with database.session() as session:
        publish_item(session, f"{ITEMS[0]}.json", change=twenty_days)
    with freeze(datetime(year, 12, 21, 2, 0, tzinfo=UTC)):
        me, api = site.Browser(app).citizen(ME, hall.passwords[ME]), site.Api(app, ME, hall.passwords[ME])
        filed = api.file(ITEM)
        assert filed.status_code == 201, filed.text
        case = filed.json["id"]
        window = site.Browser(app).staff("window", hall.passwords["window"])
        assert site.office_press(window, case, 1, "accept").status_code == 303
        settle(database)
        with database.session() as session:
            clocks = {clock.name: clock for clock in session.scalars(select(CaseClock).where(CaseClock.case_id == case))}
        assert clocks["main"].due_at is not None
        assert clocks["main"].due_at.year == year + 1, known
        shown = api.get(f"/v1/cases/{case}").json
        assert next(clock["provisional"] for clock in shown["clocks"] if clock["name"] == "main"), known
        assert "节假日安排还没有公布" in me.get(f"/cases/{case}").text
        for path in (f"/cases/{case}/receipt", "/my/", "/", f"/items/{ITEM}"):
            assert me.get(path).status_code == 200, path
        assert window.get(f"/office/cases/{case}").status_code == 200
        with database.session() as session:
            assert cases.verify(session, case).ok
    database.close()
