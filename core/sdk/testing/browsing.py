"""Browsers without a socket, and a caller of the API: everybody's way into the hall of a test."""

import io
import json
import re
import struct
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from core.kernel.ids import new_id
from core.kernel.places import shipped

_TOKEN = re.compile(r'name="csrf_token"[^>]*value="([^"]+)"')


def png(words: str = "") -> bytes:
    """A picture of one pixel; *words* inside make it a file of its own (equal files are one blob)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header, pixel = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0), zlib.compress(bytes(4))
    text = b"Comment\0" + (words or new_id()).encode("latin-1", "replace")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"tEXt", text) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")


def example(code: str, roots: Iterable[Path] = ()) -> dict[str, Any]:
    """The answers, situation, materials and kind of party of an item's own first test. *roots* are looked through before the shipped items."""
    folders = [*(root / "item_configs" for root in roots), shipped("item_configs")]
    found = next(path for folder in folders for path in sorted(folder.glob(f"*/{code}.json")))
    doc = json.loads(found.read_text(encoding="utf-8"))
    given = doc["tests"][0]["given"]
    own = [m["id"] for m in doc["materials"] if m["source"]["from"] == "applicant" and m["id"] in given["materials"]]
    party = given.get("party") or ("person" if "1" in doc["service_objects"] else "company")
    return {"form": given["form"], "situation": given.get("situation", {}), "materials": own, "party": party}


class Browser:
    """One person's browser: cookies, and the token of the page sent along with every form."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        """Fetch a page."""
        return self.client.get(path, **more)

    def token(self) -> str:
        """The CSRF token of this session, read from a page that has a form."""
        found = _TOKEN.search(self.get("/progress").text)
        assert found is not None
        return found[1]

    def post(self, path: str, data: Mapping[str, Any] | None = None, *, csrf: bool = True, **more: Any) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data={**({"csrf_token": self.token()} if csrf else {}), **(data or {})}, **more)

    def citizen(self, login: str, password: str) -> "Browser":
        """Log in as a citizen."""
        answer = self.post("/account/login", {"phone": login, "password": password})
        assert answer.status_code == 303, refusal(answer)
        return self

    def staff(self, login: str, password: str) -> "Browser":
        """Log in as a member of staff."""
        answer = self.post("/office/login/", {"username": login, "password": password})
        assert answer.status_code == 302, refusal(answer)
        return self


class Api:
    """One caller of the API. *roots*: folders with ``item_configs`` beside the shipped one."""

    def __init__(self, app: Flask, login: str, password: str, kind: str = "citizen", *, roots: Iterable[Path] = ()) -> None:
        self.client = app.test_client()
        self.roots = tuple(roots)
        answer = self.client.post("/v1/tokens", json={"kind": kind, "login": login, "password": password})
        assert answer.status_code == 201, answer.text
        self.headers = {"Authorization": "Bearer " + _told(answer)["token"]}

    def get(self, path: str) -> TestResponse:
        """Read."""
        return self.client.get(path, headers=self.headers)

    def post(self, path: str, json: Any = None, *, key: str | None = None, **more: Any) -> TestResponse:
        """Write, with a fresh idempotency key unless one is given."""
        return self.client.post(path, json=json, headers={**self.headers, "Idempotency-Key": key or new_id()}, **more)

    def upload(self, content: bytes | None = None, name: str = "photo.png") -> TestResponse:
        """Hand in a file."""
        return self.client.post(
            "/v1/uploads", headers=self.headers, data={"file": (io.BytesIO(png() if content is None else content), name)}, content_type="multipart/form-data"
        )

    def file(self, code: str, *, key: str | None = None, answers: Mapping[str, Any] | None = None, name: str = "photo.png") -> TestResponse:
        """File an application with the answers of the item's own first test, for the company where the test is a company's."""
        given = example(code, self.roots)
        materials = {each: [{"id": _told(self.upload(name=name))["id"], "name": name}] for each in given["materials"]}
        body = {"item": code, "answers": {**given["form"], **(answers or {})}, "situation": given["situation"], "materials": materials}
        if given["party"] == "company":
            parties = _told(self.get("/v1/parties"))["parties"]
            body["party"] = next(each["party"]["id"] for each in parties if each["party"]["kind"] == "company")
        return self.post("/v1/cases", body, key=key)


def _told(answer: TestResponse) -> Any:
    """What an answer says as JSON."""
    return answer.json


def refusal(answer: TestResponse) -> str:
    """What a page says is wrong, for the message of an assertion: its error box, else how it begins."""
    box = answer.text.find('class="errors')
    return answer.text[max(box, 0) :][:2000]


def office_press(browser: Browser, case_id: str, no: int, action: str, **more: str) -> TestResponse:
    """Press a button on the case page."""
    return browser.post(f"/office/cases/{case_id}/tasks/{no}", {"action": action, "command_id": new_id(), **more})
