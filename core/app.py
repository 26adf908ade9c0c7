"""The composition root: everything that makes a running hall is put together here, in the order it is read.

``create_app`` reads no environment and opens no file at import. The order is: guard the import roots → keys → database → plugins →
Flask with its edge (sessions, security headers, errors) → faces (portal, back office, API) → themes → embedded worker.
"""

import gc
import os
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy.orm import configure_mappers
from werkzeug.middleware.proxy_fix import ProxyFix

import core
import plugins
from core.cases import hookspecs as case_hooks
from core.db import migrate
from core.db.database import Database
from core.db.errors import NotMigrated
from core.files.service import Files
from core.files.store import LocalStore
from core.forms.fieldtypes import registry as field_types
from core.items import hookspecs as item_hooks
from core.items.studio import options
from core.kernel.memory import give_back, share_arenas
from core.kernel.places import shipped
from core.keys import service as keys
from core.keys import store as key_store
from core.keys.keyring import Keyring
from core.outbox.relay import Embedded
from core.pluginhost import failures
from core.pluginhost import hookspecs as plugin_hooks
from core.pluginhost import standing as plugin_standing
from core.pluginhost.apart import IDLE_SECONDS, Keeper
from core.pluginhost.host import PluginHost
from core.web import edge, translating
from core.web import hookspecs as web_hooks
from core.web.addresses import ShortAddresses, refuse_long
from core.web.cookies import CalmSessions
from core.web.errors import register_error_pages
from core.web.halls import HallPrefix
from core.web.late import LateRule
from core.web.observe import configure_logging, observe
from core.web.secure import secure
from core.web.site import Config, Site
from core.web.theming import Themes
from core.web.warming import warm

#: Every module of hook specifications; the plugin host itself knows no hook by name.
HOOKSPECS = (case_hooks, item_hooks, plugin_hooks, web_hooks)
ROOT = Path(core.__file__).resolve().parent.parent


class HallFlask(Flask):
    """Flask whose edge commits: the view returns, the transaction is committed, only then is the answer sent."""

    url_rule_class = LateRule

    def dispatch_request(self) -> Any:
        """Run the view, then commit. A failing commit takes the same way to an error page as a failing view."""
        answer = super().dispatch_request()
        edge.commit()
        return answer


def guard_roots() -> None:
    """Refuse to start when ``core`` or ``plugins`` of another project shadow ours (DESIGN §2)."""
    other = Path(plugins.__file__ or "").resolve().parent.parent
    if getattr(core, "__project__", None) != "wangting" or other != ROOT:
        raise SystemExit(f"'core' is {ROOT} and 'plugins' is {other}: another project shadows ours. Use a virtual environment of its own.")


def open_site(config: Config) -> Site:
    """Keys, database, blobs and plugins of a hall, without a web server: what the command line and workers use."""
    register_handlers()
    keyring = key_store.from_environment(config.home, os.environ)
    host = PluginHost(HOOKSPECS).discover(config.home / "plugins", shipped=ROOT / "plugins")
    instruments: dict[str, Any] = {"keyring": keyring, "blobs": Files(LocalStore(config.home / "blobs")), "plugins": host}
    database = Database(config.database_url, **instruments)
    host.load(plugin_standing.of(database))
    for name in host.taking_part("field_types"):
        for kind in host.offered("field_types", name):
            if not kind.key.startswith(f"{name}."):
                host.quarantine(name, f"field_types: {kind.key}")
            elif host.active(name):
                field_types.register(kind)
    for name in host.folders():
        options.register(host.manifest(name))
    return Site(config=config, database=database, keyring=keyring, instruments=instruments)


def check_ready(site: Site) -> None:
    """Refuse a database that was not migrated to this version, and keys that are not this hall's."""
    current, wanted = migrate.status(site.database)
    if current != wanted:
        raise NotMigrated(current=current or "-", wanted=wanted)
    with site.database.session() as session:
        keys.check(session, site.keyring)


def register_handlers() -> None:
    """Import every module that registers outbox handlers or scheduled jobs, in one visible place."""
    for name in ("cases", "exchange", "files", "items", "licences", "notices", "outbox", "pluginhost"):
        import_module(f"core.{name}.tasks")


#: The application that :func:`share_application` built before the web processes were forked from this one.
_shared: Flask | None = None


