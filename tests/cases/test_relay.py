"""村镇县接力: papers set out in a village, the town sends back once, the county decides, the result returns along the same way; paper follows."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from core.cases import service as cases
from core.cases.errors import CaseNotFound, NotAsked, NotHolder, PapersMoved
from core.cases.models import CaseClock, Correction
from core.cases.service import custody, relaying
from core.cases.service.rungs import run_due
from core.identity import demo
from core.identity.queries import department, successor
from core.identity.service import add_department, succeed
from core.kernel.actor import SYSTEM
from core.kernel.clock import freeze, now
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_relay import TOWN, VILLAGE, Relay, relay_of

MONDAY = datetime.fromisoformat("2026-11-23T02:00:00+00:00")
COUNTY = "yunling-window"
UP = ("id_card", "household_book", "photo")


@pytest.fixture
def relay(lite: Desk) -> Iterator[Relay]:
    with freeze(MONDAY):
        yield relay_of(lite)


def to_county(relay: Relay) -> str:
    case = relay.hand_in().id
    relay.press(case, "pass_on", "shiqiao-agent")
    relay.press(case, "complete", "linxi-agent")
    return case


def decided(relay: Relay) -> str:
    case = to_county(relay)
    relay.press(case, "accept", COUNTY)
    relay.press(case, "pass", "yunling-reviewer")
    relay.press(case, "grant", "yunling-leader")
    return case


def test_each_level_holds_the_papers_in_turn_and_the_clock_begins_with_the_receipt(relay: Relay) -> None:
    case = relay.hand_in().id
    assert relay.task(case).node == "intake.relay.village"
    assert "intake" not in {clock.name for clock in relay.desk.mine(case).clocks}
    with pytest.raises(CaseNotFound):
        relay.press(case, "pass_on", "linxi-agent")  # the town has no hand in it yet
    relay.press(case, "pass_on", "shiqiao-agent")
    assert relay.task(case).departments == (relay.desk.hall.department("town_government", TOWN),)
    with freeze(MONDAY + timedelta(days=1)):
        relay.press(case, "complete", "linxi-agent")
        view = relay.desk.mine(case)
    clock = next(each for each in view.clocks if each.name == "intake")
    assert clock.sentences[0].count("收到材料")
    assert (clock.due_at, view.tasks[0].departments) == (
        datetime.fromisoformat("2026-12-01T16:00:00+00:00"), (relay.desk.hall.department("disabled_federation", demo.COUNTY),),
    )  # fmt: skip  # 行政许可法 32: five working days from Tuesday, when the authority had them – not from Monday
    relay.desk.sound(case)


def test_silence_counts_as_acceptance_from_the_receipt_and_not_from_the_day_the_village_took_the_papers(relay: Relay) -> None:
    """行政许可法 32(4)."""
    case = relay.hand_in().id
    with freeze(MONDAY + timedelta(days=1)):
        relay.press(case, "pass_on", "shiqiao-agent")
        relay.press(case, "complete", "linxi-agent")
        received = now()
    with freeze(MONDAY + timedelta(days=12)):
        run_due(relay.desk.database)
        view = relay.desk.mine(case)
    assert view.accepted_at == received and view.submitted_at < received
    relay.desk.sound(case)


def test_the_town_sends_back_once_and_the_village_mends_exactly_what_was_asked(relay: Relay) -> None:
    case = relay.hand_in(materials=("id_card", "photo", "medical")).id
    relay.press(case, "pass_on", "shiqiao-agent")
    relay.press(case, "missing", "linxi-agent", data={"materials": {"household_book": "没有户口簿"}})
    view = relay.desk.mine(case)
    assert (view.status, view.tasks[0].node) == ("correction_requested", "intake.relay.town.amend")
    assert view.correction is not None and dict(view.correction.materials) == {"household_book": "没有户口簿"}
    assert relay.desk.staff(case, "shiqiao-agent").tasks[0].mine  # it lies in the village's worklist
    with pytest.raises(BadInput) as shut:
        relay.press(case, "correct", "shiqiao-agent")  # no empty mending by a bare button
    assert shut.value.message_key == "cases.amend_open_only"
    with pytest.raises(NotAsked):
        relay.mend(case, ("household_book", "id_card"), "shiqiao-agent")
    with pytest.raises((NotHolder, CaseNotFound)):
        relay.mend(case, ("household_book",), "linxi-agent")
    relay.mend(case, ("household_book",), "shiqiao-agent")
    assert relay.task(case).node == "intake.relay.town"
    assert relay.of_case(case)["village", "household_book"] == "held"  # its paper follows too
    assert [a.id for a in relay.desk.staff(case, "linxi-agent").tasks[0].actions] == ["complete"]
    relay.press(case, "complete", "linxi-agent")
    relay.press(case, "request_correction", COUNTY, data={"fields": {"phone": "少一位"}, "materials": {}})  # the law's one correction is still there
    assert relay.desk.mine(case).correction.fields == {"phone": "少一位"}
    relay.desk.sound(case)


def test_what_was_mended_on_the_way_did_not_lapse_when_the_correction_of_the_law_does(relay: Relay) -> None:
    case = relay.hand_in(materials=("id_card", "photo", "medical")).id
    relay.press(case, "pass_on", "shiqiao-agent")
    relay.press(case, "missing", "linxi-agent", data={"materials": {"household_book": "没有户口簿"}})
    relay.mend(case, ("household_book",), "shiqiao-agent")
    relay.press(case, "complete", "linxi-agent")
    relay.press(case, "request_correction", COUNTY, data={"fields": {"phone": "少一位"}})
    with freeze(MONDAY + timedelta(days=60)), relay.desk.database.session() as session:
        cases.decline_uncorrected(session, case, reason="到期没有补正", command_id=new_id(), actor=relay.desk.hall.actor(COUNTY))
        rows = session.execute(select(Correction.node, Correction.answered_at, Correction.lapsed_at).where(Correction.case_id == case)).all()
    assert {row.node: (row.answered_at is None, row.lapsed_at is None) for row in rows} == {
        "intake.relay.town.amend": (False, True), "intake.correction": (True, False),
    }  # fmt: skip


def test_paper_follows_in_batches_and_what_is_missing_is_named(relay: Relay) -> None:
    case = to_county(relay)
    assert relay.of_case(case) == {("village", m): "held" for m in UP} | {("town", m): "expected" for m in UP}
    lines = relay.waiting("shiqiao-agent")
    assert [line.paper.material for line in lines] == list(UP) and not relay.waiting("linxi-agent")
    command = new_id()
    batch = relay.send("shiqiao-agent", [line.paper.id for line in lines], command)
    assert batch.number.startswith(f"JJ{VILLAGE}20261123") and batch.count == 3
    assert relay.send("shiqiao-agent", [line.paper.id for line in lines], command).id == batch.id
    with pytest.raises(PapersMoved):
        relay.send("shiqiao-agent", [lines[0].paper.id])
    ticked = [line.paper.id for line in batch.lines if line.paper.material != "photo"]
    taken = relay.receive("linxi-agent", batch.id, ticked)
    assert {line.paper.material: line.paper.state for line in taken.lines} == {"id_card": "received", "household_book": "received", "photo": "missing"}
    assert [(line.paper.material, line.again) for line in relay.waiting("shiqiao-agent")] == [("photo", True)]
    assert [line.paper.material for line in relay.waiting("linxi-agent")] == ["id_card", "household_book"]
    relay.pass_papers("shiqiao-agent", "linxi-agent")
    relay.pass_papers("linxi-agent", COUNTY)
    assert {state for key, state in relay.of_case(case).items()} == {"received"}
    told = [line.kind for line in relay.desk.mine(case).history if line.kind.startswith("papers_")]
    assert told == ["papers_received", "papers_sent", "papers_arrived", "papers_sent", "papers_arrived", "papers_sent", "papers_arrived"]
    relay.desk.sound(case)


@pytest.fixture
def served(desk: Desk) -> Iterator[Relay]:
    """The same on a database with several writers."""
    with freeze(MONDAY):
        yield relay_of(desk)


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_two_batches_taken_in_at_once_leave_no_clock_that_waits_for_the_other(served: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    case = served.hand_in().id
    served.press(case, "pass_on", "shiqiao-agent")
    first, *others = [line.paper.id for line in served.waiting("shiqiao-agent")]
    one, two, done, taken = served.send("shiqiao-agent", [first]), served.send("shiqiao-agent", others), custody._done, []

    def meanwhile(*given: Any) -> Any:
        seen = done(*given)
        if not taken:  # between our look at the papers and our write somebody takes in the other batch
            taken.append(True)
            served.receive("linxi-agent", two.id, others)
        return seen

    monkeypatch.setattr(custody, "_done", meanwhile)
    served.receive("linxi-agent", one.id, [first])
    with served.desk.database.session() as session:
        assert session.query(CaseClock).filter(CaseClock.case_id == case, CaseClock.name == "custody:village").one().state == "stopped"
    served.desk.sound(case)


@pytest.mark.parametrize("desk", ["postgresql"], indirect=True)
def test_one_press_of_the_button_that_comes_twice_at_once_is_one_batch_with_the_next_number(served: Relay, monkeypatch: pytest.MonkeyPatch) -> None:
    case = served.hand_in().id
    served.press(case, "pass_on", "shiqiao-agent")
    first, *others = [line.paper.id for line in served.waiting("shiqiao-agent")]
    command, number, faster = new_id(), custody.following, []

    def meanwhile(*given: Any) -> str:
        if not faster:
            faster.append("")
            faster[0] = served.send("shiqiao-agent", [first], command).id
        return number(*given)

    monkeypatch.setattr(custody, "following", meanwhile)
    assert served.send("shiqiao-agent", [first], command).id == faster[0]
    assert served.send("shiqiao-agent", others).number.endswith("0002")
    served.desk.sound(case)


def test_papers_that_are_late_turn_red_beside_the_case_and_never_stop_it(relay: Relay) -> None:
    case = relay.hand_in().id
    relay.press(case, "pass_on", "shiqiao-agent")
    with freeze(MONDAY + timedelta(days=4)):  # village to town in two working days
        run_due(relay.desk.database)
        assert all(line.paper.late for line in relay.waiting("shiqiao-agent"))
        clock = next(each for each in relay.desk.mine(case).clocks if each.name == "custody:village")
        assert (clock.light, clock.due_at) == ("red", datetime.fromisoformat("2026-11-25T16:00:00+00:00"))
        relay.press(case, "complete", "linxi-agent")
        relay.pass_papers("shiqiao-agent", "linxi-agent")
    with relay.desk.database.session() as session:
        states = {row.name: row.state for row in session.query(CaseClock).filter(CaseClock.case_id == case, CaseClock.name.like("custody:%"))}
    assert states == {"custody:village": "stopped", "custody:town": "running"}
    assert "rung_fired" in {line.kind for line in relay.desk.mine(case).history}


def test_the_light_of_papers_warns_those_who_have_them_in_hands(relay: Relay) -> None:
    from core.notices.models import Notice
    from tests.fixtures_hall import settle

    case = relay.hand_in().id
    relay.press(case, "pass_on", "shiqiao-agent")
    settle(relay.desk.database)
    with freeze(MONDAY + timedelta(days=1)):
        run_due(relay.desk.database)
        settle(relay.desk.database)
    with relay.desk.database.session() as session:
        told = {row.recipient_id for row in session.query(Notice).filter(Notice.case_id == case, Notice.template == "task_due")}
    assert told == {relay.desk.hall.staff["shiqiao-agent"]}


def test_the_result_goes_back_by_the_same_way_and_is_handed_over_where_the_papers_set_out(relay: Relay) -> None:
    case = decided(relay)
    task = relay.task(case)
    assert (task.node, task.departments) == ("delivery", (relay.desk.hall.department("village_committee", VILLAGE),))
    from tests.fixtures_hall import settle

    settle(relay.desk.database)
    with pytest.raises(BadInput) as early:
        relay.hand_over(case, "shiqiao-agent")
    assert early.value.message_key == "cases.result_on_the_way"
    result = [line for line in relay.waiting(COUNTY) if line.paper.material == "result"]
    sent = relay.send(COUNTY, [line.paper.id for line in result])
    assert sent.to_id == relay.desk.hall.department("town_government", TOWN)
    relay.receive("linxi-agent", sent.id, [sent.lines[0].paper.id])
    onward = next(line for line in relay.waiting("linxi-agent") if line.paper.material == "result")
    last = relay.send("linxi-agent", [onward.paper.id])
    relay.receive("shiqiao-agent", last.id, [last.lines[0].paper.id])
    with pytest.raises(BadInput) as elsewhere:
        relay.hand_over(case, COUNTY)  # it is the village's to hand over now
    assert elsewhere.value.message_key == "cases.result_elsewhere"
    assert relay.hand_over(case, "shiqiao-agent").result is not None
    assert relay.desk.mine(case).status == "closed"
    relay.desk.sound(case)


def test_after_a_reorganisation_the_result_still_finds_its_way_through_the_successor(relay: Relay) -> None:
    case = decided(relay)
    hall = relay.desk.hall
    old = hall.department("town_government", TOWN)
    with relay.desk.database.session() as session:
        merged = add_department(session, "service_centre", "临溪镇党群服务中心", division_id=hall.divisions[TOWN], actor=SYSTEM)
        succeed(session, old, merged, actor=SYSTEM)
        assert successor(session, old) == merged
        with pytest.raises(BadInput):
            succeed(session, merged, old, actor=SYSTEM)
    other = relay.hand_in().id  # what sets out from now on goes to the new one
    relay.press(other, "pass_on", "shiqiao-agent")
    assert relay.task(other).departments == (merged,)
    result = [line for line in relay.waiting(COUNTY) if line.paper.material == "result"]
    sent = relay.send(COUNTY, [line.paper.id for line in result])
    relay.receive("linxi-agent", sent.id, [sent.lines[0].paper.id])  # who worked there works at the new one
    with relay.desk.database.session() as session:
        way = relaying.stations(session, case, relay.desk.mine(case).marking, actor=hall.me)
        town = next(each for each in way if each.level == "town")
        assert (town.department_id, department(session, town.today_id or "").title) == (old, "临溪镇党群服务中心")


def test_strangers_see_no_paper_and_no_way(relay: Relay) -> None:
    case = to_county(relay)
    sent = relay.send("shiqiao-agent", [line.paper.id for line in relay.waiting("shiqiao-agent")])
    for login in ("qinghe-window", "reviewer", "supervisor", "shiqiao-agent"):
        with pytest.raises((CaseNotFound, PapersMoved)):
            relay.receive(login, sent.id, [])
    assert relay.of_case(case, relay.desk.hall.stranger) == {}
    with relay.desk.database.session() as session, pytest.raises(CaseNotFound):
        relaying.stations(session, case, relay.desk.mine(case).marking, actor=relay.desk.hall.stranger)
    with pytest.raises(BadInput):
        relay.receive("linxi-agent", sent.id, [new_id()])
    assert {state for (leg, _m), state in relay.of_case(case).items() if leg == "village"} == {"sent"}


def test_papers_that_were_not_sent_stay_when_the_applicant_withdraws(relay: Relay) -> None:
    case = relay.hand_in().id
    relay.press(case, "pass_on", "shiqiao-agent")
    with relay.desk.database.session() as session:
        cases.withdraw(session, case, reason="不办了", command_id=new_id(), actor=relay.desk.hall.me)
    assert set(relay.of_case(case).values()) == {"void"} and not relay.waiting("shiqiao-agent")
    relay.desk.sound(case)


def test_periodic_papers_have_no_last_day_and_a_route_without_paper_has_no_ledger(lite: Desk) -> None:
    with freeze(MONDAY):
        periodic = relay_of(lite, paper={"custody": "periodic"})
        case = periodic.hand_in().id
        periodic.press(case, "pass_on", "shiqiao-agent")
        assert {line.paper.due_at for line in periodic.waiting("shiqiao-agent")} == {None}
        without = relay_of(lite, paper={"custody": "none"})
        case = without.hand_in().id
        without.press(case, "pass_on", "shiqiao-agent")
        assert without.of_case(case) == {}


def test_a_level_without_an_agent_stops_the_papers_before_they_set_out(relay: Relay) -> None:
    with relay.desk.database.session() as session:
        from core.identity.service import remove_post

        town = relay.desk.hall.department("town_government", TOWN)
        remove_post(session, relay.desk.hall.staff["linxi-agent"], town, "agent", actor=SYSTEM)
    with pytest.raises(BadInput) as gap:
        relay.hand_in()
    assert gap.value.message_key == "cases.relay_gap" and "镇" in gap.value.words("zh")
