"""My licences: each with its life, who used it, when and why, a copy for one purpose, and the leave I can take back."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.identity import service as identity
from core.kernel.clock import today
from core.kernel.errors import BadInput
from core.kernel.text import normalise
from core.licences import copies, queries
from core.licences import service as licences
from core.licences.spec import UseView, VerifyView
from core.web import edge
from core.web.limits import limit
from core.web.page import page, say
from core.web.portal import case_view, papers

my_licences = Blueprint("my_licences", __name__, url_prefix="/my/licences")


def _mine() -> tuple[str, ...]:
    me = edge.account()
    assert me is not None
    return identity.party_ids_of(edge.session(), me.id)


@my_licences.get("/")
@edge.login_required
def listed() -> str:
    """Every licence of mine and of those I act for."""
    session, locale = edge.session(), edge.locale()
    found = {each.id: each for party in _mine() for each in queries.for_party(session, party)}
    return page("portal/licences.html", licences=[_card(each, locale) for each in found.values()])


def _card(each: VerifyView, locale: str) -> dict[str, Any]:
    return {**case_view.licence(each, locale), "uses": url_for("my_licences.show", licence_id=each.id), "paper": each.origin == "paper"}


@my_licences.get("/<licence_id>/uses")
@edge.login_required
def show(licence_id: str) -> str:
    """One licence: who used it, when, why and until when; and the form for a copy."""
    return _page(licence_id)


def _page(licence_id: str, wrong: dict[str, str] | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    view = queries.of_parties(session, licence_id, _mine())
    usable = licences.usable(session, licence_id)
    uses = queries.uses(session, licence_id)
    titles = people.staff_names(session, [each.by_id for each in uses if each.by_kind == "staff"])
    return page(
        "portal/licence_uses.html",
        licence=_card(view, locale),
        id=licence_id,
        rows=case_view.verified(view, locale)["rows"],
        annotations=view.annotations,
        uses=[_use(each, titles) for each in uses],
        usable=usable.ok,
        why_not=usable.words(locale),
        wrong=wrong or {},
        errors=list((wrong or {}).items()),
        given=request.form,
        until=request.form.get("until", ""),
        today=today().isoformat(),
    )


def _use(each: UseView, names: dict[str, str]) -> dict[str, Any]:
    return {
        "id": each.id,
        "purpose": each.purpose or say("已按保存期限销毁"),
        "user": each.user,
        "case_no": each.case_no,
        "at": each.at,
        "until": each.until,
        "ended_at": each.ended_at,
        "running": each.open_on(today()) and not each.user,
        "who": say("你自己或者代你办的人") if each.by_kind != "staff" else names.get(each.by_id, ""),
        "looks": [
            {
                "at": look.at,
                "who": look.department or say("你自己或者代你办的人"),
                "what": say("打开查看") if look.what == "opened" else say("做了带水印的副本"),
            }
            for look in each.looks
        ],
    }


@my_licences.post("/<licence_id>/copy")
@edge.login_required
def copy(licence_id: str) -> Response | tuple[str, int]:
    """A watermarked copy for one purpose; made at once, kept nowhere, recorded."""
    limit("licence-copy", "20/hour")
    form = request.form
    until = case_view.day_from(form.get("until", ""))
    if until is None:
        return _page(licence_id, {"until": say("请填写日期")}), 422
    try:
        content = copies.copy(
            edge.session(),
            licence_id,
            parties=_mine(),
            purpose=normalise(form.get("purpose", "")),
            user=form.get("user", ""),
            until=until,
            actor=edge.citizen(),
        )
    except BadInput as error:
        edge.session().rollback()
        field = {"licences.copy_user": "user", "licences.copy_until": "until"}.get(error.message_key, "purpose")
        return _page(licence_id, {field: error.words(edge.locale())}), 422
    return papers.send_file(content, say("证照副本") + ".pdf", "application/pdf", download=True)


@my_licences.post("/<licence_id>/uses/<use_id>/end")
@edge.login_required
def end(licence_id: str, use_id: str) -> Response:
    """Take a leave back: nobody opens the licence under it any more."""
    queries.of_parties(edge.session(), licence_id, _mine())
    licences.end_use(edge.session(), use_id, by=edge.citizen())
    return redirect(url_for("my_licences.show", licence_id=licence_id), 303)
