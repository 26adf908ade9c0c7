"""Recording plays as tests, and finding for everything that no test takes in the play that does."""

import copy
from typing import Any

import pytest

from core.items import gate
from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio import covering, edits, playing, recording
from core.items.studio.errors import NotAPlay, NothingPlayed
from core.schemas import service as schemas


def compiled(doc: dict[str, Any]) -> Any:
    shelf = library()
    return compile_item(doc, forms=shelf.forms, blocks=shelf.blocks)


@pytest.fixture(scope="module")
def item(food: dict[str, Any]) -> Any:
    return compiled(food)


def with_tests(food: dict[str, Any], tests: list[Any]) -> dict[str, Any]:
    return {**copy.deepcopy(food), "tests": tests}


def test_what_is_recorded_is_green_and_fits_the_schema(item: Any, food: dict[str, Any]) -> None:
    played = food["tests"][0]
    test = recording.record(item, played["given"], played["steps"], taken=["grant"])
    assert test["id"] == "grant_2"
    assert "准予" in test["title"]
    assert "个工作日" in test["title"]
    assert test["expect"]["days_used"] == 4
    assert set(test["expect"]) == {"end", "path", "days_used", "documents", "materials"}
    doc = with_tests(food, [test])
    assert list(schemas.validate("item", doc)) == []
    assert all(result.green for result in gate.run_tests(compiled(doc)).results)
    late = copy.deepcopy(test)
    late["steps"][3]["day"] = 9
    late["steps"][4]["day"] = 9
    (result,) = gate.run_tests(compiled(with_tests(food, [late]))).results
    assert [finding.key for finding in result.findings] == ["items.test_days_used"]


def test_a_refused_form_is_recorded_as_its_refusals(item: Any, food: dict[str, Any]) -> None:
    given = playing.start(item)
    test = recording.record(item, {**given, "form": {**given["form"], "area": None}}, [])
    assert test["expect"] == {"end": "errors", "errors": ["area"]}
    doc = with_tests(food, [test])
    assert list(schemas.validate("item", doc)) == []
    assert gate.run_tests(compiled(doc)).results[0].green
    accepted = {**test, "given": given}
    assert not gate.run_tests(compiled(with_tests(food, [accepted]))).results[0].green


def test_a_play_that_went_wrong_is_no_test(item: Any) -> None:
    with pytest.raises(NothingPlayed) as refused:
        recording.record(item, playing.start(item), [{"as": "leader", "do": "grant"}])
    assert refused.value.params == {"step": 1}


def test_a_recorded_test_is_one_edit_of_the_draft(item: Any, food: dict[str, Any]) -> None:
    content = {"item": food, "form": {}, "blocks": {}}
    test = recording.record(item, playing.start(item), [{"as": "window", "do": "accept", "day": 1}], taken=recording.ids(content))
    made = edits.apply(content, recording.added(content, test))
    assert made.doc["item"]["tests"][-1] == test
    assert edits.apply(made.doc, made.undo).doc == content
    bare = {"item": {name: value for name, value in food.items() if name != "tests"}}
    assert edits.apply(bare, recording.added(bare, test)).doc["item"]["tests"] == [test]


def test_full_coverage_is_had_by_taking_every_suggestion(food: dict[str, Any]) -> None:
    """An item without tests: each thing left out is suggested, recorded, and is then covered; in the end nothing is left out."""
    bare = compiled(with_tests(food, []))
    tests: list[Any] = []
    for left in covering.coverage(bare):
        assert left.tests == ()
        found = covering.suggest(bare, left.target)
        assert found is not None, left.target
        tests.append(recording.record(bare, found.given, found.steps, taken=[test["id"] for test in tests]))
    whole = with_tests(food, tests)
    assert list(schemas.validate("item", whole)) == []
    full = compiled(whole)
    report = gate.run_tests(full)
    assert report.untested == ()
    assert all(result.green for result in report.results)
    assert [each.target for each in covering.coverage(full) if not each.tests] == []


