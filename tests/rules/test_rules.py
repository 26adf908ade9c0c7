"""What a rule refuses, what it reads, and how it speaks."""

from typing import Any

import pytest

from core.rules.service import Label, RuleError, compile_rule

TYPES: Any = {
    "form.area": "number",
    "form.kind": "choice",
    "form.own_well": "bool",
    "form.price": "money",
    "form.opened": "date",
    "form.name": "text",
    "form.picks": "choices",
    "form.staff": "rows",
    "form.staff.name": "text",
    "form.staff.age": "number",
    "form.period": "any",
}
LABELS = {
    "form.area": Label("经营面积", unit="㎡"),
    "form.kind": Label("业态", {"catering": "餐饮服务", "retail": "食品销售"}),
    "form.own_well": "使用自备水井",
    "form.online": "是否网络经营",
    "form.price": Label("注册资本", unit="分"),
    "form.opened": "开业日期",
    "form.picks": Label("经营项目", {"hot": "热食"}),
    "form.staff": "从业人员",
    "form.staff.age": Label("年龄", unit="岁"),
    "joint.outcome": Label("并联审批结果", {"agree": "同意"}),
}


def var(path: str) -> dict[str, str]:
    return {"var": path}


def refused(rule: Any, types: Any = TYPES) -> list[tuple[str, str]]:
    with pytest.raises(RuleError) as caught:
        compile_rule(rule, types)
    return [(f.path, f.key) for f in caught.value.findings]


@pytest.mark.parametrize(
    ("rule", "key"),
    [
        ({">": [var("form.area"), "300"]}, "unlike"),
        ({"==": [var("form.area"), var("form.name")]}, "unlike"),
        ({"==": [var("form.own_well"), 1]}, "unlike"),
        ({"<": [var("form.kind"), "retail"]}, "not_ordered"),
        ({"<": [var("form.own_well"), True]}, "not_ordered"),
        ({"==": [var("form.picks"), var("form.picks")]}, "not_comparable"),
        ({"and": [var("form.area"), True]}, "wants_truth"),
        ({"!": var("form.name")}, "wants_truth"),
        ({"+": [var("form.price"), 1.5]}, "unlike"),
        ({"+": [var("form.price"), var("form.area")]}, "unlike"),
        ({"*": [var("form.price"), var("form.price")]}, "money_times_money"),
        ({"+": [var("form.name"), 1]}, "wants_number"),
        ({"days_between": [var("form.opened"), "2026-02-30"]}, "wants_date"),
        ({">": [var("form.opened"), "tomorrow"]}, "unlike"),
        ({"some": [var("form.area"), True]}, "wants_rows"),
        ({"in": [var("form.kind"), var("form.name")]}, "wants_list"),
        ({"in": [var("form.area"), ["a"]]}, "unlike"),
        ({"if": [var("form.area"), 1, 2]}, "wants_truth"),
        ({"if": [True, 1, "a"]}, "unlike"),
        ({">": [var("form.aera"), 1]}, "unknown_path_near"),
        ({"some": [var("form.staff"), {">": [var("row.gae"), 1]}]}, "unknown_path_near"),
        ({"some": [var("form.staff"), {">": [var("row.name"), 1]}]}, "unlike"),
    ],
)
def test_unlike_types_are_refused_when_types_are_known(rule: Any, key: str) -> None:
    assert f"rules.{key}" in [k for _, k in refused(rule)]


@pytest.mark.parametrize(
    "rule",
    [
        {">": [var("form.area"), 300]},
        {"==": [var("form.kind"), "retail"]},
        {">=": [var("form.price"), 100]},
        {"==": [{"*": [var("form.price"), 0.5]}, {"+": [var("form.price"), 100]}]},
        {"<": [var("form.opened"), "2026-01-31"]},
        {"in": ["hot", var("form.picks")]},
        {"some": [var("form.staff"), {">": [var("row.age"), 60]}]},
        {"some": [var("form.picks"), {"==": [var("row"), "hot"]}]},
        {"==": [var("joint.outcome"), "agree"]},
        {">": [var("form.period.from"), "2026-01-01"]},
        {"if": [var("form.own_well"), var("form.area"), 0]},
    ],
)
def test_like_types_pass(rule: Any) -> None:
    compile_rule(rule, TYPES)


def test_every_fault_is_reported_at_once_with_its_spot() -> None:
    found = refused({"and": [{"foo": 1}, {"==": [1]}, {"var": "a b"}, {"==": [1, None]}]})
    assert found == [
        ("and[0].foo", "rules.unknown_operator"),
        ("and[1].==", "rules.arity"),
        ("and[2].var", "rules.bad_path"),
        ("and[3].==[1]", "rules.empty_literal"),
    ]


