"""A citizen at the screen: fills any form from plain answers, page after page, with or without JavaScript."""

from collections.abc import Mapping, Sequence
from typing import Any

from playwright.sync_api import FilePayload, Locator, Page

from core.kernel.ids import is_id
from tests.browser.conftest import next_page, no_errors, started
from tests.demo_hall import DemoHall
from tests.papers import picture

#: Material id → the files to hand in for it.
Papers = Mapping[str, Sequence[tuple[str, bytes]]]
_TYPES = {"pdf": "application/pdf", "png": "image/png", "jpg": "image/jpeg"}


def payload(name: str, content: bytes) -> FilePayload:
    """A file for an upload field."""
    return {"name": name, "mimeType": _TYPES[name.rsplit(".", 1)[1]], "buffer": content}


#: Answers into the fields of the page, as ``Locator.fill`` and ``check`` put them there but all in one go: each with its events, so that the page's
#: script shows what the next one needs. What takes a person's hands – files, lists that the script broke into levels, rows without a script – is told.
_WRITE = r"""values => {
  const left = [];
  const shown = (each) => each.getClientRects().length > 0;
  const named = (field, name, more = "") => [...field.querySelectorAll(`[name="${CSS.escape(name)}"]${more}`)];
  const set = (control, change) => {
    if (control.disabled || control.readOnly) throw new Error(`${control.name} cannot be changed`);
    change(control);
    for (const kind of ["input", "change"]) control.dispatchEvent(new Event(kind, { bubbles: true }));
  };
  const text = (control, value) => {
    if (!control || !shown(control)) throw new Error(`no place for ${value}`);
    if (control.maxLength > 0 && value.length > control.maxLength) throw new Error(`${control.name} has no room for ${value}`);
    set(control, (each) => { each.value = value; });
  };
  const tick = (box, name, value) => {
    if (!box) throw new Error(`${name} offers no ${value}`);
    if (!box.checked) set(box, (each) => { each.checked = true; });
  };
  const day = (field, name, value) => value.split("-").forEach((part, at) => text(named(field, `${name}-${["year", "month", "day"][at]}`)[0], part));
  const plain = (field, name, value) => {
    if (Array.isArray(value)) { for (const key of value) tick(named(field, name, `[type=checkbox][value="${CSS.escape(key)}"]`)[0], name, key); return; }
    const [box] = named(field, name, `[value="${CSS.escape(String(value))}"]:is([type=radio],[type=checkbox])`);
    const [list] = named(field, name).filter((each) => each.tagName === "SELECT");
    if (box) tick(box, name, value);
    else if (list && !shown(list)) left.push([name, value]);
    else if (list) {
      if (![...list.options].some((each) => each.value === String(value))) throw new Error(`${name} offers no ${value}`);
      set(list, (each) => { each.value = value; });
    } else if (!field.querySelector("input[type=checkbox]")) text(named(field, name)[0], String(value));
  };
  const rows = (field, name, value) => {
    const entries = () => [...field.querySelectorAll(":scope [data-rows] > [data-entry]")];
    if (!field.closest("form").dataset.started && entries().length !== value.length) { left.push([name, value]); return; }
    while (entries().length < value.length) field.querySelector(`button[name=_op][value="add:${CSS.escape(name)}"]`).click();
    while (entries().length > value.length) entries().at(-1).querySelector("button[value^='remove:']").click();
    entries().forEach((entry, at) => {
      for (const { dataset } of [...entry.querySelectorAll("[data-f]")]) write(dataset.f, value[at][dataset.f.slice(name.length + 1).replace(/^\d+-/, "")]);
    });
  };
  const write = (name, value) => {
    const field = document.querySelector(`[data-f="${CSS.escape(name)}"]`);
    if (value === null || value === undefined || !field || !shown(field)) return;
    const kind = field.dataset.k;
    if (kind === "file" || kind === "photo") left.push([name, value]);
    else if (kind === "rows") rows(field, name, value);
    else if (kind === "group") for (const [part, inner] of Object.entries(value)) write(`${name}-${part}`, inner);
    else if (kind === "date") day(field, name, value);
    else if (kind === "date_range") for (const end of ["from", "to"]) day(field, `${name}-${end}`, value[end]);
    else if (typeof value === "object" && !Array.isArray(value)) {
      for (const [part, inner] of Object.entries(value)) {
        const [control] = named(field, `${name}-${part}`).filter(shown);
        if (control) text(control, String(inner));
      }
    } else if (kind !== "computed") plain(field, name, value);
  };
  for (const field of [...document.querySelectorAll("form [data-f]")]) if (!field.dataset.f.includes("-")) write(field.dataset.f, values[field.dataset.f]);
  return left;
}"""