def test_a_branch_behind_a_rule_is_reached_by_answering_the_other_side_of_it(food: dict[str, Any]) -> None:
    small = compiled(with_tests(food, [food["tests"][0]]))
    fire = next(each.target for each in covering.coverage(small) if each.target.key == "button:joint.fire.opinion:refuse")
    assert "不同意" in fire.title
    found = covering.suggest(small, fire)
    assert found is not None
    assert found.given["form"]["area"] > 300
    assert found.steps[-1]["do"] == "refuse"
    assert found.steps[-1]["reason"]
    assert covering.met(small, fire, found.given, covering.rehearse(small, found.given, found.steps))


def test_the_shortest_way_is_taken(item: Any) -> None:
    target = covering.Target("button", "decide", "return")
    found = covering.suggest(item, target)
    assert found is not None
    assert [step["do"] for step in found.steps] == ["accept", "refuse", "return"]


def test_what_cannot_be_reached_is_said_to_be_not_found(food: dict[str, Any]) -> None:
    doc = copy.deepcopy(food)
    doc["route"]["review"]["nodes"]["decide"]["actions"]["grant"]["when"] = {"==": [{"var": "joint.outcome"}, "if_none"]}
    assert covering.suggest(compiled(doc), covering.Target("button", "decide", "grant")) is None


def test_a_plugin_and_a_sub_case_are_answered_so_that_the_rules_behind_them_open(food: dict[str, Any]) -> None:
    doc = copy.deepcopy(food)
    doc["tests"] = []
    doc["route"]["review"] = {
        "start": "score",
        "nodes": {
            "score": {
                "kind": "auto", "title": "信用核验", "hook": "x.y", "purpose": "核验", "answers": {"points": "number"}, "to": "look", "by_hand": "look",
            },
            "look": {
                "kind": "step", "title": "审查", "limit": {"value": 2, "unit": "working_day"}, "holders": {"role": "reviewer", "org": "owner"},
                "actions": {
                    "fast": {"title": "从快", "outcome": "grant", "when": {">": [{"var": "score.result.points"}, 80]}},
                    "no": {"title": "不予", "outcome": "refuse", "needs": ["reason"]},
                },
            },
        },
    }  # fmt: skip
    item = compiled(doc)
    found = covering.suggest(item, covering.Target("button", "look", "fast"))
    assert found is not None
    assert [step["do"] for step in found.steps] == ["accept", "hook_done", "fast"]
    test = recording.record(item, found.given, found.steps)
    assert gate.run_tests(compiled({**doc, "tests": [test]})).results[0].green


def test_one_click_covers_an_item_with_few_tests(food: dict[str, Any]) -> None:
    bare = compiled(with_tests(food, food["tests"][:1]))
    made = covering.fill(bare, taken=[food["tests"][0]["id"]])
    assert len(made) < len([each for each in covering.coverage(bare) if not each.tests])
    whole = compiled(with_tests(food, [food["tests"][0], *made]))
    assert [each.target for each in covering.coverage(whole) if not each.tests] == []
    assert gate.run_tests(whole).untested == ()
    assert len({test["id"] for test in whole.doc["tests"]}) == len(whole.doc["tests"])
    assert covering.fill(bare, most=2, taken=()) == covering.fill(bare, taken=())[:2]


@pytest.mark.parametrize(
    ("given", "steps"),
    [
        pytest.param([], [], id="no mapping"),
        pytest.param({"form": []}, [], id="a form that is none"),
        pytest.param({}, {}, id="steps that are none"),
        pytest.param({}, [{"as": "window"}], id="a step that does nothing"),
        pytest.param({}, [{"as": "window", "do": "accept", "day": -1}], id="a day before"),
        pytest.param({"more": 1}, [], id="what tests do not have"),
        pytest.param({}, [{"as": "window", "do": "accept"}] * 101, id="without end"),
    ],
)
def test_what_is_no_play_is_refused(given: Any, steps: Any) -> None:
    with pytest.raises(NotAPlay):
        playing.read(given, steps)


def test_the_answers_on_which_the_way_hangs_are_asked(item: Any, food: dict[str, Any]) -> None:
    found = {path: (title, values, now) for path, title, values, now in playing.questions(item, food["tests"][0]["given"])}
    assert found["form.area"][0] == "经营面积"
    assert {300, 301, 299} <= set(found["form.area"][1])
    assert found["form.area"][2] == 120
    assert set(found["form.online"][1]) == {True, False}
