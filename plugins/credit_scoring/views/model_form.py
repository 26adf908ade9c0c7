"""A model as form rows and back: what people change without seeing JSON. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.datastructures import MultiDict

#: Section → its rows, each column → text.
Rows = dict[str, list[dict[str, str]]]
_MOST = 400


@dataclass(frozen=True, slots=True)
class Column:
    """One input of a row. ``choices`` names a list of :func:`choices`; ``wide`` takes the room of two."""

    name: str
    title: str
    choices: str = ""
    wide: bool = False
    number: bool = False


def _columns(*given: tuple[Any, ...]) -> tuple[Column, ...]:
    return tuple(Column(*each) for each in given)


def _conditions() -> tuple[Column, ...]:
    found: tuple[Column, ...] = ()
    for n in ("1", "2"):
        found += (Column(f"field{n}", f"条件{n}：字段", "fields"), Column(f"op{n}", f"条件{n}：比较", "ops"), Column(f"value{n}", f"条件{n}：值"))
    return found


_NAMES = (("zh", "名称（中文）", "", True), ("en", "名称（英文）", "", True))
HEAD = _columns(
    *_NAMES, ("base", "基准分", "", False, True), ("lowest", "最低分", "", False, True), ("highest", "最高分", "", False, True),
    ("A", "A 级从多少分起", "", False, True), ("B", "B 级从多少分起", "", False, True), ("C", "C 级从多少分起", "", False, True),
)  # fmt: skip
#: Every section of the form: (name, title, columns).
SECTIONS: tuple[tuple[str, str, tuple[Column, ...]], ...] = (
    ("groups", "一级指标", _columns(("id", "代码"), *_NAMES)),
    (
        "indicators", "指标和权重",
        _columns(
            ("id", "代码"), ("group", "一级指标", "groups"), *_NAMES, ("weight", "权重", "", False, True), ("least", "最多扣到", "", False, True),
            ("most", "最多加到", "", False, True),
        ),
    ),
    (
        "rules", "加分和减分",
        (
            *_columns(
                ("id", "代码"), ("indicator", "算在哪个指标", "indicators"), ("entry", "哪种信息", "entries"), *_NAMES, ("points", "分值", "", False, True),
                ("per", "怎样计", "per"), ("field", "按哪个数", "fields"), ("unit", "每多少计一次", "", False, True), ("most", "最多计几次", "", False, True),
                ("months", "近几个月", "", False, True), ("months1", "满几个月后递减", "", False, True), ("share1", "递减到几成", "", False, True),
                ("months2", "再满几个月", "", False, True), ("share2", "递减到几成（二）", "", False, True), ("industries", "只用于行业（逗号分隔）"),
            ),
            *_conditions(),
        ),
    ),
    ("vetoes", "一票否决", (*_columns(("id", "代码"), ("entry", "哪种信息", "entries"), *_NAMES, ("grade", "定为", "low")), *_conditions())),
    (
        "industries", "分行业的等级线",
        _columns(("industry", "行业", "industries"), ("A", "A 级从", "", False, True), ("B", "B 级从", "", False, True), ("C", "C 级从", "", False, True)),
    ),
    ("weights", "分行业的权重", _columns(("industry", "行业", "industries"), ("indicator", "指标", "indicators"), ("weight", "权重", "", False, True))),
)  # fmt: skip


def rows_of(doc: Mapping[str, Any]) -> Rows:
    """The rows that show *doc*."""
    grades = doc["grades"]
    rows: Rows = {"head": [{**doc["title"], "base": doc["base"], "lowest": doc["lowest"], "highest": doc["highest"], **grades}]}
    rows["groups"] = [{"id": each["id"], **each["title"]} for each in doc["groups"]]
    rows["indicators"] = [_texts(each, "id", "group", "weight", "least", "most") | dict(each["title"]) for each in doc["indicators"]]
    rows["rules"] = [
        _texts(each, "id", "indicator", "entry", "points", "per", "field", "unit", "most", "months")
        | dict(each["title"]) | _fades(each) | _when(each) | {"industries": "，".join(each.get("industries", ()))}
        for each in doc["rules"]
    ]  # fmt: skip
    rows["vetoes"] = [_texts(each, "id", "entry", "grade") | dict(each["title"]) | _when(each) for each in doc.get("vetoes", ())]
    rows["industries"] = [{"industry": each["industry"], **each.get("grades", {})} for each in doc.get("industries", ())]
    rows["weights"] = [
        {"industry": each["industry"], "indicator": weight["indicator"], "weight": weight["weight"]}
        for each in doc.get("industries", ())
        for weight in each.get("weights", ())
    ]
    return rows


def posted(form: "MultiDict[str, str]") -> Rows:
    """The rows as a form posts them: ``rules-3-points``. Rows marked to go, and blank ones, are left out."""
    rows: Rows = {}
    for name, _title, columns in (("head", "", HEAD), *SECTIONS):
        found = []
        for number in range(min(_count(form, name), _MOST)):
            values = {column.name: form.get(f"{name}-{number}-{column.name}", "").strip()[:200] for column in columns}
            if not form.get(f"{name}-{number}-drop") and any(value for key, value in values.items() if key not in ("per", "op1", "op2")):
                found.append(values)
        rows[name] = found
    return rows


def with_blank(rows: Rows, section: str) -> Rows:
    """*rows* with an empty one more in *section*."""
    return {name: [*found, {}] if name == section else found for name, found in rows.items()}


def document(rows: Rows, before: Mapping[str, Any], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The document that *rows* say. What the form does not show (basis, assumptions) stays as it was *before*. Nothing is checked here.

    *known*: entries of the catalogue → fields → type; a value is compared as what its field is.
    """
    head = rows["head"][0] if rows["head"] else {}
    doc = {
        **before, "title": _title(head), "base": head.get("base", ""), "lowest": head.get("lowest", ""), "highest": head.get("highest", ""),
        "grades": {name: head.get(name, "") for name in "ABC"},
    }  # fmt: skip
    doc["groups"] = [{"id": each["id"], "title": _title(each)} for each in _named(rows["groups"], "group")]
    doc["indicators"] = [
        {"id": each["id"], "group": each["group"], "title": _title(each), "weight": each["weight"] or "1", **_some(each, "least", "most")}
        for each in _named(rows["indicators"], "indicator")
    ]
    doc["rules"] = [_rule(each, known) for each in _named(rows["rules"], "rule")]
    doc["vetoes"] = [
        {"id": each["id"], "entry": each["entry"], "title": _title(each), "grade": each["grade"], **_conditions_of(each, known)}
        for each in _named(rows["vetoes"], "veto")
    ]
    doc["industries"] = _industries(rows)
    return {name: value for name, value in doc.items() if value != [] or name in before}


