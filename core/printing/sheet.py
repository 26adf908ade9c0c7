"""An A4 page and the marks that stand on papers of the hall: seal place, QR code, verification foot, watermark."""

import io
from collections.abc import Callable, Sequence
from datetime import date

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate

from core.printing.typeface import Typeface

INK, QUIET, SEAL, LINE = HexColor("#14222c"), HexColor("#41505b"), HexColor("#b5341c"), HexColor("#9fb0b8")
FAINT = Color(0.08, 0.13, 0.17, alpha=0.15)  # a setting of the canvas would be undone by the next colour
WIDTH, HEIGHT = A4
#: Room between the margins of a page, in points.
MARGIN = 28 * mm
ROOM = WIDTH - 2 * MARGIN


#: What makes the canvas that is drawn on.
Draws = Callable[..., Canvas]


def flow(
    story: Sequence[Flowable], *, title: str, author: str, subject: str, bottom: float, top: float = 30 * mm, every_page: Callable[[Canvas, int], None],
    draws: Draws = Canvas,
) -> bytes:  # fmt: skip
    """*story* over as many pages as it takes; *every_page* draws what stands on each (canvas, page number). Same values, same bytes."""
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=A4, title=title, author=author, subject=subject, invariant=1, lang="zh-CN")
    body = Frame(MARGIN, bottom, ROOM, HEIGHT - bottom - top, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("sheet", [body], onPage=lambda canvas, doc: every_page(canvas, doc.page)))
    document.build(list(story), canvasmaker=draws)
    return buffer.getvalue()


def day_words(day: date) -> str:
    """``2026年11月22日``."""
    return f"{day.year}年{day.month}月{day.day}日"


def grouped(code: str) -> str:
    """A code in groups of four, to be typed."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


def seal_place(canvas: Canvas, typeface: Typeface, words: str, *, y: float = 50 * mm) -> None:
    """Where the electronic seal goes (a seal service stamps the finished file); dashed, so that nobody takes it for one."""
    x, radius = WIDTH - 52 * mm, 19 * mm
    canvas.setStrokeColor(SEAL)
    canvas.setDash(2, 2)
    canvas.circle(x, y, radius)
    canvas.setDash()
    typeface.draw(canvas, words, x, y + 12 * mm, 8, SEAL, align="centre", room=2 * radius)


def qr(canvas: Canvas, url: str, x: float, y: float, size: float) -> None:
    """A QR code of *size* points, quiet zone included."""
    rows = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
    step = size / (len(rows) + 8)  # four quiet modules on each side
    canvas.setFillColor(HexColor("#000000"))
    for r, row in enumerate(rows):
        for c, dark in enumerate(row):
            if dark:
                canvas.rect(x + (c + 4) * step, y + size - (r + 5) * step, step, step, stroke=0, fill=1)


def no_code(canvas: Canvas, typeface: Typeface, x: float, y: float, size: float) -> None:
    """Where the QR code stands, on a sample: nobody can verify what was never issued."""
    inset = size * 4 / 33
    canvas.saveState()
    canvas.setStrokeColor(QUIET)
    canvas.setDash(2, 2)
    canvas.rect(x + inset, y + inset, size - 2 * inset, size - 2 * inset)
    canvas.setDash()
    typeface.draw(canvas, "样张", x + size / 2, y + size / 2 + 1, 9, QUIET, align="centre", room=size - 2 * inset)
    typeface.draw(canvas, "SAMPLE", x + size / 2, y + size / 2 - 9, 7, QUIET, align="centre", room=size - 2 * inset)
    canvas.restoreState()


def watermark(canvas: Canvas, typeface: Typeface, text: str) -> None:
    """*text* across the whole page, faint."""
    canvas.saveState()
    canvas.translate(WIDTH / 2, HEIGHT / 2)
    canvas.rotate(40)
    for line in range(-5, 6):
        for column in (-1, 0, 1):
            typeface.draw(canvas, text, column * 110 * mm, line * 34 * mm, 15, FAINT, align="centre", room=ROOM)
    canvas.restoreState()
