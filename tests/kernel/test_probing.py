"""Asking strangers on the internet whether they answer: against a real server that behaves, and one that does not."""

import ipaddress
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.probing import LARGEST, Prober, public
from tests.services import serving


class _Site(BaseHTTPRequestHandler):
    """Every way a page can answer, by its path."""

    protocol_version = "HTTP/1.1"
    asked: list[str]
    sent: dict[str, int]
    stop: threading.Event

    def log_message(self, *_: Any) -> None: ...

    def do_HEAD(self) -> None:
        self._any()

    def do_GET(self) -> None:
        self._any()

    def _any(self) -> None:
        self.asked.append(f"{self.command} {self.path}")
        name = self.path.strip("/").split("/")[0].split("?")[0]
        getattr(self, f"_{name}", self._gone)()

    def _say(self, status: int, **headers: str) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": "0", **headers}.items():
            self.send_header(key, value)
        self.end_headers()

    def _fine(self) -> None:
        self._say(200)

    def _gone(self) -> None:
        self._say(404)

    def _headless(self) -> None:
        self._say(405 if self.command == "HEAD" else 200)

    def _waf(self) -> None:
        self._say(412)

    def _broken(self) -> None:
        self._say(500)

    def _moved(self) -> None:
        self._say(301, Location="/fine")

    def _lent(self) -> None:
        self._say(302, Location="/fine")

    def _twice(self) -> None:
        self._say(301, Location="/lent")

    def _loop(self) -> None:
        self._say(301, Location="/pool")

    def _pool(self) -> None:
        self._say(301, Location="/loop")

    def _away(self) -> None:
        step = int(self.path.rsplit("/", 1)[1]) + 1
        self._say(302, Location=f"/away/{step}")

    def _inside(self) -> None:
        self._say(302, Location=self.path.partition("to=")[2])

    def _huge(self) -> None:
        if self.command == "HEAD":
            return self._say(501)
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(2000):
                self.wfile.write(b"x" * 50_000)
                self.sent["huge"] = self.sent.get("huge", 0) + 50_000
        except OSError:
            self.close_connection = True

    def _drip(self) -> None:
        try:
            for each in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"a" * 10_000:
                self.wfile.write(bytes([each]))
                if self.stop.wait(0.05):
                    break
        except OSError:
            pass
        self.close_connection = True

    def _dripbody(self) -> None:
        if self.command == "HEAD":
            self._say(405)
        else:
            self._say(200, **{"Content-Length": "9000"})
            self._drip()

    def _half(self) -> None:
        """The beginning of headers, and then nothing."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: a\r\n")
        self.stop.wait(30)
        self.close_connection = True

    def _nonsense(self) -> None:
        self.wfile.write(b"\x00\x01\x02 not http at all\r\n\r\n")
        self.close_connection = True


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, type[_Site]]]:
    _Site.asked, _Site.sent, _Site.stop = [], {}, threading.Event()
    with serving(ThreadingHTTPServer(("127.0.0.1", 0), _Site)) as server:
        yield f"127.0.0.1:{server.server_port}", _Site
        _Site.stop.set()


def test_a_page_that_answers_is_asked_with_head_only(site: tuple[str, type[_Site]]) -> None:
    host, kind = site
    kind.asked.clear()
    found = Prober(allow={host}).ask(f"http://{host}/fine")
    assert (found.kind, found.status, found.moved_to) == ("ok", 200, None)
    assert kind.asked == ["HEAD /fine"]


@pytest.mark.parametrize(
    ("path", "kind", "why"),
    [("nowhere", "gone", "gone"), ("broken", "broken", "error"), ("waf", "barred", "barred"), ("headless", "ok", ""), ("nonsense", "broken", "nonsense"),
     ("loop", "broken", "loop"), ("away/0", "broken", "loop")],
)  # fmt: skip
def test_what_a_server_says_is_told_apart(site: tuple[str, type[_Site]], path: str, kind: str, why: str) -> None:
    found = Prober(allow={site[0]}).ask(f"http://{site[0]}/{path}")
    assert (found.kind, found.why) == (kind, why)


def test_only_a_way_that_is_permanent_from_end_to_end_is_a_new_home(site: tuple[str, type[_Site]]) -> None:
    prober, base = Prober(allow={site[0]}), f"http://{site[0]}"
    assert prober.ask(f"{base}/moved").moved_to == f"{base}/fine"
    for lent in ("lent", "twice"):
        found = prober.ask(f"{base}/{lent}")
        assert (found.kind, found.moved_to, found.ended_at) == ("ok", None, f"{base}/fine")


@pytest.mark.parametrize(
    "inside",
    ["http://[fec0::1]/", "http://[3fff::1]/", "http://[3fff:fff::1]/",
     "http://127.0.0.1:1/", "http://localhost/", "http://10.0.0.1/", "http://192.168.1.1:8080/", "http://169.254.169.254/latest/meta-data", "http://[::1]/",
     "http://[::ffff:10.0.0.1]/", "http://[64:ff9b::a00:1]/", "http://[2002:a00:1::]/", "http://0.0.0.0/", "http://2130706433/", "http://0x7f.1/",
     "http://100.64.0.1/", "http://224.0.0.1/", "http://93.184.216.34:22/"],
)  # fmt: skip
def test_nothing_inside_the_network_is_asked_neither_at_once_nor_after_a_redirect(site: tuple[str, type[_Site]], inside: str) -> None:
    prober = Prober(allow={site[0]})
    assert prober.ask(inside).kind == "inside"
    assert prober.ask(f"http://{site[0]}/inside?to={inside}").kind == "inside"


def test_a_name_is_looked_up_once_and_one_private_address_among_many_is_enough_to_refuse(site: tuple[str, type[_Site]]) -> None:
    port = site[0].split(":")[1]
    asked: list[str] = []

    def rebinding(name: str, _port: int) -> list[str]:
        asked.append(name)
        return ["127.0.0.1"] if len(asked) == 1 else ["10.0.0.1"]

    found = Prober(allow={f"hall.example:{port}"}, lookup=rebinding).ask(f"http://hall.example:{port}/fine")
    assert found.kind == "ok" and asked == ["hall.example"]
    assert Prober(lookup=lambda *_: ["93.184.216.34", "192.168.0.9"]).ask("http://mixed.example/").why == "private"


@pytest.mark.parametrize(
    ("url", "why"),
    [("ftp://example.com/", "malformed"), ("file:///etc/passwd", "malformed"), ("http://", "malformed"), ("http://[::1/", "malformed"),
     ("http://a.example:99999/", "malformed"), ("http://user:secret@example.com/", "password"), ("http://example.com/\r\nHost: other", "malformed"),
     ("http://" + "a" * 3000, "malformed"), ("gopher://x", "malformed")],
)  # fmt: skip
def test_what_is_no_page_of_the_web_is_not_asked(url: str, why: str) -> None:
    found = Prober(lookup=lambda *_: pytest.fail("was looked up")).ask(url)
    assert (found.kind, found.why) == ("malformed", why)


def test_a_body_without_end_is_read_a_little_way(site: tuple[str, type[_Site]]) -> None:
    assert Prober(allow={site[0]}).ask(f"http://{site[0]}/huge").kind == "ok"
    assert site[1].sent["huge"] < 50_000_000 and LARGEST < 100_000


def test_a_server_that_drips_is_cut_off(site: tuple[str, type[_Site]]) -> None:
    assert Prober(allow={site[0]}, seconds=0.4).ask(f"http://{site[0]}/drip").why == "slow"


@pytest.mark.parametrize("path", ["half", "dripbody"])
def test_a_line_that_was_cut_is_slow_however_far_the_answer_had_come(site: tuple[str, type[_Site]], path: str) -> None:
    found = Prober(allow={site[0]}, seconds=0.4).ask(f"http://{site[0]}/{path}")
    assert (found.kind, found.why) == ("silent", "slow")


def test_a_first_address_that_does_not_answer_leaves_the_second_no_more_time_than_is_left(site: tuple[str, type[_Site]]) -> None:
    port = int(site[0].split(":")[1])
    with socket.create_server(("::1", port), family=socket.AF_INET6, backlog=0) as deaf, ExitStack() as queue:
        for each in [queue.enter_context(socket.socket(socket.AF_INET6)) for _ in range(2)]:  # nobody accepts: the queue is full, and whoever else knocks waits
            each.setblocking(False)
            each.connect_ex(deaf.getsockname())
        site[1].asked.clear()
        prober = Prober(allow={f"hall.example:{port}"}, seconds=0.4, lookup=lambda *_: ["::1", "127.0.0.1"])
        assert prober.ask(f"http://hall.example:{port}/drip").why == "slow"
        assert site[1].asked == []


def test_a_server_that_accepts_and_says_nothing_is_cut_off_also_in_the_middle_of_a_handshake() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        host = f"127.0.0.1:{silent.getsockname()[1]}"
        for scheme in ("http", "https"):
            assert Prober(allow={host}, seconds=0.4).ask(f"{scheme}://{host}/").why == "slow"


def test_nobody_at_the_door_and_no_such_name_are_silence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        closed = f"127.0.0.1:{taken.getsockname()[1]}"
    assert Prober(allow={closed}).ask(f"http://{closed}/").why == "no_connection"

    def unknown(*_: object) -> list[str]:
        raise socket.gaierror

    assert Prober(lookup=unknown).ask("http://nobody.example/").why == "no_name"


@given(st.ip_addresses(v=4))
def test_an_address_of_ipv4_is_judged_alike_in_every_dress(address: ipaddress.IPv4Address) -> None:
    dressed = (f"::ffff:{address}", str(ipaddress.IPv6Address(int(ipaddress.IPv6Address("64:ff9b::")) + int(address))))
    assert {public(each) for each in dressed} == {public(str(address))}


@given(st.text(max_size=80))
def test_whatever_is_asked_an_answer_comes_back(text: str) -> None:
    assert Prober(lookup=lambda *_: ["10.1.1.1"]).ask(text).kind in ("malformed", "inside", "silent", "broken")
