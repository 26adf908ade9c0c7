"""Blank files to fill in: the columns that are known, a filled row, and a second sheet that says what each column is for."""

import io
from collections.abc import Sequence

from core.items.studio.importing.columns import CATALOGUE, MATERIALS, Column
from core.kernel.wording import word

#: What can be filled in: name → columns that the blank has.
BLANKS: dict[str, Sequence[Column]] = {
    "materials": [each for each in MATERIALS if not each.title.isascii()],
    "catalogue": [each for each in CATALOGUE if not each.title.isascii()],
}


def workbook(kind: str, locale: str) -> bytes:
    """The blank file of a kind (``materials``, ``catalogue``) as XLSX. The columns are called as in the national lists in every language."""
    import xlsxwriter  # a megabyte of code that only this needs

    known, file = BLANKS[kind], io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    with xlsxwriter.Workbook(file, options) as book:
        bold, plain = book.add_format({"bold": True, "text_wrap": True, "bg_color": "#E8EEF7"}), book.add_format({"num_format": "@"})
        sheet = book.add_worksheet(word(f"items.import_sheet_{kind}", locale))
        sheet.freeze_panes(1, 1)
        about = book.add_worksheet(word("items.import_sheet_about", locale))
        about.set_column(0, 0, 26)
        about.set_column(1, 3, 40)
        for place, key in enumerate(("column", "meaning", "also", "must")):
            about.write_string(0, place, word(f"items.import_about_{key}", locale), bold)
        for place, column in enumerate(known):
            sheet.set_column(place, place, max(12, 2 * len(column.title), min(30, 2 * len(column.example))), plain)
            sheet.write_string(0, place, column.title, bold)
            sheet.write_string(1, place, column.example)
            told = (column.title, word(f"items.import_to_{column.target}", locale), "、".join(column.also), word("items.import_must", locale) * column.required)
            for cell, text in enumerate(told):
                about.write_string(place + 1, cell, text)
    return file.getvalue()
