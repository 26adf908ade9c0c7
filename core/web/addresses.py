"""Addresses far too long: refused before anything reads them, because taking half a megabyte of address apart costs more than a page."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask, abort, request

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Bytes of path and query together. The longest address of our own, a search with every filter, has one kilobyte.
LONGEST = 16 * 1024
_MARK = "wangting.address_too_long"


class ShortAddresses:
    """WSGI middleware: forgets an address over :data:`LONGEST` and marks the request, which :func:`refuse_long` then answers with 414."""

    def __init__(self, app: "WSGIApplication") -> None:
        self.app = app

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Nobody behind this sees more than :data:`LONGEST` of address."""
        path: str = environ.get("PATH_INFO", "")
        if len(path) + len(environ.get("QUERY_STRING", "")) > LONGEST:
            environ |= {_MARK: True, "QUERY_STRING": "", "PATH_INFO": path[:64]}
            for raw in ("REQUEST_URI", "RAW_URI"):
                environ.pop(raw, None)
        return self.app(environ, start_response)


def refuse_long(app: Flask) -> None:
    """Answer marked requests in the reader's language."""

    @app.before_request
    def refuse() -> None:
        if request.environ.get(_MARK):
            abort(414)
