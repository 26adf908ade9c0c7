"""Tables that people hand in and take away: CSV and XLSX."""

import io
from collections.abc import Iterable, Sequence

from core.kernel.sheets import write_csv
from core.kernel.tables import read_table

__all__ = ["csv_bytes", "read_table"]


def csv_bytes(rows: Iterable[Sequence[object]]) -> bytes:
    """*rows* – the heads first – as a file that a spreadsheet opens; no text in it is run as a formula."""
    file = io.BytesIO()
    write_csv(file, rows)
    return file.getvalue()
