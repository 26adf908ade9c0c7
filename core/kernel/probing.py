"""Does an address of the internet answer? Asked so that nobody can use the question to reach what only this machine can reach.

Whoever writes a text chooses the addresses in it, and this machine stands inside a government network. So every name is looked up first, every address it
has must belong to the public internet, and the connection goes to the very address that was judged – a second look-up could be answered otherwise. Each
step of a redirect is judged anew. What comes back is never kept, is read up to :data:`LARGEST` bytes, and everything together ends after a time: a server
that drips one byte a second is cut off by a watch that closes the line under it.
"""

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Literal
from urllib.parse import SplitResult, quote, urljoin, urlsplit

#: ``ok``; ``gone``: the server says there is no such page; ``broken``: it answers with an error; ``silent``: no connection, or no answer in time;
#: ``barred``: it answers, but not to a machine; ``inside``: an address that is not of the public internet; ``malformed``: no address of a page at all.
Kind = Literal["ok", "gone", "broken", "silent", "barred", "inside", "malformed"]

SECONDS, CONNECT_SECONDS = 20.0, 6.0
LARGEST = 65_536
REDIRECTS = 6
LONGEST_URL = 2_000
_PORTS = {"http": 80, "https": 443}
_FOR_EVER = (301, 308)
_REDIRECT = (301, 302, 303, 307, 308)
_GONE = (404, 410)
#: Servers that answer HEAD wrongly answer GET rightly.
_HEAD_MEANS = range(200, 400)
_AGENT = "Wangting-link-check/1 (+service hall; looks whether addresses in its guides still answer)"


@dataclass(frozen=True, slots=True)
class Probe:
    """What came of it. ``ended_at`` is where redirects led, ``moved_to`` the same when every step of the way there was for good.

    ``why`` names what is behind the kind in one word of a closed list (:data:`REASONS`).
    """

    kind: Kind
    status: int | None = None
    moved_to: str | None = None
    ended_at: str | None = None
    why: str = ""


#: Every ``why`` that is not empty.
REASONS = (
    "gone", "error", "barred", "certificate", "encryption", "nonsense", "loop", "slow", "no_connection", "no_name", "private", "port", "malformed", "password",
)  # fmt: skip
#: Faults of a certificate that every browser stops at (OpenSSL's numbers: expired, another name); an issuer that only we do not know is none.
_CERTIFICATE = (10, 62)


class _Refused(Exception):
    """An address that is not asked."""

    def __init__(self, kind: Kind, why: str) -> None:
        super().__init__(why)
        self.kind = kind
        self.why = why


class _Late(TimeoutError):
    """The time for everything together is over."""


@dataclass(frozen=True, slots=True)
class Prober:
    """Asks addresses. *allow* are ``host:port`` that may be asked though they are not public: an operator's own list, or a test's server.

    *seconds* is the most that one address may take with all its redirects; *lookup* is the resolver.
    """

    allow: Collection[str] = ()
    seconds: float = SECONDS
    lookup: Callable[[str, int], list[str]] | None = None

    def ask(self, url: str) -> Probe:
        """Ask *url*, HEAD first and GET where HEAD was not understood, and follow redirects. Raises nothing: whatever happens is the answer."""
        until = time.monotonic() + self.seconds
        try:
            return self._follow(url, until)
        except _Refused as refusal:
            return Probe(refusal.kind, why=refusal.why)
        except _Late:
            return Probe("silent", why="slow")
        except (http.client.HTTPException, ValueError, OSError) as error:
            return Probe("silent", why="slow") if time.monotonic() >= until else _fault(error)

    def _follow(self, url: str, until: float) -> Probe:
        here, permanent, seen = url, True, {url}
        for _ in range(REDIRECTS):
            status, location = self._once(here, until)
            if status not in _REDIRECT or not location:
                return _judged(status, url, here, permanent)
            permanent = permanent and status in _FOR_EVER
            here = urljoin(here, location)
            if here in seen:
                return Probe("broken", status, why="loop")
            seen.add(here)
        return Probe("broken", status, why="loop")

    def _once(self, url: str, until: float) -> tuple[int, str | None]:
        parts = _parsed(url)
        peers = self._peers(parts)
        status, location = self._asked(parts, peers, "HEAD", until)
        return (status, location) if status in _HEAD_MEANS else self._asked(parts, peers, "GET", until)

    def _peers(self, parts: SplitResult) -> list[str]:
        """The addresses of the name, all of them public. Raises :class:`_Refused`."""
        host, port = str(parts.hostname), parts.port or _PORTS[parts.scheme]
        allowed = f"{host}:{port}" in self.allow
        if not allowed and port < 1024 and port not in _PORTS.values():
            raise _Refused("inside", "port")
        try:
            found = (self.lookup or _lookup)(host, port)
        except OSError as error:
            raise _Refused("silent", "no_name") from error
        if not found:
            raise _Refused("silent", "no_name")
        if not allowed and not all(public(each) for each in found):
            raise _Refused("inside", "private")
        return found

    def _asked(self, parts: SplitResult, peers: list[str], method: str, until: float) -> tuple[int, str | None]:
        connection = _Pinned(parts, peers, until)
        try:
            with _watched(connection):
                connection.request(method, _target(parts), headers={"User-Agent": _AGENT, "Accept": "*/*", "Connection": "close"})
                answer = connection.getresponse()
                if method == "GET":
                    answer.read(LARGEST)
                return answer.status, answer.getheader("Location")
        finally:
            connection.close()


