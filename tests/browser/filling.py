"""A citizen at the keyboard: fills any form from plain answers, page after page, with or without JavaScript."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page

from core.kernel.ids import is_id
from tests.demo_hall import DemoHall
from tests.papers import picture

#: Material id → the files to hand in for it.
Papers = Mapping[str, Sequence[tuple[str, bytes]]]
_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}


def payload(name: str, content: bytes) -> FilePayload:
    """A file for an upload field."""
    return {"name": name, "mimeType": _TYPES[name.rsplit(".", 1)[1]], "buffer": content}


def fill(page: Page, values: Mapping[str, Any]) -> None:
    """Type *values* into the fields of this page; answers whose fields are elsewhere or hidden are passed over."""
    for name in page.eval_on_selector_all("form [data-f]", "all => all.map(each => each.dataset.f)"):
        if "-" not in name and values.get(name) is not None:
            _fill(page, name, values[name])


def _fill(page: Page, name: str, value: Any) -> None:
    field = page.locator(f'[data-f="{name}"]').first
    if not field.is_visible():
        return
    kind = field.get_attribute("data-k")
    if kind in ("file", "photo"):  # the answer is a reference; a person hands in a file and the hall makes the reference
        field.locator(f'input[type=file][name="{name}-_file"]').set_input_files([payload("photo.jpg", picture("jpeg"))])
    elif kind == "rows":
        _rows(page, field, name, value)
    elif kind == "group":
        for part, inner in value.items():
            if page.locator(f'[data-f="{name}-{part}"]').count():
                _fill(page, f"{name}-{part}", inner)
    elif kind == "date":
        _date(field, name, value)
    elif kind == "date_range":
        for end in ("from", "to"):
            _date(field, f"{name}-{end}", value[end])
    elif isinstance(value, Mapping):
        for part, inner in value.items():
            control = field.locator(f'[name="{name}-{part}"]:visible')
            if control.count():
                control.fill(str(inner))
    elif kind != "computed":
        _plain(field, name, value)


def _plain(field: Locator, name: str, value: Any) -> None:
    if isinstance(value, list):
        for key in value:
            field.locator(f'input[type=checkbox][name="{name}"][value="{key}"]').check()
        return
    text = {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    pick = field.locator(f'input[name="{name}"][value="{text}"]:is([type=radio],[type=checkbox])')
    select = field.locator(f'select[name="{name}"]')
    if pick.count():
        pick.check()
    elif select.count():
        select.select_option(text) if select.is_visible() else _levels(field, select, text)
    elif field.locator("input[type=checkbox]").count() == 0:
        field.locator(f'[name="{name}"]').fill(text)


def _levels(field: Locator, select: Locator, key: str) -> None:
    """A long list that the script broke into a select a level."""
    above = select.evaluate("list => Object.fromEntries([...list.options].map(each => [each.value, each.dataset.up || '']))")
    trail = [key]
    while above.get(trail[0]):
        trail.insert(0, above[trail[0]])
    for depth, each in enumerate(trail):
        field.locator("select:visible").nth(depth).select_option(each)


def _date(field: Locator, name: str, day: str) -> None:
    for part, text in zip(("year", "month", "day"), day.split("-"), strict=True):
        field.locator(f'[name="{name}-{part}"]').fill(text)


def _entries(page: Page, name: str) -> Locator:
    return page.locator(f'[data-f="{name}"] [data-rows] > [data-entry]')


def _rows(page: Page, field: Locator, name: str, rows: Sequence[Any]) -> None:
    while _entries(page, name).count() < len(rows):
        before = _entries(page, name).count()
        page.locator(f'button[name=_op][value="add:{name}"]').click()
        _entries(page, name).nth(before).wait_for()
    while _entries(page, name).count() > len(rows):
        _entries(page, name).last.locator("button[value^='remove:']").click()
    for index, row in enumerate(rows):
        entry = _entries(page, name).nth(index)
        names = entry.locator("[data-f]").evaluate_all("all => all.map(each => each.dataset.f)")
        for each in names:
            part = re.sub(rf"^{re.escape(name)}-[0-9]+-", "", each)
            if part in row and row[part] is not None:
                _fill(page, each, row[part])


def begin(page: Page, hall: DemoHall, code: str, situation: Mapping[str, str]) -> None:
    """Open the application; as the company when the item is for companies only. Choose the situation."""
    page.goto(hall.url(f"/items/{code}/apply"))
    if "/my/acting" in page.url:
        page.locator("input[name=party]").first.check()
        with page.expect_navigation(wait_until="domcontentloaded"):
            page.locator("main form button.main").click()
    for name, option in situation.items():
        pick = page.locator(f'input[name="_s.{name}"][value="{option}"]')
        if pick.count():
            pick.check()


def go_on(page: Page) -> None:
    """Press “save and continue”."""
    page.locator("main form button.main").first.click()
    page.wait_for_load_state("domcontentloaded")


def answer_pages(page: Page, values: Mapping[str, Any]) -> None:
    """Every page of the form, up to materials or the last look."""
    for _ in range(12):
        here = page.locator("input[name=_page]")
        if not here.count():
            return
        fill(page, values)
        before = page.locator("input[name=_page]").get_attribute("value")
        go_on(page)
        page.locator(f'main:not(:has(input[name=_page][value="{before}"])), .errors').first.wait_for()  # uploads under way hold the page
        assert not page.locator(".errors").count(), page.locator(".errors").inner_text() + page.url
    raise AssertionError(f"the form does not end: {page.url}")


def hand_in(page: Page, papers: Papers) -> None:
    """The materials step, when the item has one."""
    if page.locator("form[data-uploads]").count():
        for material, files in papers.items():
            box = page.locator(f'input[name="new.{material}"]')
            if box.count():
                box.set_input_files([payload(*each) for each in files])
        go_on(page)
    page.locator("#agree, .errors").first.wait_for()  # with a script the page waits for uploads that are under way
    assert not page.locator(".errors").count(), page.locator(".errors").inner_text()


def send(page: Page, owner: str | None = None) -> str:
    """The last look, then submit; returns the id of the case. Where the answers name no authority the page asks: *owner*, else the first of them."""
    if page.locator("input[name=_owner]").count():
        (page.locator("label.pick", has_text=owner).locator("input") if owner is not None else page.locator("input[name=_owner]").first).check()
    page.locator("#agree").check()
    page.locator("main form button.main").click()
    page.wait_for_url("**/receipt")
    case_id = page.url.rsplit("/", 2)[1]
    assert is_id(case_id), page.url
    return case_id


def apply(page: Page, hall: DemoHall, code: str, values: Mapping[str, Any], situation: Mapping[str, str], papers: Papers, owner: str | None = None) -> str:
    """The whole application; returns the id of the case."""
    begin(page, hall, code, situation)
    answer_pages(page, values)
    hand_in(page, papers)
    return send(page, owner)
