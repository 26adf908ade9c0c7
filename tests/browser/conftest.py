"""A real browser before a real hall. People log in once a worker; their cookies are given to every context that needs them."""

import functools
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy.orm import Session

from core.app import open_site
from core.items.studio import drafts
from core.web.site import Config
from tests.demo_hall import DemoHall
from tests.studio.pages import author, begun

ROOT = Path(__file__).resolve().parents[2]
#: Where pictures are kept; none is made unless somebody asked.
SHOTS = os.environ.get("WANGTING_SCREENSHOTS")
WIDTHS = (1280, 768, 360)
_AXE = next(Path(axe_playwright_python.__file__).parent.glob("**/axe.min.js"))
SOAK = bool(os.environ.get("WANGTING_SOAK"))
_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs a browser."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def hall(demo_hall: DemoHall) -> DemoHall:
    """The demonstration hall of this worker."""
    return demo_hall


def watched(context: BrowserContext) -> BrowserContext:
    """A context in which no script may fail and nothing of the site may be refused or broken."""
    context.set_default_timeout(45_000)
    context.on("weberror", lambda error: pytest.fail(f"script error: {error.error}"))
    context.on("console", lambda message: _no_policy_breach(message.text))
    return context


def _no_policy_breach(text: str) -> None:
    assert "Content Security Policy" not in text, text


