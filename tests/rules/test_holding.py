"""What is called impossible is impossible: no answers make it true. And the plain impossibilities are seen."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.rules.holding import Domain, may_hold
from core.rules.service import compile_rule

KIND, AREA, OPEN = {"var": "form.kind"}, {"var": "form.area"}, {"var": "form.open"}
DOMAINS = {"form.kind": Domain(frozenset(("a", "b", "c"))), "form.area": Domain(None, 0, 5), "form.open": Domain(frozenset((True, False)))}
ANSWERS = [
    {"form": {name: value for name, value in (("kind", kind), ("area", area), ("open", is_open)) if value is not None}}
    for kind, area, is_open in product((None, "a", "b", "c"), (None, 0, 1, 2.5, 3, 4, 5), (None, True, False))
]

tests = st.one_of(
    st.builds(lambda op, value: {op: [KIND, value]}, st.sampled_from(("==", "!=")), st.sampled_from(("a", "b", "c", "z"))),
    st.builds(lambda op, value: {op: [AREA, value]}, st.sampled_from(("==", "!=", "<", "<=", ">", ">=")), st.integers(-1, 6)),
    st.builds(lambda low, high: {"<=": [low, AREA, high]}, st.integers(-1, 6), st.integers(-1, 6)),
    st.builds(lambda value: {"==": [OPEN, value]}, st.booleans()),
    st.builds(lambda values: {"in": [KIND, values]}, st.lists(st.sampled_from(("a", "b", "z")), min_size=1, max_size=3)),
    st.sampled_from(({"missing": ["form.kind"]}, {"!": {"missing": ["form.area"]}}, OPEN, {">": [{"+": [AREA, 1]}, 3]}, True, False)),
)
rules = st.recursive(
    tests,
    lambda inner: st.one_of(
        st.builds(lambda one: {"!": one}, inner),
        st.builds(lambda op, parts: {op: parts}, st.sampled_from(("and", "or")), st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(rules)
def test_a_rule_that_some_answers_make_true_is_never_called_impossible(rule):
    if any(compile_rule(rule).evaluate(facts) is True for facts in ANSWERS):
        assert may_hold(rule, DOMAINS)


@pytest.mark.parametrize(
    "rule",
    [
        {"==": [KIND, "z"]},
        {"in": [KIND, ["x", "y"]]},
        {"and": [{"!=": [KIND, each]} for each in "abc"]},
        {"!": {"in": [KIND, ["a", "b", "c"]]}},
        {"and": [{"==": [KIND, "a"]}, {"==": [KIND, "b"]}]},
        {">": [AREA, 5]},
        {"<": [AREA, 0]},
        {"and": [{">": [AREA, 3]}, {"<": [AREA, 2]}]},
        {"and": [{">": [AREA, 3]}, {"<=": [AREA, 3]}]},
        {"and": [OPEN, {"==": [OPEN, False]}]},
        {"and": [{"missing": ["form.kind"]}, {"==": [KIND, "a"]}]},
        {"or": [{"==": [KIND, "z"]}, {"and": [True, False]}]},
        {"==": [1, 2]},
    ],
)
def test_plain_impossibilities_are_seen(rule):
    assert not may_hold(rule, DOMAINS)


def test_more_alternatives_than_are_worth_a_look_are_taken_to_hold_sometimes():
    wide = {"in": [{"var": "form.other"}, [f"v{n}" for n in range(40)]]}
    assert may_hold({"and": [wide, wide, {"==": [KIND, "z"]}]}, DOMAINS)
    assert may_hold({"mystery": [1]}, DOMAINS)
    assert may_hold([], DOMAINS)
