"""Running cases go to another version of their item, or stay and say why: every position, every class of change, fold == rows afterwards."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from core.cases import service as cases
from core.cases.models import Case, CaseEvent, CaseMove, CaseMoved, CaseTask
from core.cases.service import migrating
from core.cases.service.migrating import MoveRefused
from core.items import queries as items
from core.items import service as item_service
from core.items.diff import sorted_changes
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item, settle

FOOD = "market_regulation/food-operation-new.json"
CODE = "food-operation-new"
Edit = Callable[[dict[str, Any]], None]


def publish(desk: Desk, edit: Edit) -> str:
    """The next version of the item, with *edit* made to the shipped one; returns its id."""
    with desk.database.session() as session:
        return publish_item(session, FOOD, change=edit)


def move(desk: Desk, case: str, version: str, node_map: dict[str, str] | None = None, login: str = "chief") -> Any:
    with desk.database.session() as session:
        return migrating.move_case(session, case, version_id=version, node_map=node_map, reason="换新流程", command_id=new_id(), actor=desk.hall.actor(login))


def refused(desk: Desk, case: str, version: str, node_map: dict[str, str] | None = None) -> set[str]:
    """The keys of why the case may not go; it is unchanged."""
    before = row(desk, case)
    with pytest.raises(MoveRefused) as found:
        move(desk, case, version, node_map)
    assert row(desk, case) == before
    desk.sound(case)
    return {finding.key for finding in found.value.findings}


def row(desk: Desk, case: str) -> tuple[Any, ...]:
    with desk.database.session() as session:
        return tuple(session.execute(sa.select(Case.version_id, Case.version, Case.seq, Case.status).where(Case.id == case)).one())


def decided_by_head(doc: dict[str, Any]) -> None:
    """People: another role decides."""
    doc["route"]["review"]["nodes"]["decide"]["holders"]["role"] = "agency_head"
    for step in (step for test in doc["tests"] for step in test["steps"] if step["as"] == "leader"):
        step["as"] = "agency_head"


def renamed(doc: dict[str, Any]) -> None:
    """Graph: ``decide`` is called ``conclude``."""
    text = json.dumps(doc).replace('"decide"', '"conclude"')
    doc.clear()
    doc.update(json.loads(text))


def in_correction(desk: Desk, case: str) -> None:
    desk.act(case, desk.run_until(case, "intake"), "request_correction", "window", data={"fields": {"area": "面积不清楚"}, "materials": {}}, reason="请补正")


def bring(desk: Desk, case: str, place: str) -> None:
    """Bring a case to a place."""
    if place == "correction":
        in_correction(desk, case)
    else:
        desk.run_until(case, place)


# --- every position -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["intake", "correction", "review.joint.market.review", "review.decide", "delivery"])
def test_a_case_moves_from_every_position_and_its_events_still_fold_to_its_rows(lite: Desk, place: str) -> None:
    case = lite.submit().id
    bring(lite, case, place)
    due = {clock.name: clock.due for clock in lite.mine(case).clocks}
    version = publish(lite, decided_by_head)
    move(lite, case, version)
    assert row(lite, case)[0] == version
    lite.sound(case)
    assert due == {clock.name: clock.due for clock in lite.mine(case).clocks}
    with lite.database.session() as session:
        event = session.scalars(sa.select(CaseEvent).where(CaseEvent.case_id == case, CaseEvent.kind == "definition_changed")).one()
        assert items.load(session, version).hash in event.body and "换新流程" not in event.body


def test_a_changed_holder_counts_for_tasks_that_open_later(lite: Desk) -> None:
    case = lite.submit().id
    lite.run_until(case, "review.joint.market.review")
    move(lite, case, publish(lite, decided_by_head))
    for _ in range(8):
        if any(task.node == "review.decide" for task in lite.mine(case).tasks):
            break
        task = lite.mine(case).tasks[0]
        login = {"reviewer": "reviewer", "section_chief": "chief", "expert": "expert1", "leader": "leader", "window": "window"}[task.roles[0]]
        shown = next(t for t in lite.staff(case, login).tasks if t.no == task.no)
        lite.act(case, task.no, next(a.id for a in shown.actions if a.enabled), login)
    assert [task.roles for task in lite.mine(case).tasks if task.node == "review.decide"] == [("agency_head",)]
    lite.sound(case)


def test_a_renamed_step_is_moved_by_the_map_and_refused_without_it(lite: Desk) -> None:
    case = lite.submit().id
    no = lite.run_until(case, "review.decide")
    version = publish(lite, renamed)
    assert "routing.move.unmapped" in refused(lite, case, version)
    move(lite, case, version, {"review.decide": "review.conclude"})
    lite.sound(case)
    with lite.database.session() as session:
        assert session.scalars(sa.select(CaseTask.node).where(CaseTask.case_id == case)).all() == ["review.conclude"]
    lite.act(case, no, "grant", "leader", reason="符合条件", opinion="同意")
    lite.sound(case)


def test_a_case_inside_a_parallel_block_that_changed_stays(lite: Desk) -> None:
    case = lite.submit().id
    lite.run_until(case, "review.joint.market.review")

    def other_block(doc: dict[str, Any]) -> None:
        doc["route"]["review"]["nodes"]["joint"]["title"] += "(新)"

    assert "routing.move.block_changed" in refused(lite, case, publish(lite, other_block))


def test_a_paused_case_is_put_off(lite: Desk) -> None:
    case = lite.submit().id
    no = lite.run_until(case, "review.joint.market.review")
    paused(lite, case, no)
    with lite.database.session() as session:
        if session.get_one(Case, case).status != "suspended":
            pytest.fail("the case is not paused")
    assert refused(lite, case, publish(lite, decided_by_head)) == {"routing.move.paused"}


def paused(desk: Desk, case: str, no: int) -> None:
    """Open the special procedure through the machine, as the verb of pauses does."""
    from core.cases.service.machine import Change, Loaded, carry_out
    from core.routing.engine import advance
    from core.routing.marking import Command

    def decide(loaded: Loaded) -> Change:
        return Change(advance(loaded.compiled.route, loaded.marking, Command("open_pause", no, "site_check", actor="x"), loaded.facts()), action="open_pause")

    with desk.database.session() as session:
        carry_out(session, case, new_id(), decide, actor=desk.hall.actor("reviewer"))


# --- what is refused ----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "clock"),
    [
        (lambda doc: doc["route"]["limits"]["promised"].update(value=12), "办理时限"),
        (lambda doc: doc["route"]["limits"]["statutory"].update(value=20), "法定时限"),
        (lambda doc: doc["route"]["pauses"]["site_check"]["max"].update(value=9), "现场勘查"),
        (lambda doc: (doc["route"]["limits"]["promised"].update(unit="calendar_day"), doc["route"]["anytime"].pop("extend")), "办理时限"),
    ],
)
def test_a_version_that_would_lengthen_a_filed_case_is_refused_with_the_rule(lite: Desk, edit: Edit, clock: str) -> None:
    case = lite.submit().id
    version = publish(lite, edit)
    with pytest.raises(MoveRefused) as found:
        move(lite, case, version)
    said = [finding.words() for finding in found.value.findings if finding.key == "cases.move_longer"]
    assert any(clock in words and "行政许可法" in words for words in said), said
    lite.sound(case)


def test_a_shorter_limit_is_no_hindrance_and_a_running_clock_keeps_its_ledger(lite: Desk) -> None:
    case = lite.submit().id
    lite.run_until(case, "review.decide")
    before = {clock.name: clock.due for clock in lite.mine(case).clocks}
    move(lite, case, publish(lite, lambda doc: doc["route"]["limits"]["promised"].update(value=9)))
    assert {clock.name: clock.due for clock in lite.mine(case).clocks} == before


def test_what_the_applicant_was_never_asked_keeps_a_case_where_it_is(lite: Desk) -> None:
    case = lite.submit().id

    def more_papers(doc: dict[str, Any]) -> None:
        layout = next(material for material in doc["materials"] if material["id"] == "layout")
        doc["materials"].append({**copy.deepcopy(layout), "id": "more", "title": "又一份材料", "need": "required", "when": None})
        for test in doc["tests"]:
            test["given"]["materials"] = [*test["given"]["materials"], "more"]

    version = publish(lite, more_papers)
    assert "cases.move_materials" in refused(lite, case, version)


def test_a_case_that_ended_or_is_there_already_does_not_move(lite: Desk) -> None:
    case = lite.submit().id
    assert refused(lite, case, lite.version) == {"cases.move_there"}
    version = publish(lite, decided_by_head)
    with lite.database.session() as session:
        cases.withdraw(session, case, reason="不办了", command_id=new_id(), actor=lite.hall.me)
    assert "routing.move.ended" in refused(lite, case, version)


# --- dry run and runs ---------------------------------------------------------------------------------------------------------------------


def test_the_dry_run_groups_by_position_and_writes_nothing(lite: Desk) -> None:
    first, second, third = (lite.submit().id for _ in range(3))
    lite.run_until(second, "review.decide")
    lite.run_until(third, "review.joint.market.review")
    publish(lite, renamed)
    before = [row(lite, case) for case in (first, second, third)]
    with lite.database.session() as session:
        plan = migrating.dry_run(session, CODE, actor=lite.hall.actor("chief"))
        mapped = migrating.dry_run(session, CODE, node_map={"review.decide": "review.conclude"}, actor=lite.hall.actor("chief"))
    assert plan.total == 3
    assert {group.place: group.verdict for group in plan.groups if "intake" in group.place} == {"intake": "moved"}
    assert {group.place: group.verdict for group in plan.groups}["review.decide"] == "refused"
    assert {group.place: group.verdict for group in mapped.groups}["review.decide"] == "moved"
    assert [row(lite, case) for case in (first, second, third)] == before


def test_a_run_moves_one_case_a_transaction_and_lists_what_it_refused(desk: Desk) -> None:
    going, staying = desk.submit().id, desk.submit().id
    desk.run_until(staying, "review.decide")
    version = publish(desk, renamed)
    command = new_id()
    with desk.database.session() as session:
        run = migrating.start(session, CODE, reason="换新流程", command_id=command, actor=desk.hall.actor("chief"))
        assert run.total == 2
        again = migrating.start(session, CODE, reason="换新流程", command_id=command, actor=desk.hall.actor("chief"))
        assert again.id == run.id
        with pytest.raises(Conflict):
            migrating.start(session, CODE, reason="再来", command_id=new_id(), actor=desk.hall.actor("chief"))
        name = run.id
    settle(desk.database)
    with desk.database.session() as session:
        run = session.get_one(CaseMove, name)
        assert (run.status, run.moved, run.refused, run.deferred) == ("done", 1, 1, 0)
        verdicts = {moved.case_id: moved.verdict for moved in session.scalars(sa.select(CaseMoved))}
    assert verdicts == {going: "moved", staying: "refused"}
    assert (row(desk, going)[0], row(desk, staying)[0]) == (version, desk.version)
    desk.sound(going)
    desk.sound(staying)


def test_a_stopped_run_moves_no_further_case(lite: Desk) -> None:
    second = lite.submit().id
    version = publish(lite, decided_by_head)
    settle(lite.database)
    with lite.database.session() as session:
        run = migrating.start(session, CODE, reason="换人决定", command_id=new_id(), actor=lite.hall.actor("chief")).id
    with lite.database.session() as session:
        migrating.stop(session, run, actor=lite.hall.actor("chief"))
    settle(lite.database)
    with lite.database.session() as session:
        assert session.get_one(CaseMove, run).status == "stopped"
    assert row(lite, second)[0] != version


def test_only_those_in_charge_of_a_department_move_its_cases(lite: Desk) -> None:
    case = lite.submit().id
    version = publish(lite, decided_by_head)
    for login in ("window", "reviewer", "leader", "supervisor"):
        with lite.database.session() as session, pytest.raises(Forbidden):
            migrating.start(session, CODE, reason="要", command_id=new_id(), actor=lite.hall.actor(login))
    with lite.database.session() as session, pytest.raises(Forbidden):
        migrating.dry_run(session, CODE, actor=Actor("citizen", lite.hall.citizen))
    with lite.database.session() as session:  # the county's chief sees none of the city's cases
        assert migrating.dry_run(session, CODE, actor=lite.hall.actor("yunling-reviewer")).total == 0
        run = migrating.start(session, CODE, reason="要", command_id=new_id(), actor=lite.hall.actor("yunling-reviewer")).id
    settle(lite.database)
    assert row(lite, case)[0] != version
    with lite.database.session() as session, pytest.raises(NotFound):
        migrating.run_of(session, run, actor=lite.hall.actor("chief"))
    with lite.database.session() as session, pytest.raises(BadInput):
        migrating.start(session, CODE, reason=" ", command_id=new_id(), actor=lite.hall.actor("chief"))


def test_a_version_written_into_the_case_by_hand_is_found(lite: Desk) -> None:
    case = lite.submit().id
    move(lite, case, publish(lite, decided_by_head))
    with lite.database.session() as session:
        session.execute(sa.update(Case).where(Case.id == case).values(version_id=lite.version))
    with lite.database.session() as session:
        assert not cases.verify(session, case).ok


# --- the typed difference -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "sort"),
    [
        (lambda doc: doc.update(summary="换一句话。"), "text"),
        (decided_by_head, "people"),
        (lambda doc: doc["route"]["limits"]["promised"].update(value=9), "time"),
        (lambda doc: doc["route"]["review"]["nodes"]["decide"]["limit"].update(value=1), "time"),
        (lambda doc: doc["route"]["pauses"]["site_check"]["max"].update(value=3), "time"),
        (lambda doc: doc["route"]["delivery"]["holders"].update(role="reviewer"), "people"),
        (lambda doc: doc["materials"].pop(), "papers"),
        (lambda doc: doc["materials"][0].update(help="写清楚一点"), "text"),
        (lambda doc: doc["route"]["review"]["nodes"]["decide"]["actions"].pop("return"), "graph"),
        (renamed, "graph"),
    ],
)
def test_every_change_is_of_one_of_the_sorts_that_decide_about_running_cases(edit: Edit, sort: str) -> None:
    from tests.fixtures_hall import item_document

    before, after = item_document(FOOD), item_document(FOOD)
    edit(after)
    found = sorted_changes(change for change in item_service.compare(before, after) if change.part != "rest" or change.path not in ("tests", "translations"))
    assert found and found[0][0] == sort, [(name, [change.path for change in changes]) for name, changes in found]
