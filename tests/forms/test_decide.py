"""The server's judgement: hidden is dropped, computed is computed here, both validators agree, nothing hostile gets far."""

import json
from pathlib import Path

import pytest

from core.forms import service as forms
from core.forms.errors import FormError, TooMuch
from core.forms.validators import checker

ROOT = Path(__file__).resolve().parents[2]
FORMS = sorted((ROOT / "form_definitions").glob("*.json"))
BLOCKS = {"agent@1": json.loads((ROOT / "form_definitions/blocks/agent.v1.json").read_text(encoding="utf-8"))}

STAFF = {
    "type": "array",
    "title": "从业人员",
    "minItems": 1,
    "items": {
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "姓名"},
            "cook": {"type": "boolean", "title": "厨师"},
            "health": {
                "type": "string",
                "title": "健康证编号",
                "pattern": "^[0-9]{12}$",
                "ui": {"visible_when": {"==": [{"var": "row.cook"}, True]}, "required_when": {"==": [{"var": "row.cook"}, True]}},
            },
        },
        "required": ["name"],
    },
    "ui": {"row_title": "从业人员"},
}


@pytest.fixture
def staff(make):
    return forms.compile_form(make({"staff": STAFF}, ("staff",)))


def test_a_hidden_answer_is_dropped_and_not_asked_for(make):
    spec = forms.compile_form(
        make(
            {
                "online": {"type": "boolean", "title": "网络经营"},
                "site": {"type": "string", "title": "网址", "ui": {"visible_when": {"==": [{"var": "form.online"}, True]}}},
            },
            ("online", "site"),
        )
    )
    no = forms.decide(spec, {"online": False, "site": "http://x"})
    assert no.values == {"online": False}
    assert no.ok
    assert no.hidden == {"site"}
    assert [e.path for e in forms.decide(spec, {"online": True}).errors] == ["site"]
    assert forms.decide(spec, {}).hidden == {"site"}, "unknown shows nothing"


def test_a_condition_on_a_hidden_answer_sees_no_answer(make):
    spec = forms.compile_form(
        make(
            {
                "c": {"type": "string", "title": "丙", "ui": {"visible_when": {"==": [{"var": "form.b"}, "x"]}}},
                "b": {"type": "string", "title": "乙", "ui": {"visible_when": {"==": [{"var": "form.a"}, "x"]}}},
                "a": {"type": "string", "title": "甲"},
            }
        )
    )
    assert forms.decide(spec, {"a": "no", "b": "x", "c": "kept?"}).values == {"a": "no"}


def test_conditions_inside_rows_are_decided_row_by_row(staff):
    decision = forms.decide(
        staff,
        {"staff": [{"name": "王芳", "cook": True}, {"name": "李", "cook": False, "health": "123"}, {"name": "赵", "cook": True, "health": "61011726041"}]},
    )
    assert [(e.path, e.key, e.name) for e in decision.errors] == [
        ("staff.0.health", "forms.required", "staff-0-health"),
        ("staff.2.health", "forms.length_short", "staff-2-health"),
    ]
    assert "health" not in decision.values["staff"][1]
    assert forms.words(decision.errors[1], staff) == "从业人员第 3 行，健康证编号：还差 1 位,应为 12 位"
    assert decision.errors[1].anchor == "f-staff-2-health"


def test_computed_values_are_the_servers(make):
    spec = forms.compile_form(
        make(
            {
                "price": {"type": "string", "title": "单价", "ui": {"field": "money"}},
                "count": {"type": "integer", "title": "数量"},
                "total": {"type": "string", "title": "合计", "ui": {"field": "computed", "computed": {"*": [{"var": "form.price"}, {"var": "form.count"}]}}},
            }
        )
    )
    decision = forms.decide(spec, {"price": "12.50", "count": 3, "total": "0.01"})
    assert decision.values["total"] == "37.50"
    assert decision.computed == {"total": "37.50"}
    assert "total" not in forms.decide(spec, {"count": 3, "total": "0.01"}).values


