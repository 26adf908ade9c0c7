"""The studio without a mouse: every stop of the Tab key on every page of it, and an item changed from its title on and another handed in with keys only."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import WIDTHS, next_page, started
from tests.browser.test_keyboard import to
from tests.demo_hall import DemoHall
from tests.studio.pages import PAGES, copied

#: Where the Tab key is now: what it is, whether it can be seen, and whether its place on the screen is its own.
_STOP = """() => {
  const here = document.activeElement;
  if (!here || here === document.body) return null;
  const every = [...document.querySelectorAll("*")];
  const frame = here.tagName === "IFRAME";
  const name = `${here.tagName.toLowerCase()} ${here.name || here.id || (here.textContent || "").trim().slice(0, 24)}`;
  const style = getComputedStyle(here), box = here.getBoundingClientRect();
  const label = here.closest("label"), around = label ? getComputedStyle(label) : style;
  const ringed = (each) => each.outlineStyle !== "none" && parseFloat(each.outlineWidth) >= 2;
  const middle = [box.left + Math.min(box.width / 2, 40), box.top + box.height / 2];
  const top = document.elementFromPoint(...middle);
  const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
  const own = !top || here.contains(top) || top.contains(here) || (label && label.contains(top));
  return { skip: here.matches(".skip"), no: every.indexOf(here), frame, name, ringed: frame || ringed(style) || ringed(around), inside, own: frame || own };
}"""
#: To where the first Tab is the page's first stop, also on a page that began at what it is about.
_TOP = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  window.scrollTo(0, 0);
}"""
#: What the Tab key ought to come to: radios count once a group.
_REACHABLE = """() => {
  const seen = (each) => each.checkVisibility({ visibilityProperty: true, contentVisibilityAuto: false }) && each.getClientRects().length;
  const all = [...document.querySelectorAll("a[href],button,input:not([type=hidden]),select,textarea,summary,[tabindex='0'],svg a")];
  const groups = new Set();
  return all.filter((each) => {
    if (each.disabled || each.matches(":disabled") || each.tabIndex < 0 || !seen(each)) return false;
    if (each.type !== "radio") return true;
    if (groups.has(each.name)) return false;
    groups.add(each.name);
    return true;
  }).length;
}"""


def walked(page: Page, most: int = 900) -> list[str]:
    """What is wrong on the way of the Tab key through a page: stops that nobody sees, an order that jumps back, a trap, and what it never comes to."""
    page.evaluate(_TOP)
    wanted: int = page.evaluate(_REACHABLE)
    wrong, last, met, held = [], -1, 0, 0
    for _ in range(most):
        page.keyboard.press("Tab")
        stop: Any = page.evaluate(_STOP)
        if stop is None or (stop["skip"] and met):
            break
        held = held + 1 if stop["no"] == last else 0
        if held > (400 if stop["frame"] else 4):
            return [*wrong, f"{stop['name']}: lets nobody go"]
        if held:
            continue  # a date has several stops; the frame's page is walked through by itself
        met += 1
        wrong += [f"{stop['name']}: {what}" for what in ("ringed", "inside", "own") if not stop[what]]
        if stop["no"] < last:
            wrong.append(f"{stop['name']}: goes back")
            break
        last = stop["no"]
    else:
        wrong.append(f"no end after {most} stops")
    return wrong if met >= wanted else [*wrong, f"{met} stops of {wanted}"]


@pytest.mark.soak
@pytest.mark.parametrize("width", [max(WIDTHS), min(WIDTHS)])
def test_every_stop_on_every_page_of_the_studio(person: Callable[..., Page], hall: DemoHall, studio: Mapping[str, str], width: int) -> None:
    tabs: dict[str, Page] = {}
    found = {}
    for each in PAGES:
        tab = tabs[each.login] if each.login in tabs else tabs.setdefault(each.login, person(each.login, width=width))
        answer = tab.goto(hall.url(each.address.format_map(studio)))
        assert answer is not None and answer.status == 200, (each.name, answer and answer.status)
        started(tab)
        settled(tab)
        found[each.name] = walked(tab)
    assert not any(found.values()), {name: wrong for name, wrong in found.items() if wrong}


