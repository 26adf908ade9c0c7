"""The other end of the wire, for the partners that are simulated: a door that takes signed messages only and signs what it says."""

import json
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from typing import Any, ClassVar, Protocol

from core.kernel.wire import Signature

_NOWHERE = {"reason": "没有这个地址"}


class Partner(Protocol):
    """Who stands behind a door."""

    @property
    def signature(self) -> Signature:
        """How both sides sign."""


class Door(BaseHTTPRequestHandler):
    """One request. A partner's own door names the ``partner``, how large a message may be and where ``messages`` come, and answers what is signed."""

    partner: ClassVar[Partner]
    largest: ClassVar[int]
    messages: ClassVar[str]

    def posted(self, body: bytes) -> None:
        """Answer a signed message; a partner that is only asked has no answer."""
        del body
        self.say(404, _NOWHERE)

    def asked(self) -> None:
        """Answer a signed question; a partner that is only told things has no answer."""
        self.say(404, _NOWHERE)

    def do_POST(self) -> None:
        """A message."""
        length = int(self.headers.get("Content-Length") or 0)
        if length > self.largest or not self.path.endswith(self.messages):
            self.say(413 if length > self.largest else 404, _NOWHERE)
            return
        body = self.rfile.read(length)
        if self._signed(body):
            self.posted(body)

    def do_GET(self) -> None:
        """A question."""
        if self._signed(b""):
            self.asked()

    def _signed(self, body: bytes) -> bool:
        holds = self.partner.signature.holds(dict(self.headers), body)
        if not holds:
            self.say(401, {"reason": "签名不对"})
        return holds

    def say(self, status: int, answer: Mapping[str, Any] | bytes) -> None:
        """Answer with signed JSON, or with bytes as they are."""
        body = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        self.send_response(status)
        kind = "text/html" if isinstance(answer, bytes) else "application/json; charset=utf-8"
        for name, value in {**self.partner.signature.headers(body), "Content-Length": str(len(body)), "Content-Type": kind}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: where it answers is said once, by the command, and messages hold what is personal."""
