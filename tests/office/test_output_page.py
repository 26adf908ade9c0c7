"""统一出件 and 全域通办 in the pages: applied for in a branch hall, decided by the authority that the answers name, handed out over the counter."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select, update

from core.cases import service as cases
from core.cases.models import Case, CaseDelivery, CaseReception
from core.identity.models import Department
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, errors, press

SHOP = "individual-establish"
TAIL = "07232X"
HALL = "/h/yunling"


@pytest.fixture(scope="module")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """A hall with the branch of a county, in which a shop is registered from anywhere in the city."""
    built = site.copy(site.built_once(tmp_path_factory, ("market_regulation/individual-establish",)), tmp_path_factory.mktemp("centre") / "hall")
    made = Office(built, built.app())
    yield made
    made.here.database.close()


def me(office: Office) -> site.Browser:
    return site.Browser(office.app).citizen(CITIZEN, office.built.passwords[CITIZEN])


def to_the_check(browser: site.Browser, hall: str, **answers: str) -> tuple[str, str, Any]:
    """Fill in every page in *hall*; returns the draft's address, its version and the last page."""
    given = site.example(SHOP)
    posted = {**site.flat(given["form"]), **{f"_s.{key}": value for key, value in given["situation"].items()}, **answers}
    answer = browser.post(f"{hall}/items/{SHOP}/apply", posted)
    for _ in range(12):
        here = re.search(r"/drafts/([0-9a-f-]{36})/(\w+)$", answer.headers.get("Location", ""))
        assert here is not None, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
        draft = f"{hall}/drafts/{here[1]}"
        if here[2] in ("materials", "check"):
            break
        answer = browser.post(f"{draft}/{here[2]}", posted)
    for material in given["materials"]:
        sent = browser.post(f"{hall}/uploads", {"draft": here[1], "material": material, "file": picture()}, content_type="multipart/form-data")
        assert sent.status_code == 200, sent.text
    page = browser.get(f"{draft}/check")
    assert page.status_code == 200, re.findall(r'class="err".*?</p>', page.text, re.S)
    version = re.search(r'name="_version" value="(\d+)"', page.text)
    assert version is not None
    return draft, version[1], page


def picture() -> Any:
    import io

    return io.BytesIO(site.png()), "x.png"


def filed(office: Office, answer: Any) -> Case:
    found = re.search(r"/cases/([0-9a-f-]{36})/receipt", answer.headers.get("Location", ""))
    assert found is not None, (answer.status_code, re.findall(r'class="err".*?</p>', answer.text, re.S))
    with office.session() as session:
        return session.get_one(Case, found[1])


def department(office: Office, case: Case) -> str:
    with office.session() as session:
        return str(session.scalar(select(Department.title).where(Department.id == case.department_id)))


def reception(office: Office, case: str) -> CaseReception | None:
    with office.session() as session:
        return session.get(CaseReception, case)


def decide(office: Office, case: str, where: str = "") -> None:
    """Every button until the decision, by the clerks of a place."""
    for _ in range(8):
        with office.session() as session:
            if session.get_one(Case, case).outcome is not None:
                break
        for login in ("window", "reviewer", "chief", "leader"):
            clerk = office.staff(f"{where}{login}")
            page = clerk.get(f"/office/cases/{case}").text
            actions = re.findall(r'name="action" value="(accept|pass|grant|agree)"', page)
            if actions:
                assert press(clerk, case, actions[0], opinion="符合条件").status_code == 303
                break
    office.settle()


def code_of(office: Office, case: str) -> str:
    page = me(office).get(f"/cases/{case}/receipt").text
    found = re.search(r"([0-9A-Z]{4}[ -]){3}[0-9A-Z]{4}", page)
    assert found is not None
    return found[0]


def test_a_citizen_in_a_branch_hall_applies_for_what_another_authority_decides(centre: Office) -> None:
    guide = me(centre).get(f"{HALL}/items/{SHOP}").text
    assert "全域通办：全市的大厅都能申请" in guide and "由那里的部门办理和决定" in guide
    browser = me(centre)
    draft, version, page = to_the_check(browser, HALL, region="示范市青禾区")
    assert "云岭县市场监督管理局收件，由示范市市场监督管理局办理和决定" in re.sub(r"\s", "", page.text)
    assert "交给哪里办" not in page.text and "在哪里领" in page.text
    case = filed(centre, browser.post(f"{draft}/submit", {"_version": version, "_agree": "1", "_way": "pickup", "_place": "here"}))
    assert department(centre, case) == "示范市市场监督管理局"
    here = reception(centre, case.id)
    assert here is not None and here.mode == "online" and here.hall_id is not None and here.staff_id is None
    with centre.session() as session:
        assert session.get_one(CaseDelivery, case.id).department_id == here.department_id != case.department_id
        assert cases.verify(session, case.id).ok
    assert "收件，由" in browser.get(f"/cases/{case.id}").text

    # the receiving window sees how it stands and can do nothing about it; another county's sees nothing
    receiving = centre.staff("yunling-window")
    shown = receiving.get(f"/office/cases/{case.id}")
    assert shown.status_code == 200 and "全域通办" in shown.text and "tasks/1" not in shown.text
    assert press(receiving, case.id, "accept", no=1).status_code == 403
    assert centre.staff("qinghe-window").get(f"/office/cases/{case.id}").status_code == 404
    assert centre.staff("yunling-reviewer").get(f"/office/cases/{case.id}").status_code == 404

    # decided by the authority, handed out where it was taken in
    decide(centre, case.id)
    assert case.number[-12:] in receiving.get("/office/output/").text
    done = receiving.post(
        f"/office/output/{case.id}/pickup", {"command": new_id(), "code": code_of(centre, case.id), "tail": TAIL, "who": "self"}
    )  # fmt: skip
    assert done.status_code == 303, errors(done)
    with centre.session() as session:
        assert session.get_one(Case, case.id).status == "closed" and cases.verify(session, case.id).ok
    assert "已经领走了" in browser.get(f"/cases/{case.id}").text


