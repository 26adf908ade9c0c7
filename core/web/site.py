"""What one running hall server holds: its configuration and instruments, found through ``app.extensions["wangting"]``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import current_app

from core.db.database import Database
from core.kernel.errors import BadInput
from core.keys.keyring import Keyring
from core.pluginhost.host import PluginHost

LOOPBACK = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class Config:
    """The deployment's settings, read once from the environment by :meth:`from_environment`; nothing reads the environment at import."""

    home: Path
    database_url: str
    host: str = "127.0.0.1"
    port: int = 8080
    redis_url: str | None = None
    demo: bool = False
    demo_public: bool = False
    embedded: bool = True  #: run the outbox relay inside the web process
    secure_cookies: bool = False
    public_url: str = ""
    devices: str = "http://127.0.0.1:47808"  #: where a desk's own device service answers (docs/devices.md); empty: there is none
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_environment(cls, environ: Mapping[str, str]) -> "Config":
        """Read ``WANGTING_HOME``, ``DATABASE_URL``, ``HOST``, ``PORT``, ``REDIS_URL``, ``WANGTING_DEMO``, ``WANGTING_DEMO_PUBLIC``,
        ``WANGTING_WORKER`` (``embedded`` or ``celery``), ``WANGTING_PUBLIC_URL``, ``WANGTING_DEVICES``.

        Raises :class:`BadInput` naming the variable that makes no sense.
        """
        home = Path(environ.get("WANGTING_HOME") or "var").resolve()
        port = environ.get("PORT", "8080")
        if not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65536:
            raise BadInput("web.bad_port", value=port)
        url = environ.get("WANGTING_PUBLIC_URL", "")
        return cls(
            home=home,
            database_url=environ.get("DATABASE_URL") or f"sqlite:///{home / 'wangting.db'}",
            host=environ.get("HOST", "127.0.0.1"),
            port=int(port),
            redis_url=environ.get("REDIS_URL") or None,
            demo=environ.get("WANGTING_DEMO", "") == "1",
            demo_public=environ.get("WANGTING_DEMO_PUBLIC", "") == "1",
            embedded=environ.get("WANGTING_WORKER", "embedded") == "embedded",
            secure_cookies=url.startswith("https://"),
            public_url=url.rstrip("/"),
            devices=_loopback(environ.get("WANGTING_DEVICES", "http://127.0.0.1:47808")),
        )

    def refuse_public_demo(self) -> None:
        """Demo people have passwords that were printed on a screen: such a hall stays on this machine unless told otherwise twice."""
        if self.demo and self.host not in LOOPBACK and not self.demo_public:
            raise BadInput("web.public_demo", host=self.host)


def _loopback(origin: str) -> str:
    """The origin of the desk's device service, which is this very machine for whoever sits at it; empty turns it off. Raises :class:`BadInput`."""
    asked = urlsplit(origin.rstrip("/"))
    if origin and (asked.scheme not in ("http", "https") or asked.hostname not in LOOPBACK or asked.path or asked.query or asked.username):
        raise BadInput("web.bad_devices", value=origin)
    return origin.rstrip("/")


@dataclass(slots=True)
class Site:
    """The instruments of one running server."""

    config: Config
    database: Database
    keyring: Keyring
    instruments: Mapping[str, Any]
    relay: Any = None  #: ``outbox.relay.Embedded`` when the worker runs inside this process

    @property
    def plugins(self) -> PluginHost:
        """The hall's plugin host."""
        host = self.instruments["plugins"]
        assert isinstance(host, PluginHost)
        return host


def site() -> Site:
    """The site of the running application."""
    found: Site = current_app.extensions["wangting"]
    return found
