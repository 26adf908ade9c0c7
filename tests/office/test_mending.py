"""当场更正 at the window: field by field, with the applicant there; nobody else reaches the page."""

import re

from core.audit import queries as audit
from core.cases import service as cases
from core.kernel import clock
from core.kernel.ids import new_id
from tests.office.conftest import Office, errors, press
from tests.office.test_moves_panel import citizen

FOOD = "food-operation-new"
NEW = {"field": "operator_name", "operator_name": "青禾餐饮店", "reason": "名称少写了一个字", "present": "1"}


def test_a_clerk_mends_a_slip_and_the_applicant_reads_what_was_wrong(office: Office) -> None:
    case, window = office.file(FOOD), office.staff("window")
    assert f"/office/cases/{case}/on-the-spot" in window.get(f"/office/cases/{case}").text
    chosen = window.get(f"/office/cases/{case}/on-the-spot?field=operator_name")
    assert chosen.status_code == 200 and 'name="operator_name"' in chosen.text and 'name="legal_name"' not in chosen.text
    command = new_id()
    for _ in range(2):
        assert window.post(f"/office/cases/{case}/on-the-spot", {**NEW, "command_id": command}).status_code == 303
    page = window.get(f"/office/cases/{case}").text
    assert "青禾餐饮店" in page and page.count("<b>当场更正</b>") == 1
    assert "名称少写了一个字" in page and "青禾餐饮店" in citizen(office).get(f"/cases/{case}").text
    with office.session() as session:
        assert cases.verify(session, case).ok
        looked = audit.entries_of(session, ("case", case), since=clock.now().replace(year=2020))
        assert any(entry.action == "case.revealed" and "operator_name" in str(entry.detail) for entry in looked)


def test_fields_of_one_name_say_whose_they_are(office: Office) -> None:
    case, window = office.file(FOOD), office.staff("window")
    offered = re.findall(r'name="field" value="[^"]+">([^<]+)</label>', window.get(f"/office/cases/{case}/on-the-spot").text)
    assert len(offered) > 10 and len(set(offered)) == len(offered)
    assert {"基本情况：身份证号码", "法定代表人（负责人）：身份证号码", "经营者名称"} <= set(offered)
    asked = re.findall(r'name="field" value="[^"]+"><label for="[^"]+">([^<]+)</label>', window.get(f"/office/cases/{case}").text)
    assert len(asked) > 10 and len(set(asked)) == len(asked)


def test_what_is_wrong_stays_on_the_page_and_nothing_is_written(office: Office) -> None:
    case, window = office.file(FOOD), office.staff("window")
    absent = window.post(f"/office/cases/{case}/on-the-spot", {**NEW, "present": "", "command_id": new_id()})
    assert absent.status_code == 422 and errors(absent) and "青禾餐饮店" in absent.text
    empty = window.post(f"/office/cases/{case}/on-the-spot", {**NEW, "operator_name": "", "command_id": new_id()})
    assert empty.status_code == 422 and re.search(r'href="#[^"]*operator_name', empty.text)
    smuggled = window.post(f"/office/cases/{case}/on-the-spot", {**NEW, "legal_name": "别家老板", "command_id": new_id()})
    assert smuggled.status_code == 303
    assert "别家老板" not in window.get(f"/office/cases/{case}").text


def test_only_the_window_of_that_case_and_only_during_intake(office: Office) -> None:
    case = office.file(FOOD)
    for login in ("reviewer", "yunling-window", "supervisor"):
        page = office.staff(login)
        assert page.get(f"/office/cases/{case}/on-the-spot").status_code in (403, 404)
        assert page.post(f"/office/cases/{case}/on-the-spot", {**NEW, "command_id": new_id()}).status_code in (403, 404)
    assert press(office.staff("window"), case, "accept").status_code == 303
    assert office.staff("window").get(f"/office/cases/{case}/on-the-spot").status_code == 404
