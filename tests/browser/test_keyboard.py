"""Without a mouse: apply, hand in, decide; and every stop of the Tab key can be seen."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import filling
from tests.browser.conftest import next_page, no_errors, started
from tests.browser.test_main_journey import restaurant
from tests.demo_hall import CITIZEN, DemoHall
from tests.papers import pdf

#: What the focus looks like: an outline, a ring or a frame that is not there without it.
_LOOK = """() => {
  const here = document.activeElement;
  const seen = (each) => {
    const style = getComputedStyle(each);
    return ["outlineStyle", "outlineWidth", "outlineColor", "boxShadow", "borderColor", "backgroundColor"].map((name) => style[name]).join("|");
  };
  if (!here || here === document.body) return null;
  const box = here.getBoundingClientRect();
  const around = here.closest("label") || here;
  const focused = [seen(here), seen(around)];
  here.blur();
  const plain = [seen(here), seen(around)];
  here.focus({ preventScroll: true });
  const name = `${here.tagName.toLowerCase()} ${here.name || here.id || (here.textContent || "").trim().slice(0, 20)}`;
  const shown = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight;
  return { name, visible: JSON.stringify(focused) !== JSON.stringify(plain), shown };
}"""


def stops(page: Page, most: int = 120) -> list[dict[str, object]]:
    """Every stop of the Tab key from the top of the page, until it begins again."""
    found: list[dict[str, object]] = []
    page.evaluate("() => { document.activeElement?.blur(); window.scrollTo(0, 0); }")
    for _ in range(most):
        page.keyboard.press("Tab")
        stop = page.evaluate(_LOOK)
        if stop is None:
            break
        found.append(stop)
    return found


def to(page: Page, selector: str, most: int = 200) -> None:
    """Press Tab until the element is focused."""
    for _ in range(most):
        if page.evaluate("wanted => document.activeElement?.matches(wanted) || false", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not come to {selector}")


@pytest.mark.parametrize(("login", "path"), [("", "/"), (CITIZEN, "/items/food-operation-new/apply"), ("window", "/office/?light=")])
def test_every_stop_of_the_tab_key_is_seen(login: str, path: str, person: Callable[..., Page], page: Page, hall: DemoHall) -> None:
    """Focus is visible and on screen at every stop; the first one skips to the content."""
    tab = person(login) if login else page
    tab.goto(hall.url(path))
    started(tab)
    found = stops(tab)
    assert len(found) > 8, found
    assert "跳到正文" in str(found[0]["name"]), found[0]
    unseen = [each for each in found if not (each["visible"] and each["shown"])]
    assert not unseen, unseen


def type_answers(page: Page, values: dict[str, object]) -> None:
    """Fill the page's fields in the order of the Tab key, with the keyboard only."""
    for name in page.eval_on_selector_all("form [data-f]", "all => all.filter(each => !each.dataset.f.includes('-')).map(each => each.dataset.f)"):
        field = page.locator(f'[data-f="{name}"]').first
        value = values.get(name)
        if value is None or not field.is_visible() or field.get_attribute("data-k") in ("rows", "group"):
            continue
        text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value  # type: ignore[call-overload]
        if field.locator("input[type=radio]").count():
            pick(page, f'input[name="{name}"]', str(text))
        elif field.locator("input[type=checkbox]").count():
            for key in value if isinstance(value, list) else [text]:
                to(page, f'input[name="{name}"][value="{key}"]')
                page.keyboard.press("Space")
        else:
            to(page, f'[name="{name}"]')
            page.keyboard.press("Control+A")
            page.keyboard.type(str(text))


def pick(page: Page, radios: str, value: str) -> None:
    """Choose one of a group with the arrow keys."""
    to(page, radios)
    page.keyboard.press("Space")
    for _ in range(12):
        if page.evaluate("() => document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys do not come to {radios} {value}")


