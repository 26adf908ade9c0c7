"""The document designer in a browser: what stands on the sheet stands there on paper, and writing on it is all it takes."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from sqlalchemy.orm import Session

from tests.browser.conftest import next_page, shoot
from tests.demo_hall import DemoHall
from tests.studio.pages import copied

#: How far, in points of paper, a line of the sheet may be from where it is printed.
NEAR = 1.5
#: Lines of the sheet as (words, x, baseline) in points of paper.
_SHEET = """sheet => {
  const box = sheet.getBoundingClientRect(), pt = box.width / 595.2756;
  return [...sheet.querySelectorAll(".ln, .s-signed span, .s-hint span, .s-leaf")].map((line) => {
    const range = document.createRange();
    range.selectNodeContents(line);
    const mark = document.createElement("span");
    mark.style.display = "inline-block";
    line.append(mark);
    const made = [line.textContent.trim(), (range.getClientRects()[0].left - box.left) / pt, (mark.getBoundingClientRect().bottom - box.top) / pt];
    mark.remove();
    return made;
  });
}"""
#: Pieces of text on a drawn page, whatever is turned left out.
_PAGE = """page => [...page.querySelectorAll("text:not([transform])")].map((text) => [text.textContent, +text.getAttribute("x"), +text.getAttribute("y")])"""


def test_a_document_is_written_on_a_sheet_that_has_the_lines_of_paper(
    person: Callable[..., Page], hall: DemoHall, in_the_hall: Callable[[Callable[[Session], str]], str]
) -> None:
    me, draft = person("chief"), in_the_hall(lambda session: copied(session, "food-papers"))
    me.goto(hall.url(f"{draft}/documents/?kind=acceptance"))
    me.evaluate("document.fonts.ready")
    shown = me.locator("[data-sheet]").evaluate(_SHEET)
    preview = me.frame_locator("iframe[data-preview]")
    printed = preview.locator("svg.paper").first.evaluate(_PAGE)
    assert len(shown) > 14
    for words, x, y in shown:
        near = [(there, px, py) for there, px, py in printed if there.strip() == words]
        assert any(abs(px - x) <= NEAR and abs(py - y) <= NEAR for _, px, py in near), (words, x, y, near)

    consult = me.locator("#p-consult")
    consult.locator(".set").click()
    expect(consult.locator(".name-in")).to_have_text("咨询电话")
    me.keyboard.press("Control+End")
    me.keyboard.type("工作日接听，找")
    me.get_by_label("插入这一件的内容").select_option("department")
    me.get_by_role("button", name="插入", exact=True).click()
    expect(me.locator("[data-saved]")).to_have_text(re.compile(r"已保存 \d\d:\d\d"))
    expect(preview.locator("svg.paper").first).to_contain_text("工作日接听，找示范市市场监督管理局")
    expect(me.locator("[data-live=state]")).to_contain_text("自己的文字")
    expect(consult.locator("textarea")).to_have_value(re.compile(r"^咨询电话.\{\{consult\}\}。工作日接听，找\{\{department\}\}$"))
    shoot(me, "studio-documents")
    with next_page(me):
        me.keyboard.press("Alt+ArrowUp")
    order = [each.get_attribute("data-para") for each in me.locator("form[data-movable]").all()]
    assert order.index("consult") == order.index("due_unknown") - 1
    with next_page(me):
        me.get_by_role("button", name="恢复平台的文字").click()
    expect(me.locator("[data-sheet]")).not_to_contain_text("工作日接听")
