"""The main job in a real browser: 开饭馆 → guide → application → correction → joint review → decision → licence that verifies."""

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import Page, expect

from core.kernel.masking import mask_name
from tests.browser import filling
from tests.browser.conftest import ROOT, next_page, no_errors, shoot, until
from tests.demo_hall import CITIZEN, DemoHall
from tests.papers import pdf, picture

CITY = "示范市市场监督管理局"
#: The last characters of the citizen's document, which the clerk reads off it.
TAIL = "07232X"
SITUATION = {"kind": "catering", "agent": "self"}
PAPERS = {"layout": [("厨房布局.png", picture())], "rules": [("食品安全制度.pdf", pdf("rules"))]}


def restaurant() -> dict[str, Any]:
    """A noodle restaurant of 350 ㎡ with two cooks and two appliances: the form's own sample, one row more each."""
    form = json.loads((ROOT / "form_definitions" / "food_operation.json").read_text(encoding="utf-8"))
    values: dict[str, Any] = form["samples"][0]["values"]
    second = {**values["staff"][0], "name": "陈桂兰", "id_number": "610117199005050048", "gender": "female"}
    return {
        **values,
        "area": 350,
        "premises_address": "一中路1号",
        "staff": [*values["staff"], second],
        "equipment": [*values["equipment"], {"name": "冷柜", "place": "后厨", "quantity": 2}],
    }


def open_case(page: Page, hall: DemoHall, number: str) -> None:
    """From the worklist into the case, the way a clerk does."""
    page.goto(hall.url(f"/office/?number={number}"))
    with next_page(page):
        page.locator("table.worklist tbody a").first.click()
    assert "/office/cases/" in page.url


def press(page: Page, hall: DemoHall, number: str, task: str, button: str, opinion: str = "") -> None:
    """Press a button of the task with this title."""
    open_case(page, hall, number)
    form = page.locator("form.opinion").filter(has=page.get_by_role("heading", name=task, exact=True))
    if opinion:
        form.locator("textarea[name=opinion]").fill(opinion)
    with next_page(page):
        form.get_by_role("button", name=button, exact=True).click()
    no_errors(page)


def test_from_the_word_to_the_licence(person: Callable[..., Page], page: Page, hall: DemoHall) -> None:
    """Everything of the main job, by seven people, each in a browser of their own."""
    # a stranger finds the guide by an everyday word
    page.goto(hall.url("/"))
    shoot(page, "home")
    page.locator("input[type=search]").first.fill("开饭馆")
    expect(page.get_by_role("option").first).to_contain_text("食品")
    with next_page(page):
        page.locator("input[type=search]").first.press("Enter")
    assert "/search?" in page.url
    shoot(page, "search")
    with next_page(page):
        page.locator("main a", has_text="食品").first.click()
    assert "/items/food-operation-new" in page.url
    expect(page.locator("h1")).to_contain_text("食品")
    shoot(page, "guide")

    # the citizen applies, with repeating rows and files
    me = person(CITIZEN)
    filling.begin(me, hall, "food-operation-new", SITUATION)
    filling.fill(me, restaurant())
    shoot(me, "apply")
    filling.answer_pages(me, restaurant())
    filling.hand_in(me, PAPERS)
    shoot(me, "check")
    case_id = filling.send(me, CITY)
    shoot(me, "receipt")
    number, code = me.locator("dd.b").first.inner_text(), me.locator(".code").first.inner_text()

    # the fire department checks its papers, the window asks for one field and one material
    window, fire, reviewer, chief, leader = (person(login) for login in ("window", "fire", "reviewer", "chief", "leader"))
    press(fire, hall, number, "部门核对材料", "材料齐全")
    window.goto(hall.url("/office/"))
    shoot(window, "worklist")
    open_case(window, hall, number)
    shoot(window, "office-case")
    ask_for_correction(window)

    # the citizen sees why, can change these two and nothing else
    me.goto(hall.url("/my/"))
    shoot(me, "my")
    correct_only_what_was_asked(me, hall, case_id)

    # accepted, reviewed by both departments, signed, decided by the leader
    press(window, hall, number, "受理", "受理")
    press(fire, hall, number, "出具消防意见", "同意", "符合消防安全条件。")
    press(reviewer, hall, number, "审查", "通过", "材料属实。")
    press(chief, hall, number, "审核会签", "同意", "同意。")
    window.goto(hall.url(f"/office/cases/{case_id}"))
    assert not window.get_by_role("button", name="准予许可").count(), "the clerk who accepted must not decide"
    forged = forge(window, hall, case_id, leader, number)
    assert forged == 403, forged
    press(leader, hall, number, "决定", "准予许可", "准予许可。")

    # the licence comes through the outbox, is handed over, verifies in public without the holder's name
    deliver(window, hall, number, code)
    me.goto(hall.url(f"/cases/{case_id}"))
    expect(me.locator("h1")).to_be_visible()
    shoot(me, "case")
    told(me)
    verified(me, page, hall)
    followed_without_login(page, hall, me, case_id)


def ask_for_correction(window: Page) -> None:
    """One field and one material, each with its reason."""
    window.locator("form.opinion details").filter(has=window.locator("input[name=field]")).locator("summary").first.click()
    window.locator("input[name=field][value=premises_address]").check()
    window.locator('input[name="why-field-premises_address"]').fill("门牌号没有写全，请写到层")
    window.locator("input[name=material][value=layout]").check()
    window.locator('input[name="why-material-layout"]').fill("没有标水池的位置")
    with next_page(window):
        window.locator("button[name=action][value=request_correction]").click()
    no_errors(window)


