"""Rate limits at the doors that can be guessed at: log-in, query codes, verification, uploads."""

from functools import cache

from flask import request
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.kernel.errors import PlatformError
from core.web.site import site


class TooMany(PlatformError):
    """Too many attempts from one place."""

    status = 429
    key = "web.too_many"


@cache
def _storage(address: str) -> Storage:
    storage = storage_from_string(address)
    assert isinstance(storage, Storage)
    return storage


@cache
def _rate(text: str) -> RateLimitItem:
    return parse(text)


def limit(door: str, rate: str, *who: str) -> None:
    """Count one attempt at *door*; raises :class:`TooMany` past *rate* (``"10/minute"``).

    Counted per caller's address and *who* (an account, a case number): an address alone would lock out a whole village behind one line,
    so give *who* where the door has one.
    """
    here = site()
    if here.config.extra.get("unlimited"):
        return
    storage = _storage(here.config.redis_url or "memory://")
    if not MovingWindowRateLimiter(storage).hit(_rate(rate), door, request.remote_addr or "-", *who):
        raise TooMany(rate=rate)
