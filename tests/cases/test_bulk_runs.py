"""One action on everything a filter finds: looked at first, done one case after the other, stopped on request, and never twice."""

import os
import subprocess
import sys
import time
from typing import Any

import pytest
import sqlalchemy as sa

from core.cases.errors import CaseNotFound
from core.cases.models import CaseBulk, CaseBulkLine, CaseEvent, CaseIncident, CaseTask
from core.cases.service import bulk, bulk_runs, machine
from core.cases.worklist import Filters
from core.identity.models import Post, Staff
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Conflict
from core.kernel.ids import new_id
from core.outbox import relay
from core.outbox.models import Message
from tests.fixtures_cases import Desk
from tests.fixtures_hall import ROOT, settle, together

REVIEW = "review.joint.market.review"


def filed(desk: Desk, n: int) -> list[str]:
    """Cases that wait for their reviewer."""
    cases = [desk.submit().id for _ in range(n)]
    for case in cases:
        desk.run_until(case, REVIEW)
    return cases


def begun(desk: Desk, login: str = "reviewer", **filters: Any) -> str:
    with desk.database.session() as session:
        return bulk_runs.begin(session, Filters(**filters), command_id=new_id(), actor=desk.hall.actor(login)).id


def started(desk: Desk, run: str, action: str, login: str = "reviewer") -> None:
    with desk.database.session() as session:
        bulk_runs.start(session, run, action, actor=desk.hall.actor(login))


def run_row(desk: Desk, run: str) -> CaseBulk:
    with desk.database.session() as session:
        found = session.get_one(CaseBulk, run)
        session.expunge(found)
        return found


def verdicts(desk: Desk, run: str) -> dict[str, str]:
    with desk.database.session() as session:
        return {row.case_id: row.verdict for row in session.query(CaseBulkLine).filter(CaseBulkLine.bulk_id == run)}


def claims(desk: Desk, case: str) -> int:
    with desk.database.session() as session:
        return session.query(CaseEvent).filter(CaseEvent.case_id == case, CaseEvent.kind == "task_claimed").count()


def test_everything_is_looked_at_before_anything_is_done_and_each_case_answers_for_itself(desk: Desk) -> None:
    cases, spare = filed(desk, 3), desk.submit().id
    desk.act(cases[0], task_of(desk, cases[0]), "pass", "reviewer")
    run = begun(desk)
    settle(desk.database)
    looked = run_row(desk, run)
    assert (looked.status, looked.total, looked.looked, looked.done) == ("ready", 2, 2, 0)
    assert looked.offers["pass"]["may"] == looked.offers["claim"]["may"] == 2
    assert looked.offers["pass"]["title"]["zh"] == "通过" and "refuse" in looked.offers
    assert looked.offers["refuse"]["may"] == 0, "a refusal needs its reasons, one at a time"
    assert sum(n for _words, n in bulk_runs.reasons(looked, "refuse")) == 2
    assert all(claims(desk, case) == 0 for case in cases)
    desk.act(cases[1], task_of(desk, cases[1]), "pass", "reviewer")  # done by hand between the look and the act
    started(desk, run, "pass")
    settle(desk.database)
    done = run_row(desk, run)
    assert (done.status, done.done, done.refused) == ("done", 1, 1)
    assert verdicts(desk, run) == {cases[1]: "refused", cases[2]: "done"}
    with desk.database.session() as session:
        why = {row.case_id: row.why for row in session.query(CaseBulkLine).filter(CaseBulkLine.bulk_id == run)}
    assert why[cases[2]] is None and why[cases[1]]["zh"] and why[cases[1]]["en"]
    assert desk.mine(spare).status == "submitted"
    for case in cases:
        desk.sound(case)


def task_of(desk: Desk, case: str) -> int:
    return next(task.no for task in desk.mine(case).tasks if task.node == REVIEW)


def test_the_list_is_what_the_filter_found_and_does_not_grow(lite: Desk) -> None:
    cases = filed(lite, 2)
    desk_no = task_of(lite, cases[0])
    with lite.database.session() as session:
        from core.cases import service as verbs

        verbs.claim(session, cases[0], desk_no, command_id=new_id(), actor=lite.hall.actor("reviewer"))
    run = begun(lite, mine=True)
    filed(lite, 1)
    settle(lite.database)
    assert list(verdicts(lite, run)) == [cases[0]]
    with pytest.raises(BadInput):
        begun(lite, item="no-such-item")


