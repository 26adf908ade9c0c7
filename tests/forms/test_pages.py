"""Pages: labelled, linked, escaped, cached, and workable without JavaScript."""

import json

import pytest

from core.forms import service as forms
from core.forms.fieldtypes import registry

KINDS = {
    "line": {"type": "string", "title": "文字", "ui": {"help": "怎样填"}},
    "area": {"type": "string", "title": "长文字", "ui": {"field": "long_text"}},
    "pick": {"type": "string", "title": "单选", "enum": ["a", "b"]},
    "many": {"type": "array", "title": "多选", "items": {"enum": ["a", "b"]}},
    "yes": {"type": "boolean", "title": "是否"},
    "when": {"type": "string", "title": "日期", "ui": {"field": "date"}},
    "span": {"type": "object", "title": "起止", "ui": {"field": "date_range"}},
    "place": {"type": "object", "title": "地址", "ui": {"field": "address"}},
    "point": {"type": "object", "title": "位置", "ui": {"field": "map_point"}},
    "papers": {"type": "array", "title": "材料", "ui": {"field": "file"}},
    "sign": {"type": "object", "title": "签名", "ui": {"field": "signature"}},
    "agree": {"type": "boolean", "title": "承诺", "ui": {"field": "statement", "text": "以上内容真实"}},
    "sum": {"type": "number", "title": "合计", "ui": {"field": "computed", "computed": {"+": [1, 2]}}},
    "staff": {
        "type": "array",
        "title": "人员",
        "minItems": 1,
        "items": {
            "type": "object",
            "properties": {"name": {"type": "string", "title": "姓名"}, "days": {"type": "integer", "title": "天数"}},
            "required": ["name"],
        },
    },
    "tags": {"type": "array", "title": "词", "items": {"type": "string", "title": "词"}},
    "table": {"type": "object", "title": "对照", "additionalProperties": {"type": "string", "title": "值"}},
    "shape": {
        "title": "哪种",
        "oneOf": [{"type": "string", "title": "文字"}, {"type": "object", "title": "对象", "properties": {"n": {"type": "integer", "title": "数"}}}],
    },
    "group": {"type": "object", "title": "一组", "properties": {"x": {"type": "string", "title": "子"}}},
    "rule": {"title": "条件", "ui": {"field": "rule"}},
    "hang": {"type": "string", "title": "网址", "ui": {"visible_when": {"==": [{"var": "form.yes"}, True]}}},
}


@pytest.fixture
def spec(make):
    return forms.compile_form(make(KINDS, tuple(KINDS)))


def page(name, *fields):
    return {"id": name, "title": name, "sections": [{"id": f"s{name}", "title": name, "fields": list(fields)}]}


def check_page(page):
    """What axe would say about structure: ids once, every pointer arrives, every control has a name."""
    assert len(page.ids) == len(set(page.ids))
    assert set(page.points) <= set(page.ids)
    labelled = set(page.points)
    inside = 0
    for tag, attrs in page.tags:
        if tag in ("input", "select", "textarea") and attrs.get("type") not in ("hidden", "radio", "checkbox"):
            inside += 1
            assert attrs.get("aria-label") or attrs.get("id") in labelled, attrs
        assert "style" not in attrs
        assert not any(name.startswith("on") for name in attrs)
        assert tag != "script" or attrs.get("type") == "application/json"
    assert inside


def test_a_page_of_all_kinds_is_labelled_and_linked_blank_and_wrong_and_filled(spec, env, browse):
    for values in ({}, forms.sample(spec)):
        for errors in ((), forms.decide(spec, {}).errors):
            page = browse(forms.render_page(env, spec, None, values, errors, {"line": "营业执照"} if values else {}))
            check_page(page)
            assert {e.anchor for e in errors} <= set(page.ids)


def test_what_a_browser_posts_back_is_what_was_shown(spec, env, browse):
    values = {**forms.sample(spec), "shape": {"n": 3}, "table": {"甲": "乙"}, "many": ["b", "a"], "yes": True, "hang": "http://x"}
    values.pop("sum")
    back = forms.decode(spec, browse(forms.render_page(env, spec, None, values)).form())
    assert back == values


def test_answers_are_escaped_wherever_they_stand(spec, env, browse):
    nasty = "\"'></textarea><script>alert(1)</script>"
    values = {
        "line": nasty,
        "area": nasty,
        "pick": nasty,
        "staff": [{"name": nasty}],
        "tags": [nasty],
        "table": {nasty: nasty},
        "papers": [{"id": "1", "name": nasty}],
        "rule": nasty,
    }
    html = forms.render_page(env, spec, None, values, forms.decide(spec, values).errors, {"line": nasty})
    assert "<script>alert" not in html
    back = forms.decode(spec, browse(html).form())
    assert back["line"] == nasty
    assert back["table"] == {nasty: nasty}