def share_application() -> None:
    """Build the application before the web processes are forked, and answer its first pages, so that they share that memory and :func:`serve` has it ready
    in each of them.

    Frozen, so that no garbage collection in a child writes to it. Every connection is given back and no thread is left running: neither may be
    shared by two processes. Raises what :func:`create_app` raises.
    """
    global _shared
    _shared = _built(Config.from_environment(os.environ))
    configure_mappers()
    warm(_shared)
    _shared.extensions["wangting"].database.close()
    gc.collect()
    give_back()  # what templates and statements were made from
    gc.freeze()


def create_app(config: Config | None = None) -> Flask:
    """The WSGI application of one hall site.

    Raises a :class:`~core.kernel.errors.PlatformError` that says what to mend when a key file is missing or wrong, the database has not
    been migrated, or the demo would be shown to the world.
    """
    return _at_work(_built(config or Config.from_environment(os.environ)), replaced=False)


def serve() -> Flask:
    """What a WSGI server in production is pointed at (``--factory core.app:serve``): structured logs, then the application.

    Such a server starts another process for one that ended: a process in which a plugin hangs ends itself.
    """
    configure_logging()
    return _at_work(_built(Config.from_environment(os.environ)) if _shared is None else _shared, replaced=True)


def _built(config: Config) -> Flask:
    """The application, its worker not yet running."""
    guard_roots()
    share_arenas()
    config.refuse_public_demo()
    site = open_site(config)
    check_ready(site)
    site.instruments = {**site.instruments, "sessions": edge.make_sessions(site.database)}

    app = HallFlask("core.web", static_folder=str(ROOT / "core" / "web" / "static"), template_folder=str(ROOT / "core" / "web" / "templates"))
    app.session_interface = CalmSessions()
    app.extensions["wangting"] = site
    app.config.from_mapping(flask_settings(config, site.keyring))
    app.teardown_appcontext(edge.close)
    observe(app)
    refuse_long(app)
    secure(app, config)
    register_faces(app, site)
    register_error_pages(app)
    Themes.load(shipped("themes"), config.home / "themes", plugins=site.plugins.folders()).install(app)
    app.wsgi_app = ShortAddresses(HallPrefix(ProxyFix(app.wsgi_app) if config.public_url else app.wsgi_app))  # type: ignore[method-assign]
    return app


def _at_work(app: Flask, *, replaced: bool) -> Flask:
    """Start the embedded worker: a thread, which no fork would take along. And watch over plugins' calls; is a process *replaced* when it ends?"""
    site: Site = app.extensions["wangting"]
    site.plugins.calls.watch(partial(failures.hung, site.database, replaced=replaced))
    if site.config.embedded and site.relay is None:
        site.relay = Embedded(site.database, keeper=keeper(site)).start()
    return app


def keeper(site: Site, *, idle: float = IDLE_SECONDS) -> Keeper:
    """Who opens the process that runs plugins' background work, in the hall of *site*; it ends after *idle* seconds without any."""
    environ = {"WANGTING_HOME": str(site.config.home), "DATABASE_URL": site.config.database_url}
    return Keeper(site.database, site.config.home, environ, idle=idle)


def flask_settings(config: Config, keyring: Keyring) -> dict[str, Any]:
    """Flask's own settings; FAB's are beside its views in ``core.web.backoffice``."""
    return {
        "SECRET_KEY": keyring.derive("session"),
        "WTF_CSRF_SECRET_KEY": keyring.derive("csrf"),
        "WTF_CSRF_TIME_LIMIT": 8 * 3600,
        "SESSION_COOKIE_NAME": "wangting",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": config.secure_cookies,
        "PERMANENT_SESSION_LIFETIME": 4 * 3600,
        "MAX_CONTENT_LENGTH": 64 * 2**20,
        "MAX_FORM_MEMORY_SIZE": 24 * 2**20,
        "MAX_FORM_PARTS": 60_000,
        "BABEL_DEFAULT_LOCALE": "zh",
        "BABEL_TRANSLATION_DIRECTORIES": str(translating.compiled(config.home)),
        "LANGUAGES": {"zh": {"flag": "cn", "name": "中文"}, "en": {"flag": "gb", "name": "English"}},
        **config.extra,
    }


def register_faces(app: Flask, site: Site) -> None:
    """Hang the faces into the application."""
    from core.web.api.wiring import register as api
    from core.web.backoffice.wiring import register as backoffice
    from core.web.counter.wiring import register as counter
    from core.web.plugged.serving import register as plugged
    from core.web.portal.wiring import register as portal
    from core.web.studio.wiring import register as studio

    with app.app_context():
        backoffice(app, site)
    studio(app, site)
    portal(app)
    counter(app)
    plugged(app)
    api(app)
