"""The working calendar: which days count.

China enumerates holidays and make-up weekends (调休) every year by a State Council notice (全国年节及纪念日放假办法 7). Years without a
notice are computed – Monday to Friday without the statutory days – and every result that used them is marked provisional.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Literal
from zoneinfo import ZoneInfo

from core.kernel.clock import DEFAULT_ZONE, local

ONE_DAY = timedelta(days=1)
DayClass = Literal["working", "weekend", "holiday", "makeup"]

#: Statutory days with a fixed date (全国年节及纪念日放假办法 2, 2024). Lunar ones are known only from data.
_FIXED: Mapping[tuple[int, int], str] = {(1, 1): "元旦", (5, 1): "劳动节", (5, 2): "劳动节", (10, 1): "国庆节", (10, 2): "国庆节", (10, 3): "国庆节"}


def statutory_name(day: date) -> str | None:
    """The statutory holiday that can be computed for *day* in any year: fixed dates and 清明 (solar term, formula valid 2000–2099)."""
    if day.month == 4:
        short = day.year % 100
        return "清明节" if day.day == int(short * 0.2422 + 4.81) - short // 4 else None
    return _FIXED.get((day.month, day.day))


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day that is not what its weekday says: ``holiday`` (off) or ``makeup`` (a working weekend). ``source`` names the notice."""

    kind: Literal["holiday", "makeup"]
    name: str
    source: str = ""


@dataclass(frozen=True)
class Calendar:
    """Which days count in one division.

    ``confirmed_until`` is the last day covered by a published notice. ``office_close`` is the configurable cut-off: what reaches the office at or after
    it belongs to the next day (民法典 203: 停止业务活动的时间); ``None`` – the default for electronic filing – lets 23:59 count as the same day.
    ``version`` changes with every import, so that caches and stored due dates know when to be made again.
    """

    days: Mapping[date, SpecialDay]
    confirmed_until: date
    zone: str = DEFAULT_ZONE
    office_close: time | None = None
    version: str = ""
    known_years: frozenset[int] = field(default=frozenset())

    @cached_property
    def _years(self) -> frozenset[int]:
        return self.known_years or frozenset(day.year for day in self.days)

    def classify(self, day: date) -> DayClass:
        """What *day* is."""
        special = self.days.get(day)
        if special is not None:
            return special.kind
        if day.weekday() >= 5:
            return "weekend"
        if day.year not in self._years and statutory_name(day) is not None:
            return "holiday"
        return "working"

    def name(self, day: date) -> str:
        """The name of the holiday or make-up day, empty for an ordinary day."""
        special = self.days.get(day)
        if special is not None:
            return special.name
        return (statutory_name(day) or "") if day.year not in self._years else ""

    def is_working(self, day: date) -> bool:
        """Whether offices work on *day*."""
        return self.classify(day) in ("working", "makeup")

    def provisional(self, day: date) -> bool:
        """Whether *day* lies beyond the published notices."""
        return day > self.confirmed_until

    def on_or_after(self, day: date) -> date:
        """The first working day not before *day*."""
        while not self.is_working(day):
            day += ONE_DAY
        return day

    def add_working(self, day: date, count: int) -> date:
        """The *count*-th working day after *day*; *day* itself is not counted."""
        while count > 0:
            day += ONE_DAY
            count -= self.is_working(day)
        return day

    def working_between(self, after: date, until: date) -> int:
        """How many working days lie in (*after*, *until*]."""
        return sum(self.is_working(after + timedelta(days=i)) for i in range(1, (until - after).days + 1))

    def day_of(self, at: datetime) -> date:
        """The wall-clock day of *at*."""
        return local(at, self.zone).date()

    def legal_day(self, at: datetime) -> date:
        """The day an event at *at* belongs to, after the office's cut-off."""
        here = local(at, self.zone)
        late = self.office_close is not None and here.time() >= self.office_close
        return here.date() + ONE_DAY if late else here.date()

    def end_of(self, day: date) -> datetime:
        """The instant (UTC) at which *day* ends for a deadline: close of business where one is set, else 24:00 (民法典 203)."""
        zone = ZoneInfo(self.zone)
        ending = datetime.combine(day, self.office_close, zone) if self.office_close else datetime.combine(day + ONE_DAY, time(0), zone)
        return ending.astimezone(UTC)
