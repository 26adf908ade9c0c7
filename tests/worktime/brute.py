"""A second way to count days, written from the law's words and sharing no code with the product: one day after the other, with paper and pencil.

Days off and working weekends come from the published notices (``vectors/``), not from the calendar under test.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
FOLDER = Path(__file__).parent / "vectors"
#: kind (start, pause, resume, extend, stop), when, name of the pause, how much an extension adds
Line = tuple[str, datetime, str, int]


def published() -> dict[date, bool]:
    """Whether a day that is not what its weekday says is worked: the notices of 2024–2026, and the statutory days of 2027."""
    special: dict[date, bool] = {}
    for notice in json.loads((FOLDER / "holidays.json").read_text(encoding="utf-8")).values():
        special |= {date.fromisoformat(day): False for day in notice["off"]}
        special |= {date.fromisoformat(day): True for day in notice["work"]}
    provisional = json.loads((FOLDER / "holidays_2027_provisional.json").read_text(encoding="utf-8"))
    return special | {date.fromisoformat(line["date"]): False for line in provisional["statutory"]}


@dataclass(frozen=True)
class Counted:
    """What the pencil says. ``remaining`` is negative when late."""

    due: date
    remaining: int
    paused: int


class Pencil:
    """Counts on one set of special days."""

    def __init__(self, special: Mapping[date, bool], close_minute: int | None = None) -> None:
        self.special = special
        self.close_minute = close_minute

    def worked(self, day: date) -> bool:
        """Whether offices work: as the notice says, else Monday to Friday."""
        return self.special[day] if day in self.special else day.isoweekday() <= 5

    def received_on(self, moment: datetime) -> date:
        """The day an act belongs to; what comes after closing belongs to the next."""
        here = moment.astimezone(SHANGHAI)
        late = self.close_minute is not None and here.hour * 60 + here.minute >= self.close_minute
        return here.date() + timedelta(days=1) if late else here.date()

    def days(self, unit: str, value: int, lines: Sequence[Line], now: datetime) -> Counted:
        """Periods of days, months and years: the day of the act is not counted; a period that ends on a day off ends on the next worked day."""
        begin = self.received_on(lines[0][1])
        ended = next((line[1] for line in lines if line[0] == "stop"), None)
        today = (ended or now).astimezone(SHANGHAI).date()
        out = self._left_out(lines, today)
        value += sum(line[3] for line in lines if line[0] == "extend")
        need = value if unit in ("working_day", "calendar_day", "at_once") else (_same_number(begin, value * (12 if unit == "year" else 1)) - begin).days
        counts = self.worked if unit in ("working_day", "at_once") else lambda _day: True
        day, paused = begin, 0
        while need:
            day += timedelta(days=1)
            if counts(day):
                paused, need = (paused + 1, need) if day in out else (paused, need - 1)
        while not self.worked(day):
            day += timedelta(days=1)
        if today > day:
            return Counted(day, -sum(counts(each) for each in _between(day, today)), paused)
        return Counted(day, sum(counts(each) and each not in out for each in _between(max(today, begin), day)), paused)

    def _left_out(self, lines: Sequence[Line], today: date) -> set[date]:
        """Every day on which some procedure lasted, first and last day included; a day that two share is one day."""
        out: set[date] = set()
        open_: dict[str, date] = {}
        for kind, moment, name, _ in lines:
            day = moment.astimezone(SHANGHAI).date()
            if kind == "pause":
                open_[name] = day
            elif kind == "resume":
                out |= {open_[name], *_between(open_.pop(name), day)}
        for since in open_.values():
            out |= {since, *_between(since, today)}
        return out


def hours(value: int, lines: Sequence[Line], now: datetime) -> datetime:
    """The end of a period of hours, walked one hour after the other; acts happen on full hours."""
    left = value + sum(line[3] for line in lines if line[0] == "extend")
    last = next((line[1] for line in lines if line[0] == "stop"), max(now, lines[-1][1]))
    hour = lines[0][1]
    while True:
        if not left:
            return hour
        left -= not _standing(lines, hour, last)
        hour += timedelta(hours=1)


def _standing(lines: Sequence[Line], hour: datetime, last: datetime) -> bool:
    """Whether some procedure lasts in the hour that begins now."""
    open_: set[str] = set()
    for kind, moment, name, _ in lines:
        if moment <= hour:
            open_ = open_ | {name} if kind == "pause" else open_ - {name} if kind == "resume" else open_
    return bool(open_) and hour < last


def _between(after: date, until: date) -> Iterable[date]:
    return (after + timedelta(days=n) for n in range(1, (until - after).days + 1))


def _same_number(day: date, months: int) -> date:
    """民法典 202: the same number of the last month, or its last day."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    number = day.day
    while True:
        try:
            return date(year, month, number)
        except ValueError:
            number -= 1
