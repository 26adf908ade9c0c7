"""Playing a route: what is open, whose it is, until when, what each button will do – and what went wrong, at which step."""

import copy
from datetime import date
from typing import Any

import pytest

from core.items import gate
from core.items.compiling import compile_item
from core.items.library import library
from core.items.studio import playing
from core.items.studio.pressing import reasoned


def compiled(doc: dict[str, Any]) -> Any:
    shelf = library()
    return compile_item(doc, forms=shelf.forms, blocks=shelf.blocks)


@pytest.fixture(scope="module")
def item(food: dict[str, Any]) -> Any:
    return compiled(food)


def given_of(food: dict[str, Any], name: str) -> dict[str, Any]:
    return next(test["given"] for test in food["tests"] if test["id"] == name)


def press(item: Any, given: Any, steps: list[Any], do: str, day: int, at: str | None = None, reason: str = "") -> list[Any]:
    """One click: the button of the scene, pressed on *day*."""
    scene = playing.play(item, given, steps, day=day)
    found = [b for work in scene.work for b in work.buttons if b.do == do and (at is None or work.node == at)] + [b for b in scene.beside if b.do == do]
    assert found, (do, scene.work)
    assert found[0].enabled, found[0].why_not
    return [*steps, reasoned(found[0], day=day, reason=reason)]


def test_a_filled_form_is_handed_in_and_the_window_has_it_with_its_last_day(item: Any) -> None:
    scene = playing.play(item, playing.start(item))
    assert scene.errors == ()
    assert [(work.node, work.title, work.role) for work in scene.work] == [("intake", "受理", "window")]
    assert scene.work[0].due == date(2026, 3, 9)
    assert {button.do for button in scene.work[0].buttons} == {"accept", "request_correction", "decline"}
    assert all(button.effect for button in scene.work[0].buttons)
    assert scene.work[0].sentence
    assert scene.states["intake"] == "now"
    assert "<svg" in scene.drawing
    assert [(clock.name, clock.used, clock.budget) for clock in scene.clocks] == [("intake", 0, 5)]


def test_the_clock_is_moved_by_hand_and_the_light_follows(item: Any) -> None:
    given = playing.start(item)
    lights = {day: playing.play(item, given, day=day).work[0].light for day in (1, 3, 5, 6)}
    assert lights == {1: "green", 3: "yellow", 5: "yellow", 6: "red"}
    late = playing.play(item, given, day=6)
    assert (late.day, late.on) == (6, date(2026, 3, 10))
    deemed = next(button for button in late.beside if button.do == "deem_accepted")
    assert (deemed.enabled, deemed.role) == (True, "system")
    assert not next(button for button in playing.play(item, given, day=2).beside if button.do == "deem_accepted").enabled


def test_departments_work_at_once_and_only_the_role_that_is_played_presses(item: Any, food: dict[str, Any]) -> None:
    given = given_of(food, "grant_large")
    steps = press(item, given, [], "complete", 1)
    steps = press(item, given, steps, "accept", 1)
    scene = playing.play(item, given, steps, day=3, role="fire.reviewer", departments={"fire": "消防救援大队"})
    assert {(work.node, work.role, work.yours) for work in scene.work} == {
        ("joint.market.review", "market_regulation.reviewer", False),
        ("joint.fire.opinion", "fire.reviewer", True),
    }
    assert next(work for work in scene.work if work.yours).who.startswith("消防救援大队")
    assert dict(scene.roles).keys() >= {"fire.reviewer", "market_regulation.reviewer", "applicant"}
    assert any(button.do == "open_pause" for work in scene.work for button in work.buttons)


def test_undo_is_leaving_the_last_step_out(item: Any, food: dict[str, Any]) -> None:
    given = given_of(food, "grant_small")
    steps = press(item, given, [], "accept", 1)
    more = press(item, given, steps, "pass", 3)
    assert playing.play(item, given, more[:-1]) == playing.play(item, given, steps)


def test_a_pause_stands_still_and_is_told(item: Any, food: dict[str, Any]) -> None:
    given = given_of(food, "grant_small")
    steps = press(item, given, press(item, given, [], "accept", 1), "open_pause", 2)
    paused = playing.play(item, given, steps, day=4)
    clocks = {clock.name: clock for clock in paused.clocks}
    assert clocks["main"].state == "paused"
    assert clocks["main"].used == 0
    assert clocks["pause:site_check"].title.endswith("现场勘查")
    closed = next(button for work in paused.work for button in work.buttons if button.do == "pass")
    assert not closed.enabled
    assert closed.why_not
    again = playing.play(item, given, press(item, given, steps, "close_pause", 4), day=5)
    assert {clock.name: clock.state for clock in again.clocks}["main"] == "running"


def test_what_cannot_be_done_is_told_at_its_step_in_words(item: Any, food: dict[str, Any]) -> None:
    given = given_of(food, "grant_small")
    steps = [{"as": "window", "do": "accept", "day": 1}, {"as": "leader", "do": "grant", "day": 2}, {"as": "window", "do": "deliver"}]
    scene = playing.play(item, given, steps)
    assert scene.stop is not None
    assert scene.stop.step == 1
    assert "审查（审查员）" in scene.stop.words, "what is open instead, by its title"
    assert len(scene.done) == 1
    assert scene.steps == tuple(steps)


def test_a_form_that_is_refused_files_nothing(item: Any) -> None:
    given = playing.start(item)
    scene = playing.play(item, {**given, "form": {**given["form"], "area": None}}, [{"as": "window", "do": "accept"}])
    assert scene.end == "errors"
    assert [path for path, _words in scene.errors] == ["area"]
    assert scene.work == ()


def test_the_whole_story_is_told_in_words_in_both_languages(item: Any, food: dict[str, Any]) -> None:
    test = next(test for test in food["tests"] if test["id"] == "grant_small")
    scene = playing.play(item, test["given"], test["steps"])
    assert [(done.day, done.title) for done in scene.done] == [(1, "受理"), (3, "通过"), (4, "同意"), (5, "准予许可"), (6, "确认送达")]
    assert scene.ended
    assert scene.end == "grant"
    assert "准予决定书" in scene.documents
    english = playing.play(item, test["given"], test["steps"][:1], locale="en")
    assert not any("一" <= c <= "鿿" for button in english.beside for c in button.title + button.who)


def test_a_play_is_what_the_gate_makes_of_the_same_test(item: Any, food: dict[str, Any]) -> None:
    report = gate.run_tests(item)
    for test, result in zip(food["tests"], report.results, strict=True):
        scene = playing.play(item, test["given"], test["steps"])
        assert (scene.end, tuple(node for node, _title in scene.path), scene.acted) == (result.end, result.path, result.acted)


def test_a_route_that_stops_for_an_answer_that_nobody_gave_says_so(food: dict[str, Any]) -> None:
    doc = copy.deepcopy(food)
    doc["route"]["review"]["nodes"]["joint"]["branches"]["fire"]["when"] = {">": [{"var": "form.depth_of_well"}, 3]}
    form = copy.deepcopy(library().forms[doc["form"]])
    form["properties"]["depth_of_well"] = {"type": "number", "title": "井深"}
    broken = compile_item(doc, forms={doc["form"]: form}, blocks=library().blocks)
    given = {**given_of(food, "grant_small")}
    scene = playing.play(broken, given, [{"as": "window", "do": "accept", "day": 1}])
    assert scene.stop is not None
    assert "井深" in scene.stop.words
