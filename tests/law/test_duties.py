"""行政许可法 beyond papers and clocks: who may act, in what order, at whose cost, and what is public – each tried on a case, a route or an item."""

import copy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from core.cases import service as cases
from core.cases.errors import FourEyes
from core.cases.models import Case
from core.documents import queries as documents
from core.documents.models import Document
from core.identity import service as identity
from core.items import service as items
from core.items.library import library as shelf_of
from core.items.library import read_json
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.routing.errors import RouteRefused
from core.routing.service import Command, advance, compile_route, start
from core.worktime.notice import shipped_calendar
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit
from tests.cases.test_rungs import with_route
from tests.fixtures_cases import Desk
from tests.fixtures_hall import publish_item, settle
from tests.routing.conftest import DAY, DECIDE, route, step

SHELF = shelf_of()
FOOD = read_json(SHELF.items["food-operation-new"])
MONDAY = datetime(2026, 11, 2, 2, tzinfo=UTC)


def granted(desk: Desk) -> str:
    case = desk.submit().id
    desk.act(case, desk.run_until(case, "review.decide"), "grant", "leader")
    return case


def test_article_40_anybody_may_read_a_decision_by_its_code_without_logging_in(lite: Desk) -> None:
    case = granted(lite)
    settle(lite.database)
    with lite.database.session() as session:
        code = session.scalar(select(Document.verify_code).where(Document.case_id == case, Document.kind == "decision_grant"))
        assert code is not None
        public = documents.verify(session, code)
    assert public.number and "准予" in public.title


def test_articles_34_and_55_two_officers_are_two_people() -> None:
    """核查、检验由两名以上工作人员进行: a signature that needs two of two is not given by one person twice."""
    signed = {"kind": "sign", "title": "现场核查", "limit": DAY, "groups": [{"holders": {"role": "reviewer", "org": "owner"}, "need": 2, "of": 2}]}
    spec = compile_route(route({"look": {**signed, "agree": {"to": "decide"}, "refuse": {"outcome": "refuse"}}, "decide": DECIDE}))
    marking = advance(spec, start(spec, {}).marking, Command("act", 1, "accept", actor="w"), {}).marking
    no = marking.tasks[0].no
    one = advance(spec, marking, Command("act", no, "agree", actor="a"), {}).marking
    no = one.tasks[0].no
    with pytest.raises(RouteRefused) as found:
        advance(spec, one, Command("act", no, "agree", actor="a"), {})
    assert found.value.message_key == "routing.signed_already"
    assert advance(spec, one, Command("act", no, "agree", actor="b"), {}).marking.tasks[0].node == "review.decide"


def hearing(doc: dict[str, Any]) -> None:
    """A hearing between examination and decision: its host may not be the examiner, its time does not count."""
    examine, decide = step("审查", {"pass": {"title": "审查完", "to": "hearing"}}), copy.deepcopy(FOOD["route"]["review"]["nodes"]["decide"])
    host = {"role": "reviewer", "org": "owner", "not": ["examine"]}
    held = step("听证", {"held": {"title": "听证笔录完成", "to": "decide", "needs": ["reason"]}}, holders=host, pauses=["hearing"])
    decide["actions"] = {"grant": {"title": "准予", "outcome": "grant"}, "refuse": {"title": "不予", "outcome": "refuse", "needs": ["reason"]}}
    doc["review"] = {"start": "examine", "nodes": {"examine": examine, "hearing": held, "decide": decide}}
    doc["intake"].pop("checks", None)
    limit = {"value": 20, "unit": "working_day"}
    doc["pauses"] = {"hearing": {"title": "听证", "max": limit, "basis": "行政许可法第四十五条、第四十七条", "notice": "special_procedure"}}


def published_with_hearing(desk: Desk) -> None:
    def change(doc: dict[str, Any]) -> None:
        hearing(doc["route"])
        walk = [("window", "accept"), ("reviewer", "pass"), ("reviewer", "held"), ("leader", "grant")]
        steps = [{"as": who, "do": what, "day": 1, "reason": "笔录"} for who, what in walk]
        doc["tests"] = [{**doc["tests"][0], "steps": steps, "expect": {"end": "grant", "path": ["intake", "examine", "hearing", "decide"]}}]
        doc["rule_sheets"] = {}
        for path in ("route.intake.checks", "route.pauses.site_check"):
            doc["provenance"]["assumed"].pop(path)

    with desk.database.session() as session:
        desk.version = publish_item(session, "market_regulation/food-operation-new.json", change=change)


