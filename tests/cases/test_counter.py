"""At the window: slips are mended on the spot (行政许可法 32(3)), and a correction that nobody answered is declined on that ground."""

from datetime import timedelta
from typing import Any

import pytest

from core.cases import service as cases
from core.cases.errors import CaseNotFound, NotEntitled, NotHolder, TaskClosed
from core.kernel import clock
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import publish_item


def give(desk: Desk, verb: Any, case: str, *args: Any, by: str | Actor, **more: Any) -> Any:
    actor = desk.hall.actor(by) if isinstance(by, str) else by
    with desk.database.session() as session:
        return verb(session, case, *args, command_id=more.pop("command", None) or new_id(), actor=actor, **more)


def test_a_slip_is_mended_at_the_window_without_using_up_the_correction(desk: Desk) -> None:
    case, command = desk.submit().id, new_id()
    mended = {**VALUES, "operator_name": "青禾餐饮店"}
    for _ in range(2):
        give(desk, cases.mend, case, 1, by="window", values=mended, reason="名称少写了一个字", command=command)
    view = desk.mine(case)
    assert view.values is not None and view.values["operator_name"] == "青禾餐饮店"
    assert sum(line.kind == "mended_on_the_spot" for line in view.history) == 1
    assert "名称少写了一个字" in [line.note for line in view.history]
    desk.act(case, 1, "request_correction", "window", data={"materials": {"layout": "看不清"}})
    assert desk.mine(case).status == "correction_requested"
    desk.sound(case)


@pytest.mark.parametrize(
    ("change", "reason", "key"),
    [
        ({"operator_name": "青禾餐饮店"}, " ", "cases.mend_reason"),
        ({}, "没有改", "cases.mend_nothing"),
        ({"staff_count": 3, "colour": "red"}, "没有这一项", "cases.mend_not_that"),
        ({"area": 400}, "超过 300 平方米就要消防核对", "cases.mend_not_that"),
    ],
)
def test_only_slips_are_mended_and_each_with_what_was_wrong(lite: Desk, change: dict[str, Any], reason: str, key: str) -> None:
    case = lite.submit().id
    with pytest.raises(BadInput) as refused:
        give(lite, cases.mend, case, 1, by="window", values={**VALUES, **change}, reason=reason)
    assert refused.value.message_key == key
    assert lite.mine(case).values == VALUES


def test_nobody_but_the_holder_of_the_intake_mends_and_not_after_it(lite: Desk) -> None:
    case, mended = lite.submit().id, {**VALUES, "operator_name": "别的店"}
    for actor, refusal in (("reviewer", NotHolder), ("yunling-window", CaseNotFound), (lite.hall.me, CaseNotFound), (lite.hall.stranger, CaseNotFound)):
        with pytest.raises(refusal):
            give(lite, cases.mend, case, 1, by=actor, values=mended, reason="想改")
    lite.act(case, 1, "accept", "window")
    no = lite.staff(case, "reviewer").tasks[0].no
    with pytest.raises(TaskClosed):
        give(lite, cases.mend, case, 1, by="window", values=mended, reason="晚了")
    with pytest.raises(BadInput):
        give(lite, cases.mend, case, no, by="reviewer", values=mended, reason="不是受理")
    assert lite.mine(case).values == VALUES


def no_lapse(doc: dict[str, Any]) -> None:
    """An item of which no rule says that silence after a correction ends the case."""
    doc["route"]["intake"]["correction"].pop("lapse", None)


def corrected(desk: Desk) -> str:
    with desk.database.session() as session:
        desk.version = publish_item(session, "market_regulation/food-operation-new.json", change=no_lapse)
    case = desk.submit().id
    desk.act(case, 1, "request_correction", "window", data={"materials": {"layout": "看不清"}})
    return case


def test_an_unanswered_correction_is_declined_on_that_ground_once_its_time_is_over(lite: Desk) -> None:
    case = corrected(lite)
    with pytest.raises(BadInput):
        give(lite, cases.decline_uncorrected, case, by="window", reason="没有补正")
    with clock.freeze(clock.now() + timedelta(days=60)):
        for actor, refusal in (("reviewer", NotEntitled), ("yunling-window", CaseNotFound), (lite.hall.me, CaseNotFound)):
            with pytest.raises(refusal):
                give(lite, cases.decline_uncorrected, case, by=actor, reason="x")
        give(lite, cases.decline_uncorrected, case, by="window", reason="到期没有补正")
        view = lite.staff(case, "window")
        assert view.status == "declined" and any("not_corrected" in line.note for line in view.history)
        assert any(line.body.get("kind") == "declining" for line in view.history if line.kind == "document_drawn")
        with pytest.raises(TaskClosed):
            give(lite, cases.decline_uncorrected, case, by="window", reason="再来一次")
        lite.sound(case)
