"""Where the places of an item lie to each other: drawn to scale, north up, without a map under it – nobody is asked for one.

What streets lie between is not known here, so distances are straight lines and are said to be.
"""

from collections.abc import Sequence
from html import escape
from math import asin, cos, radians, sin, sqrt

from core.guides.spec import Place
from core.kernel.wording import word

#: Mean radius of the earth (metres, IUGG); off by less than the width of a street between places of one city.
_EARTH = 6_371_009
_WIDTH, _HEIGHT, _EDGE = 360, 260, 46
#: Nearer together than this a drawing says nothing; more places than this do not fit into it.
NEAREST, MOST = 50.0, 12


def metres(one: tuple[float, float], other: tuple[float, float]) -> float:
    """The straight line between two points (longitude, latitude in degrees) over the ground."""
    (lng, lat), (lng2, lat2) = ([radians(each) for each in point] for point in (one, other))
    half = sin((lat2 - lat) / 2) ** 2 + cos(lat) * cos(lat2) * sin((lng2 - lng) / 2) ** 2
    return 2 * _EARTH * asin(sqrt(min(half, 1.0)))


def length(value: float, locale: str) -> str:
    """A distance as people say it."""
    if value < 950:
        return word("guides.metres", locale, n=max(int(round(value, -1)), 10))
    kilometres = value / 1000
    return word("guides.kilometres", locale, n=f"{kilometres:.1f}".removesuffix(".0") if kilometres < 9.95 else f"{kilometres:.0f}")


def distances(places: Sequence[Place], locale: str) -> tuple[str, ...]:
    """From the first place that has a point to each of the others, in sentences."""
    known = [each for each in places if each.at is not None]
    if len(known) < 2:
        return ()
    first = known[0]
    assert first.at is not None
    lines = [(each, metres(first.at, each.at)) for each in known[1:] if each.at is not None]
    return tuple(word("guides.distance", locale, one=first.title, other=each.title, far=length(far, locale)) for each, far in lines)


def plan_svg(places: Sequence[Place], locale: str) -> str:
    """The places that have a point as numbers on a plan with a bar of scale; empty where there are too few, too many, or all in one spot."""
    points = [(each, each.at) for each in places if each.at is not None]
    if not 2 <= len(points) <= MOST:
        return ""
    level = cos(radians(sum(at[1] for _place, at in points) / len(points)))
    ground = [(at[0] * level * radians(1) * _EARTH, at[1] * radians(1) * _EARTH) for _place, at in points]
    west, east = min(x for x, _y in ground), max(x for x, _y in ground)
    south, north = min(y for _x, y in ground), max(y for _x, y in ground)
    if max(east - west, north - south) < NEAREST:
        return ""
    scale = min((_WIDTH - 2 * _EDGE) / max(east - west, 1.0), (_HEIGHT - 2 * _EDGE) / max(north - south, 1.0))
    left, top = (_WIDTH - (east - west) * scale) / 2, (_HEIGHT - (north - south) * scale) / 2
    spots = zip(points, ground, strict=True)
    dots = [_dot(place.number, left + (x - west) * scale, top + (north - y) * scale) for (place, _at), (x, y) in spots]
    named = word("guides.comma", locale).join(f"{place.number} {place.title}" for place, _at in points)
    title = f'<title id="plan-title">{escape(word("guides.plan", locale))}</title><desc id="plan-desc">{escape(named)}</desc>'
    size = f'width="{_WIDTH}" height="{_HEIGHT}" viewBox="0 0 {_WIDTH} {_HEIGHT}"'
    head = f'<svg class="route plan" {size} role="img" aria-labelledby="plan-title plan-desc">{title}'
    return f"{head}{_bar(scale, locale)}{_north(locale)}{''.join(dots)}</svg>"


def _dot(number: int, x: float, y: float) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="11"/><text class="n" x="{x:.1f}" y="{y + 4.5:.1f}" text-anchor="middle">{number}</text>'


def _bar(scale: float, locale: str) -> str:
    """A bar of a round length, a quarter of the width at most."""
    most = _WIDTH / 4 / scale
    step = 10.0 ** (len(str(int(most))) - 1) if most >= 1 else 1.0
    far = max((each for each in (step, 2 * step, 5 * step) if each <= most), default=step)
    right = 12 + far * scale
    y = _HEIGHT - 12
    return f'<path class="w" d="M12 {y - 5}V{y}H{right:.1f}V{y - 5}"/><text class="n" x="{right + 6:.1f}" y="{y + 1}">{escape(length(far, locale))}</text>'


def _north(locale: str) -> str:
    x = _WIDTH - 18
    arrow = f'<path class="w" d="M{x} 40V14M{x - 6} 22L{x} 14L{x + 6} 22"/>'
    return f'{arrow}<text class="n" x="{x}" y="56" text-anchor="middle">{escape(word("guides.north", locale))}</text>'
