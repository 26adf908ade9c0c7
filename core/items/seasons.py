"""Seasonal items: whether applications are taken on a day, until when, and when they are again.

A season whose day is announced each year (``null``) is known to nobody here: while an item has one, nobody is turned away by the calendar.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from core.kernel.errors import Conflict


class OutOfSeason(Conflict):
    """Applications are not taken today; ``opens`` says from which day they are."""

    key: ClassVar[str] = "items.out_of_season"

    @classmethod
    def of(cls, doc: Mapping[str, Any], day: date) -> "OutOfSeason":
        """The refusal on a *day* out of season."""
        return cls(title=doc["title"], opens=f"{standing(doc, day).opens:%Y-%m-%d}")


@dataclass(frozen=True, slots=True)
class Standing:
    """``open``: applications are taken; ``closes``: the last day of this season; ``opens``: the first of the next, when closed. ``None``: not known."""

    open: bool
    closes: date | None = None
    opens: date | None = None


def standing(doc: Mapping[str, Any], day: date) -> Standing:
    """How the item of *doc* stands on *day*. Both ends of a season belong to it; one that ends before it begins goes over New Year."""
    seasons = doc.get("seasons") or ()
    known = [(each["opens"], each["closes"]) for each in seasons if each.get("opens") and each.get("closes")]
    current = [closes for opens, closes in known if _within(f"{day:%m-%d}", opens, closes)]
    if current:
        return Standing(True, closes=max(_next(closes, day, last=True) for closes in current))
    if not seasons or len(known) < len(seasons):
        return Standing(True)
    return Standing(False, opens=min(_next(opens, day) for opens, _closes in known))


def require(doc: Mapping[str, Any], day: date) -> None:
    """Raise :class:`OutOfSeason` where applications are not taken on *day*."""
    if not standing(doc, day).open:
        raise OutOfSeason.of(doc, day)


def _within(day: str, opens: str, closes: str) -> bool:
    return opens <= day <= closes if opens <= closes else day >= opens or day <= closes


def _next(written: str, day: date, *, last: bool = False) -> date:
    """The first time from *day* on that the calendar shows *written* (month-day). In a year without a 29 February a season begins on 1 March, and its
    *last* day is the 28th."""
    month, number = (int(part) for part in written.split("-"))
    dates = (_date(year, month, number, last) for year in (day.year, day.year + 1))
    return next(each for each in dates if each >= day)


def _date(year: int, month: int, number: int, last: bool) -> date:
    try:
        return date(year, month, number)
    except ValueError:  # 29 February, or a 31st that the month does not have
        return date(year, month, _LAST[month]) if last else date(year, month + 1, 1)


_LAST = {2: 28, 4: 30, 6: 30, 9: 30, 11: 30}
