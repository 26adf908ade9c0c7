"""A guide says what applies to me, and openly what nobody knows."""

import copy
import json
import re
from typing import Any
from xml.etree import ElementTree

import pytest

from core.guides.plan import metres
from core.guides.service import Guide, build_guide
from core.items import service as items
from core.items.library import library, read_json
from core.schemas import service as schemas

SHELF = library()


def item(code: str = "food-operation-new", **changes: Any) -> Any:
    doc = copy.deepcopy(read_json(SHELF.items[code])) | changes
    return items.compile_item(doc, forms=SHELF.forms, blocks=SHELF.blocks)


def guide(answers: dict[str, str] | None = None, code: str = "food-operation-new", **options: Any) -> Guide:
    return build_guide(item(code), answers, **options)


def test_the_four_facts_stand_in_one_row_with_the_promise_against_the_law() -> None:
    time, visits, fee, result = guide().facts
    assert (time.value, time.unit) == ("10", "个工作日") and time.small[:2] == ("法定 15 个工作日", "快了 5 个工作日")
    assert (visits.value, fee.words, result.words) == ("0", "不收费", "食品经营许可证")


def test_a_situation_shortens_the_materials_and_counts_what_need_not_be_handed_in() -> None:
    alone, agent = guide({"kind": "catering", "agent": "self"}), guide({"kind": "catering", "agent": "agent"})
    assert "authorisation" not in {m.id for m in alone.materials} and "authorisation" in {m.id for m in agent.materials}
    assert (alone.own_count, agent.own_count) == (2, 3)
    assert agent.chosen == "餐饮服务、委托别人"
    open_question = {m.id: m for m in guide().materials}["authorisation"]
    assert open_question.off and "委托" in open_question.condition
    free = {m.id: m for m in guide().materials}["application"]
    assert free.free and not free.tags


def test_answers_that_are_no_options_are_ignored() -> None:
    shown = guide({"kind": "<script>", "moon": "full", "agent": "self"})
    assert shown.answers == {"agent": "self"} and "<script>" not in json.dumps(shown.to_json(), ensure_ascii=False)


def test_what_the_source_does_not_say_is_said_openly() -> None:
    shown = guide(code="timber-felling")
    assert shown.fact("time").unknown and shown.fact("time").words == "来源未写明"
    assert shown.unknown and shown.assumed
    assert all(note.title and not re.fullmatch(r"[a-z_.]+", note.title) for note in (*shown.unknown, *shown.assumed))
    food = guide()
    assert "来源没有写,由本平台暂定。" in food.fact("visits").small
    bare = build_guide(item(contacts={"consult": None, "complain": None}))
    assert {contact.value for contact in bare.contacts} == {"来源未写明;可拨 12345"} and not any(contact.phone for contact in bare.contacts)


def test_a_limit_that_depends_on_the_answer_follows_the_situation() -> None:
    permit = item("pollution-permit")
    values = {build_guide(permit, {s.id: o.id}).fact("time").value for s in build_guide(permit).situations for o in s.options}
    assert {"20", "30"} <= values
    assert any("情形" in line for line in build_guide(permit).fact("time").small)


def test_an_english_guide_marks_what_is_not_translated() -> None:
    english = guide(locale="en")
    assert english.title_lang is None and english.title.isascii()
    assert english.fact("time").unit == "working days"
    doc = copy.deepcopy(read_json(SHELF.items["food-operation-new"]))
    del doc["translations"]["en"]["title"], doc["translations"]["en"]["conditions.c2.text"]
    partly = build_guide(items.compile_item(doc, forms=SHELF.forms, blocks=SHELF.blocks), locale="en")
    assert (partly.title, partly.title_lang) == (doc["title"], "zh-CN")
    assert [c.lang for c in partly.conditions] == [None, "zh-CN", None, None, None]


def test_redress_is_the_general_law_when_the_source_is_silent_and_never_for_services() -> None:
    assert guide().redress_assumed and "行政复议" in guide().redress[0]
    service = build_guide(item(type="20"))
    assert service.redress == () and not service.redress_assumed
    own = build_guide(item(redress={"reconsideration": "向区政府申请复议", "litigation": None}))
    assert own.redress == ("向区政府申请复议",) and not own.redress_assumed


def test_the_route_is_drawn_and_told_and_the_address_is_a_code() -> None:
    shown = guide({"kind": "catering", "agent": "self"}, address="https://hall.example/items/food-operation-new", number=7)
    assert shown.route_svg.startswith("<svg") and "决定" in shown.route_svg
    assert any("决定" in line.words for line in shown.route_outline)
    assert "<svg" in shown.qr and "style=" not in shown.qr and "<script" not in shown.route_svg
    assert shown.number == 7 and "现场勘查" in shown.route_lead and not guide().qr


@pytest.mark.parametrize("code", sorted(SHELF.items))
@pytest.mark.parametrize("locale", ["zh", "en"])
def test_every_shipped_item_has_a_guide_in_both_languages(code: str, locale: str) -> None:
    shown = guide(code=code, locale=locale)
    plain = json.dumps(shown.to_json(), ensure_ascii=False)
    assert len(shown.facts) == 4 and shown.route_outline and "guides." not in plain and "items.name" not in plain


# ---- places


def _placed(*points: tuple[float, float] | None) -> Any:
    places = [{"id": f"p{n}", "title": f"大厅 <{n}>", **({"point": {"lng": at[0], "lat": at[1]}} if at else {})} for n, at in enumerate(points, 1)]
    return item(places=places)


def test_places_with_points_are_told_in_degrees_and_drawn_to_scale_beside_each_other() -> None:
    guide = build_guide(_placed((109.08, 34.53), None, (109.08, 34.62), (109.178, 34.53)), map_link="https://map.example/?c={lng},{lat}")
    assert [place.point[:10] for place in guide.places] == ["东经 109.08°", "", "东经 109.08°", "东经 109.178"]
    assert guide.places[0].point == "东经 109.08°,北纬 34.53°(CGCS2000)"
    assert [place.number for place in guide.places] == [1, 0, 2, 3]
    assert guide.places[0].map == "https://map.example/?c=109.08,34.53" and guide.places[1].map == ""
    assert guide.distances == ("大厅 <1>到大厅 <3>的直线距离大约 10 公里", "大厅 <1>到大厅 <4>的直线距离大约 9 公里")
    drawn = ElementTree.fromstring(guide.plan.replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1))
    first, north, east = [(float(each.get("cx")), float(each.get("cy"))) for each in drawn.iter("{http://www.w3.org/2000/svg}circle")]
    assert north[0] == first[0] and north[1] < first[1] and east[1] == first[1] and east[0] > first[0]
    far = [metres(guide.places[0].at, place.at) for place in (guide.places[2], guide.places[3])]
    assert (first[1] - north[1]) / far[0] == pytest.approx((east[0] - first[0]) / far[1], rel=0.01), "to scale"


def test_one_point_or_points_in_one_spot_are_not_drawn() -> None:
    for points in (((109.08, 34.53),), ((109.08, 34.53), (109.0801, 34.5301)), (None, None)):
        assert build_guide(_placed(*points)).plan == ""


@pytest.mark.parametrize(
    "point", [{"lng": 34.5, "lat": 109.0}, {"lng": 109.0}, {"lng": "109", "lat": 34}, {"lng": 109.0, "lat": 34.5, "alt": 3}, [109.0, 34.5]]
)
def test_a_point_that_is_none_in_china_is_refused(point: Any) -> None:
    assert schemas.validate("item", {**read_json(SHELF.items["food-operation-new"]), "places": [{"id": "p", "title": "大厅", "point": point}]})
