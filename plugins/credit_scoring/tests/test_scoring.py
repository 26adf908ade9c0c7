"""Scores add up to the point, whatever the records; windows, weights, limits, vetoes and industries count as the model says."""

import copy
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.credit_scoring.scoring.compare import compare
from plugins.credit_scoring.scoring.explain import explain, number, signed
from plugins.credit_scoring.scoring.fairness import add, shares
from plugins.credit_scoring.scoring.score import Fact, Result, score
from plugins.credit_scoring.scoring.spec import GRADES, compile_model, faults, milli, times

SHIPPED = Path(__file__).resolve().parents[1] / "shipped"
DAY = date(2026, 11, 22)
CATALOGUE = json.loads((SHIPPED / "catalogue.json").read_text(encoding="utf-8"))["entries"]
KNOWN = {each["code"]: {field["id"]: field["type"] for field in each["fields"]} for each in CATALOGUE}
COMPANY = json.loads((SHIPPED / "company.json").read_text(encoding="utf-8"))
PERSON = json.loads((SHIPPED / "person.json").read_text(encoding="utf-8"))


def small(**changes: object) -> dict:
    """A model of one indicator and one rule."""
    title = {"zh": "甲", "en": "A"}
    doc = {
        "schema_version": 1, "code": "small", "kind": "company", "title": title, "base": "100", "lowest": "0", "highest": "200",
        "groups": [{"id": "law", "title": title}],
        "indicators": [{"id": "law", "group": "law", "title": title, "weight": "1"}],
        "rules": [{"id": "fine", "indicator": "law", "entry": "penalty", "title": title, "points": "-10"}],
        "grades": {"A": "150", "B": "90", "C": "50"},
    }  # fmt: skip
    return {**doc, **changes}


def scored(doc: dict, *facts: tuple[str, date, dict], industry: str = "") -> Result:
    given = [Fact(str(number), entry, day, values) for number, (entry, day, values) in enumerate(facts)]
    return score(compile_model(doc).on(DAY), industry, given)


def rule(**changes: object) -> list[dict]:
    return [{**small()["rules"][0], **changes}]


@pytest.mark.parametrize("doc", [COMPANY, PERSON], ids=["company", "person"])
def test_the_shipped_models_are_right_and_ask_for_entries_of_the_shipped_catalogue(doc: dict) -> None:
    assert faults(doc, KNOWN) == []
    assert [grade for grade, _least in compile_model(doc).scale.grades] == ["A", "B", "C"]


def test_the_shipped_company_model_has_the_five_groups_and_fifteen_indicators_of_its_source() -> None:
    assert [group["title"]["zh"] for group in COMPANY["groups"]] == ["遵纪守法", "履约践诺", "资质荣誉", "社会责任", "监管风险"]
    assert len(COMPANY["indicators"]) == 15


def test_without_records_a_subject_has_the_base_and_what_absence_earns() -> None:
    assert scored(small()).points == milli("100")
    assert scored(small(), industry="x").grade == "B"
    clean = scored(small(rules=rule(per="absent", points="20", months=36)))
    assert (clean.points, clean.lines[0].record) == (milli("120"), "")
    late = small(rules=rule(per="absent", points="20", months=36))
    assert scored(late, ("penalty", date(2023, 11, 22), {})).points == milli("120"), "three years ago to the day no longer counts"
    assert scored(late, ("penalty", date(2023, 11, 23), {})).points == milli("100")


def test_a_window_of_months_ends_on_the_same_day_of_the_month() -> None:
    doc = small(rules=rule(months=12))
    assert scored(doc, ("penalty", date(2025, 11, 23), {})).points == milli("90")
    assert scored(doc, ("penalty", date(2025, 11, 22), {})).points == milli("100")


def test_points_fade_with_age() -> None:
    doc = small(rules=rule(fades=[{"months": 12, "share": "0.5"}, {"months": 24, "share": "0.2"}]))
    points = [scored(doc, ("penalty", day, {})).points for day in (date(2026, 1, 1), date(2025, 1, 1), date(2020, 1, 1))]
    assert points == [milli("90"), milli("95"), milli("98")]


