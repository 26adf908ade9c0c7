"""Sub-cases: a food licence begins the hygiene licence of another department, waits for it, and takes back what it said."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select

from core.cases import queries
from core.cases import service as cases
from core.cases.errors import CaseNotFound, NotHolder
from core.cases.models import Case, CaseChild, CaseEvent
from core.cases.service import children
from core.items.errors import GateClosed
from core.kernel.ids import new_id
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item, settle

FOOD, HYGIENE = "market_regulation/food-operation-new.json", "health/public-place-hygiene.json"
LIMIT = {"value": 1, "unit": "working_day"}
GRANT = {"outcome": "grant"}
GIVE: dict[str, Any] = {
    "place_name": {"var": "form.operator_name"}, "legal_name": "王小芳", "legal_id": "11010519900307232X", "phone": "13800000001", "by_agent": False,
    "region": "示范市青禾区", "address": "河湾镇1号", "area": {"var": "form.area"}, "group": "lodging", "place_kind": "restaurant", "central_ac": False,
}  # fmt: skip


def begins(**more: Any) -> Any:
    """Put the hygiene licence before the decision of the food licence; a grant needs its area."""

    def change(doc: dict[str, Any]) -> None:
        nodes = doc["route"]["review"]["nodes"]
        nodes["joint"]["agree"] = {"to": "hygiene"}
        nodes["hygiene"] = {
            "kind": "subcase", "title": "卫生许可", "item": "public-place-hygiene", "limit": LIMIT, "wait": True, "give": GIVE,
            "take": {"area": "form.area", "number": "licence.licence.number", "how": "case.outcome"},
            "granted": {"to": "decide"}, "refused": {"outcome": "refuse"}, "cancelled": {"to": "decide"}, **more,
        }  # fmt: skip
        nodes["decide"]["actions"]["grant"]["when"] = {">": [{"var": "hygiene.result.area"}, 50]}
        first = doc["tests"][0]
        declined = {"as": "window", "do": "decline", "day": 1, "reason": "材料不符合法定形式"}
        doc["tests"] = [{**first, "id": "declined", "steps": [declined], "expect": {"end": "declined"}}]

    return change


def ready(desk: Desk, **more: Any) -> str:
    """A case that has just come to its sub-case; nothing of the outbox ran yet."""
    with desk.database.session() as session:
        publish_item(session, HYGIENE)
    with desk.database.session() as session:
        desk.version = publish_item(session, FOOD, change=begins(**more))
    case = desk.submit().id
    desk.act(case, 1, "accept", "window")
    for login, action in (("reviewer", "pass"), ("chief", "agree")):
        desk.act(case, next(t.no for t in desk.staff(case, login).tasks if t.mine), action, login)
    return case


def child_of(desk: Desk, case: str) -> str:
    with desk.database.session() as session:
        return session.scalars(select(CaseChild.child_id).where(CaseChild.parent_id == case)).one() or ""


def nodes(desk: Desk, case: str) -> set[str]:
    return {task.node for task in desk.mine(case).tasks}


def through(desk: Desk, case: str, *acts: tuple[str, str, str | None]) -> None:
    """Press buttons of the hygiene licence, each as who holds the task."""
    for login, action, reason in acts:
        no = next(t.no for t in desk.staff(case, login).tasks if t.mine)
        desk.act(case, no, action, login, reason=reason)


GRANTED = (("window", "accept", None), ("reviewer", "pass", None), ("leader", "grant", None))
REFUSED = (("window", "accept", None), ("reviewer", "refuse", "不符合卫生要求"), ("leader", "refuse", "不符合卫生要求"))


def test_a_case_begins_another_waits_for_it_and_goes_on_with_what_it_brought(desk: Desk) -> None:
    case = ready(desk)
    assert nodes(desk, case) == {"review.hygiene"} and child_of(desk, case) == "", "nothing is begun inside the command"
    settle(desk.database)
    child = child_of(desk, case)
    mine = desk.mine(child)
    assert mine.item_code == "public-place-hygiene" and mine.applicant == desk.mine(case).applicant
    assert mine.values is not None and (mine.values["place_name"], mine.values["area"], mine.values["group"]) == ("青禾餐饮", 100, "lodging")
    assert mine.department_id == desk.hall.department("health")
    through(desk, child, *GRANTED)
    settle(desk.database)
    assert nodes(desk, case) == {"review.decide"}
    shown = next(task for task in desk.staff(case, "leader").tasks if task.node == "review.decide")
    assert next(a for a in shown.actions if a.id == "grant").enabled, "the page knows what came back"
    desk.act(case, shown.no, "grant", "leader")
    assert desk.mine(case).outcome == "grant"
    for each in (case, child):
        desk.sound(each)


def test_what_came_back_is_sealed_in_the_chain(lite: Desk) -> None:
    case = ready(lite)
    settle(lite.database)
    through(lite, child_of(lite, case), *GRANTED)
    settle(lite.database)
    with lite.database.session() as session:
        events = session.execute(select(CaseEvent.kind, CaseEvent.body).where(CaseEvent.case_id == case).order_by(CaseEvent.seq)).all()
    kinds = [event.kind for event in events]
    assert kinds.index("child_opened") < kinds.index("child_filed") < kinds.index("child_result") < kinds.index("child_ended")
    assert not any("青禾餐饮" in event.body or "11010519900307232X" in event.body for event in events)


def test_a_refused_sub_case_leads_where_the_route_says(lite: Desk) -> None:
    case = ready(lite)
    settle(lite.database)
    through(lite, child_of(lite, case), *REFUSED)
    settle(lite.database)
    assert lite.mine(case).outcome == "refuse"
    lite.sound(case)


@pytest.mark.parametrize("how", ["withdrawn", "declined"])
def test_a_sub_case_that_ends_before_its_decision_reaches_the_parent_as_cancelled(lite: Desk, how: str) -> None:
    case = ready(lite)
    settle(lite.database)
    child = child_of(lite, case)
    if how == "withdrawn":
        with lite.database.session() as session:
            cases.withdraw(session, child, command_id=new_id(), actor=lite.hall.me)
    else:
        lite.act(child, 1, "decline", "window", reason="不属于本机关", data={"disposition": "not_required"})
    settle(lite.database)
    assert nodes(lite, case) == {"review.decide"}
    grant = next(a for task in lite.staff(case, "leader").tasks for a in task.actions if a.id == "grant")
    assert not grant.enabled, "nothing came back, so the condition stays unknown and opens nothing"
    lite.sound(case)


def test_every_message_twice_begins_one_case_and_tells_once(desk: Desk) -> None:
    case = ready(desk)
    settle(desk.database)
    child = child_of(desk, case)
    through(desk, child, *GRANTED)
    settle(desk.database)
    before = len(desk.staff(case, "leader").history)
    with desk.database.session() as session:
        children.begin(session, {"parent": case, "node": "review.hygiene", "visit": 1}, "again")
        children.report(session, {"child": child}, "again")
        children.follow(session, {"parent": case}, "again")
    with desk.database.session() as session:
        assert len(session.scalars(select(Case.id).where(Case.parent_id == case)).all()) == 1
    assert len(desk.staff(case, "leader").history) == before


def test_a_process_that_dies_while_it_begins_a_sub_case_leaves_nothing_and_the_next_one_begins_it(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = ready(lite)
    real = children.carry_out

    def killed(*_args: Any, **_more: Any) -> Any:
        raise SystemExit  # between the child's rows and the parent's

    monkeypatch.setattr(children, "carry_out", killed)
    with pytest.raises(SystemExit), lite.database.session() as session:
        children.begin(session, {"parent": case, "node": "review.hygiene", "visit": 1}, "first")
    with lite.database.session() as session:
        assert session.scalars(select(Case.id).where(Case.parent_id == case)).all() == []
    monkeypatch.setattr(children, "carry_out", real)
    settle(lite.database)
    assert child_of(lite, case)
    lite.sound(child_of(lite, case))


@pytest.mark.parametrize(("status", "parent_end"), [("withdrawn", "withdraw"), ("terminated", "terminate")])
def test_a_sub_case_that_is_waited_for_ends_with_its_parent(lite: Desk, status: str, parent_end: str) -> None:
    case = ready(lite)
    settle(lite.database)
    child = child_of(lite, case)
    end(lite, case, parent_end)
    settle(lite.database)
    assert (lite.mine(case).status, lite.mine(child).status) == (status, status)
    for each in (case, child):
        lite.sound(each)


def end(desk: Desk, case: str, how: str) -> None:
    with desk.database.session() as session:
        if how == "withdraw":
            cases.withdraw(session, case, command_id=new_id(), actor=desk.hall.me)
        else:
            cases.terminate(session, case, reason="申请的事由已经消失", command_id=new_id(), actor=desk.hall.actor("head"))


def test_a_sub_case_that_is_decided_keeps_its_decision_when_the_parent_is_withdrawn(lite: Desk) -> None:
    case = ready(lite)
    settle(lite.database)
    child = child_of(lite, case)
    through(lite, child, *GRANTED)
    end(lite, case, "withdraw")
    settle(lite.database)
    assert (lite.mine(child).status, lite.mine(child).outcome) == ("decided", "grant")
    assert lite.mine(case).status == "withdrawn"
    lite.sound(case)


def test_a_parent_that_ended_first_begins_no_sub_case(lite: Desk) -> None:
    case = ready(lite)
    end(lite, case, "withdraw")
    settle(lite.database)
    with lite.database.session() as session:
        row = session.execute(select(CaseChild.child_id, CaseChild.result).where(CaseChild.parent_id == case)).one()
    assert tuple(row) == (None, "cancelled")


def test_a_case_that_does_not_wait_goes_on_and_leaves_the_other_alone(lite: Desk) -> None:
    onward = {"to": "decide"}
    case = ready(lite, wait=False, granted=onward, refused=onward, cancelled=onward)
    assert nodes(lite, case) == {"review.decide"}
    settle(lite.database)
    child = child_of(lite, case)
    end(lite, case, "withdraw")
    settle(lite.database)
    assert lite.mine(child).status == "submitted", "a case of its own"
    through(lite, child, *GRANTED)
    settle(lite.database)
    lite.sound(case)


def test_a_case_that_was_granted_and_closed_meanwhile_still_begins_what_it_does_not_wait_for(lite: Desk) -> None:
    case = ready(lite, wait=False, granted=GRANT, refused=GRANT, cancelled=GRANT)
    assert lite.mine(case).outcome == "grant", "the decision is the command that begins the sub-case"
    with lite.database.session() as session:
        row = session.get_one(Case, case)
        row.marking, row.status = {**row.marking, "status": "closed"}, "closed"
    settle(lite.database)
    assert lite.mine(child_of(lite, case)).status == "submitted"


def test_an_item_that_was_suspended_meanwhile_ends_the_wait_with_the_reason(lite: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    case = ready(lite)
    monkeypatch.setattr(children.items, "current", stopped)
    settle(lite.database)
    assert nodes(lite, case) == {"review.decide"}
    assert any("public-place-hygiene" in line.note and "暂停" in line.note for line in lite.staff(case, "leader").history)


def stopped(*_args: Any, **_more: Any) -> Any:
    raise children.ItemStopped("items.suspended", reason="机构改革", since="2026-11-01")


def test_strangers_and_other_departments_reach_neither_the_sub_case_nor_its_tasks(lite: Desk) -> None:
    case = ready(lite)
    settle(lite.database)
    child = child_of(lite, case)
    for actor in (lite.hall.stranger, lite.hall.actor("yunling-window"), lite.hall.actor("fire")):
        with lite.database.session() as session, pytest.raises(CaseNotFound):
            queries.case_for_party(session, child, actor=actor) if actor.kind == "citizen" else queries.case_for_staff(session, child, actor=actor)
    with lite.database.session() as session, pytest.raises(NotHolder):
        cases.act(session, child, 1, "accept", command_id=new_id(), actor=lite.hall.actor("leader"))


def test_the_pages_of_both_name_each_other_and_open_only_what_one_may_see(lite: Desk) -> None:
    case = ready(lite)
    settle(lite.database)
    child = child_of(lite, case)
    with lite.database.session() as session:
        of_parent = cases.relatives(session, case, None, actor=lite.hall.actor("leader"))
        of_child = cases.relatives(session, child, case, actor=lite.hall.actor("leader"))
        of_fire = cases.relatives(session, case, None, actor=lite.hall.actor("fire"))
    assert [one.id for one in of_parent.children] == [child] and of_child.parent is not None and of_child.parent.id == case
    assert [(one.id, one.number) for one in of_fire.children] == [("", lite.mine(child).number)]


def refused(desk: Desk, **more: Any) -> set[str]:
    with desk.database.session() as session, pytest.raises(GateClosed) as closed:
        publish_item(session, FOOD, change=begins(**more))
    return {found.key for found in closed.value.findings if found.level == "error"}


def test_the_gate_wants_the_other_item_in_force(lite: Desk) -> None:
    assert "items.child_not_in_force" in refused(lite)
    assert "routing.check.item_missing" in refused(lite, item="no-such-item")


def test_the_gate_types_what_is_given_and_what_is_taken(lite: Desk) -> None:
    with lite.database.session() as session:
        publish_item(session, HYGIENE)
    without = {name: rule for name, rule in GIVE.items() if name != "phone"}
    assert refused(lite, give=without) == {"items.child_needs"}
    assert refused(lite, give={**GIVE, "colour": "red"}) == {"items.child_no_field"}
    assert refused(lite, give={**GIVE, "area": {"var": "form.operator_name"}}) == {"items.child_unlike"}
    assert refused(lite, take={"area": "form.area", "x": "form.nothing"}) == {"items.child_has_not"}
    assert any(key.startswith("rules.") for key in refused(lite, take={"area": "form.place_name"})), "a name is not compared with a number"


def test_items_may_not_wait_for_each_other_in_a_circle(lite: Desk) -> None:
    with lite.database.session() as session:
        publish_item(session, HYGIENE)
    with lite.database.session() as session:
        publish_item(session, FOOD, change=begins())
    first: Mapping[str, Any] = {"kind": "subcase", "title": "食品", "item": "food-operation-new", "limit": LIMIT, "wait": True}

    def back(doc: dict[str, Any]) -> None:
        scope = doc["route"]["review"]
        onward = {"to": scope["start"]}
        scope["nodes"]["food"] = {**first, "granted": onward, "refused": onward, "cancelled": onward}
        scope["start"] = "food"

    with lite.database.session() as session, pytest.raises(GateClosed) as closed:
        publish_item(session, HYGIENE, change=back)
    assert "routing.check.item_cycle" in {found.key for found in closed.value.findings}
