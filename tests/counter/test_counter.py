"""The comprehensive window: a clerk applies for whoever comes, with the citizens' own form; what the hall has is not asked for twice."""

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from core.cases import queries
from core.cases import service as cases
from core.cases.errors import FourEyes
from core.cases.models import Case, CaseEvent, CaseEvidence, CaseMaterial, CaseParty, Draft
from core.cases.models.filing import CaseFiling
from core.identity.models import Party, Visit
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from tests import fixtures_hall as halls
from tests import fixtures_site as site
from tests.counter import desk
from tests.counter.desk import LIU, WANG

FOOD, PERMIT = "food-operation-new", "residence-permit"


@pytest.fixture
def window(app: Flask, built: site.Built) -> site.Browser:
    return site.Browser(app).staff("window", built.passwords["window"])


def test_a_clerk_files_for_a_person_and_the_person_sees_the_case_in_their_own_space(app: Flask, built: site.Built, window: site.Browser) -> None:
    case_id = desk.file_case(window)
    receipt = window.get(f"/office/counter/cases/{case_id}/receipt")
    assert receipt.status_code == 200 and "查询码" in receipt.text and "王" in receipt.text
    citizen = site.Browser(app).citizen("13800000001", built.passwords["13800000001"])
    assert citizen.get(f"/cases/{case_id}").status_code == 200
    assert f"/office/counter/cases/{case_id}/receipt" in window.get("/office/counter/").text
    with app.extensions["wangting"].database.session() as session:
        case = session.get(Case, case_id)
        assert case is not None and case.channel == "window" and case.account_id is None
        filing = session.get(CaseFiling, case_id)
        assert filing is not None and filing.post == "general_window"
        told = session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case_id, CaseEvent.actor_id == filing.staff_id)).all()
        assert "filed_at_desk" in told
        assert "party:confirmation" in session.scalars(select(CaseMaterial.material).where(CaseMaterial.case_id == case_id)).all()
        assert [row.role for row in session.scalars(select(CaseParty).where(CaseParty.case_id == case_id))] == ["applicant"]
        assert cases.verify(session, case_id).ok


def test_who_has_no_account_gets_the_query_code_and_is_the_same_party_the_next_time(app: Flask, window: site.Browser) -> None:
    first, second = desk.file_case(window, **LIU), desk.file_case(window, **LIU)
    receipt = window.get(f"/office/counter/cases/{first}/receipt").text
    code = re.search(r'class="code">([^<]+)<', receipt)
    assert code is not None
    assert site.Browser(app).get(f"/progress/{code[1].replace(' ', '')}").status_code == 200
    with app.extensions["wangting"].database.session() as session:
        parties = session.scalars(select(CaseParty.party_id).where(CaseParty.case_id.in_([first, second]))).all()
        assert len(parties) == 2 and len(set(parties)) == 1


def test_a_number_with_a_wrong_check_digit_a_permit_of_another_shape_and_a_nameless_person_are_told_beside_the_field(window: site.Browser) -> None:
    wrong = desk.receive(window, name="王小芳", number="110105199003072320")
    assert wrong.status_code == 422 and 'id="number-error"' in wrong.text
    assert desk.receive(window, name="陈样例", document_kind="hk_macau_permit", number="X123").status_code == 422
    assert desk.receive(window, name="陈样例", document_kind="hk_macau_permit", number="H12345678").status_code == 303
    assert desk.receive(window, name="ANNA", document_kind="passport", number="E1234567").status_code == 303
    assert 'id="name-error"' in desk.receive(window, name="", number=WANG["number"]).text
    with window.app.extensions["wangting"].database.session() as session:
        assert len(session.scalars(select(Visit.id)).all()) == 2  # nothing is written for a document that is none


def test_the_wrong_name_on_a_right_number_is_not_the_account_of_that_number(app: Flask, window: site.Browser, built: site.Built) -> None:
    page = window.get(f"/office/counter/visits/{desk.visit_of(desk.receive(window, name='王冒名', number=WANG['number']))}/").text
    assert "没有，凭回执上的查询码查进度" in page
    case_id = desk.file_case(window, name="王冒名", number=WANG["number"])
    assert site.Browser(app).citizen("13800000001", built.passwords["13800000001"]).get(f"/cases/{case_id}").status_code == 404


