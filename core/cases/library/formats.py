"""The formats of an export. Each writer takes rows one by one and holds no more than a few of them, so a file of 100,000 cases costs no more memory
than one of a hundred; each says in the file itself whose it is and for what.

No cell is ever run as a formula: CSV goes through :mod:`core.kernel.sheets`, a workbook says of each cell that it is text.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import IO

from core.cases.library.rows import COLUMNS, About, titles
from core.kernel.sheets import write_csv
from core.kernel.wording import word

_WIDTHS = (30, 28, 24, 22, 18, 22, 8, 12, 10, 17, 17, 17, 17, 17, 28)
#: ``fn(file, about, rows, locale)``.
Writer = Callable[[IO[bytes], About, Iterable[Sequence[str]], str], None]


@dataclass(frozen=True, slots=True)
class Format:
    """One format: how its file is called and written."""

    ending: str
    media_type: str
    write: Writer


def _csv(file: IO[bytes], about: About, rows: Iterable[Sequence[str]], locale: str) -> None:
    """Whose it is stands in every row; the rest in the last lines, below an empty one, so that the first line is the heads as every reader of CSV
    expects."""
    write_csv(file, chain([titles(locale)], rows, [()], about.lines(locale)))


def _jsonl(file: IO[bytes], about: About, rows: Iterable[Sequence[str]], locale: str) -> None:
    """One JSON object a line; the first says whose export it is."""
    del locale
    head = {
        "mark": about.mark, "who": about.who, "at": about.at.isoformat(), "purpose": about.purpose, "filters": about.filters, "whole": about.revealed,
    }  # fmt: skip
    file.write(json.dumps({"export": head}, ensure_ascii=False).encode() + b"\n")
    for row in rows:
        file.write(json.dumps(dict(zip(COLUMNS, row, strict=True)), ensure_ascii=False).encode() + b"\n")


def _xlsx(file: IO[bytes], about: About, rows: Iterable[Sequence[str]], locale: str) -> None:
    """A workbook: the cases with heads that stay in sight, the mark in the footer of each printed page, and a sheet that says what this is."""
    import xlsxwriter  # a megabyte of code that only a worker needs, and only for this format

    # ``constant_memory`` writes each row as soon as the next begins; texts are texts, whatever they look like.
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": about.mark, "author": about.who, "comments": about.purpose})
        bold = book.add_format({"bold": True})
        sheet = book.add_worksheet(word("cases.export.sheet", locale))
        sheet.freeze_panes(1, 1)
        sheet.set_footer(f"&L{_plain(about.mark)} {_plain(about.who)}&R&P/&N")
        for column, width in enumerate(_WIDTHS):
            sheet.set_column(column, column, width)
        sheet.write_row(0, 0, titles(locale), bold)
        for number, row in enumerate(rows, 1):
            for column, each in enumerate(row):
                sheet.write_string(number, column, each)
        other = book.add_worksheet(word("cases.export.about", locale))
        other.set_column(0, 0, 16)
        other.set_column(1, 1, 60)
        for number, (title, said) in enumerate(about.lines(locale)):
            other.write_string(number, 0, title, bold)
            other.write_string(number, 1, said)


def _plain(text: str) -> str:
    """``&`` begins a command in a footer."""
    return text.replace("&", "＆")[:80]


FORMATS: Mapping[str, Format] = {
    "csv": Format("csv", "text/csv; charset=utf-8", _csv),
    "xlsx": Format("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "json": Format("jsonl", "application/x-ndjson; charset=utf-8", _jsonl),
}
