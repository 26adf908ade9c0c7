"""The articles of 行政许可法 that are about time, each tried on a case or on the clock it gives rise to."""

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from core.cases.models import CaseEvent
from core.cases.service import rungs
from core.cases.spec import CaseView, ClockView
from core.kernel import clock
from core.notices.models import Notice
from core.routing.errors import RouteRefused
from core.routing.marking import Command
from core.worktime.notice import shipped_calendar
from core.worktime.projection import latest_start, project
from core.worktime.spec import Ledger, Limit
from tests.cases.test_rungs import at, command, rows, with_route
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

VECTORS = json.loads((Path(__file__).parent.parent / "worktime" / "vectors" / "deadline_vectors.json").read_text(encoding="utf-8"))


def of(view: CaseView, name: str) -> ClockView:
    return next(each for each in view.clocks if each.name == name)


def twenty_days(route: dict[str, Any]) -> None:
    """The statutory limit of art. 42(1), promised as it is."""
    route["limits"] = {name: {"value": 20, "unit": "working_day"} for name in ("statutory", "promised")}


def accepted(desk: Desk, moment: datetime) -> str:
    """A case accepted at *moment*; returns its id."""
    with clock.freeze(moment):
        ref = desk.submit()
        task = next(each for each in desk.mine(ref.id).tasks if each.node == "intake")
        desk.act(ref.id, task.no, "accept", "window")
    return ref.id


def vector(name: str) -> dict[str, Any]:
    return next(each for each in VECTORS["vectors"] if each["id"] == name)


@pytest.mark.parametrize("case", VECTORS["deemed_acceptance"], ids=lambda each: each["id"])
def test_article_32_silence_for_five_days_is_acceptance_from_the_day_of_receipt(lite: Desk, case: dict[str, Any]) -> None:
    with_route(lite, twenty_days)
    with clock.freeze(at(f"{case['event_day']}T10:00")):
        ref = lite.submit()
    with clock.freeze(at(f"{case['notice_last_day']}T23:59")):
        rungs.run_due(lite.database)
        assert lite.mine(ref.id).status == "submitted"
    with clock.freeze(at(f"{case['recorded_on']}T09:00")):
        rungs.run_due(lite.database)
        found = lite.mine(ref.id)
        assert found.accepted_at is not None
        assert found.accepted_at == at(f"{case['deemed_accepted_on']}T10:00")
        assert of(found, "main").due == date.fromisoformat(case["decision_last_day"])
    lite.sound(ref.id)


def test_article_32_a_correction_is_told_once_and_its_time_is_not_the_agencys(lite: Desk) -> None:
    with clock.freeze(at("2026-11-02T10:00")):
        ref = lite.submit()
    with clock.freeze(at("2026-11-04T10:00")):
        no = next(each for each in lite.mine(ref.id).tasks if each.node == "intake").no
        lite.act(ref.id, no, "request_correction", "window", data={"fields": {"area": "请写使用面积"}})
        assert of(lite.mine(ref.id), "intake").light == "paused"
    with clock.freeze(at("2026-11-20T10:00")):
        rungs.run_due(lite.database)
        assert lite.mine(ref.id).status == "correction_requested"  # no silence of the agency counts while the applicant corrects
        lite.correct(ref.id, {"operator_name": "青禾餐饮", "area": 120, "business_kind": "catering"})
        intake = of(lite.mine(ref.id), "intake")
        assert (intake.used, intake.remaining) == (1, 4)
        no = next(each for each in lite.mine(ref.id).tasks if each.node == "intake").no
        with pytest.raises(RouteRefused):
            lite.act(ref.id, no, "request_correction", "window", data={"fields": {"area": "再补一次"}})


def test_article_42_twenty_days_and_ten_more_with_the_heads_approval_and_reasons(lite: Desk) -> None:
    with_route(lite, twenty_days)
    case = accepted(lite, at("2026-03-02T10:00"))
    with clock.freeze(at("2026-03-20T10:00")):
        assert of(lite.mine(case), "main").due == date.fromisoformat(vector("d01")["last_day"])
        with pytest.raises(RouteRefused):
            command(lite, case, Command("extend", actor=lite.hall.staff["leader"]))  # no reason is given
        command(lite, case, Command("extend", reason="材料复杂", actor=lite.hall.staff["leader"]), lite.hall.actor("leader"))
        main = of(lite.mine(case), "main")
        assert main.due == date.fromisoformat(vector("d02")["last_day"])
        assert any("10 个工作日" in line and "第四十二条" in line for line in main.sentences)
        with pytest.raises(RouteRefused):
            command(lite, case, Command("extend", reason="再延长", actor=lite.hall.staff["leader"]), lite.hall.actor("leader"))
    assert [row.kind for row in rows(lite, select(CaseEvent.kind).where(CaseEvent.case_id == case, CaseEvent.kind == "limit_extended"))] == ["limit_extended"]
    lite.sound(case)


