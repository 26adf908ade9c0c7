"""Every kind of field: what it makes of what people type, what it refuses and in which words, how it shows itself."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.forms import service as forms
from core.forms.check import check_form
from core.forms.compile import compile_form
from core.forms.display import display
from core.forms.errors import FormError
from core.forms.fieldtypes import registry
from core.forms.fieldtypes.text import Text
from core.kernel.clock import freeze

KINDS = [
    "text",
    "long_text",
    "number",
    "integer",
    "money",
    "date",
    "date_range",
    "yes_no",
    "choice",
    "choices",
    "cascade",
    "region",
    "address",
    "resident_id",
    "uscc",
    "phone",
    "email",
    "bank_account",
    "file",
    "photo",
    "signature",
    "rows",
    "group",
    "map_point",
    "licence_ref",
    "statement",
    "computed",
    "union",
    "map",
    "reference",
    "rule",
    "recursive",
    "json",
]


def one(make, schema, posted, **more):
    """Decode and decide a form of one field ``a``."""
    spec = forms.compile_form(make({"a": {"title": "甲", **schema}}, **more))
    values = forms.decode(spec, posted)
    decision = forms.decide(spec, values)
    return values.get("a"), [e.key for e in decision.errors], [forms.words(e, spec) for e in decision.errors]


def test_every_kind_of_the_contract_is_registered():
    assert set(KINDS) <= set(registry.kinds())


def test_a_built_in_kind_cannot_be_replaced():
    with pytest.raises(ValueError, match="built in"):
        registry.register(registry.get("text"))


@pytest.mark.parametrize(
    ("field", "typed", "kept"),
    [
        ("text", "  王芳\u202e\x00 ", "王芳"),
        ("text", "食品，餐饮（含酒）１２Ａ", "食品，餐饮（含酒）12A"),
        ("resident_id", "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        ("uscc", " 91350100m000100y43 ", "91350100M000100Y43"),
        ("phone", "+86 138-0000 1234", "13800001234"),
        ("phone", "0592－5566778", "0592-5566778"),
        ("bank_account", "6222 0000 0000 0000 123", "6222000000000000123"),
        ("email", " a@Example.cn", "a@Example.cn"),
        ("money", "￥1,234.5元", "1234.50"),
        ("date", "2026年3月1日", "2026-03-01"),
        ("date", "20260301", "2026-03-01"),
    ],
)
def test_what_people_type_becomes_what_is_kept(make, field, typed, kept):
    value, errors, _ = one(make, {"type": "string", "ui": {"field": field}}, {"a": typed})
    assert value == kept
    assert errors == [] or field in ("uscc",)


@pytest.mark.parametrize(("typed", "kept"), [("８６", 86), ("1,234", 1234), ("12.50", 12.5), ("86 ㎡", 86), ("-3", -3), ("三", "三")])
def test_numbers_are_read_as_people_write_them(make, typed, kept):
    value, errors, _ = one(make, {"type": "number", "ui": {"field": "number", "unit": "㎡"}}, {"a": typed})
    assert value == kept
    assert type(value) is type(kept)
    assert errors == ([] if not isinstance(kept, str) else ["forms.number"])


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("resident_id", "1101051949123100", "甲：还差 2 位,应为 18 位"),
        ("resident_id", "110105194912310021", "甲：身份证号码的校验位不对,请对照证件再看一遍"),
        ("phone", "1380000123", "甲：还差 1 位,应为 11 位"),
        ("phone", "86926512", "甲：固定电话请加上区号,如 029-86926512"),
        ("email", "wang.example.cn", "甲：邮箱地址里缺少 @,应像 name@example.cn"),
        ("date", "2026-02-30", "甲：2026 年 2 月没有 30 日"),
        ("date", "2026-13-01", "甲：没有 13 月,月份是 1 到 12"),
        ("money", "12.345", "甲：请填金额,最多两位小数,例如 1200.50"),
        ("bank_account", "62220000a", "甲：只能是数字,请去掉字母、空格和符号"),
    ],
)
def test_what_is_wrong_is_said_so_that_it_can_be_mended(make, field, typed, words):
    value, _, said = one(make, {"type": "string", "ui": {"field": field}}, {"a": typed})
    assert said == [words]
    assert value, "what was typed is kept"


def test_a_short_number_of_fixed_length_says_how_many_digits_are_missing(make):
    _, _, said = one(make, {"type": "string", "pattern": "^[0-9]{12}$", "maxLength": 12}, {"a": "61011726041"})
    assert said == ["甲：还差 1 位,应为 12 位"]


def test_a_date_is_posted_in_three_parts_and_says_which_is_missing(make):
    schema = {"type": "string", "ui": {"field": "date"}}
    assert one(make, schema, {"a-year": "２０２６", "a-month": "3", "a-day": "1"})[0] == "2026-03-01"
    assert one(make, schema, {"a-year": "2026", "a-month": "", "a-day": "1"})[1] == ["forms.date_no_month"]
    assert one(make, schema, {"a-year": "26", "a-month": "1", "a-day": "1"})[1] == ["forms.date_year"]


def test_a_date_knows_today(make):
    with freeze(datetime(2026, 3, 1, 2, tzinfo=UTC)):
        schema = {"type": "string", "ui": {"field": "date", "latest": "today"}}
        assert one(make, schema, {"a": "2026-03-01"})[1] == []
        assert one(make, schema, {"a": "2026-03-02"})[1] == ["forms.not_future"]


def test_a_range_ends_after_it_begins(make):
    schema = {"type": "object", "ui": {"field": "date_range"}}
    posted = {"a-from-year": "2026", "a-from-month": "3", "a-from-day": "2", "a-to": "2026-03-01"}
    value, errors, _ = one(make, schema, posted)
    assert value == {"from": "2026-03-02", "to": "2026-03-01"}
    assert errors == ["forms.range_order"]


def test_choices_keep_values_and_refuse_what_is_no_option(make):
    schema = {"type": "array", "items": {"type": "string", "oneOf": [{"const": "x", "title": "一"}, {"const": "y", "title": "二"}]}, "ui": {"field": "choices"}}
    assert one(make, schema, {"a": ["y", "x", "x"]})[0] == ["y", "x"]
    assert one(make, schema, {"a": ["z"]})[1] == ["forms.enum"]


def test_yes_no_and_absent_are_three_things(make):
    schema = {"type": "boolean", "ui": {"field": "yes_no"}}
    assert one(make, schema, {"a": "true"})[0] is True
    assert one(make, schema, {"a": "false"})[0] is False
    assert one(make, schema, {})[0] is None


def test_a_statement_must_be_ticked(make):
    schema = {"type": "boolean", "const": True, "ui": {"field": "statement", "text": "以上内容真实"}}
    assert one(make, schema, {}, required=("a",))[2] == ["请先阅读并勾选“甲”"]
    assert one(make, schema, {"a": "true"}, required=("a",))[1] == []


def test_a_missing_file_is_asked_for_as_a_file(make):
    schema = {"type": "array", "minItems": 1, "ui": {"field": "file", "accept": ["pdf"]}}
    assert one(make, schema, {}, required=("a",))[2] == ["还没有上传甲。请拍一张,或从电脑里选文件"]
    posted = {"a-0-id": "b1", "a-0-name": "图.exe", "a-0-size": "10"}
    value, errors, _ = one(make, schema, posted)
    assert value == [{"id": "b1", "name": "图.exe", "size": 10}]
    assert errors == ["forms.file_type"]


def test_a_cascade_wants_the_last_level_and_shows_all(make):
    tree = [{"id": "61", "title": "陕西省", "children": [{"id": "6101", "title": "西安市"}]}]
    definition = make({"a": {"type": "string", "title": "甲", "ui": {"field": "cascade", "options": {"tree": tree}}}})
    spec = forms.compile_form(definition)
    assert forms.decide(spec, {"a": "61"}).errors[0].key == "forms.deeper"
    assert forms.decide(spec, {"a": "6101"}).ok
    assert forms.display(spec, {"a": "6101"})[0].children[0].children[0].text == "陕西省 / 西安市"


def test_personal_numbers_are_masked_for_strangers_and_whole_for_their_owner(make):
    definition = make({"a": {"type": "string", "title": "甲", "ui": {"field": "resident_id"}}})
    spec = forms.compile_form(definition)
    line = forms.display(spec, {"a": "11010519491231002X"}, masked=True)[0].children[0].children[0]
    assert line.text == "1101************2X"
    assert line.masked
    assert forms.display(spec, {"a": "11010519491231002X"})[0].children[0].children[0].text == "11010519491231002X"


def test_masked_rows_do_not_leak_in_their_summary(make):
    rows = {
        "type": "array",
        "title": "人员",
        "items": {"type": "object", "properties": {"id": {"type": "string", "title": "号", "ui": {"field": "resident_id"}}}},
    }
    spec = forms.compile_form(make({"staff": rows}))
    assert "11010519491231002X" not in repr(forms.display(spec, {"staff": [{"id": "11010519491231002X"}]}, masked=True))


@given(st.text(max_size=80))
def test_no_text_makes_any_kind_fall_over(text):
    fields = {
        k: {"title": k, "ui": {"field": k}, **({"type": "string"} if k not in ("group", "rows", "union", "map") else {})} for k in KINDS if k != "recursive"
    }
    fields["choice"] = {"title": "c", "type": "string", "enum": ["a"]}
    fields.pop("union")
    spec = forms.compile_form({"type": "object", "title": "t", "properties": fields})
    posted = dict.fromkeys(fields, text) | {
        f"{name}-{part}": text for name in fields for part in ("year", "from", "lng", "name", "detail", "0-id", "0", "_is", "_as", "_order")
    }
    values = forms.decode(spec, posted)
    for error in forms.decide(spec, values).errors:
        assert forms.words(error, spec)
    forms.display(spec, values, masked=True)


def test_a_form_that_was_published_with_a_kind_that_is_gone_goes_on_and_hides_what_it_says_is_sensitive() -> None:
    definition = {
        "type": "object",
        "properties": {
            "card": {"type": "string", "title": "卡", "ui": {"field": "street_trees.card", "sensitive": True}},
            "tree": {"type": "string", "title": "树", "ui": {"field": "street_trees.tree"}},
            "map": {"type": "object", "title": "图", "ui": {"field": "street_trees.map"}},
        },
    }
    with pytest.raises(FormError):
        compile_form(definition)
    spec = compile_form(definition, published=True)
    assert [field.kind.key for field in spec.fields] == ["gone", "gone", "json"]
    shown = {
        line.path: line.text
        for page in display(spec, {"card": "1234", "tree": "QH-00017", "map": {"a": 1}}, masked=True)
        for part in page.children
        for line in part.children
    }
    assert (shown["tree"], shown["card"]) == ("QH-00017", "****")
    assert "gone" not in registry.kinds(), "nobody chooses it"
    with pytest.raises(FormError):
        compile_form({"type": "object", "properties": {"a": {"type": "string", "ui": {"field": "nonsense"}}}}, published=True)


def test_a_sensitive_kind_of_a_plugin_is_said_to_be_in_the_form(monkeypatch: pytest.MonkeyPatch) -> None:
    class Card(Text):
        key = "street_trees.card"
        sensitive = True

    monkeypatch.setitem(registry._kinds, Card.key, Card())
    form = {"schema_version": 1, "type": "object", "properties": {"card": {"type": "string", "title": "卡", "ui": {"field": Card.key}}}}
    assert [found.path for found in check_form(form) if found.key == "forms.check_unmarked"] == ["/properties/card/ui"]
    form["properties"]["card"]["ui"]["sensitive"] = True  # type: ignore[index]
    assert [found for found in check_form(form) if found.key == "forms.check_unmarked"] == []
