"""WSGI applications of the bench: the product with an empty view hung in behind the same middleware and log-in, and a bare Flask hello.

Nothing here is imported by the product; the empty view measures what a page costs before it does anything of its own.
"""

from typing import TYPE_CHECKING

from flask import Flask
from werkzeug.wrappers import Response

if TYPE_CHECKING:
    from core.web.site import Config


def with_empty_view(config: "Config | None" = None) -> Flask:
    """The product's own application and ``/bench/empty``: same sessions, CSRF, log-in, headers, metrics – and an empty answer."""
    from core.app import create_app  # not for the bare Flask
    from core.web import edge

    app = create_app(config)

    @app.route("/bench/empty", methods=["GET", "POST"])
    @edge.login_required
    def empty() -> Response:
        return Response("empty", mimetype="text/plain")

    return app


def hello() -> Flask:
    """Bare Flask."""
    app = Flask("hello")
    app.add_url_rule("/", "hello", lambda: "hello")
    return app