def test_where_the_answers_name_no_authority_the_applicant_is_asked_and_nobody_guesses(centre: Office) -> None:
    browser = me(centre)
    draft, version, page = to_the_check(browser, HALL)
    assert "交给哪里办" in page.text and not re.search(r'name="_owner"[^>]*checked', page.text)
    sent = {"_version": version, "_agree": "1"}
    refused = browser.post(f"{draft}/submit", sent)
    assert refused.status_code == 422 and "请选交给哪里办" in refused.text
    with centre.session() as session:
        own = session.scalars(select(Department.id).where(Department.title == "云岭县市场监督管理局")).one()
    case = filed(centre, browser.post(f"{draft}/submit", {**sent, "_owner": own}))
    assert case.department_id == own and reception(centre, case.id) is None


def test_one_s_own_place_in_one_s_own_hall_is_no_reception(centre: Office) -> None:
    browser = me(centre)
    draft, version, page = to_the_check(browser, HALL, region="示范市云岭县")
    assert "由云岭县市场监督管理局办理和决定" in re.sub(r"\s", "", page.text) and "在哪里领" not in page.text
    case = filed(centre, browser.post(f"{draft}/submit", {"_version": version, "_agree": "1", "_way": "electronic"}))
    assert department(centre, case) == "云岭县市场监督管理局" and reception(centre, case.id) is None


def test_the_output_window_refuses_the_wrong_person_and_counts(centre: Office) -> None:
    browser = me(centre)
    draft, version, _page = to_the_check(browser, "", region="示范市")
    case = filed(centre, browser.post(f"{draft}/submit", {"_version": version, "_agree": "1", "_way": "pickup"})).id
    decide(centre, case)
    window = centre.staff("window")
    page = window.get(f"/office/output/{case}")
    assert page.status_code == 200 and "营业执照" in page.text and "核对身份" in page.text
    wrong = {"command": new_id(), "code": "0000-0000-0000-0000", "tail": TAIL}
    for left in (4, 3, 2, 1):
        refused = window.post(f"/office/output/{case}/pickup", wrong)
        assert refused.status_code == 422 and f"还可以再试 {left} 次" in errors(refused)
    assert "半小时以后再试" in errors(window.post(f"/office/output/{case}/pickup", wrong))
    right = {"command": new_id(), "code": code_of(centre, case), "tail": TAIL}
    shut = window.post(f"/office/output/{case}/pickup", right)
    assert shut.status_code == 409 and "错的次数太多" in errors(shut)
    assert "交给本人了" not in window.get("/office/output/").text
    with centre.session() as session:
        session.execute(update(CaseDelivery).where(CaseDelivery.case_id == case).values(locked_until=None))
        session.commit()
    proxy = {**right, "who": "proxy", "proxy_name": "李大山", "proxy_kind": "resident_id", "proxy_number": "110105195808150016"}
    assert window.post(f"/office/output/{case}/pickup", proxy).status_code == 422
    done = window.post(f"/office/output/{case}/pickup", {**proxy, "proxy_authority": "授权委托书，2026年11月20日"})
    assert done.status_code == 303 and "交给代领人了" in window.get(done.headers["Location"]).text
    centre.settle()
    assert "送达回证" in browser.get(f"/cases/{case}").text


def test_an_electronic_result_is_in_my_space_at_once_and_opening_it_is_the_read_receipt(centre: Office) -> None:
    browser = me(centre)
    draft, version, _page = to_the_check(browser, "", region="示范市")
    case = filed(centre, browser.post(f"{draft}/submit", {"_version": version, "_agree": "1", "_way": "electronic"})).id
    decide(centre, case)
    from core.cases.service import delivering

    with centre.session() as session:
        delivering.sweep(session)
        session.commit()
    page = browser.get(f"/cases/{case}").text
    assert "已经送到你的" in page
    paper = re.search(rf"/cases/{case}/documents/[0-9a-f-]+", page)
    assert paper is not None and browser.get(paper[0]).status_code == 200
    assert "打开看了" in centre.staff("window").get(f"/office/cases/{case}").text