def test_a_second_run_waits_for_the_first_and_the_same_command_begins_one(lite: Desk) -> None:
    filed(lite, 1)
    command, who = new_id(), lite.hall.actor("reviewer")
    with lite.database.session() as session:
        first = bulk_runs.begin(session, Filters(), command_id=command, actor=who).id
        assert bulk_runs.begin(session, Filters(), command_id=command, actor=who).id == first
        with pytest.raises(Conflict):
            bulk_runs.begin(session, Filters(), command_id=new_id(), actor=who)
        with pytest.raises(Conflict):
            bulk_runs.start(session, first, "claim", actor=who)


def test_of_two_that_begin_at_once_the_same_command_is_one_run_and_another_command_is_refused(desk: Desk) -> None:
    filed(desk, 1)
    command, who = new_id(), desk.hall.actor("reviewer")

    def begin(command_id: str) -> str:
        with desk.database.session() as session:
            return bulk_runs.begin(session, Filters(), command_id=command_id, actor=who).id

    assert len(set(together(*[lambda: begin(command)] * 3))) == 1
    settle(desk.database)
    ready = begin(command)
    others = together(*[lambda: begin(new_id())] * 3)
    assert [type(each) for each in others if not isinstance(each, str)] == [Conflict, Conflict], others
    with desk.database.session() as session, pytest.raises(Conflict):  # one under way at a time, whichever of the two it is
        bulk_runs.start(session, ready, "claim", actor=who)
    settle(desk.database)
    started(desk, ready, "claim")
    assert run_row(desk, ready).status == "running"


def test_a_run_stops_after_the_case_in_hand(lite: Desk) -> None:
    cases = filed(lite, 3)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    while run_row(lite, run).done < 1:
        relay.run_once(lite.database, 1)
    with lite.database.session() as session:
        bulk_runs.stop(session, run, actor=lite.hall.actor("reviewer"))
    settle(lite.database)
    found = run_row(lite, run)
    assert (found.status, found.done, found.refused) == ("stopped", 1, 0)
    assert sorted(verdicts(lite, run).values()) == ["", "", "done"]
    assert sum(claims(lite, case) for case in cases) == 1


def test_a_run_that_was_only_looked_at_can_be_given_up(lite: Desk) -> None:
    filed(lite, 1)
    run = begun(lite)
    with lite.database.session() as session:
        bulk_runs.stop(session, run, actor=lite.hall.actor("reviewer"))
    settle(lite.database)
    assert run_row(lite, run).status == "stopped"
    with pytest.raises(Conflict):
        started(lite, run, "claim")


def test_who_lost_the_post_while_the_run_went_on_does_nothing_more(lite: Desk) -> None:
    cases = filed(lite, 2)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    while run_row(lite, run).done < 1:
        relay.run_once(lite.database, 1)
    with lite.database.session() as session:
        session.execute(sa.delete(Post).where(Post.staff_id == lite.hall.staff["reviewer"]))
    settle(lite.database)
    assert sorted(verdicts(lite, run).values()) == ["done", "refused"]
    assert sum(claims(lite, case) for case in cases) == 1


def test_who_left_office_does_nothing_more_although_the_posts_are_still_written_down(lite: Desk) -> None:
    cases = filed(lite, 2)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    with lite.database.session() as session:
        session.execute(sa.update(Staff).where(Staff.id == lite.hall.staff["reviewer"]).values(active=False))
    settle(lite.database)
    assert set(verdicts(lite, run).values()) == {"refused"} and sum(claims(lite, case) for case in cases) == 0
    with lite.database.session() as session:
        assert "不在岗" in session.query(CaseBulkLine).first().why["zh"]