def choices(rows: Rows, entries: Mapping[str, Mapping[str, Any]], own: Callable[[Any], str], say: Callable[[str], str]) -> dict[str, list[tuple[str, str]]]:
    """What the selects of the form offer."""
    from plugins.credit_scoring.words import INDUSTRIES

    fields: dict[str, str] = {}
    for entry in entries.values():
        for field in entry["fields"]:
            fields.setdefault(field["id"], own(field["title"]))
    return {
        "groups": [(each["id"], own(each)) for each in rows["groups"] if each.get("id")],
        "indicators": [(each["id"], own(each)) for each in rows["indicators"] if each.get("id")],
        "entries": [(code, own(entry["title"])) for code, entry in entries.items()],
        "fields": [("", "–"), *((key, f"{title} · {key}") for key, title in sorted(fields.items()))],
        "ops": [(each, each) for each in ("==", "!=", ">=", ">", "<=", "<", "in")],
        "per": [("record", say("每条信息")), ("unit", say("每个数量单位")), ("absent", say("没有这种信息时"))],
        "low": [("D", "D"), ("C", "C")],
        "industries": [(key, say(title)) for key, title in INDUSTRIES.items()],
    }


def _count(form: "MultiDict[str, str]", section: str) -> int:
    numbers = [name.split("-")[1] for name in form if name.startswith(f"{section}-") and name.count("-") == 2]
    return max((int(each) for each in numbers if each.isdigit() and len(each) < 4), default=-1) + 1


