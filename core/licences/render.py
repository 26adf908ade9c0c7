"""The sheet: one A4 page (more when the text is long) with an embedded open font, a place for the seal, and a QR code to verify it.

Pure: values in, PDF bytes out. The same values give the same bytes.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import segno
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import BaseDocTemplate, Flowable, Frame, PageTemplate, Paragraph, Spacer, Table, TableStyle

from core.licences.errors import FontLacks

FONT = Path(__file__).resolve().parent / "fonts" / "NotoSansSC-Regular-subset.ttf"
_INK, _QUIET, _SEAL, _LINE = HexColor("#14222c"), HexColor("#41505b"), HexColor("#b5341c"), HexColor("#9fb0b8")
_FAINT = Color(0.08, 0.13, 0.17, alpha=0.15)  # a setting of the canvas would be undone by the next colour
_WIDTH, _HEIGHT = A4


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything printed. ``watermark`` marks a copy (用证事由和期限); the original has none."""

    title: str
    number: str
    identifier: str
    holder: str
    holder_number: str
    data: Mapping[str, str]
    issuer: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    verify_url: str
    verify_code: str
    watermark: str = ""
    fonts: Sequence[Path] = field(default=())


def render(sheet: Sheet) -> bytes:
    """The PDF. Raises :class:`FontLacks` naming the characters that neither the embedded font nor *sheet.fonts* can print."""
    fonts = _Fonts(sheet.fonts)
    buffer = io.BytesIO()
    document = BaseDocTemplate(buffer, pagesize=A4, title=sheet.title, author=sheet.issuer, subject=sheet.identifier, invariant=1, lang="zh-CN")
    body = Frame(28 * mm, 78 * mm, _WIDTH - 56 * mm, _HEIGHT - 108 * mm, 0, 0, 0, 0)
    document.addPageTemplates(PageTemplate("sheet", [body], onPage=lambda canvas, _: _page(canvas, sheet, fonts)))
    document.build(_story(sheet, fonts))
    return buffer.getvalue()


def _story(sheet: Sheet, fonts: "_Fonts") -> list[Flowable]:
    title = ParagraphStyle("title", fontName=fonts.main, fontSize=28, leading=38, alignment=TA_CENTER, textColor=_INK)
    quiet = ParagraphStyle("quiet", fontName=fonts.main, fontSize=10.5, leading=16, alignment=TA_CENTER, textColor=_QUIET)
    name = ParagraphStyle("name", fontName=fonts.main, fontSize=11, leading=18, textColor=_QUIET, wordWrap="CJK")
    text = ParagraphStyle("text", fontName=fonts.main, fontSize=12.5, leading=19, textColor=_INK, wordWrap="CJK")
    lines = {"持证主体": sheet.holder, "证件号码": sheet.holder_number, **sheet.data, "有效期": _period(sheet)}
    rows = [[Paragraph(fonts.markup(k), name), Paragraph(fonts.markup(v or "—"), text)] for k, v in lines.items() if v or k in sheet.data]
    table = Table(
        rows,
        colWidths=[38 * mm, None],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE)]),
        splitInRow=1,
    )
    head = [Paragraph(fonts.markup(sheet.title), title), Paragraph(fonts.markup(f"编号 {sheet.number}"), quiet)]
    return [*head, Spacer(1, 10 * mm), table]


def _period(sheet: Sheet) -> str:
    return f"{_day(sheet.valid_from)} 至 {_day(sheet.valid_to)}" if sheet.valid_to else f"{_day(sheet.valid_from)} 起,长期有效"


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def _page(canvas: Canvas, sheet: Sheet, fonts: "_Fonts") -> None:
    canvas.saveState()
    canvas.setStrokeColor(_INK)
    canvas.setLineWidth(1.6)
    canvas.rect(14 * mm, 14 * mm, _WIDTH - 28 * mm, _HEIGHT - 28 * mm)
    canvas.setLineWidth(0.5)
    canvas.rect(16 * mm, 16 * mm, _WIDTH - 32 * mm, _HEIGHT - 32 * mm)
    _seal_place(canvas, fonts)
    right = _WIDTH - 28 * mm
    fonts.draw(canvas, sheet.issuer, right, 44 * mm, 13, _INK, "right")
    fonts.draw(canvas, _day(sheet.issued_on), right, 36 * mm, 12, _INK, "right")
    _qr(canvas, sheet.verify_url, 28 * mm, 34 * mm, 34 * mm)
    fonts.draw(canvas, "扫码核验,或在核验页输入核验码", 28 * mm, 29 * mm, 8.5, _QUIET)
    fonts.draw(canvas, " ".join(sheet.verify_code[i : i + 4] for i in range(0, len(sheet.verify_code), 4)), 28 * mm, 24.5 * mm, 9.5, _INK)
    fonts.draw(canvas, f"电子证照标识 {sheet.identifier}", 28 * mm, 20 * mm, 8, _QUIET)
    if sheet.watermark:
        _watermark(canvas, sheet.watermark, fonts)
    canvas.restoreState()


