"""A hall on disk and the real programs on it: ``wangting run`` and ``wangting worker`` as processes that can be killed."""

import http.client
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import fixtures_site as site
from tests.demo_hall import copy_home
from tests.fixtures_hall import ROOT
from tests.moulds import pg_database, pg_mould
from tests.services import free_port

#: Decided by two people after an acceptance; asks for no file, so that a submission is one call.
ITEM = "teacher-qualification"
ITEMS = ("education/teacher-qualification", "human_resources/unemployment-benefit")


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """One hall, built once; every test takes a copy."""
    return site.built_once(tmp_path_factory, ITEMS)


@pytest.fixture
def hall(template: site.Built, tmp_path: Path) -> site.Built:
    """A fresh copy of the hall."""
    return site.copy(template, tmp_path / "hall")


@pytest.fixture
def pg_hall(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[site.Built]:
    """The same on PostgreSQL, with the first item: a copy of this test's own."""
    home, template, passwords = pg_mould(tmp_path_factory, "site", lambda folder, url: site.build(folder, url, ITEMS[:1]).passwords)
    with pg_database(template) as url:
        yield site.Built(copy_home(home, tmp_path / "hall"), url, passwords)


class Program:
    """A ``wangting`` command as a process; its output goes to a file that a failing test shows."""

    def __init__(self, built: site.Built, *command: str, **environment: str) -> None:
        self.log = built.home / f"{command[0]}.log"
        self.command, self.port = command, free_port()
        self.environment = {**os.environ, **built.environment(PORT=str(self.port)), "PYTHONPATH": str(ROOT), **environment}
        self.start()

    def start(self) -> "Program":
        """Start it (again)."""
        with self.log.open("ab") as log:
            command = [sys.executable, "-c", "from core.cli.main import main; main()", *self.command]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True)
        return self

    def ready(self) -> "Program":
        """Wait until it answers."""
        for _ in range(1200):
            assert self.process.poll() is None, self.log.read_text(errors="replace")[-3000:]
            try:
                if call(self.port, "GET", "/healthz")[0] == 200:
                    return self
            except OSError:
                pass
            time.sleep(0.05)
        raise AssertionError(f"no answer: {self.log.read_text(errors='replace')[-3000:]}")

    def kill(self) -> None:
        """kill -9."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def call(port: int, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, timeout: float = 30) -> tuple[int, bytes]:
    """One HTTP call. Raises :class:`OSError` or :class:`http.client.HTTPException` when the server dies in between."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        data = None if body is None else json.dumps(body).encode()
        connection.request(method, path, data, {"Content-Type": "application/json", **(headers or {})} if data else dict(headers or {}))
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def wangting(built: site.Built, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a ``wangting`` command to its end."""
    code = "from core.cli.main import main; main()"
    merged = {**os.environ, **built.environment(), "PYTHONPATH": str(ROOT), **environment}
    return subprocess.run([sys.executable, "-c", code, *command], cwd=ROOT, env=merged, capture_output=True, text=True, timeout=300, check=False)
