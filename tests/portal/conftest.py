"""The portal over a real hall: demonstration people, published items, the edge with CSRF and error pages – no other face."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import Babel

from core.app import HallFlask
from core.identity.service import account_by_login, set_password
from core.kernel.actor import SYSTEM
from core.web import edge
from core.web.errors import register_error_pages
from core.web.halls import HallPrefix
from core.web.portal import offer
from core.web.portal.wiring import register
from core.web.secure import secure
from core.web.site import Config, Site
from core.web.theming import Themes
from tests import fixtures_hall as halls
from tests.moulds import made_once

ITEMS = ("market_regulation/food-operation-new.json", "public_security/residence-permit.json")
ME, STRANGER = "13800000001", "13800000002"
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Reader:
    """A person with a browser: follows the tokens of the pages it reads."""

    def __init__(self, app: Flask) -> None:
        self.client: FlaskClient = app.test_client()

    def get(self, address: str, **kwargs: Any) -> Any:
        return self.client.get(address, **kwargs)

    def token(self) -> str:
        found = TOKEN.search(self.get("/progress").text)
        assert found is not None
        return found[1]

    def post(self, address: str, data: Any = None, **kwargs: Any) -> Any:
        posted = {**(data or {}), "csrf_token": self.token()}
        return self.client.post(address, data=posted, **kwargs)

    def log_in(self, phone: str = ME, password: str = halls.PASSWORD) -> Any:
        return self.post("/account/login", {"phone": phone, "password": password})


@pytest.fixture(scope="module")
def hall_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("portal")


def make(home: Path) -> None:
    """The hall that every module of these tests copies, left closed."""
    database = halls.make_database(home)
    with database.session() as session:
        halls.make_hall(session)
        for path in ITEMS:
            halls.publish_item(session, path)
        for phone in (ME, STRANGER):
            account = account_by_login(session, phone)
            assert account is not None
            set_password(session, account.id, halls.PASSWORD, actor=SYSTEM)
    database.close()


@pytest.fixture(scope="module")
def app(hall_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    shutil.copytree(made_once(tmp_path_factory, "portal", make)[0], hall_home, dirs_exist_ok=True)
    database = halls.make_database(hall_home)
    root = halls.ROOT / "core" / "web"
    made = HallFlask("core.web", static_folder=str(root / "static"), template_folder=str(root / "templates"))
    config = Config(home=hall_home, database_url="", extra={"unlimited": True})
    made.extensions["wangting"] = Site(config=config, database=database, keyring=None, instruments={"sessions": edge.make_sessions(database)})  # type: ignore[arg-type]
    made.config.update(SECRET_KEY="test", WTF_CSRF_SECRET_KEY="test", BABEL_DEFAULT_LOCALE="zh", TESTING=False)
    Babel(made)
    made.teardown_appcontext(edge.close)
    secure(made, config)
    register(made)
    register_error_pages(made)
    Themes.load().install(made)
    made.wsgi_app = HallPrefix(made.wsgi_app)  # type: ignore[method-assign]
    offer.forget()
    yield made
    database.engine.dispose()


@pytest.fixture
def reader(app: Flask) -> Reader:
    return Reader(app)


@pytest.fixture
def citizen(app: Flask) -> Reader:
    made = Reader(app)
    assert made.log_in().status_code == 303
    return made


@pytest.fixture
def stranger(app: Flask) -> Reader:
    made = Reader(app)
    assert made.log_in(STRANGER).status_code == 303
    return made
