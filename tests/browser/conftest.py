"""A real hall – ``wangting init --demo`` and ``wangting run`` – and a real browser."""

import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.services import browser_binary, free_port

ROOT = Path(__file__).resolve().parents[2]
SHOTS = Path(os.environ.get("WANGTING_SCREENSHOTS") or ROOT / "build" / "screenshots")
_PERSON = re.compile(r"^  (\S+)\s+(\S{8,})\s+(\S+)\s+(.+)$")


@dataclass
class DemoHall:
    """A running demonstration hall: its address, its people, its log."""

    base: str
    home: Path
    people: dict[str, str] = field(default_factory=dict)  #: login → password
    what: dict[str, str] = field(default_factory=dict)  #: login → what they are

    def url(self, path: str) -> str:
        """An address in the hall."""
        return self.base + path

    def find(self, *words: str) -> str:
        """The login of the person whose description has all *words*."""
        for login, what in self.what.items():
            if all(word in what for word in words):
                return login
        raise LookupError(f"nobody is {words}: {self.what}")


def start_hall(home: Path, **environ: str) -> tuple[DemoHall, subprocess.Popen[bytes]]:
    """Set up a hall in *home* the way ``make run`` does, and serve it."""
    port = free_port()
    env = {**os.environ, "WANGTING_HOME": str(home), "PORT": str(port), "HOST": "127.0.0.1", **environ}
    wangting = str(Path(sys.executable).parent / "wangting")
    done = subprocess.run([wangting, "init", "--demo"], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    hall = DemoHall(f"http://127.0.0.1:{port}", home)
    for line in done.stdout.splitlines():
        if match := _PERSON.match(line):
            login, password, name, what = match.groups()
            hall.people[login], hall.what[login] = password, f"{name} {what}"
    return hall, serve(hall, env)


def serve(hall: DemoHall, env: dict[str, str]) -> subprocess.Popen[bytes]:
    """``wangting run`` until it answers."""
    log = (hall.home / "server.log").open("ab")
    process = subprocess.Popen([str(Path(sys.executable).parent / "wangting"), "run"], env=env, cwd=ROOT, stdout=log, stderr=log)
    for _ in range(300):
        try:
            urllib.request.urlopen(hall.url("/healthz"), timeout=2)
            return process
        except OSError:
            assert process.poll() is None, (hall.home / "server.log").read_text(errors="replace")[-3000:]
            time.sleep(0.1)
    raise AssertionError("the hall did not come up")


@pytest.fixture(scope="session")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    """One demonstration hall for this worker."""
    made, process = start_hall(tmp_path_factory.mktemp("hall"))
    yield made
    process.terminate()
    process.wait(20)
    log = (made.home / "server.log").read_text(errors="replace")
    assert "Traceback" not in log, log[-4000:]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, found by tests.services."""
    binary = browser_binary()
    if binary is None:
        pytest.fail("no browser: run make test, which installs one or says how")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=binary, args=["--no-sandbox", "--disable-dev-shm-usage", "--disable-background-networking", "--lang=zh-CN"]
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A person with an empty cookie jar at a desk of 1280 px."""
    made = chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN")
    made.set_default_timeout(20_000)
    yield made
    made.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab; a script error or a refused resource fails the test."""
    tab = context.new_page()
    tab.on("pageerror", lambda error: pytest.fail(f"script error on {tab.url}: {error}"))
    return tab


def axe(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA on the page as it stands."""
    found: Any = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]})
    return [f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:200]}" for v in found.response["violations"] for node in v["nodes"]]


def shoot(page: Page, name: str) -> None:
    """Keep a picture at the widths of the house."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for width, height in ((1280, 900), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.screenshot(path=SHOTS / f"{name}-{width}.png", full_page=True)
    if before:
        page.set_viewport_size(before)


def log_in_citizen(page: Page, hall: DemoHall, login: str) -> None:
    """Log in at the portal."""
    page.goto(hall.url("/account/login"))
    page.locator("input[name=phone]").fill(login)
    page.locator("input[name=password]").fill(hall.people[login])
    page.locator("main form button").first.click()
    page.wait_for_url(lambda url: "/account/login" not in url)


def log_in_staff(page: Page, hall: DemoHall, login: str) -> None:
    """Log in at the back office."""
    page.goto(hall.url("/office/login/"))
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(hall.people[login])
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/office/")
