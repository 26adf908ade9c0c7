"""Charts of the studio, drawn on the server: SVG in the platform's classes, each with its figures written on it. The page shows them as a table too."""

from collections.abc import Sequence

from markupsafe import Markup

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 200, 44, 26, 14
_ROW, _LABEL, _BARS = 34, 190, 250


def line(title: str, values: Sequence[int], *, unit: str = "") -> Markup:
    """One figure a day as a line; the highest and the last are written on it. Nothing for no days."""
    if not values:
        return Markup("")
    most = max(*values, 1)
    width, height = _WIDTH - _LEFT - 50, _HEIGHT - _BOTTOM - _TOP

    def at(index: int, value: int) -> tuple[float, float]:
        return _LEFT + width * index / max(1, len(values) - 1), _TOP + height * (1 - value / most)

    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(n, value) for n, value in enumerate(values)))
    peak = max(range(len(values)), key=values.__getitem__)
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, _HEIGHT, title),
        Markup('<path class="ax" d="M{} {}V{}H{}"/>').format(_LEFT, _TOP, _TOP + height, _LEFT + width),
        Markup('<polyline class="ln" points="{}"/>').format(points),
        _text(_LEFT - 6, _TOP + 10, most, "end"), _text(_LEFT - 6, _TOP + height, 0, "end"),
        _text(_LEFT, _HEIGHT - 6, 1), _text(_LEFT + width, _HEIGHT - 6, f"{len(values)}{unit}", "middle"),
    ]  # fmt: skip
    x, y = at(len(values) - 1, values[-1])
    parts.append(_text(x + 8, y + 5, values[-1], name="v"))
    if values[peak] > values[-1]:
        x, y = at(peak, values[peak])
        parts.append(_text(x, max(_TOP, y - 4), values[peak], "middle", "v"))
    return Markup("").join([*parts, Markup("</svg>")])


def shares(title: str, rows: Sequence[tuple[str, float]]) -> Markup:
    """Shares as bars, one a row: label, per cent, bar."""
    if not rows:
        return Markup("")
    height = _ROW * len(rows) + 8
    parts = [
        Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(_WIDTH, height, title),
        Markup('<path class="ax" d="M{} 0v{}"/>').format(_BARS, height),
    ]
    for place, (label, share) in enumerate(rows):
        top = place * _ROW + 8
        parts.append(_text(_LABEL, top + 15, _short(label), "end"))
        parts.append(_text(_BARS - 8, top + 15, f"{share:.0%}", "end", "v"))
        long = round((_WIDTH - _BARS - 10) * min(1.0, share))
        parts.append(Markup('<rect class="{}" x="{}" y="{}" width="{}" height="20"/>').format("r" if share > 0.1 else "a", _BARS, top, long))
    return Markup("").join([*parts, Markup("</svg>")])


def _text(x: float, y: float, words: object, anchor: str = "start", name: str = "") -> Markup:
    return Markup('<text{} x="{:.0f}" y="{:.0f}" text-anchor="{}">{}</text>').format(Markup(' class="v"') if name else "", x, y, anchor, words)


def _short(label: str) -> str:
    room = 26
    for at, letter in enumerate(label):
        room -= 2 if ord(letter) > 0x2E7F else 1
        if room < 0:
            return label[:at] + "…"
    return label
