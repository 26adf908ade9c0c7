"""Rows of a catalogue in the columns of the national implementation list, each as the content of a draft made from the template of its type. Pure.

What a row says is taken over; what it does not say is listed as to be filled in. The flow (办理流程) is prose and becomes no route: the route is the
template's, and the item says so.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from core.items.studio import beginnings
from core.items.studio.importing.cells import Cells, Wrong, shown
from core.items.studio.importing.materials import bare
from core.items.studio.importing.reading import Sheet, plain
from core.kernel.wording import word
from core.schemas import service as schemas

#: GB/T 39046 A.1: what applicants do not apply for is no item of a hall.
NOT_APPLIED_FOR = ("02", "03", "06")
#: Which template a type begins with; the others with that for records.
_TEMPLATES = {"01": "permit", "05": "permit", "07": "permit", "08": "permit", "09": "permit"}
_TYPES = {"许可": "01", "确认": "07", "给付": "05", "奖励": "08", "裁决": "09", "其他": "10", "其他行政权力": "10", "备案": "10", "行政备案": "10",
          "依申请公共服务": "20", "公共服务事项": "20"}  # fmt: skip
_LEVELS = {"国家": "country", "省": "province", "市": "city", "地市级": "city", "设区的市级": "city", "县": "county", "区级": "county", "县区级": "county",
           "乡镇级": "town", "乡级": "town", "镇级": "town", "街道级": "town", "村级": "village", "社区级": "village"}  # fmt: skip
_OBJECTS = {"个人": "1", "企业": "2", "法人": "2", "事业单位": "3", "社会组织": "4"}
_CASES = {"即办件": "instant", "即办": "instant", "承诺件": "promised", "承诺": "promised", "instant": "instant", "promised": "promised"}
_UNITS = {"工作日": "working_day", "个工作日": "working_day", "自然日": "calendar_day", "日历日": "calendar_day", "月": "month", "个月": "month", "年": "year",
          "小时": "hour", "个小时": "hour", "当场": "at_once", "即时": "at_once", "即办": "at_once"}  # fmt: skip
_LIMIT = re.compile(r"(\d{1,4})(?:\.0+)?\s*(\D*)")
_NUMBERED = re.compile(r"^\s*(?:\d{1,2}[.、．)）]|[(（]?[一二三四五六七八九十]{1,3}[)）、.])\s*")
_ARTICLE = re.compile(r"(《[^》]{2,100}》[^：:。\n]{0,80}?第[^：:，。\s]{1,30}[条款项])[：:，。\s]*(.*)", re.S)
_BETWEEN = re.compile(r"[、,，;；/|\n]+")


@dataclass(frozen=True, slots=True)
class Office:
    """A department in whose name whoever imports may draft."""

    id: str
    code: str
    title: str
    division: str
    level: str


@dataclass(frozen=True, slots=True)
class Row:
    """What a row becomes: ``content`` for a draft of ``office`` – still without a code, unless the row has one –, or everything that is wrong with it.
    ``left`` are columns of the row that nothing was made of."""

    line: int
    title: str
    template: str
    office: Office | None
    content: Mapping[str, Any] | None
    code: str
    wrong: tuple[Wrong, ...]
    left: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the rows of one file. *offices* are those of the actor, *usual* the one for rows that name none; *elsewhere* are names of the hall's other
    departments, *licences* its kinds of licence by title; *source* is what the file is called."""

    sheet: Sheet
    mapping: Mapping[str, str]
    offices: Sequence[Office]
    usual: str
    elsewhere: frozenset[str]
    licences: Mapping[str, str]
    source: str

    def read(self, start: int, end: int) -> tuple[Row, ...]:
        """The rows from place *start* up to *end*."""
        return tuple(self._row(line, values) for line, values in self.sheet.rows[start:end])

    def _row(self, line: int, values: Sequence[str]) -> Row:
        cells = Cells(self.sheet.columns, self.mapping, values)
        title = cells.text("title", 200)
        if not cells.text("title"):
            cells.complain("title", "missing_value")
        office, kind = self._office(cells), _type(cells)
        case = cells.choice("case_type", _CASES)
        limits = {name: _limit(cells, name) for name in ("statutory", "promised")}
        _compare(cells, limits)
        instant = case == "instant" or (case is None and (limits["promised"] or {}).get("unit") == "at_once")
        template = "instant" if instant else _TEMPLATES.get(kind or "", "record")
        code = _code(cells)
        level = _level(cells)
        content = beginnings.from_template(template, code="new", title=title or "–", department=office.code if office else "", level=level or "county")
        doc = content["item"]
        doc["type"] = kind or doc["type"]
        doc["level"] = level or (office.level if office else doc["level"])
        _basic(cells, doc, self.licences)
        _limits(doc, limits, instant=instant)
        _lists(cells, doc)
        _contacts(cells, doc)
        doc["provenance"] = _provenance(doc, word("items.import_row_of", "zh", name=self.source, line=line))
        wrong = tuple(cells.wrong)
        return Row(line, title, template, office, None if wrong or office is None else content, code, wrong, tuple(cells.unmapped()))

    def _office(self, cells: Cells) -> Office | None:
        """The department that a row names, else the usual one; another's is wrong."""
        name = bare(cells.text("office"))
        if not name:
            return next((each for each in self.offices if each.id == self.usual), None)
        found = [each for each in self.offices if name in (bare(each.title), bare(each.division + each.title), each.code)]
        if len(found) > 1:
            found = [each for each in found if each.id == self.usual]
        if not found:
            cells.complain("office", "other_office" if name in self.elsewhere else "no_office", name=shown(cells.text("office")))
            return None
        return found[0]


