"""Broken JSON: line, column, what is wrong, how to mend it. Hostile JSON: refused, never a crash."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.schemas import service as schemas
from core.schemas.converting import Converters


def refused(text: str | bytes) -> tuple[str, str, str]:
    with pytest.raises(schemas.NotJson) as caught:
        schemas.parse(text)
    (finding,) = caught.value.findings
    assert finding.words("zh") in caught.value.words("zh")
    assert finding.words("en") in caught.value.words("en")
    return finding.path, finding.key.removeprefix("schemas."), finding.words("zh")


@pytest.mark.parametrize(
    ("text", "spot", "key"),
    [
        ('{\n  "a": 1,\n}', "2:9", "comma_trailing"),
        ('{"a": [1, 2,]}', "1:12", "comma_trailing"),
        ('{"a": 1\n "b": 2}', "1:8", "comma_missing"),
        ('{"a" 1}', "1:6", "colon_missing"),
        ('{"a": "x,\n "b": 1}', "1:7", "quote_missing"),
        ('{"a": "x', "1:7", "quote_missing"),
        ('{"a": "he said "no" to it"}', "1:17", "quote_inside"),
        ('{"a": \u201cx\u201d}', "1:7", "full_width"),
        ('{"a"\uff1a1}', "1:5", "full_width"),
        ('{"a": 1\uff0c"b": 2}', "1:8", "full_width"),
        ('\uff5b"a": 1}', "1:1", "full_width"),
        ("{'a': 1}", "1:2", "single_quote"),
        ("{a: 1}", "1:2", "unquoted"),
        ('{"a": True}', "1:7", "word"),
        ('{"a": None}', "1:7", "word"),
        ('{"a": NaN}', "1:7", "constant"),
        ('{"a": -Infinity}', "1:7", "constant"),
        ('{"a": .5}', "1:7", "number_form"),
        ('{"a": }', "1:7", "value_missing"),
        ("[1,,2]", "1:4", "value_missing"),
        ('{"a": [1, 2}', "1:12", "bracket_wrong"),
        ('{"a": {\n "b": 1\n', "3:1", "unclosed"),
        ('{"a": 1}}', "1:9", "extra"),
        ("// note\n{}", "1:1", "comment"),
        ('{"a": "\\x"}', "1:8", "escape"),
        ('{"a": 1, "b": {"c": 1,\n "c": 2}}', "2:2", "key_twice"),
        ('[{"a": [1, {"k": 0}]}, {"a": 1, "b": "}", "a": 2}]', "1:43", "key_twice"),
        ('{"a": "\\ud800"}', "1:8", "surrogate"),
        (b'{"a": "\xd6\xd0"}', "1:8", "encoding"),
        ("", "1:1", "empty"),
        ("  \n ", "1:1", "empty"),
        ("[" * 100_000, "1:1", "too_deep"),
        ("[" * 200 + "]" * 200, "1:1", "too_deep"),
        ("1" * 6000, "1:1", "number"),
        ('"' + "x" * 6_000_000 + '"', "1:1", "too_big"),
    ],
)
def test_broken_json_is_located_and_explained(text: str | bytes, spot: str, key: str) -> None:
    assert refused(text)[:2] == (spot, key)


def test_a_key_given_twice_names_the_object_it_is_in() -> None:
    assert "materials[1]" in refused('{"materials": [{"id": "a"}, {"id": "b", "need": 1, "id": "c"}]}')[2]


def test_an_unclosed_bracket_names_the_line_that_opened_it() -> None:
    assert "第 2 行的 [" in refused('{"a": 1,\n "b": [1, 2')[2]


def test_good_json_reads_with_and_without_a_byte_order_mark() -> None:
    assert schemas.parse("\ufeff{}") == {}
    assert schemas.parse('{"a": "甲", "b": [1, 2.5, null]}'.encode("utf-8-sig")) == {"a": "甲", "b": [1, 2.5, None]}


@given(st.recursive(st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.text(), lambda s: st.lists(s) | st.dictionaries(st.text(), s), max_leaves=20))
def test_what_json_writes_is_read_back(value: object) -> None:
    assert schemas.parse(json.dumps(value)) == value


@given(st.text(alphabet='{}[]:,"\\ \nabtrue01.-“,', max_size=60))
def test_any_text_is_read_or_refused_with_a_spot(text: str) -> None:
    try:
        schemas.parse(text)
    except schemas.NotJson as error:
        line, column = map(int, error.findings[0].path.split(":"))
        assert 1 <= line <= text.count("\n") + 1
        assert 1 <= column <= len(text.split("\n")[line - 1]) + 1


def test_converters_lift_a_document_step_by_step_and_leave_the_original() -> None:
    registry = Converters()

    @registry.step("item", 1)
    def _(doc: dict[str, object]) -> dict[str, object]:
        doc["name"] = doc.pop("title")
        return doc

    @registry.step("item", 2)
    def _(doc: dict[str, object]) -> dict[str, object]:
        return {**doc, "words": []}

    old = {"$schema": "x", "schema_version": 1, "title": "甲"}
    new = registry.upgrade("item", old, to=3)
    assert new == {"$schema": "https://wangting.example/schemas/item.v3.schema.json", "schema_version": 3, "name": "甲", "words": []}
    assert old == {"$schema": "x", "schema_version": 1, "title": "甲"}
    assert registry.upgrade("item", new, to=3) == new


def test_a_version_that_cannot_be_converted_is_refused_with_both_versions() -> None:
    registry = Converters()
    with pytest.raises(schemas.WrongVersion, match="version 1 of item to version 2"):
        registry.upgrade("item", {"schema_version": 1}, to=2)
    with pytest.raises(schemas.WrongVersion, match="newer than version 1"):
        schemas.upgrade("item", {"schema_version": 9})
    for doc in ({}, {"schema_version": "1"}, {"schema_version": True}, [], None):
        with pytest.raises(schemas.WrongVersion, match="schema_version is missing"):
            schemas.upgrade("item", doc)


def test_one_step_has_one_converter() -> None:
    registry = Converters()
    registry.step("item", 1)(dict)
    with pytest.raises(ValueError, match="twice"):
        registry.step("item", 1)(dict)
