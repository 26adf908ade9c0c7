"""Tables that people hand in and take away: CSV and XLSX."""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from core.kernel.errors import BadInput
from core.kernel.sheets import write_csv


def read_table(stream: IO[bytes], name: str) -> Iterator[list[str]]:
    """The rows of a CSV file (UTF-8, with or without a mark, or GB 18030) or of the first sheet of an XLSX file, every cell as text, read as they are asked
    for. Raises :class:`BadInput` that names the file when it is neither."""
    return _xlsx(stream, name) if name.lower().endswith(".xlsx") else _csv(stream, name)


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """*rows* – the heads first – as a file that a spreadsheet opens; no text in it is run as a formula."""
    file = io.BytesIO()
    write_csv(file, rows)
    return file.getvalue()


def _csv(stream: IO[bytes], name: str) -> Iterator[list[str]]:
    head = stream.read(65_536)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=_encoding(head), newline="")
    try:
        yield from csv.reader(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput("sdk.no_table", name=name, why=str(error)) from error
    finally:
        text.detach()


def _encoding(head: bytes) -> str:
    """UTF-8 unless the beginning is none; a character cut at the end of *head* is no reason."""
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start >= len(head) - 3 else "gb18030"
    return "utf-8-sig"


def _xlsx(stream: IO[bytes], name: str) -> Iterator[list[str]]:
    import openpyxl  # a megabyte of code that only an import needs

    try:
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise BadInput("sdk.no_table", name=name, why=str(error)) from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True):
            yield ["" if cell is None else str(cell) for cell in row]
    finally:
        book.close()
