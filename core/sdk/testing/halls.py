"""The hall of a plugin's test: the plugin installed and enabled as an operator does it, its samples published, and short verbs for what tests do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, select, text
from sqlalchemy.orm import Session

from core.app import open_site
from core.cases import queries as cases
from core.db.database import Database
from core.identity.models import Department, Division, Staff
from core.identity.service import account_by_login
from core.items import service as items
from core.items.library import item_files, library, shipped_root, sources
from core.kernel.actor import SYSTEM, Actor
from core.outbox import relay
from core.pluginhost import grants, jobs, life
from core.pluginhost import service as plugins
from core.pluginhost.context import Context
from core.pluginhost.models import Enabled
from core.pluginhost.standing import remembered
from core.sdk.testing.browsing import Api, Browser, office_press, refusal
from core.sdk.testing.built import Built, build_once

#: Log-ins of the demonstration hall that a test speaks of most.
CITIZEN, OTHER_CITIZEN, CLERK = "13800000001", "13800000002", "window"
#: Who presses what the steps of an item's own tests say (``as``): one member of staff of the city for each role.
HANDS = {"window": "window", "reviewer": "reviewer", "section_chief": "chief", "expert": "expert1", "leader": "leader", "agency_head": "head"}
#: An item of the platform that every such hall offers.
SHIPPED = "civil_affairs/senior-card"


@dataclass(frozen=True, slots=True)
class Filed:
    """An application that was filed."""

    id: str
    number: str


@dataclass
class PluginHall:
    """A hall on disk with the plugin in *folder*; *app* is its application."""

    built: Built
    folder: Path
    plugin: str
    app: Flask
    _browsers: dict[str, Browser] = field(default_factory=dict)

    @property
    def database(self) -> Database:
        """The hall's database."""
        found = self.app.extensions["wangting"].database
        assert isinstance(found, Database)
        return found

    @contextmanager
    def ctx(self, login: str = "", *, locale: str = "zh", plugin: str = "") -> Iterator[Context]:
        """The plugin called by *login* – staff, a citizen's telephone number, or the platform itself – in a transaction that is committed at the end."""
        with self.database.session() as session:
            actor = self._actor(session, login)
            name = plugin or self.plugin
            granted = grants.of(session, name, actor.id) if actor.kind == "staff" else frozenset[str]()
            yield plugins.called(session, name, actor=actor, locale=locale, granted=granted)

    def citizen(self, phone: str = CITIZEN) -> Browser:
        """A citizen's browser, logged in."""
        if phone not in self._browsers:
            self._browsers[phone] = Browser(self.app).citizen(phone, self.built.passwords[phone])
        return self._browsers[phone]

    def office(self, login: str = CLERK) -> Browser:
        """The browser of a member of staff, logged in."""
        if login not in self._browsers:
            self._browsers[login] = Browser(self.app).staff(login, self.built.passwords[login])
        return self._browsers[login]

    def grant(self, login: str, *permissions: str) -> None:
        """Give a member of staff permissions of the plugin's manifest."""
        with self.database.session() as session:
            manifest = plugins.host(session).manifest(self.plugin)
            for permission in permissions:
                grants.grant(session, manifest, permission, self._actor(session, login).id, actor=SYSTEM)

    def file(self, code: str, answers: Mapping[str, Any] | None = None) -> Filed:
        """File an application of the first citizen with the answers of the item's own first test, changed by *answers*."""
        api = Api(self.app, CITIZEN, self.built.passwords[CITIZEN], roots=(self.folder / "samples",))
        answer = api.file(code, answers=answers)
        assert answer.status_code == 201, answer.text
        told: Any = answer.json
        return Filed(str(told["id"]), str(told["number"]))

    def press(self, login: str, case_id: str, action: str, **more: str) -> None:
        """Press a button on the case page, on the step that this member of staff may take."""
        with self.database.session() as session:
            view = cases.case_for_staff(session, case_id, actor=self._actor(session, login))
        number = next((task.no for task in view.tasks if task.mine and any(each.id == action for each in task.actions)), None)
        assert number is not None, f"{login} is offered no {action}: {[(task.node, [each.id for each in task.actions]) for task in view.tasks]}"
        answer = office_press(self.office(login), case_id, number, action, **more)
        assert answer.status_code == 303, refusal(answer)

    def settle(self) -> None:
        """Run everything that waits: observers, automatic steps, jobs, notices."""
        relay.run_all(self.database)

    def run_job(self, job: str, body: Mapping[str, Any] | None = None, *, key: str = "test") -> None:
        """Have a job of the plugin done now."""
        with self.database.session() as session:
            jobs.later(session, self.plugin, job, dict(body or {}), key=key)
        self.settle()

    def department(self, code: str, division: str = "990100") -> str:
        """The id of a department of the demonstration organisation; the city's unless a *division* is named."""
        query = select(Department.id).join(Division, Division.id == Department.division_id)
        with self.database.session() as session:
            return session.execute(query.where(Department.code == code, Division.code == division)).scalar_one()

    def enable(self, *names: str) -> None:
        """Let exactly these plugins take part, on the whole site; what lies here and is not installed yet is installed."""
        with self.database.session() as session:
            host = plugins.host(session)
            session.execute(delete(Enabled))
            remembered.changed(session)
            for name in names:
                life.install(session, host, name, actor=SYSTEM)
                life.enable(session, host, name, actor=SYSTEM)
        with self.database.session() as session:
            remembered.forget(session)

    @staticmethod
    def _actor(session: Session, login: str) -> Actor:
        if not login:
            return SYSTEM
        account = account_by_login(session, login)
        if account is not None:
            return Actor("citizen", account.id)
        user = session.scalar(text("SELECT id FROM ab_user WHERE username = :name"), {"name": login})
        return Actor("staff", session.execute(select(Staff.id).where(Staff.user_id == str(user))).scalar_one())


def make(factory: pytest.TempPathFactory, home: Path, folder: Path, plugin: str, shipped: tuple[str, ...] = (SHIPPED,)) -> Built:
    """A hall with *shipped* items, the plugin installed and enabled, and every item of its ``samples`` published."""
    built = build_once(factory, home, shipped)
    site = open_site(built.config())
    with site.database.session() as session:
        host = plugins.host(session)
        for name in (*host.found(plugin).manifest.requires, plugin):
            life.install(session, host, name, actor=SYSTEM)
            life.enable(session, host, name, actor=SYSTEM)
    site.database.close()
    site = open_site(built.config())  # as a process that starts now: with the plugin's kinds of field
    with site.database.session() as session:
        publish_samples(session, folder)
    site.database.close()
    return built


def publish_samples(session: Session, folder: Path) -> tuple[str, ...]:
    """Publish every item below ``samples/item_configs`` through the gate, those that others begin first; their codes."""
    samples = folder / "samples"
    shelf = library(within=(shipped_root(), samples))
    found = sources(item_files(samples / "item_configs"), shelf)
    return tuple(each.code for each in items.apply_all(session, found, publish=True, actor=SYSTEM))
