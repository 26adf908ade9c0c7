"""The life of a plugin in a hall: install, enable, disable, upgrade, remove. Each step is told before it is done (*plan*) and is safe to repeat.

Tables of a plugin are its own (``plg_<name>_…``) with a version table of their own: they come with *install* and *upgrade* and go with *remove*,
after their rows were written to a folder. Nothing here touches a case; who uses a plugin is the caller's to find out and to show.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, Table, delete, func, inspect, select
from sqlalchemy.orm import Session

from core.db import migrate
from core.db.database import Database
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.outbox import service as outbox
from core.pluginhost.boundary import trespasses
from core.pluginhost.discovery import Found
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.failures import both
from core.pluginhost.host import PluginHost
from core.pluginhost.models import Enabled, Installed
from core.pluginhost.standing import SITE, load, remembered


@dataclass(frozen=True, slots=True)
class Plan:
    """What a step would do: versions and revisions before and after, and the plugin's tables with their rows."""

    name: str
    version: tuple[str | None, str | None]
    revision: tuple[str | None, str | None]
    tables: tuple[tuple[str, int], ...] = ()
    places: tuple[str, ...] = ()


def owner(found: Found) -> migrate.Owner | None:
    """Whose tables a plugin's revisions change; ``None`` for a plugin without tables."""
    folder = found.manifest.folder
    versions = None if folder is None else folder / "migrations"
    if versions is None or not any(versions.glob("*.py")):
        return None
    models = f"{found.module.rpartition('.')[0]}.models"
    return migrate.Owner(found.manifest.name, versions, (models,))


def check(host: PluginHost, found: Found) -> None:
    """Everything that can be said of a plugin before it is installed. :class:`PluginTrouble` with the first thing that is wrong.

    Its files import nothing of the platform but the sdk; it can be imported; its hooks are those of its manifest; what it requires is here and
    holds the same.
    """
    for needed in found.manifest.requires:
        check(host, host.found(needed))
    for path, line, module in trespasses(found):
        raise PluginTrouble("pluginhost.trespass", name=found.manifest.name, path=path, line=line, module=module)
    if found.manifest.name not in {state.manifest.name for state in host.states()}:
        host.register(found.manifest, host.imported(found))


def install(session: Session, host: PluginHost, name: str, *, actor: Actor, sha256: str | None = None) -> Plan:
    """Trust the code that lies here under *name*, make its tables, and remember which code it was.

    *sha256*: what the operator was told the digest is; another one is refused. Enabled nowhere yet. An installed plugin is left as it is, unless
    its code changed: that is an upgrade. Raises :class:`PluginTrouble`; the tables are made step by step, and a failing migration leaves the
    plugin not installed.
    """
    found = host.found(name)
    if sha256 is not None and sha256.lower() != found.digest:
        raise PluginTrouble("pluginhost.other_digest", name=name, wanted=sha256, here=found.digest or "-")
    row = session.get(Installed, name)
    if row is not None and row.digest != found.digest:
        raise PluginTrouble("pluginhost.changed", name=name, version=row.version)
    check(host, found)
    _needs_installed(session, found)
    plan = planned(session, host, name)
    _migrate(session, found)
    if row is None:
        session.add(
            Installed(
                name=name, version=found.manifest.version, digest=found.digest, installed_at=now(), installed_by=_who(actor), set_aside_at=None, reason=None
            )
        )
        remembered.changed(session)
    return plan


def upgrade(session: Session, host: PluginHost, name: str, *, actor: Actor, dry_run: bool = False) -> Plan:
    """Take the code that lies here now instead of the installed one, and bring its tables up to it. With *dry_run* only the plan."""
    row, found = _installed(session, name), host.found(name)
    plan = planned(session, host, name)
    if dry_run:
        return plan
    check(host, found)
    _needs_installed(session, found)
    _migrate(session, found)
    row.version, row.digest, row.installed_at, row.installed_by = found.manifest.version, found.digest, now(), _who(actor)
    row.set_aside_at = row.reason = row.last_error = None
    row.failures = 0
    _go_on(session, name)
    remembered.changed(session)
    return plan


def enable(session: Session, host: PluginHost, name: str, place: str = SITE, *, actor: Actor) -> None:
    """Let *name* take part at *place* (``site`` or ``department/<id>``). What it requires must take part there already."""
    row = _installed(session, name)
    if row.set_aside_at is not None:
        raise PluginTrouble("pluginhost.set_aside", name=name, reason=both(row.reason or "-"))
    manifest = host.found(name).manifest
    if manifest.scope == "site" and place != SITE:
        raise PluginTrouble("pluginhost.whole_site", name=name)
    here = load(session).places
    missing = next((each for each in manifest.requires if each not in here.get(SITE, frozenset()) | here.get(place, frozenset())), None)
    if missing is not None:
        raise PluginTrouble("pluginhost.requires", name=name, missing=missing)
    if session.get(Enabled, (name, place)) is None:
        session.add(Enabled(name=name, place=place, since=now(), enabled_by=_who(actor)))
        remembered.changed(session)
        _go_on(session, name)


def disable(session: Session, host: PluginHost, name: str, place: str = SITE) -> None:
    """Let *name* take part at *place* no longer. Refused while another plugin that is enabled there requires it."""
    _installed(session, name)
    places = load(session).places
    for other in _requiring(host, name):
        if any(other in names for where, names in places.items() if place in (SITE, where)):
            raise PluginTrouble("pluginhost.needed", name=name, other=other)
    session.execute(delete(Enabled).where(Enabled.name == name, Enabled.place == place))
    remembered.changed(session)


