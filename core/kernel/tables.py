"""Tables that people hand in: CSV and XLSX, read row by row, every cell as text. What is broken, or unpacks without end, is refused."""

import csv
import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO
from xml.etree.ElementTree import ParseError

from core.kernel.errors import BadInput

#: What a workbook may hold: parts, and bytes when unpacked – a million rows of twenty columns are less.
MEMBERS, UNPACKED = 2_000, 1 << 30


def read_table(stream: IO[bytes], name: str, *, columns: int | None = None, unpacked: int = UNPACKED) -> Iterator[list[str]]:
    """The rows of a CSV file (UTF-8, with or without a mark, or GB 18030) or of the first sheet of an XLSX file, every cell as text, read as they are asked
    for; of a formula, what it came to when the file was saved. A workbook's rows are cut after *columns*, and one that unpacks to more than *unpacked*
    bytes is none. Raises :class:`BadInput` that names the file when it is neither."""
    return _xlsx(stream, name, columns, unpacked) if name.lower().endswith(".xlsx") else _csv(stream, name)


def _csv(stream: IO[bytes], name: str) -> Iterator[list[str]]:
    head = stream.read(65_536)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=_encoding(head), newline="")
    try:
        yield from csv.reader(text)
    except (UnicodeDecodeError, csv.Error) as error:
        raise BadInput("kernel.no_table", name=name, why=str(error)) from error
    finally:
        text.detach()


def _encoding(head: bytes) -> str:
    """UTF-8 unless the beginning is none; a character cut at the end of *head* is no reason."""
    try:
        head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return "utf-8-sig" if error.start >= len(head) - 3 and len(head) >= 65_536 else "gb18030"
    return "utf-8-sig"


def _xlsx(stream: IO[bytes], name: str, columns: int | None, unpacked: int) -> Iterator[list[str]]:
    import openpyxl  # a megabyte of code that only an import needs

    try:
        _refuse_bomb(stream, name, unpacked)
        book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
    except BadInput:
        raise
    except Exception as error:  # a broken package fails in any of a dozen places
        raise BadInput("kernel.no_table", name=name, why=type(error).__name__) from error
    try:
        for row in book.worksheets[0].iter_rows(values_only=True, max_col=columns):
            yield ["" if cell is None else str(cell) for cell in row]
    except (ParseError, LookupError, ValueError, TypeError, OSError, zipfile.BadZipFile, zlib.error) as error:
        raise BadInput("kernel.no_table", name=name, why=type(error).__name__) from error
    finally:
        book.close()


def _refuse_bomb(stream: IO[bytes], name: str, unpacked: int) -> None:
    """A few kilobytes that unpack to more than any table holds are no table."""
    with zipfile.ZipFile(stream) as package:
        members = package.infolist()
    if len(members) > MEMBERS or sum(member.file_size for member in members) > unpacked:
        raise BadInput("kernel.no_table", name=name, why=f"> {unpacked >> 20} MiB")
    stream.seek(0)
