"""Whole ways through a hall, by the pages that people use."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.app import open_site
from tests import fixtures_site as site
from tests.fixtures_hall import publish_item
from tests.fixtures_relay import ITEM, with_relay
from tests.journeys.hall import Hall
from tests.moulds import made_once


def _make(factory: pytest.TempPathFactory, folder: Path) -> Any:
    """The demonstration hall with an item that is passed up from village and town, and the allowance with its nine steps."""
    built = site.build_once(factory, folder, ("civil_affairs/subsistence-allowance",))
    opened = open_site(built.config())
    with opened.database.session() as session:
        publish_item(session, ITEM, change=with_relay)
        publish_item(session, "civil_affairs/senior-card.json", change=lambda doc: doc["route"]["intake"].update(pre_review={"on_request": True}))
    opened.database.close()
    return built.passwords


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """Only ever copied."""
    home, passwords = made_once(tmp_path_factory, "site-relay", partial(_make, tmp_path_factory))
    return site.Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


@pytest.fixture
def hall(mould: site.Built, tmp_path: Path) -> Iterator[Hall]:
    """A fresh copy for one journey."""
    built = site.copy(mould, tmp_path / "hall")
    made = Hall(built, built.app())
    yield made
    made.database.close()
