"""The case page: what it shows, what it hides, and every kind of button."""

import re

import pytest
from sqlalchemy import func, select, update

from core.audit.models import Entry
from core.cases import service as cases
from core.cases.models import Case, CaseEvent, CaseMaterial
from core.identity.service import add_post
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from tests.fixtures_hall import counted
from tests.fixtures_site import Api, Browser, example
from tests.office.conftest import CITIZEN, Office, errors, press, task
from tests.papers import pdf

BENEFIT, CARD, FOOD = "unemployment-benefit", "senior-card", "food-operation-new"
NUMBER = "610117198503120032"


def status(office: Office, case: str) -> tuple[str, str | None]:
    """Where the case stands, and that its record is whole."""
    with office.session() as session:
        assert cases.verify(session, case).ok
        row = session.get(Case, case)
        return row.status, row.outcome


def events(office: Office, case: str) -> int:
    with office.session() as session:
        return int(session.scalar(select(func.count()).select_from(CaseEvent).where(CaseEvent.case_id == case)))


def audited(office: Office, action: str, case: str) -> list[Entry]:
    with office.session() as session:
        return list(session.scalars(select(Entry).where(Entry.action == action, Entry.subject_id == case)))


def test_answers_are_masked_until_a_reason_is_given_and_the_look_is_recorded(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    page = window.get(f"/office/cases/{case}").text
    assert NUMBER not in page and "6222021001112345670" not in page and "无锡样例机械厂" in page
    refused = window.post(f"/office/cases/{case}/reveal", {"reason": "  "})
    assert refused.status_code == 422 and NUMBER not in refused.text and "事由" in errors(refused)
    assert audited(office, "case.revealed", case) == []
    shown = window.post(f"/office/cases/{case}/reveal", {"reason": "核对身份证原件"})
    assert shown.status_code == 200 and NUMBER in shown.text
    (entry,) = audited(office, "case.revealed", case)
    assert entry.actor_kind == "staff" and "核对身份证原件" in entry.detail
    again = window.get(f"/office/cases/{case}").text
    assert NUMBER not in again and "查看完整信息" in again
    assert audited(office, "cases.looked", case)


def test_accepting_moves_the_case_on_and_leads_back_to_what_waits(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    answer = press(window, case, "accept", **{"title-accept": "受理", "number": "990100X0001"})
    assert answer.status_code == 303 and answer.headers["Location"] == "/office/"
    assert status(office, case) == ("in_review", None)
    assert "990100X0001：受理。现在：审查中" in window.get(answer.headers["Location"]).text


def test_declining_needs_a_reason_and_keeps_the_disposition(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    refused = press(window, case, "decline", disposition="not_authority")
    assert refused.status_code == 422 and errors(refused)
    assert status(office, case)[0] == "submitted"
    nowhere = press(window, case, "decline", disposition="not_authority", opinion="不归市里管")
    assert nowhere.status_code == 422 and "向哪个机关申请" in nowhere.text and "不归市里管" in nowhere.text
    assert press(window, case, "decline", disposition="not_authority", authority="区人社局", opinion="应向区人社局申请").status_code == 303
    assert status(office, case)[0] in ("declined", "closed")
    page = window.get(f"/office/cases/{case}").text
    assert "不属于本机关职权范围" in page and "应向区人社局申请" in page and "not_authority" not in page


def test_a_disposition_that_is_none_counts_as_other(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    assert press(window, case, "decline", disposition="<script>", opinion="说明").status_code == 303
    page = window.get(f"/office/cases/{case}").text
    assert "其他法定情形" in page and "&lt;script&gt;" not in page


def test_a_correction_names_fields_and_materials_with_reasons(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    asked = {"field": ["months"], "why-field-months": "与参保记录不符", "material": ["id_card"], "why-material-id_card": "看不清"}
    assert press(window, case, "request_correction", **asked).status_code == 303
    assert status(office, case)[0] == "correction_requested"
    page = window.get(f"/office/cases/{case}").text
    assert "等待补正" in page
    assert re.search(r"受理期限.*?还剩 5 个工作日.*?用了 0 个工作日，共 5.*?因等待补正暂停.*?这个日子怎么算的", page, re.S), (
        "a stopped clock says of what, how much and why"
    )
    mine = Browser(office.app).citizen(CITIZEN, office.built.passwords[CITIZEN]).get(f"/cases/{case}/correct").text
    assert re.search(r"最晚\d{4}年.*?这个日子怎么算的.*?起数", mine, re.S), "the last day to correct has the way to its counting"


def test_a_step_says_until_when_and_how_that_day_was_counted(office: Office) -> None:
    case, window = office.file(FOOD), office.staff("window")
    assert press(window, case, "accept").status_code == 303
    page = office.staff("reviewer").get(f"/office/cases/{case}").text
    step = page[page.index('class="stack opinion card"') :]
    assert re.search(r"最晚 \d+月\d+日.*?这个日子怎么算的.*?个工作日", step[: step.index("<textarea")], re.S)
    assert "已经走完的期限" in page and "clock_words" not in page


def test_a_refused_correction_keeps_what_was_ticked_and_written(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    asked = {"field": ["months", "no_such_field"], "why-field-months": "与参保记录不符", "material": ["id_card"], "why-material-id_card": "", "opinion": "请补"}
    refused = press(window, case, "request_correction", **asked)
    assert refused.status_code == 422 and errors(refused)
    assert re.search(r'name="field" value="months" checked', refused.text)
    assert re.search(r'name="material" value="id_card" checked', refused.text)
    assert 'value="与参保记录不符"' in refused.text and ">请补</textarea>" in refused.text
    assert status(office, case)[0] == "submitted"


def test_the_same_press_twice_happens_once(office: Office) -> None:
    case, window, command = office.file(BENEFIT), office.staff("window"), new_id()
    assert press(window, case, "accept", no=1, command=command).status_code == 303
    before = events(office, case)
    assert press(window, case, "accept", no=1, command=command).status_code == 303
    assert events(office, case) == before


def test_a_second_press_from_a_stale_page_says_who_did_it_and_keeps_the_words(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    assert press(window, case, "accept", no=1).status_code == 303
    late = press(window, case, "decline", no=1, opinion="迟到的意见")
    assert late.status_code == 409 and "周晓云" in errors(late)
    assert status(office, case) == ("in_review", None)


def test_a_step_that_needs_a_reason_is_refused_with_words_and_keeps_what_was_written(office: Office) -> None:
    case = office.file(FOOD)
    assert press(office.staff("window"), case, "accept").status_code == 303
    reviewer = office.staff("reviewer")
    refused = press(reviewer, case, "refuse", opinion="   ")
    assert refused.status_code == 422 and "理由" in errors(refused)
    unknown = press(reviewer, case, "explode", opinion="我写的意见")
    assert unknown.status_code in (409, 422) and "我写的意见</textarea>" in unknown.text


def test_review_sign_decision_and_delivery_run_through_the_buttons(office: Office) -> None:
    case = office.file(FOOD)
    for login, action in (("window", "accept"), ("reviewer", "pass"), ("chief", "agree"), ("leader", "grant")):
        answer = press(office.staff(login), case, action, opinion="符合条件")
        assert answer.status_code == 303, (login, errors(answer))
    window = office.staff("window")
    early = press(window, case, "deliver", way="electronic")
    assert early.status_code == 409 and errors(early)
    assert 'value="deliver"' not in window.get(f"/office/cases/{case}").text, "nobody asked for it online: it is fetched at a window"
    office.settle()
    page = window.get(f"/office/cases/{case}").text
    assert 'value="deliver"' not in page and f'href="/office/output/{case}"' in page
    assert press(window, case, "deliver", way="electronic").status_code == 303
    assert status(office, case) == ("closed", "grant")
    page = window.get(f"/office/cases/{case}")
    assert page.status_code == 200 and "没有未办的环节" in page.text and "通过" in page.text


def test_a_claimed_task_is_the_claimers_until_it_is_put_back(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    assert press(window, case, "claim").status_code == 303
    assert "放回待领" in window.get(f"/office/cases/{case}").text
    assert "我" in window.get("/office/?mine=1").text
    with office.session() as session:
        other = office.staff_id(session, "reviewer")
        department = session.get(Case, case).department_id
        add_post(session, other, department, "window", actor=SYSTEM)
    colleague = office.staff("reviewer")
    taken = press(colleague, case, "accept", no=1)
    assert taken.status_code == 409 and "周晓云" in errors(taken)
    assert press(window, case, "release").status_code == 303
    assert press(colleague, case, "accept", no=1).status_code == 303


def test_who_handled_the_step_before_is_told_that_another_must_decide(fresh: Office) -> None:
    case, window = fresh.file(BENEFIT), fresh.staff("window")
    with fresh.session() as session:
        clerk, department = fresh.staff_id(session, "window"), session.get(Case, case).department_id
        add_post(session, clerk, department, "section_chief", actor=SYSTEM)
    assert press(window, case, "accept").status_code == 303
    assert press(fresh.staff("reviewer"), case, "pass").status_code == 303
    chief = fresh.staff("chief")
    no = task(chief, case)
    refused = press(window, case, "grant", no=no)
    assert refused.status_code == 403 and "须由他人办理" in errors(refused)
    assert press(chief, case, "grant", no=no).status_code == 303


def test_a_command_without_an_id_is_refused_before_anything_happens(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    for command in ("", "1", "'; DROP TABLE case_ --"):
        answer = window.post(f"/office/cases/{case}/tasks/1", {"action": "accept", "command_id": command})
        assert answer.status_code == 422
    assert status(office, case)[0] == "submitted"


def test_hostile_words_are_shown_as_text(office: Office) -> None:
    case, window = office.file(BENEFIT, employer="<script>alert(1)</script>"), office.staff("window")
    answer = press(window, case, "explode", opinion='</textarea><script>alert(2)</script>"')
    assert answer.status_code in (409, 422)
    assert "<script>alert" not in answer.text and "&lt;script&gt;alert(1)" in answer.text and "&lt;script&gt;alert(2)" in answer.text


def test_a_material_opens_as_a_document_that_can_run_nothing(office: Office) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    found = re.search(rf"/office/cases/{case}/materials/[0-9a-f-]+", window.get(f"/office/cases/{case}").text)
    assert found is not None
    answer = window.get(found[0])
    assert answer.status_code == 200 and answer.mimetype == "image/png" and answer.data.startswith(b"\x89PNG")
    assert answer.headers["X-Content-Type-Options"] == "nosniff" and answer.headers["Cache-Control"] == "no-store"
    assert "sandbox" in answer.headers["Content-Security-Policy"] and "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Content-Disposition"].startswith("inline; filename*=UTF-8''")
    assert audited(office, "cases.looked_material", case)
    assert window.get(f"/office/cases/{case}/materials/{new_id()}").status_code == 404


def test_a_pdf_is_shown_inside_the_case_page_and_may_neither_run_nor_fetch_anything(office: Office) -> None:
    """The browsers' viewers of PDF do not open in a sandboxed frame, so this one kind goes without; everything else of the policy stays."""
    api = Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    given = example(FOOD)
    materials = {each: [{"id": api.upload(pdf(each), f"{each}.pdf").json["id"], "name": f"{each}.pdf"}] for each in given["materials"]}
    filed = api.post("/v1/cases", {"item": FOOD, "answers": given["form"], "situation": given["situation"], "materials": materials})
    assert filed.status_code == 201, filed.text
    case, window = filed.json["id"], office.staff("window")
    with office.session() as session:
        blob = session.scalars(select(CaseMaterial.blob_id).where(CaseMaterial.case_id == case)).first()
    answer = window.get(f"/office/cases/{case}/materials/{blob}")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert answer.mimetype == "application/pdf" and answer.headers["X-Content-Type-Options"] == "nosniff"
    assert policy["default-src"] == "'none'" and policy["object-src"] == "'self'" and policy["frame-ancestors"] == "'self'"
    assert not {"script-src", "frame-src", "connect-src", "form-action", "sandbox"} & policy.keys(), "nothing is opened beside the document itself"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "text/plain"])
def test_what_a_browser_could_run_is_never_shown_inline(office: Office, kind: str) -> None:
    case, window = office.file(BENEFIT), office.staff("window")
    with office.session() as session:
        blob = session.scalars(select(CaseMaterial.blob_id).where(CaseMaterial.case_id == case)).first()
        session.execute(update(CaseMaterial).where(CaseMaterial.case_id == case).values(media_type=kind))
        session.commit()
    answer = window.get(f"/office/cases/{case}/materials/{blob}")
    assert answer.mimetype == kind and answer.headers["Content-Disposition"].startswith("attachment;")
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_a_page_in_clothes_of_a_pdf_is_not_taken(office: Office) -> None:
    api = Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    for content in (b"<!doctype html><script>alert(1)</script>", b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'):
        assert api.upload(content, "form.pdf").status_code == 422


def test_the_office_knows_no_case_by_a_broken_address(office: Office) -> None:
    window = office.staff("window")
    for case in (new_id(), "1", "x" * 400, "%27", "0"):
        assert window.get(f"/office/cases/{case}").status_code == 404


@pytest.mark.parametrize("locale", ["zh", "en"])
def test_the_page_reads_in_both_languages(office: Office, locale: str) -> None:
    case, window = office.file(CARD), office.staff("window")
    page = window.get(f"/office/cases/{case}?_l_={locale}").text
    assert ("Who looked, who acted" in page) is (locale == "en") and ("谁看过，谁办过" in page) is (locale == "zh")


def test_the_case_page_asks_the_database_a_bounded_number_of_questions(office: Office) -> None:
    case, window = office.file(FOOD), office.staff("window")
    window.get(f"/office/cases/{case}")  # compiled items and templates are kept
    with counted(office.here.database) as seen:
        assert window.get(f"/office/cases/{case}").status_code == 200
    assert len(seen) <= 25, "\n".join(each[:160] for each in seen)
