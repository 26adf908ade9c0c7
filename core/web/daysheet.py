"""The day sheet: a due date as a small calendar in which each day says whether it counted, and why not."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from core.cases.spec import ClockView
from core.web.page import once_a_language, say
from core.worktime.calendars import Calendar
from core.worktime.projection import weeks
from core.worktime.spec import DayLine, Projection

#: Longer limits are told in words only: a sheet of two years helps nobody.
LONGEST_WEEKS = 16
_CSS = {"counted": "c", "off": "o", "holiday": "o", "before": "o", "paused": "x", "due": "d"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One day: its number (with the month where it changes), what it was, and the class that draws it."""

    label: str
    words: str
    css: str


@dataclass(frozen=True, slots=True)
class Sheet:
    """Whole weeks from Monday to Sunday."""

    title: str
    names: tuple[str, ...]
    weeks: int
    cells: tuple[Cell | None, ...]


def sheet(projection: Projection | None, calendar: Calendar, locale: str, start_words: str) -> Sheet | None:
    """The sheet of *projection*; ``None`` when there is no due date or it is too far away to draw. *start_words* names the first day (提交, 受理)."""
    if projection is None or projection.due is None or not projection.days:
        return None
    rows = weeks(projection, calendar)
    if not rows or len(rows) > LONGEST_WEEKS:
        return None
    return Sheet(_title(rows, locale), tuple(_names(locale)), len(rows), tuple(_cells(rows, locale, start_words)))


def clock_sheet(clock: ClockView, calendar: Calendar, locale: str, start_words: str) -> Sheet | None:
    """The sheet of a case's clock."""
    if clock.due is None or not clock.days:
        return None
    seen = Projection(clock.due, clock.used, clock.remaining, clock.light, clock.provisional, clock.running, clock.days)  # type: ignore[arg-type]
    return sheet(seen, calendar, locale, start_words)


def _names(locale: str) -> Iterable[str]:
    return "一二三四五六日" if locale == "zh" else ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def _title(rows: Any, locale: str) -> str:
    first, last = rows[0][0].date, rows[-1][-1].date
    if locale == "en":
        return f"{first:%B %Y}" if (first.year, first.month) == (last.year, last.month) else f"{first:%B %Y} – {last:%B %Y}"
    months = f"{first.year}年{first.month}月"
    return months if (first.year, first.month) == (last.year, last.month) else f"{months}到{last.year}年{last.month}月"


def _cells(rows: Iterable[Iterable[DayLine]], locale: str, start_words: str) -> Iterable[Cell]:
    month = 0
    for week in rows:
        for line in week:
            label = str(line.date.day)
            if line.date.month != month and month:
                label = f"{line.date.month}月{label}" if locale == "zh" else f"{line.date:%b} {label}"
            month = line.date.month
            css = _CSS.get(line.kind, "") + (" t" if line.today else "")
            yield Cell(label, _words(line, start_words), css.strip())


@once_a_language
def _kinds() -> Mapping[str, str]:
    """What kinds of days are called."""
    return {"due": say("最晚"), "paused": say("暂停"), "off": say("休息"), "holiday": say("放假"), "counted": say("第%(n)s天"), "today": say("今天")}


def _words(line: DayLine, start_words: str) -> str:
    kinds = _kinds()
    if line.kind in ("counted", "makeup"):
        words = kinds["counted"] % {"n": line.n} if line.n is not None else ""
    elif line.kind == "start":
        words = start_words
    else:
        words = (line.name if line.kind == "holiday" else "") or kinds.get(line.kind, "")
    return words or (kinds["today"] if line.today else "")