def settled(page: Page) -> None:
    """What the page fetches by itself is there."""
    if page.locator("[data-findings]").count():
        expect(page.locator("[data-findings][data-ready]")).to_have_count(1)


def press(page: Page, selector: str) -> None:
    """Come to what the selector names with Tab, press Enter, and be on the page it leads to."""
    to(page, selector)
    with next_page(page):
        page.keyboard.press("Enter")


def focused(page: Page) -> str:
    """What has the focus, as one reads it."""
    return str(page.evaluate("() => document.activeElement.textContent.replace(/\\s+/g, ' ').trim()"))


def test_an_item_is_changed_and_checked_with_keys_only(person: Callable[..., Page], hall: DemoHall, in_the_hall: Callable[..., str]) -> None:
    """The parts, a box, undo and redo, an entry, a field and a station moved, what is found at its spot; and a sound one handed in."""
    me = person("chief")
    me.goto(hall.url(in_the_hall(lambda session: copied(session, "food-by-keys")) + "/?part=basic"))
    started(me)
    me.keyboard.press("Tab")
    assert "跳到正文" in focused(me)
    me.keyboard.press("Enter")
    assert me.evaluate("() => document.activeElement.id") == "main"
    to(me, "form[data-studio] [name=short_title]")
    me.keyboard.press("Control+A")
    me.keyboard.type("开店许可")
    expect(me.locator("main")).to_have_attribute("data-version", "1")
    press(me, "[data-verb=undo]")
    assert me.locator("[name=short_title]").input_value() != "开店许可"
    expect(me.locator("[data-verb=redo]:focus")).to_have_count(1)  # nothing is left to undo
    with next_page(me):
        me.keyboard.press("Enter")
    assert me.locator("[name=short_title]").input_value() == "开店许可"

    press(me, "[data-part=materials]")
    to(me, "main form:has([value=add]) [name=title]")
    me.keyboard.type("摊位照片")
    with next_page(me):
        me.keyboard.press("Enter")
    assert me.locator("form[data-studio] [name=title]").input_value() == "摊位照片"

    press(me, "[data-part=form]")
    order = "() => [...document.querySelectorAll('[data-field]')].map(each => each.dataset.field)"
    before = me.evaluate(order)
    down = f"#field-{before[0]} form:has([value=down]) button"
    press(me, down)
    assert me.evaluate(order)[:2] == [before[1], before[0]]
    expect(me.locator(f"{down}:focus")).to_have_count(1)  # a button that moves is there to be pressed again
    with next_page(me):
        me.keyboard.press("Enter")
    assert me.evaluate(order)[:3] == [*before[1:3], before[0]]

    press(me, "[data-part=route]")
    to(me, "#new-title")
    me.keyboard.type("摊位核对")
    press(me, "#add button[value=step]")
    titles = me.locator(".tree > li > div a > b")
    assert "摊位核对" in titles.all_inner_texts()
    there = titles.all_inner_texts().index("摊位核对")
    press(me, "li.sel > div form:has([value=down]) button")
    assert titles.all_inner_texts().index("摊位核对") > there
    expect(me.locator("[data-findings][data-ready]")).to_have_count(1)
    press(me, "[data-findings] a")
    assert re.search(r"at=|part=|node=|field=", me.url)
    press(me, "a[href$='/publish/']")
    expect(me.locator("main")).to_contain_text("还不能送审")  # nobody has tested where the new desk stands

    me.goto(hall.url(in_the_hall(lambda session: copied(session, "food-sent-by-keys")) + "/publish/"))
    started(me)
    to(me, "main [name=reason]")
    me.keyboard.type("键盘也能送审")
    press(me, "main form:has([name=reason]) button")
    expect(me.locator("main")).to_contain_text("键盘也能送审")
    assert "/office/items/requests/" in me.url
