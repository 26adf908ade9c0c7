"""The paper of a document: A4 with an embedded open font, the act's words, a place for the seal, a code to verify it.

Pure: values in, PDF bytes out. The same values give the same bytes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, KeepTogether, Paragraph, Spacer

from core.documents.spec import PLAIN, Layout, Line
from core.kernel.text import typeset
from core.printing.sheet import HEIGHT, INK, LINE, MARGIN, QUIET, ROOM, SEAL, WIDTH, Draws, day_words, flow, grouped, no_code, qr, watermark
from core.printing.typeface import Typeface

_SIZE = 12.5
_LEADING = 24


@dataclass(frozen=True, slots=True)
class Paper:
    """Everything printed. Without ``verify_code`` it is a sample, which says so where the code would stand; ``watermark`` goes across each page."""

    title: str
    number: str
    department: str
    issued_on: date
    case_no: str
    lines: Sequence[Line]
    seal: str
    verify_url: str
    verify_code: str
    fonts: Sequence[Path] = field(default=())
    layout: Layout = PLAIN
    watermark: str = ""


def render(paper: Paper, draws: Draws = Canvas) -> bytes:
    """The PDF. Raises :class:`core.printing.errors.FontLacks` naming characters that no font at hand can print.

    *draws* may be a canvas that also remembers what it drew (:mod:`core.printing.drawn`).
    """
    typeface = Typeface(paper.fonts)
    return flow(
        _story(paper, typeface), title=paper.title, author=paper.department, subject=paper.number, bottom=44 * mm, top=26 * mm,
        every_page=lambda canvas, page: _page(canvas, page, paper, typeface), draws=draws,
    )  # fmt: skip


def _story(paper: Paper, typeface: Typeface) -> list[Flowable]:
    top, body = _top(paper, typeface), _body(paper, typeface)
    last = body[-1:] if paper.lines and len(paper.lines[-1].words) < 400 else []
    # Seal and date never stand on a page of their own: what was sealed must be readable beside it.
    end: list[Flowable] = [KeepTogether([*last, _Sign(paper, typeface)])]
    return [*top, Spacer(1, 6 * mm), *(body[:-1] if last else body), *end]


def _style(typeface: Typeface, name: str, size: float = _SIZE, leading: float = _LEADING, **more: Any) -> ParagraphStyle:
    return ParagraphStyle(name, fontName=typeface.main, fontSize=size, leading=leading, textColor=INK, wordWrap="CJK", **more)


def _top(paper: Paper, typeface: Typeface) -> list[Paragraph]:
    """Whose it is, what it is, its number, its case."""
    head = _style(typeface, "head", 15, 22, alignment=TA_CENTER)
    title = _style(typeface, "title", 22, 34, alignment=TA_CENTER)
    case = _style(typeface, "case", 9, 16, alignment=TA_CENTER)
    number = _style(typeface, "number", 11, 18, alignment=TA_CENTER)
    said = ((paper.department, head), (paper.title, title), (paper.number, number), (f"办件编号 {paper.case_no}", case))
    return [Paragraph(typeface.markup(words), style) for words, style in said]


def _body(paper: Paper, typeface: Typeface) -> list[Paragraph]:
    kinds = {
        "to": _style(typeface, "to", spaceAfter=2 * mm),
        "text": _style(typeface, "text", firstLineIndent=2 * _SIZE),
        "item": _style(typeface, "item", leftIndent=2 * _SIZE),
        "sign": _style(typeface, "sign", spaceBefore=8 * mm),
    }
    return [Paragraph(typeface.markup(typeset(line.words)), kinds.get(line.style, kinds["text"])) for line in paper.lines]


def marks(paper: Paper, page: int = 1) -> tuple[str, str, str]:
    """What stands beside the words of every document: the hint at its code, the number of the page, its day."""
    return "扫码核验,或在核验页输入核验码" if paper.verify_code else "样张,没有核验码", f"第 {page} 页", day_words(paper.issued_on)


def broken(paper: Paper) -> tuple[tuple[tuple[str, ...], ...], tuple[tuple[str, ...], ...]]:
    """Where the lines of head and body break on paper: for each paragraph the words of its lines. Raises :class:`core.printing.errors.FontLacks`."""
    typeface = Typeface(paper.fonts)
    return tuple(map(_lines_of, _top(paper, typeface))), tuple(map(_lines_of, _body(paper, typeface)))


def _lines_of(paragraph: Any) -> tuple[str, ...]:
    """The library keeps a line as (room left, words), or – where it has pieces in several fonts – as an object with the pieces."""
    paragraph.wrap(ROOM, HEIGHT)
    rows = (getattr(line, "words", None) or line[1] for line in paragraph.blPara.lines)
    return tuple("".join(getattr(piece, "text", piece) for piece in row) for row in rows)


class _Sign(Flowable):
    """Who signs and when, with the place of the electronic seal; dashed, so that nobody takes it for one."""

    def __init__(self, paper: Paper, typeface: Typeface) -> None:
        super().__init__()
        self.paper, self.typeface = paper, typeface
        self.width, self.height = ROOM, 52 * mm

    def draw(self) -> None:
        """Draw on the canvas that the flow is at."""
        canvas, edge, align = self.canv, *_SIGNED[self.paper.layout.seal]
        radius = 19 * mm
        x, y = {"right": edge - 24 * mm, "left": edge + 24 * mm}.get(align, edge), 22 * mm
        canvas.setStrokeColor(SEAL)
        canvas.setDash(2, 2)
        canvas.circle(x, y, radius)
        canvas.setDash()
        self.typeface.draw(canvas, self.paper.seal, x, y + 9 * mm, 8, SEAL, align="centre", room=2 * radius - 4 * mm)
        self.typeface.draw(canvas, self.paper.department, edge, 22 * mm, _SIZE, INK, align=align, room=ROOM)
        self.typeface.draw(canvas, marks(self.paper)[2], edge, 13 * mm, _SIZE, INK, align=align, room=ROOM)


#: The seal stands on signature and date, so the three move together: from where they are aligned, and how.
_SIGNED = {"left": (0.0, "left"), "centre": (ROOM / 2, "centre"), "right": (ROOM, "right")}
_CODE = 26 * mm


def _page(canvas: Canvas, page: int, paper: Paper, typeface: Typeface) -> None:
    """The foot of each page: the code that verifies it, the number it belongs to."""
    canvas.saveState()
    canvas.setStrokeColor(LINE)
    canvas.setLineWidth(0.4)
    canvas.line(MARGIN, 38 * mm, WIDTH - MARGIN, 38 * mm)
    mirrored = paper.layout.code == "right"
    x, beside, away = (WIDTH - MARGIN - _CODE + 3 * mm, WIDTH - MARGIN - _CODE, MARGIN) if mirrored else (MARGIN - 3 * mm, MARGIN + _CODE, WIDTH - MARGIN)
    near, far = ("right", "left") if mirrored else ("left", "right")
    if paper.verify_code:
        qr(canvas, paper.verify_url, x, 11 * mm, _CODE)
    else:
        no_code(canvas, typeface, x, 11 * mm, _CODE)
    hint, leaf, _day = marks(paper, page)
    typeface.draw(canvas, hint, beside, 28 * mm, 8.5, QUIET, align=near, room=ROOM / 2)
    typeface.draw(canvas, grouped(paper.verify_code), beside, 22 * mm, 10, INK, align=near, room=ROOM / 2)
    typeface.draw(canvas, paper.number, beside, 16 * mm, 8.5, QUIET, align=near, room=ROOM / 2)
    typeface.draw(canvas, leaf, away, 16 * mm, 8.5, QUIET, align=far, room=ROOM / 4)
    if paper.watermark:
        watermark(canvas, typeface, paper.watermark)
    canvas.restoreState()
