"""The peers, set up by the bench itself in the same run: bare Flask, Flask-AppBuilder CRUD, django-viewflow."""

import os
import re
import subprocess
import sys
from collections.abc import Callable

from tests.bench.client import Browser, hidden
from tests.bench.fields import answers
from tests.bench.measure import Rate, load
from tests.bench.servers import PEERS, ROOT, Server, peer_python


class Peer:
    """A running peer and its three operations."""

    def __init__(self, server: Server, database: int) -> None:
        self.server, self.database = server, database
        self.browsers: list[Browser] = []

    def rate(self, operation: Callable[[Browser], None], log_in: Callable[[Browser], None], seconds: float) -> Rate:
        """Measure *operation* with eight logged-in clients."""
        if not self.browsers:
            self.browsers = [Browser(self.server.port) for _ in range(8)]
            for browser in self.browsers:
                log_in(browser)

        def make(n: int) -> Callable[[], int]:
            browser = self.browsers[n]

            def once() -> int:
                before = browser.calls
                operation(browser)
                return browser.calls - before

            return once

        return load(make, seconds=seconds, roots=(self.server.process.pid, self.database))


def fab(url: str, database: int) -> tuple[Peer, Callable[[Browser], None]]:
    """Flask-AppBuilder CRUD."""
    subprocess.run([sys.executable, "-m", "tests.bench.peers.fab_app"], cwd=ROOT, env={**os.environ, "DATABASE_URL": url}, check=True, capture_output=True)
    return fab_again(url, database)


def fab_again(url: str, database: int) -> tuple[Peer, Callable[[Browser], None]]:
    """The same on a database that was set up before."""
    server = Server.on_granian("tests.bench.peers.fab_app:application", DATABASE_URL=url)
    server.ready("/login/")

    def log_in(browser: Browser) -> None:
        token = hidden(browser.get("/login/"))
        browser.post("/login/", {**token, "username": "admin", "password": "admin"})
        if browser.location != "/":
            raise RuntimeError("FAB log-in failed")

    return Peer(server, database), log_in


def fab_submit(browser: Browser) -> None:
    """Form, post, list – every dynamic call a browser makes."""
    page = browser.get("/applicationview/add")
    browser.post("/applicationview/add", {**hidden(page), **answers()})
    if not browser.location:
        raise RuntimeError("FAB refused the form")
    browser.get(browser.location)


def fab_list(browser: Browser) -> None:
    """The list page."""
    browser.get("/applicationview/list/")


def viewflow(url: str, database: int) -> tuple[Peer, Callable[[Browser], None]]:
    """django-viewflow with compiled models."""
    site = PEERS / "viewflow_site"
    plain = url.replace("+psycopg", "")
    made = subprocess.run([peer_python(), "wsgi.py"], cwd=site, env={**os.environ, "DATABASE_URL": plain}, check=False, capture_output=True, text=True)
    if made.returncode:
        raise RuntimeError(f"viewflow was not set up:\n{made.stderr}")
    server = Server.on_granian("wsgi:application", python=peer_python(), cwd=site, DATABASE_URL=plain)
    server.ready("/hall/start/", Cookie=f"sessionid={made.stdout.strip()}")

    def log_in(browser: Browser) -> None:
        browser.cookies["sessionid"] = made.stdout.strip()

    return Peer(server, database), log_in


def viewflow_submit(browser: Browser) -> None:
    """Start form, post, the page after."""
    page = browser.get("/hall/start/")
    browser.post("/hall/start/", {**hidden(page), **answers()})
    if not browser.location:
        raise RuntimeError("viewflow refused the form")
    browser.get(browser.location)


_TASK = re.compile(r"/hall/(\d+)/approve/(\d+)/")


def viewflow_approve(tasks: list[tuple[str, str]]) -> Callable[[Browser], None]:
    """Open a task, take it, approve it, the page after."""

    def approve(browser: Browser) -> None:
        process, task = tasks.pop()
        base = f"/hall/{process}/approve/{task}"
        browser.post(f"{base}/assign/", hidden(browser.get(f"{base}/assign/")))
        page = browser.get(f"{base}/execute/")
        browser.post(f"{base}/execute/", {**hidden(page), "approved": "on"})
        browser.get(browser.location or "/hall/inbox/")

    return approve
