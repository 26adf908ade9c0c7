"""Rate limits at the doors that can be guessed at: log-in, query codes, verification, uploads."""

import logging
from functools import cache

from flask import request
from limits import RateLimitItem, parse
from limits.errors import StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from core.kernel.errors import PlatformError
from core.web.site import site

log = logging.getLogger("wangting.limits")
#: The storage of this process.
_HERE = "memory://"


class TooMany(PlatformError):
    """Too many attempts from one place."""

    status = 429
    key = "web.too_many"


@cache
def _storage(address: str) -> Storage:
    options = {} if address == _HERE else {"wrap_exceptions": True, "socket_connect_timeout": 1, "socket_timeout": 1}
    storage = storage_from_string(address, **options)
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
    if not _hit(here.config.redis_url or _HERE, rate, door, request.remote_addr or "-", *who):
        raise TooMany(rate=rate)


def _hit(address: str, rate: str, *keys: str) -> bool:
    """Count in Redis; while it is away each process counts for itself, so that the doors stay both open and guarded."""
    try:
        return MovingWindowRateLimiter(_storage(address)).hit(_rate(rate), *keys)
    except StorageError as error:
        log.warning("rate limits are counted in this process: Redis is away (%s)", type(error.__cause__).__name__)
        return MovingWindowRateLimiter(_storage(_HERE)).hit(_rate(rate), *keys)