# ---- closed lists


@cache
def _titles(name: str) -> Mapping[str, str]:
    """Words of a closed list of the item's schema → its codes, with the codes themselves."""
    shape = schemas.load("item")["properties"][name]
    choices = (shape.get("items") or shape)["oneOf"]
    return {plain(each["title"]): each["const"] for each in choices} | {each["const"]: each["const"] for each in choices}


def _type(cells: Cells) -> str | None:
    if not cells.text("type"):
        cells.complain("type", "missing_value")
    found = cells.choice("type", {**_titles("type"), **_TYPES})
    if found in NOT_APPLIED_FOR:
        cells.complain("type", "not_applied_for", value=shown(cells.text("type")))
    return found


def _level(cells: Cells) -> str | None:
    return cells.choice("level", {**_titles("level"), **_LEVELS})


def _code(cells: Cells) -> str:
    given = cells.text("code").lower()
    if (given and re.fullmatch(schemas.load("item")["properties"]["code"]["pattern"], given) is None) or len(given) > 64:
        cells.complain("code", "bad_id", value=shown(given))
    return given


# ---- limits


def _limit(cells: Cells, name: str) -> dict[str, Any] | None:
    """A limit from its cell and that of its unit: 20 + 工作日, or 20个工作日 in one. Days that are not called working or natural ones are asked about."""
    text, unit = plain(cells.text(name)), plain(cells.text(f"{name}_unit"))
    if not text:
        return None
    if text in ("当场", "即时", "即办", "当场办结", "即时办结", "马上办"):
        return {"value": 0, "unit": "at_once"}
    match = _LIMIT.fullmatch(text)
    if match is None or int(match[1]) > 3650:
        cells.complain(name, "not_a_limit", value=shown(text))
        return None
    if int(match[1]) == 0:
        return {"value": 0, "unit": "at_once"}
    found = _UNITS.get(match[2] or unit) or _UNITS.get(unit)
    if found is None or found == "at_once":
        cells.complain(f"{name}_unit" if unit or not match[2] else name, "no_unit", value=shown(match[2] or unit), known="工作日、自然日、个月、年、小时")
        return None
    note = cells.text(f"{name}_note", 500)
    return {"value": int(match[1]), "unit": found, **({"basis": note} if note else {})}


def _compare(cells: Cells, limits: Mapping[str, Mapping[str, Any] | None]) -> None:
    """行政许可法 42: what is promised is no longer than what the law allows."""
    statutory, promised = limits["statutory"], limits["promised"]
    if statutory and promised and statutory["unit"] == promised["unit"] and promised["value"] > statutory["value"]:
        cells.complain("promised", "promised_longer", promised=promised["value"], statutory=statutory["value"])


def _limits(doc: dict[str, Any], limits: Mapping[str, dict[str, Any] | None], *, instant: bool) -> None:
    """Of what is done at once the template's limits stand; else what the row says, and what it does not is not known."""
    doc["route"]["limits"] |= {name: limit for name, limit in limits.items() if limit is not None}
    if not instant:
        empty = {"value": None, "unit": (limits["statutory"] or limits["promised"] or {}).get("unit", "working_day")}
        doc["route"]["limits"] |= {name: dict(empty) for name, limit in limits.items() if limit is None}
    if instant:
        doc["route"]["limits"]["promised"] = {"value": 0, "unit": "at_once"}


