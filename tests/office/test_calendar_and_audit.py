"""The working calendar's door for the yearly notice, and the audit view."""

import json
import re
from datetime import date
from typing import Any

import pytest
from sqlalchemy import func, select, text

from core.audit import service as records
from core.audit.models import Entry
from core.cases import sampling
from core.cases.models import CaseClock
from core.identity.models import Department
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from core.worktime import service as worktime
from tests.fixtures_site import Browser
from tests.office.conftest import Office, errors, press

YEAR = {"year": 2026, "confirmed": True, "source": "测试通知", "off": {"2026-01-01": "元旦", "2026-05-01": "劳动节", "2026-10-01": "国庆节"}, "work": {}}


def notice(**changes: Any) -> str:
    return json.dumps({**YEAR, **changes}, ensure_ascii=False)


def test_a_notice_moves_every_open_due_date(fresh: Office) -> None:
    case = fresh.file("unemployment-benefit")
    press(fresh.staff("window"), case, "accept")

    def due() -> list[Any]:
        with fresh.session() as session:
            return sorted(session.scalars(select(CaseClock.due_at).where(CaseClock.case_id == case, CaseClock.due_at.is_not(None))))

    before, admin = due(), fresh.staff("admin")
    assert before
    days = [date.fromordinal(n).isoformat() for n in range(before[0].date().toordinal() - 14, before[-1].date().toordinal() + 1)]
    off = {**YEAR["off"], **{day: "特别假" for day in days if day.startswith("2026")}}  # type: ignore[dict-item]
    answer = admin.post("/office/calendar/import", {"notice": notice(off=off)})
    assert answer.status_code == 302, errors(answer)
    said = admin.get(answer.headers["Location"]).text
    assert "2026年的放假安排已导入" in said and "特别假" in said
    after = due()
    moved = [b > a for a, b in zip(before, after, strict=True)]
    assert after[-1] > before[-1] and sum(moved) == len(moved) - 1  # the intake's clock stopped when the case was accepted
    with fresh.session() as session:
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "calendar_imported", Entry.actor_kind == "staff")) == 1


def test_every_mistake_is_said_at_once_and_nothing_is_written(office: Office) -> None:
    admin = office.staff("admin")
    with office.session() as session:
        before = worktime.calendar(session).version
    wrong = notice(source="", off={"2026-13-01": "x", "2027-05-01": "y", "2026-10-01": "国庆节"}, work={"2026-11-23": "星期一"})
    answer = admin.post("/office/calendar/import", {"notice": wrong})
    assert answer.status_code in (200, 422)
    assert answer.text.count("<li>") >= 5 and "2026-13-01" in answer.text and "2026-13-01&#34;: &#34;x" in answer.text, errors(answer)
    with office.session() as session:
        assert worktime.calendar(session).version == before


@pytest.mark.parametrize("text", ["", "{", "[1]", "null", '"2026"', '{"year": "2026"}', '{"year": 1e400}', '{"year": 2026, "off": 7}', "[" * 5000, "\x00"])
def test_what_is_no_notice_is_refused_in_words(office: Office, text: str) -> None:
    answer = office.staff("admin").post("/office/calendar/import", {"notice": text})
    assert answer.status_code in (200, 422) and errors(answer) and "Traceback" not in answer.text


@pytest.mark.parametrize("year", ["2026", "2027", "1999", "abcd", "99999", "²"])
def test_a_year_shows_its_twelve_months(office: Office, year: str) -> None:
    answer = office.staff("admin").get("/office/calendar/", query_string={"year": year})
    assert answer.status_code == 200 and answer.text.count('class="month card"') == 12


def test_the_record_is_listed_newest_first_and_page_by_page(fresh: Office) -> None:
    for _ in range(3):
        case = fresh.file("unemployment-benefit")
    window = fresh.staff("window")
    for _ in range(60):
        window.get(f"/office/cases/{case}")
    supervisor = fresh.staff("supervisor")
    seen, address, pages = 0, "/office/audit/", 0
    while address:
        page = supervisor.get(address)
        assert page.status_code == 200
        seen += page.text.count('<td class="nw">') // 2
        found = re.search(r'href="(\?action=[^"]*after=[^"]+)"', page.text)
        address, pages = (f"/office/audit/{found[1].replace('&amp;', '&')}" if found else ""), pages + 1
    with fresh.session() as session:
        assert pages > 1 and seen == session.scalar(select(func.count()).select_from(Entry))


