"""The case page: answers, materials, clock, route and the buttons of my step; and the door through which a button is pressed."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from core.audit import service as audit
from core.cases import delivery, queries
from core.cases import service as cases
from core.cases.spec import CaseView
from core.files import service as files
from core.forms import service as forms
from core.identity import queries as people
from core.items import facts as item_facts
from core.items import queries as items
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.routing import service as routing
from core.web import edge, enclosed
from core.web.backoffice import clock_cards, history, panels
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import once_a_language
from core.web.page import say as _

blueprint = Blueprint("office_cases", __name__, url_prefix="/office/cases")


def _load(case_id: str) -> tuple[CaseView, CompiledItem]:
    if not is_id(case_id):
        raise NotFound
    view = queries.case_for_staff(edge.session(), case_id, actor=actor(), locale=edge.locale())
    return view, items.load(edge.session(), view.version_id)


@blueprint.get("/<case_id>")
@at_desk
def show(case_id: str) -> str:
    """The page. Looking is recorded by the query."""
    view, compiled = _load(case_id)
    return _page(view, compiled)


def again(case_id: str, error: PlatformError | None = None, given: Callable[[CaseView, CompiledItem], MultiDict[str, str]] | None = None) -> str:
    """The page with what went wrong, for a panel whose door refused, or with words that a panel writes into the forms of the task.

    Raises :class:`NotFound` for who may not see the case.
    """
    view, compiled = _load(case_id)
    return _page(view, compiled, error=error, given=given(view, compiled) if given is not None else None)


def _page(view: CaseView, compiled: CompiledItem, *, reveal: bool = False, error: PlatformError | None = None, given: Mapping[str, Any] | None = None) -> str:
    locale = edge.locale()
    known = item_facts.facts(compiled, view.situation, view.values or {}, channel=view.channel)
    states = routing.states_of(compiled.route, view.marking)
    session, labels = edge.session(), compiled.form.labels_in(locale)
    kinds = people.titles_in(session, view.division_id)
    offices = people.titles(session, [i for task in view.tasks for i in task.departments if i])
    answers = forms.display(compiled.form, view.values or {}, masked=not reveal, locale=locale, facts=known, blanks=False)
    mine = [task for task in view.tasks if task.mine and task.kind != "correction"]  # what an agent mends has a page of its own
    living, over = clock_cards.shown(view)
    return desk_page(
        "office/case.html",
        nav_here="worklist",
        view=view,
        answers=answers,
        revealed=reveal,
        history=history.lines(session, view, compiled, locale),
        offices=offices,
        mine=mine,
        others=[task for task in view.tasks if not task.mine],
        clocks=living,
        clocks_over=over,
        step_whys=clock_cards.of_steps(view),
        drawing=routing.draw(compiled.route, facts=known, state=states, locale=locale, labels=labels, departments=kinds),
        outline=routing.outline(compiled.route, facts=known, state=states, locale=locale, labels=labels, departments=kinds),
        panels=panels.shown(view, compiled),
        named=compiled.plugins,
        fields=_fields(compiled),
        materials=_asked(compiled),
        material_titles=_material_titles(view, compiled),
        files={one.blob_id for one in view.materials},
        dispositions=history.dispositions().items(),
        **_handing_out(view, compiled),
        command_id=new_id(),
        error=error.words(locale) if error else None,
        wrong_at=next((task.no for task in mine if error and task.no == (request.view_args or {}).get("no")), None),
        findings=[finding.words(locale) for finding in error.findings] if isinstance(error, BadInput) else [],
        given=given or {},
        given_fields=given.getlist("field") if isinstance(given, MultiDict) else [],
        given_materials=given.getlist("material") if isinstance(given, MultiDict) else [],
        **_words(),
    )


def _handing_out(view: CaseView, compiled: CompiledItem) -> dict[str, Any]:
    """The ways that the plain button may deliver by – none for a paper, asked for or the item's first way –, and the output window, where a paper is
    handed out as soon as it waits there."""
    if not any(task.mine and task.kind == "delivery" for task in view.tasks):
        return {"ways": (), "window": None}
    ways, chosen = compiled.route.delivery.ways, delivery.of_case(edge.session(), view.id)
    if (chosen.way if chosen is not None else ways[0]) == delivery.ELECTRONIC:
        return {"ways": ways, "window": None}
    return {"ways": (), "window": f"/office/output/{view.id}" if chosen is not None else None}


def _asked(compiled: CompiledItem) -> list[dict[str, str]]:
    """The item's materials by id and title, in the reader's language."""
    read = Reader(compiled.doc, edge.locale())
    return [{"id": each["id"], "title": str(read(f"materials.{each['id']}.title", each["title"]))} for each in compiled.doc["materials"]]


def _material_titles(view: CaseView, compiled: CompiledItem) -> dict[str, str]:
    """Titles of the item's materials, and of the form's own fields that hold files."""
    titles = {material["id"]: material["title"] for material in _asked(compiled)}
    inside = {one.material: enclosed.title(compiled, one.material, edge.locale()) for one in view.materials}
    return titles | {material: title for material, title in inside.items() if title is not None}


@once_a_language
def _words() -> Mapping[str, dict[str, str]]:
    """Titles of the closed lists that the page shows."""
    return {
        "status_words": {
            "submitted": _("等待受理"),
            "accepted": _("已受理"),
            "declined": _("不予受理"),
            "correction_requested": _("等待补正"),
            "in_review": _("审查中"),
            "suspended": _("暂停"),
            "decided": _("已决定"),
            "delivered": _("已送达"),
            "closed": _("已办结"),
            "withdrawn": _("已撤回"),
            "lapsed": _("逾期未补正"),
            "terminated": _("已终止"),
        },
        "role_words": {
            "applicant": _("申请人"),
            "co_applicant": _("共同申请人"),
            "agent": _("代办人"),
            "guardian": _("监护人"),
            "legal_representative": _("法定代表人"),
        },
        "authority_words": {"self": _("本人"), "legal_representative": _("法定代表人")},
        "way_words": {"pickup": _("窗口领取"), "post": _("邮寄"), "electronic": _("电子送达")},
    }


def _fields(compiled: CompiledItem) -> list[tuple[str, str]]:
    """(path, title) of what a correction may ask for: top fields in reading order."""
    asked = [field for page in compiled.form.pages for field in page.fields if field.kind.key != "computed"]
    return forms.told_apart(compiled.form, asked, edge.locale())


@blueprint.post("/<case_id>/tasks/<int:no>")
@at_desk
def press(case_id: str, no: int) -> Answer | tuple[str, int]:
    """Press a button of one of my tasks: the next one waits in the worklist. A refused press shows the page again with what was written."""
    form = request.form
    action, words = form.get("action", "")[:64], normalise(form.get("opinion", ""))
    command = form.get("command_id", "")
    if not is_id(command):
        raise BadInput
    session = edge.session()
    try:
        if action in ("claim", "release"):
            verb = cases.claim if action == "claim" else cases.release
            result = verb(session, case_id, no, command_id=command, actor=actor())
        else:
            reason = words or None
            result = cases.act(session, case_id, no, action, reason=reason, opinion=words or None, data=_data(action), command_id=command, actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status not in (403, 409, 422):
            raise
        view, compiled = _load(case_id)
        return _page(view, compiled, error=error, given=form), error.status
    tell(_done(action, result.status))
    return redirect(f"/office/cases/{case_id}" if action in ("claim", "release") else "/office/", 303)


def _data(action: str) -> dict[str, Any]:
    form = request.form
    if action in ("request_correction", "missing"):
        fields = {path: normalise(form.get(f"why-field-{path}", "")) for path in form.getlist("field")}
        materials = {key: normalise(form.get(f"why-material-{key}", "")) for key in form.getlist("material")}
        return {"fields": fields, "materials": materials}
    if action == "decline":
        chosen = form.get("disposition", "")
        return {"disposition": chosen if chosen in history.dispositions() else "other", "authority": normalise(form.get("authority", ""))[:100]}
    if action == "deliver":
        return {"way": form.get("way", "")[:32]}
    return {}


def _done(action: str, status: str) -> str:
    """What was done, in the words of the button that the page itself sent along, and where the case stands now."""
    form = request.form
    title = {"claim": _("领取"), "release": _("放回")}.get(action) or normalise(form.get(f"title-{action}", ""))[:60] or _("已办")
    number = normalise(form.get("number", ""))[-12:]
    return _("%(number)s：%(action)s。现在：%(status)s", number=number, action=title, status=_words()["status_words"].get(status, status))


@blueprint.post("/<case_id>/reveal")
@at_desk
def reveal(case_id: str) -> str | tuple[str, int]:
    """Show what is masked, once, for a reason that is recorded with who and when."""
    reason = normalise(request.form.get("reason", ""))[:200]
    view, compiled = _load(case_id)
    if not reason:
        return _page(view, compiled, error=BadInput("web.reveal_reason")), 422
    audit.record(edge.session(), "case.revealed", subject=("case", view.id), actor=actor(), detail={"reason": reason})
    return _page(view, compiled, reveal=True)


@blueprint.get("/<case_id>/materials/<material_id>")
@at_desk
def material(case_id: str, material_id: str) -> Response:
    """A file of the case, for those who may see the case."""
    found, holder = queries.material_holder(edge.session(), case_id, material_id, actor=actor())
    content = files.open(edge.session(), found.blob_id, holder=holder)
    response = Response(content, mimetype=found.media_type)
    inline = found.media_type in ("application/pdf", "image/jpeg", "image/png", "image/webp")
    response.headers["Content-Disposition"] = f"{'inline' if inline else 'attachment'}; filename*=UTF-8''{quote(found.name, safe='')}"
    # A document from outside never runs anything and never reaches anything. The browsers' own viewers of PDF are boxes by themselves and
    # refuse to open in a sandboxed frame.
    shut = "object-src 'self'" if found.media_type == "application/pdf" else "sandbox"
    response.headers["Content-Security-Policy"] = f"default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; {shut}; frame-ancestors 'self'"
    return response
