"""Pages as they were drawn: a canvas that writes the PDF and remembers every word, line, circle and box with its place, so that a page can be shown on
a screen exactly as it is printed – by the same run, not by a second layout that could differ."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from math import atan2, degrees
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.textobject import PDFTextObject

from core.printing.sheet import HEIGHT, WIDTH, Draws


@dataclass(frozen=True, slots=True)
class Words:
    """A piece of text: where its baseline begins (points from the left and from the top), its size, its width, its colour, how it is turned (degrees)."""

    text: str
    x: float
    y: float
    size: float
    width: float
    colour: str
    opacity: float = 1.0
    turned: float = 0.0


@dataclass(frozen=True, slots=True)
class Shape:
    """A line, circle or box. ``place`` are its numbers: ``x1 y1 x2 y2``, ``cx cy r`` or ``x y width height``."""

    kind: str
    place: tuple[float, ...]
    stroke: str
    width: float
    dashed: bool
    fill: str


@dataclass(slots=True)
class Page:
    """One page: its pieces of text and its shapes, in the order they were drawn."""

    words: list[Words] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)

    def lines(self) -> list[str]:
        """What stands on the page line by line, as it is read from top to bottom; what is turned (a watermark) is left out."""
        rows: dict[float, list[Words]] = {}
        for each in self.words:
            if not each.turned:
                rows.setdefault(round(each.y, 1), []).append(each)
        return ["".join(each.text for each in sorted(rows[y], key=lambda one: one.x)) for y in sorted(rows)]


def remembering(pages: list[Page]) -> Draws:
    """What draws and adds each page to *pages*."""
    return partial(_Remembers, pages)


class _Remembers(Canvas):
    def __init__(self, pages: list[Page], *given: Any, **more: Any) -> None:
        self.pages, self.dashed, self.began = pages, False, False
        super().__init__(*given, **more)

    def page(self) -> Page:
        if not self.began:
            self.pages.append(Page())
            self.began = True
        return self.pages[-1]

    def showPage(self) -> None:  # noqa: N802 - the library's name
        super().showPage()
        self.began = False

    def beginText(self, x: float = 0, y: float = 0, direction: Any = None) -> PDFTextObject:  # noqa: N802 - the library's name
        return _Text(self, x, y, direction=direction)

    def setDash(self, array: Any = (), phase: Any = 0) -> None:  # noqa: N802 - the library's name
        self.dashed = bool(array)
        super().setDash(array, phase)

    def point(self, x: float, y: float) -> tuple[float, float]:
        across, up = self.absolutePosition(x, y)
        return across, HEIGHT - up

    def line(self, x1: float, y1: float, x2: float, y2: float) -> None:
        super().line(x1, y1, x2, y2)
        self._note("line", (*self.point(x1, y1), *self.point(x2, y2)), stroke=1, fill=0)

    def circle(self, x: float, y: float, r: float, stroke: float = 1, fill: float = 0) -> None:
        super().circle(x, y, r, stroke, fill)
        self._note("circle", (*self.point(x, y), r), stroke, fill)

    def rect(self, x: float, y: float, width: float, height: float, stroke: float = 1, fill: float = 0) -> None:
        super().rect(x, y, width, height, stroke, fill)
        self._note("rect", (*self.point(x, y + height), width, height), stroke, fill)

    def _note(self, kind: str, place: tuple[float, ...], stroke: float, fill: float) -> None:
        state: Any = self  # the library's stubs do not name what it keeps
        line, inside = (_colour(state._strokeColorObj)[0] if stroke else "none"), (_colour(state._fillColorObj)[0] if fill else "none")
        self.page().shapes.append(Shape(kind, place, line, state._lineWidth, self.dashed, inside))


class _Text(PDFTextObject):
    """A text object that tells its canvas each piece with its place. A paragraph writes several pieces on a line and steps down with the last."""

    _fontname: str
    _fontsize: float
    _leading: float
    _x0: float
    _y0: float

    def __init__(self, canvas: _Remembers, *given: Any, **more: Any) -> None:
        self.pen = self.down = 0.0
        self.remembers = canvas
        super().__init__(canvas, *given, **more)

    def setTextOrigin(self, x: float, y: float) -> None:  # noqa: N802 - the library's name
        super().setTextOrigin(x, y)
        self.pen = self.down = 0.0

    def moveCursor(self, dx: float, dy: float) -> None:  # noqa: N802 - the library's name
        super().moveCursor(dx, dy)
        self.pen = 0.0

    def textLine(self, text: Any = "") -> None:  # noqa: N802 - the library's name
        self.down -= self._leading  # the library steps down first and writes afterwards, where it was
        super().textLine(text)
        self.down += self._leading

    def _formatText(self, text: Any) -> Any:  # noqa: N802 - the library's name
        if text:
            self._tell(str(text))
        return super()._formatText(text)  # type: ignore[misc]

    def _textOut(self, text: str, TStar: int = 0) -> None:  # noqa: N802, N803 - the library's names
        super()._textOut(text, TStar)  # type: ignore[misc]
        if TStar:
            self.down += self._leading
            self.pen = 0.0

    def _tell(self, text: str) -> None:
        canvas: Any = self.remembers
        width = pdfmetrics.stringWidth(text, self._fontname, self._fontsize)
        x, y = canvas.point(self._x0 + self.pen, self._y0 - self.down)
        a, b = canvas._currentMatrix[:2]
        colour, opacity = _colour(getattr(self, "_fillColorObj", canvas._fillColorObj))  # its own once it was set
        canvas.page().words.append(Words(text, x, y, self._fontsize, width, colour, opacity, -degrees(atan2(b, a))))
        self.pen += width


def _colour(found: Any) -> tuple[str, float]:
    """A colour as screens write it, and how much it covers."""
    if isinstance(found, tuple | list):
        return "#" + "".join(f"{round(part * 255):02x}" for part in found[:3]), 1.0
    return f"#{found.hexval()[2:8]}" if found is not None else "#000000", float(getattr(found, "alpha", 1) or 1)


def svg(page: Page, title: str) -> str:
    """*page* as a picture of the same size in the same places, with its words as text. Each piece is as wide as on paper, whatever fonts a screen has."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.2f} {HEIGHT:.2f}" role="img" aria-label="{escape(title, {chr(34): "&quot;"})}" '
        f'class="paper" lang="zh-CN">{"".join(_shapes(page.shapes))}{"".join(_word(each) for each in page.words)}</svg>'
    )


