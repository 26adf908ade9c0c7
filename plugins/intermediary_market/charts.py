"""Bars drawn on the server: SVG with its figures written on it, in the classes of the platform's charts. The same figures stand beside it as a table."""

from collections.abc import Sequence

from markupsafe import Markup

#: The figure stands before its bar, so that a phone shows it without scrolling.
_ROW, _LABEL, _LEFT, _WIDTH, _BAR = 34, 145, 200, 560, 20


def bars(title: str, rows: Sequence[tuple[str, int]]) -> Markup:
    """Horizontal bars, one a row: label, figure, bar. Empty rows have no bar, and an empty chart is empty markup."""
    if not rows or not any(value for _label, value in rows):
        return Markup("")
    most = max(value for _label, value in rows)
    height = _ROW * len(rows) + 8
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}"><path class="ax" d="M{} 0v{}"/>').format(
            _WIDTH, height, _said(title, rows), _LEFT, height
        )
    ]
    for place, (label, value) in enumerate(rows):
        top = place * _ROW + 8
        long = round((_WIDTH - _LEFT - 10) * value / most)
        parts.append(Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(_LABEL, top + 15, _short(label)))
        parts.append(Markup('<rect class="a" x="{}" y="{}" width="{}" height="{}"/>').format(_LEFT, top, max(long, 2) if value else 0, _BAR))
        parts.append(Markup('<text class="v" x="{}" y="{}" text-anchor="end">{}</text>').format(_LEFT - 10, top + 15, value))
    return Markup("").join([*parts, Markup("</svg>")])


def _said(title: str, rows: Sequence[tuple[str, int]]) -> str:
    return f"{title}: " + ", ".join(f"{label} {value}" for label, value in rows)


def _short(label: str) -> str:
    """A label that fits its place: about ten Chinese or twenty Latin letters."""
    room = 20
    for at, letter in enumerate(label):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return label[:at] + "…"
    return label
