"""Which names this server answers to. In production – with ``WANGTING_PUBLIC_URL`` – a request for any other host is refused before anything else.

Addresses are made from the ``Host`` header (a receipt's QR, a guide's link): whoever can choose it could make a page, or a proxy's cache, point
to a place of their own.
"""

import re
import time
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from flask import Flask, Response, request

from core.db.database import Database
from core.identity import queries as people
from core.kernel.wording import word
from core.web import edge
from core.web.site import LOOPBACK, Config, site

#: How long a process trusts its list of the halls' hosts (seconds).
MOMENT = 3.0
#: Asked by load balancers under whatever address they know; they show nothing that depends on it.
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(?::[0-9]{1,5})?")
_known: "WeakKeyDictionary[Database, tuple[float, frozenset[str]]]" = WeakKeyDictionary()


def trust_only_own(app: Flask, config: Config) -> None:
    """Answer 400 in plain text to requests for hosts that are neither the public URL's, nor a hall's, nor this machine itself."""
    if not config.public_url:
        return
    always = frozenset({*LOOPBACK, (urlsplit(config.public_url).hostname or "").lower()})

    @app.before_request
    def refuse_strangers() -> Response | None:
        if request.path in _PROBES:
            return None
        name = host_name(request.environ.get("HTTP_HOST", ""))
        if name in always or (name and name in _halls()):
            return None
        return Response(word("web.strange_host", edge.locale()) + "\n", 400, content_type="text/plain; charset=utf-8")


def host_name(header: str) -> str:
    """The name in a ``Host`` header, without its port, in lower case; empty for what is no name (``user@host``, spaces, two ports)."""
    found = _HOST.fullmatch(header)
    return (found[1].strip("[]").lower().removesuffix(".")) if found else ""


def _halls() -> frozenset[str]:
    database, at = site().database, time.monotonic()
    kept = _known.get(database)
    if kept is None or at - kept[0] >= MOMENT:
        kept = _known[database] = (at, people.hosts(edge.session()))
    return kept[1]