def test_days_are_held_against_each_other(make):
    properties = {
        "start": {"type": "string", "title": "开始日期", "ui": {"field": "date"}},
        "end": {"type": "string", "title": "结束日期", "ui": {"field": "date", "earliest": "form.start"}},
    }
    spec = forms.compile_form(make(properties))
    wrong = forms.decide(spec, {"start": "2026-03-02", "end": "2026-03-01"}).errors
    assert [forms.words(e, spec) for e in wrong] == ["结束日期：不能早于开始日期(2026-03-02)"]
    assert forms.decide(spec, {"start": "2026-03-02", "end": "2026-03-02"}).ok
    assert forms.decide(spec, {"end": "2026-03-02"}).ok


def test_either_of_two_phones_is_enough(make):
    phone = {"type": "string", "ui": {"field": "phone"}}
    properties = {
        "mobile": {**phone, "title": "移动电话", "ui": {"field": "phone", "required_when": {"missing": ["form.land"]}}},
        "land": {**phone, "title": "固定电话", "ui": {"field": "phone", "required_when": {"missing": ["form.mobile"]}}},
    }
    spec = forms.compile_form(make(properties))
    assert len(forms.decide(spec, {}).errors) == 2
    assert forms.decide(spec, {"land": "029-86926512"}).ok


def test_a_shared_block_is_put_in_place_with_its_own_conditions(make):
    spec = forms.compile_form(make({"agent": {"include": "agent@1"}}, ("agent",)), BLOCKS)
    errors = {e.path for e in forms.decide(spec, {"agent": {"id_kind": "resident_id"}}).errors}
    assert {"agent.resident_id", "agent.name", "agent.authority"} <= errors
    assert "agent.other_number" not in errors
    assert forms.decide(spec, forms.sample(spec)).ok
    with pytest.raises(FormError) as wrong:
        forms.compile_form(make({"agent": {"include": "agent@2"}}), BLOCKS)
    assert [f.key for f in wrong.value.findings] == ["forms.check_block"]


def test_only_the_errors_of_the_page_asked_for_are_reported(food):
    spec = forms.compile_form(food)
    first = {f.id for f in spec.pages[0].fields}
    paths = {e.path.split(".")[0] for e in forms.decide(spec, {}, page=spec.pages[0].id).errors}
    assert paths
    assert paths <= first


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_every_real_form_is_sound_and_accepts_its_own_sample(path):
    definition = json.loads(path.read_text(encoding="utf-8"))
    assert [f"{f.path} {f.words()}" for f in forms.check_form(definition, BLOCKS) if f.level == "error"] == []
    spec = forms.compile_form(definition, BLOCKS)
    for seed in range(3):
        assert [forms.words(e, spec) for e in forms.decide(spec, forms.sample(spec, seed=seed)).errors] == []


@pytest.mark.parametrize("path", FORMS, ids=lambda p: p.stem)
def test_a_real_form_filled_on_its_pages_comes_back_as_it_was(path, env, browse):
    spec = forms.compile_form(json.loads(path.read_text(encoding="utf-8")), BLOCKS)
    values = forms.sample(spec)
    back = {}
    for page in spec.pages:
        back |= forms.decode(spec, browse(forms.render_page(env, spec, page, values)).form(), page=page.id)
    decided = forms.decide(spec, back)
    assert decided.ok
    assert decided.values == values


BROKEN = [
    {},
    {"operator_name": 5, "area": "x", "staff": "no", "email": ["a"]},
    {"staff": [{}, {"name": 3}, "x", None]},
    {"area": -1, "postcode": "12", "items": ["nothing"], "business_kind": None},
    {"operator_name": "x" * 200, "staff": [], "copies": 1.5},
]


