"""A new item is one JSON file and one command, while the hall serves: no Python, no restart."""

import json
from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import filling
from tests.browser.conftest import ROOT, next_page
from tests.browser.test_main_journey import CITY, PAPERS, SITUATION, restaurant
from tests.demo_hall import CITIZEN, DemoHall


def test_copy_edit_apply(person: Callable[..., Page], page: Page, hall: DemoHall) -> None:
    """Guide, route drawing, form, search entry and worklist are there at once."""
    page.goto(hall.url("/search?q=流动早餐车"))
    assert not page.locator("a[href*='/items/breakfast-cart']").count()

    item = json.loads((ROOT / "item_configs" / "market_regulation" / "food-operation-new.json").read_text(encoding="utf-8"))
    item.update(code="breakfast-cart", title="流动早餐车经营备案", short_title="早餐车备案", summary="推车卖早点之前办这件事。", words=["流动早餐车", "卖早点"])
    item["route"]["review"]["nodes"]["decide"]["title"] = "早餐车决定"
    for key in ("title", "short_title", "summary"):
        item["translations"]["en"].pop(key, None)
    copied = hall.home / "breakfast-cart.json"
    copied.write_text(json.dumps(item, ensure_ascii=False), encoding="utf-8")
    hall.run("items", "apply", str(copied), "--publish")

    page.goto(hall.url("/"))
    page.locator("input[type=search]").first.fill("zaocanche")
    with next_page(page):
        page.locator("input[type=search]").first.press("Enter")
    with next_page(page):
        page.locator("main a", has_text="早餐车").first.click()
    expect(page.locator("h1")).to_contain_text("流动早餐车经营备案")
    expect(page.locator("main svg").filter(has_text="早餐车决定")).to_be_visible()

    me = person(CITIZEN)
    values = {**restaurant(), "area": 20}
    case_id = filling.apply(me, hall, "breakfast-cart", values, SITUATION, PAPERS, CITY)
    expect(me.locator("main")).to_contain_text("流动早餐车经营备案")
    window = person("window")
    window.goto(hall.url("/office/?light="))
    expect(window.locator("table.worklist")).to_contain_text("早餐车备案")
    window.goto(hall.url(f"/office/cases/{case_id}"))
    expect(window.get_by_role("button", name="受理", exact=True)).to_be_visible()
