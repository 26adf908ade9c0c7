"""``wangting serve``: several processes that share what they import, on one port; what stops a hall is said once, before they start."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from core.keys import store as key_store
from tests.cli.conftest import Home
from tests.demo_hall import ROOT, WANGTING
from tests.services import free_port

pytestmark = pytest.mark.long


def _children(pid: int) -> list[int]:
    found = subprocess.run(["ps", "-o", "pid=", "--ppid", str(pid)], capture_output=True, text=True, check=False)
    return [int(each) for each in found.stdout.split()]


def _wait_for(what: Callable[[], object]) -> None:
    for _ in range(600):
        try:
            if what():
                return
        except OSError:
            pass
        time.sleep(0.1)
    raise AssertionError("it did not come")


MANIFEST = {
    "$schema": "https://wangting.example/schemas/plugin_manifest.v1.schema.json",
    "schema_version": 1, "name": "stone", "version": "1.0.0", "title": {"zh": "石头", "en": "Stone"}, "owner": "market_regulation",
    "scope": "site", "sdk": ">=1,<2", "hooks": ["pages"],
}  # fmt: skip
HANGS = """
import time

from core.sdk import Words, hookimpl
from core.sdk.web import Pages

site = Pages("stone")


@site.portal("hang", title=Words("停住", "Hang"))
def hang(ask):
    while True:
        time.sleep(1)


@site.portal("breaks", title=Words("出错", "Breaks"))
def breaks(ask):
    raise ValueError("110101199003071234")


@hookimpl
def pages():
    return [site]
"""


def test_a_hall_is_served_by_several_processes_and_one_that_is_lost_or_in_which_a_plugin_hangs_is_replaced(plain: Home) -> None:
    port = free_port()
    plugin = plain.path / "plugins" / "stone"
    plugin.mkdir(parents=True)
    (plugin / "manifest.json").write_text(json.dumps(MANIFEST), encoding="utf-8")
    (plugin / "plugin.py").write_text(HANGS, encoding="utf-8")
    for command in ("install", "enable"):
        plain.ok("plugins", command, "stone")
    environ = plain.environ(PORT=str(port), WANGTING_WORKER="celery", PYTHONPATH=str(ROOT))

    def ready() -> bool:
        return bool(urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5).status == 200)

    server = subprocess.Popen([WANGTING, "serve", "--workers", "2", "--application", "tests.cli.watched_hall:serve"], env=environ, cwd=ROOT)
    try:
        _wait_for(ready)
        first = set(_children(server.pid))
        assert len(first) == 2
        with pytest.raises(urllib.error.HTTPError, match="502"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/x/stone/breaks", timeout=60)
        assert "failures in a row: 1" in plain.ok("plugins", "list"), "the transaction was rolled back, what went wrong in it was not"
        with pytest.raises(OSError):  # the answer that never comes: its process ended
            urllib.request.urlopen(f"http://127.0.0.1:{port}/x/stone/hang", timeout=60)
        _wait_for(lambda: len(_children(server.pid)) == 2 and len(first & set(_children(server.pid))) == 1)
        assert "/hang did not come back" in plain.ok("plugins", "list")
        # Granian ends as a whole when a process that took another's place dies within some five seconds; this one took nobody's
        (other,) = first & set(_children(server.pid))
        os.kill(other, signal.SIGKILL)
        _wait_for(lambda: len(_children(server.pid)) == 2 and other not in _children(server.pid))
        _wait_for(ready)
        with pytest.raises(urllib.error.HTTPError, match="404"):
            urllib.request.urlopen(f"http://127.0.0.1:{port}/x/stone/hang", timeout=60)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(90)
    assert not _children(server.pid)


BEFORE_THE_FORK = """
import gc, os, threading
from core import app
app.share_application()
fds = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")] if os.path.isdir("/proc/self/fd") else []
links = [os.readlink(each) for each in fds if os.path.lexists(each)]
print(threading.active_count(), sum("socket:" in link or ".db" in link for link in links), gc.get_freeze_count() > 100_000)
from core.web import page
with app._shared.test_request_context("/"):
    print(("office/worklist.html" in str(list(page.environment().cache.keys()))), end=" ")
shared = app.serve()
print("wangting_requests_total{" in shared.test_client().get("/metrics").text, end=" ")
print(shared is app.serve(), threading.active_count(), shared.test_client().get("/readyz").status_code)
"""


def test_what_is_built_before_the_fork_keeps_nothing_open_and_starts_no_thread_until_a_process_serves_it(plain: Home) -> None:
    environ = plain.environ(WANGTING_WORKER="embedded")
    made = subprocess.run([sys.executable, "-c", BEFORE_THE_FORK], env=environ, cwd=ROOT, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    assert made.stdout.split() == ["1", "0", "True", "True", "False", "True", "2", "200"]  # what will be read first is ready, and no page was counted


def test_a_hall_without_its_keys_or_with_a_used_port_is_refused_in_words(plain: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert "in use by another program" in plain.refused("serve", PORT=str(taken.getsockname()[1]))
    key_store.key_file(plain.path).unlink()
    said = plain.refused("serve")
    assert str(key_store.key_file(plain.path)) in said and "Restore it" in said
