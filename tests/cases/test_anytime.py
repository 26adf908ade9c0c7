"""What may be done to a case at any time: by whom, with what effect, and who is told no."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.cases import service as cases
from core.cases.errors import AlreadyClaimed, CaseNotFound, FourEyes, NotAColleague, NotEntitled, NotHolder, TaskClosed
from core.cases.service import extending, inquiring, moving_tasks
from core.identity import service as identity
from core.identity.errors import BadDelegation
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.notices.queries import inbox
from core.routing.errors import NeedMissing, RouteRefused
from tests.fixtures_cases import Desk
from tests.fixtures_hall import settle


def give(desk: Desk, verb: Any, case: str, *args: Any, by: str | Actor, **more: Any) -> Any:
    """One command, a transaction of its own."""
    actor = desk.hall.actor(by) if isinstance(by, str) else by
    with desk.database.session() as session:
        return verb(session, case, *args, command_id=more.pop("command", None) or new_id(), actor=actor, **more)


def in_review(desk: Desk, node: str) -> tuple[str, int]:
    """A case at a step of its review; its id and the step's number."""
    case = desk.submit().id
    return case, desk.run_until(case, node)


def opened(desk: Desk) -> tuple[str, int]:
    """A case at the first step after its acceptance."""
    case = desk.submit().id
    desk.act(case, 1, "accept", "window")
    task = desk.staff(case, "reviewer").tasks[0]
    return case, task.no


def main_due(desk: Desk, case: str) -> date:
    return next(c.due for c in desk.staff(case, "reviewer").clocks if c.name == "main")


def post(desk: Desk, login: str, role: str, department: str = "market_regulation") -> None:
    with desk.database.session() as session:
        identity.add_post(session, desk.hall.staff[login], desk.hall.department(department), role, actor=SYSTEM)


# extending ------------------------------------------------------------------------------------------------------------


def test_the_head_extends_by_ten_days_once_with_reasons_and_a_document_as_art_42_of_the_licensing_law_says(desk: Desk) -> None:
    case, _no = opened(desk)
    post(desk, "leader", "agency_head")
    before = main_due(desk, case)
    with desk.database.session() as session:
        shown = extending.previewed(session, case, actor=desk.hall.actor("leader"))
    with pytest.raises(NeedMissing):
        give(desk, cases.extend, case, by="leader", reason="  ")
    give(desk, cases.extend, case, by="leader", reason="需要补充核查现场")
    assert shown.due == before and shown.following == main_due(desk, case) > before
    assert any(line.kind == "document_drawn" and line.body.get("kind") == "extension" for line in desk.mine(case).history)
    assert "需要补充核查现场" in [line.note for line in desk.mine(case).history]
    with pytest.raises(RouteRefused):
        give(desk, cases.extend, case, by="leader", reason="再延一次")
    desk.sound(case)


@pytest.mark.parametrize("login", ["window", "reviewer", "chief", "leader"])
def test_an_extension_by_the_wrong_level_is_refused_and_names_the_right_one(lite: Desk, login: str) -> None:
    case, _no = opened(lite)
    due = main_due(lite, case)
    with pytest.raises(NotEntitled) as refused:
        give(lite, cases.extend, case, by=login, reason="想多办几天")
    assert "市场监督管理局" in refused.value.words()
    assert main_due(lite, case) == due


def test_a_request_of_the_reviewer_is_a_task_of_the_head_who_alone_answers_it(desk: Desk) -> None:
    case, no = opened(desk)
    give(desk, cases.ask_extension, case, no, by="reviewer", reason="现场还要再看一次")
    asked = next(t for t in desk.staff(case, "head").tasks if t.kind == "extension")
    assert asked.mine and asked.roles == ("agency_head",)
    for login in ("reviewer", "leader", "mayor"):
        with pytest.raises((NotHolder, CaseNotFound)):
            desk.act(case, asked.no, "approve", login, reason="我也想批")
    before = main_due(desk, case)
    desk.act(case, asked.no, "approve", "head", reason="需要补充核查现场")
    assert main_due(desk, case) > before
    told = [line.note for line in desk.mine(case).history]
    assert "需要补充核查现场" in told and "现场还要再看一次" not in told, "the applicant reads the head's reasons, not the reviewer's"
    assert any(line.kind == "document_drawn" and line.body.get("kind") == "extension" for line in desk.mine(case).history)
    settle(desk.database)
    with desk.database.session() as session:
        (notice,) = [one for one in inbox(session, desk.hall.citizen).rows if one.template == "extended"]
    assert "10 个工作日" in notice.body and "本行政机关负责人" in notice.body
    desk.sound(case)


