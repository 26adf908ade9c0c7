"""The desk of :mod:`tests.fixtures_cases` as fixtures, on each database. SQLite halls are copies of one that is made once."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures_cases import Desk, copied, make_desk


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """A hall that is only ever copied."""
    made = make_desk(tmp_path_factory.mktemp("mould") / "hall")
    made.database.close()
    return made


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path, mould: Desk) -> Iterator[Desk]:
    """The desk on each database."""
    made = copied(mould, tmp_path / "hall") if request.param == "sqlite" else make_desk(tmp_path, request.getfixturevalue("pg_url"))
    yield made
    made.database.close()
    shutil.rmtree(tmp_path, ignore_errors=True)


@pytest.fixture
def lite(tmp_path: Path, mould: Desk) -> Iterator[Desk]:
    """The desk on SQLite only, where the database makes no difference."""
    made = copied(mould, tmp_path / "hall")
    yield made
    made.database.close()
    shutil.rmtree(tmp_path, ignore_errors=True)