def test_who_says_the_account_is_not_theirs_is_separated_from_it(app: Flask, window: site.Browser, built: site.Built) -> None:
    visit = desk.visit_of(desk.receive(window, **WANG))
    assert "138****0001" in window.get(f"/office/counter/visits/{visit}/").text
    assert window.post(f"/office/counter/visits/{visit}/disown").status_code == 303
    assert "138****0001" not in window.get(f"/office/counter/visits/{visit}/").text
    answer = desk.send(window, desk.fill(window, visit, "senior-card"))
    case_id = answer.headers["Location"].rpartition("/")[2]
    assert site.Browser(app).citizen("13800000001", built.passwords["13800000001"]).get(f"/cases/{case_id}").status_code == 404


def test_a_company_needs_somebody_who_came_and_its_head_finds_the_case(app: Flask, window: site.Browser, built: site.Built) -> None:
    alone = desk.receive(window, role="applicant", name="青禾餐饮管理有限公司", document_kind="uscc", number="91990100MA0000001G")
    assert alone.status_code == 422
    company = {"for_name": "青禾餐饮管理有限公司", "for_kind": "uscc", "for_number": "91990100MA0000001G"}
    case_id = desk.file_case(window, FOOD, role="legal_representative", **WANG, **company)
    citizen = site.Browser(app).citizen("13800000001", built.passwords["13800000001"])
    assert citizen.get(f"/cases/{case_id}").status_code == 200
    with app.extensions["wangting"].database.session() as session:
        roles = session.scalars(select(CaseParty.role).where(CaseParty.case_id == case_id).order_by(CaseParty.role)).all()
        assert list(roles) == ["applicant", "legal_representative"]
        kind = select(Party.kind).join(CaseParty, CaseParty.party_id == Party.id).where(CaseParty.case_id == case_id, CaseParty.role == "applicant")
        assert session.scalar(kind) == "company"


def test_an_agent_without_the_letter_of_authority_is_refused_and_with_it_the_letter_goes_with_the_case(app: Flask, window: site.Browser) -> None:
    for_whom = {"for_name": "王小芳", "for_kind": "resident_id", "for_number": WANG["number"]}
    bare = desk.receive(window, role="agent", **LIU, **for_whom)
    assert bare.status_code == 422 and 'id="evidence-error"' in bare.text and 'id="authority-error"' in bare.text
    paper = (io.BytesIO(site.png("letter")), "letter.png")
    case_id = desk.file_case(window, role="agent", authority="2026年11月20日的授权委托书", evidence=paper, **LIU, **for_whom)
    with app.extensions["wangting"].database.session() as session:
        assert "party:agent" in session.scalars(select(CaseMaterial.material).where(CaseMaterial.case_id == case_id)).all()


def test_nothing_is_filed_that_the_applicant_did_not_confirm_and_sign(app: Flask, window: site.Browser) -> None:
    draft = desk.fill(window, desk.visit_of(desk.receive(window, **WANG)), "senior-card")
    assert desk.send(window, draft, signed=False).status_code == 422
    assert desk.send(window, draft, _agree="").status_code == 422
    assert desk.send(window, draft, signed=False, _signed=(io.BytesIO(b"MZ not a picture"), "signed.png")).status_code == 422
    with app.extensions["wangting"].database.session() as session:
        assert session.scalar(select(Case.id)) is None
        assert session.scalar(select(Draft.id)) is not None


def test_an_unfinished_draft_is_the_desks_and_resumes_after_the_person_is_identified_again(app: Flask, window: site.Browser) -> None:
    draft = desk.fill(window, desk.visit_of(desk.receive(window, **LIU)), "senior-card")
    again = desk.visit_of(desk.receive(window, **LIU))
    resumed = f"/office/counter/visits/{again}/drafts/{draft.rpartition('/')[2]}"
    assert resumed in window.get(f"/office/counter/visits/{again}/").text
    assert window.get(resumed, follow_redirects=True).status_code == 200
    other = desk.visit_of(desk.receive(window, **WANG))
    assert window.get(f"/office/counter/visits/{other}/drafts/{draft.rpartition('/')[2]}/check").status_code == 404


