"""The whole application without a script: repeating rows, uploads, last look, correction."""

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.browser import filling
from tests.browser.conftest import next_page
from tests.browser.test_main_journey import CITY, PAPERS, SITUATION, ask_for_correction, open_case, restaurant
from tests.demo_hall import CITIZEN, DemoHall
from tests.papers import picture


def test_apply_and_correct_without_javascript(person: Callable[..., Page], hall: DemoHall) -> None:
    """Rows are added and removed by the server, files travel with the form, errors lead to their field, nothing typed is lost."""
    me = person(CITIZEN, javascript=False)
    values = {**restaurant(), "area": 80}
    filling.begin(me, hall, "food-operation-new", SITUATION)

    # everything wrong at once, named, linked to its field; what was typed stays
    filling.fill(me, {**values, "uscc": "92610117MA6U00001X", "legal_name": ""})
    filling.go_on(me)
    summary = me.locator(".errors a")
    assert {"f-uscc", "f-legal_name"} <= {(each.get_attribute("href") or "").lstrip("#") for each in summary.all()}
    expect(me.locator("[name=operator_name]")).to_have_value(values["operator_name"])
    filling.fill(me, {"uscc": values["uscc"], "legal_name": values["legal_name"]})
    filling.answer_pages(me, {**values, "staff": [*values["staff"], values["staff"][0]]})
    with next_page(me):
        me.get_by_role("link", name="上一步").click()  # one row too many: take it out again
    with next_page(me):
        me.locator('button[name=_op][value="remove:staff:2"]').click()
    assert me.locator('[data-f="staff"] [data-entry]').count() == 2
    filling.go_on(me)

    # files: uploaded with the form, removed again, uploaded anew
    me.locator('input[name="new.layout"]').set_input_files([filling.payload(*PAPERS["layout"][0])])
    with next_page(me):
        me.locator("button[name=_upload]").click()
    expect(me.locator("ul.files li")).to_have_count(1)
    with next_page(me):
        me.locator("button[name=_remove]").click()
    expect(me.locator("ul.files li")).to_have_count(0)
    filling.hand_in(me, PAPERS)
    case_id = filling.send(me, CITY)
    number = me.locator("dd.b").first.inner_text()

    window = person("window", javascript=False)
    open_case(window, hall, number)
    ask_for_correction(window)

    me.goto(hall.url(f"/cases/{case_id}/correct"))
    filling.fill(me, {"premises_address": "一中路1号2层"})
    with next_page(me):
        me.locator("main form button.main").click()
    expect(me.locator(".errors")).to_contain_text("还没有上传")
    expect(me.locator("[name=premises_address]")).to_have_value("一中路1号2层")
    me.locator('input[name="new.layout"]').set_input_files([filling.payload("改.png", picture(shade=90))])
    with next_page(me):
        me.locator("main form button.main").click()
    assert me.url.endswith(f"/cases/{case_id}")
    expect(me.locator("main")).to_contain_text("补正")

    # a double press and a reload file nothing twice
    me.goto(hall.url("/my/"))
    assert me.locator("main").get_by_text(number, exact=True).count() == 1
