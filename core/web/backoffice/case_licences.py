"""Licences on the case page: which may serve as evidence here, by whose leave, and the watermarked copy for those who handle the case."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as Answer

from core.cases import queries as cases
from core.cases.spec import CaseView
from core.items import queries as items
from core.items.spec import CompiledItem
from core.kernel.clock import today
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id
from core.licences import queries
from core.licences import service as licences
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.backoffice.licences import title_of
from core.web.page import say as _

blueprint = Blueprint("case_licences", __name__, url_prefix="/office/cases")
#: How long the leave that a clerk takes lasts: longer than any handling of these cases, shorter than a habit.
TERM = timedelta(days=60)
_APPLICANTS = ("applicant", "co_applicant")


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The licences that the case may use, those of the applicant that it might, and the types that the library lacks."""
    if not _named(compiled) and not view.had("evidence_used", "definition_changed"):
        return None  # neither does the item want a licence nor did the applicant lend one, nor did the item of its filing want one
    session, locale = edge.session(), edge.locale()
    wanted = _wanted(compiled)
    granted: list[dict[str, Any]] = [
        {"title": title_of(each, locale), "view": each, "status": each.status_words(locale), "why": grant.purpose, "until": grant.until}
        for each, grant in queries.granted_for(session, view.number)
    ]
    known = {each["view"].id for each in granted}
    working = any(task.mine for task in view.tasks)
    held = {code: [each for party in _parties(view) for each in queries.holding(session, party, code)] for code in wanted} if working else {}
    offered = {each.id: each for found in held.values() for each in found if each.id not in known}
    have = {each["view"].type_code for each in granted}
    missing = [(code, queries.type_doc(session, code)["title"]) for code, found in held.items() if not found and code not in have]
    if not granted and not offered and not missing:
        return None
    return {"case": view.id, "number": view.number, "granted": granted, "offered": list(offered.values()), "missing": missing}


def _wanted(compiled: CompiledItem) -> list[str]:
    """The types that the item's materials name: what else an applicant holds is nobody's business here (个人信息保护法 6)."""
    named = _named(compiled)
    return sorted(named & queries.type_codes(edge.session())) if named else []


def _named(compiled: CompiledItem) -> set[str]:
    sources = [each.get("source", {}) for each in compiled.doc.get("materials", ())]
    return {source["licence"] for source in sources if source.get("from") == "library" and source.get("licence")}


def _parties(view: CaseView) -> list[str]:
    return [str(each["party_id"]) for each in view.parties if each["role"] in _APPLICANTS]


def _case(case_id: str) -> CaseView:
    if not is_id(case_id):
        raise NotFound
    return cases.case_for_staff(edge.session(), case_id, actor=actor(), locale=edge.locale())


@blueprint.post("/<case_id>/licences/<licence_id>/use")
@at_desk
def take(case_id: str, licence_id: str) -> Answer | tuple[str, int]:
    """Take a licence of the applicant as evidence for this case; only for who has the case in hand, only of a type that the item names."""
    view, session = _case(case_id), edge.session()
    wanted = _wanted(items.load(session, view.version_id))
    if not any(task.mine for task in view.tasks) or queries.of_parties(session, licence_id, _parties(view)).type_code not in wanted:
        raise NotFound
    purpose = _("办理%(item)s", item=view.item_title)[:100] if not request.form.get("purpose") else request.form["purpose"]
    try:
        licences.use(session, licence_id, purpose=purpose, case_no=view.number, by=actor(), until=today() + TERM, parties=_parties(view))
    except PlatformError as error:
        session.rollback()
        if error.status == 404:
            raise
        return desk_page("office/refused.html", nav_here="worklist", words=error.words(edge.locale()), back=f"/office/cases/{case_id}"), error.status
    tell(_("已取用，持证人会看到这次使用"))
    return redirect(f"/office/cases/{case_id}", 303)


@blueprint.get("/<case_id>/licences/<licence_id>")
@at_desk
def show(case_id: str, licence_id: str) -> Response | tuple[str, int]:
    """The watermarked copy, while the case has leave; the look is recorded and its holder sees it."""
    view = _case(case_id)
    offices = ", ".join(dict.fromkeys(post.department_title for post in me().posts))[:30]
    try:
        content = licences.open_for_case(edge.session(), licence_id, case_no=view.number, user=f"{offices} {me().name}".strip(), actor=actor())
    except PlatformError as error:
        if error.status == 404:
            raise
        return desk_page("office/refused.html", nav_here="worklist", words=error.words(edge.locale()), back=f"/office/cases/{case_id}"), error.status
    headers = {"Content-Disposition": "inline; filename=licence.pdf", "Cache-Control": "no-store"}
    return Response(content, mimetype="application/pdf", headers=headers)
