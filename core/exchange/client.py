"""The wire to the upper platform: JSON over HTTP, each message signed by both sides with the secret they share.

``POST <url>/records`` sends one record and gets a receipt; ``GET <url>/days/<day>`` lists what the platform holds of a day. The signature is
HMAC-SHA256 over the instant and the body, so that a receipt cannot be made up by whoever sits between, and an old message cannot be played again.
"""

import hashlib
import hmac
import http.client
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from core.exchange.errors import NotConfigured, PlatformAway
from core.exchange.settings import SECRET
from core.kernel.clock import now

AT, SIGNATURE = "X-Exchange-At", "X-Exchange-Signature"
SECONDS = 15
#: How far the two clocks may differ.
DRIFT = timedelta(minutes=10)
LARGEST_ANSWER = 4 * 2**20
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


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


def sign(key: bytes, at: str, body: bytes) -> str:
    """The signature over an instant and a body."""
    return hmac.new(key, at.encode() + b"\n" + body, hashlib.sha256).hexdigest()


def holds(key: bytes, headers: Mapping[str, str], body: bytes) -> bool:
    """Whether a message was signed with *key*, not long ago."""
    at = headers.get(AT) or ""
    try:
        age = abs(now() - datetime.fromisoformat(at))
    except (ValueError, TypeError):
        return False
    return age <= DRIFT and hmac.compare_digest(sign(key, at, body), headers.get(SIGNATURE) or "")


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
    parts, key = urlsplit(url), secret()
    host = parts.hostname or ""
    if parts.scheme not in ("http", "https") or not host or (parts.scheme == "http" and host not in _LOOPBACK):
        raise NotConfigured("exchange.bad_url", url=url)
    at = now().isoformat()
    headers = {AT: at, SIGNATURE: sign(key, at, body), "Content-Type": "application/json"}
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(host, parts.port, timeout=SECONDS)
    try:
        connection.request(method, f"{parts.path.rstrip('/')}/{path}", body or None, headers)
        answer = connection.getresponse()
        content = answer.read(LARGEST_ANSWER + 1)
    except (OSError, http.client.HTTPException) as error:
        raise PlatformAway(why=type(error).__name__) from error
    finally:
        connection.close()
    if answer.status != 200:
        raise PlatformAway(why=f"HTTP {answer.status}")
    if len(content) > LARGEST_ANSWER or not holds(key, dict(answer.getheaders()), content):
        raise PlatformAway(why="the answer is not signed with our secret")
    try:
        found = json.loads(content)
    except ValueError as error:
        raise PlatformAway(why="the answer is no JSON") from error
    if not isinstance(found, dict):
        raise PlatformAway(why="the answer is no object")
    return found