def test_units_are_counted_whole_and_up_to_the_most_over_all_records() -> None:
    doc = small(rules=rule(entry="jobs", per="unit", field="people", unit="10", points="2", most=5))
    assert scored(doc, ("jobs", DAY, {"people": 29})).points == milli("104")
    assert scored(doc, ("jobs", DAY, {"people": 29}), ("jobs", DAY, {"people": 900})).points == milli("110")
    assert scored(doc, ("jobs", DAY, {}), ("jobs", DAY, {"people": "many"}), ("jobs", DAY, {"people": True})).points == milli("100")


def test_the_most_counts_records_too() -> None:
    doc = small(rules=rule(most=2))
    assert scored(doc, *[("penalty", DAY, {})] * 5).points == milli("80")


@pytest.mark.parametrize(
    ("when", "values", "counts"),
    [
        ({"field": "amount", "op": ">=", "value": 10000}, {"amount": 10000}, True),
        ({"field": "amount", "op": ">", "value": 10000}, {"amount": 10000}, False),
        ({"field": "amount", "op": ">=", "value": 10000}, {}, False),
        ({"field": "amount", "op": ">=", "value": 10000}, {"amount": "a lot"}, False),
        ({"field": "kind", "op": "in", "value": ["a", "b"]}, {"kind": "b"}, True),
        ({"field": "kind", "op": "!=", "value": "a"}, {"kind": "b"}, True),
        ({"field": "kind", "op": "!=", "value": "a"}, {}, False),
        ({"field": "kind", "op": "==", "value": "a"}, {"kind": "a"}, True),
    ],
)
def test_a_condition_asks_the_record_and_what_is_not_there_is_never_right(when: dict, values: dict, counts: bool) -> None:
    assert scored(small(rules=rule(when=[when])), ("penalty", DAY, values)).points == milli("90" if counts else "100")


def test_an_indicator_stops_at_its_limit_and_says_so_in_a_line_of_its_own() -> None:
    doc = small(indicators=[{**small()["indicators"][0], "least": "-25", "weight": "1.5"}])
    found = scored(doc, *[("penalty", DAY, {})] * 4)
    assert found.points == milli("75")
    assert [line.points for line in found.lines] == [-15000] * 4 + [35000]
    assert found.lines[-1].rule == ""


def test_the_scale_has_ends() -> None:
    found = scored(small(), *[("penalty", DAY, {})] * 30)
    assert found.points == 0
    assert found.lines[-1].rule == "scale"
    assert found.lines[-1].points == milli("200")
    assert found.grade == "D"


def test_a_veto_sets_the_grade_and_never_betters_it() -> None:
    veto = {"id": "severe", "entry": "severe_list", "title": {"zh": "名单", "en": "List"}, "grade": "C"}
    doc = small(vetoes=[veto])
    found = scored(doc, ("severe_list", DAY, {}))
    assert (found.grade, found.points, found.vetoed) == ("C", milli("100"), True)
    assert scored(doc, ("severe_list", DAY, {}), *[("penalty", DAY, {})] * 9).grade == "D"
    assert not scored(doc).vetoed


def test_an_industry_has_its_own_weights_and_grades() -> None:
    doc = small(industries=[{"industry": "catering", "weights": [{"indicator": "law", "weight": "2.5"}], "grades": {"A": "190", "B": "99", "C": "80"}}])
    assert scored(doc, ("penalty", DAY, {})).points == milli("90")
    catering = scored(doc, ("penalty", DAY, {}), industry="catering")
    assert (catering.points, catering.grade) == (milli("75"), "D")


def test_a_rule_may_be_for_some_industries_only() -> None:
    doc = small(rules=rule(industries=["catering"]))
    assert scored(doc, ("penalty", DAY, {})).points == milli("100")
    assert scored(doc, ("penalty", DAY, {}), industry="catering").points == milli("90")


def test_halves_go_away_from_zero_for_additions_and_deductions_alike() -> None:
    assert (times(5, 500), times(-5, 500), times(10000, 1333)) == (3, -3, 13330)


facts = st.builds(
    lambda entry, age, values: (entry, DAY - timedelta(days=age), values),
    st.sampled_from(sorted(KNOWN)),
    st.integers(0, 2500),
    st.dictionaries(
        st.sampled_from(["amount", "kind", "people", "grade", "level", "hours", "months", "result", "count", "checked", "ground"]),
        st.one_of(st.integers(-5, 2_000_000), st.sampled_from(["A", "D", "suspension", "hidden", "open", "1"]), st.floats(0, 1e9), st.booleans(), st.none()),
        max_size=3,
    ),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(facts, max_size=25), st.sampled_from(["", "catering", "construction", "none of these"]), st.sampled_from([COMPANY, PERSON]))
