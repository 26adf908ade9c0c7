"""The pages of incidents: what happened in words, the doors, and who finds them closed."""

import re

import pytest

from core.cases import incidents as told
from core.cases.models import CaseIncident
from core.cases.service import machine
from core.kernel.ids import new_id
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, press

FOOD = "food-operation-new"


def an_incident(office: Office, *, kind: str = "rung") -> tuple[str, str]:
    """(incident, case) of the city's market regulation."""
    case = office.file(FOOD)
    params = {"rung": {"rung": "red"}, "stuck": {"status": "in_review"}}[kind]
    with office.session() as session:
        made = told.happened(session, told.Trouble(kind, new_id(), case, params=params, error="ValueError: a broken <definition>"))
    assert made is not None
    return made, case


def state(office: Office, incident: str) -> tuple[str, str | None]:
    with office.session() as session:
        row = session.get_one(CaseIncident, incident)
        return row.state, row.close_reason


def test_who_looks_after_it_reads_what_happened_takes_it_and_closes_it_with_a_reason(office: Office) -> None:
    incident, case = an_incident(office)
    admin = office.staff("admin")
    listed = admin.get("/office/incidents/").text
    assert f"/office/incidents/{incident}" in listed and "到点的事没做成" in listed and "aria-current" in listed
    page = admin.get(f"/office/incidents/{incident}").text
    assert "亮红灯" in page and "怎么办" in page and "a broken &lt;definition&gt;" in page and f"/office/cases/{case}" in page
    assert admin.post(f"/office/incidents/{incident}/take", {}).status_code == 303
    assert state(office, incident) == ("taken", None)
    assert "没人管" not in admin.get("/office/incidents/?state=taken&mine=1").text.split("<main")[1].split("</nav>")[1]
    empty = admin.post(f"/office/incidents/{incident}/close", {"reason": "  "})
    assert empty.status_code == 422 and "理由" in empty.text and state(office, incident)[0] == "taken"
    assert admin.post(f"/office/incidents/{incident}/close", {"reason": "查过了，没有影响"}).status_code == 303
    assert state(office, incident) == ("closed", "查过了,没有影响")
    again = admin.post(f"/office/incidents/{incident}/take", {})
    assert again.status_code == 409 and "已经关掉" in again.text
    closed = admin.get(f"/office/incidents/{incident}").text
    assert "查过了，没有影响" in closed and "谁做过什么" in closed and "/close" not in closed


def test_it_is_handed_to_a_colleague_of_the_list_and_to_nobody_else(office: Office) -> None:
    incident, _case = an_incident(office)
    chief, page = office.staff("chief"), office.staff("admin").get(f"/office/incidents/{incident}").text
    with office.session() as session:
        to, outside = office.staff_id(session, "chief"), office.staff_id(session, "window")
    assert f'value="{to}"' in page and outside not in page
    assert office.staff("admin").post(f"/office/incidents/{incident}/hand", {"to": outside}).status_code == 422
    assert office.staff("admin").post(f"/office/incidents/{incident}/hand", {"to": to}).status_code == 303
    assert f"/office/incidents/{incident}" in chief.get("/office/incidents/?state=taken&mine=1").text


def test_the_case_page_tells_of_it_and_links_only_for_those_who_look_after_it(office: Office) -> None:
    incident, case = an_incident(office, kind="stuck")
    head, window = office.staff("chief").get(f"/office/cases/{case}").text, office.staff("window").get(f"/office/cases/{case}").text
    assert "有异常" in head and f"/office/incidents/{incident}" in head
    assert "有异常" in window and f"/office/incidents/{incident}" not in window
    assert "异常" not in re.sub(r"<section class=\"card warn.*?</section>", "", window, flags=re.S), "no door to the list for who has none to look after"


def test_a_wrong_person_finds_neither_the_list_filled_nor_the_page_nor_a_door(office: Office) -> None:
    incident, _case = an_incident(office)
    for login in ("window", "reviewer", "yunling-leader", "qinghe-leader", "fire"):
        browser = office.staff(login)
        assert incident not in browser.get("/office/incidents/").text
        assert browser.get(f"/office/incidents/{incident}").status_code == 404
        for act in ("take", "retry", "hand", "close"):
            assert browser.post(f"/office/incidents/{incident}/{act}", {"reason": "x", "to": "x"}).status_code == 404, (login, act)
    assert state(office, incident) == ("open", None)


def test_nonsense_is_refused_with_words_and_an_unknown_act_is_not_found(office: Office) -> None:
    incident, _case = an_incident(office)
    admin = office.staff("admin")
    assert admin.post(f"/office/incidents/{incident}/explode", {}).status_code == 404
    assert admin.get("/office/incidents/?after=%00&state=x&kind=y").status_code == 422
    assert admin.get("/office/incidents/not-an-id").status_code == 404
    assert admin.post(f"/office/incidents/{incident}/close", {"reason": "长" * 2001}).status_code == 422


def test_english_readers_get_english_words(office: Office) -> None:
    incident, _case = an_incident(office)
    admin = office.staff("admin")
    admin.get("/lang/en")
    page = admin.get(f"/office/incidents/{incident}").text
    assert "What happened" in page and "Red light" in page and "What to do" in page
    admin.get("/lang/zh")


def test_an_act_that_no_department_can_follow_is_refused_in_words_and_told_to_who_looks_after_it(fresh: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    case, window = fresh.file(FOOD), fresh.staff("window")
    monkeypatch.setattr(machine, "_organisation", lambda *_: ())
    refused = press(window, case, "accept", no=1)
    assert refused.status_code == 422 and "没有部门能承办" in refused.text
    api = site.Api(fresh.app, CITIZEN, fresh.built.passwords[CITIZEN])
    assert api.file(FOOD).status_code == 422
    monkeypatch.undo()
    with fresh.session() as session:
        found = {(row.kind, row.case_id, bool(row.department_id)) for row in session.query(CaseIncident)}
    assert found == {("nowhere", case, True), ("nowhere", None, True)}
    assert "找不到承办部门" in fresh.staff("admin").get("/office/incidents/").text


def test_metrics_count_what_waits_for_a_person(fresh: Office) -> None:
    an_incident(fresh)
    an_incident(fresh)
    text = fresh.app.test_client().get("/metrics").text
    assert 'wangting_incidents{kind="rung",state="open"} 2.0' in text
    assert 'wangting_incidents{kind="stuck",state="taken"} 0.0' in text