def test_a_visit_ends_with_the_day(app: Flask, built: site.Built, window: site.Browser) -> None:
    visit = desk.visit_of(desk.receive(window, **WANG))
    with clock.freeze(clock.now() + timedelta(days=1)):
        tomorrow = site.Browser(app).staff("window", built.passwords["window"])
        assert tomorrow.get(f"/office/counter/visits/{visit}/").status_code == 404


def test_what_the_hall_has_is_shown_at_the_desk_with_consent_and_not_without(app: Flask, built: site.Built, window: site.Browser) -> None:
    first = desk.file_case(window, PERMIT)
    assert site.office_press(window, first, 1, "accept").status_code == 303
    with app.extensions["wangting"].database.session() as session:
        number = session.scalar(select(Case.number).where(Case.id == first))
    seen = {}
    for look in ("1", ""):
        draft = desk.fill(window, desk.visit_of(desk.receive(window, **WANG, look=look)), PERMIT, until="materials")
        seen[look] = window.get(f"{draft}/materials").text
        if look:
            version = re.search(r'name="_version" value="(\d+)"', seen[look])
            asked = {name: (io.BytesIO(site.png(name)), f"{name}.png") for name in re.findall(r'name="(new\.[^"]+)"', seen[look].partition("</section>")[2])}
            sent = window.post(f"{draft}/materials", {"_next": "1", "_consent": "1", "_version": version[1] if version else "", **asked})
            assert sent.status_code == 303, re.findall(r'class="err".*?</p>', sent.text, re.S)
            answer = desk.send(window, draft)
            assert answer.status_code == 303
            case_id = answer.headers["Location"].rpartition("/")[2]
    assert "你以前交过" in seen["1"] and str(number) in seen["1"] and "申请人当面同意" in seen["1"]
    assert "你以前交过" not in seen[""]
    with app.extensions["wangting"].database.session() as session:
        assert "case" in session.scalars(select(CaseEvidence.kind).where(CaseEvidence.case_id == case_id)).all()
        visits = session.scalars(select(Visit.may_look).order_by(Visit.id)).all()
        assert visits[-2:] == [True, False]


def test_the_clerk_who_filed_cannot_be_the_one_who_decides_where_the_item_asks_for_four_eyes(app: Flask, built: site.Built, window: site.Browser) -> None:
    """food-operation-new: the leader decides, but not whoever had a hand in the intake."""
    case_id = desk.file_case(window, FOOD)
    database = app.extensions["wangting"].database
    with database.session() as session:
        filed_by = session.get(CaseFiling, case_id)
        assert filed_by is not None
        marking = session.scalars(select(Case.marking).where(Case.id == case_id)).one()
        assert marking["acted"]["intake"] == [filed_by.staff_id]
        people = halls.read_hall(session)
        from core.identity.service import add_post
        from core.kernel.actor import SYSTEM

        department = session.scalars(select(Case.department_id).where(Case.id == case_id)).one()
        for role in ("reviewer", "leader", "section_chief", "expert"):
            add_post(session, filed_by.staff_id, department, role, actor=SYSTEM)
        del people
    with pytest.raises(FourEyes):
        _work_alone(database, case_id, filed_by.staff_id)


def _work_alone(database: object, case_id: str, staff_id: str) -> None:
    """One person presses everything that is to be pressed."""
    actor = Actor("staff", staff_id)
    for _ in range(12):
        with database.session() as session:  # type: ignore[attr-defined]
            view = queries.case_for_staff(session, case_id, actor=actor)
            task = view.tasks[0]
            wanted = next((each for each in ("accept", "pass", "agree", "grant") if any(button.id == each for button in task.actions)), None)
            cases.act(session, case_id, task.no, wanted or "grant", opinion="同意", reason="同意", command_id=new_id(), actor=actor)