@pytest.mark.parametrize("values", BROKEN)
def test_both_validators_give_the_same_verdict(food, values):
    spec = forms.compile_form(food)
    fast, slow = checker(spec.json_schema), checker(spec.json_schema, prefer="python")
    assert type(fast) is not type(slow), "jsonschema-rs is installed where the tests run"
    assert set(fast.violations(values)) == set(slow.violations(values))


# ---- hostile input


def test_ten_megabytes_of_text_are_kept_and_answered_with_a_number(make):
    spec = forms.compile_form(make({"a": {"type": "string", "title": "甲", "ui": {"field": "long_text"}}}))
    huge = "字\x00" * 3_400_000
    values = forms.decode(spec, {"a": huge})
    decision = forms.decide(spec, values)
    assert [forms.words(e, spec) for e in decision.errors] == ["甲：最多 20000 个字,现在有 3400000 个,请删去 3380000 个"]
    assert decision.values["a"] == "字" * 3_400_000


def test_a_thousand_rows_are_refused_before_they_are_built_and_none_is_lost(staff, monkeypatch):
    from core.forms.fieldtypes import nested

    built = []
    real = nested.read
    monkeypatch.setattr(nested, "read", lambda field, branch: built.append(field) or real(field, branch))
    posted = {f"staff-{n}-name": f"第{n}人" for n in range(1_000)}
    values = forms.decode(staff, posted)
    assert len(values["staff"]) == 1_000
    assert built == []
    decision = forms.decide(staff, values)
    assert [forms.words(e, staff) for e in decision.errors] == ["从业人员：最多 200 项,现在有 1000 项,请移除 800 项。填的内容都还在"]
    assert decision.values["staff"][999] == {"name": "第999人"}


def test_more_names_than_any_form_has_are_refused_at_once(staff):
    with pytest.raises(TooMuch):
        forms.decode(staff, {f"x{n}": "" for n in range(60_001)})


def test_unknown_names_wrong_nesting_and_double_keys_do_no_harm(staff):
    posted = {
        "staff": "text",
        "staff-0": "text",
        "staff-0-name": ["甲", "乙"],
        "staff-0-name-deep-er": "x",
        "zzz": "1",
        "staff--name": "x",
        "-": "",
        "staff-x-name": "x",
        "a-" * 400: "x",
    }
    assert forms.decode(staff, posted) == {"staff": [{"name": "乙"}]}


def test_values_of_the_wrong_shape_are_told_not_thrown(staff):
    for values in ({"staff": {"0": {"name": "x"}}}, {"staff": [[["x"]]]}, {"staff": 7}, {"staff": [None]}, {"staff": {"a": {}}}):
        assert not forms.decide(staff, values).ok


def test_a_bottomless_tree_is_refused(make):
    node = {"type": "object", "title": "节点", "properties": {"name": {"type": "string", "title": "名"}, "child": {"$ref": "#/$defs/node", "title": "下级"}}}
    spec = forms.compile_form(make({"root": {"$ref": "#/$defs/node"}}, **{"$defs": {"node": node}}))
    deep = {"name": "底"}
    for _ in range(200):
        deep = {"name": "层", "child": deep}
    assert "forms.too_deep" in {e.key for e in forms.decide(spec, {"root": deep}).errors}
    assert forms.decode(spec, {"root-" + "child-" * 10 + "name": "x"})["root"]["child"]


def test_a_thousand_fields_with_a_hundred_rules_compile_and_decide(make):
    properties = {f"f{n}": {"type": "string", "title": f"字段{n}"} for n in range(1_000)}
    for n in range(1, 101):
        properties[f"f{n}"]["ui"] = {"visible_when": {"==": [{"var": f"form.f{n - 1}"}, "是"]}}
    spec = forms.compile_form(make(properties, tuple(properties)))
    decision = forms.decide(spec, {f"f{n}": "是" for n in range(1_000)})
    assert decision.ok
    assert len(forms.decide(spec, {**decision.values, "f50": "否"}).hidden) == 50
