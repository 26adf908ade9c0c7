"""Days and spans of days. A day is an ISO text in JSON and three inputs on a page, which every person and every reader can fill."""

# ruff: noqa: ARG002 - all kinds share one set of faces; each needs only some of the arguments

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from core.forms.branch import Branch
from core.forms.clean import code
from core.forms.fieldtypes.base import MISSING, FieldType, Problem, Title
from core.forms.spec import Field
from core.kernel.clock import today

_PARTS = ("year", "month", "day")
_ISO = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOOSE = re.compile(r"([0-9]{4})\s*[-./年]\s*([0-9]{1,2})\s*[-./月]\s*([0-9]{1,2})\s*[日号]?|([0-9]{4})([0-9]{2})([0-9]{2})")
_WEEK = "一二三四五六日"


def parse(text: str) -> date | None:
    """The day of an ISO text, ``None`` when there is no such day."""
    match = _ISO.fullmatch(text)
    if match is None:
        return None
    try:
        return date(*map(int, match.groups()))
    except ValueError:
        return None


def loose(text: str) -> str:
    """``2026年3月1日``, ``2026.3.1`` and ``20260301`` as ISO; anything else unchanged."""
    match = _LOOSE.fullmatch(text)
    if match is None:
        return text
    year, month, day = [g for g in match.groups() if g is not None]
    return f"{year}-{int(month):02d}-{int(day):02d}"


def from_branch(branch: Branch) -> Any:
    """A day posted whole or in three parts; what is no day is kept as typed."""
    if branch.texts and (whole := code(branch.texts[-1])):
        return loose(whole)
    parts = [code(branch.first(p) or "") for p in _PARTS]
    if not any(parts):
        return MISSING
    year, month, day = parts
    if all(p.isascii() and p.isdigit() for p in parts) and len(year) == 4 and len(month) <= 2 and len(day) <= 2:
        return f"{year}-{int(month):02d}-{int(day):02d}"
    return "-".join(parts)


def split(value: Any) -> tuple[str, str, str]:
    """A kept day as three inputs, a half-typed one just as it was typed."""
    if not isinstance(value, str):
        return "", "", ""
    parts = [*value.split("-", 2), "", ""][:3]
    if parse(value) is not None:
        return parts[0], str(int(parts[1])), str(int(parts[2]))
    return parts[0], parts[1], parts[2]


def words(value: Any, locale: str) -> str:
    """``2026年11月21日(周六)``, or ``Sat 21 Nov 2026``."""
    day = parse(value) if isinstance(value, str) else None
    if day is None:
        return "" if value is None else str(value)
    if locale == "en":
        return f"{day:%a} {day.day} {day:%b %Y}"
    return f"{day.year}年{day.month}月{day.day}日(周{_WEEK[day.weekday()]})"


def problem(value: str) -> tuple[str, dict[str, Any]] | None:
    """What keeps *value* from being a day, in the words that mend it."""
    if parse(value) is not None:
        return None
    year, month, day = split(value)
    missing = [p for p, text in zip(_PARTS, (year, month, day), strict=True) if not text]
    if missing and len(missing) < 3:
        return f"forms.date_no_{missing[0]}", {}
    if not (year.isdigit() and month.isdigit() and day.isdigit()):
        return "forms.date", {}
    if len(year) != 4:
        return "forms.date_year", {}
    if not 1 <= int(month) <= 12:
        return "forms.date_month", {"month": int(month)}
    return "forms.date_day", {"year": int(year), "month": int(month), "day": int(day)}


def bound(text: str | None) -> date | None:
    """A fixed bound of the definition: ``today`` or a day. Bounds that name a field are the form's to resolve."""
    if text is None:
        return None
    return today() if text == "today" else parse(text)


