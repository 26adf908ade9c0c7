"""Programs of citizens and staff that talk to a real hall."""

import json
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import pytest

from core.kernel.ids import new_id
from tests.demo_hall import DemoHall


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    kind: str
    json: Any


class Api:
    """One caller of ``/v1``: a citizen's or a clerk's program, with its token."""

    def __init__(self, hall: DemoHall, kind: str | None = None, login: str = "") -> None:
        self.hall, self.token = hall, ""
        if kind is not None:
            made = self.send("POST", "/v1/tokens", {"kind": kind, "login": login, "password": hall.people[login]})
            assert made.status == 201, made
            self.token = made.json["token"]

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """Any call; *body* is JSON unless it is bytes."""
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}
        if self.token:
            sent["Authorization"] = "Bearer " + self.token
        request = urllib.request.Request(self.hall.url(path), data, sent, method=method)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.headers.get_content_type(), json.loads(answer.read() or b"null"))

    def get(self, path: str, **query: str) -> Any:
        """The JSON behind *path*; it must be there."""
        answer = self.send("GET", path + ("?" + urlencode(query) if query else ""))
        assert answer.status == 200, f"{path}: {answer}"
        return answer.json

    def post(self, path: str, body: Any, *, key: str | None = None) -> Answer:
        """A command, under *key* or a fresh one."""
        return self.send("POST", path, body, Idempotency_Key=key or new_id())

    def upload(self, name: str, content: bytes) -> Answer:
        """Hand in a file."""
        mark = new_id()
        head = f'--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\nContent-Type: application/octet-stream\r\n\r\n'
        return self.send("POST", "/v1/uploads", head.encode() + content + f"\r\n--{mark}--\r\n".encode(), Content_Type=f"multipart/form-data; boundary={mark}")

    def hand_in(self, name: str, content: bytes) -> dict[str, str]:
        """Hand in a file; how an application names it."""
        answer = self.upload(name, content)
        assert answer.status == 201, answer
        return {"id": answer.json["id"], "name": name}


class Callers:
    """Callers by login, each logged in once."""

    def __init__(self, hall: DemoHall) -> None:
        self.hall = hall
        self._made: dict[str, Api] = {}

    def citizen(self, login: str) -> Api:
        """A citizen's program."""
        return self._of("citizen", login)

    def staff(self, login: str) -> Api:
        """A clerk's program."""
        return self._of("staff", login)

    def nobody(self) -> Api:
        """A program without a token."""
        return Api(self.hall)

    def _of(self, kind: str, login: str) -> Api:
        if login not in self._made:
            self._made[login] = Api(self.hall, kind, login)
        return self._made[login]


@pytest.fixture(scope="module")
def callers(demo_hall: DemoHall) -> Callers:
    """Everybody who can call."""
    return Callers(demo_hall)
