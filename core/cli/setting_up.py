"""The steps of ``wangting init``: permissions, calendar, licence types, demo people, items. Each is safe to repeat."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from hashlib import sha256

from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from core import __version__
from core.app import create_app, open_site
from core.db import migrate
from core.db.database import Database
from core.identity import demo
from core.identity.models import Staff
from core.items import service as item_service
from core.items.library import ItemSource, shipped_items
from core.items.links.settings import DAYS as LINKS_DAYS
from core.kernel.actor import SYSTEM
from core.kernel.places import shipped
from core.licences import service as licences
from core.pluginhost import grants, life, standing
from core.pluginhost.host import PluginHost
from core.settings import service as settings
from core.web import edge
from core.web.site import Config, Site
from core.worktime import service as worktime


def _state(config: Config) -> str:
    """What ``init`` depends on, as one hash: the version, shipped data and migrations."""
    digest = sha256(f"{__version__}:{config.demo}:{config.database_url}".encode())
    for folder in ("item_configs", "form_definitions", "migrations"):
        for base in (shipped(folder), config.home / folder):
            for path in sorted(base.rglob("*")):
                if path.is_file() and path.suffix in (".json", ".py"):
                    digest.update(path.read_bytes())
    return digest.hexdigest()


def is_current(config: Config) -> bool:
    """Whether ``init`` already ran for exactly this state – and its database and keys are still there –, so that a second start does nothing."""
    stamp = config.home / "init.stamp"
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != _state(config):
        return False
    database = Database(config.database_url)
    try:
        current, wanted = migrate.status(database)
    finally:
        database.close()
    return current == wanted


def mark_current(config: Config) -> None:
    """Remember that everything is set up."""
    (config.home / "init.stamp").write_text(_state(config), encoding="utf-8")


def permissions(app: Flask) -> Iterator[str]:
    """Back-office permissions, written once by one process."""
    from core.web.backoffice.users import write_permissions  # with Flask-AppBuilder: a third of what a command would load

    with app.app_context():
        yield f"后台权限已写入 / back-office grants: {write_permissions()}"


def reference_data(session: Session) -> Iterator[str]:
    """Official facts: working calendars and licence types."""
    years = worktime.load_shipped(session, actor=SYSTEM)
    yield f"工作日历 / working calendars: {', '.join(map(str, years))}"
    types = json.loads((shipped("item_configs") / "licence_types.json").read_text(encoding="utf-8"))
    yield f"证照类型 / licence types: {licences.put_types(session, types, actor=SYSTEM)}"


def demo_people(app: Flask) -> Iterator[str]:
    """An invented city with people for every role; their passwords are printed once and stored nowhere in clear."""
    from core.web.backoffice.users import make_user  # as above

    with app.app_context():  # the request's session, because Flask-AppBuilder makes the users in it too
        people = demo.seed(edge.session(), make_user=make_user, invent=True)
        if people:
            settings.put(edge.session(), LINKS_DAYS, 0, actor=SYSTEM)  # a demonstration asks nothing of anybody's server by itself
        edge.session().commit()
    if not people:
        return
    yield ""
    yield "演示人员(密码只显示这一次;忘了用 wangting demo people 名字 --reset)"
    yield "Demo people (passwords are shown once; `wangting demo people NAME --reset` makes a new one)"
    for person in people:
        yield f"  {person.login:<16} {person.password:<14} {person.name}  {person.what}"
    yield ""


def items(session: Session, config: Config) -> Iterator[str]:
    """The shipped items and those in the hall's own folder, through the publishing gate."""
    sources = shipped_items(config.home)
    done = item_service.apply_all(session, sources, publish=config.demo, actor=SYSTEM)
    yield f"事项 / items: {len(done)} ({sum(1 for each in done if each.changed)} new or changed)"
    for source in sources:
        if missing := item_service.waiting(session, source, publish=config.demo):
            yield f"  {source.path.stem}: 等这些启用、发布以后再收 / applied once these are enabled or in force: {', '.join(missing)}"


#: Who in the demonstration may do what a plugin's manifest names; everything that is not here is the section chief's.
_DEMO_GRANTS = {"supervise": "supervisor"}


def demo_plugins(config: Config) -> Iterator[str]:
    """The plugins that come with the platform, installed and enabled for the whole demonstration, and the items that waited for them.

    Only in a hall that has decided nothing about plugins yet: what was removed stays removed.
    """
    site = open_site(config)
    with site.database.session() as session:
        known = standing.load(session).installed
        names = [] if known else [found.manifest.name for found in site.plugins.all_found() if found.shipped]
        for name in names:
            life.install(session, site.plugins, name, actor=SYSTEM)
            life.enable(session, site.plugins, name, actor=SYSTEM)
    site.database.close()
    if not names:
        return
    app = create_app(replace(config, embedded=False))  # as a process that starts now and loads them
    loaded: Site = app.extensions["wangting"]
    with app.app_context():
        _demo_grants(edge.session(), loaded.plugins, names)
        edge.session().commit()
    with loaded.database.session() as session:
        done = item_service.apply_all(session, _waited(loaded.plugins, names, config), publish=True, actor=SYSTEM)
    loaded.database.close()
    yield f"插件 / plugins: {', '.join(names)} ({sum(1 for each in done if each.changed)} 个事项 / items)"


def _waited(host: PluginHost, names: Iterable[str], config: Config) -> list[ItemSource]:
    """The items that plugins bring as samples, and those of the platform that configure a plugin."""
    found = [source for source in shipped_items(config.home) if source.doc.get("plugins")]
    for name in names:
        folder = host.folder(name)
        if folder is not None:
            found += [source for source in shipped_items(folder / "samples") if source.path.is_relative_to(folder)]
    return found


def _demo_grants(session: Session, host: PluginHost, names: Iterable[str]) -> None:
    """Everything that a manifest names may be done by somebody of the demonstration."""
    from core.web.backoffice.users import user_id  # as above

    ids = {person.login: session.scalar(select(Staff.id).where(Staff.user_id == user_id(person.login))) for person in demo.people(session, user_of=user_id)}
    for name in names:
        for permission in host.manifest(name).permissions:
            holder = ids.get(_DEMO_GRANTS.get(permission, "chief"))
            if holder is not None:
                grants.grant(session, host.manifest(name), permission, holder, actor=SYSTEM)


def where_to_go(config: Config) -> str:
    """Where each kind of person goes."""
    shown = f"[{config.host}]" if ":" in config.host else config.host
    base = config.public_url or f"http://{shown}:{config.port}"
    lines = [
        "网厅已启动 / Wangting is running",
        f"  市民和企业 citizens         {base}/",
        f"  长辈版 elder look           {base}/look/elder",
        f"  分厅 branch hall            {base}/h/yunling/",
        f"  工作人员 staff              {base}/office/",
        f"  接口 API                    {base}/v1/openapi.json",
    ]
    if config.demo:
        lines.append("  演示账号 demo people        .venv/bin/wangting demo people")
    return "\n".join(lines)