def test_a_mistyped_operator_is_answered_with_the_one_that_was_meant() -> None:
    with pytest.raises(RuleError) as caught:
        compile_rule({"days_betwen": ["2026-01-01", "2026-01-02"]})
    assert "days_between" in caught.value.findings[0].words("zh")
    assert "did you mean “days_between”" in caught.value.findings[0].words("en")


def test_size_and_depth_are_bounded_and_said_once() -> None:
    deep: Any = True
    for _ in range(5000):
        deep = {"!": deep}
    assert [k for _, k in refused(deep, None)] == ["rules.too_deep"]
    assert [k for _, k in refused({"in": [1, list(range(1, 100_000))]}, None)] == ["rules.too_big"]


def test_paths_name_every_fact_and_columns_from_the_root() -> None:
    rule = compile_rule(
        {"and": [{"missing": "form.name"}, {"some": [var("form.staff"), {">": [var("row.age"), var("form.area")]}]}, {"==": [var("row.kind"), "x"]}]}
    )
    assert rule.paths == {"form.name", "form.staff", "form.staff.age", "form.area", "row.kind"}


def test_a_rule_knows_what_it_gives() -> None:
    assert compile_rule({">": [var("form.area"), 1]}, TYPES).type == "bool"
    assert compile_rule({"+": [var("form.price"), 100]}, TYPES).type == "money"
    assert compile_rule({"if": [True, var("form.area"), 0]}, TYPES).type == "number"
    assert compile_rule({"days_between": [var("form.opened"), "2026-01-01"]}, TYPES).type == "number"


def test_a_rule_equals_another_of_the_same_json_and_is_not_compiled_twice() -> None:
    rule = compile_rule({">": [var("form.area"), 300]})
    assert rule == compile_rule({">": [var("form.area"), 300]})
    assert compile_rule(rule) is rule


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"and": [{">": [var("form.area"), 300]}, {"==": [var("form.own_well"), True]}]}, "经营面积超过 300 ㎡ 且 使用自备水井"),
        (
            {"and": [{"or": [{"==": [var("form.kind"), "retail"]}, {"missing": "form.opened"}]}, var("form.online")]},
            "(业态是“食品销售” 或 没有填写开业日期) 且 网络经营",
        ),
        ({"==": [var("form.online"), False]}, "“是否网络经营”为否"),
        ({"!": {"==": [var("form.kind"), "catering"]}}, "业态不是“餐饮服务”"),
        ({"in": [var("form.kind"), ["catering", "retail"]]}, "业态是“餐饮服务”、“食品销售”之一"),
        ({"in": ["hot", var("form.picks")]}, "经营项目里有“热食”"),
        ({">=": [var("form.price"), 1_000_000]}, "注册资本不少于 10000.00 元"),
        ({"<": [var("form.opened"), "2026-01-31"]}, "开业日期早于 2026-01-31"),
        ({"<": [300, var("form.area")]}, "经营面积超过 300 ㎡"),
        ({"<=": [10, var("form.area"), 50]}, "经营面积在 10 ㎡ 到 50 ㎡ 之间"),
        ({"some": [var("form.staff"), {">=": [var("row.age"), 60]}]}, "从业人员至少有一行满足:年龄不少于 60 岁"),
        ({"!": {"missing": "form.opened"}}, "填写了开业日期"),
        ({">": [{"days_between": [var("form.opened"), "2026-12-31"]}, 30]}, "从开业日期到2026-12-31的天数超过 30"),
        ({"if": [{">": [var("form.area"), 300]}, 45, 20]}, "如果经营面积超过 300 ㎡,就是45;否则是20"),
        ({"*": [{"+": [var("form.area"), 1]}, 2]}, "(经营面积 + 1 ㎡) × 2"),
        ({"==": [var("joint.outcome"), "agree"]}, "并联审批结果是“同意”"),
    ],
)
def test_a_rule_reads_as_a_chinese_sentence(rule: Any, words: str) -> None:
    assert compile_rule(rule).sentence(LABELS) == words


def test_a_rule_speaks_english_and_names_unlabelled_paths_by_themselves() -> None:
    rule = compile_rule({"and": [{">": [var("form.size"), 300]}, {"!": {"missing": "form.well"}}]})
    assert rule.sentence({}, "en") == "form.size is more than 300 and form.well is given"


def test_facts_that_are_not_json_are_unknown_and_never_an_error() -> None:
    from datetime import date
    from decimal import Decimal

    for value in (date(2026, 1, 1), Decimal("1.5"), object(), b"x", float("nan"), float("inf"), 10**400, {1}):
        rule = compile_rule({">": [var("form.a"), 1]})
        assert rule.evaluate({"form": {"a": value}}) is None
        assert compile_rule({"==": [var("form.a"), var("form.a")]}).evaluate({"form": {"a": value}}) is None
