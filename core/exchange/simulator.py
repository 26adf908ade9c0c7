"""An upper platform to try the exchange against: real HTTP, the same signatures, the same schema, its own memory on disk.

It takes each record once (the same key, revision and digest again gets the same receipt), refuses what the format or its own checks refuse, tells
what it holds of a day, and can be told to be away or to refuse, so that retries and mending can be seen.
"""

import hashlib
import json
import random
import threading
from collections.abc import Iterable, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from core.exchange import client, mapping
from core.kernel import wire
from core.kernel.clock import now
from core.kernel.wire_simulator import Door

LARGEST = 8 * 2**20


class Upper:
    """What the platform knows: a file of JSON lines, one a decision. Safe to share between threads."""

    def __init__(self, file: Path | None, *, secret: bytes, away: float = 0.0, refuse: Iterable[str] = ()) -> None:
        self.secret, self.away, self.refuse = secret, away, set(refuse)
        self._file, self._lock = file, threading.Lock()
        self._decided: dict[tuple[str, int], dict[str, Any]] = {}
        if file is not None and file.exists():
            for line in file.read_text(encoding="utf-8").splitlines():
                kept = json.loads(line)
                self._decided[kept["key"], kept["revision"]] = kept

    @property
    def signature(self) -> wire.Signature:
        """How both sides sign."""
        return client.signature(self.secret)

    def is_away(self) -> bool:
        """Whether this request gets no answer: read, thrown away, and the line cut."""
        return random.random() < self.away  # noqa: S311 - plays an unreliable line, guards nothing

    def take(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one record; the same one again gets the answer it got."""
        key, revision, digest = str(message["key"]), int(message["revision"]), str(message["digest"])
        with self._lock:
            known = self._decided.get((key, revision))
            if known is not None and known["digest"] == digest:
                return {name: known[name] for name in ("receipt", "accepted", "digest", "reasons")}
            reasons = [_reason("", "", "同一条记录已经收过,内容不一样")] if known is not None else list(self._wrong(message))
            receipt = hashlib.sha256(f"{key}/{revision}/{digest}".encode()).hexdigest()[:24].upper()
            answer = {"receipt": receipt, "accepted": not reasons, "digest": digest, "reasons": reasons}
            if known is None:
                self._keep({"key": key, "revision": revision, "day": str(message["day"]), "at": now().isoformat(), **answer})
            return answer

    def _keep(self, decided: dict[str, Any]) -> None:
        self._decided[decided["key"], decided["revision"]] = decided
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(decided, ensure_ascii=False) + "\n")

    def day(self, which: str) -> dict[str, str]:
        """Key → digest of what was taken of a day."""
        with self._lock:
            return {key: each["digest"] for (key, _revision), each in sorted(self._decided.items()) if each["accepted"] and each["day"] == which}

    def _wrong(self, message: Mapping[str, Any]) -> Iterable[dict[str, str]]:
        """Reasons of its own: the format once more, then what no schema says."""
        record = message["record"]
        found = mapping.findings(record)
        yield from (_reason(each.params["table"], each.params["column"], each.words("zh")) for each in found)
        if found:
            return
        accept, result = record["up_pro_accept"], record["up_pro_result"]
        if accept["project_no"] in self.refuse:
            yield _reason("up_pro_accept", "project_no", "平台要求退回这一条")
        if not accept["apply_date"] <= accept["accept_date"] <= result["result_date"]:
            yield _reason("up_pro_accept", "accept_date", "申请、受理、办结时间的先后不对")
        if len(accept["catalog_code"]) != 12:
            yield _reason("up_pro_accept", "catalog_code", "基本编码应当是 12 位")
        if len(accept["task_code"]) != 31:
            yield _reason("up_pro_accept", "task_code", "实施编码应当是 31 位")
        for step in record["up_pro_process"]:
            if step["event_end_time"] < step["event_start_time"]:
                yield _reason("up_pro_process", "event_end_time", f"环节“{step['process_name']}”的结束早于开始")


def _reason(table: str, column: str, said: str) -> dict[str, str]:
    return {"table": table, "column": column, "said": said}


def server(upper: Upper, host: str, port: int) -> ThreadingHTTPServer:
    """The platform on a socket; port 0 takes a free one. The caller serves and closes it."""

    class Platform(Door):
        partner, largest, messages = upper, LARGEST, "/records"

        def posted(self, body: bytes) -> None:
            if upper.is_away():
                return  # the connection is closed without a word
            try:
                self.say(200, upper.take(json.loads(body)))
            except (ValueError, KeyError, TypeError, AttributeError):
                self.say(400, {"reason": "不是一条记录"})

        def asked(self) -> None:
            _before, found, day = self.path.rpartition("/days/")
            if upper.is_away():
                return
            if found:
                self.say(200, {"accepted": upper.day(day)})
            else:
                super().asked()

    return ThreadingHTTPServer((host, port), Platform)
