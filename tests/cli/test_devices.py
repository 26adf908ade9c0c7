"""The simulated device service: it answers its own page with samples that say so, and nobody else."""

import base64
import json
from collections.abc import Iterator
from http.client import HTTPConnection
from typing import Any

import pytest

from core.cli.simulator import CARDS, Desk, serve
from core.identity.documents import check_document
from core.kernel.errors import BadInput
from tests.services import serving

ORIGIN = "http://127.0.0.1:8080"


@pytest.fixture(scope="module")
def service() -> Iterator[tuple[int, Desk]]:
    server, desk = serve(ORIGIN)
    with serving(server):
        yield server.server_port, desk


def ask(port: int, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, dict[str, str]]:
    """One request as the desk's page makes it."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    sent = {"Origin": ORIGIN, "Content-Type": "application/json"} | {name.replace("_", "-"): value for name, value in headers.items()}
    raw = body if isinstance(body, bytes) else json.dumps(body if body is not None else {})
    connection.request(method, path, raw if method == "POST" else None, {name: value for name, value in sent.items() if value})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    return answer.status, json.loads(content) if content else None, dict(answer.getheaders())


def token(port: int) -> str:
    return str(ask(port, "POST", "/v1/token")[1]["token"])


def test_every_device_answers_with_a_sample_that_says_so(service: tuple[int, Desk]) -> None:
    port, desk = service
    listed = ask(port, "GET", "/v1/devices")[1]
    assert listed["protocol"] == 1 and listed["simulator"] is True
    card = ask(port, "POST", "/v1/identity-card", X_Desk_Token=token(port))[1]
    assert card["sample"] is True
    assert all(check_document("resident_id", each["number"]) is None for each in CARDS)
    for device in ("camera", "scanner", "signature"):
        told = ask(port, "POST", f"/v1/{device}", {"title": "营业执照"}, X_Desk_Token=token(port))[1]
        assert told["sample"] is True and base64.b64decode(told["content"]).startswith(b"\x89PNG")
    assert ask(port, "POST", "/v1/printer", {"lines": ["收件凭证"]}, X_Desk_Token=token(port))[1]["printed"] == 1
    assert desk.printed[-1] == ["收件凭证"]
    assert set(listed["devices"]) == {"identity-card", "camera", "scanner", "signature", "printer"}


def test_a_token_is_good_for_one_use_only(service: tuple[int, Desk]) -> None:
    port, _desk = service
    held = token(port)
    assert ask(port, "POST", "/v1/identity-card", X_Desk_Token=held)[0] == 200
    assert ask(port, "POST", "/v1/identity-card", X_Desk_Token=held)[:2] == (403, {"error": "token"})
    assert ask(port, "POST", "/v1/identity-card")[0] == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "http://127.0.0.1:8081", "null", ""])
def test_the_page_of_another_site_gets_nothing_and_no_token(service: tuple[int, Desk], origin: str) -> None:
    port, _desk = service
    for method, path in (("GET", "/v1/devices"), ("POST", "/v1/token"), ("OPTIONS", "/v1/identity-card")):
        status, told, headers = ask(port, method, path, Origin=origin)
        assert status == 403 and "token" not in (told or {})
        assert headers["Access-Control-Allow-Origin"] == ORIGIN


def test_a_name_that_only_resolves_to_this_machine_is_refused(service: tuple[int, Desk]) -> None:
    port, _desk = service
    assert ask(port, "POST", "/v1/token", Host="evil.example:80")[:2] == (403, {"error": "host"})


def test_hostile_bodies_are_refused_and_the_service_lives(service: tuple[int, Desk]) -> None:
    port, _desk = service
    assert ask(port, "POST", "/v1/printer", b"{", X_Desk_Token=token(port))[0] == 400
    assert ask(port, "POST", "/v1/printer", [1], X_Desk_Token=token(port))[0] == 400
    assert ask(port, "POST", "/v1/printer", {"lines": "x"}, X_Desk_Token=token(port))[0] == 400
    assert ask(port, "POST", "/v1/../etc/passwd", X_Desk_Token=token(port))[0] == 404
    assert ask(port, "GET", "/v1/devices")[0] == 200


def test_an_origin_that_is_none_is_refused_with_how_to_mend_it() -> None:
    with pytest.raises(BadInput) as told:
        serve("hall.example/path")
    assert "--origin" in told.value.words()
