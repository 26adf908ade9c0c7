"""Workbooks that people hand in: read as another program reads them, and no file can make the reader fill memory."""

import io
import re
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont

from core.kernel import workbooks
from core.kernel.errors import BadInput
from core.kernel.tables import read_table

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
MOST = 32 << 20


def saved(book: openpyxl.Workbook) -> io.BytesIO:
    out = io.BytesIO()
    book.save(out)
    return out


def package(parts: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> io.BytesIO:
    """An honest workbook of one sheet and one text, some of its parts replaced."""
    made = openpyxl.Workbook()
    made.active.append(["号码", 1])
    out = io.BytesIO()
    with zipfile.ZipFile(saved(made)) as source, zipfile.ZipFile(out, "w", method) as target:
        for name in dict.fromkeys((*source.namelist(), *parts)):
            target.writestr(name, parts.get(name, source.read(name) if name in source.namelist() else b""))
    return out


def sheet(inner: str) -> dict[str, str | bytes]:
    return {"xl/worksheets/sheet1.xml": f"<worksheet {MAIN}><sheetData>{inner}</sheetData></worksheet>"}


def strings(inner: str) -> dict[str, str | bytes]:
    """A table of texts, the first of them in cell A1."""
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    related = [("a", "worksheet", "worksheets/sheet1.xml"), ("b", "sharedStrings", "SharedStrings.xml")]
    listed = "".join(f'<Relationship Id="{key}" Type="{kinds}/{kind}" Target="{target}"/>' for key, kind, target in related)
    return {
        "xl/sharedStrings.xml": f"<sst {MAIN}>{inner}</sst>",
        "xl/_rels/workbook.xml.rels": f"<Relationships>{listed}</Relationships>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{kinds}"><sheets><sheet name="a" sheetId="1" r:id="a"/></sheets></workbook>',
    } | sheet('<row><c t="s"><v>0</v></c></row>')


def as_openpyxl_reads(file: io.BytesIO) -> list[list[str]]:
    rows = openpyxl.load_workbook(file, read_only=True, data_only=True).worksheets[0].iter_rows(values_only=True)
    return [["" if cell is None else str(cell) for cell in row] for row in rows]


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    """Rows without what is empty at their ends: how far a row goes is no text."""
    return [row[: max((index for index, cell in enumerate(row, 1) if cell), default=0)] for row in rows]


def test_every_kind_of_cell_says_what_another_program_reads_in_it() -> None:
    book = openpyxl.Workbook()
    page = book.active
    page.append(["材料 名称", "  ab ", 1, 1.5, 1e30, -3, True, False, None, "x<&>\n"])
    page.append([])
    page.append([date(2026, 3, 1), datetime.combine(date(2026, 3, 1), time(12, 30)), time(8, 15), timedelta(hours=30), date(1900, 1, 5), "=1+1", "#N/A"])
    page["L5"] = CellRichText("前", TextBlock(InlineFont(b=True), "粗"), "后")
    page["D6"].number_format = 'yyyy"年"m"月"'
    page["D6"] = 46000
    file = saved(book)
    assert trimmed(list(read_table(file, "a.xlsx"))) == trimmed(as_openpyxl_reads(file))


def test_days_counted_from_1904_are_the_same_days() -> None:
    book = openpyxl.Workbook()
    book.epoch = openpyxl.utils.datetime.MAC_EPOCH
    book.active.append([date(2026, 3, 1)])
    assert list(read_table(saved(book), "a.xlsx")) == [["2026-03-01 00:00:00"]]


@given(
    st.lists(
        st.lists(
            st.one_of(st.none(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), st.booleans(), st.text("甲乙a1 <&\"'", max_size=9)),
            max_size=5,
        ),
        max_size=6,
    )
)
@settings(max_examples=40, deadline=None)
def test_any_table_is_read_as_another_program_reads_it(rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    file = saved(book)
    assert [row for row in trimmed(list(read_table(file, "a.xlsx"))) if row] == [row for row in trimmed(as_openpyxl_reads(file)) if row]


def test_texts_are_found_by_number_without_how_they_sound() -> None:
    text = "<si><r><t>甲</t></r><r><t xml:space='preserve'> _x005F_x0041_</t></r><rPh sb='0' eb='1'><t>jia</t></rPh></si>"
    assert list(read_table(package(strings(text)), "a.xlsx")) == [["甲 _x0041_"]]


def test_texts_in_place_how_they_sound_and_names_with_prefixes() -> None:
    cells = '<row r="2"><c r="B2" t="inlineStr"><is><r><t>甲</t></r><r><t>乙</t></r><rPh><t>jia</t></rPh></is></c><c t="str"><f>A1</f><v>丙</v></c></row>'
    assert list(read_table(package(sheet(cells)), "a.xlsx")) == [[], ["", "甲乙", "丙"]]
    other = re.sub("<(/?)", r"<\1x:", f"<worksheet><sheetData>{cells}</sheetData></worksheet>").replace("<x:worksheet", '<x:worksheet xmlns:x="m"', 1)
    assert list(read_table(package({"xl/worksheets/sheet1.xml": other}), "a.xlsx")) == [[], ["", "甲乙", "丙"]]


def test_the_first_sheet_is_read_not_the_first_part() -> None:
    book = openpyxl.Workbook()
    book.active.append(["second"])
    book.create_sheet("first", 0).append(["first"])
    book.create_chartsheet("drawn", 0)
    assert list(read_table(saved(book), "a.xlsx")) == [["first"]]


def test_rows_are_cut_after_so_many_columns_also_in_csv() -> None:
    book = openpyxl.Workbook()
    book.active.append([1, 2, 3])
    assert list(read_table(saved(book), "a.xlsx", columns=2)) == [["1", "2"]]
    assert list(read_table(io.BytesIO(b"1,2,3"), "a.csv", columns=2)) == [["1", "2"]]


def _noise(make: Callable[[int], str], count: int) -> str:
    """Elements that do not shrink much: each with a number of its own."""
    return "".join(make(each * 2_654_435_761 % 4_294_967_296) for each in range(count))


BOMBS = {
    "text": lambda: strings("<si>" + "<r/>" * 2_000_000 + "</si>"),
    "row": lambda: sheet("<row>" + "<c/>" * 2_000_000 + "</row>"),
    "runs": lambda: strings("<si>" + _noise(lambda n: f"<r><t>{n:x}</t></r>", 80_000) + "</si>"),
    "cells": lambda: sheet("<row>" + _noise(lambda n: f"<c><v>{n}</v></c>", 100_000) + "</row>"),
    "wide": lambda: sheet("".join(f'<row r="{n}"><c r="XFD{n}"><v>{n}</v></c></row>' for n in range(1, 12_000))),
    "loose": lambda: sheet(_noise(lambda n: f'<c r="A{n % 9}"/>', 100_000)),
    "deep": lambda: sheet(_noise(lambda n: f"<a{n % 9}>", 400_000)),
    "names": lambda: sheet(_noise(lambda n: f"<a{n:x}/>", 400_000)),
    "attributes": lambda: sheet("<row " + _noise(lambda n: f'a{n:x}="" ', 400_000) + "/>"),
    "styles": lambda: {"xl/styles.xml": f"<styleSheet {MAIN}><cellXfs>" + _noise(lambda n: f'<xf numFmtId="{n % 40}"/>', 70_000) + "</cellXfs></styleSheet>"},
    "book": lambda: {"xl/workbook.xml": f'<workbook {MAIN} xmlns:r="r"><sheets>' + _noise(lambda n: f'<sheet r:id="{n}"/>', 40_000) + "</sheets></workbook>"},
    "types": lambda: {"[Content_Types].xml": "<Types>" + _noise(lambda n: f'<Default Extension="{n}" ContentType="a"/>', 200_000) + "</Types>"},
    "entities": lambda: {"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b "' + "c" * 10_000 + '">]><a>' + "&b;" * 100_000 + "</a>"},
}


@pytest.mark.parametrize("kind", BOMBS)
def test_no_small_file_fills_memory(kind: str) -> None:
    file = package(BOMBS[kind]())
    tracemalloc.start()
    try:
        for _ in read_table(file, "a.xlsx", columns=101, unpacked=MOST):
            pass
    except BadInput as error:
        assert "a.xlsx" in error.words("zh")
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert most < MOST


@pytest.mark.parametrize("kind", ["text", "row"])
def test_what_shrinks_to_nothing_is_refused_unread(kind: str) -> None:
    with pytest.raises(BadInput, match="200 : 1"):
        list(read_table(package(BOMBS[kind]()), "a.xlsx"))


@pytest.mark.parametrize(
    "inner",
    ['<row r="99999999999"/>', '<row r="2"/><row r="1"/>', '<row r="0"/>', '<row><c r="XFE1"/></row>', '<row><c r="1A"/></row>',
     '<row><c t="s"><v>9</v></c></row>',
     '<row><c t="s"><v>x</v></c></row>', f"<row><c><v>{'9' * 5000}</v></c></row>"],
)  # fmt: skip
def test_cells_where_no_sheet_has_any_are_refused(inner: str) -> None:
    with pytest.raises(BadInput, match=r"a\.xlsx"):
        list(read_table(package(sheet(inner)), "a.xlsx"))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_way_of_packing_that_unpacks_all_at_once_is_refused(method: int) -> None:
    with pytest.raises(BadInput, match="method"):
        list(read_table(package({}, method), "a.xlsx"))


def test_a_list_of_contents_that_fills_memory_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    content = package({}).getvalue()
    monkeypatch.setattr(workbooks.zipfile, "ZipFile", lambda *_: pytest.fail("was opened"))
    end = content.rfind(b"PK\x05\x06")
    long = content[: end + 12] + struct.pack("<L", 2 << 20) + content[end + 16 :]
    record = struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, 45, 45, 0, 0, 9, 9, 2 << 20, 0)
    wide = content[:end] + record + struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1) + content[end:]
    for each in (long, wide):
        with pytest.raises(BadInput, match="2000"):
            list(read_table(io.BytesIO(each), "a.xlsx"))
