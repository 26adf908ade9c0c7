"""Tables that people hand in: CSV and XLSX, read row by row, every cell as text. What is broken, or unpacks without end, is refused."""

import csv
import io
from collections.abc import Iterator
from typing import IO

from core.kernel.errors import BadInput

#: Bytes that a workbook may unpack to – a million rows of twenty columns are less.
UNPACKED = 1 << 30


def read_table(stream: IO[bytes], name: str, *, columns: int | None = None, unpacked: int = UNPACKED) -> Iterator[list[str]]:
    """The rows of a CSV file (UTF-8, with or without a mark, or GB 18030) or of the first sheet of an XLSX file, every cell as text, read as they are asked
    for and cut after *columns*; of a formula, what it came to when the file was saved. A workbook that unpacks to more than *unpacked* bytes, or that is
    made to fill memory, is none. Raises :class:`BadInput` that names the file when it is neither."""
    return _xlsx(stream, name, columns, unpacked) if name.lower().endswith(".xlsx") else _csv(stream, name, columns)


def _csv(stream: IO[bytes], name: str, columns: int | None) -> Iterator[list[str]]:
    head = stream.read(65_536)
    stream.seek(0)
    text = io.TextIOWrapper(stream, encoding=_encoding(head), newline="")
    try:
        yield from (row[:columns] for row in csv.reader(text))
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
    from core.kernel import workbooks  # what only an import needs

    try:
        yield from workbooks.rows(stream, columns, unpacked)
    except workbooks.Unfit as error:
        raise BadInput("kernel.no_table", name=name, why=str(error)) from error
    except Exception as error:  # a broken package fails in any of a dozen places
        raise BadInput("kernel.no_table", name=name, why=type(error).__name__) from error
