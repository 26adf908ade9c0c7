"""A yearly notice as a document: read, checked, and the ones that are shipped.

``{"year": 2026, "confirmed": true, "source": "国办发明电…", "address": "https://…", "off": {"2026-01-01": "元旦"}, "work": {"2026-01-04": "调休上班"}}``.
``off`` and ``work`` may also be plain lists of dates; a day with a basis of its own is ``{"name": "…", "source": "…"}``.
Dates of the shipped years are the State Council's own.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from core.kernel.errors import Finding
from core.worktime.calendars import Calendar, SpecialDay, statutory_name
from core.worktime.errors import BadCalendar

_NAMES = {"off": "休息日", "work": "调休上班"}


@dataclass(frozen=True, slots=True)
class YearNotice:
    """One year's days off and working weekends."""

    year: int
    confirmed: bool
    source: str
    days: Mapping[date, SpecialDay]


def read_notice(doc: Mapping[str, Any]) -> YearNotice:
    """*doc* checked and compiled. Raises :class:`BadCalendar` with every finding at once."""
    findings: list[Finding] = []
    year = doc.get("year") if isinstance(doc, Mapping) else None  # people paste anything
    if not isinstance(year, int) or isinstance(year, bool) or not 2000 <= year <= 2099:
        raise BadCalendar(findings=(Finding("error", "/year", "worktime.calendar.year", {"year": year}),))
    source = doc.get("source")
    if not isinstance(source, str) or not 0 < len(source) <= 200:
        findings.append(Finding("error", "/source", "worktime.calendar.source"))
    if not isinstance(doc.get("confirmed", True), bool):
        findings.append(Finding("error", "/confirmed", "worktime.calendar.confirmed"))
    off = _dates(doc, "off", year, findings)
    work = _dates(doc, "work", year, findings)
    findings += [Finding("error", f"/work/{day}", "worktime.calendar.both", {"day": day.isoformat()}) for day in sorted(off.keys() & work.keys())]
    findings += [Finding("error", f"/work/{day}", "worktime.calendar.not_weekend", {"day": day.isoformat()}) for day in sorted(work) if day.weekday() < 5]
    findings += [
        Finding("error", "/off", "worktime.calendar.missing", {"day": f"{year}-{m:02}-{d:02}"})
        for m, d in ((1, 1), (5, 1), (10, 1))
        if date(year, m, d) not in off
    ]
    if findings:
        raise BadCalendar(findings=tuple(findings))
    days = {day: SpecialDay("holiday", name, own or str(source)) for day, (name, own) in off.items()}
    days |= {day: SpecialDay("makeup", name, own or str(source)) for day, (name, own) in work.items()}
    return YearNotice(year, bool(doc.get("confirmed", True)), str(source), days)


def _dates(doc: Mapping[str, Any], part: str, year: int, findings: list[Finding]) -> dict[date, tuple[str, str]]:
    """Day → its name and the basis of its own, empty when the year's notice is the basis."""
    raw = doc.get(part, {})
    if not isinstance(raw, (list, dict)) or len(raw) > 366:
        findings.append(Finding("error", f"/{part}", "worktime.calendar.list", {"part": part}))
        return {}
    pairs: Iterable[tuple[Any, Any]] = raw.items() if isinstance(raw, dict) else ((day, None) for day in raw)
    found: dict[date, tuple[str, str]] = {}
    for text, name in pairs:
        try:
            day = date.fromisoformat(text)
        except (TypeError, ValueError):
            findings.append(Finding("error", f"/{part}/{text}", "worktime.calendar.date", {"day": str(text)[:40]}))
            continue
        if day.year != year:
            findings.append(Finding("error", f"/{part}/{text}", "worktime.calendar.other_year", {"day": text, "year": year}))
        own = name.get("source") if isinstance(name, Mapping) else None
        if own is not None and not (isinstance(own, str) and 0 < len(own) <= 200):
            findings.append(Finding("error", f"/{part}/{text}/source", "worktime.calendar.source"))
            continue
        name = name.get("name") if isinstance(name, Mapping) else name
        given = name if isinstance(name, str) and 0 < len(name) <= 60 else None
        found[day] = (given or statutory_name(day) or _NAMES[part], own or "")
    return found


def build_calendar(notices: Iterable[YearNotice], **options: Any) -> Calendar:
    """A calendar from *notices*; later ones lie on top of earlier ones. Confirmed as far as the years are confirmed without a gap."""
    days: dict[date, SpecialDay] = {}
    confirmed: dict[int, bool] = {}
    for notice in notices:
        days |= notice.days
        confirmed[notice.year] = notice.confirmed
    return Calendar(days, confirmed_until=confirmed_until(confirmed), known_years=frozenset(confirmed), **options)


def confirmed_until(years: Mapping[int, bool]) -> date:
    """31 December of the last year of the first unbroken row of confirmed years; the day before any year when there is none."""
    sure = sorted(year for year, is_sure in years.items() if is_sure)
    if not sure:
        return date.min
    last = sure[0]
    while last + 1 in sure:
        last += 1
    return date(last, 12, 31)


@cache
def shipped_notices() -> tuple[YearNotice, ...]:
    """The years that come with the product, oldest first."""
    folder = files("core.worktime") / "data"
    documents = sorted((f for f in folder.iterdir() if f.name.endswith(".json")), key=lambda f: f.name)
    return tuple(read_notice(json.loads(f.read_text(encoding="utf-8"))) for f in documents)


@cache
def shipped_calendar() -> Calendar:
    """The shipped years as a calendar, for checks and simulations that have no database."""
    return build_calendar(shipped_notices(), version="shipped")
