"""The doors of the back office: every one in reach at every width, by keyboard, and without a script."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import axe, overflow, shoot
from tests.demo_hall import DemoHall

#: What no door may do: stand where neither the eye nor a finger finds it.
HIDDEN = """() => { const row = document.querySelector(".doors .nav"); return row.scrollWidth - row.clientWidth; }"""


@pytest.mark.parametrize("login", ["admin", "leader", "window"])
def test_at_a_desk_s_width_every_door_of_the_row_is_seen(open_desk: Callable[..., Page], cookies: Callable[[str], Any], hall: DemoHall, login: str) -> None:
    page = open_desk(cookies(login))
    page.goto(hall.url("/office/"))
    assert page.evaluate(HIDDEN) == 0
    page.goto(hall.url("/office/?_l_=en"))
    assert page.evaluate(HIDDEN) == 0, "English words are longer"
    shoot(page, f"doors-{login}-english")


def test_rare_doors_stand_behind_one_that_opens_by_keyboard_and_shuts_again(
    open_desk: Callable[..., Page], cookies: Callable[[str], Any], hall: DemoHall
) -> None:
    page = open_desk(cookies("admin"))
    page.goto(hall.url("/office/plugins/"))
    more, calendar = page.locator(".more > summary"), page.locator(".more").get_by_role("link", name="工作日历")
    expect(more).to_have_class("here")
    expect(calendar).to_be_hidden()
    more.focus()
    page.keyboard.press("Enter")
    expect(calendar).to_be_visible()
    for width in (1280, 768, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert overflow(page) == []
        expect(calendar).to_be_in_viewport(ratio=1)
        assert axe(page) == []
    shoot(page, "doors-open")
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.closest('.more') !== null"), "the next stop is the first of them"
    page.keyboard.press("Escape")
    expect(calendar).to_be_hidden()
    expect(more).to_be_focused()
    more.click()
    page.locator("h1").click()
    expect(calendar).to_be_hidden()


def test_without_a_script_they_open_too(open_desk: Callable[..., Page], cookies: Callable[[str], Any], hall: DemoHall) -> None:
    page = open_desk(cookies("admin"), javascript=False)
    page.goto(hall.url("/office/"))
    page.locator(".more > summary").click()
    page.locator(".more").get_by_role("link", name="工作日历").click()
    expect(page.locator("h1")).to_be_visible()
    assert page.url.endswith("/office/calendar/")
