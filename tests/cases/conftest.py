"""The desk of :mod:`tests.fixtures_cases` as fixtures, on each database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures_cases import Desk, make_desk


@pytest.fixture(params=["sqlite", "postgresql"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """The desk on each database."""
    url = request.getfixturevalue("pg_url") if request.param == "postgresql" else None
    made = make_desk(tmp_path, url)
    yield made
    made.database.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[Desk]:
    """The desk on SQLite only, where the database makes no difference."""
    made = make_desk(tmp_path)
    yield made
    made.database.close()
