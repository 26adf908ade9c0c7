"""A hall with an organisation, made once; every test works on a copy."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.db.database import Database
from core.identity import demo
from core.identity.models import Staff
from core.items import service as items
from core.items.library import library
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import new_id
from core.keys.store import create_keys, from_environment
from core.licences import service as licences
from tests import fixtures_site as site
from tests.fixtures_hall import import_models
from tests.forms.conftest import browse, env
from tests.office.conftest import Office

__all__ = ["browse", "env"]

FOOD = "food-operation-new"
TYPES = json.loads((Path(__file__).parents[2] / "item_configs" / "licence_types.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def studio_mould(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The organisation and one published item."""
    folder = tmp_path_factory.mktemp("studio")
    import_models()
    here = Database(f"sqlite:///{folder / 'hall.db'}", keyring=create_keys(folder))
    here.create_all()
    shelf = library()
    with here.session() as session:
        demo.seed(session, make_user=lambda username, *_rest: username)
        licences.put_types(session, TYPES, actor=SYSTEM)
        doc = json.loads(shelf.items[FOOD].read_text(encoding="utf-8"))
        items.apply(session, doc, forms=shelf.forms, blocks=shelf.blocks, publishing=True, same_person=True, actor=SYSTEM)
    with here.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    here.close()
    return folder


@pytest.fixture
def database(studio_mould: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(studio_mould / "hall.db", tmp_path / "hall.db")
    here = Database(f"sqlite:///{tmp_path / 'hall.db'}", keyring=from_environment(studio_mould, {}))
    yield here
    here.close()


@pytest.fixture
def who(database: Database) -> dict[str, Actor]:
    """Staff by their log-in."""
    with database.session() as session:
        return {str(row.user_id): Actor("staff", row.id) for row in session.execute(select(Staff.id, Staff.user_id))}


@pytest.fixture(scope="session")
def food() -> dict[str, Any]:
    """The item that the mould holds, as its file has it."""
    found: dict[str, Any] = json.loads(library().items[FOOD].read_text(encoding="utf-8"))
    return found


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> site.Built:
    """A demonstration hall with its pages."""
    return site.built_once(tmp_path_factory)


@pytest.fixture(scope="module")
def office(template: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A copy of it for each file."""
    built = site.copy(template, tmp_path_factory.mktemp("studio_pages") / "hall")
    made = Office(built, built.app())
    yield made
    made.here.database.close()


@pytest.fixture(scope="module")
def chief(office: Office) -> site.Browser:
    """Who makes items of the market regulation."""
    return office.staff("chief")


@pytest.fixture
def base(chief: site.Browser) -> Iterator[str]:
    """The address of a draft of the food licence, put aside afterwards."""
    answer = chief.post("/office/studio/", {"do": "open", "item": FOOD})
    assert answer.status_code == 303, answer.text[:500]
    address = answer.headers["Location"].rstrip("/")
    yield address
    chief.post(f"{address}/drop")


def page_form(browse, page):
    """What the editor's form on a page would post."""
    form = re.search(r"<form[^>]*data-studio.*?</form>", page, re.S)
    assert form is not None, page[:2000]
    return browse(form[0]).form()


def save(browser, base, form, **more):
    return browser.post(f"{base}/edit", {**form, "command_id": new_id(), **more}, headers={"Accept": "application/json"})
