"""The steps of an application at the desk: the portal's own, under the visit. A seat is taken before each of them; without one nobody gets in."""

from typing import Any

from flask import Blueprint, abort, g, redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import drafts
from core.identity import queries as people
from core.identity.service import visits
from core.identity.spec import Scope, VisitView
from core.items import queries as items
from core.kernel.actor import Actor
from core.kernel.text import normalise
from core.licences import queries as licences
from core.search import queries as search_index
from core.web import edge, seat
from core.web.backoffice import desk
from core.web.backoffice.desk import desk_page
from core.web.page import say as _
from core.web.portal import acting, case_view, lists
from core.web.portal import apply as applying
from core.web.portal import filing as sending
from core.web.portal import steps as stepping
from core.web.portal import uploads as uploading
from core.web.site import site

blueprint = Blueprint("counter_steps", __name__, url_prefix="/office/counter/visits/<visit_id>")
_MOST = 20


@blueprint.url_value_preprocessor
def _keep_visit(_endpoint: str | None, values: dict[str, Any] | None) -> None:
    g.visit_id = (values or {}).pop("visit_id", "")


@blueprint.before_request
def _take_seat() -> Response | None:
    """Only a clerk who holds the visit's desk, and only today; for everybody else there is no such visit."""
    who = desk.staff()
    if who is None:
        return redirect("/office/login/?next=" + request.path) if request.method == "GET" else abort(403)
    visit = visits.visit(edge.session(), g.visit_id, actor=Actor("staff", who.id))
    seat.take(seat.Seat(visit, Actor("staff", who.id), Actor("staff", who.id, on_behalf_of=visit.department_id), _scope(visit), _frame(visit)))
    return None


def _frame(visit: VisitView) -> dict[str, Any]:
    """What stands around the steps on a clerk's desk."""
    return {
        "office_nav": desk.navigation(),
        "staff": desk.staff(),
        "devices": site().config.devices,
        "desk_href": url_for("counter_steps.space", visit_id=visit.id),
    }


def _scope(visit: VisitView) -> Scope:
    """Whose items the desk takes in: those of its own place – of its county, for towns and villages, which hand on – and of every department there."""
    return scope_of(people.department(edge.session(), visit.department_id).division_path)


def scope_of(home: str) -> Scope:
    """The items that a desk in the division *home* takes in."""
    county = people.division_at_level(edge.session(), home, "county")
    return Scope(county.path if county is not None else home)


@blueprint.get("/")
def space() -> str:
    """Who is here, what the hall has of theirs already, and what they want to apply for."""
    sat = seat.taken()
    assert sat is not None
    visit, locale = sat.visit, edge.locale()
    from core.web.counter import returning  # it hangs its own routes on this blueprint

    asked = normalise(request.args.get("q", ""))[:100]
    kept = [each for each in drafts.mine(edge.session(), actor=sat.keeper) if each.party_id == visit.party.id]
    had = licences.for_party(edge.session(), visit.party.id) if visit.may_look and visit.mandate is None else ()
    return desk_page(
        "office/counter_visit.html",
        nav_here="counter",
        visit=visit,
        came=visit.bearer.name if visit.bearer is not None and visit.bearer.id != visit.party.id else None,
        role=acting.came_as(visit.role),
        had=[case_view.licence(each, locale) for each in had],
        drafts=[_draft(each, visit.id) for each in kept],
        q=asked,
        need=request.args.get("need"),
        back_for=returning.shown(visit),
        found=_found(asked, sat.scope) if asked else [],
        disown=url_for("counter_steps.disown", visit_id=visit.id),
        here=url_for("counter_steps.space", visit_id=visit.id),
    )


def _draft(each: Any, visit_id: str) -> dict[str, Any]:
    return {
        "title": case_view.item_title(each.item_title, each.item_code, edge.locale()),
        "href": url_for("counter_steps.resume", visit_id=visit_id, draft_id=each.id),
        "drop": url_for("counter_steps.drop", visit_id=visit_id, draft_id=each.id),
        "at": each.saved_at,
        "until": each.expires_at,
    }


def _found(asked: str, scope: Scope) -> list[dict[str, Any]]:
    """The items that the words, their pinyin or initials find: the same search as on the portal."""
    hits = search_index.find(edge.session(), asked, kinds=("item",), scope=scope, limit=_MOST)
    shown = {item.code: item for item in items.visible(edge.session(), scope, codes=[hit.id for hit in hits])} if hits else {}
    rows = [lists.row(shown[hit.id], edge.locale()) for hit in hits if hit.id in shown]
    return [{"row": each, "href": seat.href("apply.begin", code=each.code)} for each in rows]


@blueprint.post("/disown")
def disown() -> Response:
    """The person says that the account of their number is not theirs."""
    sat = seat.taken()
    assert sat is not None
    visits.disown(edge.session(), sat.visit.id, actor=sat.filer)
    desk.tell(_("已经跟那个账号分开。这次申请只凭查询码查进度。"))
    return redirect(url_for("counter_steps.space", visit_id=sat.visit.id), 303)


@blueprint.get("/choose")
def choose_acting() -> Response:
    """The item is for companies only, or for people only: back to the visit, which says so."""
    sat = seat.taken()
    assert sat is not None
    return redirect(url_for("counter_steps.space", visit_id=sat.visit.id, need=request.args.get("need", "")))


@blueprint.get("/cases/<case_id>")
def receipt(case_id: str) -> Response:
    """Filed: the receipt stands under the desk, so that it can be printed again after the visit."""
    return redirect(url_for("counter.receipt", case_id=case_id))


def _portal_step(rule: str, endpoint: str, view: Any, *methods: str) -> None:
    blueprint.add_url_rule(rule, endpoint, view, methods=list(methods))


_portal_step("/items/<code>/apply", "begin", applying.begin, "GET")
_portal_step("/items/<code>/apply", "begun", applying.begun, "POST")
_portal_step("/drafts/<draft_id>", "resume", stepping.resume, "GET")
_portal_step("/drafts/<draft_id>/<step>", "step", stepping.step, "GET")
_portal_step("/drafts/<draft_id>/<step>", "step_sent", stepping.step_sent, "POST")
_portal_step("/drafts/<draft_id>/autosave", "autosave", stepping.autosave, "POST")
_portal_step("/drafts/<draft_id>/drop", "drop", stepping.drop, "POST")
_portal_step("/drafts/<draft_id>/submit", "send", sending.send, "POST")
_portal_step("/uploads", "upload", uploading.upload, "POST")
_portal_step("/uploads/<blob_id>", "upload_preview", uploading.upload_preview, "GET")
