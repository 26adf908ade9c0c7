"""The desk of :mod:`tests.fixtures_cases` as fixtures, on each database. Halls are copies of one that is made once a run."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures_cases import Desk, copied, make_desk
from tests.moulds import made_once, pg_database, pg_mould

Mould = Callable[[Path], Desk]


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> Mould:
    """A hall on SQLite to copy: ``mould(folder)``."""
    home, told = made_once(tmp_path_factory, "desk", make)
    return lambda target: copied(home, target, told)


@pytest.fixture(scope="session")
def postgres_mould(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, Any]:
    """The same on PostgreSQL: its folder, its database, what is in it."""
    return pg_mould(tmp_path_factory, "desk", make)


def make(home: Path, url: str | None = None) -> Any:
    """Make the hall and leave it closed; returns its ids for :func:`tests.fixtures_cases.copied`."""
    made = make_desk(home, url)
    made.database.close()
    return made.told()


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The desk on each database."""
    with ExitStack() as stack:
        if request.param == "sqlite":
            made = request.getfixturevalue("mould")(tmp_path / "hall")
        else:
            home, template, told = request.getfixturevalue("postgres_mould")
            made = copied(home, tmp_path / "hall", told, stack.enter_context(pg_database(template)))
        yield made
        made.database.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def lite(tmp_path: Path, mould: Mould) -> Iterator[Desk]:
    """The desk on SQLite only, where the database makes no difference."""
    made = mould(tmp_path / "hall")
    yield made
    made.database.close()
    shutil.rmtree(tmp_path, ignore_errors=True)