def fill(page: Page, values: Mapping[str, Any]) -> None:
    """Put *values* into the fields of this page; answers whose fields are elsewhere or hidden are passed over."""
    started(page)
    for name, value in page.evaluate(_WRITE, dict(values)):
        field = page.locator(f'[data-f="{name}"]').first
        kind = field.get_attribute("data-k")
        if kind in ("file", "photo"):  # the answer is a reference; a person hands in a file and the hall makes the reference
            field.locator(f'input[type=file][name="{name}-_file"]').set_input_files([payload("photo.jpg", picture("jpeg"))])
        elif kind == "rows":
            _rows_by_the_server(page, name, len(value))
            fill(page, {name: value})
        else:
            _levels(field, field.locator(f'select[name="{name}"]'), str(value))


def _levels(field: Locator, select: Locator, key: str) -> None:
    """A long list that the script broke into a select a level."""
    above = select.evaluate("list => Object.fromEntries([...list.options].map(each => [each.value, each.dataset.up || '']))")
    trail = [key]
    while above.get(trail[0]):
        trail.insert(0, above[trail[0]])
    for depth, each in enumerate(trail):
        field.locator("select:visible").nth(depth).select_option(each)


def _rows_by_the_server(page: Page, name: str, wanted: int) -> None:
    """As many rows as *wanted*, each added or taken away by a page of its own."""
    entries = page.locator(f'[data-f="{name}"] [data-rows] > [data-entry]')
    while (there := entries.count()) != wanted:
        button = page.locator(f'button[name=_op][value="add:{name}"]') if there < wanted else entries.last.locator("button[value^='remove:']")
        with next_page(page):
            button.click()


def begin(page: Page, hall: DemoHall, code: str, situation: Mapping[str, str]) -> None:
    """Open the application; as the company when the item is for companies only. Choose the situation."""
    page.goto(hall.url(f"/items/{code}/apply"))
    if "/my/acting" in page.url:
        page.locator("input[name=party]").first.check()
        with next_page(page):
            page.locator("main form button.main").click()
    for name, option in situation.items():
        pick = page.locator(f'input[name="_s.{name}"][value="{option}"]')
        if pick.count():
            pick.check()


def go_on(page: Page) -> None:
    """Press “save and continue”; with a script the page goes when its uploads have arrived."""
    started(page)
    with next_page(page):
        page.locator("main form button.main").first.click()


def answer_pages(page: Page, values: Mapping[str, Any]) -> None:
    """Every page of the form, up to materials or the last look."""
    for _ in range(12):
        if not page.locator("input[name=_page]").count():
            return
        fill(page, values)
        go_on(page)
        no_errors(page)
    raise AssertionError(f"the form does not end: {page.url}")


def hand_in(page: Page, papers: Papers) -> None:
    """The materials step, when the item has one."""
    started(page)
    if page.locator("form[data-uploads]").count():
        for material, files in papers.items():
            box = page.locator(f'input[name="new.{material}"]')
            if box.count():
                box.set_input_files([payload(*each) for each in files])
        go_on(page)
    no_errors(page)
    page.locator("#agree").wait_for()


def send(page: Page, owner: str | None = None) -> str:
    """The last look, then submit; returns the id of the case. Where the answers name no authority the page asks: *owner*, else the first of them."""
    if page.locator("input[name=_owner]").count():
        (page.locator("label.pick", has_text=owner).locator("input") if owner is not None else page.locator("input[name=_owner]").first).check()
    page.locator("#agree").check()
    with next_page(page):
        page.locator("main form button.main").click()
    no_errors(page)
    case_id, last = page.url.rsplit("/", 2)[1:]
    assert last == "receipt" and is_id(case_id), page.url
    return case_id


def apply(page: Page, hall: DemoHall, code: str, values: Mapping[str, Any], situation: Mapping[str, str], papers: Papers, owner: str | None = None) -> str:
    """The whole application; returns the id of the case."""
    begin(page, hall, code, situation)
    answer_pages(page, values)
    hand_in(page, papers)
    return send(page, owner)
