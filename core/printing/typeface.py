"""The embedded font (decision 0002) first, then whatever fonts the site added, character by character."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont
from reportlab.pdfgen.canvas import Canvas

from core.printing.errors import FontLacks
from core.printing.hall import FONT


class Typeface:
    """Prints text with the embedded font, and each character it lacks with the first of *more* that has it."""

    def __init__(self, more: Sequence[Path] = ()) -> None:
        self.loaded = [load(FONT), *(load(path) for path in sorted(more))]
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

    def draw(self, canvas: Canvas, text: str, x: float, y: float, size: float, colour: Any, *, align: str = "left", room: float) -> None:
        """One line at a fixed place, made smaller when it is wider than *room* (points)."""
        pieces = self.runs(text)
        width = sum(pdfmetrics.stringWidth(t, n, size) for n, t in pieces)
        if width > room:
            size, width = size * room / width, room
        x -= width if align == "right" else width / 2 if align == "centre" else 0
        canvas.setFillColor(colour)
        for name, piece in pieces:
            canvas.setFont(name, size)
            canvas.drawString(x, y, piece)
            x += pdfmetrics.stringWidth(piece, name, size)


@cache
def load(path: Path) -> tuple[str, frozenset[int]]:
    """Register a TrueType font once a process; its name and the characters it has."""
    name = f"wangting-{path.stem}"
    try:
        font = TTFont(name, str(path))
    except TTFError as error:
        raise FontLacks("printing.font_unreadable", path=path.name) from error
    pdfmetrics.registerFont(font)
    return name, frozenset(font.face.charToGlyph) | {0x20}
