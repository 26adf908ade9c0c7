"""Last month's finished cases walked through a version that is not published: what would have been the same, what not, and nothing of anybody."""

import copy
import dataclasses
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.cases.service.replaying import measured, replay
from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio.load import Assumptions, simulate
from core.kernel import clock
from core.kernel.errors import Forbidden
from tests.cases.test_as_test import GRANTED, SECRET, walked
from tests.fixtures_cases import Desk
from tests.fixtures_hall import item_document

REFUSED = (
    ("intake.check.fire", "complete"), ("intake", "accept"), ("review.joint.fire.opinion", "refuse"), ("review.joint.market.review", "pass"),
    ("review.joint.market.sign", "agree"), ("review.decide", "refuse"), ("delivery", "deliver"),
)  # fmt: skip
SMALL = tuple(act for act in GRANTED if "fire" not in act[0])


def version(change: Callable[[dict[str, Any], dict[str, Any]], None] | None = None) -> Any:
    """The food licence with *change* made to it and to its form; published nowhere."""
    doc = item_document("market_regulation/food-operation-new.json")
    forms = {doc["form"]: copy.deepcopy(dict(library().forms[doc["form"]]))}
    if change is not None:
        change(doc, forms[doc["form"]])
    return compile_item(doc, forms=forms, blocks=library().blocks)


@pytest.fixture
def month(lite: Desk) -> Desk:
    """A small shop and a canteen, both granted; a canteen refused; one still open."""
    walked(lite, *SMALL, values={**SECRET, "area": 100})
    walked(lite, *GRANTED)
    walked(lite, *REFUSED)
    lite.submit(SECRET)
    return lite


def replayed(desk: Desk, new: Any, **more: Any) -> Any:
    with desk.database.session() as session:
        return replay(session, new, actor=desk.hall.actor("chief"), **more)


def test_the_same_version_goes_the_same_way(month: Desk) -> None:
    found = replayed(month, version())
    assert (len(found.cases), found.same, found.other, found.untold, found.more) == (3, 3, 0, 0, False)
    assert replayed(month, version(), most=2).more
    assert found.late == (0, 0)


def test_a_wider_rule_takes_more_departments_in(month: Desk) -> None:
    def wider(doc: dict[str, Any], _form: dict[str, Any]) -> None:
        for part in (doc["route"]["intake"]["checks"][0], doc["route"]["review"]["nodes"]["joint"]["branches"]["fire"]):
            part["when"] = {">": [{"var": "form.area"}, 50]}

    found = replayed(month, version(wider))
    assert (found.same, found.other) == (2, 1)
    assert found.kinds == {"refused": 1}
    (case,) = [case for case in found.cases if case.differences]
    assert {each.kind: each.what for each in case.differences}["refused"] == "受理 · 受理"


def test_a_button_that_is_gone_a_question_and_a_paper_more_are_told_by_their_titles(month: Desk) -> None:
    def stricter(doc: dict[str, Any], form: dict[str, Any]) -> None:
        decide = doc["route"]["review"]["nodes"]["decide"]["actions"]
        decide["deny"] = decide.pop("refuse")
        form["properties"]["well_depth"] = {"type": "number", "title": "水井深度"}
        form["required"] = [*form.get("required", ()), "well_depth"]
        paper = copy.deepcopy(next(each for each in doc["materials"] if each["id"] == "layout"))
        doc["materials"].append({**paper, "id": "well_report", "title": "水井检测报告"})

    found = replayed(month, version(stricter))
    assert found.kinds == {"fields": 3, "materials": 3, "refused": 1}
    said = {(each.kind, each.what) for case in found.cases for each in case.differences}
    assert ("fields", "水井深度") in said
    assert ("materials", "水井检测报告") in said
    assert any(kind == "refused" and what.startswith("决定") for kind, what in said)


def test_a_shorter_way_is_told_as_another_path(month: Desk) -> None:
    def without_signing(doc: dict[str, Any], _form: dict[str, Any]) -> None:
        market = doc["route"]["review"]["nodes"]["joint"]["branches"]["market"]
        del market["nodes"]["sign"]
        market["nodes"]["review"]["actions"]["pass"] = {"title": "通过", "outcome": "agree"}

    found = replayed(month, version(without_signing))
    (path,) = {(each.old, each.new) for case in found.cases for each in case.differences if each.kind == "path"}
    assert path == ("审核会签", "")
    assert found.kinds == {"path": 3}


def test_nothing_of_anybody_is_in_the_result_and_nothing_is_written(month: Desk) -> None:
    found = replayed(month, version(lambda doc, form: doc["route"]["review"]["nodes"]["decide"]["actions"].pop("refuse")))
    text = json.dumps(dataclasses.asdict(found), ensure_ascii=False)
    assert "秘密" not in text
    assert SECRET["uscc"] not in text
    with month.database.session() as session:
        replay(session, version(), actor=month.hall.actor("chief"))
        assert not session.new
        assert not session.dirty


def test_only_the_owning_department_asks_and_sees_its_own_cases(month: Desk) -> None:
    for login in ("window", "reviewer", "leader", "fire"):
        with month.database.session() as session, pytest.raises(Forbidden):
            replay(session, version(), actor=month.hall.actor(login))
    with month.database.session() as session:
        with pytest.raises(Forbidden):
            measured(session, "food-operation-new", actor=month.hall.actor("window"))
        with pytest.raises(Forbidden):
            replay(session, version(), actor=month.hall.me)


def test_cases_that_ended_long_ago_are_not_walked(month: Desk) -> None:
    with clock.freeze(clock.now() + timedelta(days=40)):
        assert replayed(month, version()).cases == ()
        assert len(replayed(month, version(), days=60).cases) == 3


def test_what_was_measured_feeds_the_simulation(month: Desk) -> None:
    with month.database.session() as session:
        found = measured(session, "food-operation-new", actor=month.hall.actor("chief"))
    assert found.arrivals > 0
    assert found.odds["decide"] == {"grant": 2.0, "refuse": 1.0}
    assert found.odds["joint.fire.opinion"] == {"pass": 1.0, "refuse": 1.0}
    outcome = simulate(version(), Assumptions(5, days=30, odds=found.odds))
    assert set(outcome.ended) == {"grant", "refuse"}