# ---- the rest of a row


def _basic(cells: Cells, doc: dict[str, Any], licences: Mapping[str, str]) -> None:
    doc["codes"] = {name: cells.text(name, 50) or None for name in ("basic", "implementation", "handle", "local")}
    table = {**_titles("service_objects"), **_OBJECTS}
    named = [each for each in _BETWEEN.split(cells.text("objects")) if each.strip()]
    for each in named:
        if plain(each) not in table:
            cells.complain("objects", "not_a_choice", value=shown(each), known="、".join(key for key in _titles("service_objects") if not key.isascii()))
    doc["service_objects"] = sorted({table[plain(each)] for each in named if plain(each) in table}) or doc["service_objects"]
    times = cells.number("visits", 20)
    doc["visits"] = {"times": times, "reason": cells.text("visits_note", 300) or None}
    manner, online = cells.text("manner"), cells.yes("online")
    if online is not None or manner:
        doc["online"] = {"apply": online if online is not None else any(sign in manner for sign in ("网", "线上"))}
    if url := cells.text("url", 500):
        doc["online"]["url"] = url
    charged = cells.yes("charged")
    doc["fees"] = {"charged": charged, "items": [_fee(cells)] if charged else []}
    result = cells.text("result", 200)
    doc["results"] = [_result(result, licences)] if result and result not in ("无", "无结果") else []


def _fee(cells: Cells) -> dict[str, Any]:
    """What is charged: how much, the list does not say."""
    basis = cells.text("charge_basis", 500)
    return {"id": "fee", "title": word("items.import_fee", "zh"), "amount": None, "unit": "件", **({"basis": basis} if basis else {})}


def _result(title: str, licences: Mapping[str, str]) -> dict[str, Any]:
    code = licences.get(bare(title))
    return {"id": "result", "title": title, "kind": "document"} if code is None else {"id": "result", "title": title, "kind": "licence", "licence_type": code}


def _lists(cells: Cells, doc: dict[str, Any]) -> None:
    """Basis and conditions: a line each; an article of a law apart from what it says."""
    doc["basis"] = [{"id": f"b{n}", **_law(each)} for n, each in enumerate(_lines(cells, "basis", 5000), 1)]
    doc["conditions"] = [{"id": f"c{n}", "text": each} for n, each in enumerate(_lines(cells, "conditions", 2000), 1)]


def _lines(cells: Cells, target: str, most: int) -> list[str]:
    lines = [_NUMBERED.sub("", each).strip() for each in re.split(r"\n+", cells.text(target))]
    found = [each for each in lines if each and each != "无"]
    if len(found) > 100 or any(len(each) > most for each in found):
        cells.complain(target, "too_long", most=most, length=max(len(each) for each in found))
        return []
    return found


def _law(text: str) -> dict[str, str]:
    match = _ARTICLE.fullmatch(text)
    if match is not None and len(match[1]) <= 300:
        return {"title": match[1], **({"text": match[2]} if match[2] else {})}
    return {"title": text} if len(text) <= 300 else {"title": text[:60] + "……", "text": text}


def _contacts(cells: Cells, doc: dict[str, Any]) -> None:
    place, hours = cells.text("place", 300), cells.text("hours", 300)
    named = place if len(place) <= 100 else word("items.import_place", "zh")
    if place or hours:
        doc["places"] = [{"id": "main", "title": named or word("items.import_place", "zh"), "address": place or None, "hours": hours or None}]
    doc["contacts"] = {"consult": cells.text("consult", 100) or None, "complain": cells.text("complain", 100) or None}


def _provenance(doc: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Where the item comes from, what is the template's, and what is to be filled in."""
    told = {
        "materials": doc["materials"], "places": doc["places"], "redress": doc["redress"], "basis": doc["basis"], "conditions": doc["conditions"],
        "contacts.consult": doc["contacts"]["consult"], "contacts.complain": doc["contacts"]["complain"], "results": doc["results"],
        "visits.times": doc["visits"]["times"], "fees.charged": doc["fees"]["charged"],
        **{f"fees.items.{each['id']}.amount": each["amount"] for each in doc["fees"]["items"]},
        **{f"route.limits.{name}": limit["value"] for name, limit in doc["route"]["limits"].items()},
    }  # fmt: skip
    missing = sorted(path for path, held in told.items() if held in (None, []))
    why = word("items.import_assumed", "zh")
    return {"source": source, "source_kind": "imported_list", "assumed": {"route": why, "form": why}, "to_fill": missing}
