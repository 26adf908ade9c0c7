"""Plugins of a test: taken into the hall as an operator would, without files."""

from sqlalchemy import insert

from core.db.database import Database
from core.kernel.clock import now
from core.pluginhost.host import PluginHost
from core.pluginhost.manifest import Manifest
from core.pluginhost.models import Enabled, Installed
from core.pluginhost.service import host
from core.pluginhost.standing import SITE, remembered


def take_in(database: Database, plugin: object, name: str, *hooks: str, place: str = SITE) -> PluginHost:
    """Install *plugin* (an object with hookimpls) under *name* and enable it at *place*; the hall's host."""
    with database.session() as session:
        titles, done = {"zh": name, "en": name}, ("score",) if "run_step" in hooks else ()
        host(session).register(Manifest(name, "1.0.0", titles, "market_regulation", "site", ">=1", frozenset(hooks), steps=done), plugin)
        session.execute(
            insert(Installed).values(name=name, version="1.0.0", digest="", installed_at=now(), installed_by="test", set_aside_at=None, reason=None)
        )
        session.execute(insert(Enabled).values(name=name, place=place, since=now(), enabled_by="test"))
        remembered.changed(session)
        remembered.forget(session)
        return host(session)
