"""A case that lives through New Year: the last day is provisional, the notice of the holidays arrives, the day moves, and the applicant learns why."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import select

from core.cases import service as cases
from core.cases.models import CaseEvent
from core.cases.service import projecting, rungs
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.notices import queries as notices
from core.worktime import service as worktime
from tests.cases.conftest import lite, mould
from tests.cases.test_rungs import with_route
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle

__all__ = ["lite", "mould"]

#: What the notice of 2027 could say (invented): New Year to Sunday 3 January, Saturday 9 January worked, a longer Spring Festival.
NOTICE: dict[str, Any] = {
    "year": 2027, "source": "国务院办公厅关于2027年部分节假日安排的通知（示例）",
    "off": ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04", *(f"2027-02-{day:02}" for day in range(5, 13)), "2027-04-05", "2027-05-01",
            "2027-06-09", "2027-09-15", "2027-10-01"],
    "work": ["2027-01-09"],
}  # fmt: skip


def main(desk: Desk, case: str) -> Any:
    return next(each for each in desk.mine(case).clocks if each.name == "main")


def inbox(desk: Desk) -> list[Any]:
    with desk.database.session() as session:
        return [item for item in notices.inbox(session, desk.hall.citizen).rows if item.template == "date_moved"]


@pytest.fixture
def december(lite: Desk) -> tuple[Desk, str]:
    """Accepted on 21 December 2026 with twenty working days."""

    def twenty(route: dict[str, Any]) -> None:
        route["limits"] = {name: {"value": 20, "unit": "working_day"} for name in ("statutory", "promised")}

    with_route(lite, twenty)
    with clock.freeze(datetime(2026, 12, 21, 2, tzinfo=UTC)):
        with lite.database.session() as session:
            worktime.load_shipped(session, SYSTEM)
        case = lite.submit().id
        lite.act(case, 1, "accept", "window")
    return lite, case


def test_the_day_is_provisional_then_moves_with_the_notice_and_the_applicant_sees_why(december: tuple[Desk, str]) -> None:
    desk, case = december
    with clock.freeze(datetime(2026, 12, 22, 2, tzinfo=UTC)):
        before = main(desk, case)
        # 22–31 December are 8 working days; 1 January is a holiday by law; 4–8, 11–15 January are 10 more, 18 and 19 the last two
        assert (before.due, before.provisional, before.budget) == (date(2027, 1, 19), True, 20)
        assert any("还没有公布" in line for line in before.sentences)
        with desk.database.session() as session:
            events = len(session.scalars(select(CaseEvent.seq).where(CaseEvent.case_id == case)).all())
    with clock.freeze(datetime(2026, 12, 28, 2, tzinfo=UTC)):  # the notice comes while the case runs
        with desk.database.session() as session:
            worktime.import_year(session, NOTICE, SYSTEM)
            assert projecting.project_again(session) == 0  # no day moved, but each is certain now
        settle(desk.database)
        after = main(desk, case)
        # Monday 4 January off, Saturday 9 January worked: one day goes, one comes, and what ended on the 19th ends on the 19th – so the 4th must count
        assert (after.provisional, after.budget) == (False, 20)
        assert after.due == date(2027, 1, 19)
        assert not any("还没有公布" in line for line in after.sentences)
        assert inbox(desk) == []  # nothing moved: nothing is told
        with desk.database.session() as session:
            worktime.import_year(session, {**NOTICE, "work": []}, SYSTEM)  # corrected: the Saturday is not worked after all
            assert projecting.project_again(session) >= 1
            assert projecting.project_again(session) == 0  # once more changes nothing
        settle(desk.database)
        settle(desk.database)
        assert main(desk, case).due == date(2027, 1, 20)
        (told,) = inbox(desk)
        assert "2027年1月19日" in told.body and "2027年1月20日" in told.body and "工作日数" in told.body
        row = next(line for line in desk.staff(case, "reviewer").clocks if line.name == "main")
        assert row.due == date(2027, 1, 20)  # the officer sees the same day
        shown = {line.date: line.kind for line in main(desk, case).days}
        assert (shown[date(2027, 1, 4)], shown[date(2027, 1, 5)]) == ("holiday", "counted")
    with desk.database.session() as session:
        assert len(session.scalars(select(CaseEvent.seq).where(CaseEvent.case_id == case)).all()) == events  # a calendar is no act of the case
    desk.sound(case)


def test_a_pause_over_new_year_leaves_out_its_working_days_only_and_the_lights_follow_the_new_day(december: tuple[Desk, str]) -> None:
    desk, case = december
    with clock.freeze(datetime(2026, 12, 30, 2, tzinfo=UTC)):
        no = desk.run_until(case, "review.joint.market.review")
        with desk.database.session() as session:
            cases.open_pause(session, case, no, "site_check", command_id=new_id(), actor=desk.hall.actor("reviewer"))
        with desk.database.session() as session:
            worktime.import_year(session, NOTICE, SYSTEM)
            projecting.project_again(session)
    with clock.freeze(datetime(2027, 1, 5, 9, tzinfo=UTC)):
        with desk.database.session() as session:
            cases.close_pause(session, case, no, command_id=new_id(), actor=desk.hall.actor("reviewer"))
        # paused 30, 31 December and 5 January; 22–29 December are 6 days, 6–8 and 9 January 4, 11–15 5, 18–22 5: the 20th is Friday the 22nd
        assert main(desk, case).due == date(2027, 1, 22)
    with clock.freeze(datetime(2027, 1, 22, 10, tzinfo=UTC)):
        rungs.run_due(desk.database)
        assert main(desk, case).overdue_at is None
    with clock.freeze(datetime(2027, 1, 22, 16, 1, tzinfo=UTC)):  # midnight in the hall
        rungs.run_due(desk.database)
        assert main(desk, case).overdue_at is not None and main(desk, case).light == "red"
    desk.sound(case)
