"""Two administrators at one item, each in a browser of their own: what either writes is there in the end – beside each other, in the same box, in an entry
that the other removed, through a cut line, a lost answer, a log-in that ended and a page that went away."""

import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import log_in_staff, next_page, started
from tests.demo_hall import DemoHall

ITEM = "food-operation-new"
SHORT, SUMMARY = 'input[name="short_title"]', 'textarea[name="summary"],input[name="summary"]'


@pytest.fixture
def both(person: Callable[..., Page], hall: DemoHall) -> Iterator[tuple[Page, Page, str]]:
    """Two people's tabs at the same draft, and its address; the draft is put aside afterwards."""
    one, other = person("chief"), person("admin")
    one.goto(hall.url("/office/studio/"))
    token = one.locator("input[name=csrf_token]").first.input_value()
    answer = one.request.post(hall.url("/office/studio/"), form={"csrf_token": token, "do": "open", "item": ITEM}, max_redirects=0)
    base = hall.url(answer.headers["location"].rstrip("/"))
    yield one, other, base
    fresh = re.search(r'name="csrf_token" value="([^"]+)"', one.request.get(f"{base}/").text())
    assert fresh is not None
    one.request.post(f"{base}/drop", form={"csrf_token": fresh[1]})


def box(page: Page, which: str) -> Locator:
    return page.locator("form[data-studio]").locator(which).first


def saved(page: Page, version: str) -> None:
    """Everything typed is on the server, and the page knows it."""
    expect(page.locator("main[data-version]")).to_have_attribute("data-version", version)
    expect(page.locator("[data-saved]")).to_have_text(re.compile(r"^\s*已保存 \d\d:\d\d"))


def look_up(page: Page) -> None:
    """Somebody comes back to the window: it asks at once what it would ask within seconds."""
    page.evaluate("dispatchEvent(new Event('focus'))")


def there(page: Page, base: str, text: str) -> bool:
    return text in page.request.get(f"{base}/?part=basic").text()


def test_two_administrators_at_one_item_lose_nothing(both: tuple[Page, Page, str], hall: DemoHall) -> None:
    one, other, base = both
    chief = hall.what["chief"].split()[0]
    for page in both[:2]:
        page.goto(f"{base}/?part=basic")
        started(page)
    expect(other.locator("[data-others]")).to_contain_text(f"{chief} 也在改“基本信息”")
    look_up(one)
    expect(one.locator("[data-others]")).to_contain_text("也在改“基本信息”")

    # different boxes: both stay, and each sees the other's
    box(one, SHORT).fill("开店许可")
    saved(one, "1")
    box(other, SUMMARY).fill("另一位写的简介")
    saved(other, "2")
    expect(box(other, SHORT)).to_have_value("开店许可")
    look_up(one)
    expect(box(one, SUMMARY)).to_have_value("另一位写的简介")
    box(one, SHORT).fill("开店许可证")
    saved(one, "3")
    assert there(one, base, "另一位写的简介"), "what the other wrote is not overwritten by a page that is older"

    # the same box: the second is told, with both texts; what did not clash is saved along
    box(other, SHORT).fill("小店许可")
    clash = other.locator("[data-clashes]")
    expect(clash).to_contain_text("开店许可证")
    expect(clash).to_contain_text("小店许可")
    expect(clash).to_contain_text(chief)
    expect(box(other, SHORT)).to_have_value("小店许可")
    clash.get_by_role("button", name="用我的").click()
    saved(other, "4")

    # each takes back only what is theirs
    with next_page(other):
        other.locator("[data-verb=undo]").click()
    expect(box(other, SHORT)).to_have_value("开店许可证")
    expect(box(other, SUMMARY)).to_have_value("另一位写的简介")

    # the line is cut: typed on, saved when it is back
    one.reload()
    one.context.set_offline(True)
    box(one, SHORT).fill("断网时写的")
    expect(one.locator("[data-saved]")).to_contain_text("没有存上")
    box(other, SUMMARY).fill("断网期间另一位写的")
    saved(other, "6")
    one.context.set_offline(False)
    expect(box(one, SUMMARY)).to_have_value("断网期间另一位写的")
    saved(one, "7")
    assert there(other, base, "断网时写的")

    # the answer is lost on its way, and the writer writes on
    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    one.route("**/edit", lose, times=1)
    box(one, SHORT).fill("存上了但没有回音")
    expect(one.locator("[data-saved]")).to_contain_text("没有存上")
    box(one, SHORT).fill("接着写的")
    saved(one, "9")
    assert there(other, base, "接着写的")

    # the log-in ends; logged in again in another tab, the first goes on
    one.context.clear_cookies()
    box(one, SHORT).fill("退出以后写的")
    expect(one.locator("[data-saved]")).to_contain_text("登录已过期")
    again = one.context.new_page()
    log_in_staff(again, hall, "chief")
    look_up(one)
    saved(one, "10")
    assert there(other, base, "退出以后写的")


@pytest.mark.soak
def test_what_was_typed_outlives_the_page_and_an_entry_that_was_removed(both: tuple[Page, Page, str]) -> None:
    one, other, base = both
    spot = f"{base}/?at=/item/materials/@layout"
    one.goto(spot)
    started(one)
    title = one.locator("form[data-studio]").locator('[name="title"]').first
    one.context.set_offline(True)
    title.fill("没有存上的标题")
    expect(one.locator("[data-saved]")).to_contain_text("没有存上")
    one.context.set_offline(False)
    one.on("dialog", lambda dialog: dialog.accept())
    one.reload()
    started(one)
    expect(title).to_have_value("没有存上的标题")
    saved(one, "1")

    other.goto(f"{base}/?part=materials")
    entry = other.locator("li.block", has_text="没有存上的标题")
    with next_page(other):
        entry.get_by_role("button", name=re.compile("^移除")).click()
    title.fill("改了已经移除的")
    clash = one.locator("[data-clashes]")
    expect(clash).to_contain_text("这里已经被移除")
    expect(clash).to_contain_text("改了已经移除的")
    clash.get_by_role("button", name="用我的").click()
    saved(one, "3")
    other.reload()
    expect(other.locator("main")).to_contain_text("改了已经移除的")
