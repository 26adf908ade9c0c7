"""A keystroke in the studio, measured where somebody types it: from the key to the picture that shows it, in a real browser, while it saves and looks again.

Keys come in bursts with a breath between them: after each breath the page saves, loads its preview, asks what is to mend and – at the route – draws anew, and
the next burst falls into the middle of that.
"""

import math
from collections.abc import Mapping
from typing import Any

from tests.bench.report import Line

#: A fast typist's pause between two keys, ms; the page saves half a second after the last.
PAUSE, BREATH, BURST = 60, 650, 12
_LISTEN = """() => {
  window.keysTaken = [];
  addEventListener("keydown", (event) => {
    const begun = event.timeStamp;
    requestAnimationFrame(() => {
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => keysTaken.push(performance.now() - begun);
      port2.postMessage(0);
    });
  }, true);
}"""
#: Where somebody types: what is measured, the page of the draft, the box.
PLACES: Mapping[str, tuple[str, str]] = {
    "the item's title": ("/?part=basic", "form[data-studio] [name=title]"),
    "a field's title in the form builder": ("/form/?field=extra_500", "form[data-studio] [name=title]"),
    "a station's title in the route editor": ("/route/?node=review.extra_20", "form[data-studio] [name=title]"),
    "the JSON of the whole form": ("/?part=form", "textarea#json"),
}


def lines(chromium: Any, port: int, cookies: Mapping[str, str], draft: str, count: int) -> list[Line]:
    """What all but one in twenty of *count* keystrokes take at each of :data:`PLACES`, ms, as the *cookies* logged in; *draft* is a path."""
    context = chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": name, "value": value, "domain": "127.0.0.1", "path": "/"} for name, value in cookies.items()])
    page, base = context.new_page(), f"http://127.0.0.1:{port}{draft}"
    try:
        return [
            Line(f"studio: a keystroke in {what}, 95 of 100", p95(strokes(page, base + path, box, count)), "ms", "<= 100")
            for what, (path, box) in PLACES.items()
        ]
    finally:
        context.close()


def strokes(page: Any, address: str, box: str, count: int) -> list[float]:
    """Milliseconds of each of *count* keystrokes in a box of a page, the first few apart that wake everything up."""
    page.goto(address, wait_until="load")
    target = page.locator(box).first
    if not target.is_visible():
        page.locator(f"details:has({box}) > summary").click()
    page.evaluate(_LISTEN)
    target.press("End")
    page.wait_for_timeout(BREATH)
    page.evaluate("() => keysTaken.splice(0)")
    for _ in range(math.ceil(count / BURST)):
        page.keyboard.type("and one more"[:BURST], delay=PAUSE)
        page.wait_for_timeout(BREATH)
    taken: list[float] = page.evaluate("() => keysTaken")
    if len(taken) < count:
        raise RuntimeError(f"{address}: {len(taken)} of {count} keystrokes were shown")
    return taken


def p95(taken: list[float]) -> float:
    """What all but one in twenty stay below."""
    return sorted(taken)[math.ceil(len(taken) * 0.95) - 1]
