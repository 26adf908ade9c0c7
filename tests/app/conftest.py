"""One hall for the tests of the composition root and the edge."""

from collections.abc import Iterator

import pytest
from flask import Flask

from tests import fixtures_site as site


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """A hall with one item."""
    return site.copy(site.built_once(tmp_path_factory, ("civil_affairs/senior-card",)), tmp_path_factory.mktemp("app") / "hall")


@pytest.fixture(scope="module")
def app(built: site.Built) -> Iterator[Flask]:
    """Its application."""
    made = built.app()
    yield made
    made.extensions["wangting"].database.close()