def correct_only_what_was_asked(me: Page, hall: DemoHall, case_id: str) -> None:
    """The page has one field and one upload; what else is sent by hand changes nothing."""
    me.goto(hall.url(f"/cases/{case_id}"))
    with next_page(me):
        me.get_by_role("link", name=re.compile("补正")).first.click()
    assert me.url.endswith("/correct")
    shoot(me, "correct")
    assert me.locator("main [data-f]").evaluate_all("all => [...new Set(all.map(each => each.dataset.f))]") == ["premises_address"]
    assert me.locator("main input[type=file]").evaluate_all("all => all.map(each => each.name)") == ["new.layout"]
    expect(me.locator("main")).to_contain_text("门牌号没有写全")
    expect(me.locator("main")).to_contain_text("没有标水池的位置")
    filling.fill(me, {"premises_address": "一中路1号2层"})
    me.locator('input[name="new.layout"]').set_input_files([filling.payload("厨房布局-改.png", picture(shade=120))])
    me.evaluate(
        """() => { const more = document.createElement("input"); more.name = "area"; more.value = "90"; document.querySelector("main form").append(more); }"""
    )
    with next_page(me):
        me.locator("main form button.main").click()
    assert me.url.endswith(f"/cases/{case_id}")
    me.locator("details", has=me.locator("dl")).first.evaluate("each => { each.open = true }")
    expect(me.locator("main")).to_contain_text("一中路1号2层")
    expect(me.locator("main")).to_contain_text("350")


def forge(window: Page, hall: DemoHall, case_id: str, leader: Page, number: str) -> int:
    """The clerk sends the leader's form by hand; the status of the answer."""
    open_case(leader, hall, number)
    action = leader.locator("form.opinion").first.get_attribute("action") or ""
    token = window.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    command = leader.locator("input[name=command_id]").first.get_attribute("value") or ""
    assert case_id in action
    answer = window.request.post(
        hall.url(action), form={"csrf_token": token, "command_id": command, "action": "grant", "opinion": "同意"}, headers={"Referer": window.url}
    )
    return answer.status


def deliver(window: Page, hall: DemoHall, number: str, code: str) -> None:
    """At the output window: the wrong document is refused and counted, the right one gets the result and its receipt."""
    ready = window.locator("main tbody:not(:has-text('正在制作')) a")
    until(window, hall.url(f"/office/output/?number={number}"), lambda: ready.count() > 0)
    shoot(window, "office-output")
    with next_page(window):
        ready.first.click()
    expect(window.locator("main")).to_contain_text("食品经营许可证")
    hand_over(window, code, "000000")
    expect(window.locator(".errors")).to_contain_text("还可以再试 4 次")
    shoot(window, "office-output-case")
    hand_over(window, code, TAIL)
    expect(window.locator(".toast")).to_contain_text("交给本人了")


def hand_over(window: Page, code: str, tail: str) -> None:
    """Type what is on the receipt and on the document."""
    window.locator("#code").fill(code)
    window.locator("#tail").fill(tail)
    with next_page(window):
        window.get_by_role("button", name="交出").click()


def told(me: Page) -> None:
    """Every step is there, and every date has its reason."""
    steps = me.locator("section[aria-labelledby=past-title] li").all_inner_texts()
    assert len(steps) >= 8, steps
    for word in ("提交", "补正", "受理", "消防", "审查", "会签", "准予", "送达"):
        assert any(word in step for step in steps), (word, steps)
    dated = [step for step in steps if re.search(r"\d+月\d+日", step)]
    assert len(dated) == len(steps), steps
    me.get_by_text("每个期限怎么算的").click()
    reasons = me.locator("details[open] dd").all_inner_texts()
    assert len(reasons) >= 4 and all("起数" in each and "最晚" in each for each in reasons), reasons


def name_of(hall: DemoHall) -> str:
    """The citizen's name, which no public page may show."""
    return hall.what[CITIZEN].split()[0]


def verified(me: Page, stranger: Page, hall: DemoHall) -> None:
    """The PDF opens, my space has it, the public page shows it masked."""
    me.goto(hall.url("/my/"))
    expect(me.locator("main")).to_contain_text("食品经营许可证")
    sheet = me.locator(".licence a[href*='/my/licences/']").first
    content = me.request.get(hall.url(sheet.get_attribute("href") or "")).body()
    assert content.startswith(b"%PDF-") and len(content) > 5_000
    public = me.locator("a[href*='/verify/']").first.get_attribute("href") or ""
    stranger.goto(hall.url(public) if public.startswith("/") else public)
    shoot(stranger, "licence")
    text = stranger.locator("main").inner_text()
    name = hall.what[CITIZEN].split()[0]
    assert "食品经营许可证" in text and "有效" in text and name not in text and mask_name(name) in text, text


def followed_without_login(stranger: Page, hall: DemoHall, me: Page, case_id: str) -> None:
    """With number and query code a stranger sees the steps, not the answers."""
    me.goto(hall.url(f"/cases/{case_id}"))
    with next_page(me):
        me.get_by_role("link", name="收件凭证").first.click()
    code, number = me.locator(".code").first.inner_text(), me.locator("dd.b").first.inner_text()
    stranger.goto(hall.url("/progress"))
    stranger.locator("#number").fill(number)
    stranger.locator("#code").fill(code)
    with next_page(stranger):
        stranger.locator("main form button").first.click()
    assert "/progress/" in stranger.url
    text = stranger.locator("main").inner_text()
    assert "准予" in text and "一中路" not in text and hall.what[CITIZEN].split()[0] not in text
