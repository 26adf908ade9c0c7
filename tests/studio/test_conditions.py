"""Conditions as rows: what is read is written back, what rows cannot say is left alone, what is filled in is a rule or refused in words."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.items.compiling import used_blocks
from core.items.library import library
from core.items.studio import conditions
from core.items.studio.conditions import Condition, Fact, Row, begun, facts, rows_of, rule_of, written
from core.items.studio.errors import BadEdit
from core.items.studio.sketch import sketch
from core.rules.service import compile_rule


def rules(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        for key, held in value.items():
            if key in ("when", "visible_when", "required_when", "rule") and isinstance(held, dict):
                yield held
            else:
                yield from rules(held)
    elif isinstance(value, list):
        for each in value:
            yield from rules(each)


def shipped() -> list[Any]:
    shelf = library()
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in shelf.items.values()] + list(shelf.forms.values()) + list(shelf.blocks.values())
    return [rule for document in documents for rule in rules(document)]


def test_every_shipped_rule_is_read_and_written_back_as_it_was():
    found = shipped()
    assert len(found) > 100
    read = [rows_of(rule) for rule in found]
    assert all(condition is not None for condition in read), [rule for rule, condition in zip(found, read, strict=True) if condition is None]
    for rule, condition in zip(found, read, strict=True):
        assert rule_of(condition, rule) is rule
        again = rule_of(condition)
        assert rows_of(again) == condition
        assert compile_rule(again).sentence({}) == compile_rule(rule).sentence({}) or "!" in rule


PATHS = st.sampled_from(["form.area", "situation.kind", "party.kind"])
PLAIN = st.one_of(st.integers(-5, 5), st.booleans(), st.text("abc", min_size=1, max_size=3))
ROWS = st.one_of(
    st.builds(Row, PATHS, st.sampled_from(["is", "is_not", "gt", "ge", "lt", "le", "has", "has_not"]), PLAIN),
    st.builds(Row, PATHS, st.sampled_from(["given", "missing"])),
    st.builds(Row, PATHS, st.sampled_from(["one_of", "none_of"]), st.lists(PLAIN, min_size=1, max_size=3).map(tuple)),
    st.builds(Row, PATHS, st.just("between"), st.tuples(st.integers(), st.integers())),
)


@given(st.lists(ROWS, min_size=2, max_size=5), st.sampled_from(["and", "or"]))
def test_rows_come_back_from_the_rule_they_make(rows, join):
    condition = Condition(join, tuple(rows))
    assert rows_of(rule_of(condition)) == condition
    one = Condition("and", (rows[0],))
    assert rows_of(rule_of(one)) == one


AREA = {"form": {"area": 3}}


@pytest.mark.parametrize(
    "rule",
    [
        {"!": [{"==": [{"var": "form.area"}, 3]}]}, {"!": [{"<": [{"var": "form.area"}, 3]}]}, {"<": [3, {"var": "form.area"}]}, {"var": "form.flag"},
        {"!": [{"var": "form.flag"}]}, {"!": [{"!": [{">=": [2, {"var": "form.area"}]}]}]},
    ],
    ids=str,
)  # fmt: skip
def test_a_rule_in_another_order_means_the_same_as_its_rows(rule):
    condition = rows_of(rule)
    assert condition is not None
    again = compile_rule(rule_of(condition))
    for given_ in ({}, {"form": {"area": 2, "flag": True}}, {"form": {"area": 3, "flag": False}}, {"form": {"area": 4}}):
        assert again.evaluate(given_) == compile_rule(rule).evaluate(given_), given_


@pytest.mark.parametrize(
    "rule",
    [
        {"and": [{"or": [{"var": "a.b"}, {"var": "a.c"}]}, {"var": "a.d"}]}, {">": [{"+": [{"var": "form.a"}, 1]}, 3]}, {"some": [{"var": "form.staff"}, True]},
        {"==": [{"var": "form.a"}, {"var": "form.b"}]}, {"if": [True, 1, 2]}, True, "x", 3, [], {}, {"and": 3}, {"var": 3}, {"missing": ["form.a", "form.b"]},
        {"a": 1, "b": 2}, {"in": [{"var": "form.a"}, []]}, {"!": 7},
    ],
    ids=str,
)  # fmt: skip
def test_what_rows_cannot_say_is_left_to_json(rule):
    assert rows_of(rule) is None


def test_no_rows_are_no_condition():
    assert rows_of(None) == Condition()
    assert rule_of(Condition()) is None


NUMBER, MONEY, DAY = Fact("form.area", "number", "面积"), Fact("form.fee", "money", "费用"), Fact("form.day", "date", "日期")
KIND = Fact("form.kind", "choice", "种类", (("a", "甲"), ("b", "乙")))
FLAG, TEXT, MANY = Fact("form.flag", "bool", "是否"), Fact("form.name", "text", "名称"), Fact("form.uses", "choices", "用途", (("x", "一"), ("y", "二")))


@pytest.mark.parametrize("fact", [NUMBER, MONEY, DAY, KIND, FLAG, TEXT, MANY, Fact("form.staff", "rows", "人员")], ids=lambda fact: fact.type)
def test_a_new_row_is_a_rule_at_once(fact):
    for op in fact.operators:
        row = begun(fact, op)
        assert row.op == op
        compile_rule(rule_of(Condition("and", (row,))), {fact.path: fact.type})
        assert written(fact, op, list(conditions.texts(fact, row))) == row


def test_values_are_read_as_people_write_them():
    assert written(NUMBER, "gt", ["1,300"]).value == 1300
    assert written(MONEY, "ge", ["12.5"]).value == 1250
    assert written(NUMBER, "one_of", ["1、2，3"]).value == (1, 2, 3)
    assert written(KIND, "one_of", ["a", "b"]).value == ("a", "b")
    assert written(DAY, "between", ["2026-01-01", "2026-12-31"]).value == ("2026-01-01", "2026-12-31")
    for fact, op, given_ in ((NUMBER, "gt", ["x"]), (NUMBER, "gt", [""]), (NUMBER, "gt", []), (NUMBER, "between", ["1"]), (KIND, "is", ["c"]),
                             (DAY, "lt", ["yesterday"]), (FLAG, "is", ["maybe"]), (NUMBER, "gt", ["1", "2"]), (NUMBER, "is", ["1e999"]),
                             (FLAG, "gt", ["true"])):  # fmt: skip
        with pytest.raises(BadEdit) as refused:
            written(fact, op, given_)
        assert fact.title in refused.value.words("zh")


def test_tables_and_their_columns_are_no_facts_of_their_own(food):
    form = library().forms[food["form"]]
    made = sketch({"item": food, "form": form, "blocks": used_blocks(form, library().blocks)})
    found = {fact.path: fact for fact in facts(made.types, made.labels, made.tables)}
    assert {"form.area", "situation.kind", "party.kind", "channel"} <= found.keys()
    assert found["form.area"].title == "经营面积"
    assert "form.staff" in made.tables
    assert not [path for path in found if path.startswith(("form.staff", "row."))]
