"""Which public value a draw waits for. It is named in the announcement, lies after the closing, and nobody in the hall can choose it.

Kinds: ``lottery`` – the next draw of 双色球 (Tuesdays, Thursdays, Sundays, 21:15); ``index`` – the closing figure of the Shanghai composite index on the
next working day; ``drand`` – a numbered round of the League of Entropy's quicknet beacon, whose number follows from the time alone.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

Source = Literal["lottery", "index", "drand"]
SOURCES: Final[tuple[Source, ...]] = ("lottery", "index", "drand")

#: quicknet: first round and seconds between rounds (https://api.drand.sh, chain 52db9ba7…).
DRAND_GENESIS, DRAND_PERIOD = 1_692_803_367, 3
_WAIT = timedelta(minutes=30)
_ZONE = ZoneInfo("Asia/Shanghai")
_SHAPES: Final = {
    "lottery": re.compile(r"(?:[0-9]{2} ){6}\+ [0-9]{2}"),
    "index": re.compile(r"[0-9]{3,5}\.[0-9]{2,4}"),
    "drand": re.compile(r"[0-9a-f]{64}"),
}


@dataclass(frozen=True, slots=True)
class Beacon:
    """A value that will be public: its name at its source (a round, else a day) and the instant it is there."""

    source: Source
    name: str
    due: datetime


def announce(source: Source, closes_at: datetime, next_working_day: Callable[[date], date]) -> Beacon:
    """The first value of *source* that comes up after *closes_at* and half an hour."""
    after = (closes_at + _WAIT).astimezone(_ZONE)
    if source == "drand":
        number = drand_round(after)
        return Beacon(source, str(number), datetime.fromtimestamp(DRAND_GENESIS + (number - 1) * DRAND_PERIOD, tz=_ZONE))
    if source == "index":
        day = next_working_day(after.date())
        return Beacon(source, day.isoformat(), datetime.combine(day, time(15, 30), _ZONE))
    day = after.date() if after.time() < time(21, 0) else after.date() + timedelta(days=1)
    while day.isoweekday() not in (2, 4, 7):
        day += timedelta(days=1)
    return Beacon(source, day.isoformat(), datetime.combine(day, time(21, 15), _ZONE))


def drand_round(after: datetime) -> int:
    """The first round that is published at *after* or later."""
    return -(-(int(after.timestamp()) - DRAND_GENESIS) // DRAND_PERIOD) + 1


def is_value(source: str, value: str) -> bool:
    """Whether *value* has the shape of one of *source*: ``05 11 17 22 26 31 + 08``, ``3952.76``, 64 hexadecimal digits."""
    return _SHAPES[source].fullmatch(value) is not None
