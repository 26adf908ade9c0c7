"""The route as a picture and as words, and the address as a QR code."""

import io
from collections.abc import Mapping

from core.items.facts import spoken_labels
from core.items.spec import CompiledItem
from core.routing import service as routing
from core.routing.outline import OutlineLine


def route_svg(compiled: CompiledItem, known: Mapping[str, object], locale: str, departments: Mapping[str, str] | None) -> str:
    """The route for these facts: what will surely not happen is drawn dashed. Titles are escaped by the drawing."""
    return routing.draw(compiled.route, facts=known, locale=locale, labels=spoken_labels(compiled, locale), departments=departments)


def outline_lines(compiled: CompiledItem, known: Mapping[str, object], locale: str, departments: Mapping[str, str] | None) -> tuple[OutlineLine, ...]:
    """The same in words, one line a step, for screen readers and print."""
    return tuple(routing.outline(compiled.route, facts=known, locale=locale, labels=spoken_labels(compiled, locale), departments=departments))


#: Every mask is readable; trying all eight for the prettiest takes ten times as long as drawing one.
_MASK = 2


def qr_svg(address: str) -> str:
    """*address* as an inline SVG without inline style, quiet zone included (error correction M: readable from a creased print)."""
    import segno  # two megabytes that a process which shows no guide need not hold

    out = io.BytesIO()
    code = segno.make(address, error="m", micro=False, mask=_MASK)
    code.save(out, kind="svg", xmldecl=False, svgns=True, border=2, svgclass="qr", lineclass=None, omitsize=True)
    return out.getvalue().decode()
