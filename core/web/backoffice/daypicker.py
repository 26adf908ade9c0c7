"""Days of the calendar changed one by one: what is noted stays on the page until it is saved, and goes in as one notice of the year.

The list of changes travels with the form, so that the page needs neither a script nor a place to keep what nobody has decided yet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from core.kernel.text import normalise
from core.worktime.calendars import Calendar

#: No notice of a year changes more days than this.
MOST = 60
_MARK = "|"


@dataclass(frozen=True, slots=True)
class Change:
    """One day that shall be off, or worked: ``free`` tells which. ``basis`` is the text that says so."""

    day: date
    free: bool
    name: str
    basis: str

    @property
    def text(self) -> str:
        """As it is sent along with the form."""
        return _MARK.join((self.day.isoformat(), "off" if self.free else "work", self.name, self.basis))


def change(day: str, kind: str, name: str, basis: str) -> Change | None:
    """What was typed as a change; ``None`` when it is not a day or not one of the two kinds."""
    try:
        when = date.fromisoformat(day)
    except ValueError:
        return None
    if kind not in ("off", "work") or not 2000 <= when.year <= 2099:
        return None
    return Change(when, kind == "off", _clean(name)[:60], _clean(basis)[:200])


def noted(sent: Sequence[str]) -> list[Change]:
    """The changes that came back with the form, the last word on a day counting; what is none is dropped."""
    found = [change(*text.split(_MARK, 3)) for text in sent[:MOST] if text.count(_MARK) >= 3]
    return list({each.day: each for each in found if each is not None}.values())


def notice(year: int, working: Calendar, confirmed: bool, source: str, changes: Sequence[Change]) -> dict[str, Any]:
    """The year as it would be with *changes*, in the form of a notice; every other day keeps its name and basis.

    To work on a weekday means that it is no holiday any more; a weekend becomes a working day of its own.
    """
    days = {day: each for day, each in working.days.items() if day.year == year}
    parts: Mapping[str, dict[str, dict[str, str]]] = {"off": {}, "work": {}}
    for day, each in days.items():
        parts["work" if each.kind == "makeup" else "off"][day.isoformat()] = {"name": each.name, "source": each.source}
    for made in (one for one in changes if one.day.year == year):
        for part in parts.values():
            part.pop(made.day.isoformat(), None)
        if made.free or made.day.weekday() >= 5:
            parts["off" if made.free else "work"][made.day.isoformat()] = {"name": made.name, "source": made.basis}
    return {"year": year, "confirmed": confirmed, "source": source or changes[0].basis, **parts}


def _clean(words: str) -> str:
    return normalise(words).replace(_MARK, " ").replace("\n", " ")
