"""``wangting`` as an operator runs it: a process of its own, a folder of its own."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from core.cli.main import main
from core.db.database import Database
from tests.demo_hall import OURS, ROOT, WANGTING, copy_home, initialised

_OWN_PROCESS = frozenset({"serve", "worker", "--version"})


class Done(NamedTuple):
    """How a command ended and what it said."""

    returncode: int
    stdout: str
    stderr: str


@dataclass
class Home:
    """A hall's folder and the environment its commands run in."""

    path: Path
    lang: str = "en_GB.UTF-8"

    def environ(self, **more: str) -> dict[str, str]:
        """The environment: nothing of the tester's own hall."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith(OURS)}
        return {**kept, "WANGTING_HOME": str(self.path), "LANG": self.lang, **more}

    def run(self, *arguments: str, **more: str) -> Done:
        """A command; its output is never a stack trace. What serves gets a process of its own, others share the tester's."""
        if arguments[0] in _OWN_PROCESS:
            made = subprocess.run([WANGTING, *arguments], env=self.environ(**more), cwd=ROOT, capture_output=True, text=True, check=False)
            done = Done(made.returncode, made.stdout, made.stderr)
        else:
            unset = {name: None for name in os.environ if name.startswith(OURS)}
            result = CliRunner().invoke(main, list(arguments), env={**unset, "WANGTING_HOME": str(self.path), "LANG": self.lang, **more})
            assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
            done = Done(result.exit_code, result.stdout, result.stderr)
        assert "Traceback" not in done.stdout + done.stderr, done.stderr
        return done

    def ok(self, *arguments: str, **more: str) -> str:
        """A command that must work; what it printed."""
        done = self.run(*arguments, **more)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refused(self, *arguments: str, **more: str) -> str:
        """A command that must be refused; what it said."""
        done = self.run(*arguments, **more)
        assert done.returncode != 0, done.stdout
        return done.stderr

    def database(self) -> Database:
        """The hall's database (SQLite)."""
        return Database(f"sqlite:///{self.path / 'wangting.db'}")


def copy(home: Home, target: Path) -> Home:
    """The same hall in another folder, as an operator would move it (the database is named in the stamp, so ``init`` looks again)."""
    return Home(copy_home(home.path, target))


@pytest.fixture(scope="session")
def first_words(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What ``init`` printed for the halls below, by kind."""
    return {"demo": initialised(tmp_path_factory, "--demo")[1], "plain": initialised(tmp_path_factory)[1]}


@pytest.fixture(scope="session")
def _demo(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(initialised(tmp_path_factory, "--demo")[0])


@pytest.fixture(scope="session")
def _plain(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return Home(initialised(tmp_path_factory)[0])


@pytest.fixture
def demo(_demo: Home, tmp_path: Path) -> Iterator[Home]:
    """A demonstration hall of this test's own."""
    yield copy(_demo, tmp_path / "hall")


@pytest.fixture
def plain(_plain: Home, tmp_path: Path) -> Iterator[Home]:
    """A production hall of this test's own."""
    yield copy(_plain, tmp_path / "plain")


@pytest.fixture
def empty(tmp_path: Path) -> Home:
    """A folder in which nothing is set up."""
    return Home(tmp_path / "none")
