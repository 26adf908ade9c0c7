"""A hall with a desk, and the clerk at it."""

from pathlib import Path

import pytest
from flask import Flask

from tests import fixtures_site as site


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """One hall, built once; tests take a copy."""
    return site.built_once(tmp_path_factory, (*site.ITEMS, "public_security/residence-permit"))


@pytest.fixture
def built(template: site.Built, tmp_path: Path) -> site.Built:
    """A fresh copy of the hall."""
    return site.copy(template, tmp_path / "hall")


@pytest.fixture
def app(built: site.Built) -> Flask:
    """The hall's application."""
    return built.app()
