"""Tests live through edits: renamed things are followed, gone ones named, and changed outcomes proposed – never taken by themselves."""

import copy
import json
from typing import Any

import pytest

from core.items import gate
from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio import drafts, edits, healing, recording
from core.items.studio.spots import find, parse
from core.kernel.ids import new_id
from tests.studio.conftest import FOOD


@pytest.fixture(scope="module")
def content(food: dict[str, Any]) -> dict[str, Any]:
    """The item with tests that say all they can, as recording makes them."""
    shelf = library()
    whole = {"item": copy.deepcopy(food), "form": shelf.forms[food["form"]], "blocks": dict(shelf.blocks)}
    item = compiled(whole)
    whole["item"]["tests"] = [recording.record(item, test["given"], _placed(item, test), title=test["title"]) | {"id": test["id"]} for test in food["tests"]]
    return whole


def _placed(item: Any, test: dict[str, Any]) -> list[dict[str, Any]]:
    walk = gate.rehearse(item, test["given"], test["steps"]).walk
    assert walk is not None
    return [{**step, "at": node} if node else step for step, node in zip(test["steps"], walk.nodes, strict=True)]


def compiled(content: dict[str, Any]) -> Any:
    doc = content["item"]
    return compile_item(doc, forms={doc["form"]: content["form"]}, blocks=content["blocks"])


def rewritten(content: dict[str, Any], *pairs: tuple[str, str]) -> dict[str, Any]:
    """*content* with names replaced everywhere but in the tests."""
    made = copy.deepcopy(content)
    tests = made["item"].pop("tests")
    text = json.dumps(made, ensure_ascii=False)
    for old, new in pairs:
        text = text.replace(f'"{old}"', f'"{new}"').replace(f'"form.{old}"', f'"form.{new}"').replace(f'"{old}.outcome"', f'"{new}.outcome"')
    made = json.loads(text)
    made["item"]["tests"] = tests
    return made


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([("decide", "conclude")], id="a node"),
        pytest.param([("joint", "together")], id="a parallel node"),
        pytest.param([("market", "first")], id="a branch"),
        pytest.param([("return", "send_back")], id="an action"),
        pytest.param([("layout", "plan")], id="a material"),
        pytest.param([("area", "floor_area")], id="a question"),
        pytest.param([("safety_managers", "managers")], id="rows"),
        pytest.param([("post_kind", "kind_of_post")], id="a column of rows"),
        pytest.param([("decide", "conclude"), ("layout", "plan"), ("area", "floor_area")], id="many at once"),
    ],
)
def test_what_is_renamed_is_followed_and_the_tests_stay_green(content: dict[str, Any], pairs: list[tuple[str, str]]) -> None:
    after = rewritten(content, *pairs)
    carried = edits.apply(after, healing.follow(content, after))
    assert healing.gone(compiled(carried.doc)) == ()
    assert [result.id for result in gate.run_tests(compiled(carried.doc)).results if not result.green] == []
    assert edits.apply(carried.doc, carried.undo).doc == after


