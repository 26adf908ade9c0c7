"""A whole hall on disk: keys, migrated tables, the demonstration organisation with everybody's password, published items."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from core.app import create_app, open_site
from core.db import migrate
from core.identity import demo
from core.items import service as items
from core.items.library import read_json
from core.kernel.actor import SYSTEM
from core.kernel.places import shipped
from core.keys import store as key_store
from core.licences.service import put_types
from core.sdk.testing.once import made_once
from core.web import edge
from core.web.backoffice.users import make_user, write_permissions
from core.web.site import Config
from core.worktime import service as worktime


@dataclass
class Built:
    """A hall in *home*: how to open it, and everybody's password by log-in."""

    home: Path
    url: str
    passwords: dict[str, str] = field(default_factory=dict)

    def config(self, **changes: Any) -> Config:
        """Its configuration; rate limits are off unless ``extra={}`` is given."""
        given: dict[str, Any] = {"home": self.home, "database_url": self.url, "demo": True, "embedded": False, "extra": {"unlimited": True}}
        return Config(**given | changes)

    def app(self, **changes: Any) -> Flask:
        """The application of this hall."""
        return create_app(self.config(**changes))

    def environment(self, **more: str) -> dict[str, str]:
        """The environment that makes ``wangting`` work on this hall."""
        return {"WANGTING_HOME": str(self.home), "DATABASE_URL": self.url, "LANG": "en_GB.UTF-8", **more}


def build(home: Path, url: str | None = None, which: Sequence[str] = ()) -> Built:
    """What ``wangting init --demo`` makes, with *which* items only (``civil_affairs/senior-card``)."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "demo").touch()
    built = Built(home, url or f"sqlite:///{home / 'wangting.db'}")
    key_store.create_keys(home)
    site = open_site(built.config())
    migrate.upgrade(site.database)
    app = built.app()
    with app.app_context():
        write_permissions()
    configs = shipped("item_configs")
    with site.database.session() as session:
        worktime.load_shipped(session, actor=SYSTEM)
        put_types(session, json.loads((configs / "licence_types.json").read_text(encoding="utf-8")), actor=SYSTEM)
    with app.app_context():
        built.passwords = {person.login: person.password for person in demo.seed(edge.session(), make_user=make_user)}
        edge.session().commit()
    for used in (site, app.extensions["wangting"]):
        used.database.close()
    publish(built, which)
    return built


def publish(built: Built, which: Sequence[str]) -> None:
    """Publish *which* shipped items in the hall."""
    configs, site = shipped("item_configs"), open_site(built.config())
    with site.database.session() as session:
        for name in which:
            items.publish_document(session, read_json(configs / f"{name}.json"), root=configs.parent, actor=SYSTEM)
    site.database.close()


def build_once(factory: pytest.TempPathFactory, home: Path, which: Sequence[str] = ()) -> Built:
    """Like :func:`build` on SQLite, but the organisation and its people are made once a run: halls differ in their items only."""
    mould, passwords = made_once(factory, "demonstration", lambda folder: build(folder).passwords)
    shutil.copytree(mould, home, dirs_exist_ok=True)
    built = Built(home, f"sqlite:///{home / 'wangting.db'}", passwords)
    publish(built, which)
    return built


def copy(built: Built, home: Path) -> Built:
    """The same SQLite hall once more, for a test that changes it."""
    shutil.copytree(built.home, home)
    return Built(home, f"sqlite:///{home / 'wangting.db'}", built.passwords)
