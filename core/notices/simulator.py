"""An SMS gateway to try the channel against: real HTTP, the same signatures, and the ways in which a line fails.

It remembers every message by its id and answers a repeat as the first time. It can be told to do something else with the n-th request: ``hang``
(take it and never answer), ``break`` (take it and cut the line), ``odd`` (a 502 of somebody between), ``busy`` (take nothing for now), ``refuse``.
"""

import json
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.kernel import wire
from core.notices import sms

LARGEST = 64 * 2**10
FAULTS = ("hang", "break", "odd", "busy", "refuse")


class Gateway:
    """What the gateway took: id → text, in the order of coming, and how often each id came. Holds no number. Safe to share between threads."""

    def __init__(self, *, secret: bytes, faults: Mapping[int, str] | None = None) -> None:
        self.signature = wire.Signature(sms.PREFIX, secret)
        self.taken: dict[str, str] = {}
        self.came: dict[str, int] = {}
        self.closing = threading.Event()
        self._faults, self._requests, self._lock = dict(faults or {}), 0, threading.Lock()

    def take(self, message: Mapping[str, Any]) -> tuple[str, int, dict[str, str]]:
        """(fault, status, answer) to one message; it is counted before anything is answered."""
        key, text = str(message["id"]), str(message["text"])
        number = str(message["to"])
        with self._lock:
            self._requests += 1
            fault = self._faults.get(self._requests, "")
            self.came[key] = self.came.get(key, 0) + 1
            if fault == "busy":
                return fault, 503, {"id": key, "outcome": "busy", "reason": "系统维护"}
            if fault == "refuse" or not number.lstrip("+").isdigit() or not 0 < len(text) <= 500:
                return fault, 422, {"id": key, "outcome": "refused", "reason": "号码或者内容不能发"}
            self.taken.setdefault(key, text)
            return fault, 200, {"id": key, "outcome": "accepted"}


def server(gateway: Gateway, host: str, port: int) -> ThreadingHTTPServer:
    """The gateway on a socket; port 0 takes a free one. The caller serves and closes it, after setting ``closing`` to let go of hanging requests."""

    class Door(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            if length > LARGEST or not self.path.endswith("/messages"):
                self._say(413 if length > LARGEST else 404, {"reason": "没有这个地址"})
                return
            body = self.rfile.read(length)
            if not gateway.signature.holds(dict(self.headers), body):
                self._say(401, {"reason": "签名不对"})
                return
            try:
                fault, status, answer = gateway.take(json.loads(body))
            except (ValueError, KeyError, TypeError):
                self._say(400, {"reason": "不是一条短信"})
                return
            if fault == "hang":
                gateway.closing.wait()
            elif fault == "odd":
                self._say(502, None)
            elif fault != "break":
                self._say(status, answer)

        def _say(self, status: int, answer: Mapping[str, str] | None) -> None:
            body = json.dumps(answer, ensure_ascii=False).encode() if answer is not None else b"<html>Bad Gateway</html>"
            self.send_response(status)
            for name, value in {**gateway.signature.headers(body), "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Said once, by the command."""

    return ThreadingHTTPServer((host, port), Door)