def _fault(error: Exception) -> Probe:
    """What an exception on the line tells."""
    if isinstance(error, ssl.SSLCertVerificationError) and error.verify_code in _CERTIFICATE:
        return Probe("broken", why="certificate")
    if isinstance(error, ssl.SSLError):
        return Probe("barred", why="encryption")  # a browser may know more ways, and more issuers, than we do
    return Probe("silent", why="no_connection") if isinstance(error, OSError) else Probe("broken", why="nonsense")


def _judged(status: int, asked: str, here: str, permanent: bool) -> Probe:
    if 200 <= status < 300:
        ended_at = here if here != asked else None
        return Probe("ok", status, ended_at if permanent else None, ended_at)
    if status in _GONE:
        return Probe("gone", status, why="gone")
    return Probe("broken", status, why="error") if status >= 500 or status < 400 else Probe("barred", status, why="barred")


def _parsed(url: str) -> SplitResult:
    """The parts of an address that can be asked. Raises :class:`_Refused`."""
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:  # brackets that do not close, a port that is no number
        raise _Refused("malformed", "malformed") from error
    if parts.scheme not in _PORTS or not host or len(url) > LONGEST_URL or any(ord(each) <= 32 for each in url):
        raise _Refused("malformed", "malformed")
    if parts.username is not None or parts.password is not None:
        raise _Refused("malformed", "password")
    return parts


def _target(parts: SplitResult) -> str:
    """What stands in the first line of the request; what is not ASCII is written as browsers do."""
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
    return f"{path}?{quote(parts.query, safe='/%:@!$&()*+,;=~-._?[]')}" if parts.query else path


def _lookup(host: str, port: int) -> list[str]:
    return list(dict.fromkeys(str(each[4][0]) for each in socket.getaddrinfo(host.encode("idna").decode(), port, type=socket.SOCK_STREAM)))


def public(address: str) -> bool:
    """Whether an IP address – also one wrapped into another of IPv6 – belongs to the public internet."""
    try:
        found = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    return all(_public(each) for each in _unwrapped(found))


def _public(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    if not found.is_global or found.is_multicast or found.is_reserved:
        return False
    return isinstance(found, ipaddress.IPv4Address) or not (found.is_site_local or found in _EXAMPLES)


#: For examples in documents (RFC 9637); the library does not know them yet, and calls what was once local to a site (RFC 3879) global.
_EXAMPLES = ipaddress.IPv6Network("3fff::/20")
#: NAT64: the last four bytes are an address of IPv4 behind a translator (RFC 6052).
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def _unwrapped(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    inner = None
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour or (found.teredo[1] if found.teredo else None)
        if inner is None and found in _NAT64:
            inner = ipaddress.IPv4Address(found.packed[-4:])
    if inner is None:
        yield found
    else:
        yield inner


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was judged, with the name it was found by in the headers and in the certificate. It ends at the instant *until*.

    ``line`` is what bytes go over – also when the answer is still being read and ``sock`` is given up –, ``late`` that the watch has cut it.
    """

    def __init__(self, parts: SplitResult, peers: list[str], until: float) -> None:
        super().__init__(str(parts.hostname).encode("idna").decode(), parts.port or _PORTS[parts.scheme])
        self._peers = peers
        self._secure = parts.scheme == "https"
        self.default_port = _PORTS[parts.scheme]
        self.until = until
        self.line: socket.socket | None = None
        self.late = False

    def left(self) -> float:
        """Seconds that are left for everything. Raises :class:`_Late` for none."""
        left = self.until - time.monotonic()
        if self.late or left <= 0:
            raise _Late
        return left

    def connect(self) -> None:
        """To the first of the addresses that answers."""
        failure: OSError = ConnectionError()
        for peer in self._peers[:3]:
            seconds = min(CONNECT_SECONDS, self.left())
            try:
                self._over(socket.create_connection((peer, self.port), seconds))
                break
            except OSError as error:
                failure = error
        else:
            self.left()
            raise failure
        self._hurry()
        if self._secure:  # in two steps, so that the watch can cut a handshake that never ends
            line = ssl.create_default_context().wrap_socket(self.sock, server_hostname=self.host, do_handshake_on_connect=False)
            self._over(line)
            self._hurry()
            line.do_handshake()

    def _over(self, line: socket.socket) -> None:
        self.sock = self.line = line

    def _hurry(self) -> None:
        """Wait no longer than is left; a watch that had nothing to cut yet has said so before (:func:`_watched`)."""
        self.sock.settimeout(min(CONNECT_SECONDS, self.left()))


@contextmanager
def _watched(connection: _Pinned) -> Iterator[None]:
    """Cut the line when its time is over, whatever is being waited for: limits of single reads never end a server that drips.

    Raises :class:`_Late` when it was cut, however much of an answer there was: headers that end in the middle look whole.
    """

    def cut() -> None:
        connection.late = True  # first: who connects now looks here after there is a line
        if connection.line is not None:
            with suppress(OSError):  # closed by the other side at this very moment
                socket.socket.shutdown(connection.line, socket.SHUT_RDWR)  # not TLS's own farewell, which would wait for an answer

    watch = threading.Timer(connection.left(), cut)
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()
        if connection.late:
            raise _Late
