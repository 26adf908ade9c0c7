"""The only clock. Instants are aware UTC; legal days are dates in the hall's zone."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"

_frozen: datetime | None = None


def now() -> datetime:
    """The current instant, aware UTC."""
    return _frozen if _frozen is not None else datetime.now(UTC)


def local(at: datetime, zone: str = DEFAULT_ZONE) -> datetime:
    """*at* as wall-clock time in *zone*."""
    return at.astimezone(ZoneInfo(zone))


def today(zone: str = DEFAULT_ZONE) -> date:
    """The legal day now."""
    return local(now(), zone).date()


@contextmanager
def freeze(at: datetime) -> Iterator[None]:
    """Stop the clock at *at* (tests, simulation). Process-wide, so that threads and handlers agree."""
    global _frozen
    if at.tzinfo is None:
        raise ValueError("freeze() wants an aware instant")
    before, _frozen = _frozen, at.astimezone(UTC)
    try:
        yield
    finally:
        _frozen = before


def move(**delta: float) -> None:
    """Advance a frozen clock, e.g. ``move(days=1)``."""
    global _frozen
    if _frozen is None:
        raise RuntimeError("the clock runs; freeze() it first")
    _frozen += timedelta(**delta)