def test_apply_and_decide_with_the_keyboard_only(person: Callable[..., Page], hall: DemoHall) -> None:
    """A citizen applies for the senior card; a clerk takes the case from the worklist with J and Enter and accepts it."""
    me = person(CITIZEN)
    values = {**restaurant(), "area": 60}
    me.goto(hall.url("/items/food-operation-new"))
    to(me, "main a[href*='/apply']")
    with next_page(me):
        me.keyboard.press("Enter")
    pick(me, 'input[name="_s.kind"]', "catering")
    pick(me, 'input[name="_s.agent"]', "self")
    for _ in range(2):
        type_answers(me, values)
        press_main(me)
    type_answers(me, values)
    add_rows(me, values)
    press_main(me)
    for material in ("layout", "rules"):  # the file chooser is the system's own; the button that opens it is reached with Tab
        hand_in(me, material)
    press_main(me)
    to(me, "#agree")
    me.keyboard.press("Space")
    press_main(me)
    assert me.url.endswith("/receipt")
    number = me.locator("dd.b").first.inner_text()

    clerk = person("window")
    clerk.goto(hall.url(f"/office/?number={number}"))
    clerk.keyboard.press("j")
    with next_page(clerk):
        clerk.keyboard.press("Enter")
    assert "/office/cases/" in clerk.url
    to(clerk, "textarea[name=opinion]")
    clerk.keyboard.type("材料齐全。")
    to(clerk, "button[name=action][value=accept]")
    clerk.keyboard.press("Enter")
    expect(clerk.locator(".toast")).to_contain_text("受理")


def press_main(page: Page) -> None:
    """The main button, with the keyboard."""
    to(page, "main form button.main")
    with next_page(page):
        page.keyboard.press("Enter")
    no_errors(page)


def hand_in(page: Page, material: str) -> None:
    """One file: Tab to the button, Space, the chooser of the system; afterwards the file is listed and the focus is where it was."""
    picker = f'input[name="new.{material}"]'
    to(page, picker)
    with page.expect_file_chooser() as chooser:
        page.evaluate("() => null")  # that choosers are to be caught is said to the page without waiting: once it answers this, it has heard that
        page.keyboard.press("Space")
    chooser.value.set_files([filling.payload(f"{material}.pdf", pdf(material))])
    expect(page.locator(f'.field:has({picker}) .files input[name="file.{material}"]')).to_have_count(1)
    assert page.evaluate("picker => document.activeElement.matches(picker)", picker), "a file that arrives takes nobody's focus"


def add_rows(page: Page, values: dict[str, object]) -> None:
    """Rows, each reached by its first field; a second one is added with the button, which moves the focus into it."""
    for name in ("safety_managers", "staff", "equipment"):
        rows = values[name]
        assert isinstance(rows, list)
        for index, row in enumerate(rows):
            entry = page.locator(f'[data-f="{name}"] [data-entry]').nth(index)
            if not entry.count():
                to(page, f'button[value="add:{name}"]')
                page.keyboard.press("Enter")
                assert page.evaluate("inside => Boolean(document.activeElement.closest(inside))", f'[data-f="{name}"] [data-entry]'), (
                    "the new row has the focus"
                )
            for part in entry.locator("[data-f]").evaluate_all("all => all.map(each => each.dataset.f)"):
                value = row.get(part.rsplit("-", 1)[1])
                if value is None:
                    continue
                if page.locator(f'input[type=radio][name="{part}"]').count():
                    pick(page, f'input[name="{part}"]', str(value))
                elif page.locator(f'select[name="{part}"]').count():
                    to(page, f'select[name="{part}"]')
                    choose(page, str(value))
                else:
                    to(page, f'[name="{part}"]')
                    page.keyboard.press("Control+A")
                    page.keyboard.type(str(value))


def choose(page: Page, value: str) -> None:
    """An option of a list, with the arrow keys."""
    for _ in range(40):
        if page.evaluate("() => document.activeElement.value") == value:
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"the arrow keys do not come to {value}")