def test_what_a_refused_act_had_written_is_taken_back_and_a_fault_of_ours_holds_up_nobody(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    cases = filed(desk, 3)
    run = begun(desk)
    settle(desk.database)
    real = bulk.do

    def spoils(session: Any, choice: bulk.Choice, *rest: Any, **more: Any) -> None:
        real(session, choice, *rest, **more)
        if choice.case_id == cases[0]:
            raise BadInput("cases.bulk_needs")
        if choice.case_id == cases[1]:
            raise ZeroDivisionError

    monkeypatch.setattr(bulk, "do", spoils)
    started(desk, run, "claim")
    settle(desk.database)
    assert verdicts(desk, run) == {cases[0]: "refused", cases[1]: "refused", cases[2]: "done"}
    assert [claims(desk, case) for case in cases] == [0, 0, 1]
    with desk.database.session() as session:
        assert {row.claimed_by for row in session.query(CaseTask).filter(CaseTask.case_id.in_(cases[:2]))} == {""}
        whys = {row.case_id: row.why for row in session.query(CaseBulkLine).filter(CaseBulkLine.bulk_id == run)}
        assert "ZeroDivision" not in str(whys) and "系统出了错" in whys[cases[1]]["zh"]
    for case in cases:
        desk.sound(case)


def test_a_case_whose_next_step_nobody_could_hold_is_refused_and_an_incident(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    (case,) = filed(lite, 1)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "pass")
    monkeypatch.setattr(machine, "_organisation", lambda *_: ())
    settle(lite.database)
    assert verdicts(lite, run) == {case: "refused"}
    with lite.database.session() as session:
        assert [(found.kind, found.case_id) for found in session.query(CaseIncident)] == [("nowhere", case)]
    lite.sound(case)


@pytest.mark.parametrize("login", ["chief", "admin", "yunling-reviewer", "window"])
def test_a_run_is_its_starters_and_nobody_elses(lite: Desk, login: str) -> None:
    filed(lite, 1)
    run, other = begun(lite), lite.hall.actor(login)
    with lite.database.session() as session:
        for act in (
            lambda: bulk_runs.run_of(session, run, actor=other), lambda: bulk_runs.stop(session, run, actor=other),
            lambda: bulk_runs.start(session, run, "claim", actor=other), lambda: bulk_runs.run_of(session, run, actor=Actor("citizen", other.id)),
        ):  # fmt: skip
            with pytest.raises(CaseNotFound):
                act()
        assert bulk_runs.runs(session, actor=other) == ()


_WORKER = """
import sys
from pathlib import Path
from core.app import register_handlers
from core.outbox import relay
from datetime import timedelta
from tests.fixtures_hall import make_database
register_handlers()
database = make_database(Path(sys.argv[1]))
while relay.run_once(database, 1, lease=timedelta(seconds=1)):
    pass
print("done", flush=True)
"""


def test_a_worker_that_is_killed_again_and_again_does_each_case_once(lite: Desk) -> None:
    cases = filed(lite, 8)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    kills = 0
    for _ in range(20):
        before = run_row(lite, run).done
        worker = subprocess.Popen(
            [sys.executable, "-c", _WORKER, str(lite.home)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, text=True
        )
        while worker.poll() is None and (kills >= 2 or run_row(lite, run).done < before + 2):
            time.sleep(0.005)
        if worker.poll() is None:
            worker.kill()
            kills += 1
        worker.communicate()
        if run_row(lite, run).status == "done":
            break
        time.sleep(1.1)  # the dead one's lease
    assert kills == 2
    assert (run_row(lite, run).done, set(verdicts(lite, run).values())) == (8, {"done"})
    assert [claims(lite, case) for case in cases] == [1] * 8
    for case in cases:
        lite.sound(case)


def test_a_run_that_the_outbox_gave_up_is_an_incident_and_its_starter_can_begin_another(lite: Desk) -> None:
    cases = filed(lite, 2)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    with lite.database.session() as session:  # twelve workers died over it
        session.execute(sa.update(Message).where(Message.topic == bulk_runs.TOPIC, Message.done_at.is_(None)).values(attempts=relay.MAX_ATTEMPTS))
    settle(lite.database)
    assert run_row(lite, run).status == "stopped" and set(verdicts(lite, run).values()) == {""}
    with lite.database.session() as session:
        (found,) = session.query(CaseIncident).all()
        assert (found.kind, found.case_id, found.params["topic"]) == ("job", cases[0], "cases.bulk")
    assert begun(lite) != run


def test_the_same_message_twice_does_the_case_once_and_skips_none(lite: Desk) -> None:
    cases = filed(lite, 2)
    run = begun(lite)
    settle(lite.database)
    started(lite, run, "claim")
    for _ in range(3):
        with lite.database.session() as session:
            bulk_runs.go_on(session, {"run": run, "do": "do", "no": 0}, "again")
    assert run_row(lite, run).next_no == 1
    settle(lite.database)
    assert [claims(lite, case) for case in cases] == [1, 1]
