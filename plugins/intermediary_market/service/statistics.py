"""Figures for the public and for supervisors, straight from the tables."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Any

from sqlalchemy import func, select

from core.sdk import Context
from plugins.intermediary_market.models import BidRow, Project, Rating, Service
from plugins.intermediary_market.selection.rules import METHODS, PRICED
from plugins.intermediary_market.service import agencies


@dataclass(frozen=True, slots=True)
class Figures:
    """What the page of figures shows. Money in fen; *saved* is highest price less price where agencies bid prices."""

    projects: int
    chosen: int
    failed: int
    agencies: dict[str, int]
    months: tuple[tuple[str, int], ...]
    methods: tuple[tuple[str, int, int, Fraction], ...]  #: method, projects, failed, mean registrations
    services: tuple[tuple[str, str, int], ...]  #: Chinese, English, projects
    levels: tuple[int, int, int, int, int]
    ceiling: int
    saved: int


def figures(ctx: Context, since: date, until: date) -> Figures:
    """Figures of the projects announced from *since* to *until*, both included."""
    columns = (Project.id, Project.published_at, Project.method, Project.status, Project.service_id, Project.ceiling, Project.price, Project.agency_id)
    rows = [row for row in ctx.session.execute(select(*columns)) if since <= _day(ctx, row.published_at) <= until]
    ids = {row.id for row in rows}
    bids = Counter(project for project in ctx.session.scalars(select(BidRow.project_id)) if project in ids)
    services = {row.id: (row.title_zh, row.title_en) for row in ctx.session.scalars(select(Service))}
    wanted = Counter(row.service_id for row in rows)
    priced = [row for row in rows if row.method in PRICED and row.price is not None]
    levels = Counter(ctx.session.scalars(select(Rating.level).where(Rating.side == "owner")))
    return Figures(
        projects=len(rows),
        chosen=sum(1 for row in rows if row.agency_id),
        failed=sum(1 for row in rows if row.status == "failed"),
        agencies=agencies.counted(ctx),
        months=_months(Counter(f"{_day(ctx, row.published_at):%Y-%m}" for row in rows), since, until),
        methods=tuple(_method(each, rows, bids) for each in METHODS),
        services=tuple((*services[key], count) for key, count in wanted.most_common(8) if key in services),
        levels=(levels[1], levels[2], levels[3], levels[4], levels[5]),
        ceiling=sum(row.ceiling for row in priced),
        saved=sum(row.ceiling - row.price for row in priced),
    )


def live(ctx: Context) -> int:
    """How many projects take registrations now."""
    return int(ctx.session.scalar(select(func.count()).where(Project.status == "open", Project.closes_at > ctx.now())) or 0)


def _method(method: str, rows: Sequence[Any], bids: Counter[str]) -> tuple[str, int, int, Fraction]:
    of = [row for row in rows if row.method == method]
    mean = Fraction(sum(bids[row.id] for row in of), len(of)) if of else Fraction(0)
    return method, len(of), sum(1 for row in of if row.status == "failed"), mean


def _months(counted: Counter[str], since: date, until: date) -> tuple[tuple[str, int], ...]:
    """Every month of the span, also those in which nothing happened."""
    found, year, month = [], since.year, since.month
    while (year, month) <= (until.year, until.month):
        found.append((f"{year}-{month:02d}", counted[f"{year}-{month:02d}"]))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return tuple(found)


def _day(ctx: Context, at: Any) -> date:
    from core.sdk import worktime

    found: date = at.astimezone(worktime.instant(ctx, ctx.today(), 0).tzinfo).date()
    return found
