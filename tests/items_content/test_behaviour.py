"""What the items do: their forms judge, their own tests run, their limits and materials follow the answers."""

import copy
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from core.forms.service import compile_form, decide
from core.items import gate
from core.items.checking import check_item
from core.items.compiling import compile_item
from core.items.facts import facts
from core.items.materials import needs
from core.items.spec import CompiledItem
from core.routing.service import Command, advance, start
from core.worktime.spec import Limit
from tests.items_content import content

ITEMS = content.item_files()
FORMS = content.form_files()


def named(path: Path) -> str:
    return path.stem


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_an_item_passes_every_check_of_the_gate(path: Path) -> None:
    found = check_item(content.read(path), forms=content.forms())
    assert [f for f in found if f.level == "error"] == []


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_the_tests_of_an_item_are_green_and_press_every_button_of_its_route(path: Path) -> None:
    report = gate.run_tests(compile_item(content.read(path), forms=content.forms()))
    assert report.findings == ()
    assert len(report.results) >= 2


@pytest.mark.parametrize("path", ITEMS, ids=named)
def test_the_tests_of_an_item_reach_a_grant_and_a_refusal(path: Path) -> None:
    assert {"grant", "refuse"} <= {test["expect"]["end"] for test in content.read(path)["tests"]}


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_a_form_accepts_its_samples_and_keeps_every_answer(path: Path) -> None:
    doc = content.read(path)
    spec = compile_form(doc)
    assert doc["samples"]
    for sample in doc["samples"]:
        decision = decide(spec, copy.deepcopy(sample["values"]))
        assert decision.errors == (), sample["title"]
        assert {name for name in sample["values"] if name not in decision.values} == set()


def other_end(value: Any, _field: content.Doc) -> str:
    """A code whose last, the check character, is another."""
    return str(value)[:-1] + ("0" if str(value)[-1] != "0" else "1")


#: Kind of field → a wrong answer, given the right one. A kind that is not here takes nearly anything.
WRONG: dict[str, Callable[[Any, content.Doc], Any]] = {
    "resident_id": other_end,
    "uscc": other_end,
    "phone": lambda _value, _field: "12",
    "email": lambda _value, _field: "nobody",
    "date": lambda _value, _field: "2026-02-30",
    "date_range": lambda _value, _field: {"from": "2027-01-01", "to": "2026-01-01"},
    "choice": lambda _value, _field: "no-such-choice",
    "choices": lambda _value, _field: ["no-such-choice"],
    "number": lambda _value, _field: "many",
    "integer": lambda _value, _field: 0.5,
    "money": lambda _value, _field: "a lot",
    "text": lambda _value, field: "长" * (field["maxLength"] + 1),
    "rows": lambda _value, field: [{}] if field["items"]["required"] else None,
    "statement": lambda _value, _field: False,
    "bank_account": lambda _value, _field: "12",
    "map_point": lambda _value, _field: {"lng": 999, "lat": 0},
}


def broken(doc: content.Doc, values: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """*values* with one top field made wrong at a time."""
    for name, field in doc["properties"].items():
        if name not in values:
            continue
        kind = (field.get("ui") or {}).get("field")
        if name in doc["required"]:
            yield name, {k: v for k, v in values.items() if k != name}
        spoil = WRONG.get(str(kind))
        wrong = spoil(values[name], field) if spoil is not None else None
        if wrong is not None and not (kind == "statement" and name not in doc["required"]):
            yield name, {**values, name: wrong}


@pytest.mark.parametrize("path", FORMS, ids=named)
def test_a_form_refuses_a_sample_with_any_one_answer_made_wrong(path: Path) -> None:
    doc = content.read(path)
    spec = compile_form(doc)
    for sample in doc["samples"]:
        for name, values in broken(doc, sample["values"]):
            errors = decide(spec, copy.deepcopy(values)).errors
            assert any(error.path.split(".")[0] == name for error in errors), (sample["title"], name, values.get(name))


@pytest.mark.parametrize(
    ("situation", "days"),
    [
        ({"management": "simplified", "site_check": "no"}, 20),
        ({"management": "key", "site_check": "no"}, 30),
        ({"management": "simplified", "site_check": "yes"}, 45),
    ],
)
def test_the_limit_of_a_pollution_permit_follows_the_answers(situation: dict[str, str], days: int) -> None:
    compiled = compile_item(content.real_items()["pollution-permit"], forms=content.forms())
    values = {**compiled.form_doc["samples"][0]["values"], "management": situation["management"], "site_check": situation["site_check"] == "yes"}
    decision = decide(compiled.form, values)
    assert decision.values["days"] == days
    limit = main_limit(compiled, facts(compiled, situation, decision.values))
    assert (limit.value, limit.unit) == (days, "calendar_day")


def main_limit(compiled: CompiledItem, known: dict[str, Any]) -> Limit:
    """The limit the main clock starts with when the window accepts."""
    filed = start(compiled.route, known)
    accepted = advance(compiled.route, filed.marking, Command("accept", task=filed.marking.tasks[0].no, actor="clerk"), known)
    (clock,) = (op for op in accepted.clocks if op.clock == "main" and op.op == "start")
    assert clock.limit is not None
    return clock.limit


@pytest.mark.parametrize(
    ("code", "value", "unit"),
    [
        ("senior-card", 0, "at_once"),
        ("private-school-establish", 3, "month"),
        ("food-operation-new", 10, "working_day"),
        ("construction-permit", 7, "working_day"),
    ],
)
def test_the_main_clock_runs_against_the_promise_or_the_law_and_stays_open_where_neither_is_known(code: str, value: int | None, unit: str) -> None:
    compiled = compile_item(content.real_items()[code], forms=content.forms())
    limit = main_limit(compiled, facts(compiled, {}, compiled.form_doc["samples"][0]["values"]))
    assert (limit.value, limit.unit) == (value, unit)


@pytest.mark.parametrize("code", sorted(content.real_items()))
def test_every_answer_to_a_situation_changes_the_application(code: str) -> None:
    """A question that changes nothing wastes a citizen's time."""
    doc = content.real_items()[code]
    for situation in doc["situations"]:
        effects = [repr(option.get("sets")) for option in situation["options"]]
        assert len(set(effects)) == len(effects) >= 2, situation["id"]


def demanded(code: str, **situation: str) -> set[str]:
    compiled = compile_item(content.real_items()[code], forms=content.forms())
    return {need.id for need in needs(compiled.doc, facts(compiled, situation)) if need.state != "unknown"}


def test_situations_shorten_the_list_of_materials() -> None:
    assert "authorisation" not in demanded("food-operation-new", kind="catering", agent="self")
    assert "authorisation" in demanded("food-operation-new", kind="catering", agent="agent")
    assert "ac_report" in demanded("public-place-hygiene", group="lodging", central_ac="yes", agent="self")
    assert "ac_report" not in demanded("public-place-hygiene", group="lodging", central_ac="no", agent="self")
    assert {"agent_front", "agent_back"} <= demanded("senior-card", agent="agent", collector="agent", card_kind="70")
    assert "identity" not in demanded("water-permit", applicant="unit", source="ground")


def test_only_a_large_food_business_brings_the_fire_department_in() -> None:
    compiled = compile_item(content.real_items()["food-operation-new"], forms=content.forms())
    for area, asked in ((300, False), (300.5, True)):
        values = {**compiled.form_doc["samples"][0]["values"], "area": area}
        plan = start(compiled.route, facts(compiled, {}, decide(compiled.form, values).values))
        assert any("fire" in task.node for task in plan.marking.tasks) is asked
