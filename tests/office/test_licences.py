"""The licence library at the desk: who finds what, who may act, what a wrong entry is told, and nothing for the wrong person."""

import io
import json
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.audit.models import Entry
from core.kernel.clock import today
from core.kernel.ids import new_id
from core.licences.models import Licence, LicenceRegistration, LicenceUse
from tests.fixtures_site import Browser, png
from tests.office.conftest import Office, errors, press

WORDS = {"basis": "示例法第一条", "reason": "示例理由"}
NUMBER = "11010519900307232X"


@pytest.fixture(scope="module")
def issued(office: Office) -> dict[str, str]:
    """A senior card that the city's civil affairs gave to the first citizen."""
    case = office.file("senior-card")
    window = office.staff("window")
    press(window, case, "accept")
    press(window, case, "grant")
    office.settle()
    with office.session() as session:
        row = session.scalars(select(Licence)).one()
        return {"id": row.id, "number": row.number, "identifier": row.identifier, "case": case, "code": row.verify_code}


def act(browser: Browser, licence_id: str, name: str, **more: str) -> Any:
    return browser.post(f"/office/licences/{licence_id}/acts", {"act": name, "command_id": new_id(), **WORDS, **more})


def test_a_licence_is_found_by_its_whole_numbers_and_shown_masked(office: Office, issued: dict[str, str]) -> None:
    window = office.staff("window")
    for words in ("", issued["number"], issued["identifier"].lower(), issued["code"], NUMBER):
        page = window.get("/office/licences/", query_string={"q": words})
        assert page.status_code == 200 and issued["id"] in page.text, words
        assert "王小芳" not in page.text.split("<main")[1] and "王*芳" in page.text
    assert issued["id"] not in window.get("/office/licences/?q=小芳").text
    assert issued["id"] not in window.get("/office/licences/?status=03").text
    page = window.get(f"/office/licences/{issued['id']}")
    assert page.status_code == 200 and issued["identifier"] in page.text and "王小芳" not in page.text and NUMBER not in page.text


def test_a_wrong_check_character_is_refused_in_words(office: Office, issued: dict[str, str]) -> None:
    wrong = issued["identifier"][:-1] + ("A" if issued["identifier"][-1] != "A" else "B")
    for path in (f"/office/licences/?q={wrong}", f"/verify/{wrong}"):
        page = office.staff("window").get(path)
        assert page.status_code == 422 and "校验" in errors(page), errors(page)
    assert office.staff("window").get("/v1/licences/" + wrong).status_code == 422


@pytest.mark.parametrize("login", ["fire", "yunling-window", "qinghe-leader", "linxi-agent"])
def test_staff_of_another_department_find_nothing(office: Office, issued: dict[str, str], login: str) -> None:
    clerk = office.staff(login)
    assert issued["id"] not in clerk.get("/office/licences/", query_string={"q": issued["number"]}).text
    assert clerk.get(f"/office/licences/{issued['id']}").status_code == 404
    assert act(clerk, issued["id"], "revoke", ground="80_1").status_code == 404


def test_a_clerk_without_the_post_sees_no_button_and_is_refused_at_the_door(office: Office, issued: dict[str, str]) -> None:
    window = office.staff("window")
    assert 'name="act"' not in window.get(f"/office/licences/{issued['id']}").text
    answer = act(window, issued["id"], "suspend", ground="other_law", until=(today() + timedelta(days=9)).isoformat())
    assert answer.status_code == 403
    with office.session() as session:
        assert session.get_one(Licence, issued["id"]).status == "01"