def edge_problems(field: Field, value: str) -> Iterator[Problem]:
    """Outside ``ui.earliest`` … ``ui.latest``."""
    day = parse(value)
    if day is None:
        return
    earliest, latest = bound(field.ui.get("earliest")), bound(field.ui.get("latest"))
    if earliest is not None and day < earliest:
        key = "forms.not_past" if field.ui["earliest"] == "today" else "forms.too_early"
        yield (), key, {"limit": earliest.isoformat()}
    if latest is not None and day > latest:
        key = "forms.not_future" if field.ui["latest"] == "today" else "forms.too_late"
        yield (), key, {"limit": latest.isoformat()}


class Day(FieldType):
    """One day."""

    key = "date"
    rule_type = "date"
    macro = "date"
    group = True
    title = Title("日期", "Date")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """A string; the calendar is :meth:`check`'s."""
        return {"type": "string", "maxLength": 40}

    def decode(self, field: Field, branch: Branch) -> Any:
        """Whole or in three parts."""
        return from_branch(branch)

    def clean(self, field: Field, value: Any) -> Any:
        """ISO."""
        return loose(code(value)) if isinstance(value, str) else value

    def encode(self, field: Field, value: Any) -> Any:
        """Year, month, day."""
        return split(value)

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """A real day within the bounds."""
        if wrong := problem(value):
            yield (), *wrong
        else:
            yield from edge_problems(field, value)

    def fact(self, field: Field, value: Any) -> Any:
        """ISO texts compare as days; what is no day is unknown."""
        return value if isinstance(value, str) and parse(value) else None

    def display(self, field: Field, value: Any, locale: str) -> str:
        """In words."""
        return words(value, locale)

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A day within the bounds."""
        earliest, latest = bound(field.ui.get("earliest")), bound(field.ui.get("latest"))
        if earliest is not None:
            return (earliest + timedelta(days=seed % 2 if latest is None else 0)).isoformat()
        return (latest or date(2026, 1, 5 + seed % 20)).isoformat()


class DateRange(FieldType):
    """From one day to another, both included."""

    key = "date_range"
    rule_type = "any"
    macro = "date_range"
    group = True
    title = Title("起止日期", "Date range")

    def fragment(self, schema: Mapping[str, Any], ui: Mapping[str, Any]) -> dict[str, Any]:
        """An object of two days."""
        day = {"type": "string", "maxLength": 40}
        return {"type": "object", "properties": {"from": day, "to": day}, "required": ["from", "to"], "additionalProperties": False}

    def decode(self, field: Field, branch: Branch) -> Any:
        """Two days, each whole or in parts."""
        ends = {end: from_branch(branch.child(end)) for end in ("from", "to")}
        kept = {end: value for end, value in ends.items() if value is not MISSING}
        return kept or MISSING

    def clean(self, field: Field, value: Any) -> Any:
        """ISO, nothing but the two ends."""
        if not isinstance(value, dict):
            return value
        return {end: loose(code(v)) if isinstance(v, str) else v for end in ("from", "to") if (v := value.get(end)) is not None}

    def encode(self, field: Field, value: Any) -> Any:
        """Twice year, month, day."""
        ends = value if isinstance(value, dict) else {}
        return {"from": split(ends.get("from")), "to": split(ends.get("to"))}

    def check(self, field: Field, value: Any) -> Iterator[Problem]:
        """Two real days in order."""
        bad = False
        for end in ("from", "to"):
            if wrong := problem(value[end]):
                bad = True
                yield (end,), *wrong
            else:
                yield from (((end,), key, params) for _, key, params in edge_problems(field, value[end]))
        if not bad and value["to"] < value["from"]:
            yield ("to",), "forms.range_order", {"limit": value["from"]}

    def display(self, field: Field, value: Any, locale: str) -> str:
        """Both in words."""
        if not isinstance(value, dict):
            return str(value)
        between = " to " if locale == "en" else "至"
        return f"{words(value.get('from'), locale)}{between}{words(value.get('to'), locale)}"

    def sample(self, field: Field, seed: int = 0) -> Any:
        """A month."""
        first = bound(field.ui.get("earliest")) or (bound(field.ui.get("latest")) or date(2026, 3, 1)) - timedelta(days=60)
        return {"from": first.isoformat(), "to": (first + timedelta(days=30)).isoformat()}