def _seal_place(canvas: Canvas, fonts: "_Fonts") -> None:
    """Where the electronic seal goes (a seal service stamps the finished file); dashed, so that nobody takes it for one."""
    x, y, radius = _WIDTH - 52 * mm, 50 * mm, 19 * mm
    canvas.setStrokeColor(_SEAL)
    canvas.setDash(2, 2)
    canvas.circle(x, y, radius)
    canvas.setDash()
    fonts.draw(canvas, "发证机关电子印章", x, y + 12 * mm, 8, _SEAL, "centre")


def _qr(canvas: Canvas, url: str, x: float, y: float, size: float) -> None:
    rows = [list(row) for row in segno.make(url, error="m", micro=False).matrix]
    step = size / (len(rows) + 8)  # four quiet modules on each side
    canvas.setFillColor(HexColor("#000000"))
    for r, row in enumerate(rows):
        for c, dark in enumerate(row):
            if dark:
                canvas.rect(x + (c + 4) * step, y + size - (r + 5) * step, step, step, stroke=0, fill=1)


def _watermark(canvas: Canvas, text: str, fonts: "_Fonts") -> None:
    canvas.saveState()
    canvas.translate(_WIDTH / 2, _HEIGHT / 2)
    canvas.rotate(40)
    for line in range(-5, 6):
        for column in (-1, 0, 1):
            fonts.draw(canvas, text, column * 110 * mm, line * 34 * mm, 15, _FAINT, "centre")
    canvas.restoreState()


class _Fonts:
    """The embedded font first, then whatever fonts the site added, character by character."""

    def __init__(self, more: Sequence[Path]) -> None:
        self.loaded = [_font(FONT), *(_font(path) for path in sorted(more))]
        self.main = self.loaded[0][0]

    def runs(self, text: str) -> list[tuple[str, str]]:
        """(font, text) pieces of *text*; raises :class:`FontLacks`."""
        pieces: list[tuple[str, str]] = []
        lacking = ""
        for character in text:
            name = next((n for n, glyphs in self.loaded if ord(character) in glyphs), None)
            if name is None:
                lacking += character
            elif pieces and pieces[-1][0] == name:
                pieces[-1] = (name, pieces[-1][1] + character)
            else:
                pieces.append((name, character))
        if lacking:
            raise FontLacks(characters=lacking[:20], codes=" ".join(f"U+{ord(c):04X}" for c in lacking[:20]))
        return pieces

    def markup(self, text: str) -> str:
        """*text* for a paragraph: escaped, pieces in another font marked."""
        lines = text.split("\n")
        return "<br/>".join("".join(escape(t) if n == self.main else f'<font name="{n}">{escape(t)}</font>' for n, t in self.runs(line)) for line in lines)

    def draw(self, canvas: Canvas, text: str, x: float, y: float, size: float, colour: Any, align: str = "left") -> None:
        """One line at a fixed place, made smaller when it would run off the page."""
        pieces = self.runs(text)
        width = sum(pdfmetrics.stringWidth(t, n, size) for n, t in pieces)
        room = _WIDTH - 56 * mm
        if width > room:
            size, width = size * room / width, room
        x -= width if align == "right" else width / 2 if align == "centre" else 0
        canvas.setFillColor(colour)
        for name, piece in pieces:
            canvas.setFont(name, size)
            canvas.drawString(x, y, piece)
            x += pdfmetrics.stringWidth(piece, name, size)


@cache
def _font(path: Path) -> tuple[str, frozenset[int]]:
    """Register a TrueType font once a process; its name and the characters it has."""
    name = f"wangting-{path.stem}"
    try:
        font = TTFont(name, str(path))
    except TTFError as error:
        raise FontLacks("licences.font_unreadable", path=path.name) from error
    pdfmetrics.registerFont(font)
    return name, frozenset(font.face.charToGlyph) | {0x20}
