"""The life of items in the back office: pages, doors, wrong persons, and what an applicant reads afterwards."""

import json
import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.cases import drafts
from core.identity.service import account_by_login
from core.items import queries as items
from core.items.library import library, read_json
from core.items.models import Item
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from core.web.portal import offer
from tests import fixtures_site as site
from tests.fixtures_catalogue import an_entry
from tests.office.conftest import Office, errors

BENEFIT, CARD, FOOD = "unemployment-benefit", "senior-card", "food-operation-new"
_REQUEST = re.compile(r"/office/items/requests/([0-9a-f-]{36})")


def ask(browser: site.Browser, code: str, kind: str, **more: Any) -> TestResponse:
    return browser.post(f"/office/items/{code}/requests", {"kind": kind, "reason": "系统升级", "command_id": new_id(), **more})


def made(answer: TestResponse) -> str:
    assert answer.status_code == 303, errors(answer) or answer.text[:1500]
    found = _REQUEST.search(answer.headers["Location"])
    assert found is not None
    return found[1]


def review(browser: site.Browser, request: str, verdict: str = "pass", words: str = "") -> TestResponse:
    return browser.post(f"/office/items/requests/{request}/reviews", {"verdict": verdict, "words": words, "command_id": new_id()})


def through(office: Office, code: str, kind: str, **more: Any) -> None:
    request = made(ask(office.staff("chief"), code, kind, **more))
    made(review(office.staff("legal"), request))
    made(review(office.staff("leader"), request))
    offer.forget()


def test_suspending_is_asked_reviewed_for_legality_decided_and_read_by_applicants_on_the_guide(fresh: Office) -> None:
    case = fresh.file(BENEFIT)
    citizen = site.Browser(fresh.app).citizen("13800000001", fresh.built.passwords["13800000001"])
    with fresh.session() as session:
        account = account_by_login(session, "13800000001")
        assert account is not None
        current = items.current(session, BENEFIT)
        drafts.save(session, compiled=current.compiled, version_id=current.version_id, values={}, actor=Actor("citizen", account.id))
    request = made(ask(fresh.staff("chief"), BENEFIT, "suspend", reason="社保系统升级,暂停三天", until="2999-01-04"))
    waiting = fresh.staff("legal").get("/office/items/").text
    assert request in waiting and "等我审核" in waiting
    assert "社保系统升级" in fresh.staff("legal").get(f"/office/items/requests/{request}").text
    made(review(fresh.staff("legal"), request))
    made(review(fresh.staff("leader"), request, words="同意"))
    offer.forget()
    nobody = site.Browser(fresh.app)
    guide = nobody.get(f"/items/{BENEFIT}")
    assert guide.status_code == 200 and "暂停办理" in guide.text and "社保系统升级" in guide.text and f"/items/{BENEFIT}/apply" not in guide.text
    fresh.settle()
    assert "社保系统升级" in citizen.get("/my/messages").text  # who has a draft is told
    refused = citizen.get(f"/items/{BENEFIT}/apply")
    assert refused.status_code == 409 and "社保系统升级" in refused.text
    assert fresh.staff("window").get(f"/office/cases/{case}").status_code == 200  # the running case goes on
    through(fresh, BENEFIT, "resume", reason="升级完成")
    assert "暂停办理" not in nobody.get(f"/items/{BENEFIT}").text
    history = fresh.staff("chief").get(f"/office/items/{BENEFIT}").text
    assert "恢复" in history and "已生效" in history


def test_an_ended_item_shows_why_and_never_comes_back(fresh: Office) -> None:
    through(fresh, CARD, "end", reason="依据已经废止")
    text = site.Browser(fresh.app).get(f"/items/{CARD}").text
    assert "已取消" in text and "依据已经废止" in text
    answer = ask(fresh.staff("chief"), CARD, "resume")
    assert answer.status_code == 409 and "已经取消" in errors(answer)


def test_a_change_is_shown_in_words_to_whoever_reviews_it(fresh: Office) -> None:
    doc = {**read_json(library().items[BENEFIT]), "summary": "换了一句说明。"}
    request = made(ask(fresh.staff("chief"), BENEFIT, "change", document=json.dumps(doc, ensure_ascii=False)))
    page = fresh.staff("legal").get(f"/office/items/requests/{request}").text
    assert "换了一句说明。" in page and "改了什么" in page
    made(review(fresh.staff("legal"), request))
    made(review(fresh.staff("leader"), request))
    offer.forget()
    assert "换了一句说明。" in site.Browser(fresh.app).get(f"/items/{BENEFIT}").text


@pytest.mark.parametrize(("text", "said"), [("{", "JSON"), ("[]", "对象"), ('{"code": "another"}', "another")])
def test_a_document_that_is_none_is_refused_in_words_and_stays_in_the_form(office: Office, text: str, said: str) -> None:
    answer = ask(office.staff("chief"), FOOD, "change", document=text)
    assert answer.status_code == 422 and said in errors(answer)
    assert "系统升级" in answer.text


def test_whoever_has_no_post_for_it_neither_asks_nor_reviews_nor_looks(fresh: Office) -> None:
    request = made(ask(fresh.staff("chief"), FOOD, "suspend"))
    for login in ("window", "reviewer", "supervisor", "yunling-reviewer", "fire"):
        browser = fresh.staff(login)
        assert browser.get(f"/office/items/{FOOD}").status_code == 404, login
        assert ask(browser, FOOD, "end").status_code == 404, login
        assert browser.get(f"/office/items/requests/{request}").status_code == 404, login
        assert review(browser, request).status_code in (403, 404), login
    own = review(fresh.staff("chief"), request)
    assert own.status_code == 403
    withdrawn = fresh.staff("leader").post(f"/office/items/requests/{request}/withdraw", {"command_id": new_id()})
    assert withdrawn.status_code in (403, 404)
    with fresh.session() as session:
        assert session.get(Item, FOOD).status == "published"
    made(fresh.staff("chief").post(f"/office/items/requests/{request}/withdraw", {"command_id": new_id()}))