def test_whatever_the_records_a_score_is_its_base_and_its_lines(given_facts: list, industry: str, doc: dict) -> None:
    found = scored(doc, *given_facts, industry=industry)
    assert milli(doc["base"]) + sum(line.points for line in found.lines) == found.points
    assert milli(doc["lowest"]) <= found.points <= milli(doc["highest"])
    assert found.grade in GRADES
    again = scored(doc, *given_facts, industry=industry)
    assert again == found
    told = explain(doc, found.points, json.loads(json.dumps(found.lines)))
    assert told.total == number(found.points)
    assert sum(len(part.reasons) for part in told.parts) + len(told.ends) + len(told.vetoes) == len(found.lines)
    assert all(reason.title for part in told.parts for reason in part.reasons)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"base": "300"}, "base_outside"),
        ({"base": 100}, "model_shape"),
        ({"base": "1e3"}, "model_shape"),
        ({"surprise": 1}, "model_shape"),
        ({"grades": {"A": "90", "B": "90", "C": "50"}}, "grades_order"),
        ({"groups": [{"id": "other", "title": {"zh": "乙", "en": "B"}}]}, "no_such_group"),
        ({"rules": rule(indicator="nowhere")}, "no_such_indicator"),
        ({"rules": rule() + rule()}, "id_twice"),
        ({"rules": rule(entry="nothing")}, "no_such_entry"),
        ({"rules": rule(when=[{"field": "colour", "op": "==", "value": "red"}])}, "no_such_field"),
        ({"rules": rule(per="unit")}, "no_field"),
        ({"rules": rule(per="unit", field="kind")}, "not_a_number"),
        ({"rules": rule(unit="0")}, "model_shape"),
        ({"industries": [{"industry": "x", "weights": [{"indicator": "nowhere", "weight": "1"}]}]}, "no_such_indicator"),
    ],
)
def test_each_mistake_of_a_model_is_found_and_nothing_is_compiled(change: dict, key: str) -> None:
    doc = small(**change)
    assert key in [each.key for each in faults(doc, KNOWN)]
    if key not in ("no_such_entry", "no_such_field", "not_a_number"):
        with pytest.raises(ValueError, match=key):
            compile_model(doc)


def test_two_versions_are_compared_by_ids_not_by_order() -> None:
    new = copy.deepcopy(COMPANY)
    new["rules"].reverse()
    assert compare(COMPANY, new) == ()
    new["rules"] = [{**each, "points": "-45"} if each["id"] == "penalty_small" else each for each in new["rules"] if each["id"] != "open"]
    new["grades"]["A"] = "790"
    found = {(each.part, each.id, each.field, each.kind) for each in compare(COMPANY, new)}
    assert found == {("model", "", "grades", "changed"), ("rules", "penalty_small", "points", "changed"), ("rules", "open", "", "removed")}


def test_a_change_that_hits_one_group_harder_is_marked() -> None:
    counts: dict = {}
    for number_of in range(100):
        add(counts, {"industry": "catering", "region": "东", "kind": "company", "size": "micro"}, "B", "C" if number_of < 60 else "B")
        add(counts, {"industry": "retail", "region": "东", "kind": "company", "size": "micro"}, "B", "A" if number_of < 10 else "B")
    add(counts, {"industry": "mining", "region": "东", "kind": "company", "size": "large"}, "-", "D")
    catering, retail, mining = shares(json.loads(json.dumps(counts)), "industry")
    assert (catering.name, catering.lags, catering.worse, catering.good_after, catering.good_before) == ("catering", True, 60, 40.0, 100.0)
    assert (retail.lags, retail.better) == (False, 10)
    assert (mining.lags, mining.total, mining.better, mining.worse) == (False, 1, 0, 0), "too few to conclude from, and none had a grade before"
    assert shares(counts, "all")[0].total == 201


def test_points_are_written_as_people_write_them() -> None:
    assert [number(each) for each in (712000, -12500, 0, 1)] == ["712", "−12.5", "0", "0.001"]
    assert signed(20000) == "+20"