def test_article_42_joint_handling_has_forty_five_days_and_fifteen_more() -> None:
    begun = Ledger(Limit(45)).start(at("2026-03-02T10:00"), "accepted")
    assert project(begun, shipped_calendar(), now=at("2026-03-02T11:00")).due == date.fromisoformat(vector("d03")["last_day"])
    longer = begun.extend(Limit(15, basis="行政许可法第四十二条第二款"), at("2026-04-20T10:00"), "head of the government")
    assert project(longer, shipped_calendar(), now=at("2026-04-20T11:00")).due == date.fromisoformat(vector("d04")["last_day"])


def test_article_42_a_decision_that_is_late_is_red_for_ever(lite: Desk) -> None:
    case = accepted(lite, at("2026-11-02T10:00"))
    with clock.freeze(at("2026-11-17T09:00")):
        rungs.run_due(lite.database)
    with clock.freeze(at("2026-11-18T09:00")):
        lite.run_until(case, "delivery")
    with clock.freeze(at("2026-12-20T09:00")):
        main = of(lite.mine(case), "main")
        assert (main.light, main.overdue_at, main.running) == ("red", at("2026-11-17T00:00"), False)


def test_article_43_the_lower_agency_has_twenty_days_from_its_own_acceptance() -> None:
    case = vector("d12")
    first = project(Ledger(Limit(20)).start(at(f"{case['event_day']}T10:00")), shipped_calendar(), now=at(f"{case['event_day']}T10:00"))
    assert first.due == date.fromisoformat(case["last_day"])


def test_article_44_the_result_is_delivered_within_ten_days_of_the_decision(lite: Desk) -> None:
    case = accepted(lite, at("2026-04-20T10:00"))
    with clock.freeze(at(f"{vector('d11')['event_day']}T10:00")):
        lite.run_until(case, "delivery")
        found = lite.mine(case)
        assert of(found, "main").running is False
        assert of(found, "delivery").due == date.fromisoformat(vector("d11")["last_day"])


def test_article_45_the_time_of_a_special_procedure_does_not_count_and_is_told_in_writing(lite: Desk) -> None:
    case = accepted(lite, at("2026-11-02T10:00"))
    with clock.freeze(at("2026-11-04T10:00")):
        no = lite.run_until(case, "review.joint.market.review")
        before = of(lite.mine(case), "main").due
        command(lite, case, Command("open_pause", no, "site_check", actor=lite.hall.staff["reviewer"]), lite.hall.actor("reviewer"))
        settle(lite.database)
    told = rows(lite, select(Notice.body).where(Notice.case_id == case, Notice.template == "special_procedure"))
    assert told and "5 个工作日" in json.dumps([row.body for row in told], ensure_ascii=False)
    with clock.freeze(at("2026-11-06T16:00")):
        command(lite, case, Command("close_pause", no, "site_check", actor=lite.hall.staff["reviewer"]), lite.hall.actor("reviewer"))
        main = of(lite.mine(case), "main")
        assert main.due == shipped_calendar().add_working(before, 3)  # 4, 5 and 6 November
        assert any("现场勘查" in line and "不计入" in line for line in main.sentences)
    lite.sound(case)


@pytest.mark.parametrize("case", VECTORS["suspension"], ids=lambda each: each["id"])
def test_article_45_counts_as_the_published_example(case: dict[str, Any]) -> None:
    ledger = Ledger(Limit(20)).start(at(f"{case['event_day']}T10:00")).pause(at(f"{case['excluded_from']}T09:00"), "expert_review")
    ledger = ledger.resume(at(f"{case['excluded_to']}T16:00"), "expert_review")
    assert project(ledger, shipped_calendar(), now=at(f"{case['excluded_to']}T17:00")).due == date.fromisoformat(case["last_day"])


@pytest.mark.parametrize("case", VECTORS["renewal"], ids=lambda each: each["id"])
def test_article_50_renewal_is_asked_for_thirty_natural_days_before_the_end(case: dict[str, Any]) -> None:
    ends = date.fromisoformat(case["valid_to"])
    last = latest_start(Limit(30, "calendar_day"), ends)
    assert last == date.fromisoformat(case["apply_not_later_than"])
    assert ends - last == timedelta(days=30)  # the applicant's limit: natural days, art. 82 is about the agency's


def test_article_82_limits_are_working_days_and_make_up_weekends_are_worked() -> None:
    calendar = shipped_calendar()
    assert not calendar.is_working(date(2026, 10, 1))
    assert calendar.is_working(date(2026, 10, 10))  # Saturday, worked by the notice
    assert not calendar.is_working(date(2026, 10, 11))
    begun = Ledger(Limit(5)).start(at("2026-09-30T10:00"))
    assert project(begun, calendar, now=at("2026-09-30T10:00")).due == date(2026, 10, 13)  # 8 9 10 12 13