def test_a_leader_suspends_and_resumes_and_everybody_sees_it(office: Office, issued: dict[str, str]) -> None:
    leader, until = office.staff("leader"), (today() + timedelta(days=9)).isoformat()
    page = leader.get(f"/office/licences/{issued['id']}").text
    assert {"suspend", "annul", "revoke", "cancel", "change"} <= set(re.findall(r'name="act" value="(\w+)"', page)) and 'value="resume"' not in page
    missing = act(leader, issued["id"], "suspend", ground="other_law")
    assert missing.status_code == 422 and "最后一天" in errors(missing) and "示例理由" in missing.text
    assert act(leader, issued["id"], "suspend", ground="other_law", until=until).status_code == 303
    shown = leader.get(f"/office/licences/{issued['id']}").text
    assert "暂扣" in shown and "示例理由" in shown and "已核对，没有改动" in shown
    public = Browser(office.app).get(f"/verify/{issued['code']}").text
    assert "暂扣" in public and "示例理由" not in public
    assert act(leader, issued["id"], "suspend", ground="other_law", until=until).status_code == 409
    assert act(leader, issued["id"], "resume").status_code == 303
    assert "有效" in Browser(office.app).get(f"/verify/{issued['code']}").text


def test_a_form_sent_twice_is_one_act(office: Office, issued: dict[str, str]) -> None:
    leader, command = office.staff("leader"), new_id()
    with office.session() as session:
        before = session.get_one(Licence, issued["id"]).event_seq
    for _ in range(2):
        answer = leader.post(f"/office/licences/{issued['id']}/acts", {"act": "change", "command_id": command, **WORDS, "ground": "49", "data-姓名": "王小方"})
        assert answer.status_code == 303
    with office.session() as session:
        old = session.get_one(Licence, issued["id"])
        assert old.event_seq == before + 1 and old.next_id is not None
    assert "已有新版本" in Browser(office.app).get(f"/verify/{issued['code']}").text


# --- the catalogue ---------------------------------------------------------------------------------------------------------------------------------

FORM = {
    "code": "tobacco", "title": "烟草专卖零售许可证", "defining_uscc": "11999900MB0000000G", "type_code": "11999900MB0000000G099", "status": "active",
    "holders": "company", "issuers": "tobacco", "rule": "fixed", "value": "5", "unit": "year", "renewal": "yes", "days_before": "30",
    "faces": "2020 | 2020 年版 | 2020-01-01", "annotations": "note | 监管提示 | 是\ninner | 内部 | 否", "fields": "经营场所 | 是",
}  # fmt: skip


