"""What every test has: the real services, and guards against reaching out."""

import gc
import os
import platform
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from core.sdk.testing.passwords import cheap_passwords as cheap_passwords
from core.sdk.testing.thrift import careless_disks as careless_disks
from core.sdk.testing.thrift import compiled_once as compiled_once
from core.sdk.testing.thrift import worded_once as worded_once
from tests import memory_disk, services
from tests.dealing import dealt
from tests.demo_hall import DemoHall, start_hall
from tests.fixtures_hall import make_database
from tests.moulds import pg_database, pg_mould

if TYPE_CHECKING:
    from playwright.sync_api import Browser

_running: list[Any] = []
_opened: list[Path] = []


def pytest_configure(config: pytest.Config) -> None:
    """Start the services once, in the controlling process; parallel workers find them through the environment."""
    if hasattr(config, "workerinput") or config.option.collectonly:
        return
    if folder := memory_disk.open_folder():
        _opened.append(folder)
    for variable, service in (("WANGTING_TEST_PG", services.Postgres), ("WANGTING_TEST_REDIS", services.Redis)):
        if os.environ.get(variable):
            continue
        try:
            started = service()
        except FileNotFoundError:
            continue
        _running.append(started)
        os.environ[variable] = started.url


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first, when several workers share the suite and whatever was left out is out."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if workers > 1:
        items[:] = dealt(items, workers, long=lambda item: item.get_closest_marker("long") is not None, file=lambda item: item.path)


def pytest_collection_finish() -> None:
    """What is loaded by now stays until the end: no collection of rubbish need look through it again. What comes is a hall after the other, large and
    soon gone: looked through as rarely as a hundred megabytes more allow."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop what was started."""
    services.close_browser()
    while _running:
        _running.pop().stop()
    while _opened:
        memory_disk.close_folder(_opened.pop())


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """After a long run: when, on what kind of machine, and what each test counted – the evidence that ``make soak`` keeps."""
    if not os.environ.get("WANGTING_SOAK"):
        return
    terminalreporter.section("counts")
    machine = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    terminalreporter.line(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {machine}")
    for report in terminalreporter.stats.get("passed", ()):
        if report.when == "call":
            counts = [f"{name} {value}" for name, value in report.user_properties]
            terminalreporter.line(f"{report.nodeid}: {', '.join([*counts, f'{report.duration:.0f} s'])}")


@pytest.fixture(scope="session", autouse=True)
def thrift(cheap_passwords: None, compiled_once: None, worded_once: None, careless_disks: None) -> None:
    """Every hall of the suite has passwords that cost little to check, templates that were made code before, and disks that may forget."""


@pytest.fixture
def pg_url() -> Iterator[str]:
    """An empty PostgreSQL database of this test's own."""
    with pg_database() as url:
        yield url


@pytest.fixture
def pg_tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A PostgreSQL database of this test's own with every table of the core and no row."""
    _home, template, _told = pg_mould(tmp_path_factory, "tables", lambda home, url: make_database(home, url).close())
    with pg_database(template) as url:
        yield url


@pytest.fixture
def redis_url() -> str:
    """A Redis server."""
    url = os.environ.get("WANGTING_TEST_REDIS")
    if not url:
        pytest.fail("redis-server is not installed: run make test, which installs it or says how")
    return url


@pytest.fixture(scope="session")
def demo_hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    """One demonstration hall for this worker, shared by browser and API tests; its log must stay free of tracebacks."""
    made, process = start_hall(tmp_path_factory)
    yield made
    process.terminate()
    process.wait(30)
    assert "Traceback" not in made.log, made.log[made.log.index("Traceback") - 500 :][:4000]


_connect = socket.socket.connect


@pytest.fixture(autouse=True)
def loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests reach this machine and nothing else."""

    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(scope="session")
def chromium() -> "Browser":
    """The browser of this worker, found by tests.services: one for every test that needs one."""
    found = services.browser()
    if found is None:
        pytest.fail("no browser: run make test, which installs one or says how")
    return found
