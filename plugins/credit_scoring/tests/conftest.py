"""A hall with this plugin installed and enabled, made once a run and copied by each test that changes it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from core.app import open_site
from core.kernel.actor import SYSTEM, Actor
from core.pluginhost import grants, life, service
from core.pluginhost.context import Context
from core.sdk.testing.halls import publish_samples
from core.web.site import Site
from tests import fixtures_site as site
from tests.conftest import chromium as chromium  # the browser of this worker
from tests.fixtures_hall import People, read_hall
from tests.moulds import made_once

NAME = "credit_scoring"
#: Who may what in these tests: log-ins of the demonstration hall.
STAFF = {
    "window": (),
    "reviewer": ("look",),
    "chief": ("look", "decide", "bring_in", "manage"),
    "leader": ("look", "publish", "supervise", "manage"),
}


@dataclass
class CreditHall:
    """A hall on disk with the plugin."""

    built: site.Built
    opened: Site
    people: People
    passwords: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def database(self) -> Any:
        """The hall's database."""
        return self.opened.database

    def ctx(self, session: Any, login: str = "", locale: str = "zh") -> Context:
        """The plugin as *login* calls it: a member of staff by log-in, ``citizen``, ``other``, or the platform itself."""
        actor = {"": SYSTEM, "citizen": self.people.me, "other": self.people.stranger}.get(login) or Actor("staff", self.people.staff[login])
        granted = grants.of(session, NAME, actor.id) if actor.kind == "staff" else ()
        return service.called(session, NAME, actor=actor, locale=locale, granted=granted)

    @cached_property
    def app(self) -> Flask:
        """The application."""
        return self.built.app()


def people_of(session: Any) -> People:
    """The demonstration organisation, by log-in."""
    return read_hall(session, {login: str(user) for login, user in session.execute(text("SELECT username, id FROM ab_user"))})


def _make(factory: pytest.TempPathFactory, home: Path) -> dict[str, str]:
    built = site.build_once(factory, home, ("civil_affairs/senior-card",))
    opened = open_site(built.config())
    with opened.database.session() as session:
        host = service.host(session)
        life.install(session, host, NAME, actor=SYSTEM)
        life.enable(session, host, NAME, actor=SYSTEM)
    with opened.database.session() as session:
        people = people_of(session)
        for login, permissions in STAFF.items():
            for permission in permissions:
                grants.grant(session, service.host(session).found(NAME).manifest, permission, people.staff[login], actor=SYSTEM)
    opened.database.close()
    opened = open_site(built.config())  # as a process that starts now
    with opened.database.session() as session:
        publish_samples(session, Path(__file__).resolve().parents[1])
    opened.database.close()
    return built.passwords


@pytest.fixture(scope="session")
def mould(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """The hall that is only ever copied."""
    home, passwords = made_once(tmp_path_factory, "credit-hall", partial(_make, tmp_path_factory))
    return site.Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


@pytest.fixture
def hall(mould: site.Built, tmp_path: Path) -> Iterator[CreditHall]:
    """A copy for one test."""
    built = site.copy(mould, tmp_path / "hall")
    opened = open_site(built.config())
    with opened.database.session() as session:
        people = people_of(session)
    yield CreditHall(built, opened, people, built.passwords)
    opened.database.close()


@pytest.fixture
def number() -> Callable[[int], str]:
    """The n-th company's number, with a right check character."""
    from core.kernel.identifiers import uscc_check_character

    def make(n: int) -> str:
        body = f"91330106{n:09d}"
        return body + uscc_check_character(body)

    return make
