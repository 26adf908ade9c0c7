"""A plain report over A4 pages: title, headings, paragraphs, key–value lists, tables, a foot with page numbers."""

from collections.abc import Sequence
from typing import Any

from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle
from sqlalchemy.orm import Session

from core.printing import hall
from core.printing.sheet import INK, LINE, MARGIN, QUIET, ROOM, flow
from core.printing.typeface import Typeface

#: (kind, …): ``("heading", words)``, ``("paragraph", words)``, ``("pairs", rows)``, ``("table", heads, rows, widths)``.
Block = tuple[Any, ...]


def report(session: Session, title: str, blocks: Sequence[Block], *, foot: str) -> bytes:
    """The PDF. Raises :class:`core.printing.errors.FontLacks` naming characters that no font at hand can print."""
    typeface = Typeface(hall.more_fonts(session))
    story: list[Flowable] = [_paragraph(typeface, title, 18, after=6 * mm)]
    for kind, *content in blocks:
        story += _DRAWN[kind](typeface, *content)

    def every_page(canvas: Canvas, number: int) -> None:
        typeface.draw(canvas, foot, MARGIN, 14 * mm, 8, QUIET, room=ROOM - 20 * mm)
        typeface.draw(canvas, str(number), MARGIN + ROOM, 14 * mm, 8, QUIET, align="right", room=15 * mm)

    return flow(story, title=title, author=foot, subject=title, bottom=24 * mm, every_page=every_page)


def _style(typeface: Typeface, size: float, *, after: float = 0, colour: Any = INK) -> ParagraphStyle:
    return ParagraphStyle("plain", fontName=typeface.main, fontSize=size, leading=size * 1.6, spaceAfter=after, textColor=colour, wordWrap="CJK")


def _paragraph(typeface: Typeface, words: str, size: float = 10.5, *, after: float = 2 * mm, colour: Any = INK) -> Paragraph:
    return Paragraph(typeface.markup(words), _style(typeface, size, after=after, colour=colour))


def _pairs(typeface: Typeface, rows: Sequence[tuple[str, str]]) -> list[Flowable]:
    return _grid([[_paragraph(typeface, name, colour=QUIET, after=0), _paragraph(typeface, value, after=0)] for name, value in rows], [0.3, 0.7])


def _table(typeface: Typeface, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float]) -> list[Flowable]:
    cells = [[_paragraph(typeface, words, 9.5, colour=QUIET, after=0) for words in heads]]
    cells += [[_paragraph(typeface, words, 9.5, after=0) for words in row] for row in rows]
    return _grid(cells, widths or [1 / max(1, len(heads))] * len(heads), repeat=1)


def _grid(cells: list[list[Paragraph]], shares: Sequence[float], repeat: int = 0) -> list[Flowable]:
    if not cells:
        return []
    total = sum(shares)
    table = Table(cells, colWidths=[ROOM * share / total for share in shares], repeatRows=repeat)
    table.setStyle(TableStyle([("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE), ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0)]))
    return [table, Spacer(0, 4 * mm)]


_DRAWN: dict[str, Any] = {
    "heading": lambda typeface, words: [Spacer(0, 2 * mm), _paragraph(typeface, words, 13, after=2 * mm)],
    "paragraph": lambda typeface, words: [_paragraph(typeface, words)],
    "pairs": _pairs,
    "table": _table,
}
