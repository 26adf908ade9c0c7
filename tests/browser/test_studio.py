"""An item made in the browser by somebody who writes no code: copied, asked one thing more, led over one desk more, mended, tested, reviewed, published,
and there for a citizen."""

import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import next_page, shoot
from tests.demo_hall import CITIZEN, DemoHall

CODE = "night-stall"


def write(page: Page, box: Locator, text: str) -> None:
    """Type into a box; afterwards it is on the server."""
    main = page.locator("main[data-version]")
    before = main.get_attribute("data-version") or ""
    box.fill(text)
    expect(main).not_to_have_attribute("data-version", before)
    expect(page.locator("[data-saved]")).to_have_text(re.compile(r"^\s*已保存 \d\d:\d\d"))


def part(page: Page, title: str) -> None:
    """Go to a part of the item; where the parts are folded away they are opened first."""
    link = page.locator("nav.parts").get_by_role("link", name=re.compile(f"^{title}"))
    if not link.first.is_visible():
        page.get_by_text("事项的组成", exact=True).first.click()
    with next_page(page):
        link.first.click()


def test_an_item_is_made_tested_reviewed_and_published_without_code(person: Callable[..., Page], hall: DemoHall) -> None:
    me = person("chief")
    me.goto(hall.url("/office/studio/"))
    me.get_by_label("名称").fill("夜市食品摊经营登记")
    me.get_by_label("代码").fill(CODE)
    me.get_by_label("从什么开始").select_option("food-operation-new")
    with next_page(me):
        me.get_by_role("button", name="新建", exact=True).click()
    base = me.url.split("/?")[0].rstrip("/")

    part(me, "表单")
    section = me.locator("section[data-section$='@base']")
    section.get_by_label("种类").select_option("text")
    section.get_by_label("问什么").fill("摊位")
    with next_page(me):
        section.get_by_role("button", name="加字段").click()
    preview = me.frame_locator("iframe[data-preview]")
    expect(preview.get_by_label("摊位", exact=False).first).to_be_visible()
    write(me, me.locator("form[data-studio] input[name=title]"), "摊位号")
    expect(preview.get_by_label("摊位号", exact=False).first).to_be_visible()

    part(me, "路由")
    me.locator("#add").get_by_label("名称").fill("摊位核对")
    with next_page(me):
        me.locator("#add").get_by_role("button", name="环节").click()
    expect(me.locator("h2", has_text="路由").first).to_contain_text("8 步，最长 8 个工作日，承诺 10")
    limit = me.locator("form[data-studio]:has(input[name=unit]) input[name=value]")
    write(me, limit, "6")
    me.goto(f"{base}/publish/")
    expect(me.locator("main")).to_contain_text("还不能送审")
    expect(me.locator("main")).to_contain_text(re.compile("13 个工作日.*超过承诺"))
    me.go_back(wait_until="load")
    write(me, limit, "2")
    shoot(me, "studio-route")

    for _ in range(6):  # the tests of the item that was copied know nothing of the new desk
        me.goto(f"{base}/?part=tests")
        with next_page(me):
            me.get_by_role("button", name=re.compile("^移除")).first.click()
    part(me, "测试")
    with next_page(me):
        me.get_by_role("button", name="一次补齐").click()
    expect(me.locator("main")).to_contain_text("全部通过")

    with next_page(me):
        me.get_by_role("link", name="检查并送审").click()
    expect(me.locator("main")).to_contain_text("可以送审")
    me.get_by_label("为什么改").fill("夜市开放，摊位要登记")
    with next_page(me):
        me.get_by_role("button", name="送审第 1 版").click()
    request = me.url
    for login in ("legal", "leader"):
        reviewer = person(login)
        reviewer.goto(request)
        with next_page(reviewer):
            reviewer.get_by_role("button", name=re.compile("通过|同意")).first.click()
    citizen = person(CITIZEN)
    citizen.goto(hall.url(f"/items/{CODE}"))
    expect(citizen.locator("h1")).to_contain_text("夜市食品摊经营登记")
    citizen.goto(hall.url(f"/items/{CODE}/apply"))
    expect(citizen.get_by_label("摊位号", exact=False).first).to_be_visible()
