"""Verbs on the stored calendar: read it (cached by revision), import a year, watch the horizon."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, time
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import Actor
from core.kernel.clock import DEFAULT_ZONE, today
from core.kernel.errors import Finding
from core.kernel.ids import new_id
from core.worktime.calendars import Calendar, SpecialDay
from core.worktime.models import NATIONAL, CalendarDay, CalendarYear
from core.worktime.notice import YearNotice, confirmed_until, read_notice, shipped_calendar, shipped_notices
from core.worktime.projection import period_end
from core.worktime.spec import Limit

_kept: dict[tuple[str, str, str | None, str | None], Calendar] = {}
_KEEP = 64


def calendar(session: Session, division: str | None = None, *, zone: str = DEFAULT_ZONE, office_close: time | None = None) -> Calendar:
    """The working calendar of *division* (the national one with the division's own days on top).

    One small query a call: the newest revision. The calendar itself is built once a revision. A hall that imported nothing yet gets the shipped years.
    """
    divisions = [NATIONAL] if division in (None, NATIONAL) else [NATIONAL, str(division)]
    newest = select(CalendarYear.revision).where(CalendarYear.division_root.in_(divisions)).order_by(CalendarYear.revision.desc()).limit(1)
    revision = session.scalar(newest)  # no max(): PostgreSQL has none for uuid
    if revision is None:
        return _shipped(zone, office_close)
    key = (str(revision), divisions[-1], zone, office_close.isoformat() if office_close else None)
    if key not in _kept:
        if len(_kept) >= _KEEP:
            _kept.clear()
        _kept[key] = _read(session, divisions, str(revision), zone, office_close)
    return _kept[key]


def import_year(session: Session, doc: Mapping[str, Any], actor: Actor, *, division: str = NATIONAL) -> YearNotice:
    """Enter one year's notice, in place of what was there, and give the calendar a new revision so that open clocks are projected again.

    Raises :class:`core.worktime.errors.BadCalendar` with all findings; nothing is written then.
    """
    notice = read_notice(doc)
    _write(session, notice, division)
    audit.record(session, "calendar_imported", subject=("calendar_year", f"{division}:{notice.year}"), actor=actor, detail={"confirmed": notice.confirmed})
    return notice


def load_shipped(session: Session, actor: Actor) -> tuple[int, ...]:
    """Enter the shipped years that the hall does not have yet, or has only provisionally; returns the years entered. Run at init and at upgrade."""
    rows = session.execute(select(CalendarYear.year, CalendarYear.confirmed).where(CalendarYear.division_root == NATIONAL)).all()
    held = {row.year: row.confirmed for row in rows}
    fresh = [n for n in shipped_notices() if n.year not in held or (n.confirmed and not held[n.year])]
    for notice in fresh:
        _write(session, notice, NATIONAL)
    if fresh:
        years = [n.year for n in fresh]
        audit.record(session, "calendar_imported", subject=("calendar_year", NATIONAL), actor=actor, detail={"years": years})
    return tuple(n.year for n in fresh)


def horizon_alarm(working: Calendar, limits: Iterable[Limit], *, on: date | None = None) -> Finding | None:
    """A warning when the longest of *limits*, begun *on* (today), would end beyond the published notices (the calendar's page says so)."""
    begin = on or today(working.zone)
    ends = [end for end in (period_end(limit, begin, working) for limit in limits) if end is not None]
    reach = max(ends, default=begin)
    if reach <= working.confirmed_until:
        return None
    params = {"until": working.confirmed_until.isoformat(), "reach": reach.isoformat(), "year": max(working.confirmed_until.year, begin.year - 1) + 1}
    return Finding("warning", "calendar", "worktime.horizon", params)


def _write(session: Session, notice: YearNotice, division: str) -> None:
    first, last = date(notice.year, 1, 1), date(notice.year, 12, 31)
    session.execute(delete(CalendarDay).where(CalendarDay.division_root == division, CalendarDay.day.between(first, last)))
    session.execute(delete(CalendarYear).where(CalendarYear.division_root == division, CalendarYear.year == notice.year))
    session.add_all(CalendarDay(division_root=division, day=day, kind=s.kind, name=s.name, source=s.source) for day, s in notice.days.items())
    session.add(CalendarYear(division_root=division, year=notice.year, confirmed=notice.confirmed, source=notice.source, revision=new_id()))
    session.flush()


def _shipped(zone: str, office_close: time | None) -> Calendar:
    return replace(shipped_calendar(), zone=zone, office_close=office_close)


def _read(session: Session, divisions: list[str], revision: str, zone: str, office_close: time | None) -> Calendar:
    days: dict[date, SpecialDay] = {}
    for division in divisions:  # the division's own days lie on top of the national ones
        for row in session.scalars(select(CalendarDay).where(CalendarDay.division_root == division)):
            days[row.day] = SpecialDay("makeup" if row.kind == "makeup" else "holiday", row.name, row.source)
    years = session.execute(select(CalendarYear.year, CalendarYear.confirmed).where(CalendarYear.division_root == NATIONAL)).all()
    confirmed = {row.year: row.confirmed for row in years}
    return Calendar(days, confirmed_until(confirmed), zone, office_close, version=revision, known_years=frozenset(confirmed))