def test_a_refused_request_leaves_the_day_and_the_applicant_hears_nothing(lite: Desk) -> None:
    case, no = opened(lite)
    give(lite, cases.ask_extension, case, no, by="reviewer", reason="忙不过来")
    before = main_due(lite, case)
    asked = next(t for t in lite.staff(case, "head").tasks if t.kind == "extension")
    with pytest.raises(NeedMissing):
        lite.act(case, asked.no, "refuse", "head")
    lite.act(case, asked.no, "refuse", "head", reason="人手够")
    assert main_due(lite, case) == before
    assert "人手够" in [line.note for line in lite.staff(case, "reviewer").history]
    assert "人手够" not in [line.note for line in lite.mine(case).history]
    lite.sound(case)


def test_only_who_holds_the_step_asks_for_an_extension(lite: Desk) -> None:
    case, no = opened(lite)
    for login in ("window", "chief", "leader"):
        with pytest.raises(NotHolder):
            give(lite, cases.ask_extension, case, no, by=login, reason="x")
    for actor in (lite.hall.actor("yunling-reviewer"), lite.hall.me, lite.hall.stranger):
        with pytest.raises(CaseNotFound):
            give(lite, cases.ask_extension, case, no, by=actor, reason="x")


def test_of_two_who_urge_at_the_same_moment_one_is_told_that_it_was_urged_already(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case, _no = opened(desk)
    real, raced = inquiring._last_urged, []

    def second_meanwhile(session: Any, case_id: str) -> Any:
        """What the first one reads – and before it writes, another tab urges too."""
        found = real(session, case_id)
        if not raced and session.get_bind().dialect.name == "postgresql":
            raced.append(True)
            give(desk, cases.urge, case, by=desk.hall.me)
        return found

    monkeypatch.setattr(inquiring, "_last_urged", second_meanwhile)
    if desk.database.engine.dialect.name == "sqlite":
        give(desk, cases.urge, case, by=desk.hall.me)  # one writer anyway: the other waits and then finds it
    with pytest.raises(RouteRefused):
        give(desk, cases.urge, case, by=desk.hall.me)
    assert sum(line.kind == "urged" for line in desk.mine(case).history) == 1


def test_a_stand_in_extends_for_the_head_and_both_names_are_kept(lite: Desk) -> None:
    case, _no = opened(lite)
    post(lite, "leader", "agency_head")
    day = clock.today()
    with lite.database.session() as session:
        identity.delegate(
            session,
            lite.hall.staff["leader"],
            lite.hall.staff["chief"],
            valid_from=day,
            valid_until=day + timedelta(days=3),
            reason="出差",
            actor=lite.hall.actor("leader"),
        )
    give(lite, cases.extend, case, by="chief", reason="负责人出差,按授权批准")
    line = next(line for line in lite.staff(case, "reviewer").history if line.kind == "limit_extended")
    assert line.actor and line.on_behalf_of and line.actor != line.on_behalf_of
    with lite.database.session() as session, pytest.raises(BadDelegation):
        identity.delegate(
            session,
            lite.hall.staff["chief"],
            lite.hall.staff["leader"],
            valid_from=day,
            valid_until=day,
            reason="转回去",
            actor=lite.hall.actor("chief"),
        )


def test_who_may_not_see_the_case_learns_nothing_of_it(lite: Desk) -> None:
    case, no = opened(lite)
    for verb, args, more in (
        (cases.extend, (), {"reason": "x"}),
        (cases.terminate, (), {"reason": "x"}),
        (cases.ask, (no,), {"question": "x"}),
        (cases.open_pause, (no, "site_check"), {}),
        (cases.close_pause, (no,), {}),
        (cases.return_delegate, (no,), {"opinion": "x"}),
        (cases.take_back, (1,), {}),
        (cases.urge, (), {}),
        (cases.answer, (no,), {"words": "x"}),
    ):
        for actor in (lite.hall.actor("yunling-window"), lite.hall.stranger):
            with pytest.raises(CaseNotFound):
                give(lite, verb, case, *args, by=actor, **more)


# handing on -----------------------------------------------------------------------------------------------------------


def test_a_transferred_task_is_its_new_holders_alone(desk: Desk) -> None:
    case, no = opened(desk)
    post(desk, "window", "reviewer")
    with desk.database.session() as session:
        shown = [one.id for one in moving_tasks.colleagues(session, case, no, without=desk.hall.staff["reviewer"])]
    assert desk.hall.staff["chief"] in shown and desk.hall.staff["reviewer"] not in shown
    give(desk, cases.transfer, case, no, by="reviewer", to=desk.hall.staff["chief"], reason="请病假")
    mine = next(t for t in desk.staff(case, "chief").tasks if t.no == no)
    assert mine.mine and mine.roles == ("section_chief",)
    assert not next(t for t in desk.staff(case, "reviewer").tasks if t.no == no).mine
    assert "请病假" not in [line.note for line in desk.mine(case).history], "the applicant reads nothing of who was ill"
    desk.sound(case)


def test_a_task_goes_to_nobody_outside_the_department(lite: Desk) -> None:
    case, no = opened(lite)
    for stranger in (lite.hall.staff["yunling-window"], lite.hall.staff["fire"], "nobody", lite.hall.citizen):
        with pytest.raises(NotAColleague):
            give(lite, cases.transfer, case, no, by="reviewer", to=stranger, reason="试试")
        with pytest.raises(NotAColleague):
            give(lite, cases.delegate, case, no, by="reviewer", to=stranger)


def test_a_task_is_not_handed_to_who_did_the_step_it_must_check(lite: Desk) -> None:
    case, no = in_review(lite, "review.decide")
    post(lite, "window", "leader")
    with pytest.raises(RouteRefused) as refused:
        give(lite, cases.transfer, case, no, by="leader", to=lite.hall.staff["window"], reason="转给受理的人")
    assert "回避" in refused.value.words()
    with pytest.raises(RouteRefused):
        give(lite, cases.delegate, case, no, by="leader", to=lite.hall.staff["window"])
    with pytest.raises(FourEyes):
        give(lite, cases.ask, case, no, by="window", question="几张桌子?")


def test_a_delegate_gives_an_opinion_and_the_task_returns(desk: Desk) -> None:
    case, no = opened(desk)
    post(desk, "expert1", "reviewer")
    give(desk, cases.delegate, case, no, by="reviewer", to=desk.hall.staff["expert1"], reason="请看布局图")
    with pytest.raises(AlreadyClaimed):
        give(desk, cases.ask, case, no, by="reviewer", question="?")
    with pytest.raises(RouteRefused):
        desk.act(case, no, "pass", "expert1")
    with pytest.raises(NeedMissing):
        give(desk, cases.return_delegate, case, no, by="expert1", opinion="")
    give(desk, cases.return_delegate, case, no, by="expert1", opinion="布局合理")
    assert next(t for t in desk.staff(case, "reviewer").tasks if t.no == no).mine
    assert "布局合理" in [line.note for line in desk.staff(case, "reviewer").history]
    assert "布局合理" not in [line.note for line in desk.mine(case).history]
    desk.sound(case)


def test_who_delegated_calls_the_task_back_and_others_do_not(lite: Desk) -> None:
    case, no = opened(lite)
    post(lite, "expert1", "reviewer")
    post(lite, "expert2", "reviewer")
    give(lite, cases.delegate, case, no, by="reviewer", to=lite.hall.staff["expert1"])
    with pytest.raises(RouteRefused):
        give(lite, cases.return_delegate, case, no, by="expert2", opinion="不是我的")
    give(lite, cases.return_delegate, case, no, by="reviewer", opinion=None)
    assert next(t for t in lite.staff(case, "reviewer").tasks if t.no == no).mine
    lite.sound(case)


def test_a_delegation_in_a_circle_is_refused(lite: Desk) -> None:
    case, no = opened(lite)
    post(lite, "expert1", "reviewer")
    give(lite, cases.delegate, case, no, by="reviewer", to=lite.hall.staff["expert1"])
    with pytest.raises(RouteRefused) as refused:
        give(lite, cases.delegate, case, no, by="expert1", to=lite.hall.staff["reviewer"])
    assert refused.value.words()
    lite.sound(case)


def test_an_act_is_taken_back_while_nobody_touched_what_followed(desk: Desk) -> None:
    case, no = opened(desk)
    desk.act(case, no, "pass", "reviewer")
    with pytest.raises(NotEntitled):
        give(desk, cases.take_back, case, no, by="chief")
    give(desk, cases.take_back, case, no, by="reviewer")
    again = next(t for t in desk.staff(case, "reviewer").tasks if t.mine)
    assert again.node == "review.joint.market.review" and again.no != no
    desk.sound(case)
    desk.act(case, again.no, "pass", "reviewer")
    following = next(t for t in desk.staff(case, "chief").tasks if t.mine)
    with desk.database.session() as session:
        cases.claim(session, case, following.no, command_id=new_id(), actor=desk.hall.actor("chief"))
    with pytest.raises(RouteRefused):
        give(desk, cases.take_back, case, again.no, by="reviewer")


# words with the applicant ---------------------------------------------------------------------------------------------


def test_a_question_reaches_the_applicant_and_its_answer_the_officer_while_the_clock_runs(desk: Desk) -> None:
    case, no = opened(desk)
    due = main_due(desk, case)
    give(desk, cases.ask, case, no, by="reviewer", question="后厨有几个出口?")
    with desk.database.session() as session:
        asked = inquiring.asked(session, case, actor=desk.hall.me)
    (inquiry,) = asked.inquiries
    assert inquiry.question == "后厨有几个出口?"
    with pytest.raises(RouteRefused):
        give(desk, cases.ask, case, no, by="reviewer", question="再问一个")
    with pytest.raises(BadInput):
        give(desk, cases.answer, case, inquiry.no, by=desk.hall.me, words=" \n ")
    with pytest.raises(TaskClosed):
        give(desk, cases.answer, case, no, by=desk.hall.me, words="不是问我的环节")
    give(desk, cases.answer, case, inquiry.no, by=desk.hall.me, words="两个")
    assert "两个" in [line.note for line in desk.staff(case, "reviewer").history]
    assert main_due(desk, case) == due
    with desk.database.session() as session:
        assert inquiring.asked(session, case, actor=desk.hall.me).inquiries == ()
    desk.sound(case)


def test_an_applicant_urges_once_a_working_day(lite: Desk) -> None:
    case, _no = opened(lite)
    give(lite, cases.urge, case, by=lite.hall.me)
    with pytest.raises(RouteRefused):
        give(lite, cases.urge, case, by=lite.hall.me)
    with pytest.raises(CaseNotFound):
        give(lite, cases.urge, case, by="reviewer")
    with clock.freeze(clock.now() + timedelta(days=30)):
        give(lite, cases.urge, case, by=lite.hall.me)
    lite.sound(case)


def test_only_the_head_ends_a_case_and_says_why(lite: Desk) -> None:
    case, _no = opened(lite)
    with pytest.raises(NotEntitled):
        give(lite, cases.terminate, case, by="chief", reason="不办了")
    post(lite, "leader", "agency_head")
    with pytest.raises(NeedMissing):
        give(lite, cases.terminate, case, by="leader", reason="")
    give(lite, cases.terminate, case, by="leader", reason="申请人已经注销")
    assert lite.mine(case).status == "terminated"
    lite.sound(case)


def test_the_same_command_twice_is_done_once(lite: Desk) -> None:
    case, no = opened(lite)
    command = new_id()
    first = give(lite, cases.ask, case, no, by="reviewer", question="几张桌子?", command=command)
    again = give(lite, cases.ask, case, no, by="reviewer", question="几张桌子?", command=command)
    assert again.replayed and again.seq == first.seq


# special procedures ---------------------------------------------------------------------------------------------------


def test_a_special_procedure_stops_the_main_clock_until_its_holder_ends_it_as_art_45_says(lite: Desk) -> None:
    case, no = opened(lite)
    with pytest.raises(RouteRefused):
        give(lite, cases.open_pause, case, no, "whatever", by="reviewer")
    give(lite, cases.open_pause, case, no, "site_check", by="reviewer", reason="约定现场核查")
    with pytest.raises(NotHolder):
        give(lite, cases.close_pause, case, no, by="chief")
    assert not next(c for c in lite.staff(case, "reviewer").clocks if c.name == "main").running
    give(lite, cases.close_pause, case, no, by="reviewer")
    assert next(c for c in lite.staff(case, "reviewer").clocks if c.name == "main").running
    lite.sound(case)
