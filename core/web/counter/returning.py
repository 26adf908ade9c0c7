"""Somebody came back to the desk about a case that it filed for them: they bring what was asked for, or take the application back."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import at_desk
from core.cases import desk as desk_cases
from core.cases.service import withdraw
from core.cases.spec import CaseView
from core.identity.spec import VisitView
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge, seat
from core.web.backoffice.desk import actor, desk_page, tell
from core.web.counter.steps import blueprint
from core.web.page import say as _
from core.web.portal.case_view import item_title
from core.web.portal.correcting import Mender, asked_page, mended


def shown(visit: VisitView) -> list[dict[str, Any]]:
    """The open cases of the applicant at the desk, with what they can do about each."""
    may = at_desk.powers(visit)
    return [
        {
            "title": item_title(each.item_title, each.item_code, edge.locale()),
            "number": each.number,
            "mend": url_for("counter_steps.mend", visit_id=visit.id, case_id=each.id) if each.status == "correction_requested" else None,
            "withdraw": url_for("counter_steps.take_back", visit_id=visit.id, case_id=each.id) if "withdraw" in may else None,
        }
        for each in at_desk.of_visit(edge.session(), visit)
    ]


def _case(case_id: str, power: at_desk.Power) -> tuple[VisitView, CaseView]:
    """The visit, and a case of its applicant that this desk filed. Raises :class:`NotFound` for every other case."""
    sat = seat.taken()
    assert sat is not None
    at_desk.require(edge.session(), case_id, sat.visit.id, power, actor())
    view, _code = desk_cases.case_at_desk(edge.session(), case_id, actor=actor(), locale=edge.locale())
    return sat.visit, view


def _mender(case_id: str) -> tuple[CaseView, Mender]:
    visit, view = _case(case_id, "correct")
    home = url_for("counter_steps.space", visit_id=visit.id)
    paper = url_for("counter.receipt", case_id=view.id)  # a desk sees which papers a case has; the papers themselves are for those who handle it
    return view, Mender(actor(), ("staff", actor().id), home, lambda _material: paper, "office/mend.html", _page, scripted=False, visit=visit.id)


def _page(template: str, **context: Any) -> str:
    return desk_page(template, nav_here="counter", **context)


@blueprint.get("/cases/<case_id>/mend")
def mend(case_id: str) -> Any:
    """What was asked for, ready to be brought."""
    return asked_page(*_mender(case_id))


@blueprint.post("/cases/<case_id>/mend")
def mend_sent(case_id: str) -> Any:
    """Hand in what was asked for; everything else stays as it is whatever the browser sends."""
    return mended(*_mender(case_id))


@blueprint.get("/cases/<case_id>/withdraw")
def take_back(case_id: str) -> str:
    """Ask once more before the application is taken back."""
    return _withdrawing(*_case(case_id, "withdraw"))


def _withdrawing(visit: VisitView, view: CaseView, error: PlatformError | None = None) -> str:
    given = {"reason": request.form.get("reason", ""), "command": request.form.get("command") or new_id()}
    title = item_title(view.item_title, view.item_code, edge.locale())
    wrong = error.words(edge.locale()) if error is not None else None
    home = url_for("counter_steps.space", visit_id=visit.id)
    return _page("office/counter_withdraw.html", visit=visit, title=title, number=view.number, given=given, wrong=wrong, home=home)


@blueprint.post("/cases/<case_id>/withdraw")
def taken_back(case_id: str) -> str | Response | tuple[str, int]:
    """The applicant takes the application back; the clerk writes it down."""
    visit, view = _case(case_id, "withdraw")
    command = request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    try:
        withdraw(edge.session(), view.id, reason=request.form.get("reason", ""), visit=visit.id, command_id=command, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _withdrawing(visit, view, error), error.status
    tell(_("已按申请人的意思撤回"))
    return redirect(url_for("counter_steps.space", visit_id=visit.id), 303)