def test_the_record_is_filtered_by_action_object_and_person(fresh: Office) -> None:
    case, other = fresh.file("unemployment-benefit"), fresh.file("senior-card")
    window = fresh.staff("window")
    window.get(f"/office/cases/{case}")
    window.get(f"/office/cases/{other}")
    supervisor = fresh.staff("supervisor")
    by_action = supervisor.get("/office/audit/?action=cases.looked").text
    assert case[:18] in by_action and other[:18] in by_action and "identity.add_staff" not in by_action
    by_subject = supervisor.get(f"/office/audit/?action=cases.looked&subject={case}").text
    assert by_subject.count("周晓云") == 1
    with fresh.session() as session:
        clerk = fresh.staff_id(session, "window")
    assert supervisor.get(f"/office/audit/?actor={clerk}").text.count("周晓云") == 2
    assert "没有符合条件的记录" in supervisor.get("/office/audit/", query_string={"subject": "' OR 1=1 --"}).text


@pytest.mark.parametrize(
    "cursor", ["x", "WyJhIiwiYiIsImMiXQ", "WyIyMDI2LTAxLTAxIiwiYSIsMV0", "WzEsMiwzXQ", "WyIyMDI2LTAxLTAxVDAwOjAwOjAwKzAwOjAwIiwiYSIsMWUzMDBd"]
)
def test_a_broken_position_in_the_record_is_answered_in_words(office: Office, cursor: str) -> None:
    answer = office.staff("supervisor").get(f"/office/audit/?after={cursor}")
    assert answer.status_code == 422 and "翻页" in answer.text


def test_verifying_is_recorded_and_finds_what_was_changed_by_hand(fresh: Office) -> None:
    supervisor = fresh.staff("supervisor")
    whole = supervisor.post("/office/audit/verify")
    assert whole.status_code == 200 and "记录完整" in whole.text
    with fresh.session() as session:
        assert session.scalar(select(func.count()).select_from(Entry).where(Entry.action == "audit_verified")) == 1
        session.execute(text("UPDATE audit_entry SET actor_id = 'nobody' WHERE action = 'identity.add_hall'"))
    broken = supervisor.post("/office/audit/verify")
    assert "处与写下时不符" in broken.text


def test_the_administrator_is_not_the_auditor_nor_the_other_way_round(office: Office) -> None:
    admin, supervisor, window = (office.staff(login) for login in ("admin", "supervisor", "window"))

    def shut(browser: Browser, address: str) -> bool:
        answer = browser.get(address)
        return answer.status_code == 403 or (answer.status_code == 302 and "/office/" in answer.headers["Location"])

    assert admin.get("/office/calendar/").status_code == 200 and shut(admin, "/office/audit/")
    assert supervisor.get("/office/audit/").status_code == 200 and shut(supervisor, "/office/calendar/") and shut(supervisor, "/office/people/")
    assert all(shut(window, address) for address in ("/office/audit/", "/office/calendar/", "/office/people/", "/office/users/list/", "/office/roles/list/"))


def test_a_day_is_chosen_noted_taken_back_and_saved_without_json(fresh: Office) -> None:
    admin = fresh.staff("admin")
    flood = {"day": "2026-08-12", "kind": "off", "name": "防汛停工", "basis": "市政府通告〔2026〕8号", "do": "add"}
    picked = admin.post("/office/calendar/days", {"do": "pick:2026-08-12"})
    assert 'name="day" value="2026-08-12"' in picked.text
    noted = admin.post("/office/calendar/days", flood)
    sent = re.findall(r'name="noted" value="([^"]+)"', noted.text)
    assert len(sent) == 1 and "还没保存的 1 天" in noted.text
    assert re.findall(r'name="noted"', admin.post("/office/calendar/days", {"do": "drop:2026-08-12", "noted": sent}).text) == []
    with fresh.session() as session:
        assert date(2026, 8, 12) not in worktime.calendar(session).days, "nothing is written before it is saved"
        before = worktime.calendar(session).days
    worked = admin.post("/office/calendar/days", {**flood, "day": "2026-08-15", "kind": "work", "name": "补班", "noted": sent})
    sent = re.findall(r'name="noted" value="([^"]+)"', worked.text)
    assert admin.post("/office/calendar/days", {"do": "save", "noted": sent}).status_code == 302
    with fresh.session() as session:
        after = worktime.calendar(session).days
        assert (after[date(2026, 8, 12)].kind, after[date(2026, 8, 12)].name) == ("holiday", "防汛停工")
        assert (after[date(2026, 8, 15)].kind, after[date(2026, 8, 15)].source) == ("makeup", "市政府通告〔2026〕8号")
        assert {day: each for day, each in after.items() if day.month != 8} == {day: each for day, each in before.items() if day.month != 8}


