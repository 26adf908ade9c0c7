"""A hall whose clerks work in it through the application itself; one is built, tests take copies."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.orm import Session
from werkzeug.test import TestResponse

from core.identity.models import Staff
from core.kernel.ids import new_id
from core.web.site import Site
from tests import fixtures_site as site
from tests.fixtures_hall import settle

CITIZEN = "13800000001"
_ERRORS = re.compile(r'<div class="errors.*?</div>', re.S)
_TAGS = re.compile(r"<[^>]+>")


@dataclass
class Office:
    """A hall, its application, and short verbs."""

    built: site.Built
    app: Flask

    @property
    def here(self) -> Site:
        """Database and other instruments."""
        found: Site = self.app.extensions["wangting"]
        return found

    def staff(self, login: str) -> site.Browser:
        """A member of staff's browser, logged in."""
        return site.Browser(self.app).staff(login, self.built.passwords[login])

    def file(self, code: str, **answers: Any) -> str:
        """An application of the first citizen; returns the case id."""
        api = site.Api(self.app, CITIZEN, self.built.passwords[CITIZEN])
        answer = api.file(code, answers=answers)
        assert answer.status_code == 201, answer.text
        return str(answer.json["id"])

    def settle(self) -> None:
        """Let the worker do what waits."""
        settle(self.here.database)

    def session(self) -> Any:
        """A session to look behind the pages with."""
        return self.here.database.session()

    def staff_id(self, session: Session, login: str) -> str:
        """The id of a member of staff."""
        from sqlalchemy import text

        user = session.execute(text("SELECT id FROM ab_user WHERE username = :login"), {"login": login}).scalar_one()
        return str(session.query(Staff.id).filter(Staff.user_id == str(user)).scalar())


def task(browser: site.Browser, case: str) -> int:
    """The number of the first task on the case page that is this person's."""
    found = re.search(rf"/office/cases/{case}/tasks/(\d+)", browser.get(f"/office/cases/{case}").text)
    assert found is not None
    return int(found[1])


def press(browser: site.Browser, case: str, action: str, *, no: int | None = None, command: str | None = None, **more: Any) -> TestResponse:
    """Press a button of one's own task, as the form on the page does."""
    number = task(browser, case) if no is None else no
    return browser.post(f"/office/cases/{case}/tasks/{number}", {"action": action, "command_id": command or new_id(), **more})


def errors(answer: TestResponse) -> str:
    """The words of the error box."""
    found = _ERRORS.search(answer.text)
    return _TAGS.sub(" ", found[0]).strip() if found else ""


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """The hall that is only ever copied."""
    return site.built_once(tmp_path_factory)


@pytest.fixture(scope="module")
def office(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A fresh copy for a module of tests."""
    built = site.copy(template, tmp_path_factory.mktemp("copy") / "hall")
    made = Office(built, built.app())
    yield made
    made.here.database.close()


@pytest.fixture
def fresh(template: site.Built, tmp_path: Path) -> Iterator[Office]:
    """A fresh copy for one test."""
    built = site.copy(template, tmp_path / "hall")
    made = Office(built, built.app())
    yield made
    made.here.database.close()