def test_the_blank_page_is_made_once_and_names_no_person(food, env):
    spec = forms.compile_form(food)
    page = spec.pages[0].id
    assert forms.render_page(env, spec, page) is forms.render_page(env, spec, page)
    assert forms.cache_key(spec, page) == forms.cache_key(forms.compile_form(food), page)
    assert forms.cache_key(spec, page) != forms.cache_key(spec, page, "en")
    translated = spec.translate({"en": {"form.operator_name.title": "Name of the operator"}})
    assert forms.cache_key(translated, page, "en") != forms.cache_key(spec, page, "en")
    assert "csrf" not in forms.render_page(env, spec, page)


def test_english_falls_back_to_chinese_and_says_so(food, env):
    spec = forms.compile_form(food).translate({"en": {"form.operator_name.title": "Name of the operator"}})
    html = forms.render_page(env, spec, spec.pages[0].id, {"area": 3}, locale="en")
    assert "Name of the operator" in html
    assert '<span lang="zh-CN">经济性质</span>' in html
    assert "(optional)" in html


def test_a_condition_of_the_same_page_is_a_sentence_and_one_of_another_page_is_the_servers(make, env):
    definition = make(
        KINDS | {"far": {"type": "string", "title": "远处", "ui": {"visible_when": {"==": [{"var": "form.yes"}, True]}}}},
        ui={"pages": [page("one", *KINDS), page("two", "far")]},
    )
    spec = forms.compile_form(definition)
    assert "仅在是否为“是”时填写" in forms.render_page(env, spec, "one") or "仅在" in forms.render_page(env, spec, "one")
    assert "远处" not in forms.render_page(env, spec, "two", {"yes": False})
    assert "远处" in forms.render_page(env, spec, "two", {"yes": True})


def test_the_script_gets_rules_and_only_the_facts_they_read(make, env, browse):
    near = {"type": "string", "title": "近", "ui": {"visible_when": {"==": [{"var": "form.a"}, "</script>"]}}}
    definition = make(
        {"a": KINDS["line"], "secret": KINDS["line"], "b": KINDS["line"], "near": near}, ui={"pages": [page("one", "a", "secret"), page("two", "b", "near")]}
    )
    html = str(forms.render_page(env, forms.compile_form(definition), "two", {"a": "</script>", "secret": "机密"}))
    data = json.loads(html.split("data-form-live>")[1].split("</script>")[0])
    assert data["facts"] == {"form": {"a": "</script>"}}
    assert data["rules"][0]["id"] == "near"
    assert "机密" not in html


def test_rows_come_go_and_move_by_plain_buttons(spec):
    values = {"staff": [{"name": "甲"}, {"name": "乙"}], "table": {"k": "v"}}

    def op(name):
        return forms.apply_op(values, name, spec)

    assert op("add:staff") == ({**values, "staff": [*values["staff"], {}]}, "staff-2")
    assert op("remove:staff:0")[0]["staff"] == [{"name": "乙"}]
    assert op("up:staff:1")[0]["staff"][0] == {"name": "乙"}
    assert op("down:staff:0")[0]["staff"][0] == {"name": "乙"}
    assert op("as:shape:1")[0]["shape"] == {}
    assert op("add:table")[0]["table"] == {"k": "v", "": None}
    for nonsense in ("", "add", "add:nobody", "remove:staff:9", "remove:staff:x", "drop:staff", "add:staff-9-name", "up:staff:0", "as:shape:7", "add:line"):
        assert op(nonsense)[0] == values


def test_an_upload_without_javascript_joins_the_answers(spec):
    ref = {"id": "b1", "name": "图.pdf", "size": 3, "media_type": "application/pdf", "secret": "x"}
    assert forms.attach(spec, {}, "papers-_file", ref)["papers"] == [{k: ref[k] for k in ("id", "name", "size", "media_type")}]
    assert forms.attach(spec, {}, "line", ref) == {}


def test_prefilled_answers_name_their_source_and_yield_to_typed_ones(make, env):
    spec = forms.compile_form(
        make(
            {"a": {"type": "string", "title": "甲", "ui": {"prefill": "party.name"}}, "n": {"type": "integer", "title": "数", "ui": {"prefill": "party.name"}}}
        )
    )
    values, used = forms.prefill(spec, {"party.name": forms.Sourced("王芳", "营业执照")})
    assert values == {"a": "王芳"}
    assert used["a"].source_title == "营业执照"
    assert "来自营业执照" in forms.render_page(env, spec, None, values, (), used)
    assert forms.prefill(spec, {"party.name": forms.Sourced("王芳", "营业执照")}, {"a": "李"}) == ({"a": "李"}, {})


def test_the_error_summary_links_every_error_to_its_control(spec, env, browse):
    errors = forms.decide(spec, {}).errors
    html = forms.render_summary(env, spec, errors)
    page = browse(forms.render_page(env, spec, None, {}, errors))
    for error in errors:
        assert f'href="#{error.anchor}"' in html
        assert error.anchor in page.ids
    assert forms.render_summary(env, spec, ()) == ""


def test_every_kind_has_a_macro(env):
    source = env.loader.get_source(env, "forms/page.html")[0]
    for kind in registry.kinds().values():
        assert f'm == "{kind.macro}"' in source, kind.key
