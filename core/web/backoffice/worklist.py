"""The worklist: what waits for me, worst first. Filters are remembered; paging is by key."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from flask import session as cookie
from werkzeug.wrappers import Response

from core.cases import clocks, queries
from core.cases.service import bulk_runs
from core.cases.speaking import spoken_counts, spoken_rows
from core.cases.spec import Amount, Waiting, WorklistRow
from core.cases.worklist import LIGHTS, Filters
from core.identity import queries as people
from core.kernel.clock import now, today
from core.kernel.ids import new_id
from core.kernel.text import normalise
from core.web import edge
from core.web.backoffice import clock_cards
from core.web.backoffice.desk import actor, at_desk, desk_page, me
from core.web.page import say as _

blueprint = Blueprint("worklist", __name__, url_prefix="/office")
_REMEMBERED = "worklist"
#: Numbers above are shown as this one with a plus.
MOST_SHOWN = 99


@dataclass(frozen=True, slots=True)
class Tab:
    """A step with its count and the address that shows it."""

    title: str
    count: str
    href: str
    here: bool


@blueprint.get("/")
@at_desk
def show() -> str | Response:
    """One batch of open tasks."""
    asked = {key: normalise(request.args.get(key, ""))[:100] for key in ("light", "step", "mine", "number")}
    if not request.args and cookie.get(_REMEMBERED):
        return redirect("/office/?" + cookie[_REMEMBERED])
    _remember(asked)
    filters = filters_of(asked)
    who, session = me(), edge.session()
    rows = queries.worklist(session, who.posts, staff_id=who.id, filters=filters, cursor=request.args.get("after"), limit=20)
    waiting = queries.waiting(session, who.posts, staff_id=who.id)
    return desk_page(
        "office/worklist.html",
        nav_here="worklist",
        rows=spoken_rows(session, rows.rows, edge.locale()),
        after=rows.next,
        asked=asked,
        tabs=_tabs(waiting, asked["step"]),
        lights={"red": _shown(waiting.late), "yellow": _shown(waiting.yellow)},
        departments={post.department_id: post.department_title for post in who.posts},
        today=today(),
        at=now(),
        link=_link,
        left=_left(),
        command_id=new_id(),
        run=bulk_runs.under_way(session, actor=actor()),
    )


def filters_of(asked: Mapping[str, str]) -> Filters:
    """The filter that *asked* – an address or a form – names; what it does not know is left out."""
    item, _slash, node = normalise(asked.get("step", ""))[:100].partition("/")
    light, number = asked.get("light", ""), normalise(asked.get("number", ""))[:100]
    return Filters(item=item or None, node=node or None, light=light if light in LIGHTS else None, mine=asked.get("mine") == "1", number=number or None)


def _left() -> Callable[[WorklistRow], str]:
    """How much time a task has left, with its unit; nothing for what has no last day now. Many of a page end on one day, which is counted once."""
    calendar, at, known = clocks.calendar(edge.session()), now(), dict[tuple[datetime, str | None, bool], str]()

    def left(row: WorklistRow) -> str:
        if row.due_at is None:
            return ""
        key = (row.due_at, row.counts, row.light == "red")
        if key not in known:
            n, unit = clocks.left(row.due_at, row.counts, calendar, at)
            known[key] = "" if n == 0 and row.light == "red" else clock_cards.left(n, unit)
        return known[key]

    return left


def _remember(asked: dict[str, str]) -> None:
    kept = {key: asked[key] for key in ("light", "step", "mine") if asked[key]}
    query = urlencode(kept)
    if len(query.encode()) < 300 and cookie.get(_REMEMBERED, "") != query:  # a cookie has little room; what does not fit is not remembered
        cookie[_REMEMBERED] = query


def _link(**changes: str) -> str:
    """This list with one filter changed; the batch starts anew."""
    kept = {key: value for key, value in request.args.items() if key != "after" and value}
    kept |= changes
    return "/office/?" + (urlencode({key: value for key, value in kept.items() if value}) or "light=")


def _tabs(waiting: Waiting, here: str) -> list[Tab]:
    tabs = [
        Tab(step.title, _shown(step), _link(step=step.node), step.node == here) for step in spoken_counts(edge.session(), waiting.steps[:12], edge.locale())
    ]
    return [Tab(_("全部"), _shown(waiting.all), _link(step=""), not here), *tabs]


def _shown(amount: Amount) -> str:
    """A number that can be taken in at a glance: from a hundred on it is "99+"."""
    return f"{min(amount.count, MOST_SHOWN)}{'+' if amount.more or amount.count > MOST_SHOWN else ''}"


@blueprint.get("/me")
@at_desk
def profile() -> str:
    """My posts, and what I stand in for."""
    who = me()
    return desk_page("office/me.html", nav_here="me", who=who, departments=people.departments(edge.session(), ids=[p.department_id for p in who.posts]))
