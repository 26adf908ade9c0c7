"""Rows of a table become records: which column is what, guessed and then said by a person; every mistake named with its column. Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from plugins.credit_scoring.terms import TERMS

#: What every row tells beside the fields of its entry: name → titles by which a column is recognised.
COMMON: Mapping[str, tuple[str, ...]] = {
    "number": ("统一社会信用代码", "社会信用代码", "信用代码", "身份证号", "身份证号码", "公民身份号码", "证件号码", "number", "uscc"),
    "name": ("企业名称", "单位名称", "主体名称", "姓名", "名称", "name"),
    "day": ("决定日期", "认定日期", "发生日期", "日期", "day", "date"),
    "reference": ("文号", "决定书文号", "编号", "reference"),
    "authority": ("决定机关", "认定部门", "机关", "来源单位", "authority"),
    "industry": ("行业", "行业门类", "industry"),
    "region": ("地区", "区划", "行政区划", "region"),
    "size": ("规模", "企业规模", "size"),
    "terms": ("公示类别", "公示期限类别", "terms"),
    "words": ("事由", "说明", "内容", "words"),
}
REQUIRED = ("number", "name", "day")
_LIMITS = {"name": 100, "reference": 100, "authority": 100, "industry": 20, "region": 40, "size": 20, "words": 1000}
_DAY = re.compile(r"([12][0-9]{3})\s*[-/.年]\s*([0-9]{1,2})\s*[-/.月]\s*([0-9]{1,2})\s*日?(?:[ T]00:00(?::00)?)?|([12][0-9]{3})([01][0-9])([0-3][0-9])")


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong in a row: the column (as it is titled), which mistake, and what helps to mend it. Never the value itself."""

    column: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Row:
    """A row that is right."""

    number: str
    name: str
    day: date
    data: Mapping[str, Any]
    terms: str
    reference: str = ""
    authority: str = ""
    industry: str = ""
    region: str = ""
    size: str = ""
    words: str = ""


