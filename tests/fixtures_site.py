"""A whole hall on disk – keys, migrated tables, people with passwords, published items – and browsers to walk through it without a socket."""

import io
import json
import re
import shutil
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from core.app import create_app, open_site
from core.db import migrate
from core.identity import demo
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.keys import store as key_store
from core.licences.service import put_types
from core.web import edge
from core.web.backoffice.users import make_user, write_permissions
from core.web.site import Config
from core.worktime import service as worktime
from tests.fixtures_hall import ROOT, publish_item
from tests.moulds import made_once

#: One item decided at the counter with a licence, one with several hands and working days: enough for every kind of page.
ITEMS = ("civil_affairs/senior-card", "human_resources/unemployment-benefit", "market_regulation/food-operation-new")
_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def png(words: str = "") -> bytes:
    """A picture of one pixel; *words* inside make it a file of its own (equal files are one blob)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, pixel = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(bytes(4))
    text = b"Comment\0" + (words or new_id()).encode("latin-1", "replace")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


@dataclass
class Built:
    """A hall in *home*: how to open it, and everybody's password by log-in."""

    home: Path
    url: str
    passwords: dict[str, str] = field(default_factory=dict)

    def config(self, **changes: Any) -> Config:
        """Its configuration; rate limits are off unless ``extra={}`` is given."""
        return Config(**{"home": self.home, "database_url": self.url, "demo": True, "embedded": False, "extra": {"unlimited": True}} | changes)

    def app(self, **changes: Any) -> Flask:
        """The application of this hall."""
        return create_app(self.config(**changes))

    def environment(self, **more: str) -> dict[str, str]:
        """The environment that makes ``wangting`` work on this hall."""
        return {"WANGTING_HOME": str(self.home), "DATABASE_URL": self.url, "LANG": "en_GB.UTF-8", **more}


def build(home: Path, url: str | None = None, which: Sequence[str] = ITEMS) -> Built:
    """What ``wangting init --demo`` makes, with *which* items only."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "demo").touch()
    built = Built(home, url or f"sqlite:///{home / 'wangting.db'}")
    key_store.create_keys(home)
    site = open_site(built.config())
    migrate.upgrade(site.database)
    app = built.app()
    with app.app_context():
        write_permissions()
    with site.database.session() as session:
        worktime.load_shipped(session, actor=SYSTEM)
        put_types(session, json.loads((ROOT / "item_configs" / "licence_types.json").read_text(encoding="utf-8")), actor=SYSTEM)
    with app.app_context():
        built.passwords = {person.login: person.password for person in demo.seed(edge.session(), make_user=make_user)}
        edge.session().commit()
    with site.database.session() as session:
        for name in which:
            publish_item(session, f"{name}.json")
    for used in (site, app.extensions["wangting"]):
        used.database.close()
    return built


def built_once(factory: pytest.TempPathFactory, which: Sequence[str] = ITEMS) -> Built:
    """The hall with *which* items that all workers of a run share: only ever copied."""
    name = "site-" + "-".join(each.rsplit("/", 1)[1] for each in which)
    home, passwords = made_once(factory, name, lambda folder: build(folder, which=which).passwords)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)


def copy(built: Built, home: Path) -> Built:
    """The same SQLite hall once more, for a test that changes it."""
    shutil.copytree(built.home, home)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", built.passwords)


def example(code: str) -> dict[str, Any]:
    """The answers, situation and materials of an item's own first test."""
    found = next(ROOT.glob(f"item_configs/*/{code}.json"))
    doc = json.loads(found.read_text(encoding="utf-8"))
    given = doc["tests"][0]["given"]
    own = [m["id"] for m in doc["materials"] if m["source"]["from"] == "applicant" and m["id"] in given["materials"]]
    return {"form": given["form"], "situation": given.get("situation", {}), "materials": own}


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """JSON answers as a browser posts them: ``staff-0-name``, yes/no as ``true``/``false``."""
    posted: dict[str, str] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            posted |= flat(value, f"{key}-")
        elif isinstance(value, list) and value and isinstance(value[0], Mapping):
            for number, row in enumerate(value):
                posted |= flat(row, f"{key}-{number}-")
        elif isinstance(value, bool):
            posted[key] = "true" if value else "false"
        else:
            posted[key] = value if isinstance(value, list) else str(value)  # type: ignore[assignment]
    return posted


class Browser:
    """One person's browser: cookies, and the token of the page sent along with every form."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        """Fetch a page."""
        return self.client.get(path, **more)

    def token(self) -> str:
        """The CSRF token of this session, read from a page that has a form."""
        found = _TOKEN.search(self.get("/progress").text)
        assert found is not None
        return found[1]

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, csrf: bool = True, **more: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data={**({"csrf_token": self.token()} if csrf else {}), **(data or {})}, **more)

    def citizen(self, login: str, password: str) -> "Browser":
        """Log in as a citizen."""
        answer = self.post("/account/login", {"phone": login, "password": password})
        assert answer.status_code == 303, answer.text[:2000]
        return self

    def staff(self, login: str, password: str) -> "Browser":
        """Log in as a member of staff."""
        answer = self.post("/office/login/", {"username": login, "password": password})
        assert answer.status_code == 302, answer.text[:2000]
        return self


class Api:
    """One caller of the API."""

    def __init__(self, app: Flask, login: str, password: str, kind: str = "citizen") -> None:
        self.client = app.test_client()
        answer = self.client.post("/v1/tokens", json={"kind": kind, "login": login, "password": password})
        assert answer.status_code == 201, answer.text
        self.headers = {"Authorization": "Bearer " + answer.json["token"]}

    def get(self, path: str) -> TestResponse:
        """Read."""
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, json: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        """Write, with a fresh idempotency key unless one is given."""
        return self.client.post(path, json=json, headers={**self.headers, "Idempotency-Key": key or new_id()}, **more)

    def upload(self, content: bytes | None = None, name: str = "photo.png") -> TestResponse:
        """Hand in a file."""
        return self.client.post(
            "/v1/uploads", headers=self.headers, data={"file": (io.BytesIO(png() if content is None else content), name)}, content_type="multipart/form-data"
        )

    def file(self, code: str, *, key: str | None = None, answers: Mapping[str, Any] | None = None, name: str = "photo.png") -> TestResponse:
        """File an application with the answers of the item's own test."""
        given = example(code)
        materials = {each: [{"id": self.upload(name=name).json["id"], "name": name}] for each in given["materials"]}
        body = {"item": code, "answers": {**given["form"], **(answers or {})}, "situation": given["situation"], "materials": materials}
        return self.post("/v1/cases", body, key=key)


def office_press(browser: Browser, case_id: str, no: int, action: str, **more: str) -> TestResponse:
    """Press a button on the case page."""
    return browser.post(f"/office/cases/{case_id}/tasks/{no}", {"action": action, "command_id": new_id(), **more})