def set_aside(session: Session, name: str, reason: str | None) -> None:
    """Keep *name* out of every call because of *reason*, or let it back (``None``), its failures forgotten. Nothing happens for one not installed."""
    row = session.get(Installed, name)
    if row is None:
        return
    row.set_aside_at, row.reason = (None, None) if reason is None else (now(), reason)
    if reason is None:
        row.failures, row.last_error = 0, None
        _go_on(session, name)
    remembered.changed(session)


def planned(session: Session, host: PluginHost, name: str) -> Plan:
    """Where the plugin stands and what lies here for it."""
    row = session.get(Installed, name)
    lies = next((each for each in host.all_found() if each.manifest.name == name), None)
    whose = None if lies is None else owner(lies)
    revision = (None, None) if whose is None else migrate.status(_database(session), whose)
    places = tuple(session.scalars(select(Enabled.place).where(Enabled.name == name).order_by(Enabled.place)))
    return Plan(
        name, (None if row is None else row.version, None if lies is None else lies.manifest.version), revision, tuple(_rows(session, host, name)), places
    )  # fmt: skip


def remove(session: Session, host: PluginHost, name: str, *, keep: Path, dry_run: bool = False) -> Plan:
    """Write every row of the plugin's tables to the folder *keep*, take the tables away and forget the plugin. With *dry_run* only the plan.

    Refused while another installed plugin requires it. Cases and item versions that name it stay as they are and stay readable.
    Raises :class:`PluginTrouble` when *keep* holds something already.
    """
    plan = planned(session, host, name)
    others = [each for each in _requiring(host, name) if session.get(Installed, each) is not None]
    if others:
        raise PluginTrouble("pluginhost.needed", name=name, other=", ".join(others))
    if dry_run:
        return plan
    _export(session, plan, keep)
    session.execute(delete(Enabled).where(Enabled.name == name))
    session.execute(delete(Installed).where(Installed.name == name))
    remembered.changed(session)
    session.commit()  # from here on nobody calls it; its tables may go
    for table in reversed([Table(each, MetaData(), autoload_with=session.connection()) for each, _rows_of in plan.tables]):
        table.drop(session.connection(), checkfirst=True)
    version = Table(f"alembic_version_{name}", MetaData())
    version.drop(session.connection(), checkfirst=True)
    session.commit()
    return plan


def _export(session: Session, plan: Plan, keep: Path) -> None:
    if keep.exists() and any(keep.iterdir()):
        raise PluginTrouble("pluginhost.keep_used", path=str(keep))
    keep.mkdir(parents=True, exist_ok=True)
    for name, _count in plan.tables:
        table = Table(name, MetaData(), autoload_with=session.connection())
        with (keep / f"{name}.jsonl").open("w", encoding="utf-8") as file:
            for row in session.execute(select(table).execution_options(yield_per=1000)).mappings():
                file.write(json.dumps(dict(row), ensure_ascii=False, default=_plain) + "\n")


def _plain(value: Any) -> str:
    return value.hex() if isinstance(value, bytes) else str(value)


def _rows(session: Session, host: PluginHost, name: str) -> list[tuple[str, int]]:
    """The plugin's tables with their rows. What ``notes_more`` owns begins like what ``notes`` owns, and is not ``notes``'s."""
    others = {*session.scalars(select(Installed.name)), *(each.manifest.name for each in host.all_found())}
    longer = tuple(f"plg_{each}_" for each in others if each.startswith(f"{name}_"))
    tables = [table for table, _keys in inspect(session.connection()).get_sorted_table_and_fkc_names() if table is not None]
    names = [table for table in tables if table.startswith(f"plg_{name}_") and not table.startswith(longer)]
    return [(table, session.scalar(select(func.count()).select_from(Table(table, MetaData()))) or 0) for table in names]


def _migrate(session: Session, found: Found) -> None:
    whose = owner(found)
    if whose is not None:
        session.commit()  # a migration has a connection of its own; SQLite lets one write at a time
        migrate.upgrade(_database(session), whose)


def _go_on(session: Session, name: str) -> None:
    """What waited for it, or was given up meanwhile – jobs, changes of cases, automatic steps –, is done now."""
    outbox.hurry(session, outbox.PLUGINS, name)


def _requiring(host: PluginHost, name: str) -> list[str]:
    """Plugins that lie here and require *name* – also in a process that loaded none of them, as the command line."""
    return [each.manifest.name for each in host.all_found() if name in each.manifest.requires]


def _needs_installed(session: Session, found: Found) -> None:
    missing = next((each for each in found.manifest.requires if session.get(Installed, each) is None), None)
    if missing is not None:
        raise PluginTrouble("pluginhost.requires", name=found.manifest.name, missing=missing)


def _installed(session: Session, name: str) -> Installed:
    row = session.get(Installed, name)
    if row is None:
        raise PluginTrouble("pluginhost.not_installed", name=name)
    return row


def _database(session: Session) -> Database:
    database = session.info["database"]
    assert isinstance(database, Database)
    return database


def _who(actor: Actor) -> str:
    return f"{actor.kind}:{actor.id}"