@pytest.mark.parametrize(
    "sent", [{}, {"day": "gestern", "kind": "off"}, {"day": "2026-08-12", "kind": "off", "name": "无依据"}, {"day": "2026-08-12", "basis": "x"}]
)
def test_a_day_without_kind_name_or_basis_is_not_noted(office: Office, sent: dict[str, str]) -> None:
    answer = office.staff("admin").post("/office/calendar/days", {"do": "add", **sent})
    assert "写上依据" in answer.text and 'name="noted"' not in answer.text


def test_what_comes_back_with_the_form_is_read_again_and_never_believed(office: Office) -> None:
    admin = office.staff("admin")
    answer = admin.post("/office/calendar/days", {"do": "save", "noted": ["rubbish", "2026-13-01|off|x|y", "2026-08-12|maybe|x|y"]})
    assert answer.status_code == 200 and 'name="noted"' not in answer.text
    assert office.staff("window").post("/office/calendar/days", {"do": "save", "noted": ["2026-08-12|off|x|y"]}).status_code in (302, 403)
    with office.session() as session:
        assert date(2026, 8, 12) not in worktime.calendar(session).days


def test_only_the_chosen_day_is_marked_and_none_before_one_is_chosen(office: Office) -> None:
    admin = office.staff("admin")
    untouched, picked = admin.get("/office/calendar/?year=2026").text, admin.post("/office/calendar/days", {"do": "pick:2026-08-12"}).text
    assert "chosen" not in untouched
    assert picked.count(" chosen") == 1 and len(re.findall(r'value="pick:2026-08-12" aria-current="true"', picked)) == 1


def test_details_of_the_record_are_worded_and_ids_that_say_nothing_stay_out(fresh: Office) -> None:
    actor = Actor("staff", new_id())
    with fresh.session() as session:
        department = session.scalar(select(Department).limit(1))
        told = {"department": department.id, "role": "legal_representative", "active": False, "given": ["Auditor", "Staff"], "taken": [], "blob": new_id()}
        records.record(session, "identity.add_company", subject=("party", new_id()), actor=actor, detail=told)
        session.commit()
    page = fresh.staff("supervisor").get("/office/audit/?action=identity.add_company").text
    assert "登记企业" in page and "办事主体" in page
    for words in (f"部门：{department.title}", "身份：法定代表人", "在岗：否", "给了：审计、工作人员", "收回：无"):
        assert words in page, words
    assert department.id not in page and told["blob"] not in page and "Auditor" not in page


def test_the_nightly_proof_stands_on_the_audit_page_and_names_what_differs(fresh: Office) -> None:
    supervisor = fresh.staff("supervisor")
    assert "还没有抽查过办件" in supervisor.get("/office/audit/").text
    case = fresh.file("senior-card")
    with fresh.session() as session:
        assert sampling.check(session) == (1, ())
    assert "都与事件记录一致" in supervisor.get("/office/audit/").text
    with fresh.session() as session:
        session.execute(text("UPDATE case_ SET status = 'closed'"))
        sampling.check(session)
    page = supervisor.get("/office/audit/").text
    assert "1 件的现状与事件记录不符" in page and "系统不会自行改正" in page and f"subject={case}" in page
    assert "办件与记录不符" in supervisor.get(f"/office/audit/?action=case.unsound&subject={case}").text
    with fresh.session() as session:
        assert session.scalar(text("SELECT status FROM case_")) == "closed"  # recorded, never mended
