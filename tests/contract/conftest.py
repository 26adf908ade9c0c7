"""A hall with the plugin that implements every hook, made once a run."""

import shutil
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from core.sdk.testing import halls
from core.sdk.testing.built import Built, copy
from core.sdk.testing.halls import PluginHall
from tests.moulds import made_once

HERE = Path(__file__).resolve().parent
EVERY = HERE / "every_hook"


def _make(factory: pytest.TempPathFactory, home: Path) -> dict[str, str]:
    shutil.copytree(EVERY, home / "plugins" / "every_hook", ignore=shutil.ignore_patterns("__pycache__"))
    return halls.make(factory, home, EVERY, "every_hook").passwords


@pytest.fixture(scope="module")
def every(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PluginHall]:
    """A copy for the tests of one file; each works on a case of its own."""
    home, passwords = made_once(tmp_path_factory, "every-hook", partial(_make, tmp_path_factory))
    built = copy(Built(home, "", passwords), tmp_path_factory.mktemp("every") / "hall")
    hall = PluginHall(built, EVERY, "every_hook", built.app())
    yield hall
    hall.database.close()
