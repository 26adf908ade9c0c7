"""A browser as small as the bench needs: one kept connection, cookies, redirects followed only when asked, every call counted."""

import http.client
import re
import time
from http.cookies import SimpleCookie
from urllib.parse import urlencode, urlsplit

IDLE_SECONDS = 5.0
_INPUT = re.compile(r"<input\b[^>]*>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r'(\w[\w-]*)="([^"]*)"')


class Browser:
    """One client of the load."""

    def __init__(self, port: int, **cookies: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = dict(cookies)
        self.calls = 0
        self.used = time.monotonic()
        self.location = ""
        self.token = ""  #: a CSRF token of this session, for calls that do not begin with a page

    def get(self, path: str) -> str:
        """The page at *path*."""
        return self._call("GET", path, None, {})

    def post(self, path: str, values: dict[str, str] | list[tuple[str, str]], **headers: str) -> str:
        """Submit a form."""
        return self._call("POST", path, urlencode(values), {"Content-Type": "application/x-www-form-urlencoded", **headers})

    def _call(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> str:
        self.calls += 1
        if self.cookies:
            headers["Cookie"] = "; ".join(f"{k}={v}" for k, v in self.cookies.items())
        if time.monotonic() - self.used > IDLE_SECONDS:
            self.connection.close()  # a server lets go of an idle connection; asking on it would fail
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        self.used = time.monotonic()
        text = answer.read().decode("utf-8", "replace")
        for value in answer.headers.get_all("Set-Cookie") or ():
            for name, morsel in SimpleCookie(value).items():
                self.cookies[name] = morsel.value
        self.location = ""
        if answer.status in (301, 302, 303):
            parts = urlsplit(answer.headers["Location"])
            self.location = parts.path + (f"?{parts.query}" if parts.query else "")
        elif answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status}\n{text[:2000]}")
        return text


def hidden(html: str) -> dict[str, str]:
    """Every hidden input of a page."""
    found = {}
    for tag in _INPUT.findall(html):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if attributes.get("type") == "hidden" and "name" in attributes:
            found[attributes["name"]] = attributes.get("value", "")
    return found