def _texts(row: Mapping[str, Any], *names: str) -> dict[str, str]:
    return {name: str(row[name]) for name in names if row.get(name) is not None}


def _fades(row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, each in enumerate(row.get("fades", ())[:2], 1):
        found |= {f"months{number}": str(each["months"]), f"share{number}": each["share"]}
    return found


def _when(row: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for number, each in enumerate(row.get("when", ())[:2], 1):
        value = "，".join(map(str, each["value"])) if isinstance(each["value"], list) else str(each["value"])
        found |= {f"field{number}": each["field"], f"op{number}": each["op"], f"value{number}": value}
    return found


def _named(rows: list[dict[str, str]], word: str) -> list[dict[str, str]]:
    """Rows with an id each: who adds one need not think of a code."""
    taken = {each.get("id", "") for each in rows}
    found = []
    for each in rows:
        number = 1
        while not each.get("id") and f"{word}_{number}" in taken:
            number += 1
        code = each.get("id") or f"{word}_{number}"
        taken.add(code)
        found.append({**each, "id": code})
    return found


def _title(row: Mapping[str, str]) -> dict[str, str]:
    return {"zh": row.get("zh", ""), "en": row.get("en", "") or row.get("zh", "")}


def _some(row: Mapping[str, str], *names: str) -> dict[str, str]:
    return {name: row[name] for name in names if row.get(name)}


def _rule(row: dict[str, str], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    found: dict[str, Any] = {"id": row["id"], "indicator": row["indicator"], "entry": row["entry"], "title": _title(row), "points": row["points"]}
    found |= {name: row[name] for name, usual in (("per", "record"), ("field", ""), ("unit", "1")) if row.get(name) not in (None, "", usual)}
    found |= {name: _whole(row[name]) for name in ("most", "months") if row.get(name)}
    fades = [{"months": _whole(row[f"months{n}"]), "share": row[f"share{n}"]} for n in ("1", "2") if row.get(f"months{n}") or row.get(f"share{n}")]
    industries = [each for each in row.get("industries", "").replace("，", ",").replace(" ", ",").split(",") if each]
    return found | ({"fades": fades} if fades else {}) | ({"industries": industries} if industries else {}) | _conditions_of(row, known)


def _conditions_of(row: Mapping[str, str], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    found = []
    for n in ("1", "2"):
        if row.get(f"field{n}"):
            op, text = row.get(f"op{n}") or "==", row.get(f"value{n}", "")
            kind = known.get(row.get("entry", ""), {}).get(row[f"field{n}"], "text")
            value: Any = [_value(each, kind) for each in text.replace("，", ",").split(",") if each] if op == "in" else _value(text, kind)
            found.append({"field": row[f"field{n}"], "op": op, "value": value})
    return {"when": found} if found else {}


def _industries(rows: Rows) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for each in rows["industries"]:
        own = found.setdefault(each["industry"], {"industry": each["industry"]})
        if any(each.get(name) for name in "ABC"):
            own["grades"] = {name: each.get(name, "") for name in "ABC"}
    for each in rows["weights"]:
        own = found.setdefault(each["industry"], {"industry": each["industry"]})
        own.setdefault("weights", []).append({"indicator": each["indicator"], "weight": each["weight"]})
    return list(found.values())


def _value(text: str, kind: str) -> Any:
    """A number for a field of numbers, where it is one; amounts are compared as numbers, codes as texts."""
    if kind != "number" or isinstance(whole := _whole(text), int):
        return text if kind != "number" else whole
    try:
        return float(text)
    except ValueError:
        return text


def _whole(text: str) -> Any:
    """An integer where it is one; the text otherwise, which the schema then refuses by name."""
    return int(text) if text.removeprefix("-").isdigit() and text.isascii() and len(text) < 10 else text
