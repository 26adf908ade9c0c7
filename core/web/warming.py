"""The first pages, answered before the web processes are forked: what is made for the first reader – templates turned into code, statements, what is
known of items – is memory that the processes then share, and nobody waits for it."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

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
#: A page that takes longer – a plugin that hangs in it, say: nobody watches over its calls yet – keeps no hall from starting.
SECONDS = 10.0


def warm(app: Flask) -> None:
    """Answer the doors and a few guides in this process, uncounted and unlogged. A page that fails is left for its first reader, who is told why.

    Called in the main thread, before any other runs.
    """
    with app.test_request_context("/"):
        prepare(*TEMPLATES)
        guides = tuple(f"/items/{item.code}" for item in items.visible(edge.session(), None)[:GUIDES])
    for address in (*DOORS, *guides):
        try:
            with _in_time(), app.test_request_context(address):
                g.warming = True
                app.full_dispatch_request()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with a page is no reason not to start
            log.warning("%s was not made ready: %s", address, type(error).__name__)


@contextmanager
def _in_time() -> Iterator[None]:
    """:class:`TimeoutError` where what is done inside takes longer than :data:`SECONDS`."""

    def over(_signal: int, _frame: FrameType | None) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