def test_a_transfer_needs_the_receiver_and_delegation_goes_down(fresh: Office) -> None:
    chief = fresh.staff("chief")
    page = chief.get(f"/office/items/{BENEFIT}").text
    lower = re.findall(r'name="to" value="([0-9a-f-]{36})"', page)
    assert lower
    through(fresh, BENEFIT, "delegate", to=lower[:1], reason="放权到县")
    with fresh.session() as session:
        from core.items.models import ItemOffer

        assert [row.department_id for row in session.query(ItemOffer).filter(ItemOffer.item_code == BENEFIT)] == lower[:1]
    target = re.findall(r'<option value="([0-9a-f-]{36})">[^<]*行政审批局', chief.get(f"/office/items/{CARD}").text)
    request = made(ask(chief, CARD, "transfer", to=target[0], reason="相对集中许可权"))
    made(review(fresh.staff("legal"), request))
    made(review(fresh.staff("leader"), request))
    assert "等接收部门同意" in chief.get(f"/office/items/requests/{request}").text
    assert review(fresh.staff("leader"), request).status_code == 403  # took the step before
    made(review(fresh.staff("head"), request))
    with fresh.session() as session:
        assert session.get(Item, CARD).department == "administrative_approval"


def test_an_entry_is_published_and_claimed_through_the_pages_and_the_report_shows_it(fresh: Office) -> None:
    chief, county = fresh.staff("chief"), fresh.staff("yunling-reviewer")
    office = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>示范市民政局', chief.get("/office/catalogue/").text)[0]
    form = {"department": office, "document": json.dumps(an_entry(), ensure_ascii=False), "reason": "统一", "command_id": new_id()}
    request = made(chief.post("/office/catalogue/", form))
    made(review(fresh.staff("legal"), request))
    made(review(fresh.staff("leader"), request))
    code = an_entry()["code"]
    page = county.get(f"/office/catalogue/{code}").text
    mine = re.findall(r'<option value="([0-9a-f-]{36})"[^>]*>云岭县民政局', page)[0]
    stranger = fresh.staff("window").post(f"/office/catalogue/{code}/claims", {"department": mine, "reason": "要", "command_id": new_id()})
    assert stranger.status_code == 403
    request = made(county.post(f"/office/catalogue/{code}/claims", {"department": mine, "reason": "认领", "command_id": new_id()}))
    made(review(fresh.staff("legal"), request))
    made(review(fresh.staff("yunling-leader"), request))
    assert "云岭县民政局" in chief.get("/office/catalogue/").text
    item = county.get(f"/office/items/{CARD}-990121")
    assert item.status_code == 200 and "未发布" in item.text


def test_the_api_asks_and_reviews_with_the_same_rules_and_a_repeated_key_does_nothing(fresh: Office) -> None:
    chief, legal, stranger = (site.Api(fresh.app, login, fresh.built.passwords[login], "staff") for login in ("chief", "legal", "window"))
    key, body = new_id(), {"kind": "suspend", "reason": "停电"}
    first, again = (chief.post(f"/v1/items/{BENEFIT}/requests", body, key=key) for _ in range(2))
    assert first.status_code == again.status_code == 201 and first.json["id"] == again.json["id"] and again.json["replayed"]
    path = f"/v1/item-requests/{first.json['id']}"
    assert stranger.get(path).status_code == 404 and stranger.post(f"/v1/items/{BENEFIT}/requests", body).status_code == 404
    assert chief.post(f"{path}/reviews", {"verdict": "pass"}).status_code == 403
    assert legal.post(f"{path}/reviews", {"verdict": "return"}).status_code == 422
    assert legal.post(f"{path}/reviews", {"verdict": "pass"}).json["step"] == "decision"
    shown = legal.get(path).json
    assert shown["kind"] == "suspend" and shown["reviews"][0]["verdict"] == "pass" and shown["changes"] == []
    assert chief.get("/v1/catalogue").status_code == 200


def test_running_cases_are_moved_from_the_page_with_a_preview_and_a_result_list(fresh: Office) -> None:
    case = fresh.file(BENEFIT)
    doc = {**read_json(library().items[BENEFIT]), "summary": "换了一句说明。"}
    through(fresh, BENEFIT, "change", document=json.dumps(doc, ensure_ascii=False))
    chief = fresh.staff("chief")
    page = chief.get(f"/office/moving/{BENEFIT}").text
    assert "可以转 1 件" in page and "换了一句说明。" in page
    assert fresh.staff("window").get(f"/office/moving/{BENEFIT}").status_code == 403
    started = chief.post(f"/office/moving/{BENEFIT}", {"reason": "更正说明", "command_id": new_id()})
    assert started.status_code == 303
    fresh.settle()
    shown = chief.get(started.headers["Location"]).text
    assert "已转 1 件" in shown and "已做完" in shown and case in shown
    assert fresh.staff("fire").get(started.headers["Location"]).status_code in (403, 404)
    missing = chief.post(f"/office/moving/{BENEFIT}", {"reason": "", "command_id": new_id()})
    assert missing.status_code == 422
