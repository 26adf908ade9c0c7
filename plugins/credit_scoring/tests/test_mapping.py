"""Rows of tables: columns are recognised, every mistake is named with its column, and no value of a person stands in a mistake."""

import json
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugins.credit_scoring.mapping import Reader, Row, guess, read_day, tidy, unmapped

ENTRIES = {e["code"]: e for e in json.loads((Path(__file__).resolve().parents[1] / "shipped" / "catalogue.json").read_text(encoding="utf-8"))["entries"]}
COLUMNS = ["单位名称", "统一社会信用代码", "决定日期", "罚款金额（元）", "处罚种类", "文号", "备注"]


def reader(columns: list[str] = COLUMNS, code: str = "penalty") -> Reader:
    entry = ENTRIES[code]
    return Reader(columns, guess(columns, entry["fields"]), entry, check_number=lambda number: None if len(number) == 18 else "no", today=date(2026, 11, 22))


def test_columns_are_recognised_by_their_titles_and_what_is_missing_is_told() -> None:
    fields = ENTRIES["penalty"]["fields"]
    found = guess(COLUMNS, fields)
    assert found == {
        "number": "统一社会信用代码",
        "name": "单位名称",
        "day": "决定日期",
        "reference": "文号",
        "field.amount": "罚款金额（元）",
        "field.kind": "处罚种类",
    }
    assert unmapped(found, fields) == []
    assert unmapped(guess(["姓名", "金额"], fields), fields) == ["number", "day", "field.kind"]


def test_a_right_row_becomes_a_record_however_it_is_typed() -> None:
    row = reader().read(["甲公司", " ９１330106ma2b1c2d3e ", "2026年3月2日", "12,000.50", "罚款", "杭市监罚〔2026〕1号", "x"])
    assert row == Row("91330106MA2B1C2D3E", "甲公司", date(2026, 3, 2), {"amount": 12000.5, "kind": "fine"}, "general", "杭市监罚〔2026〕1号")


def test_every_mistake_of_a_row_is_named_with_its_column_and_without_its_value() -> None:
    wrong = reader().read(["", "330106199001011234x", "2026-13-01", "much", "lashes", "y" * 101])
    assert isinstance(wrong, list)
    assert {(each.column, each.key) for each in wrong} == {
        ("单位名称", "missing"), ("统一社会信用代码", "number"), ("决定日期", "day"), ("罚款金额（元）", "not_a_number"), ("处罚种类", "choice"),
        ("文号", "too_long"),
    }  # fmt: skip
    assert "330106199001011234" not in repr(wrong)


def test_a_short_row_a_day_to_come_and_an_unknown_kind_of_publicity_are_mistakes() -> None:
    assert [each.key for each in reader().read([])] == ["missing", "missing", "missing", "missing"]
    assert [each.key for each in reader().read(["甲", "9" * 18, "2026-11-23", "", "fine"])] == ["future"]
    several = reader([*COLUMNS, "公示类别"])
    assert several.read(["甲", "9" * 18, "2026-11-22", "", "fine", "", "", "forever"])[0].key == "terms"
    both = several.read(["甲", "9" * 18, "2026-11-22", "", "fine", "", "", "safety、food_drug"])
    assert isinstance(both, Row) and both.terms == "general,food_drug,safety"


@pytest.mark.parametrize("text", ["2026-3-2", "2026/03/02", "2026.3.2", "20260302", "2026年3月2日", "2026-03-02 00:00:00", "2026-03-02T00:00:00"])
def test_days_are_read_as_people_and_spreadsheets_write_them(text: str) -> None:
    assert read_day(text) == date(2026, 3, 2)


@given(st.one_of(st.text(max_size=40), st.integers(), st.floats(), st.none(), st.booleans(), st.dates()))
def test_any_cell_becomes_a_harmless_text(cell: object) -> None:
    text = tidy(cell)
    assert text == text.strip()
    assert text.isprintable()
    read_day(text)


@given(st.lists(st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.none()), max_size=9))
def test_no_row_breaks_the_reader(cells: list) -> None:
    assert isinstance(reader().read(cells), Row | list)
