"""A signed message to a partner over HTTP, and the one thing a sender must know when it fails: whether anything can have left the house.

Both sides sign with a secret they share: HMAC-SHA256 over the instant and the body, so that nobody between can make a message up and an old one
cannot be played again. Knows no partner: the exchange and the SMS channel name their own headers, addresses and answers.
"""

import hashlib
import hmac
import http.client
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from core.kernel.clock import now

#: How far the two clocks may differ.
DRIFT = timedelta(minutes=10)
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotWritten(Exception):
    """No connection came about: the partner has not seen one byte, and sending again repeats nothing."""


class NoAnswer(Exception):
    """The line broke or fell silent after the request may have been written: what the partner did is not known."""


@dataclass(frozen=True, slots=True)
class Signature:
    """The two headers of a partner's messages, ``<prefix>-At`` and ``<prefix>-Signature``, and the shared secret."""

    prefix: str
    secret: bytes

    def headers(self, body: bytes) -> dict[str, str]:
        """What a message with this *body* carries, signed now."""
        at = now().isoformat()
        return {f"{self.prefix}-At": at, f"{self.prefix}-Signature": self._over(at, body)}

    def holds(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether a message was signed with the secret, not long ago."""
        at = headers.get(f"{self.prefix}-At") or ""
        try:
            age = abs(now() - datetime.fromisoformat(at))
        except (ValueError, TypeError):
            return False
        given = headers.get(f"{self.prefix}-Signature") or ""
        return age <= DRIFT and hmac.compare_digest(self._over(at, body).encode(), given.encode())

    def _over(self, at: str, body: bytes) -> str:
        return hmac.new(self.secret, at.encode() + b"\n" + body, hashlib.sha256).hexdigest()


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; ``signed`` tells whether it carries the partner's signature."""

    status: int
    content: bytes
    signed: bool


def usable(url: str) -> bool:
    """Whether messages may go to *url*: https, or http on this machine only."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:  # brackets that do not close, a port that is no number
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK))


def ask(url: str, signature: Signature, method: str, path: str, body: bytes, *, seconds: float, largest: int) -> Answer:
    """Send one message to ``<url>/<path>`` and read the answer, of *largest* bytes at most, waiting *seconds* for each step of the line.

    Raises :class:`NotWritten` when there was no connection, :class:`NoAnswer` for everything that goes wrong after it. *url* is a :func:`usable` one.
    """
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=seconds)
    try:
        try:
            connection.connect()
        except OSError as error:
            raise NotWritten(type(error).__name__) from error
        try:
            headers = {**signature.headers(body), "Content-Type": "application/json"}
            connection.request(method, f"{parts.path.rstrip('/')}/{path}", body or None, headers)
            answer = connection.getresponse()
            content = answer.read(largest + 1)
        except (OSError, http.client.HTTPException) as error:
            raise NoAnswer(type(error).__name__) from error
    finally:
        connection.close()
    if len(content) > largest:
        raise NoAnswer("too long")
    return Answer(answer.status, content, signature.holds(dict(answer.getheaders()), content))
