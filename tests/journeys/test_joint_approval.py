"""A joint approval from the application to the licence, through the pages: three departments, one site visit, one of them late, one extension.

行政许可法 26 and 42(2): departments that act together have the extension of the government's head, not that of their own; 45: the site visit that the item
declares stops the clock once, however many departments take part in it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.cases import service as cases
from core.cases.models import Case
from core.cases.service import rungs
from core.kernel import clock
from core.kernel.ids import new_id
from core.routing.marking import Marking
from tests import fixtures_site as site
from tests.office.conftest import CITIZEN, Office, press

ITEM = "construction-permit"
ITEMS = (f"housing/{ITEM}",)
SHANGHAI = ZoneInfo("Asia/Shanghai")
#: A Monday with four working weeks after it.
FILED = datetime(2026, 11, 2, 9, 0, tzinfo=SHANGHAI)
BRANCHES = {"city": "urban_management", "housing": "housing", "planning": "natural_resources"}


@pytest.fixture
def hall(tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Iterator[Office]:
    """A hall that offers the construction permit, in which each department reviews for itself."""
    built = site.copy(site.built_once(tmp_path_factory, ITEMS), tmp_path / "hall")
    office = Office(built, built.app())
    yield office
    office.here.database.close()


@contextmanager
def day(number: int) -> Iterator[None]:
    """Nine in the morning, *number* days after the filing; what came due until then has fired."""
    with clock.freeze(FILED + timedelta(days=number)):
        yield


def filed(office: Office) -> str:
    """The municipal works of the item's own tests, so that all three departments take part."""
    doc = json.loads((site.ROOT / "item_configs" / f"{ITEMS[0]}.json").read_text(encoding="utf-8"))
    given = next(each["given"] for each in doc["tests"] if each["id"] == "municipal")
    api = site.Api(office.app, CITIZEN, office.built.passwords[CITIZEN])
    company = next(
        each["party"]["id"] for each in api.get("/v1/parties").json["parties"] if each["party"]["kind"] == "company" and "管理" in each["party"]["name"]
    )
    body = {"item": ITEM, "answers": given["form"], "situation": given["situation"], "materials": {}, "party": company}
    answer = api.post("/v1/cases", body)
    assert answer.status_code == 201, answer.text
    return str(answer.json["id"])


def marking(office: Office, case: str) -> Marking:
    with office.session() as session:
        return Marking.from_json(session.get_one(Case, case).marking)


def numbers(office: Office, case: str) -> dict[str, int]:
    """The number of each department's open step."""
    return {task.node.split(".")[2]: task.no for task in marking(office, case).tasks if task.node.startswith("review.joint.")}


def move(browser: site.Browser, case: str, kind: str, **more: Any) -> Any:
    return browser.post(f"/office/cases/{case}/moves/{kind}", {"kind": kind, "command_id": new_id(), **more})


def last_day(office: Office, case: str) -> date:
    """The last day that the applicant is told."""
    with office.session() as session:
        due = session.get_one(Case, case).due_at
    assert due is not None
    return (due.astimezone(SHANGHAI) - timedelta(seconds=1)).date()


def swept(office: Office) -> None:
    while rungs.run_due(office.here.database):
        pass


def test_three_departments_decide_together_with_one_visit_one_late_and_the_extension_of_the_right_head(hall: Office) -> None:
    with day(0):
        case = filed(hall)
        assert press(hall.staff("window"), case, "accept").status_code == 303
        open_ = numbers(hall, case)
        assert set(open_) == set(BRANCHES)
        before = last_day(hall, case)

    with day(1):  # one visit for all: the second department joins it, the clock stops once
        reviewer = hall.staff("reviewer")
        for branch in ("planning", "housing"):
            assert move(reviewer, case, "open_pause", task=str(open_[branch]), pause="site_visit").status_code == 303
        assert list(marking(hall, case).pauses) == ["site_visit"] and len(marking(hall, case).pauses["site_visit"]) == 2
    with day(3):
        reviewer = hall.staff("reviewer")
        assert move(reviewer, case, "close_pause", task=str(open_["planning"])).status_code == 303
        assert marking(hall, case).status == "suspended", "the other department is still out there"
        assert move(reviewer, case, "close_pause", task=str(open_["housing"])).status_code == 303
        assert marking(hall, case).status == "in_review"
        visited = last_day(hall, case)
        assert (before, visited) == (date(2026, 11, 11), date(2026, 11, 16)), "the three working days of the visit, once and not once a department"
        assert press(reviewer, case, "pass", no=open_["planning"], opinion="与规划相符").status_code == 303

    with day(8):  # the municipal department has had its two days: late, red, on the record
        swept(hall)
        page = hall.staff("reviewer").get(f"/office/cases/{case}").text
        assert 'class="light r"' in page
        with hall.session() as session:
            assert any(line.kind == "rung_fired" and line.body["rung"] == "red" for line in history(hall, session, case))

        reviewer = hall.staff("reviewer")
        assert move(reviewer, case, "ask_extension", task=str(open_["city"]), reason="管线资料还没有调齐").status_code == 303
        for wrong in ("head", "leader", "reviewer"):  # the head of the agency is not the head of the government (42(2))
            refused = move(hall.staff(wrong), case, "extend", reason="我来批")
            assert refused.status_code == 403 and "人民政府" in refused.text, wrong
        assert last_day(hall, case) == visited
        stranger = hall.staff("yunling-leader")
        assert move(stranger, case, "extend", reason="我来批").status_code == 404

        mayor = hall.staff("mayor")
        assert "延长审批" in mayor.get("/office/").text, "it lies in the list of the one who decides it"
        asked = mayor.get(f"/office/cases/{case}/extension").text
        assert "管线资料还没有调齐" in asked and "第四十二条第二款" in asked
        assert move(mayor, case, "extend", reason="地下管线复杂，需要补充核对", **{"from": "extension"}).status_code == 303
        extended = last_day(hall, case)
        assert extended > visited
        hall.settle()
        citizen = site.Browser(hall.app).citizen(CITIZEN, hall.built.passwords[CITIZEN])
        seen = citizen.get(f"/cases/{case}").text
        assert "延长" in seen and "人民政府负责人" in seen
        assert "办理时限延长" in citizen.get("/my/messages").text
        assert move(mayor, case, "extend", reason="再来一次").status_code == 409, "once"

    with day(9):
        reviewer = hall.staff("reviewer")
        for branch in ("city", "housing"):
            assert press(reviewer, case, "pass", no=open_[branch], opinion="同意").status_code == 303
        assert press(hall.staff("leader"), case, "grant", opinion="同意核发").status_code == 303
        hall.settle()
        with hall.session() as session:
            row = session.get_one(Case, case)
            assert row.outcome == "grant" and len(row.results) == 1
            kinds = [line.body["kind"] for line in history(hall, session, case) if line.kind == "document_drawn"]
            assert cases.verify(session, case).ok
        assert kinds.count("extension") == 1 and {"acceptance", "pause", "decision_grant"} <= set(kinds)
        licences = site.Browser(hall.app).citizen(CITIZEN, hall.built.passwords[CITIZEN]).get("/my/licences/").text
        assert "建筑工程施工许可证" in licences
        assert hall.staff("reviewer").get(f"/office/cases/{case}").text.count("已超期") >= 1, "the red light is never taken back"


def history(office: Office, session: Any, case: str) -> Any:
    from core.cases import queries
    from core.kernel.actor import Actor

    return queries.case_for_staff(session, case, actor=Actor("staff", office.staff_id(session, "reviewer"))).history
