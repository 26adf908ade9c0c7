"""What time does to cases: rungs fire once, in due order, as commands of the case, and what fails holds up nobody."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, update

from core.cases import service as cases
from core.cases.models import CaseClock, CaseClockFire, CaseClockParked, CaseEvent, CaseTask
from core.cases.service import machine, projecting, rungs
from core.kernel import clock
from core.kernel.actor import SYSTEM, Actor
from core.kernel.ids import new_id
from core.notices.models import Notice
from core.routing.engine import advance
from core.routing.marking import Command
from core.worktime import service as worktime
from tests.fixtures_cases import Desk
from tests.fixtures_hall import ROOT, publish_item, settle

MONDAY = datetime.fromisoformat("2026-11-02T10:00:00+08:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}+08:00")


def rows(desk: Desk, query: Any) -> list[Any]:
    with desk.database.session() as session:
        return list(session.execute(query).all())


def the_clock(desk: Desk, case: str, name: str) -> Any:
    return rows(desk, select(*CaseClock.__table__.c).where(CaseClock.case_id == case, CaseClock.name == name))[0]


def happened(desk: Desk, case: str) -> list[str]:
    return [row.kind for row in rows(desk, select(CaseEvent.kind).where(CaseEvent.case_id == case).order_by(CaseEvent.seq))]


def fired(desk: Desk, case: str) -> list[tuple[str, str]]:
    query = select(CaseClockFire.clock, CaseClockFire.rung).where(CaseClockFire.case_id == case).order_by(CaseClockFire.due_at)
    return [(row.clock, row.rung) for row in rows(desk, query)]


def command(desk: Desk, case: str, wanted: Command, actor: Actor = SYSTEM) -> None:
    """Give the engine a command that has no button here."""

    def decide(it: machine.Loaded) -> machine.Change:
        return machine.Change(advance(it.compiled.route, it.marking, wanted, it.facts()), action=wanted.kind, note={"reason": wanted.reason or "需要"})

    with desk.database.session() as session:
        machine.carry_out(session, case, new_id(), decide, actor=actor)


def with_route(desk: Desk, change: Callable[[dict[str, Any]], None]) -> str:
    """The licence with another route, published as its next version."""
    with desk.database.session() as session:
        desk.version = publish_item(session, "market_regulation/food-operation-new.json", change=lambda doc: change(doc["route"]))
    return desk.version


def test_silence_for_five_working_days_is_acceptance_from_the_day_of_receipt(desk: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = desk.submit()
    with clock.freeze(at("2026-11-09T23:59:59")):
        rungs.run_due(desk.database)
        assert desk.mine(ref.id).status == "submitted"
    with clock.freeze(at("2026-11-10T00:00:01")):
        rungs.run_due(desk.database)
        found = desk.mine(ref.id)
        assert found.status == "in_review"
        assert found.accepted_at == MONDAY
        main = next(each for each in found.clocks if each.name == "main")
        assert (main.due, main.used) == (at("2026-11-16T00:00:00").date(), 6)
        assert next(each for each in found.clocks if each.name == "intake").light == "red"
    desk.sound(ref.id)
    assert fired(desk, ref.id) == [("intake", "yellow"), ("intake", "red")]


def test_a_warning_then_a_red_light_are_facts_of_the_case_and_are_told_once_each(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        lite.run_until(ref.id, "review.joint.market.review")
    for moment in ("2026-11-16T09:00", "2026-11-17T09:00", "2026-11-17T09:01"):
        with clock.freeze(at(moment)):
            rungs.run_due(lite.database)
    assert [pair for pair in fired(lite, ref.id) if pair[0] == "main"] == [("main", "yellow"), ("main", "red")]
    assert happened(lite, ref.id).count("rung_fired") == 4  # the step's two and the main clock's
    lite.sound(ref.id)
    settle(lite.database)
    settle(lite.database)
    told = {(row.template, row.recipient_id) for row in rows(lite, select(Notice.template, Notice.recipient_id).where(Notice.recipient_kind == "staff"))}
    assert ("task_due", lite.hall.staff["reviewer"]) in told
    assert {who for template, who in told if template == "task_late"} == {lite.hall.staff["chief"], lite.hall.staff["leader"]}
    assert len(told) == len(rows(lite, select(Notice.id).where(Notice.recipient_kind == "staff", Notice.template == "task_due"))) // 2 + 2


def test_an_overdue_case_stays_red_and_on_record_after_an_extension(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        lite.run_until(ref.id, "review.joint.market.review")
    with clock.freeze(at("2026-11-18T09:00")):
        rungs.run_due(lite.database)
        before = the_clock(lite, ref.id, "main")
        command(lite, ref.id, Command("extend", reason="材料复杂", actor=lite.hall.staff["leader"]), lite.hall.actor("leader"))
        after = the_clock(lite, ref.id, "main")
        assert after.epoch == before.epoch + 1
        assert (after.next_rung, after.overdue_at) == ("yellow", before.due_at)
        seen = next(each for each in lite.staff(ref.id, "reviewer").clocks if each.name == "main")
        assert (seen.light, seen.overdue_at) == ("red", before.due_at)
        assert any("第四十二条" in line and "10 个工作日" in line and "批准延长" in line for line in seen.sentences)
    lite.sound(ref.id)


def test_after_downtime_rungs_come_in_the_order_in_which_they_were_due(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in range(3):
        with clock.freeze(MONDAY + timedelta(days=day)):
            lite.run_until(lite.submit().id, "review.joint.market.review")
    seen: list[tuple[datetime, bool]] = []
    real = rungs.fire

    def noted(session: Any, due: Any) -> Any:
        seen.append((due.at, due.at <= clock.now()))
        return real(session, due)

    monkeypatch.setattr(rungs, "fire", noted)
    with clock.freeze(at("2026-12-20T09:00")):
        rungs.run_due(lite.database)
    assert len(seen) == 12
    assert [moment for moment, _ in seen] == sorted(moment for moment, _ in seen)
    assert all(due for _, due in seen)


def test_a_case_that_cannot_be_moved_is_parked_and_the_others_go_on(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.freeze(MONDAY):
        broken, sound = desk.submit(), desk.submit()
    real = rungs.advance

    def breaks(route: Any, marking: Any, wanted: Any, facts: Any) -> Any:
        if current[-1] == broken.id:
            raise ValueError("a broken definition")
        return real(route, marking, wanted, facts)

    current: list[str] = []
    carried = rungs.carry_out

    def noted(session: Any, case_id: str, *rest: Any, **more: Any) -> Any:
        current.append(case_id)
        return carried(session, case_id, *rest, **more)

    monkeypatch.setattr(rungs, "carry_out", noted)
    monkeypatch.setattr(rungs, "advance", breaks)
    late = at("2026-11-11T09:00")
    with clock.freeze(late):
        rungs.run_due(desk.database)
        assert desk.mine(sound.id).status == "in_review"
        assert desk.mine(broken.id).status == "submitted"
        assert rungs.run_due(desk.database) == 0  # it waits for its next try
    parked = rows(desk, select(*CaseClockParked.__table__.c))
    assert [(row.case_id, row.clock, row.attempts) for row in parked] == [(broken.id, "intake", 1)]
    assert "a broken definition" in parked[0].error
    assert fired(desk, broken.id) == []
    monkeypatch.undo()
    with clock.freeze(late + timedelta(hours=1)):
        rungs.run_due(desk.database)
        assert desk.mine(broken.id).status == "in_review"
    assert rows(desk, select(CaseClockParked.case_id)) == []
    desk.sound(broken.id)


def test_a_parked_rung_waits_longer_each_time(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()

    def refuses(*_: Any, **__: Any) -> None:
        raise RuntimeError("no")

    monkeypatch.setattr(rungs, "carry_out", refuses)
    moment, waits = at("2026-11-11T09:00"), []
    for _ in range(3):
        with clock.freeze(moment):
            rungs.run_due(lite.database)
        after = the_clock(lite, ref.id, "intake").next_rung_at
        waits.append(after - moment)
        moment = after
    assert waits == [rungs.RETRY, rungs.RETRY * 2, rungs.RETRY * 4]


def test_two_sweepers_at_once_fire_each_rung_exactly_once(desk: Desk) -> None:
    with clock.freeze(MONDAY):
        refs = [desk.submit() for _ in range(6)]
    with clock.freeze(at("2026-12-30T09:00")):
        faults: list[BaseException] = []

        def run() -> None:
            try:
                while rungs.run_due(desk.database):
                    pass
            except BaseException as error:  # noqa: BLE001 – told by the test, not by a dying thread
                faults.append(error)

        threads = [threading.Thread(target=run) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        rungs.run_due(desk.database)
    assert faults == []
    for ref in refs:
        kinds = happened(desk, ref.id)
        assert kinds.count("case_accepted") == 1
        assert len(fired(desk, ref.id)) == kinds.count("rung_fired") + 1  # the acceptance itself is the intake's red rung
        desk.sound(ref.id)
    assert rows(desk, select(func.count()).select_from(CaseClockParked)) == [(0,)]


_SWEEPER = """
import sys
from datetime import datetime
from pathlib import Path
from core.cases.service import rungs
from core.kernel import clock
from tests.fixtures_hall import make_database
database = make_database(Path(sys.argv[1]))
with clock.freeze(datetime.fromisoformat("2026-12-30T09:00+08:00")):
    while rungs.run_due(database):
        pass