def test_nothing_is_carried_where_nothing_was_renamed(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    after["item"]["title"] = "另一个名称"
    del after["item"]["route"]["review"]["nodes"]["decide"]["actions"]["return"]
    assert healing.follow(content, after) == ()


def test_two_that_look_alike_are_not_guessed(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    actions = after["item"]["route"]["review"]["nodes"]["decide"]["actions"]
    actions["one"] = actions["two"] = actions.pop("return")
    assert not [each for each in healing.renames(content, after) if each.kind == "action"]


def test_another_length_is_proposed_and_taken_by_its_edit(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    (test,) = [each for each in after["item"]["tests"] if each["id"] == "grant_small"]
    test["expect"]["days_used"] = 9
    test["expect"]["documents"] = ["acceptance"]
    item = compiled(after)
    proposals = healing.heal(after, gate.run_tests(item), compiled=item)
    assert [(each.test, each.name, each.grave) for each in proposals] == [("grant_small", "days_used", False), ("grant_small", "documents", False)]
    assert "9" in proposals[0].words
    assert "4" in proposals[0].words
    mended = edits.apply(after, [each.edit for each in proposals]).doc
    assert gate.run_tests(compiled(mended)).results[0].green
    only_one = edits.apply(after, [proposals[0].edit]).doc
    assert find(only_one, proposals[1].edit.at) == ["acceptance"]


def test_another_end_is_proposed_as_grave(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    (test,) = [each for each in after["item"]["tests"] if each["id"] == "grant_small"]
    test["expect"]["end"] = "refuse"
    proposals = healing.heal(after, gate.run_tests(compiled(after)))
    assert [(each.name, each.grave) for each in proposals] == [("end", True)]


def test_refusals_of_a_form_are_healed_too(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    (test,) = [each for each in after["item"]["tests"] if each["id"] == "grant_small"]
    test["given"]["form"]["area"] = None
    test["expect"] = {"end": "errors", "errors": ["employees"]}
    proposals = healing.heal(after, gate.run_tests(compiled(after)))
    assert [each.edit.value for each in proposals] == [["area"]]
    mended = edits.apply(after, [each.edit for each in proposals]).doc
    assert gate.run_tests(compiled(mended)).results[0].green


def test_a_step_that_cannot_be_done_is_never_made_the_expectation(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    del after["item"]["route"]["review"]["nodes"]["decide"]["actions"]["return"]
    item = compiled(after)
    report = gate.run_tests(item)
    broken = {result.id for result in report.results if not result.green}
    assert "sign_back" in broken
    assert not [each for each in healing.heal(after, report) if each.test == "sign_back"]
    (step,) = {each.at[-2:] for each in healing.gone(item) if each.test == "sign_back"}
    assert step[0] == "steps"
    assert any(finding.path.endswith("/".join(step)) for result in report.results for finding in result.findings if result.id == "sign_back")


def test_what_is_gone_is_named_with_the_edit_that_takes_it_out(content: dict[str, Any]) -> None:
    after = copy.deepcopy(content)
    after["item"]["materials"] = [each for each in after["item"]["materials"] if each["id"] != "layout"]
    for test in after["item"]["tests"]:
        test["given"]["form"]["old_question"] = 1
        test["given"]["situation"]["kind"] = "no_such"
    item = compiled(after)
    lost = healing.gone(item)
    assert {each.at[-1] for each in lost} == {"materials", "old_question", "kind"}
    assert all(each.edit is not None for each in lost)
    mended = edits.apply(after, [each.edit for each in lost if each.edit is not None]).doc
    assert healing.gone(compiled(mended)) == ()


def test_a_command_that_renames_carries_the_tests_in_the_same_command(database: Any, who: dict[str, Any]) -> None:
    with database.session() as session:
        draft = drafts.begin(session, FOOD, actor=who["chief"])
        paper = find(draft.content, parse("/item/materials/@layout"))
        renamed = edits.between(
            draft.content["item"]["materials"],
            [{**paper, "id": "plan"} if each is paper else each for each in draft.content["item"]["materials"]],
            ("item", "materials"),
        )
        done = drafts.edit(session, draft.id, renamed, command_id=new_id(), actor=who["chief"])
        handed = [test["given"]["materials"] for test in done.content["item"]["tests"]]
        assert done.revision == 1
        assert all("plan" in each and "layout" not in each for each in handed)
        assert drafts.undo(session, draft.id, command_id=new_id(), actor=who["chief"]).content == draft.content


@pytest.mark.parametrize(
    "item", [None, [], {"tests": 3}, {"tests": [None, 3, {"given": 3, "steps": {}, "expect": []}], "materials": [{"id": "b", "title": "x"}]}]
)
def test_a_broken_draft_is_followed_as_far_as_it_goes(item: Any) -> None:
    before = {"item": {"tests": [], "materials": [{"id": "a", "title": "x"}], "situations": 3, "route": []}, "form": None}
    assert healing.follow(before, {"item": item, "form": []}) == ()
    assert healing.follow({"item": item, "form": 1}, before) == ()


def test_a_question_that_was_added_is_answered_with_a_sample_when_the_author_says_so(content: dict[str, Any]) -> None:
    made = copy.deepcopy(content)
    made["form"]["properties"]["licence_plate"] = {"type": "string", "title": "车牌号", "maxLength": 20}
    made["form"]["ui"]["pages"][0]["sections"][0]["fields"].append("licence_plate")
    made["form"]["required"] = [*made["form"]["required"], "licence_plate"]
    item = compiled(made)
    report = gate.run_tests(item)
    assert any("车牌号" in finding.words() and "forms." not in finding.words() for finding in report.findings), "said by its name, in words"
    proposed = [each for each in healing.heal(made, report, compiled=item) if each.name == "given"]
    assert {each.test for each in proposed} == {test["id"] for test in made["item"]["tests"] if not test["expect"].get("errors")}
    assert all("车牌号" in each.words for each in proposed)
    healed = edits.apply(made, [each.edit for each in proposed]).doc
    assert not [each for each in gate.run_tests(compiled(healed)).findings if each.level == "error"]


def test_an_answer_that_became_wrong_is_not_written_over(content: dict[str, Any]) -> None:
    made = copy.deepcopy(content)
    made["form"]["properties"]["area"]["maximum"] = 1
    item = compiled(made)
    assert not [each for each in healing.heal(made, gate.run_tests(item), compiled=item) if each.name == "given"]
