"""城乡最低生活保障对象认定: the nine steps of the source, in its order, by the pages of everybody who takes one (湖南省安化县 guide, ``provenance``)."""

import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta

import pytest

from core.cases import service as cases
from core.cases.models import Case, CaseTaskDone
from core.identity import demo
from core.kernel.clock import freeze, now
from core.kernel.ids import new_id
from tests.counter import desk
from tests.journeys.hall import Hall
from tests.journeys.test_relay import hall_name

ITEM = "subsistence-allowance"
VILLAGE, TOWN, TOWN_HEAD, COUNTY, COUNTY_HEAD = "shiqiao-agent", "linxi-reviewer", "linxi-leader", "yunling-reviewer", "yunling-leader"


def applied(hall: Hall) -> str:
    """个人提出申请(或村委会协助申请): the village committee helps somebody who came to it."""
    agent = hall.staff(VILLAGE)
    home = hall.page(VILLAGE, "/office/counter/")
    seat, place = re.search(r'value="([0-9a-f-]{36}:agent)"', home), re.search(r'<option value="([0-9a-f-]{36})"', home)
    assert seat is not None and place is not None
    came = {"desk": seat[1], "place": place[1], "name": hall_name(hall), "number": demo.CITIZENS[0][3]}
    draft = desk.fill(agent, desk.visit_of(desk.receive(agent, **came)), ITEM)
    receipt = agent.get(hall.sent(desk.send(agent, draft)).headers["Location"])
    found = re.search(r"/office/counter/cases/([0-9a-f-]{36})/receipt", receipt.headers.get("Location", "") or receipt.text)
    assert found is not None
    return found[1]


def posted_up(hall: Hall, login: str, case: str, pause: str, time: ExitStack) -> None:
    """A notice hangs for its days: the procedure stops no longer than it declares, and ends. From then on it is that much later."""
    page = hall.page(login, f"/office/cases/{case}")
    found = re.search(rf'/office/cases/{case}/tasks/(\d+)"', page)
    assert found is not None and pause in page
    begun = {"task": found[1], "pause": pause, "reason": "张榜公示", "command_id": new_id()}
    hall.sent(hall.staff(login).post(f"/office/cases/{case}/moves/open_pause", begun))
    time.enter_context(freeze(now() + timedelta(days=6)))
    done = {"task": found[1], "pause": pause, "reason": "公示期满", "command_id": new_id()}
    hall.sent(hall.staff(login).post(f"/office/cases/{case}/moves/close_pause", done))


@pytest.fixture
def time() -> Iterator[ExitStack]:
    """Steps forward in time, undone at the end."""
    with ExitStack() as steps:
        yield steps


def test_the_allowance_goes_through_its_nine_steps_from_the_village_to_the_payment(hall: Hall, time: ExitStack) -> None:
    case = applied(hall)  # 1 个人提出申请(或村委会协助申请)
    hall.press(TOWN, case, "accept")
    hall.press(TOWN, case, "pass")  # 2 乡镇组织入户调查和家庭经济状况核对
    hall.press(VILLAGE, case, "pass")  # 3 民主评议
    posted_up(hall, TOWN, case, "first_publicity", time)
    hall.press(TOWN, case, "pass")  # 4 第一榜公示
    hall.press(TOWN_HEAD, case, "report")  # 5 乡镇审核上报
    hall.press(COUNTY, case, "pass")  # 6 县级组织入户调查和家庭经济情况核对
    posted_up(hall, COUNTY, case, "second_publicity", time)
    hall.press(COUNTY, case, "pass")  # 7 第二榜公示
    hall.press(COUNTY_HEAD, case, "grant")  # 8 县级审批
    hall.settle()  # 9 资金打卡发放: the decision lies in the applicant's space, the money goes to the card
    with hall.database.session() as session:
        row = session.get(Case, case)
        assert row is not None and (row.status, row.outcome) == ("closed", "grant")
        done = [task.node.rpartition(".")[2] for task in session.query(CaseTaskDone).filter_by(case_id=case).order_by(CaseTaskDone.no)]
        assert done == ["intake", "town_survey", "appraisal", "first_notice", "town_review", "county_survey", "second_notice", "decide", "delivery"]
        assert cases.verify(session, case).ok
    assert "办好了" in hall.citizen().get(f"/cases/{case}").text


def test_nobody_takes_a_step_of_another_level(hall: Hall) -> None:
    case = applied(hall)
    hall.press(TOWN, case, "accept")
    for login in (VILLAGE, TOWN_HEAD, COUNTY, COUNTY_HEAD, "qinghe-reviewer"):
        answer = hall.staff(login).post(f"/office/cases/{case}/tasks/2", {"action": "pass", "command_id": new_id()})
        assert answer.status_code in (403, 404, 409), login
    hall.press(TOWN, case, "pass")
