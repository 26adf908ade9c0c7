"""A desk without hardware: answers the device protocol (docs/devices.md) with samples that say so – cards, scans, signatures, printed slips.

Everything that comes out of it is marked as a sample. It listens on this machine only, answers the origin it was told and nobody else, and gives out a
token for every single use.
"""

import base64
import io
import json
import secrets
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from core.kernel.errors import BadInput

PROTOCOL = 1
DEVICES = ("identity-card", "camera", "scanner", "signature", "printer")
#: How long a token may wait for its one use (seconds), and how much a request may carry (bytes).
TOKEN_SECONDS = 30.0
LARGEST = 64 * 1024
#: Invented people: the numbers pass their check digits and belong to nobody; the first two are those of the demonstration hall.
CARDS = (
    {"name": "王小芳", "number": "11010519900307232X", "address": "示范市青禾区河湾镇1号"},
    {"name": "李大山", "number": "110105195808150016", "address": "示范市青禾区河湾镇2号"},
    {"name": "样本甲", "number": "11010519491231002X", "address": "示范市云岭县临溪镇3号"},
)


class Refused(Exception):
    """The request is not one that this desk's page made: with which status it is answered, and a word for why."""

    def __init__(self, status: int, why: str) -> None:
        super().__init__(why)
        self.code, self.why = status, why


class Desk:
    """What lies on the simulated desk: which card comes next, what was printed, which tokens are out."""

    def __init__(self, origin: str, cards: Sequence[Mapping[str, str]]) -> None:
        self.origin, self.cards = origin, cards
        self.printed: list[list[str]] = []
        self._tokens: dict[str, float] = {}
        self._next_card = 0
        self._lock = threading.Lock()

    def token(self) -> str:
        """A token for one use."""
        made = secrets.token_urlsafe(24)
        with self._lock:
            self._tokens = {each: until for each, until in self._tokens.items() if until > time.monotonic()}
            self._tokens[made] = time.monotonic() + TOKEN_SECONDS
        return made

    def spend(self, token: str) -> bool:
        """Whether the token was out and still good; it is not any more."""
        with self._lock:
            return self._tokens.pop(token, 0.0) > time.monotonic()

    def card(self) -> dict[str, Any]:
        """The next card that somebody lays on the reader."""
        with self._lock:
            number = self._next_card
            self._next_card += 1
        return {**self.cards[number % len(self.cards)], "document_kind": "resident_id", "sample": True}

    def use(self, device: str, asked: dict[str, Any]) -> dict[str, Any]:
        """What *device* answers."""
        answers: dict[str, Callable[[], dict[str, Any]]] = {
            "identity-card": self.card,
            "camera": lambda: _picture("camera.png", "高拍仪样张", asked),
            "scanner": lambda: _picture("scan.png", "扫描样张", asked),
            "signature": lambda: _picture("signature.png", "签字样张", asked, (480, 160)),
            "printer": lambda: self._print(asked),
        }
        return answers[device]()

    def _print(self, asked: dict[str, Any]) -> dict[str, Any]:
        lines = asked.get("lines")
        if not isinstance(lines, list) or not all(isinstance(each, str) for each in lines):
            raise Refused(400, "lines")
        self.printed.append(lines[:100])
        return {"printed": len(lines), "sample": True}


def _picture(name: str, title: str, asked: dict[str, Any], size: tuple[int, int] = (620, 877)) -> dict[str, Any]:
    content = base64.b64encode(draw(title, str(asked.get("title", ""))[:60], size)).decode()
    return {"name": name, "media_type": "image/png", "content": content, "sample": True}


