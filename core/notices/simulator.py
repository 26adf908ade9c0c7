"""An SMS gateway to try the channel against: real HTTP, the same signatures, and the ways in which a line fails.

It remembers every message by its id and answers a repeat as the first time. It can be told to do something else with the n-th request: ``hang``
(take it and never answer), ``break`` (take it and cut the line), ``odd`` (a 502 of somebody between), ``busy`` (take nothing for now), ``refuse``.
"""

import json
import threading
from collections.abc import Mapping
from http.server import ThreadingHTTPServer
from typing import Any

from core.kernel import wire
from core.kernel.wire_simulator import Door
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

    class Line(Door):
        partner, largest, messages = gateway, LARGEST, "/messages"

        def posted(self, body: bytes) -> None:
            try:
                fault, status, answer = gateway.take(json.loads(body))
            except (ValueError, KeyError, TypeError):
                self.say(400, {"reason": "不是一条短信"})
                return
            if fault == "hang":
                gateway.closing.wait()
            elif fault == "odd":
                self.say(502, b"<html>Bad Gateway</html>")
            elif fault != "break":
                self.say(status, answer)

    return ThreadingHTTPServer((host, port), Line)