def back_at_the_desk(browser: site.Browser, **who: Any) -> str:
    """Somebody is identified once more; where the visit is."""
    return f"/office/counter/visits/{desk.visit_of(desk.receive(browser, **who))}"


def asked_for(app: Flask, built: site.Built, case: str) -> None:
    """The reviewer of the papers asks for an address and a paper once more."""
    view = site.Api(app, "window", built.passwords["window"], "staff").get(f"/v1/tasks/{case}").json
    body = {"action": "request_correction", "data": {"fields": {}, "materials": {"photo": "看不清"}}}
    answer = site.Api(app, "window", built.passwords["window"], "staff").post(f"/v1/tasks/{case}/{view['tasks'][0]['no']}/actions", body)
    assert answer.status_code == 200, answer.text


def test_who_was_asked_for_more_brings_it_to_the_desk_that_filed_the_case(app: Flask, built: site.Built, window: site.Browser) -> None:
    case = desk.file_case(window, **LIU)
    visit = back_at_the_desk(window, **LIU)
    assert f"{visit}/cases/{case}/mend" not in window.get(f"{visit}/").text, "nothing is asked for yet"
    asked_for(app, built, case)
    assert f"{visit}/cases/{case}/mend" in window.get(f"{visit}/").text
    page = window.get(f"{visit}/cases/{case}/mend")
    assert page.status_code == 200 and "看不清" in page.text
    stranger = back_at_the_desk(window, **WANG)  # another person at the same desk, the same case
    for path in (f"{stranger}/cases/{case}/mend", f"{stranger}/cases/{case}/withdraw"):
        assert window.get(path).status_code == 404 and window.post(path, {"command": new_id(), "_command": new_id()}).status_code == 404
    assert case not in window.get(f"{stranger}/").text
    sent = {"_command": new_id(), "new.photo": (io.BytesIO(site.png("clear")), "清楚.png")}
    answer = window.post(f"{visit}/cases/{case}/mend", sent, content_type="multipart/form-data")
    assert answer.status_code == 303, answer.text[:2000]
    with app.extensions["wangting"].database.session() as session:
        assert session.get_one(Case, case).status == "submitted"
        kinds = session.scalars(select(CaseEvent.kind).where(CaseEvent.case_id == case)).all()
        assert "came_to_the_desk" in kinds and cases.verify(session, case).ok


def test_an_application_is_taken_back_at_its_desk_by_the_applicant_and_not_with_a_letter(app: Flask, built: site.Built, window: site.Browser) -> None:
    case = desk.file_case(window, **LIU)
    proxy = {
        **WANG, "role": "agent", "for_name": LIU["name"], "for_kind": "resident_id", "for_number": LIU["number"], "authority": "委托书",
        "evidence": (io.BytesIO(site.png("letter")), "委托书.png"),
    }  # fmt: skip
    other = back_at_the_desk(window, **proxy)
    form = {"command": new_id(), "reason": "不办了"}
    assert f"{other}/cases/{case}/withdraw" not in window.get(f"{other}/").text
    refused = window.post(f"{other}/cases/{case}/withdraw", form)
    assert refused.status_code == 403 and "书面委托只管申请和补正" in refused.text
    visit = back_at_the_desk(window, **LIU)
    assert window.post(f"{visit}/cases/{case}/withdraw", {**form, "command": "x"}).status_code == 404
    assert "请当面跟申请人确认" in window.get(f"{visit}/cases/{case}/withdraw").text
    assert window.post(f"{visit}/cases/{case}/withdraw", form).status_code == 303
    with app.extensions["wangting"].database.session() as session:
        assert session.get_one(Case, case).status == "withdrawn" and cases.verify(session, case).ok
    assert case not in window.get(f"{visit}/").text
    elsewhere = site.Browser(app).staff("yunling-window", built.passwords["yunling-window"])
    assert elsewhere.get(f"{visit}/cases/{case}/withdraw").status_code == 404