def draw(title: str, about: str, size: tuple[int, int]) -> bytes:
    """A page that nobody can take for a real one: what it stands for, and that it is a sample, in both languages."""
    from PIL import Image, ImageDraw, ImageFont  # only the simulator draws pictures

    from core.printing.hall import FONT

    picture = Image.new("RGB", size, "white")
    pen = ImageDraw.Draw(picture)
    large, small = (ImageFont.truetype(str(FONT), points) for points in (size[1] // 12 + 12, 18))
    pen.rectangle((4, 4, size[0] - 5, size[1] - 5), outline="#8a8a8a", width=2)
    pen.text((24, 20), "样例 SAMPLE", font=large, fill="#b00020")
    pen.text((24, size[1] // 2 - 20), title, font=small, fill="#222222")
    pen.text((24, size[1] // 2 + 8), about, font=small, fill="#222222")
    pen.text((24, size[1] - 40), time.strftime("%Y-%m-%d %H:%M:%S"), font=small, fill="#555555")
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()


def serve(origin: str, port: int = 0, cards: Sequence[Mapping[str, str]] = CARDS) -> tuple[ThreadingHTTPServer, Desk]:
    """The service, bound to this machine and ready for ``serve_forever``. *origin* is the page that may use it, *cards* are laid on the reader in turn.

    Raises :class:`BadInput` for an origin that is none.
    """
    if not origin.startswith(("http://", "https://")) or origin.count("/") != 2:
        raise BadInput("cli.device_origin", value=origin)
    desk = Desk(origin, cards)
    return ThreadingHTTPServer(("127.0.0.1", port), _handler(desk)), desk


def _handler(desk: Desk) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """One request of the desk's page."""

        server_version = "wangting-devices"
        sys_version = ""

        def log_message(self, *_args: Any) -> None:
            """Nothing: what people do at a desk is not for a console."""

        def do_OPTIONS(self) -> None:
            """The browser asks first whether this page may come here."""
            self._answer(self._allowed, 204)

        def do_GET(self) -> None:
            """Which devices there are."""
            self._answer(self._listed)

        def do_POST(self) -> None:
            """A token, or one use of a device."""
            self._answer(self._used)

        def _allowed(self) -> dict[str, Any]:
            self._check()
            return {}

        def _listed(self) -> dict[str, Any]:
            self._check()
            if self.path != "/v1/devices":
                raise Refused(404, "path")
            return {"protocol": PROTOCOL, "devices": list(DEVICES), "simulator": True}

        def _used(self) -> dict[str, Any]:
            self._check()
            asked = self._body()
            if self.path == "/v1/token":
                return {"token": desk.token(), "seconds": TOKEN_SECONDS}
            device = self.path.removeprefix("/v1/")
            if device not in DEVICES:
                raise Refused(404, "path")
            if not desk.spend(self.headers.get("X-Desk-Token", "")):
                raise Refused(403, "token")
            return desk.use(device, asked)

        def _check(self) -> None:
            """This very page on this very machine: a name that only resolves here (DNS rebinding) or another site's page is refused."""
            name = self.headers.get("Host", "").rpartition(":")[0]
            if name not in ("127.0.0.1", "localhost", "[::1]"):
                raise Refused(403, "host")
            if self.headers.get("Origin") != desk.origin:
                raise Refused(403, "origin")

        def _body(self) -> dict[str, Any]:
            length = self.headers.get("Content-Length", "0")
            if not length.isdigit() or int(length) > LARGEST:
                raise Refused(413, "size")
            raw = self.rfile.read(int(length))
            try:
                found = json.loads(raw or b"{}")
            except ValueError as error:
                raise Refused(400, "json") from error
            if not isinstance(found, dict):
                raise Refused(400, "json")
            return found

        def _answer(self, work: Callable[[], dict[str, Any]], status: int = 200) -> None:
            try:
                told = work()
            except Refused as error:
                told, status = {"error": error.why}, error.code
            content = json.dumps(told, ensure_ascii=False).encode() if status != 204 else b""
            self.send_response(status)
            self.send_header("Access-Control-Allow-Origin", desk.origin)
            self.send_header("Access-Control-Allow-Methods", "GET, POST")
            self.send_header("Access-Control-Allow-Headers", "Content-Type, X-Desk-Token")
            self.send_header("Access-Control-Allow-Private-Network", "true")
            self.send_header("Vary", "Origin")
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

    return Handler
