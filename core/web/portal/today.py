"""What the home page says about today: open or closed, the month's figures, what people do most, what waits for the reader.

Figures come from the cases themselves; nothing is shown before there is something to count.
"""

import time as time_of_process
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from flask import url_for
from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from core.cases import queries as case_queries
from core.cases import waiting
from core.cases.models import Case
from core.identity.models import Division
from core.identity.spec import Scope
from core.items import queries as items
from core.items.errors import ItemNotFound
from core.items.spec import ItemView
from core.kernel.clock import DEFAULT_ZONE, now, today
from core.web import edge
from core.web.page import day, say, typeset
from core.web.portal import case_view
from core.web.portal.lists import Link
from core.web.site import site
from core.worktime import service as worktime


@dataclass(frozen=True, slots=True)
class Today:
    """The day and one sentence about the counters."""

    date: date
    sentence: str


@dataclass(frozen=True, slots=True)
class OpenDay:
    """One of the days to come, and whether the counters work on it."""

    date: date
    open: bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One number with its unit."""

    title: str
    value: str
    unit: str


_T = TypeVar("_T")
#: How old a figure of the home page may be (seconds): it counts cases, and nobody needs that anew for every visitor.
FRESH = 60.0
#: With so many days left what waits for the reader is marked yellow.
SOON = timedelta(days=3)
_counted: dict[tuple[object, ...], tuple[float, Any]] = {}


def remembered(key: tuple[object, ...], count: Callable[[], _T]) -> _T:
    """``count()``, at most :data:`FRESH` seconds old, for this site."""
    full, clock = (site().database, *key), time_of_process.monotonic()
    found = _counted.get(full)
    if found is None or clock - found[0] > FRESH:
        if len(_counted) > 1000:
            _counted.clear()
        found = _counted[full] = (clock, count())
    value: _T = found[1]
    return value


def opening(session: Session, hall: Any) -> Today:
    """Whether counters work today by the hall's calendar, and the next working day when they do not."""
    calendar = worktime.calendar(session, hall.division_id)
    this_day = today()
    if calendar.is_working(this_day):
        return Today(this_day, say("窗口今天上班。网上随时可办。"))
    following = day(calendar.on_or_after(this_day), edge.locale(), year=False)
    return Today(this_day, say("窗口今天休息，%(day)s上班。网上随时可办。", day=following))


def week(session: Session, hall: Any) -> list[OpenDay]:
    """The next seven days by the hall's calendar, today first: weekends that are worked and weekdays that are off are what people travel in vain for."""
    calendar, first = worktime.calendar(session, hall.division_id), today()
    coming = [first + timedelta(days=n) for n in range(7)]
    return [OpenDay(each, calendar.is_working(each)) for each in coming]


def without_visit(shown: Sequence[ItemView], count: int) -> list[ItemView]:
    """At most *count* items that need no visit at all."""
    return [item for item in shown if item.card.get("visits") == 0][:count]


def figures(session: Session, scope: Scope, shown: Sequence[ItemView]) -> list[Figure]:
    """Cases finished this month and how many in time, and how much can be done without a visit."""
    found = []
    ended, in_time = remembered(("month", scope), lambda: _month(session, scope))
    if ended:
        found.append(Figure(say("本月办结"), f"{ended:,}", say("件，按时 %(rate)s%%", rate=_rate(in_time, ended))))
    if shown:
        online = sum(1 for item in shown if item.card.get("online"))
        found.append(Figure(say("能办的事"), f"{len(shown):,}", say("项，%(n)s 项可以网上办", n=online)))
        unasked = [item for item in shown if item.card.get("visits") == 0]
        if unasked:
            found.append(Figure(say("不用跑腿"), f"{len(unasked):,}", say("项全程不用到现场")))
    return found


def _month(session: Session, scope: Scope) -> tuple[int, int]:
    first = datetime.combine(today().replace(day=1), time(), ZoneInfo(DEFAULT_ZONE))
    kept = case((Case.due_at.is_(None), 1), (Case.decided_at <= Case.due_at, 1), else_=0)
    query = select(func.count(), func.coalesce(func.sum(kept), 0)).where(Case.decided_at >= first)
    row = session.execute(_scoped(query, scope)).one()
    return int(row[0]), int(row[1])


def _scoped(query: Any, scope: Scope) -> Any:
    query = query.select_from(Case).join(Division, Division.id == Case.division_id)
    query = query.where(Division.path.startswith(scope.division_path, autoescape=True))
    return query.where(Case.department_id == scope.department_id) if scope.department_id is not None else query


def _rate(part: int, whole: int) -> str:
    return f"{part * 100 / whole:.1f}".removesuffix(".0")


def popular(session: Session, shown: Sequence[ItemView], count: int) -> list[ItemView]:
    """The items most applied for in the last 90 days; then those that can be done online, so that a new hall is not empty."""
    counts = remembered(("applied",), lambda: _applied(session))
    return sorted(shown, key=lambda item: (-counts.get(item.code, 0), not item.card.get("online"), -len(item.card.get("themes", {}).get("person", ()))))[:count]


def _applied(session: Session) -> dict[str, int]:
    query = select(Case.item_code, func.count().label("n")).where(Case.submitted_at >= now() - timedelta(days=90)).group_by(Case.item_code)
    return {row.item_code: row.n for row in session.execute(query)}


def place(session: Session, shown: Sequence[ItemView]) -> tuple[dict[str, str] | None, str]:
    """Where the counter is and whom to ring, from the first popular item that says so; for those who would rather come or call."""
    for each in shown:
        try:
            doc = items.current(session, each.code, edge.scope()).compiled.doc
        except ItemNotFound:
            continue
        phone = str((doc.get("contacts") or {}).get("consult") or "")
        if doc.get("places") and phone:
            first = doc["places"][0]
            return {key: typeset(str(first.get(key) or "")) for key in ("title", "address", "hours")}, phone
    return None, ""


def needs(session: Session, account: Any) -> list[dict[str, str]]:
    """What waits for the reader."""
    return need_cards(waiting.of(session, case_queries.mine(session, account.id).rows)) if account is not None else []


def need_cards(waits: Iterable[waiting.Wait]) -> list[dict[str, str]]:
    """What cases wait for their applicant with, each as a card with one button."""
    return [_need_card(each) for each in waits]


def _need_card(wait: waiting.Wait) -> dict[str, str]:
    kind, words, action, endpoint = {
        "correction": (say("补正"), say("部门请你补正，只要补点名的那几样。"), say("去补"), "cases.correct"),
        "inquiry": (say("答复"), say("办理部门问你一个问题，办理时限没有停。"), say("去答复"), "cases.show"),
        "later": (say("补交"), say("受理时说好以后补交的材料，该交了。"), say("去补交"), "cases.supplies"),
        "pickup": (say("取件"), say("办好了，等你取。"), say("看怎么取"), "cases.show"),
    }[wait.kind]
    late = wait.until is not None and wait.until < today()
    return {
        "kind": kind,
        "title": case_view.item_title(wait.card.item_title, wait.card.item_code, edge.locale()),
        "words": words,
        "action": action,
        "href": url_for(endpoint, case_id=wait.card.id),
        "light": "" if wait.until is None else "r" if late else "y" if wait.until <= today() + SOON else "g",
        "left": say("最晚 %(day)s", day=day(wait.until, edge.locale(), year=late)) if wait.until is not None else "",
    }


__all__ = ["Figure", "Link", "OpenDay", "Today", "figures", "need_cards", "needs", "opening", "place", "popular", "week", "without_visit"]
