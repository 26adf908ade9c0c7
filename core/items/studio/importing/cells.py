"""Cells of one row, read as what a column means; everything that is wrong with the row is collected, with how to mend it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from core.items.studio.importing.reading import plain
from core.kernel.wording import word

T = TypeVar("T")
_DIGITS = {"零": 0, "一": 1, "壹": 1, "二": 2, "贰": 2, "两": 2, "三": 3, "叁": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9, "十": 10}
_NUMBER = re.compile(r"(?:约|第)?(\d{1,6})(?:\.0+)?\s*(?:份|个|件|次|天|日|套|张|页)?")
YES = {"是": True, "有": True, "收费": True, "支持": True, "1": True, "y": True, "yes": True, "true": True,
       "否": False, "无": False, "不收费": False, "不支持": False, "没有": False, "0": False, "n": False, "no": False, "false": False}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a row: the column as it is titled in the file, the mistake (``items.import_<key>``) and what fills its words."""

    column: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self, locale: str) -> str:
        """What is wrong and how to mend it."""
        return word(f"items.import_{self.key}", locale, **self.params)

    def to_json(self) -> dict[str, Any]:
        """As it is kept with the result of a row."""
        return {"column": self.column, "key": self.key, "params": dict(self.params)}


def shown(text: str) -> str:
    """A value of a cell in a sentence about it: its beginning."""
    return text if len(text) <= 40 else text[:39] + "…"


class Cells:
    """One row of a table whose columns are mapped (target → title of the column)."""

    def __init__(self, columns: Sequence[str], mapping: Mapping[str, str], cells: Sequence[str]) -> None:
        self._cells = dict(zip(columns, cells, strict=True))
        self._mapping = mapping
        self.wrong: list[Wrong] = []

    def text(self, target: str, most: int | None = None) -> str:
        """The text for *target*, empty where no column gives one. Longer than *most* characters is wrong."""
        found = self._cells.get(self._mapping.get(target, ""), "").strip().removeprefix("'")
        if most is not None and len(found) > most:
            self.complain(target, "too_long", most=most, length=len(found))
            return ""
        return found

    def complain(self, target: str, key: str, **params: Any) -> None:
        """Note that the cell for *target* is wrong."""
        self.wrong.append(Wrong(self._mapping.get(target, target), key, params))

    def unmapped(self) -> list[str]:
        """Titles of the columns that have something in this row and are mapped to nothing."""
        used = set(self._mapping.values())
        return [column for column, cell in self._cells.items() if cell and column not in used]

    def number(self, target: str, most: int) -> int | None:
        """A whole number from 0 to *most*: 2, 2份, 两份."""
        text = self.text(target)
        if not text:
            return None
        match = _NUMBER.fullmatch(text)
        value = int(match[1]) if match else _DIGITS.get(text[0]) if len(text) <= 2 else None
        if value is None or value > most:
            self.complain(target, "not_a_number", value=shown(text), most=most)
            return None
        return value

    def choice(self, target: str, table: Mapping[str, T]) -> T | None:
        """What a word of a closed list means (*table*: word → meaning)."""
        text = self.text(target)
        if not text:
            return None
        found = table.get(plain(text))
        if found is None:
            known = "、".join(key for key in table if not key.isascii())
            self.complain(target, "not_a_choice", value=shown(text), known=known)
        return found

    def yes(self, target: str) -> bool | None:
        """Yes or no; ``None`` where nothing is said."""
        return self.choice(target, YES)