@pytest.fixture
def open_desk(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Make a tab for a person: ``open_desk(state, javascript=True, width=1280)``; *state* are the cookies of a log-in."""
    made: list[BrowserContext] = []

    def desk(state: Any = None, *, javascript: bool = True, width: int = 1280) -> Page:
        # without motion: what slides into sight is there at once, and nobody looks while it is on its way
        options: dict[str, Any] = {
            "viewport": {"width": width, "height": 900},
            "locale": "zh-CN",
            "java_script_enabled": javascript,
            "reduced_motion": "reduce",
        }
        made.append(watched(chromium.new_context(**options, storage_state=state)))
        return made[-1].new_page()

    yield desk
    for each in made:
        each.close()


@pytest.fixture(scope="session")
def cookies(chromium: Browser, hall: DemoHall) -> Callable[[str], Any]:
    """The cookies of a person by login; each logs in once, in a browser, like people do."""

    @functools.cache
    def of(login: str) -> Any:
        context = watched(chromium.new_context(locale="zh-CN"))
        page = context.new_page()
        (log_in_citizen if login.isdigit() else log_in_staff)(page, hall, login)
        state = context.storage_state()
        context.close()
        return state

    return of


@pytest.fixture
def person(open_desk: Callable[..., Page], cookies: Callable[[str], Any]) -> Callable[..., Page]:
    """``person("window")``: a tab of somebody who is logged in."""
    return lambda login, **more: open_desk(cookies(login), **more)


@pytest.fixture(scope="session")
def in_the_hall(hall: DemoHall) -> Callable[[Callable[[Session], Any]], Any]:
    """``in_the_hall(work)``: do something in the hall's database, beside its server."""

    def run(work: Callable[[Session], Any]) -> Any:
        environ = {**os.environ, "WANGTING_HOME": str(hall.home), "WANGTING_WORKER": "celery"}
        database = open_site(Config.from_environment(environ)).database
        try:
            with database.session() as session:
                made = work(session)
                session.commit()
                return made
        finally:
            database.close()

    return run


@pytest.fixture(scope="session")
def studio(in_the_hall: Callable[[Callable[[Session], Any]], Any]) -> Mapping[str, str]:
    """Drafts and files in whose pages everybody looks (:mod:`tests.studio.pages`)."""
    from tests.browser.test_accessibility import handed_in, of_the_hall  # it imports this file

    def made(session: Session) -> dict[str, str]:
        found, who = begun(session), author(session)
        draft = drafts.load(session, found["draft"].rsplit("/", 1)[1], actor=who)
        return {**found, **handed_in(session, draft, who), **of_the_hall(session)}

    return dict(in_the_hall(made))


@pytest.fixture
def page(open_desk: Callable[..., Page]) -> Page:
    """A tab of nobody in particular."""
    return open_desk()


def started(page: Page) -> None:
    """Wait until the page is there with its scripts: keys that come before the first picture are lost, and lists are still being redrawn."""
    page.wait_for_load_state("load")
    if page.evaluate("() => matchMedia('(scripting: none)').matches"):
        return
    live = "form:is(:has(script[data-form-live]), [data-uploads])"
    expect(page.locator(f"{live}:not([data-started])")).to_have_count(0, timeout=45_000)


@contextmanager
def next_page(page: Page) -> Iterator[None]:
    """What is done inside leads to another page; afterwards that one is there, with its scripts. A click alone does not wait for where it leads."""
    with page.expect_navigation(wait_until="load"):
        yield
    started(page)


def no_errors(page: Page) -> None:
    """The page that is there complains of nothing."""
    assert not page.locator(".errors").count(), page.locator(".errors").inner_text() + page.url


def until(page: Page, address: str, there: Callable[[], bool]) -> None:
    """Load a page again until it shows what the worker was to do; a machine that is busy may take its time."""
    for _ in range(400):
        page.goto(address)
        if there():
            return
        page.wait_for_timeout(300)
    raise AssertionError(f"{address} does not show it: {page.locator('main').inner_text()[:1500]}")


@functools.cache
def _axe_source() -> str:
    return _AXE.read_text(encoding="utf-8")


#: What is out of sight may be left out of the layout until somebody scrolls there; judged is what they see then.
_LAID_OUT = """() => { for (const each of document.querySelectorAll("[data-entry], .block")) each.style.contentVisibility = "visible"; }"""


def axe(page: Page, *, colours: bool = True, only: Sequence[str] = ()) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA on the page as it stands, or against the rules of *only*.

    Measuring *colours* is half of the time it takes. The page's files are read once more (``preload``) in the long run only: what asks for that are
    sounds that begin by themselves.
    """
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_axe_source())
    page.evaluate(_LAID_OUT)
    wanted = {"type": "rule", "values": list(only)} if only else {"type": "tag", "values": _TAGS}
    rules = {} if only else {"color-contrast": {"enabled": colours}}
    options = {"runOnly": wanted, "resultTypes": ["violations"], "rules": rules, "preload": SOAK}
    found: Any = page.evaluate("options => axe.run(document, options).then(result => result.violations)", options)
    return [f"{v['id']}: {node['target']} {node.get('failureSummary', '')[:300]}" for v in found for node in v["nodes"]]


def overflow(page: Page) -> list[str]:
    """What makes the page itself scroll sideways: selectors of the elements that stick out; empty when it does not."""
    found: list[str] = page.evaluate(
        """() => {
          const wide = document.documentElement.clientWidth;
          if (document.documentElement.scrollWidth <= wide) return [];
          const out = [...document.querySelectorAll("body *")].filter((each) => each.getBoundingClientRect().right > wide + 1);
          const named = (each) => `${each.tagName}.${each.className}#${each.id} ${each.textContent.trim().slice(0, 30)}`;
          return [`page ${document.documentElement.scrollWidth} > ${wide}`, ...out.slice(0, 6).map(named)];
        }"""
    )
    return found


def shoot(page: Page, name: str) -> None:
    """Keep a picture at the widths of the house, where somebody asked for pictures (``make screenshots``)."""
    if not SHOTS:
        return
    Path(SHOTS).mkdir(parents=True, exist_ok=True)
    before = page.viewport_size
    for width, height in ((1280, 900), (360, 740)):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("() => window.scrollTo(0, 0)")
        page.screenshot(path=Path(SHOTS) / f"{name}-{width}.png", full_page=True)
    if before:
        page.set_viewport_size(before)


def log_in_citizen(page: Page, hall: DemoHall, login: str) -> None:
    """Log in at the portal."""
    page.goto(hall.url("/account/login"))
    page.locator("input[name=phone]").fill(login)
    page.locator("input[name=password]").fill(hall.people[login])
    with next_page(page):
        page.locator("main form button").first.click()
    assert "/account/login" not in page.url


def log_in_staff(page: Page, hall: DemoHall, login: str) -> None:
    """Log in at the back office."""
    page.goto(hall.url("/office/login/"))
    page.get_by_label("用户名").fill(login)
    page.get_by_label("密码").fill(hall.people[login])
    with next_page(page):
        page.get_by_role("button", name="登录").click()
    assert "/office/login" not in page.url