def test_articles_46_to_48_a_hearing_is_held_by_another_person_recorded_before_the_decision_and_its_time_does_not_count(lite: Desk) -> None:
    published_with_hearing(lite)
    with lite.database.session() as session:
        identity.add_post(session, lite.hall.staff["chief"], lite.hall.department("market_regulation"), "reviewer", actor=SYSTEM)
    with clock.freeze(MONDAY):
        case = lite.submit().id
        lite.act(case, 1, "accept", "window")
        lite.act(case, lite.mine(case).tasks[0].no, "pass", "reviewer")
        task = lite.mine(case).tasks[0]
        due = next(each.due for each in lite.mine(case).clocks if each.name == "main")
        with lite.database.session() as session:
            cases.open_pause(session, case, task.no, "hearing", reason="申请人要求听证", command_id=new_id(), actor=lite.hall.actor("chief"))
        with pytest.raises(FourEyes), lite.database.session() as session:  # 48(3): the host is not the one who examined
            cases.close_pause(session, case, task.no, command_id=new_id(), actor=lite.hall.actor("reviewer"))
    with clock.freeze(MONDAY + timedelta(days=7)):
        with pytest.raises(RouteRefused):  # 48(5): no decision while it lasts
            lite.act(case, task.no, "held", "chief", reason="笔录")
        with lite.database.session() as session:
            cases.close_pause(session, case, task.no, command_id=new_id(), actor=lite.hall.actor("chief"))
        lite.act(case, task.no, "held", "chief", reason="双方陈述完毕，笔录已签字")
        main = next(each for each in lite.mine(case).clocks if each.name == "main")
        assert main.due is not None and due is not None and main.due > due  # 45
        assert [each.node for each in lite.mine(case).tasks] == ["review.decide"]
    lite.sound(case)


def test_article_47_five_days_to_ask_and_twenty_to_hold_are_working_days() -> None:
    """Art. 82 counts working days for the agency; the applicant's five are counted so too, in his favour."""
    asked = project(Ledger(Limit(5)).start(MONDAY), shipped_calendar(), now=MONDAY)
    held = project(Ledger(Limit(20)).start(MONDAY), shipped_calendar(), now=MONDAY)
    assert (asked.due.isoformat(), held.due.isoformat()) == ("2026-11-09", "2026-11-30")  # type: ignore[union-attr]


def test_article_43_a_route_may_hold_the_lower_agencys_twenty_days_before_the_decision(lite: Desk) -> None:
    def change(doc: dict[str, Any]) -> None:
        twenty = {"value": 20, "unit": "working_day"}
        doc["limits"] = {"statutory": twenty, "promised": twenty}

    with_route(lite, change)
    with clock.freeze(MONDAY):
        case = lite.submit().id
        lite.act(case, 1, "accept", "window")
        main = next(each for each in lite.mine(case).clocks if each.name == "main")
    assert main.budget == 20 and main.due is not None and main.due.isoformat() == "2026-11-30"


def test_article_57_the_order_of_acceptance_is_exact_and_cannot_be_forged(lite: Desk) -> None:
    """有数量限制的,按受理的先后顺序: filed first is not accepted first, and who changes an instant is found out."""
    first, second = lite.submit().id, lite.submit().id
    for case in (second, first):
        lite.act(case, 1, "accept", "window")
    with lite.database.session() as session:
        order = session.scalars(select(Case.id).order_by(Case.accepted_at)).all()
        exact = session.scalars(select(Case.accepted_at).order_by(Case.accepted_at)).all()
    assert order == [second, first] and exact[0] < exact[1]  # type: ignore[operator]
    with lite.database.session() as session:
        session.execute(update(Case).where(Case.id == first).values(accepted_at=exact[0] - timedelta(hours=1)))  # type: ignore[operator]
    with lite.database.session() as session:
        assert any("accepted" in problem for problem in cases.verify(session, first).problems)
        assert cases.verify(session, second).ok


def test_article_58_a_fee_names_its_basis_and_a_free_item_lists_none() -> None:
    doc = copy.deepcopy(FOOD)
    doc["fees"] = {"charged": True, "items": [{"id": "f", "title": "工本费", "amount": "10.00", "unit": "件"}]}
    found = {f.path: f for f in items.check_item(doc, forms=SHELF.forms, blocks=SHELF.blocks)}
    assert found["/fees/items/0/basis"].key == "items.fee_without_basis"
    doc["fees"]["items"][0]["basis"] = "《……收费条例》第三条"
    assert "/fees/items/0/basis" not in {f.path for f in items.check_item(doc, forms=SHELF.forms, blocks=SHELF.blocks)}
    doc["fees"]["charged"] = False
    assert "items.free_but_items" in {f.key for f in items.check_item(doc, forms=SHELF.forms, blocks=SHELF.blocks)}
