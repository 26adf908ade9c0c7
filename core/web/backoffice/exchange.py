"""上报: how finished cases stand with the upper platform – what waits, what was refused and why, each answer – and the reconciliation of a day."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases.library.search import reach
from core.exchange import queries, service
from core.exchange.models import Delivery
from core.exchange.settings import URL
from core.identity import queries as people
from core.kernel.clock import today
from core.kernel.errors import Forbidden, PlatformError
from core.settings import service as settings
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _
from core.web.page import typeset

blueprint = Blueprint("exchange", __name__, url_prefix="/office/exchange")
#: How far back the table of days goes.
DAYS = timedelta(days=30)


def states() -> dict[str, tuple[str, str]]:
    """How a record stands: words and look."""
    return {
        "waiting": (_("等待上报"), "wait"),
        "invalid": (_("不合格式，没有送"), "stop"),
        "rejected": (_("被退回"), "stop"),
        "accepted": (_("已收下"), "go"),
    }


def _departments() -> tuple[str, ...]:
    """Those in reach; the pages are for posts that may send again. Raises :class:`Forbidden` for everybody else."""
    if not any(me().has_role(role) for role in service.SENDS):
        raise Forbidden
    return reach(edge.session(), actor())


@blueprint.get("/")
@at_desk
def listed() -> str:
    """The records of my departments, those with something to mend first in sight by their state."""
    session, mine = edge.session(), _departments()
    state, day = request.args.get("state", ""), _day(request.args.get("day", ""))
    rows = queries.listed(session, mine, state=state or None, day=day)
    names = people.titles(session, {each.department_id for each in rows})
    shown = [{"row": each, "department": names.get(each.department_id, ""), "why": _why(each)} for each in rows]
    return desk_page("office/exchange.html", nav_here="exchange", rows=shown, state=state, day=day, states=states(), linked=bool(settings.get(session, URL)))


def _why(row: Delivery) -> list[str]:
    return [_said(each) for each in row.findings[:3]]


def _said(finding: Mapping[str, Any]) -> str:
    """One finding in the reader's language, set as a text for reading."""
    return typeset(queries.words(finding, edge.locale()))


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


@blueprint.get("/<case_id>")
@at_desk
def show(case_id: str) -> str:
    """One record: what is wrong with it, how often it was tried, every answer, and the record as it would be sent now – its columns, not its values."""
    return _page(case_id)


def _page(case_id: str, error: PlatformError | None = None) -> str:
    session = edge.session()
    _departments()
    row = service.one(session, case_id, actor=actor())
    answers = [(each, [_said(one) for one in each.reasons]) for each in queries.answers(session, row.case_id)]
    trying = queries.trying(session, row)
    return desk_page(
        "office/exchange_case.html", nav_here="exchange", row=row, states=states(), trying=trying, answers=answers,
        why=typeset(trying.why.words(edge.locale())) if trying and trying.why else None,
        findings=[_said(each) for each in row.findings], wrong=error.words(edge.locale()) if error else None,
        department=people.titles(session, [row.department_id]).get(row.department_id, ""),
        sends=row.state != "accepted" and row.department_id in service.senders(session, actor()),
    )  # fmt: skip


@blueprint.post("/<case_id>/again")
@at_desk
def again(case_id: str) -> Response | tuple[str, int]:
    """Send a record anew after mending."""
    session = edge.session()
    _departments()
    try:
        service.again(session, case_id, actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status != 409:
            raise
        return _page(case_id, error), 409
    tell(_("已排队重新上报"))
    return redirect(f"/office/exchange/{case_id}", 303)


@blueprint.get("/days")
@at_desk
def days() -> str:
    """What ended each day and how it stands."""
    return _days()


def _days(**more: Any) -> str:
    session = edge.session()
    lines = queries.days(session, _departments(), since=today() - DAYS, until=today())
    context = {"found": None, "wrong": None, "whole": _whole(), **more}
    return desk_page("office/exchange_days.html", nav_here="exchange", lines=lines, states=states(), linked=bool(settings.get(session, URL)), **context)


def _whole() -> bool:
    """Whether the reader answers for the whole hall: a day held against the platform names cases of every department."""
    top = (post for post in me().posts if post.on_behalf_of is None and post.division_path.strip("/").count("/") == 0)
    return any(post.role in ("supervisor", "admin") for post in top)


@blueprint.post("/days")
@at_desk
def act_on_day() -> str | Response | tuple[str, int]:
    """Catch up with the cases of a day that were never asked for, or hold the day against the platform."""
    session, mine, day = edge.session(), _departments(), _day(request.form.get("day", ""))
    if day is None:
        return _days(wrong=_("请选一天")), 422
    try:
        if request.form.get("do") == "catch_up":
            departments = service.senders(session, actor()) & set(mine)
            tell(_("补报 %(n)s 件，已排队", n=service.catch_up(session, departments, day)))
            return redirect("/office/exchange/days", 303)
        if not _whole():
            raise Forbidden
        return _days(found=queries.reconcile(session, day))
    except PlatformError as error:
        session.rollback()
        if error.status not in (409, 503):
            raise
        return _days(wrong=error.words(edge.locale())), error.status
