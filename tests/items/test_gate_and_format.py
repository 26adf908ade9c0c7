"""The gate runs an item's own tests; formatting is a function of the value; differences in words."""

import copy
import json
import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.items import service as items
from core.items.facts import facts
from core.items.library import library, read_json
from core.items.limits import ChosenLimit, choose, longer
from core.items.materials import needs
from core.items.results import face

SHELF = library()
FOOD = read_json(SHELF.items["food-operation-new"])


def compiled(doc: dict[str, Any]) -> Any:
    return items.compile_item(doc, forms=SHELF.forms, blocks=SHELF.blocks)


def report(change: Any) -> dict[str, str]:
    doc = copy.deepcopy(FOOD)
    change(doc)
    return {f.path: f.key for f in items.run_tests(compiled(doc)).findings}


def test_days_are_counted_on_the_main_clock_from_acceptance_to_decision() -> None:
    results = {result.id: result for result in items.run_tests(compiled(FOOD)).results}
    assert (results["grant_small"].end, results["grant_small"].days_used) == ("grant", 4)
    assert results["grant_small"].path == ("intake", "joint", "joint.market.review", "joint.market.sign", "decide", "delivery")


def test_a_wrong_expectation_is_told_with_what_happened_instead() -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["tests"][0]["expect"] |= {"end": "refuse", "days_used": 9, "path": ["intake", "decide", "joint.market.review"], "documents": ["nothing"]}

    found = report(change)
    assert {f"/tests/0/expect/{name}" for name in ("end", "days_used", "path", "documents")} <= set(found)


def test_a_step_nobody_can_do_names_who_and_what_is_open() -> None:
    found = report(lambda doc: doc["tests"][0]["steps"].insert(0, {"as": "leader", "do": "grant", "day": 1}))
    assert found["/tests/0/steps/0"] == "items.test_no_task"


def test_a_button_closed_by_its_rule_fails_the_test() -> None:
    def change(doc: dict[str, Any]) -> None:
        refused = next(test for test in doc["tests"] if test["id"] == "fire_disagrees")
        refused["steps"][-1] = {"as": "leader", "do": "grant", "day": 9}
        doc["route"]["review"]["nodes"]["joint"]["join"] = {"policy": "all", "wait": "all", "on_refuse": "wait"}

    assert "items.test_closed" in report(change).values()


def test_steps_may_not_go_back_in_time() -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["tests"][0]["steps"][1]["day"] = 0
        doc["tests"][0]["steps"][0]["day"] = 5
        doc["tests"][0]["steps"][2]["day"] = 2

    assert "items.test_backwards" in report(change).values()


def test_a_form_that_does_not_pass_and_a_missing_paper_are_found() -> None:
    def change(doc: dict[str, Any]) -> None:
        doc["tests"][0]["given"]["form"]["area"] = -1
        doc["tests"][1]["given"]["materials"] = ["layout"]

    found = report(change)
    assert found["/tests/0/given/form/area"] == "items.test_form_error"
    assert found["/tests/1/given/materials"] == "items.test_material_lacking"


def test_buttons_that_no_test_presses_are_named_and_an_item_without_tests_is_refused() -> None:
    one = report(lambda doc: doc.update(tests=doc["tests"][:1]))
    assert one["/tests"] == "items.untested"
    assert report(lambda doc: doc.update(tests=[]))["/tests"] == "items.no_tests"


def test_the_hash_does_not_depend_on_the_order_of_keys_but_on_every_word() -> None:
    shuffled = _shuffle(FOOD, random.Random(7))
    assert compiled(shuffled).hash == compiled(FOOD).hash
    assert compiled(FOOD | {"summary": "别的话。"}).hash != compiled(FOOD).hash
    assert compiled(FOOD) is compiled(copy.deepcopy(FOOD))


def test_an_unrelated_block_or_form_never_changes_a_hash() -> None:
    more = dict(SHELF.forms) | {"other": {"type": "object"}}
    assert items.compile_item(FOOD, forms=more, blocks={"unused": {"type": "object"}}).hash == compiled(FOOD).hash


def _shuffle(value: Any, source: random.Random) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        source.shuffle(keys)
        return {key: _shuffle(value[key], source) for key in keys}
    return [_shuffle(child, source) for child in value] if isinstance(value, list) else value


scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8)
documents = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=20)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text(max_size=8), documents, max_size=5), st.randoms(use_true_random=False))
def test_formatting_keeps_the_value_and_forgets_the_order_of_keys(doc: dict[str, Any], source: random.Random) -> None:
    text = items.format_item(doc)
    assert json.loads(text) == doc
    assert items.format_item(_shuffle(doc, source)) == text
    assert items.format_item(json.loads(text)) == text


def test_a_formatted_route_reads_from_start_to_end() -> None:
    text = items.format_item(FOOD)
    assert text.index('"joint": {') < text.index('"decide": {')
    assert text.index('"title"') < text.index('"materials"') < text.index('"route"') < text.index('"tests"')


def test_a_difference_is_told_in_words_and_as_json() -> None:
    doc = copy.deepcopy(FOOD)
    doc["route"]["limits"]["promised"]["value"] = 8
    removed = doc["materials"].pop(2)
    doc["materials"].append(dict(doc["materials"][1], id="lease", title="房屋租赁合同"))
    doc["route"]["review"]["nodes"]["decide"]["limit"]["value"] = 1
    for test in doc["tests"]:
        test["given"]["materials"] = [name for name in test["given"]["materials"] if name != "rules"] + ["lease"]
    changes = items.diff(compiled(FOOD), compiled(doc))
    words = [change.words() for change in changes]
    assert "改动时限:承诺时限,10 个工作日 → 8 个工作日" in words
    assert "增加材料:房屋租赁合同" in words
    assert f"去掉材料:{removed['title']}" in words
    assert any("决定 · 时限" in word and "1 个工作日" in word for word in words)
    assert {"kind", "part", "path", "title", "before", "after", "sort"} == set(changes[0].to_json())
    saved = items.balance(compiled(FOOD), compiled(doc))
    assert (saved.days, saved.visits, saved.materials, saved.fields) == (-2, 0, 0, 0)
    assert items.diff(compiled(FOOD), compiled(FOOD)) == () == items.diff(None, compiled(FOOD))


def test_a_limit_follows_the_answer_and_says_when_it_cannot_know() -> None:
    limit = {"cases": [{"when": {"==": [{"var": "form.kind"}, "key"]}, "value": 30, "unit": "calendar_day"}], "value": 20, "unit": "calendar_day"}
    assert choose(limit, {"form": {"kind": "key"}}).value == 30  # type: ignore[union-attr]
    assert choose(limit, {"form": {"kind": "plain"}}).value == 20  # type: ignore[union-attr]
    unknown = choose(limit, {"form": {}})
    assert unknown is not None and unknown.undecided and unknown.value == 20
    assert longer(ChosenLimit(15, "working_day"), ChosenLimit(20, "calendar_day"))
    assert not longer(ChosenLimit(10, "working_day"), ChosenLimit(1, "month"))
    assert not longer(ChosenLimit(None, "month"), ChosenLimit(1, "hour"))


def test_situations_set_answers_and_decide_which_papers_are_needed() -> None:
    item = compiled(FOOD)
    known = facts(item, {"agent": "agent", "kind": "../../x", "moon": "full"})
    assert known["form"] == {"by_agent": True} and known["situation"] == {"agent": "agent"}
    states = {need.id: need.state for need in needs(FOOD, known)}
    assert states["authorisation"] == "required" and states["site_screenshot"] == "unknown"
    alone = {need.id for need in needs(FOOD, facts(item, {"agent": "self"}, {"online": False, "id_kind": "resident_id"}))}
    assert alone == {"application", "layout", "rules"}


def test_money_is_compared_in_fen_and_shown_in_yuan() -> None:
    agency = compiled(read_json(SHELF.items["travel-agency"]))
    assert facts(agency, {}, {"capital": "300000.00"})["form"]["capital"] == 30_000_000
    result = {"id": "x", "title": "x", "kind": "licence", "data": {"注册资本": {"var": "form.capital"}, "空": {"var": "form.nothing"}}}
    assert face(agency, result, facts(agency, {}, {"capital": "300000.00"})) == {"注册资本": "300000.00"}


def test_a_licence_shows_choices_by_their_titles() -> None:
    item = compiled(FOOD)
    shown = face(item, FOOD["results"][0], facts(item, {"kind": "catering"}, {"operator_name": "老王面馆", "items": ["hot", "cold"]}))
    assert shown["主体业态"] == "餐饮服务" and shown["经营者名称"] == "老王面馆"
    assert "hot" not in shown["经营项目"]
