"""更多操作 on the case page: shown to who may, closed with the reason, refused to others, and what the applicant sees of it."""

import re
from typing import Any

import pytest
from werkzeug.test import TestResponse

from core.cases import service as cases
from core.cases.models import Case
from core.identity.service import add_post
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, errors, press, task

FOOD = "food-operation-new"


def reviewed(office: Office) -> str:
    """A case that the window has accepted."""
    case = office.file(FOOD)
    assert press(office.staff("window"), case, "accept").status_code == 303
    return case


def move(browser: site.Browser, case: str, kind: str, **more: Any) -> TestResponse:
    """Send the form of one move."""
    return browser.post(f"/office/cases/{case}/moves/{kind}", {"kind": kind, "command_id": new_id(), **more})


def appoint(office: Office, case: str, login: str, role: str) -> None:
    with office.session() as session:
        add_post(session, office.staff_id(session, login), session.get(Case, case).department_id, role, actor=SYSTEM)


def citizen(office: Office) -> site.Browser:
    return site.Browser(office.app).citizen(CITIZEN, office.built.passwords[CITIZEN])


def panel(browser: site.Browser, case: str) -> str:
    found = re.search(r'<section class="card note stack" aria-labelledby="moves-h">.*?</section>', browser.get(f"/office/cases/{case}").text, re.S)
    return found[0] if found else ""


def test_the_holder_sees_what_may_be_done_and_others_only_who_must_be_asked(fresh: Office) -> None:
    case = reviewed(fresh)
    mine = panel(fresh.staff("reviewer"), case)
    assert all(words in mine for words in ("转办", "委派", "启动特别程序", "询问申请人")) and "/moves/extend" not in mine
    theirs = panel(fresh.staff("chief"), case)
    assert "转办" not in theirs and "负责人" in theirs and "/moves/" not in theirs
    appoint(fresh, case, "leader", "agency_head")
    head = panel(fresh.staff("leader"), case)
    assert "/moves/extend" in head and "最后一天由" in head and "第四十二条" in head and "/moves/terminate" in head


def test_an_extension_from_the_page_moves_the_last_day_and_reaches_the_applicant(fresh: Office) -> None:
    case = reviewed(fresh)
    appoint(fresh, case, "leader", "agency_head")
    head = fresh.staff("leader")
    shown = re.search(r"最后一天由 (\S+) 改为 (\S+)", panel(head, case))
    assert shown is not None
    empty = move(head, case, "extend", reason=" ")
    assert empty.status_code in (409, 422) and errors(empty)
    assert move(fresh.staff("chief"), case, "extend", reason="科长想延长").status_code == 403
    assert move(head, case, "extend", reason="需要补充核查").status_code == 303
    with fresh.session() as session:
        assert cases.verify(session, case).ok
    assert "延长办理时限" in head.get(f"/office/cases/{case}").text
    again = move(head, case, "extend", reason="再延一次")
    assert again.status_code == 409 and errors(again)
    page = head.get(f"/office/cases/{case}/extension")
    assert page.status_code == 200 and "/moves/extend" not in page.text
    fresh.settle()
    assert "延长" in citizen(fresh).get(f"/cases/{case}").text


def test_a_refused_move_keeps_what_was_written(office: Office) -> None:
    case, reviewer = reviewed(office), office.staff("reviewer")
    refused = move(reviewer, case, "transfer", task=str(task(reviewer, case)), to="nobody", reason="<b>我写的理由</b>")
    assert refused.status_code == 422 and errors(refused)
    assert "&lt;b&gt;我写的理由&lt;/b&gt;</textarea>" in refused.text


def test_a_question_is_answered_on_the_applicants_page(office: Office) -> None:
    case, reviewer = reviewed(office), office.staff("reviewer")
    assert move(reviewer, case, "ask", task=str(task(reviewer, case)), reason="后厨<几个>出口?").status_code == 303
    me = citizen(office)
    page = me.get(f"/cases/{case}").text
    found = re.search(rf"/cases/{case}/inquiries/(\d+)", page)
    assert found is not None and "后厨&lt;几个&gt;出口" in page
    assert "在等你答复一个问题" in page and "你现在不用做什么" not in page
    space = me.get("/my/").text
    assert re.search(rf'href="/cases/{case}">去答复', space) and "等你答复" in space
    empty = me.post(found[0], {"command": new_id(), "words": "  "})
    assert empty.status_code == 422 and "请写答复" in empty.text
    assert me.post(found[0], {"command": new_id(), "words": "两个出口"}).status_code == 303
    assert "/inquiries/" not in me.get(f"/cases/{case}").text
    assert f'href="/cases/{case}">去答复' not in me.get("/my/").text
    assert "两个出口" in reviewer.get(f"/office/cases/{case}").text


def test_urging_is_on_the_record_and_then_closed_for_a_while(office: Office) -> None:
    case, me = reviewed(office), citizen(office)
    assert "催办" in me.get(f"/cases/{case}").text
    assert me.post(f"/cases/{case}/urge", {"command": new_id()}).status_code == 303
    page = me.get(f"/cases/{case}").text
    assert re.search(r'id="urge" disabled', page) and "上次催办" in page
    assert me.post(f"/cases/{case}/urge", {"command": new_id()}).status_code == 409
    assert "申请人催办" in office.staff("reviewer").get(f"/office/cases/{case}").text


def test_the_last_act_is_taken_back_from_the_page(office: Office) -> None:
    case, reviewer = reviewed(office), office.staff("reviewer")
    no = task(reviewer, case)
    assert press(reviewer, case, "pass").status_code == 303
    assert "/moves/take_back" in panel(reviewer, case) and "/moves/take_back" not in panel(office.staff("chief"), case)
    assert move(office.staff("chief"), case, "take_back", task=str(no)).status_code == 403
    assert move(reviewer, case, "take_back", task=str(no)).status_code == 303
    assert task(reviewer, case) != no


@pytest.mark.parametrize(("kind", "more"), [("explode", {}), ("ask", {"task": "-1"}), ("ask", {"task": "9" * 40}), ("ask", {"task": "１"}), ("ask", {})])
def test_nonsense_is_refused_and_nothing_happens(office: Office, kind: str, more: dict[str, str]) -> None:
    case, reviewer = reviewed(office), office.staff("reviewer")
    assert move(reviewer, case, kind, reason="x", **more).status_code in (404, 422)
    with office.session() as session:
        assert cases.verify(session, case).ok


@pytest.mark.parametrize(
    "kind", ["extend", "terminate", "transfer", "delegate", "return_delegate", "take_back", "ask", "open_pause", "close_pause", "add_signer"]
)
def test_a_clerk_of_another_county_finds_no_case_at_any_of_the_doors(office: Office, kind: str) -> None:
    case = reviewed(office)
    answer = move(office.staff("yunling-window"), case, kind, task="2", reason="x", to=new_id(), pause="site_check", department=new_id(), role="leader")
    nothing = move(office.staff("yunling-window"), new_id(), kind, task="2", reason="x", to=new_id(), pause="site_check", department=new_id(), role="leader")
    assert answer.status_code == nothing.status_code and answer.status_code in (404, 422)
    assert FOOD not in answer.text and "食品" not in answer.text
