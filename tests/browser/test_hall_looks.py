"""A colour of the hall is picked and seen at once – by the one who picks it."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser.conftest import next_page
from tests.demo_hall import DemoHall

ACCENT = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"


def test_a_picked_colour_is_in_the_field_and_in_the_preview_and_nowhere_else(person: Callable[..., Page], hall: DemoHall) -> None:
    me = person("admin")
    me.goto(hall.url("/office/studio/"))
    with next_page(me):
        me.locator("form[action='/office/studio/hall/theme/branch/'] button").click()
    main = me.locator("main[data-version]")
    expect(me.get_by_label("文字", exact=False).first).to_have_attribute("placeholder", "#14222c")  # inherited
    before = main.get_attribute("data-version") or ""
    me.locator("[data-f=accent] input[type=color]").fill("#7a1f1f")
    expect(main).not_to_have_attribute("data-version", before)
    expect(me.locator("#f-accent")).to_have_value("#7a1f1f")
    frame = me.frame(name="preview")
    assert frame is not None
    frame.wait_for_function(f"{ACCENT} === '#7a1f1f'")
    me.goto(hall.url("/"))
    assert me.evaluate(ACCENT) != "#7a1f1f"
