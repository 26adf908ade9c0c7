"""Branch halls by path: ``/h/<slug>/…`` is the same site with the prefix moved into ``SCRIPT_NAME``, so every link stays inside the branch."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


class HallPrefix:
    """WSGI middleware; ``environ["wangting.hall"]`` names the branch asked for."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Move ``/h/<slug>`` from the path to the script name."""
        path: str = environ.get("PATH_INFO", "")
        if path.startswith("/h/"):
            _empty, _h, slug, *_rest = path.split("/", 3)
            prefix = f"/h/{slug}"
            environ["wangting.hall"] = slug
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + prefix
            environ["PATH_INFO"] = path[len(prefix) :] or "/"
        return self.app(environ, start_response)