def _word(each: Words) -> str:
    turned = f' transform="rotate({each.turned:.2f} {each.x:.2f} {each.y:.2f})"' if each.turned else ""
    faint = f' fill-opacity="{each.opacity:.2f}"' if each.opacity < 1 else ""
    fit = f' textLength="{each.width:.2f}" lengthAdjust="spacingAndGlyphs"' if each.text.strip() else ""
    return (
        f'<text x="{each.x:.2f}" y="{each.y:.2f}" font-size="{each.size:.2f}"{fit} fill="{each.colour}"{faint}{turned} xml:space="preserve">'
        f"{escape(each.text)}</text>"
    )


def _shapes(shapes: Iterable[Shape]) -> Iterable[str]:
    """Small filled boxes – a QR code has a thousand – are one path."""
    boxes = [each.place for each in shapes if each.kind == "rect" and each.stroke == "none"]
    if boxes:
        path = "".join(f"M{x:.2f} {y:.2f}h{w:.2f}v{h:.2f}h-{w:.2f}z" for x, y, w, h in boxes)
        yield f'<path d="{path}" fill="#000000"/>'
    names = {"line": ("x1", "y1", "x2", "y2"), "circle": ("cx", "cy", "r"), "rect": ("x", "y", "width", "height")}
    for each in shapes:
        if each.stroke != "none":
            place = " ".join(f'{name}="{value:.2f}"' for name, value in zip(names[each.kind], each.place, strict=True))
            dash = ' stroke-dasharray="2 2"' if each.dashed else ""
            yield f'<{each.kind} {place} fill="{each.fill}" stroke="{each.stroke}" stroke-width="{each.width:.2f}"{dash}/>'
