"""The comprehensive window in a real browser: a clerk with the desk's (simulated) devices applies for a food licence for a person, who then sees it."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.cli.simulator import Desk, serve
from core.identity.demo import CITIZENS
from tests.browser import filling
from tests.browser.conftest import ROOT, WIDTHS, axe, log_in_citizen, log_in_staff, next_page, no_errors, overflow, shoot, watched
from tests.demo_hall import CITIZEN, DemoHall, start_hall
from tests.services import free_port, serving

ITEM = "food-operation-new"


@pytest.fixture(scope="module")
def devices() -> int:
    """The port of the desk's device service."""
    return free_port()


@pytest.fixture(scope="module")
def hall(devices: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoHall]:
    """A demonstration hall whose desks have that service."""
    hall, process = start_hall(tmp_path_factory, WANGTING_DEVICES=f"http://127.0.0.1:{devices}")
    yield hall
    process.terminate()
    process.wait(30)


@pytest.fixture(scope="module")
def desk(hall: DemoHall, devices: int) -> Iterator[Desk]:
    """The simulator, as ``wangting devices simulate`` runs it."""
    wang = {"name": hall.what[CITIZEN].split()[0], "number": CITIZENS[0][3], "address": "示范市青禾区河湾镇1号"}
    server, desk = serve(hall.base, devices, [wang])
    with serving(server):
        yield desk


@pytest.fixture
def tab(chromium: Browser, hall: DemoHall) -> Iterator[Callable[..., Page]]:
    """A logged-in tab of this hall."""
    made = []

    def open_tab(login: str, *, javascript: bool = True) -> Page:
        context = watched(chromium.new_context(viewport={"width": 1280, "height": 900}, locale="zh-CN", java_script_enabled=javascript))
        made.append(context)
        page = context.new_page()
        (log_in_citizen if login.isdigit() else log_in_staff)(page, hall, login)
        return page

    yield open_tab
    for each in made:
        each.close()


def looked_at(page: Page, name: str) -> None:
    """The page at every width, by axe and for what sticks out; a picture of it is kept."""
    assert axe(page) == []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == [], (name, width)
    page.set_viewport_size({"width": 1280, "height": 900})
    shoot(page, name)


def restaurant() -> dict[str, Any]:
    form = json.loads((ROOT / "form_definitions" / "food_operation.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = form["samples"][0]["values"]
    return values


def press(page: Page, name: str) -> None:
    """A button that leads to another page."""
    with next_page(page):
        page.get_by_role("button", name=name).click()


def fill_in(page: Page, hall: DemoHall) -> None:
    """The generated form, page after page, as far as the materials."""
    for _ in range(10):
        for choice in page.eval_on_selector_all("fieldset:has(input[name^='_s.'])", "all => all.map(each => each.querySelector('input').id)"):
            page.locator(f"#{choice}").check(force=True)
        filling.fill(page, restaurant())
        press(page, "保存并继续")
        no_errors(page)
        if page.url.endswith("/materials"):
            return
    raise AssertionError(page.url)


def test_a_clerk_with_devices_applies_for_a_person_who_sees_it_in_their_space(hall: DemoHall, desk: Desk, tab: Callable[..., Page]) -> None:
    page = tab("window")
    page.goto(hall.url("/office/"))
    with next_page(page):
        page.get_by_role("link", name="综合窗口").click()
    expect(page.locator("[data-devices]")).to_contain_text("身份证读卡器")
    page.get_by_role("button", name="读身份证").click()
    expect(page.get_by_label("姓名", exact=True)).to_have_value(hall.what[CITIZEN].split()[0])
    expect(page.locator("[data-devices]")).to_contain_text("样例证件")
    expect(page.get_by_label("凭什么代表")).to_be_hidden()
    page.locator("input[name=role][value=agent]").focus()
    page.keyboard.press("Space")
    expect(page.get_by_label("凭什么代表")).to_be_visible()  # what a choice asks for opens with it
    page.locator("input[name=role][value=applicant]").check()
    page.get_by_label("同意窗口查大厅已有的本人证照和材料").check()
    looked_at(page, "counter")
    press(page, "证件没问题，往下办")
    expect(page.locator("main")).to_contain_text("读卡核对")
    page.get_by_role("searchbox").fill("开饭馆")
    press(page, "搜索")
    looked_at(page, "counter-visit")
    with next_page(page):
        page.locator("a[href$='/items/food-operation-new/apply']").click()
    shoot(page, "counter-form")
    assert axe(page) == []
    fill_in(page, hall)
    press(page, "保存并继续")
    expect(page.locator(".errors")).to_be_focused()
    for drop in page.locator(".asked, section.field").filter(has=page.locator(".drop[data-material]")).all():
        if drop.locator(".opt").count() == 0:
            drop.get_by_role("button", name="扫描", exact=True).click()
            expect(drop.locator(".files li")).to_have_count(1)
            expect(drop.locator("input[type=hidden][name^='file.']")).to_have_count(1)
            expect(drop.locator(".err")).to_have_count(0)
    consent = page.locator("#consent")
    if consent.count():
        consent.check()
    looked_at(page, "counter-materials")
    press(page, "保存并继续")
    assert page.url.endswith("/check")
    page.get_by_label("以上内容已经读给申请人听").check()
    page.get_by_role("button", name="请申请人在签字板上签名").click()
    expect(page.locator("[data-devices]")).to_contain_text("signature.png")
    looked_at(page, "counter-check")
    press(page, "提交申请")
    assert page.url.endswith("/receipt")
    looked_at(page, "counter-receipt")
    number = page.locator("[data-number]").first.get_attribute("data-number")
    page.get_by_role("button", name="打到回执打印机").click()
    expect(page.locator("[data-devices]")).to_contain_text("已送到打印机")
    assert any(str(number) in line for line in desk.printed[-1])
    assert any("查询码" in line for line in desk.printed[-1])
    citizen = tab(CITIZEN)
    citizen.goto(hall.url("/my/"))
    expect(citizen.locator("main")).to_contain_text("食品经营许可")
    citizen.goto(hall.url("/my/mandates"))
    looked_at(citizen, "mandates")
    citizen.goto(hall.url("/my/mandates/new"))
    looked_at(citizen, "mandate-new")


def test_without_javascript_and_devices_the_desk_types_and_chooses_files(hall: DemoHall, tab: Callable[..., Page]) -> None:
    page = tab("window", javascript=False)
    page.goto(hall.url("/office/counter/"))
    page.get_by_label("姓名", exact=True).fill("李大山")
    page.get_by_label("证件号码", exact=True).fill("11010519580815001")
    press(page, "证件没问题，往下办")
    expect(page.locator(".errors")).to_contain_text("18位")
    page.get_by_label("证件号码", exact=True).fill("110105195808150016")
    press(page, "证件没问题，往下办")
    assert (
        page.locator("form", has_text="申请人说不是他的账号").count() == 0
    )  # the demonstration's citizens have invented names: the number alone proves nothing
    page.get_by_role("searchbox").fill("老年")
    press(page, "搜索")
    with next_page(page):
        page.get_by_role("link", name=re.compile("^开始申请")).first.click()
    expect(page.locator("main")).to_contain_text("到窗口申请")
    assert page.locator(".counter-who").inner_text().startswith("正在给李")
