"""Working days: the hall's calendar, for periods that a plugin sets and for the days on which they end."""

from datetime import date, datetime, time
from typing import Literal
from zoneinfo import ZoneInfo

from core.pluginhost.context import Context, whole
from core.worktime import service as worktime
from core.worktime.projection import period_end
from core.worktime.spec import Limit

Unit = Literal["working_day", "calendar_day", "month", "year"]


def last_day(ctx: Context, begin: date, value: int, unit: Unit = "working_day") -> date:
    """The last day of a period that *begin* sets going. *begin* itself does not count; a period that would end on a day off ends on the next working day
    (民法典 201, 203)."""
    end = period_end(Limit(value, unit), begin, worktime.calendar(whole(ctx)))
    assert end is not None  # only a limit without a value has no end
    return end


def instant(ctx: Context, day: date, hour: int, minute: int = 0) -> datetime:
    """That time of a legal day, by the clocks of the hall."""
    return datetime.combine(day, time(hour, minute), ZoneInfo(worktime.calendar(whole(ctx)).zone))


__all__ = ["Unit", "instant", "last_day"]
