"""The real services the suite runs against: PostgreSQL, Redis, a browser. Found on the machine, started here, stopped at the end.

``scripts/test.sh`` installs what is missing where it may; this module only finds and starts.
"""

import functools
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseServer
from typing import Any


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def serving(server: BaseServer) -> Iterator[Any]:
    """*server* at work in a thread; it ends with the block, within a hundredth of a second."""
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _binary(name: str) -> str | None:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), reverse=True)
    homebrew = sorted(Path("/opt/homebrew/opt").glob(f"postgresql*/bin/{name}"), reverse=True)
    return str((found or homebrew or [shutil.which(name)])[0] or "") or None


def _await(port: int, what: str) -> None:
    for _ in range(200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"{what} did not come up on port {port}")


class Postgres:
    """A throw-away PostgreSQL cluster. Its server refuses to run as root, so root hands it to another user."""

    DURABLE = False

    def __init__(self) -> None:
        initdb, postgres = _binary("initdb"), _binary("postgres")
        if not initdb or not postgres:
            raise FileNotFoundError("PostgreSQL (initdb, postgres)")
        self.folder = Path(tempfile.mkdtemp(prefix="wangting-pg-"))
        self.port = free_port()
        user = self._user()
        if user is not None:
            os.chown(self.folder, user.pw_uid, user.pw_gid)
        run = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
        data = self.folder / "data"
        subprocess.run(
            [initdb, "-D", str(data), "-U", "wangting", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"],
            check=True,
            capture_output=True,
            cwd=self.folder,
            **run,
        )  # type: ignore[call-overload]
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self.folder,
            "max_connections": 200,
            "shared_buffers": "256MB",
        }
        if not self.DURABLE:
            settings |= {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}
        arguments = [text for key, value in settings.items() for text in ("-c", f"{key}={value}")]
        self.log = (self.folder / "log").open("wb")
        self.process = subprocess.Popen([postgres, "-D", str(data), *arguments], stdout=self.log, stderr=self.log, cwd=self.folder, **run)  # type: ignore[call-overload]
        _await(self.port, "PostgreSQL")
        self.url = f"postgresql+psycopg://wangting@127.0.0.1:{self.port}/postgres"

    @staticmethod
    def _user() -> pwd.struct_passwd | None:
        if os.geteuid() != 0:
            return None
        for name in ("postgres", "nobody"):
            try:
                return pwd.getpwnam(name)
            except KeyError:
                continue
        return None

    def stop(self) -> None:
        """Stop at once and remove the cluster."""
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Redis:
    """A throw-away Redis server that saves nothing."""

    def __init__(self) -> None:
        binary = shutil.which("redis-server")
        if binary is None:
            raise FileNotFoundError("redis-server")
        self.folder = tempfile.mkdtemp(prefix="wangting-redis-")
        self.port = free_port()
        self.process = subprocess.Popen(
            [binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        _await(self.port, "Redis")
        self.url = f"redis://127.0.0.1:{self.port}/0"

    def stop(self) -> None:
        """Stop and remove."""
        self.process.terminate()
        self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def browser_binary() -> str | None:
    """The browser to test with: ``$CHROMIUM``, the system's, else the one that the test tool installed for itself."""
    for name in (os.environ.get("CHROMIUM"), "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name) if name else None
        if found:
            return found
    own = sorted(Path.home().glob(".cache/ms-playwright/chromium-*/chrome-linux*/chrome"))
    own += sorted(Path.home().glob("Library/Caches/ms-playwright/chromium-*/chrome-mac*/Chromium.app/Contents/MacOS/Chromium"))
    return str(own[-1]) if own else None


_drivers: list[Any] = []


@functools.cache
def browser() -> Any:
    """The browser of this process, ``None`` where there is none. There can be one driver only, and several folders of tests ask for a browser."""
    binary = browser_binary()
    if binary is None:
        return None
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=45_000)  # as long as everything else may take: five seconds are nothing on a machine that is busy
    _drivers.append(sync_playwright().start())
    return _drivers[0].chromium.launch(
        executable_path=binary,
        args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--lang=zh-CN"],
        env={**os.environ, "LANGUAGE": "zh_CN"},
    )


def close_browser() -> None:
    """End the browser with its driver."""
    while _drivers:
        _drivers.pop().stop()
