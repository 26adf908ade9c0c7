"""预审: two working days, one complete answer, then the receipt; whoever asked for it need not wait, and nobody waits for one that is late."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.cases.errors import CaseNotFound, NotAsked
from core.cases.service import prereviewing
from core.cases.service.rungs import run_due
from core.documents import queries as documents
from core.items import queries as items
from core.kernel.clock import freeze, now
from core.kernel.ids import new_id
from core.routing.errors import RouteRefused
from tests.fixtures_cases import VALUES, Desk
from tests.fixtures_hall import publish_item

MONDAY = datetime.fromisoformat("2026-11-23T02:00:00+00:00")


def published(desk: Desk, **settings: Any) -> None:
    with desk.database.session() as session:
        desk.version = publish_item(session, "market_regulation/food-operation-new.json", change=lambda doc: doc["route"]["intake"].update(pre_review=settings))


@pytest.fixture
def desk(lite: Desk) -> Iterator[Desk]:
    with freeze(MONDAY):
        published(lite, on_request=True)
        yield lite


def test_who_does_not_ask_is_received_at_once(desk: Desk) -> None:
    case = desk.submit().id
    assert desk.mine(case).tasks[0].node == "intake"


def test_a_pre_review_has_two_working_days_and_says_what_happens_then(desk: Desk) -> None:
    view = desk.mine(desk.submit(pre_review=True).id)
    assert view.tasks[0].node == "intake.pre_review"
    clock = next(each for each in view.clocks if each.name == "pre_review")
    assert clock.due_at == datetime.fromisoformat("2026-11-25T16:00:00+00:00") == view.tasks[0].due_at
    assert "可以不再等" in clock.sentences[-1] and clock.title == "预审期限"
    assert "intake" not in {each.name for each in view.clocks}


def test_its_one_answer_opens_exactly_what_is_to_be_mended_and_the_correction_of_the_law_remains(desk: Desk) -> None:
    case = desk.submit(pre_review=True).id
    no = desk.mine(case).tasks[0].no
    desk.act(case, no, "missing", "window", data={"fields": {"area": "和图纸不一致"}, "materials": {}})
    view = desk.mine(case)
    assert view.correction is not None and dict(view.correction.fields) == {"area": "和图纸不一致"}
    with pytest.raises(NotAsked):
        desk.correct(case, {**VALUES, "operator_name": "别的"})
    desk.correct(case, {**VALUES, "area": 120})
    view = desk.mine(case)
    assert (view.status, view.tasks[0].node, view.values["area"]) == ("submitted", "intake", 120)
    desk.act(case, view.tasks[0].no, "request_correction", "window", data={"fields": {"operator_name": "与营业执照不符"}, "materials": {}})
    assert dict(desk.mine(case).correction.fields) == {"operator_name": "与营业执照不符"}
    with desk.database.session() as session:
        assert [each.kind for each in documents.of_case(session, case)] == ["correction", "correction"]
    desk.sound(case)


def test_silence_of_a_pre_review_is_red_and_decides_nothing_but_the_applicant_need_not_wait(desk: Desk) -> None:
    published(desk, when={"==": [{"var": "channel"}, "window"]})  # the item demands it there, nobody has to ask
    case = desk.submit(channel="window").id
    with pytest.raises(RouteRefused) as early, desk.database.session() as session:
        prereviewing.go_on(session, case, command_id=new_id(), actor=desk.hall.me)
    assert early.value.message_key == "routing.pre_review_runs"
    with freeze(MONDAY + timedelta(days=4)):
        run_due(desk.database)
        view = desk.mine(case)
        assert (view.tasks[0].node, view.accepted_at) == ("intake.pre_review", None)
        assert next(each for each in view.clocks if each.name == "pre_review").light == "red"
        with desk.database.session() as session:
            shown = prereviewing.waiting(session, case, actor=desk.hall.me)
            assert shown is not None and shown.late and shown.may_go_on
            prereviewing.go_on(session, case, command_id=new_id(), actor=desk.hall.me)
        assert desk.mine(case).tasks[0].node == "intake"
    desk.sound(case)


def test_deemed_acceptance_counts_from_the_receipt_and_not_from_the_filing(desk: Desk) -> None:
    """行政许可法 32(4): from the day on which the application was received, which the pre-review puts after the filing; the notice says that day."""
    case = desk.submit(pre_review=True).id
    with freeze(MONDAY + timedelta(days=1)):
        desk.act(case, desk.mine(case).tasks[0].no, "complete", "window")
        received = now()
    with freeze(MONDAY + timedelta(days=10)):
        run_due(desk.database)
        view = desk.mine(case)
    assert (view.accepted_at, view.status) == (received, "in_review")
    with desk.database.session() as session:
        notice = next(each for each in documents.of_case(session, case) if each.kind == "acceptance")
        compiled = items.load(session, view.version_id)
        assert notice is not None and compiled is not None
    desk.sound(case)


def test_nobody_else_waits_or_goes_on_for_the_applicant(desk: Desk) -> None:
    case = desk.submit(pre_review=True).id
    for actor in (desk.hall.stranger, desk.hall.actor("window")):
        with desk.database.session() as session:
            with pytest.raises(CaseNotFound):
                prereviewing.waiting(session, case, actor=actor)
            with pytest.raises(CaseNotFound):
                prereviewing.go_on(session, case, command_id=new_id(), actor=actor)
    with desk.database.session() as session:
        prereviewing.go_on(session, case, command_id=new_id(), actor=desk.hall.me)  # who asked for it may do without
    assert desk.mine(case).tasks[0].node == "intake"
    with pytest.raises(RouteRefused), desk.database.session() as session:
        prereviewing.go_on(session, case, command_id=new_id(), actor=desk.hall.me)