def guess(columns: Sequence[str], fields: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Target → column, for the columns whose title says what they are."""
    plain = {_plain(column): column for column in reversed(columns)}
    wanted = {**COMMON, **{f"field.{each['id']}": (each["title"]["zh"], each["title"]["en"], each["id"]) for each in fields}}
    found: dict[str, str] = {}
    for target, titles in wanted.items():
        column = next((plain[_plain(title)] for title in titles if _plain(title) in plain), None)
        if column is not None and column not in found.values():
            found[target] = column
    return found


def unmapped(mapping: Mapping[str, str], fields: Sequence[Mapping[str, Any]]) -> list[str]:
    """Targets that every row needs and no column gives."""
    needed = [*REQUIRED, *(f"field.{each['id']}" for each in fields if each.get("required"))]
    return [target for target in needed if not mapping.get(target)]


class Reader:
    """Turns rows into records of one entry. Built once an import; the order of the columns is looked up once."""

    def __init__(
        self,
        columns: Sequence[str],
        mapping: Mapping[str, str],
        entry: Mapping[str, Any],
        *,
        check_number: Callable[[str], str | None],
        today: date,
    ) -> None:
        self._at = {target: columns.index(column) for target, column in mapping.items() if column in columns}
        self._titles = dict(mapping)
        self._fields = entry["fields"]
        self._term = str(entry["term"])
        self._check, self._today = check_number, today

    def read(self, cells: Sequence[object]) -> Row | list[Wrong]:
        """The record of a row, or everything that is wrong with it."""
        wrong: list[Wrong] = []
        number = "".join(self._text(cells, "number").upper().split())
        if not number:
            wrong.append(self._wrong("number", "missing"))
        elif self._check(number) is not None:
            wrong.append(self._wrong("number", "number"))
        words = {name: self._text(cells, name) for name in _LIMITS}
        if not words["name"]:
            wrong.append(self._wrong("name", "missing"))
        wrong += [self._wrong(name, "too_long", most=most) for name, most in _LIMITS.items() if len(words[name]) > most]
        day = self._day(cells, wrong)
        terms = self._terms(cells, wrong)
        data = self._data(cells, wrong)
        if wrong or day is None:
            return wrong
        return Row(number=number, day=day, data=data, terms=terms, **words)

    def _text(self, cells: Sequence[object], target: str) -> str:
        at = self._at.get(target)
        return "" if at is None or at >= len(cells) else tidy(cells[at])

    def _wrong(self, target: str, key: str, **params: Any) -> Wrong:
        return Wrong(self._titles.get(target, target), key, params)

    def _day(self, cells: Sequence[object], wrong: list[Wrong]) -> date | None:
        text = self._text(cells, "day")
        if not text:
            wrong.append(self._wrong("day", "missing"))
            return None
        day = read_day(text)
        if day is None:
            wrong.append(self._wrong("day", "day"))
        elif day > self._today:
            wrong.append(self._wrong("day", "future"))
        return day

    def _terms(self, cells: Sequence[object], wrong: list[Wrong]) -> str:
        """Kinds of publicity of the row beside that of its entry (several kinds of penalty in one decision)."""
        more = [each for each in re.split(r"[\s,，、;；|]+", self._text(cells, "terms")) if each]
        unknown = [each for each in more if each not in TERMS]
        if unknown:
            wrong.append(self._wrong("terms", "terms", known=", ".join(TERMS)))
        return ",".join(dict.fromkeys([self._term, *sorted(set(more))]))

    def _data(self, cells: Sequence[object], wrong: list[Wrong]) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for each in self._fields:
            target = f"field.{each['id']}"
            text = self._text(cells, target)
            if not text:
                if each.get("required"):
                    wrong.append(self._wrong(target, "missing"))
                continue
            value = read_value(text, each)
            if isinstance(value, Wrong):
                wrong.append(self._wrong(target, value.key, **value.params))
            else:
                data[each["id"]] = value
        return data


def read_value(text: str, field_doc: Mapping[str, Any]) -> Any:
    """*text* as a value of a catalogue's field, or what is wrong with it (column left empty)."""
    kind = field_doc["type"]
    if kind == "number":
        try:
            number = Decimal(text.replace(",", "").replace("，", ""))
        except InvalidOperation:
            return Wrong("", "not_a_number")
        if not number.is_finite() or abs(number) > 10**12:
            return Wrong("", "not_a_number")
        return int(number) if number == int(number) else float(number)
    if kind == "choice":
        for choice in field_doc.get("choices", ()):
            if text in (choice["value"], choice["title"]["zh"], choice["title"]["en"]):
                return choice["value"]
        return Wrong("", "choice", {"known": "、".join(choice["title"]["zh"] for choice in field_doc.get("choices", ()))})
    if kind == "date":
        day = read_day(text)
        return Wrong("", "day") if day is None else day.isoformat()
    return text if len(text) <= 200 else Wrong("", "too_long", {"most": 200})


def read_day(text: str) -> date | None:
    """A day as people and spreadsheets write it: 2026-11-22, 2026/11/22, 2026年11月22日, 20261122."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day = [each for each in match.groups() if each is not None]
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


_FULL = str.maketrans({**{chr(0xFF01 + i): chr(0x21 + i) for i in range(94)}, "　": " ", "，": "，", "（": "（", "）": "）"})


def tidy(cell: object) -> str:
    """A cell as text: no control characters, full-width letters and digits folded, the apostrophe that keeps a text a text in a spreadsheet gone."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = str(cell)
    if not text.isascii():
        text = text.translate(_FULL)
    if not text.isprintable():
        text = "".join(character for character in text if character.isprintable())
    return text.strip().removeprefix("'").strip()


def _plain(title: str) -> str:
    return "".join(tidy(title).split()).casefold().rstrip("*:：")