def test_an_administrator_writes_the_catalogue_and_gets_back_what_was_written(fresh: Office) -> None:
    admin = fresh.staff("admin")
    assert admin.post("/office/licences/types/new", FORM).status_code == 303
    page = admin.get("/office/licences/types/tobacco").text
    assert "烟草专卖零售许可证" in page and "inner | 内部 | 否" in page
    exported = {row["code"]: row for row in admin.get("/office/licences/types/export").json}
    assert exported["tobacco"]["annotations"][0] == {"id": "note", "title": "监管提示", "public": True}
    assert exported["tobacco"]["valid"] == {"rule": "fixed", "value": 5, "unit": "year"}
    assert exported["senior-card"]["translations"]["en"]["title"]
    assert admin.post("/office/licences/types/tobacco", {**FORM, "status": "ended", "title": "旧证"}).status_code == 303
    assert "已停用" in admin.get("/office/licences/types/").text
    whole = admin.get("/office/licences/types/export").text
    assert admin.post("/office/licences/types/import", {"types": whole}).status_code == 303
    assert admin.get("/office/licences/types/export").text == whole


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"defining_uscc": "11999900MB0000000H"}, "校验"), ({"type_code": "1"}, "证照类型代码"), ({"title": ""}, "名称"), ({"value": "many"}, "数量"),
        ({"days_before": "60"}, "第五十条"), ({"faces": "2020 | x | 昨天"}, "启用日期"), ({"code": "senior-card"}, "已经有了"), ({"code": "A B"}, "代码"),
        ({"annotations": "a b | x | 是"}, "批注代码"), ({"type_code": "11999900MB0000000G002"}, "已经是"),
    ],
)  # fmt: skip
def test_a_wrong_entry_is_refused_in_words_and_nothing_is_written(office: Office, changes: dict[str, str], words: str) -> None:
    admin = office.staff("admin")
    before = admin.get("/office/licences/types/export").text
    answer = admin.post("/office/licences/types/new", {**FORM, **changes})
    assert answer.status_code == 422 and words in errors(answer), errors(answer)
    assert admin.get("/office/licences/types/export").text == before


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", "7", '{"code": "x"}', '[{"code": "x", "defining_uscc": 7}]', "[" * 5000])
def test_what_is_no_catalogue_is_refused_in_words(office: Office, text: str) -> None:
    answer = office.staff("admin").post("/office/licences/types/import", {"types": text})
    assert answer.status_code == 422 and errors(answer) and "Traceback" not in answer.text


@pytest.mark.parametrize("login", ["window", "leader", "supervisor"])
def test_the_catalogue_is_for_administrators(office: Office, login: str) -> None:
    clerk = office.staff(login)
    assert clerk.get("/office/licences/types/").status_code == 403
    assert clerk.post("/office/licences/types/import", {"types": "[]"}).status_code == 403


# --- 补登 ------------------------------------------------------------------------------------------------------------------------------------------


def paper(office: Office, **changes: Any) -> dict[str, Any]:
    with office.session() as session:
        from core.identity.models import Department, Division

        query = select(Department.id).join(Division).where(Department.code == "market_regulation", Division.code == "990100")
        department = session.scalars(query).one()
    made: dict[str, Any] = {
        "do": "save", "type_code": "business-licence", "department": department, "number": f"纸 {new_id()[-6:]}", "issued_on": "2019-05-01",
        "valid_from": "2019-05-01", "holder_name": "王小芳", "holder_document": "resident_id", "holder_number": NUMBER,
        "scan": (io.BytesIO(png()), "scan.png"),
    }  # fmt: skip
    return {**made, **changes}


def enter(office: Office, login: str = "window", **changes: Any) -> Any:
    return office.staff(login).post("/office/licences/papers/new", paper(office, **changes), content_type="multipart/form-data")


def test_a_paper_licence_is_typed_in_by_one_and_taken_in_by_another(fresh: Office) -> None:
    answer = enter(fresh, number="JY-2019-7")
    assert answer.status_code == 303, errors(answer)
    where = answer.headers["Location"]
    own = fresh.staff("window").get(where).text
    assert "由另一个人审核" in own and 'value="take"' not in own
    assert fresh.staff("window").post(where + "/review", {"do": "take", "reason": "一致"}).status_code == 403
    reviewer = fresh.staff("reviewer")
    assert "JY-2019-7" in reviewer.get("/office/licences/papers/").text and NUMBER in reviewer.get(where).text
    assert reviewer.get(where + "/scan").mimetype == "image/png"
    assert reviewer.post(where + "/review", {"do": "take", "reason": " "}).status_code == 422
    taken = reviewer.post(where + "/review", {"do": "take", "reason": "与扫描件逐项一致"})
    assert taken.status_code == 303
    page = reviewer.get(taken.headers["Location"]).text
    assert "补登" in page and "JY-2019-7" in page and "王小芳" not in page
    assert reviewer.post(where + "/review", {"do": "return", "reason": "迟了"}).status_code == 409
    fresh.settle()
    with fresh.session() as session:
        row = session.scalars(select(Licence).where(Licence.number == "JY-2019-7")).one()
        assert row.origin == "paper" and row.pdf_blob_id is not None
        actions = set(session.scalars(select(Entry.action).where(Entry.action.startswith("licences.regist"))))
        assert {"licences.registration_entered", "licences.registration_taken", "licences.registered"} <= actions
        code = row.verify_code
    assert "补登" in Browser(fresh.app).get(f"/verify/{code}").text
    again = enter(fresh, number="JY-2019-7")
    assert again.status_code == 409 and "已经在库里" in errors(again)


def test_an_entry_that_differs_from_its_scan_goes_back_with_the_reason(office: Office) -> None:
    where = enter(office).headers["Location"]
    assert office.staff("reviewer").post(where + "/review", {"do": "return", "reason": "姓名不一致"}).status_code == 303
    assert "姓名不一致" in office.staff("window").get(where).text
    with office.session() as session:
        row = session.get_one(LicenceRegistration, where.rsplit("/", 1)[1])
        assert row.state == "returned" and row.licence_id is None


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"number": " "}, "照纸质证照"), ({"holder_number": "110105199003072320"}, "校验"), ({"issued_on": "2999-01-01"}, "晚于今天"),
        ({"issued_on": "x"}, "日期"),
        ({"valid_to": "2018-01-01"}, "早于"), ({"scan": (io.BytesIO(b""), "")}, "扫描件"), ({"scan": (io.BytesIO(b"MZ"), "x.exe")}, "x.exe"),
        ({"identifier": "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.V"}, "校验"),
        ({"identifier": "1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U"}, "证照类型代码"),
        ({"case_no": "没有这个"}, "没有这个办件"), ({"department": "x"}, "发证机关"), ({"type_code": "nothing"}, "证照目录"),
    ],
)  # fmt: skip
def test_a_wrong_paper_entry_is_refused_in_words(office: Office, changes: dict[str, Any], words: str) -> None:
    answer = enter(office, **changes)
    assert answer.status_code in (409, 422) and words in errors(answer), (answer.status_code, errors(answer))


