"""Rule sheets: ticks are kept with who and when, move nothing, and what stays unticked becomes the correction or the reasons."""

import json

import pytest
from sqlalchemy import select

from core.audit.models import Entry
from core.cases.errors import AlreadyClaimed, CaseNotFound, NotHolder, TaskClosed
from core.cases.models import Case
from core.cases.service import claim
from core.cases.service.sheets import sheet_of, standing, tick, unticked
from core.items import queries as items
from core.items.lint.rules import lint
from core.kernel.errors import BadInput
from core.kernel.ids import new_id
from core.schemas import service as schemas
from tests.fixtures_cases import Desk
from tests.fixtures_hall import item_document


def ticked(desk: Desk, case: str, no: int, login: str, points: tuple[str, ...] = (), materials: tuple[str, ...] = ()) -> None:
    with desk.database.session() as session:
        tick(session, case, no, points=points, materials=materials, actor=desk.hall.actor(login))


def test_ticks_are_kept_with_who_and_when_and_move_nothing(desk: Desk) -> None:
    ref = desk.submit()
    before = desk.staff(ref.id, "window").version
    ticked(desk, ref.id, 1, "window", ("operator", "area"), ("layout",))
    with desk.database.session() as session:
        first = standing(session, ref.id, 1)
    ticked(desk, ref.id, 1, "window", ("operator",), ("layout", "rules"))
    with desk.database.session() as session:
        second = standing(session, ref.id, 1)
        entries = session.scalars(select(Entry).where(Entry.action == "cases.sheet_ticked")).all()
    assert set(second["points"]) == {"operator"} and set(second["materials"]) == {"layout", "rules"}
    assert second["points"]["operator"] == first["points"]["operator"] == [desk.hall.staff["window"], first["points"]["operator"][1]]
    assert len(entries) == 2 and desk.staff(ref.id, "window").version == before
    desk.sound(ref.id)


def test_what_is_not_ticked_becomes_the_correction_and_the_reasons(lite: Desk) -> None:
    lite.submit()
    with lite.database.session() as session:
        compiled = items.load(session, lite.version)
    found = sheet_of(compiled, "intake", "intake")
    assert found is not None
    ticks = {"points": {"operator": []}, "materials": {"rules": []}}
    left = unticked(compiled, found[1], ticks, ["layout", "rules", "authorisation"])
    assert left.fields == {"area": "经营面积与平面图不一致,请更正"}
    assert set(left.materials) == {"layout", "rules", "authorisation"} and "四项都要有" in left.materials["rules"]
    assert left.reasons[-1] == "《授权委托书》没有提交,或者不符合法定形式"
    review = sheet_of(compiled, "review.joint.market.review", "step")
    assert review is not None
    reasons = unticked(compiled, review[1], {"points": {}, "materials": {}}, []).reasons
    assert len(reasons) == 4 and all("《食品安全法》第三十三条" in each for each in reasons)
    assert sheet_of(compiled, "review.decide", "step") is None


def test_only_who_holds_the_open_task_ticks_and_only_what_is_on_the_sheet(lite: Desk) -> None:
    ref = lite.submit()
    for login in ("yunling-window", "linxi-agent"):
        with pytest.raises(CaseNotFound):
            ticked(lite, ref.id, 1, login)
    with pytest.raises(NotHolder):
        ticked(lite, ref.id, 1, "reviewer")
    with pytest.raises(BadInput, match="nonsense"):
        ticked(lite, ref.id, 1, "window", ("nonsense",))
    with pytest.raises(BadInput):
        ticked(lite, ref.id, 1, "window", (), ("'; DROP TABLE case_",))
    with lite.database.session() as session, pytest.raises(CaseNotFound):
        tick(session, ref.id, 1, points=(), materials=(), actor=lite.hall.me)
    with pytest.raises(CaseNotFound):
        ticked(lite, "../x", 1, "window")
    with pytest.raises(CaseNotFound):
        ticked(lite, new_id(), 1, "window")
    lite.act(ref.id, 1, "accept", "window")
    with pytest.raises(TaskClosed):
        ticked(lite, ref.id, 1, "window")
    decide = lite.run_until(ref.id, "review.decide")
    with pytest.raises(BadInput):
        ticked(lite, ref.id, decide, "leader")


def test_a_task_that_somebody_claimed_is_not_ticked_by_another(lite: Desk) -> None:
    ref = lite.submit()
    with lite.database.session() as session:
        claim(session, ref.id, 1, command_id=new_id(), actor=lite.hall.actor("window"))
    with lite.database.session() as session:
        session.execute(select(Case.id))
        from core.cases.models import CaseTask

        session.execute(CaseTask.__table__.update().values(claimed_by=lite.hall.staff["chief"]))
    with pytest.raises(AlreadyClaimed):
        ticked(lite, ref.id, 1, "window")


def test_the_gate_refuses_a_sheet_that_is_not_there_and_a_point_at_nothing() -> None:
    doc = item_document("market_regulation/food-operation-new.json")
    assert not [f for f in lint(doc) if "sheet" in f.path or f.key == "items.sheet_missing"]
    doc["rule_sheets"]["other"] = doc["rule_sheets"].pop("review")
    doc["rule_sheets"]["intake"]["points"][0]["material"] = "moon"
    doc["rule_sheets"]["intake"]["points"][1]["id"] = "operator"
    found = {(f.key, f.level, f.path) for f in lint(doc)}
    assert ("items.sheet_missing", "error", "/route/review/nodes/joint/branches/market/nodes/review/rules") in found
    assert ("items.sheet_unused", "warning", "/rule_sheets/other") in found
    assert ("items.material_missing", "error", "/rule_sheets/intake/points/0/material") in found
    assert ("items.id_twice", "error", "/rule_sheets/intake/points/1/id") in found


def test_a_sheet_has_all_ten_parts_in_the_item_as_in_a_file_of_its_own() -> None:
    parts = {"situation", "content", "points", "basis", "procedure", "limit", "duty", "opinions", "notes", "consequences"}
    alone, inside = schemas.load("rule_sheet"), schemas.load("item")["$defs"]["rule_sheet"]
    assert parts <= set(inside["required"]) and {name: alone["properties"][name] for name in inside["properties"]} == inside["properties"]
    sheet = item_document("civil_affairs/subsistence-allowance.json")["rule_sheets"]["county_decision"]
    whole = {"$schema": alone["$id"], "schema_version": 1, **sheet}
    assert schemas.validate("rule_sheet", whole) == []
    for part in parts:
        assert schemas.validate("rule_sheet", {key: value for key, value in whole.items() if key != part}), part
    json.dumps(whole)
