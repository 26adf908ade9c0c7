"""The wire to the upper platform: JSON over HTTP, each message signed by both sides with the secret they share.

``POST <url>/records`` sends one record and gets a receipt; ``GET <url>/days/<day>`` lists what the platform holds of a day. The signature is
HMAC-SHA256 over the instant and the body, so that a receipt cannot be made up by whoever sits between, and an old message cannot be played again.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.exchange.errors import NotConfigured, PlatformAway
from core.exchange.settings import SECRET
from core.kernel import wire

PREFIX = "X-Exchange"
SECONDS = 15
LARGEST_ANSWER = 4 * 2**20


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the platform answered to a record: its receipt, whether it took the record, and its reasons when not."""

    receipt: str
    accepted: bool
    digest: str
    reasons: tuple[Mapping[str, str], ...]


def secret() -> bytes:
    """The shared secret. Raises :class:`NotConfigured`."""
    found = os.environ.get(SECRET, "")
    if len(found) < 16:
        raise NotConfigured("exchange.no_secret", name=SECRET)
    return found.encode()


def signature(key: bytes) -> wire.Signature:
    """How messages of the exchange are signed, by either side."""
    return wire.Signature(PREFIX, key)


def deliver(url: str, message: bytes) -> Receipt:
    """Send one record. Raises :class:`PlatformAway` when there is no answer that holds; then nothing is known and it is sent again."""
    answer = _ask(url, "POST", "records", message)
    try:
        reasons = tuple({str(k): str(v)[:300] for k, v in each.items()} for each in answer.get("reasons", ()))
        return Receipt(str(answer["receipt"])[:100], answer["accepted"] is True, str(answer["digest"])[:80], reasons[:50])
    except (KeyError, AttributeError, TypeError) as error:
        raise PlatformAway(why="no receipt in the answer") from error


def day(url: str, which: str) -> dict[str, str]:
    """Record key → digest of what the platform took of a day (``2026-11-22``)."""
    held = _ask(url, "GET", f"days/{which}", b"").get("accepted")
    if not isinstance(held, dict):
        raise PlatformAway(why="no list in the answer")
    return {str(key): str(value) for key, value in held.items()}


def _ask(url: str, method: str, path: str, body: bytes) -> dict[str, Any]:
    key = secret()
    if not wire.usable(url):
        raise NotConfigured("exchange.bad_url", url=url)
    try:
        answer = wire.ask(url, signature(key), method, path, body, seconds=SECONDS, largest=LARGEST_ANSWER)
    except (wire.NotWritten, wire.NoAnswer) as error:
        raise PlatformAway(why=str(error)) from error
    if answer.status != 200:
        raise PlatformAway(why=f"HTTP {answer.status}")
    if not answer.signed:
        raise PlatformAway(why="the answer is not signed with our secret")
    try:
        found = json.loads(answer.content)
    except ValueError as error:
        raise PlatformAway(why="the answer is no JSON") from error
    if not isinstance(found, dict):
        raise PlatformAway(why="the answer is no object")
    return found