print("swept", flush=True)
"""


def test_a_sweeper_that_is_killed_again_and_again_fires_each_rung_exactly_once(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        refs = [lite.submit() for _ in range(8)]
    fires, kills = select(func.count()).select_from(CaseClockFire), 0
    for _ in range(20):
        before = rows(lite, fires)[0][0]
        sweeper = subprocess.Popen(
            [sys.executable, "-c", _SWEEPER, str(lite.home)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        while sweeper.poll() is None and (kills >= 2 or rows(lite, fires)[0][0] < before + 3):
            time.sleep(0.005)
        if sweeper.poll() is None:
            sweeper.kill()
            kills += 1
        said, _ = sweeper.communicate()
        if said.strip() == "swept":
            break
    assert kills == 2
    for ref in refs:
        kinds = happened(lite, ref.id)
        assert kinds.count("case_accepted") == 1
        assert len(fired(lite, ref.id)) == kinds.count("rung_fired") + 1
        lite.sound(ref.id)
    assert rows(lite, select(CaseClock.name).where(CaseClock.next_rung_at < at("2026-12-30T09:00"))) == []


def test_a_special_procedure_ends_when_its_own_limit_is_over(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        no = lite.run_until(ref.id, "review.joint.market.review")
        command(lite, ref.id, Command("open_pause", no, "site_check", actor=lite.hall.staff["reviewer"]), lite.hall.actor("reviewer"))
        held = next(each for each in lite.mine(ref.id).clocks if each.name == "main")
        assert held.light == "paused"
        assert [(why.title, why.basis, why.since) for why in held.held_by] == [("现场勘查", "办事指南所列特殊程序:现场勘查", MONDAY)]
        assert any("11月2日起因现场勘查暂停" in line and "依据" in line for line in held.sentences)
        assert held.next_rung_at is None
        task = rows(lite, select(CaseTask.due_at).where(CaseTask.case_id == ref.id, CaseTask.no == no))
        assert {row.due_at for row in task} == {None}
    with clock.freeze(at("2026-11-10T08:00")):
        rungs.run_due(lite.database)
        found = lite.mine(ref.id)
        assert found.status == "in_review"
        main = next(each for each in found.clocks if each.name == "main")
        assert (main.running, main.used) == (True, 0)
        due = {row.due_at for row in rows(lite, select(CaseTask.due_at).where(CaseTask.case_id == ref.id, CaseTask.no == no))}
        assert due == {the_clock(lite, ref.id, f"task:{no}").due_at}
    lite.sound(ref.id)


def test_a_shared_procedure_ends_for_every_step_that_waits_in_it(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit({"operator_name": "青禾餐饮", "area": 500, "business_kind": "catering"})
        for login, node in (("fire_reviewer", "intake.check.fire"),):
            task = next(each for each in lite.mine(ref.id).tasks if each.node == node)
            lite.act(ref.id, task.no, "complete", login if login in lite.hall.staff else "fire")
        lite.run_until(ref.id, "review.joint.fire.opinion")
        for task in lite.mine(ref.id).tasks:
            command(lite, ref.id, Command("open_pause", task.no, "site_check"))
        assert len(next(iter(lite.mine(ref.id).marking.pauses.values()))) == 2
    with clock.freeze(at("2026-11-10T08:00")):
        rungs.run_due(lite.database)
    assert lite.mine(ref.id).marking.pauses == {}
    assert happened(lite, ref.id).count("pause_closed") == 2
    lite.sound(ref.id)


def test_a_second_procedure_of_the_same_name_fires_anew(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        no = lite.run_until(ref.id, "review.joint.market.review")
        command(lite, ref.id, Command("open_pause", no, "site_check"))
    with clock.freeze(at("2026-11-10T08:00")):
        rungs.run_due(lite.database)
        command(lite, ref.id, Command("open_pause", no, "site_check"))
        assert lite.mine(ref.id).status == "suspended"
    with clock.freeze(at("2026-11-19T08:00")):
        rungs.run_due(lite.database)
        assert lite.mine(ref.id).status == "in_review"
    assert [pair for pair in fired(lite, ref.id) if pair == ("pause:site_check", "red")] == [("pause:site_check", "red")] * 2
    lite.sound(ref.id)


def silent_agreement(route: dict[str, Any]) -> None:
    """Who is silent for a day after the limit agrees, by a rule that is named (宜府办发〔2009〕66号)."""
    step = route["review"]["nodes"]["joint"]["branches"]["market"]["nodes"]["review"]
    step["overdue"] = {"after": {"value": 1, "unit": "working_day"}, "outcome": "agree", "basis": "宜府办发〔2009〕66号", "light": "red"}


def test_a_step_that_stays_silent_ends_as_its_rule_says_and_shows_red(lite: Desk) -> None:
    with_route(lite, silent_agreement)
    with clock.freeze(MONDAY):
        ref = lite.submit()
        no = lite.run_until(ref.id, "review.joint.market.review")
        shown = next(each for each in lite.staff(ref.id, "reviewer").clocks if each.name == f"task:{no}")
        assert any("视为同意" in line and "66号" in line for line in shown.sentences)
    with clock.freeze(at("2026-11-09T09:00")):  # due 6 November, one more working day is the 9th
        rungs.run_due(lite.database)
        assert lite.mine(ref.id).marking.task(no) is not None
    with clock.freeze(at("2026-11-10T00:00:01")):
        rungs.run_due(lite.database)
        found = lite.mine(ref.id)
        assert found.marking.task(no) is None
        assert "task_overdue" in happened(lite, ref.id)
        assert next(each for each in found.clocks if each.name == f"task:{no}").light == "red"
    settle(lite.database)
    assert rows(lite, select(Notice.id).where(Notice.template == "task_escalated")) != []
    lite.sound(ref.id)


def test_a_step_with_nobody_above_is_reported_and_stays_open(lite: Desk) -> None:
    def report(route: dict[str, Any]) -> None:
        step = route["review"]["nodes"]["joint"]["branches"]["market"]["nodes"]["review"]
        step["overdue"] = {"after": {"value": 2, "unit": "hour"}, "escalate": "parent", "light": "red"}

    with_route(lite, report)
    with clock.freeze(MONDAY):
        ref = lite.submit()
        no = lite.run_until(ref.id, "review.joint.market.review")
    with clock.freeze(at("2026-11-07T02:00:01")):
        rungs.run_due(lite.database)
        task = lite.mine(ref.id).marking.task(no)
        assert task is not None and task.escalated
    lite.sound(ref.id)


def test_a_calendar_that_arrives_moves_the_rungs_and_begins_a_new_epoch(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        lite.run_until(ref.id, "review.joint.market.review")
        before = the_clock(lite, ref.id, "main")
        with lite.database.session() as session:
            assert projecting.project_again(session) == 0
        assert the_clock(lite, ref.id, "main").epoch == before.epoch
        storm = {
            "year": 2026, "source": "台风停工通知", "off": ["2026-01-01", "2026-05-01", "2026-10-01", "2026-11-06"], "work": [],
        }  # fmt: skip
        with lite.database.session() as session:
            worktime.load_shipped(session, SYSTEM)
            worktime.import_year(session, storm, SYSTEM)
            assert projecting.project_again(session) >= 2
        after = the_clock(lite, ref.id, "main")
        assert (after.epoch, after.due_at) == (before.epoch + 1, before.due_at + timedelta(days=1))
        assert after.next_rung_at == after.yellow_at
    lite.sound(ref.id)


def test_a_rung_of_an_old_epoch_fires_nothing(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
    with clock.freeze(at("2026-11-11T09:00")):
        with lite.database.session() as session:
            due = rungs._due(session, clock.now(), 10)
        with lite.database.session() as session:
            session.execute(update(CaseClock).where(CaseClock.case_id == ref.id).values(epoch=CaseClock.epoch + 1))
        assert rungs._one(lite.database, due[0]) is rungs._NOT_OURS
        assert fired(lite, ref.id) == []
        assert lite.mine(ref.id).status == "submitted"


def test_an_unanswered_correction_without_a_rule_is_told_and_not_lapsed(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        task = next(each for each in lite.mine(ref.id).tasks if each.node == "intake")
        lite.act(ref.id, task.no, "request_correction", "window", data={"fields": {"area": "请写使用面积"}})
    with clock.freeze(MONDAY + timedelta(days=60)):
        rungs.run_due(lite.database)
        found = lite.mine(ref.id)
        assert found.status == "correction_requested"
        assert next(each for each in found.clocks if each.name == "correction").light == "red"
        settle(lite.database)
    assert rows(lite, select(Notice.id).where(Notice.template == "correction_due", Notice.recipient_id == lite.hall.citizen)) != []
    lite.sound(ref.id)


def test_the_periodic_job_sweeps_and_asks_for_another_turn_while_more_is_due(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rungs, "TURN", 2)
    with clock.freeze(MONDAY):
        ref = lite.submit()
    turns = []
    with clock.freeze(at("2026-11-12T09:00")):
        for _ in range(4):
            with lite.database.session() as session:
                turns.append(rungs.sweep(session))
    assert turns[0] is True and turns[-1] is False
    assert lite.mine(ref.id).status == "in_review"


def test_an_ended_case_has_no_rung_left(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        with lite.database.session() as session:
            cases.withdraw(session, ref.id, command_id=new_id(), actor=lite.hall.me)
    assert rows(lite, select(CaseClock.name).where(CaseClock.case_id == ref.id, CaseClock.next_rung_at.is_not(None))) == []
    with clock.freeze(MONDAY + timedelta(days=90)):
        assert rungs.run_due(lite.database) == 0


def test_the_case_page_says_what_happens_next_by_itself(lite: Desk) -> None:
    with clock.freeze(MONDAY):
        ref = lite.submit()
        intake = next(each for each in lite.mine(ref.id).clocks if each.name == "intake")
        assert (intake.next_rung, intake.next_rung_at) == ("亮黄灯，提醒办理人", at("2026-11-05T00:00"))
        assert any("第三十二条" in line for line in intake.sentences)
    with clock.freeze(at("2026-11-05T09:00")):
        rungs.run_due(lite.database)
        intake = next(each for each in lite.mine(ref.id).clocks if each.name == "intake")
        assert (intake.next_rung, intake.next_rung_at) == ("没有答复的，视为受理", at("2026-11-10T00:00"))
