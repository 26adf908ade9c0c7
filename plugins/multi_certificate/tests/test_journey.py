"""Opening a company in a real browser: from “which certificates do I need” to one licence that carries all, by everybody who has a part in it."""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from plugins.multi_certificate.tests.conftest import BUNDLE, OWN, own_tests
from tests import fixtures_site as site
from tests.browser import filling
from tests.browser.conftest import axe, log_in_citizen, log_in_staff, next_page, no_errors, overflow, shoot, until, watched
from tests.demo_hall import CITIZEN, DemoHall, serve
from tests.papers import pdf
from tests.services import free_port

pytestmark = pytest.mark.browser
GIVEN = own_tests(BUNDLE)["all"]["given"]
SITUATION = {"seal": "yes", "staff": "yes", "bank": "yes", "premises": "lease"}


@pytest.fixture(scope="module")
def hall(mould: site.Built, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    """The hall of this plugin's tests, served."""
    built = site.copy(mould, tmp_path_factory.mktemp("served") / "hall")
    port = free_port()
    env = {**os.environ, **built.environment(PORT=str(port), HOST="127.0.0.1")}
    made = DemoHall(f"http://127.0.0.1:{port}", built.home, env, dict(built.passwords))
    process = serve(made)
    yield made
    process.terminate()
    process.wait(30)
    assert "Traceback" not in made.log, made.log[-4000:]


@pytest.fixture
def person(chromium: Browser, hall: DemoHall) -> Iterator[Callable[..., Page]]:
    """A tab of somebody who is logged in; nobody in particular without a name."""
    open_contexts: list[BrowserContext] = []

    def tab(login: str = "", *, javascript: bool = True) -> Page:
        context = watched(chromium.new_context(locale="zh-CN", viewport={"width": 1280, "height": 900}, java_script_enabled=javascript))
        open_contexts.append(context)
        page = context.new_page()
        if login:
            (log_in_citizen if login.isdigit() else log_in_staff)(page, hall, login)
        return page

    yield tab
    for each in open_contexts:
        each.close()


def looked_at(page: Page, name: str) -> None:
    """The page at both widths: nothing sticks out, nothing that a screen reader would stumble over; a picture is kept where somebody asked."""
    shoot(page, f"multi-certificate-{name}")
    page.set_viewport_size({"width": 360, "height": 740})
    assert overflow(page) == []
    page.set_viewport_size({"width": 1280, "height": 900})
    assert axe(page) == []


def press(page: Page, hall: DemoHall, case_id: str, task: str, button: str) -> None:
    """Press a button of the task with this title, once the worker has opened it."""
    form = page.locator("form.opinion").filter(has=page.get_by_role("heading", name=task, exact=True))
    until(page, hall.url(f"/office/cases/{case_id}"), lambda: form.get_by_role("button", name=button, exact=True).count() > 0)
    with next_page(page):
        form.get_by_role("button", name=button, exact=True).click()
    no_errors(page)


def children(page: Page) -> dict[str, str]:
    """Title → id of the sub-cases that the panel on the case page leads to."""
    rows: Any = page.locator("#certificates-title ~ ul > li:has(a)")
    return {row.locator("b").inner_text(): row.locator("a").first.get_attribute("href").rsplit("/", 1)[1] for row in rows.all()}


def test_from_the_question_to_one_licence_that_carries_all(person: Callable[..., Page], hall: DemoHall) -> None:
    # somebody asks what is needed, without JavaScript and without logging in
    reader = person(javascript=False)
    reader.goto(hall.url("/x/multi_certificate/"))
    for name, option in SITUATION.items():
        reader.locator(f'input[name="{name}"][value="{option}"]').check()
    with next_page(reader):
        reader.get_by_role("button", name="看要办哪些证").click()
    expect(reader.locator("#found-title")).to_have_text("你要办 7 个证")
    apply = reader.get_by_role("link", name="在线办理").get_attribute("href")
    anybody = person()
    anybody.goto(reader.url)
    looked_at(anybody, "finder")
    anybody.goto(hall.url("/items/company-establish"))
    expect(anybody.locator("#certificates-title")).to_be_visible()
    looked_at(anybody, "guide")

    # the citizen applies with the answers given there: one form, one set of papers
    me = person(CITIZEN)
    assert apply is not None and apply.startswith("/items/company-establish/apply?seal=yes")
    filling.begin(me, hall, "company-establish", SITUATION)
    filling.answer_pages(me, GIVEN["form"])
    filling.hand_in(me, {name: [(f"{name}.pdf", pdf(name))] for name in OWN})
    case_id = filling.send(me, "示范市市场监督管理局")

    # the window takes it in, the registrar finds it fit, each department decides its own part
    window, reviewer, chief = person("window"), person("reviewer"), person("chief")
    press(window, hall, case_id, "受理", "受理")
    press(reviewer, hall, case_id, "登记审查", "符合条件,转各部门")
    until(chief, hall.url(f"/office/cases/{case_id}"), lambda: len(children(chief)) == 2)
    looked_at(chief, "office-case")
    for part in children(chief).values():
        press(window, hall, part, "受理", "受理")
        press(reviewer, hall, part, "审核", "审核通过")
        press(chief, hall, part, "核定", "准予登记")
    press(chief, hall, case_id, "核准", "准予登记")
    until(chief, hall.url(f"/office/cases/{case_id}"), lambda: len(children(chief)) == 6)
    seal = children(chief)["公章刻制备案"]
    press(window, hall, seal, "受理", "受理")
    press(reviewer, hall, seal, "登记备案", "准予备案")

    # everybody sees how it stands: staff in their list, the applicant on the case, anybody who has the licence
    until(reviewer, hall.url("/office/x/multi_certificate/cases"), lambda: "3 / 6 个证有结果" in reviewer.locator("main").inner_text())
    looked_at(reviewer, "list")
    stranger = person("fire")
    stranger.goto(hall.url("/office/x/multi_certificate/cases?which=all"))
    expect(stranger.get_by_role("heading", name="没有这样的办件")).to_be_visible()
    until(me, hall.url(f"/cases/{case_id}"), lambda: me.get_by_text("已备案").count() == 1)
    looked_at(me, "case")
    code = me.get_by_role("link", name="公开核验页").first.get_attribute("href")
    assert code is not None
    anybody.goto(hall.url(code))
    expect(anybody.get_by_role("heading", name="这个证照载明的证")).to_be_visible()
    assert anybody.get_by_text("已发证").count() == 2 and anybody.get_by_text("已备案").count() == 1
    looked_at(anybody, "verify")
