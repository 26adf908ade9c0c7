"""The first pages, answered before the web processes are forked: what is made for the first reader – templates turned into code, statements, what is
known of items – is memory that the processes then share, and nobody waits for it."""

import logging

from flask import Flask, g

from core.items import service as items
from core.web import edge
from core.web.page import prepare

log = logging.getLogger(__name__)
#: The doors of a hall. What is behind a login is only made ready.
DOORS = ("/", "/account/login", "/office/login/")
#: Panels of the case page that nearly every case has.
_PANELS = ("clocks", "documents", "moves", "relatives", "rungs", "sheets")
TEMPLATES = (
    "portal/flow.html", "portal/apply.html", "portal/check.html", "portal/receipt.html", "portal/case.html", "forms/page.html", "forms/fields.html",
    "office/layout.html", "office/worklist.html", "office/case.html", *(f"office/case/{panel}.html" for panel in _PANELS),
)  # fmt: skip
#: Guides that are looked at, of the items listed first.
GUIDES = 3


def warm(app: Flask) -> None:
    """Answer the doors and a few guides in this process, uncounted and unlogged. A page that fails is left for its first reader, who is told why."""
    with app.test_request_context("/"):
        prepare(*TEMPLATES)
        guides = tuple(f"/items/{item.code}" for item in items.visible(edge.session(), None)[:GUIDES])
    for address in (*DOORS, *guides):
        with app.test_request_context(address):
            g.warming = True
            status = app.full_dispatch_request().status_code
        if status >= 500:
            log.warning("%s answered %s while it was made ready", address, status)