@pytest.mark.parametrize("login", ["leader", "fire", "yunling-window", "admin"])
def test_nobody_types_papers_in_for_a_department_without_the_post(office: Office, login: str) -> None:
    answer = enter(office, login)
    assert answer.status_code == 422 and "发证机关" in errors(answer)


@pytest.mark.parametrize("login", ["fire", "yunling-window", "qinghe-reviewer"])
def test_an_entry_of_another_department_does_not_exist(office: Office, login: str) -> None:
    where = enter(office).headers["Location"]
    clerk = office.staff(login)
    assert clerk.get(where).status_code == clerk.get(where + "/scan").status_code == 404
    assert clerk.post(where + "/review", {"do": "take", "reason": "一致"}).status_code == 404


# --- on the case page ------------------------------------------------------------------------------------------------------------------------------


def test_a_missing_licence_is_registered_from_the_case_then_taken_and_every_look_is_told_to_its_holder(fresh: Office) -> None:
    case = fresh.file("food-operation-new")
    window = fresh.staff("window")
    page = window.get(f"/office/cases/{case}").text
    found = re.search(r"/office/licences/papers/new\?case=([^&\"]+)&amp;type=business-licence", page)
    assert found is not None and "库里没有申请人的" in page
    assert 'value="business-licence" selected' in window.get(f"/office/licences/papers/new?case={found[1]}&type=business-licence").text
    mismatch = enter(fresh, case_no=found[1], holder_number="110105195808150016", holder_name="李大山")
    assert mismatch.status_code == 422 and "不一样" in errors(mismatch)
    where = enter(fresh, case_no=found[1]).headers["Location"]
    assert fresh.staff("reviewer").post(where + "/review", {"do": "take", "reason": "一致"}).status_code == 303
    fresh.settle()
    page = window.get(f"/office/cases/{case}").text
    taken = re.search(rf"/office/cases/{case}/licences/([0-9a-f-]+)/use", page)
    assert taken is not None
    assert window.get(f"/office/cases/{case}/licences/{taken[1]}").status_code == 404  # nobody has taken it yet
    assert fresh.staff("fire").post(f"/office/cases/{case}/licences/{taken[1]}/use").status_code == 404
    assert fresh.staff("reviewer").post(f"/office/cases/{case}/licences/{taken[1]}/use").status_code == 404  # sees the case, has no task
    assert window.post(f"/office/cases/{case}/licences/{taken[1]}/use").status_code == 303
    copy = window.get(f"/office/cases/{case}/licences/{taken[1]}")
    assert copy.mimetype == "application/pdf" and copy.data.startswith(b"%PDF")
    other = fresh.file("unemployment-benefit")
    assert window.get(f"/office/cases/{other}/licences/{taken[1]}").status_code == 404  # the leave is this case's
    assert act(fresh.staff("leader"), taken[1], "suspend", ground="other_law", until=(today() + timedelta(days=9)).isoformat()).status_code == 303
    refused = window.get(f"/office/cases/{case}/licences/{taken[1]}")
    assert refused.status_code == 422 and "暂扣" in refused.text
    with fresh.session() as session:
        use = session.scalars(select(LicenceUse).where(LicenceUse.licence_id == taken[1])).one()
        assert use.case_no == found[1]
        assert "办理" not in json.dumps(str(use.sealed))
