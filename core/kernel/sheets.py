"""Rows for a spreadsheet as CSV: UTF-8 with a mark at the beginning, which is how spreadsheets here know Chinese.

A text that a spreadsheet would run as a formula – it begins with ``= + - @``, a tab or a line break – gets an apostrophe in front (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import IO

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # full-width ones too: some spreadsheets fold them


def harmless(cell: object) -> object:
    """*cell*, a text so that no spreadsheet takes it for a formula; a number stays one."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


def write_csv(file: IO[bytes], rows: Iterable[Sequence[object]]) -> None:
    """Write *rows* to *file*, one by one; *file* stays open."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=False)
    csv.writer(text).writerows([harmless(each) for each in row] for row in rows)
    text.flush()
    text.detach()
