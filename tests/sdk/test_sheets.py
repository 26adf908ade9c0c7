"""Tables that people hand in: what is none is refused with words, whatever it is made of."""

import io
import zipfile

import openpyxl
import pytest

from core.sdk import BadInput, sheets


def book(sheet: str) -> io.BytesIO:
    """A real workbook of which one part is replaced."""
    whole, out = io.BytesIO(), io.BytesIO()
    made = openpyxl.Workbook()
    made.active.append(["号码", 1])
    made.save(whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            target.writestr(part, sheet if sheet and part == "xl/worksheets/sheet1.xml" else source.read(part))
    return out


def package(**parts: str) -> io.BytesIO:
    """A package that is no workbook."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name, content in parts.items():
            target.writestr({"types": "[Content_Types].xml", "workbook": "xl/workbook.xml"}[name], content)
    return out


def test_a_workbook_is_read_cell_by_cell() -> None:
    assert list(sheets.read_table(book(""), "a.xlsx")) == [["号码", "1"]]


@pytest.mark.parametrize(
    "stream", [io.BytesIO(b"no zip"), package(types="<x>", workbook="<a>"), package(types="<x/>"), book("<worksheet><sheetData><row>"), book("<!DOCTYPE")]
)
def test_a_broken_workbook_is_refused_and_breaks_nothing(stream: io.BytesIO) -> None:
    stream.seek(0)
    with pytest.raises(BadInput, match=r"a\.xlsx"):
        list(sheets.read_table(stream, "a.xlsx"))


def test_a_workbook_that_unpacks_to_more_than_a_table_holds_is_refused_unread() -> None:
    with pytest.raises(BadInput, match="1 MiB"):
        list(sheets.read_table(book("<worksheet>" + " " * (1 << 20) + "</worksheet>"), "a.xlsx", unpacked=1 << 20))


def test_a_short_table_in_gb_18030_is_read_whatever_its_last_character_is() -> None:
    assert list(sheets.read_table(io.BytesIO("a,b,张".encode("gb18030")), "a.csv")) == [["a", "b", "张"]]
    assert list(sheets.read_table(io.BytesIO("\ufeffa,张".encode()), "a.csv")) == [["a", "张"]]
