"""The gate: every fault of a definition at once, each with its place."""

import pytest

from core.forms import service as forms


def found(definition, **more):
    return {(f.path, f.key) for f in forms.check_form(definition, **more)}


def text(**ui):
    return {"type": "string", "title": "文字", "ui": ui} if ui else {"type": "string", "title": "文字"}


def test_everything_wrong_is_said_at_once_with_its_place(make):
    definition = make(
        {
            "a": {"type": "string", "title": "甲", "ui": {"field": "hologram"}},
            "b": text(visible_when={"==": [{"var": "form.nobody"}, "x"]}),
            "c": {"type": "string", "title": "丙", "pattern": "^\\d{3}$"},
            "d": {"type": "string"},
            "e": {"include": "nothing@1"},
            "g": {"$ref": "#/$defs/none", "title": "庚"},
            "Bad-Id": text(),
            "h": {"type": "string", "title": "辛", "pattern": "^(?=x)\\p{Han}$"},
        },
        ("a", "ghost"),
    )
    spots = found(definition)
    assert {
        ("/properties/a/ui/field", "forms.check_unknown_kind"),
        ("/properties/c/pattern", "forms.check_pattern"),
        ("/properties/h/pattern", "forms.check_pattern"),
        ("/properties/d", "forms.check_no_title"),
        ("/properties/e/include", "forms.check_block"),
        ("/properties/g/$ref", "forms.check_ref"),
        ("/properties/Bad-Id", "forms.check_id"),
        ("/required/1", "forms.check_required_unknown"),
    } <= spots
    assert any(path.startswith("/properties/b/ui/visible_when") and key.startswith("rules.") for path, key in spots)


def test_a_circle_of_conditions_and_computed_values_is_found(make):
    definition = make({"a": text(visible_when={"==": [{"var": "form.b"}, "x"]}), "b": text(computed={"var": "form.a"})})
    assert {key for _, key in found(definition)} >= {"forms.check_cycle"}
    with pytest.raises(forms.FormError):
        forms.compile_form(definition)


@pytest.mark.parametrize(
    "rule",
    [
        {"==": [{"var": "form.kind"}, "no such option"]},
        {"and": [{"==": [{"var": "form.kind"}, "x"]}, {"==": [{"var": "form.kind"}, "y"]}]},
        {"==": [1, 2]},
        {"in": [{"var": "form.kind"}, ["p", "q"]]},
    ],
)
def test_a_field_nobody_can_ever_see_is_found(make, rule):
    definition = make({"kind": {"type": "string", "title": "种类", "enum": ["x", "y"]}, "a": text(visible_when=rule)})
    assert ("/properties/a/ui/visible_when", "forms.check_never_shown") in found(definition)


def test_fields_must_stand_on_exactly_one_page(make):
    page = {"id": "p", "title": "页", "sections": [{"id": "s", "title": "节", "fields": ["a", "a", "zz"]}]}
    keys = {key for _, key in found(make({"a": text(), "b": text()}, ui={"pages": [page, page]}))}
    assert {"forms.check_unplaced", "forms.check_placed_twice", "forms.check_placed_unknown", "forms.check_duplicate"} <= keys


def test_a_bound_that_names_no_field_is_found(make):
    assert ("/properties/a/ui/earliest", "forms.check_bound") in found(make({"a": text(field="date", earliest="form.other")}))


def test_a_row_rule_is_typed_by_its_own_rows(make):
    rows = {
        "type": "array",
        "title": "行",
        "items": {"type": "object", "properties": {"n": {"type": "integer", "title": "数"}, "x": text(visible_when={">": [{"var": "row.n"}, 1]})}},
    }
    assert found(make({"rows": rows})) == set()
    rows["items"]["properties"]["x"] = text(visible_when={">": [{"var": "row.n"}, "one"]})
    assert found(make({"rows": rows})) != set()


def test_every_finding_has_words_in_both_languages(make):
    for finding in forms.check_form(make({"a": {"type": "string", "ui": {"field": "x", "visible_when": {"nope": 1}}}}, ("b",))):
        assert finding.words("zh") != finding.key
        assert finding.words("en") != finding.words("zh")
