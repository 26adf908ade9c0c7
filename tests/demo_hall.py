"""A whole hall as a stranger gets it: ``wangting init --demo``, then ``wangting run``, talked to over HTTP."""

import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from core.cli.main import main
from tests.moulds import made_once
from tests.services import free_port

ROOT = Path(__file__).resolve().parents[1]
WANGTING = str(Path(sys.executable).parent / "wangting")
#: Environment of the tester's own hall, which no hall of a test may see.
OURS = ("WANGTING", "DATABASE_URL", "REDIS_URL", "HOST", "PORT")
_PERSON = re.compile(r"^  (\S+)\s+(\S{8,})\s+(\S+)\s+(.+)$")
#: Logins of :mod:`core.identity.demo` that the tests speak of.
CITIZEN, OTHER_CITIZEN = "13800000001", "13800000002"


@dataclass
class DemoHall:
    """A running demonstration hall: its address, its people, its log."""

    base: str
    home: Path
    environ: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)  #: login → password
    what: dict[str, str] = field(default_factory=dict)  #: login → what they are

    def url(self, path: str) -> str:
        """An address in the hall."""
        return self.base + path

    def run(self, *arguments: str) -> str:
        """A ``wangting`` command in this hall, while it serves; returns what it printed."""
        done = subprocess.run([WANGTING, *arguments], env=self.environ, cwd=ROOT, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    @property
    def log(self) -> str:
        """What the server has written so far."""
        return (self.home / "server.log").read_text(encoding="utf-8", errors="replace")


def initialised(factory: pytest.TempPathFactory, *arguments: str) -> tuple[Path, str]:
    """The folder that ``wangting init`` with *arguments* filled, once for all workers of a run, and what it printed. To be copied or read.

    The command runs in this process, whose passwords cost little to check (``core.sdk.testing.passwords``): people log in to its copies all the time.
    """

    def make(home: Path) -> str:
        unset = {key: None for key in os.environ if key.startswith(OURS)}
        done = CliRunner().invoke(main, ["init", *arguments], env={**unset, "WANGTING_HOME": str(home), "LANG": "en_GB.UTF-8"})
        assert done.exit_code == 0, (done.output, done.exc_info)
        return done.stdout

    return made_once(factory, "-".join(("init", *(each.strip("-") for each in arguments))), make)


def people_of(printed: str) -> dict[str, str]:
    """Log-in → password of everybody whom ``init --demo`` spoke of."""
    return {found[1]: found[2] for line in printed.splitlines() if (found := _PERSON.match(line))}


def copy_home(home: Path, target: Path) -> Path:
    """A hall's folder once more. What SQLite keeps beside a database while somebody reads it comes and goes, and holds nothing of a closed one."""
    shutil.copytree(home, target, ignore=shutil.ignore_patterns("*.db-wal", "*.db-shm"), dirs_exist_ok=True)
    return target


def start_hall(factory: pytest.TempPathFactory, **environ: str) -> tuple[DemoHall, "subprocess.Popen[bytes]"]:
    """A hall set up the way ``make run`` does, in a folder of its own, and served."""
    mould, printed = initialised(factory, "--demo")
    port, home = free_port(), copy_home(mould, factory.mktemp("hall"))
    env = {**os.environ, "WANGTING_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", **environ}
    hall = DemoHall(f"http://127.0.0.1:{port}", home, env)
    for line in printed.splitlines():
        if match := _PERSON.match(line):
            login, password, name, what = match.groups()
            hall.people[login], hall.what[login] = password, f"{name} {what}"
    return hall, serve(hall)


def serve(hall: DemoHall) -> "subprocess.Popen[bytes]":
    """``wangting run`` until it answers."""
    with (hall.home / "server.log").open("ab") as log:
        process = subprocess.Popen([WANGTING, "run"], env=hall.environ, cwd=ROOT, stdout=log, stderr=log)
    for _ in range(600):
        try:
            urllib.request.urlopen(hall.url("/healthz"), timeout=2)
            return process
        except OSError:
            assert process.poll() is None, hall.log[-3000:]
            time.sleep(0.1)
    raise AssertionError("the hall did not come up")
