"""The sheet: one A4 page (more when the text is long) with an embedded open font, a place for the seal, and a QR code to verify it.

Pure: values in, PDF bytes out. The same values give the same bytes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from reportlab.lib.enums import TA_CENTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, Spacer, Table, TableStyle

from core.printing.sheet import HEIGHT, INK, LINE, MARGIN, QUIET, ROOM, WIDTH, Draws, day_words, flow, grouped, no_code, qr, seal_place, watermark
from core.printing.typeface import Typeface


@dataclass(frozen=True, slots=True)
class Sheet:
    """Everything printed. ``watermark`` marks a copy (用证事由和期限); the original has none.
    Without ``verify_code`` it is a sample, which says so where the code would stand."""

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


def render(sheet: Sheet, draws: Draws = Canvas) -> bytes:
    """The PDF. Raises :class:`core.printing.errors.FontLacks` naming the characters that neither the embedded font nor *sheet.fonts* can print."""
    typeface = Typeface(sheet.fonts)
    return flow(
        _story(sheet, typeface), title=sheet.title, author=sheet.issuer, subject=sheet.identifier, bottom=78 * mm,
        every_page=lambda canvas, _: _page(canvas, sheet, typeface), draws=draws,
    )  # fmt: skip


def _story(sheet: Sheet, typeface: Typeface) -> list[Flowable]:
    title = ParagraphStyle("title", fontName=typeface.main, fontSize=28, leading=38, alignment=TA_CENTER, textColor=INK)
    quiet = ParagraphStyle("quiet", fontName=typeface.main, fontSize=10.5, leading=16, alignment=TA_CENTER, textColor=QUIET)
    name = ParagraphStyle("name", fontName=typeface.main, fontSize=11, leading=18, textColor=QUIET, wordWrap="CJK")
    text = ParagraphStyle("text", fontName=typeface.main, fontSize=12.5, leading=19, textColor=INK, wordWrap="CJK")
    lines = {"持证主体": sheet.holder, "证件号码": sheet.holder_number, **sheet.data, "有效期": _period(sheet)}
    rows = [[Paragraph(typeface.markup(k), name), Paragraph(typeface.markup(v or "—"), text)] for k, v in lines.items() if v or k in sheet.data]
    table = Table(
        rows,
        colWidths=[38 * mm, None],
        style=TableStyle([("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, LINE)]),
        splitInRow=1,
    )
    head = [Paragraph(typeface.markup(sheet.title), title), Paragraph(typeface.markup(f"编号 {sheet.number}"), quiet)]
    return [*head, Spacer(1, 10 * mm), table]


def _period(sheet: Sheet) -> str:
    return f"{day_words(sheet.valid_from)} 至 {day_words(sheet.valid_to)}" if sheet.valid_to else f"{day_words(sheet.valid_from)} 起,长期有效"


def _page(canvas: Canvas, sheet: Sheet, typeface: Typeface) -> None:
    canvas.saveState()
    canvas.setStrokeColor(INK)
    canvas.setLineWidth(1.6)
    canvas.rect(14 * mm, 14 * mm, WIDTH - 28 * mm, HEIGHT - 28 * mm)
    canvas.setLineWidth(0.5)
    canvas.rect(16 * mm, 16 * mm, WIDTH - 32 * mm, HEIGHT - 32 * mm)
    seal_place(canvas, typeface, "发证机关电子印章")
    right = WIDTH - MARGIN
    typeface.draw(canvas, sheet.issuer, right, 44 * mm, 13, INK, align="right", room=ROOM)
    typeface.draw(canvas, day_words(sheet.issued_on), right, 36 * mm, 12, INK, align="right", room=ROOM)
    if sheet.verify_code:
        qr(canvas, sheet.verify_url, MARGIN, 34 * mm, 34 * mm)
    else:
        no_code(canvas, typeface, MARGIN, 34 * mm, 34 * mm)
    hint = "扫码核验,或在核验页输入核验码" if sheet.verify_code else "样张,没有核验码"
    typeface.draw(canvas, hint, MARGIN, 29 * mm, 8.5, QUIET, room=ROOM)
    typeface.draw(canvas, grouped(sheet.verify_code), MARGIN, 24.5 * mm, 9.5, INK, room=ROOM)
    typeface.draw(canvas, f"电子证照标识 {sheet.identifier}", MARGIN, 20 * mm, 8, QUIET, room=ROOM)
    if sheet.watermark:
        watermark(canvas, typeface, sheet.watermark)
    canvas.restoreState()
