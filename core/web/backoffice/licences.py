"""The licence library at the desk of its issuers: find a licence, read its life, act on it – masked, for the departments of one's own posts."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.kernel.clock import today
from core.kernel.errors import PlatformError
from core.kernel.ids import new_id
from core.kernel.text import normalise
from core.kernel.wording import word
from core.licences import chain, queries
from core.licences import service as licences
from core.licences.life import ACTS, Act
from core.licences.service import posts
from core.licences.spec import STATUS, EventView, VerifyView
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _

blueprint = Blueprint("licences", __name__, url_prefix="/office/licences")
#: Statuses that the list can be narrowed to.
_FILTERS = ("01", "02", "03", "04", "05", "07")


@blueprint.get("/")
@at_desk
def listed() -> str | tuple[str, int]:
    """The licences that my departments issued; found by a whole number, never by part of a name."""
    session, locale = edge.session(), edge.locale()
    words, status = normalise(request.args.get("q", ""))[:120], request.args.get("status", "")
    mine = posts.departments_of(session, actor())
    wrong, after = None, None
    rows: list[dict[str, Any]] = []
    try:
        found = queries.of_departments(session, mine, words=words, status=status if status in _FILTERS else "", cursor=request.args.get("after"))
        rows, after = [_card(each, locale) for each in found.rows], found.next
    except PlatformError as error:
        wrong = error.words(locale)
    shown = desk_page(
        "office/licences.html",
        nav_here="licences",
        rows=rows,
        after=after,
        words=words,
        status=status,
        wrong=wrong,
        filters=[(code, word(f"licences.status_{STATUS[code]}", locale)) for code in _FILTERS],
        waiting=len(queries.registrations(session, mine)),
        keeper=me().has_role("admin"),
    )
    return (shown, 422) if wrong else shown


def title_of(view: VerifyView, locale: str) -> str:
    """The kind of licence in the reader's language."""
    return view.title_en if locale == "en" and view.title_en else view.type_title


def _card(view: VerifyView, locale: str) -> dict[str, Any]:
    return {"view": view, "title": title_of(view, locale), "status": view.status_words(locale), "tone": tone(view)}


def tone(view: VerifyView) -> str:
    """The look of a status: in force, held up, over."""
    return {"valid": "go", "withheld": "wait", "early": "wait", "superseded": ""}.get(view.status, "stop")


@blueprint.get("/<licence_id>")
@at_desk
def show(licence_id: str) -> str:
    """One licence: status, versions, annotations, its life, and the acts of my posts."""
    return _page(licence_id)


@blueprint.post("/<licence_id>/acts")
@at_desk
def act(licence_id: str) -> str | Response | tuple[str, int]:
    """Do one act; what is wrong is said beside it and nothing is written."""
    session, form = edge.session(), request.form
    try:
        newest = licences.carry_out(session, licence_id, _asked(form), command_id=form.get("command_id", "")[:80] or new_id(), actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status in (403, 404):
            raise
        return _page(licence_id, wrong=error.words(edge.locale()), given=form), error.status
    tell(_("已办：%(what)s", what=word(f"licences.act_{form['act']}", edge.locale())))
    return redirect(f"/office/licences/{newest}", 303)


def _asked(form: Mapping[str, str]) -> licences.Request:
    data = {name.removeprefix("data-"): value for name, value in form.items() if name.startswith("data-")}
    return licences.Request(
        form.get("act", ""), form.get("basis", ""), form.get("reason", ""), form.get("ground") or None, day_of(form.get("until", "")),
        form.get("annotation") or None, form.get("text", ""), data,
    )  # fmt: skip


def day_of(text: str) -> date | None:
    """A day as a date field sends it; ``None`` for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == 10 else None
    except ValueError:
        return None


def _page(licence_id: str, wrong: str | None = None, given: Mapping[str, str] | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    view = queries.for_staff(session, licence_id, actor=actor())
    history = queries.history(session, licence_id)
    return desk_page(
        "office/licence.html",
        nav_here="licences",
        view=view,
        title=title_of(view, locale),
        status=view.status_words(locale),
        tone=tone(view),
        ground=view.ground_words(locale),
        versions=[_card(each, locale) for each in queries.versions(session, licence_id)],
        history=_lines(history, locale),
        problems=chain.problems(session, licence_id),
        acts=_acts(licence_id, view, locale) if view.status != "superseded" else [],
        uses=len(queries.uses(session, licence_id)),
        wrong=wrong,
        given=given or {},
        today=today(),
        command_id=new_id(),
    )


def _lines(history: tuple[EventView, ...], locale: str) -> list[dict[str, Any]]:
    ids = [i for each in history for i in (each.actor_id, each.on_behalf_of) if i and each.actor_kind == "staff"]
    names = people.staff_names(edge.session(), ids)
    return [
        {
            "what": each.words(locale),
            "at": each.at,
            "who": names.get(each.actor_id, "") if each.actor_kind == "staff" else {"system": _("系统"), "citizen": _("申请人")}.get(each.actor_kind, ""),
            "behalf": names.get(each.on_behalf_of or "", ""),
            "ground": each.ground_words(locale),
            "note": each.note,
            "until": each.body.get("until"),
            "kind": each.body.get("title", ""),
        }
        for each in reversed(history)
    ]


def _acts(licence_id: str, view: VerifyView, locale: str) -> list[dict[str, Any]]:
    """The acts that start from this status and belong to my posts, with the choices each offers."""
    session = edge.session()
    row = posts.seen(session, licence_id, actor=actor())
    kinds = queries.type_doc(session, view.type_code).get("annotations", [])
    open_here = [each for each in posts.open_acts(session, row, actor=actor()) if view.status in each.starts]
    senseless = {"renew": view.valid_to is None, "refuse_renewal": view.renewal_asked_on is None, "annotate": not kinds}
    wanted = [each for each in open_here if not senseless.get(each.name)]
    fields = sorted(licences.sheet(session, row)["data"]) if any(each.name == "change" for each in wanted) else []
    return [_choices(each, kinds if each.kind == "annotation" else [], fields if each.name == "change" else [], locale) for each in wanted]


def _choices(each: Act, kinds: list[dict[str, Any]], fields: list[str], locale: str) -> dict[str, Any]:
    return {
        "name": each.name,
        "title": word(f"licences.act_{each.name}", locale),
        "grounds": [(ground, word(f"licences.ground_{ground}", locale)) for ground in each.grounds],
        "until": each.until,
        "annotation": each.kind == "annotation",
        "annotations": [(kind["id"], kind["title"], kind.get("public", False)) for kind in kinds],
        "fields": fields,
        "ends": ACTS[each.name].to in ("03", "04", "07"),
    }
