"""A case of one's own: receipt, progress, correction, withdrawal, documents. Access is in the query; another's case does not exist."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from markupsafe import Markup

from core.cases import clocks
from core.cases import queries as case_queries
from core.cases.service import correct as correct_case
from core.cases.service import withdraw as withdraw_case
from core.cases.spec import CaseView, Handed
from core.files import service as files
from core.forms import service as forms
from core.forms.spec import FieldError, Page, Section
from core.guides.draw import qr_svg
from core.identity import service as identity
from core.items import queries as items
from core.items.materials import most
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.clock import local
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import group_code, is_id, new_id
from core.web import edge, enclosed
from core.web.page import day, environment, page, say
from core.web.portal import case_view, enclosures, flow, papers
from core.web.portal.sheet import clock_sheet

cases = Blueprint("cases", __name__, url_prefix="/cases")


def own(case_id: str) -> CaseView:
    """A case that the reader's account may see. Raises :class:`NotFound` for every other."""
    if not is_id(case_id):
        raise NotFound
    return case_queries.case_for_party(edge.session(), case_id, actor=edge.citizen(), locale=edge.locale())


def _context(found: CaseView) -> dict[str, Any]:
    session, locale = edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    steps = case_queries.timeline(session, found, locale=locale)
    calendar = clocks.calendar(session)
    short = _short_title(compiled, locale)
    shown = case_view.context(found, steps, calendar, locale, mine=True, short=short, phone=case_view.phone(session, found))
    return shown | {"title": _full_title(compiled, locale), "licences": case_view.results(session, found, locale), "answers": _answers(found, compiled)}


def _short_title(compiled: CompiledItem, locale: str) -> str:
    return str(Reader(compiled.doc, locale)("short_title", compiled.doc.get("short_title") or compiled.title))


def _full_title(compiled: CompiledItem, locale: str) -> str:
    return str(Reader(compiled.doc, locale)("title", compiled.title))


def _answers(found: CaseView, compiled: CompiledItem) -> list[dict[str, Any]]:
    if found.values is None:
        return [{"title": say("我填的"), "rows": [(say("内容"), say("保存期满，已经销毁"))]}]
    shown = forms.display(compiled.form, found.values, masked=True, locale=edge.locale(), blanks=False)
    there = {one.blob_id: one.id for one in found.materials}

    def address(blob_id: str) -> str | None:
        return url_for("cases.paper", case_id=found.id, material_id=there[blob_id]) if blob_id in there else None

    sections = [
        {
            "title": section.title,
            "rows": [(each["title"], Markup("；").join(each["lines"])) for each in (papers.line(one, address) for one in section.children)],
        }
        for part in shown
        for section in part.children
    ]
    listed = [
        (
            papers.title_by_id(compiled, one.material),
            Markup('<a href="{}">{}</a>').format(url_for("cases.paper", case_id=found.id, material_id=one.id), one.name),
        )
        for one in found.materials
        if one.until_revision is None and not one.material.startswith(enclosed.PREFIX)
    ]
    return [*sections, *([{"title": say("材料"), "rows": listed}] if listed else [])]


@cases.get("/<case_id>")
@edge.login_required
def show(case_id: str) -> str:
    """Where the case stands, until when, and why."""
    return page("portal/case.html", c=_context(own(case_id)))


@cases.get("/<case_id>/materials/<material_id>")
@edge.login_required
def paper(case_id: str, material_id: str) -> Response:
    """A file of one's own case."""
    found = own(case_id)
    one = next((each for each in found.materials if each.id == material_id), None)
    if one is None:
        raise NotFound
    return papers.send_file(files.open(edge.session(), one.blob_id, holder=("case", found.id)), one.name, one.media_type)


@cases.get("/<case_id>/receipt")
@edge.login_required
def receipt(case_id: str) -> str:
    """The receipt: number, query code, QR, and the day by which an answer is due, counted out."""
    found, session, locale = own(case_id), edge.session(), edge.locale()
    compiled = items.load(session, found.version_id)
    clock = next((each for each in found.clocks if each.name == "intake"), None) or case_view.leading_clock(found.clocks)
    follow = url_for("progress.show", code=found.query_code, _external=True) if found.query_code else None
    due_words = say("答复是否受理。") if clock is not None and clock.name == "intake" else say("办完。")
    shown = {
        "title": _full_title(compiled, locale),
        "applicant": found.applicant,
        "number": found.number,
        "query_code": group_code(found.query_code) if found.query_code else None,
        "submitted_at": found.submitted_at,
        "stamp_day": f"{local(found.submitted_at):%Y.%m.%d}",
        "materials": _handed_words(found, compiled),
        "digest": found.history[0].digest,
        "due": clock.due if clock is not None else None,
        "due_words": due_words + ("".join(clock.sentences) if clock is not None else ""),
        "sheet": clock_sheet(clock, clocks.calendar(session), locale, say("提交")) if clock is not None else None,
        "provisional": clock.provisional if clock is not None else False,
        "steps": [case_view.step(each, locale) for each in case_queries.timeline(session, found, locale=locale)],
        "qr": Markup(qr_svg(follow)) if follow else None,  # noqa: S704 – drawn by segno
        "case_href": url_for("cases.show", case_id=found.id),
        "phone": case_view.phone(session, found),
    }
    return page("portal/receipt.html", r=shown)


def _handed_words(found: CaseView, compiled: CompiledItem) -> str:
    counts: dict[str, int] = {}
    for one in found.materials:
        title = papers.title_by_id(compiled, one.material)
        counts[title] = counts.get(title, 0) + 1
    return say("、").join(title if n == 1 else say("%(title)s %(n)s 份", title=title, n=n) for title, n in counts.items())


# --- withdraw -----------------------------------------------------------------------------------------------------------------------------------


@cases.get("/<case_id>/withdraw")
@edge.login_required
def withdraw(case_id: str) -> str:
    """What withdrawing does, before it is done."""
    return _withdraw_page(own(case_id))


def _withdraw_page(found: CaseView, wrong: str | None = None) -> str:
    title = case_view.item_title(found.item_title, found.item_code, edge.locale())
    shown = {"title": title, "short": title, "href": url_for("cases.show", case_id=found.id)}
    return page("portal/withdraw.html", c=shown, command=new_id(), errors=[("reason", wrong)] if wrong else [])


@cases.post("/<case_id>/withdraw")
@edge.login_required
def withdrawn(case_id: str) -> Any:
    """Withdraw the application."""
    found, command = own(case_id), request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    try:
        withdraw_case(edge.session(), found.id, reason=request.form.get("reason", "")[:500], command_id=command, actor=edge.citizen())
    except PlatformError as error:
        edge.session().rollback()
        return _withdraw_page(own(case_id), error.words(edge.locale())), error.status
    return redirect(url_for("cases.show", case_id=found.id), 303)


# --- correction ---------------------------------------------------------------------------------------------------------------------------------


@cases.get("/<case_id>/correct")
@edge.login_required
def correct(case_id: str) -> Any:
    """Only what was asked for, each with the reason beside it."""
    found = own(case_id)
    if found.status != "correction_requested" or found.correction is None:
        return redirect(url_for("cases.show", case_id=found.id))
    return _correct_page(found, found.values or {}, (), {})


def _correct_page(found: CaseView, values: Mapping[str, Any], errors: tuple[FieldError, ...], wrong: Mapping[str, str]) -> str:
    session, locale = edge.session(), edge.locale()
    compiled, asked = items.load(session, found.version_id), found.correction
    assert asked is not None
    known = _facts(found, compiled, values)
    facts = {name: value for name, value in known.items() if name != "form"}
    only = frozenset(path.split(".")[0] for path in asked.fields)
    fields = tuple(field for field in compiled.form.fields if field.id in only)
    part = Page("correction", "", (Section("correction", "", "", fields),))
    there = {one.blob_id: url_for("cases.paper", case_id=found.id, material_id=one.id) for one in found.materials}
    linked = enclosed.mapped(compiled.form, values, lambda _field, blob, ref: {**ref, "href": there.get(blob)} if "id" in ref else ref)
    html = forms.render_page(environment(), compiled.form, part, linked, errors, None, locale, facts) if fields else ""
    materials = [_asked_material(compiled, each, reason, wrong.get(each)) for each, reason in asked.materials.items()]
    reasons = [(_field_title(compiled, path), reason) for path, reason in asked.fields.items()]
    refused = [(f"m-{each['id']}", say("%(title)s：%(what)s", title=each["title"], what=each["error"])) for each in materials if each["error"]]
    summary = [*flow.summary(errors, compiled), *refused]
    lead = say("最晚%(day)s补上，过期这次申请会按撤回处理。", day=day(asked.due, locale)) if asked.due else say("请尽快补上。")
    shown = {"title": _full_title(compiled, locale), "short": _short_title(compiled, locale), "href": url_for("cases.show", case_id=found.id)}
    return page(
        "portal/correct.html",
        c=shown,
        lead=lead,
        reasons=reasons,
        form_html=html,
        material_asks=materials,
        errors=summary,
        notice=None,
        command=request.form.get("_command") or new_id(),
    )


def _facts(found: CaseView, compiled: CompiledItem, values: Mapping[str, Any]) -> dict[str, Any]:
    applicant = next((each["party_id"] for each in found.parties if each["role"] == "applicant"), None)
    kind = identity.party_view(edge.session(), applicant, actor=edge.citizen()).kind if applicant is not None else "person"
    return flow.facts(compiled, found.situation, values, kind)


def _field_title(compiled: CompiledItem, path: str) -> str:
    field = next((each for top in compiled.form.fields for each in top.walk() if each.path == path), None)
    return compiled.form.text(f"{field.path}.title", field.title, edge.locale())[0] if field is not None else path


def _asked_material(compiled: CompiledItem, material_id: str, reason: str, error: str | None) -> dict[str, Any]:
    doc = next(each for each in compiled.doc["materials"] if each["id"] == material_id)
    return {
        "id": material_id,
        "title": papers.title_of(compiled, doc),
        "reason": reason,
        "help": str(Reader(compiled.doc, edge.locale())(f"materials.{material_id}.help", doc.get("help"))),
        "limits": papers.limit_words(doc),
        "accept": papers.accept_attribute(doc),
        "many": most(doc) > 1,
        "error": error,
    }


@cases.post("/<case_id>/correct")
@edge.login_required
def corrected(case_id: str) -> Any:
    """Hand in what was asked for; everything else stays as it is whatever the browser sends."""
    found, command = own(case_id), request.form.get("_command", "")
    asked = found.correction
    if found.status != "correction_requested" or asked is None or not is_id(command):
        return redirect(url_for("cases.show", case_id=found.id), 303)
    compiled = items.load(edge.session(), found.version_id)
    only = frozenset(path.split(".")[0] for path in asked.fields)
    before = dict(found.values or {})
    typed = {name: value for name, value in forms.decode(compiled.form, request.form).items() if name in only}
    values, held, refused = _form_files(found, compiled, {name: value for name, value in before.items() if name not in only} | typed, only)
    if operation := request.form.get("_op", ""):
        values, _focus = forms.apply_op(values, operation, compiled.form)
        return _correct_page(found, values, (), {})
    decision = forms.decide(compiled.form, values, facts=_facts(found, compiled, values))
    spots = {error.path for error in refused}
    errors = (*refused, *(error for error in decision.errors if error.path.split(".")[0] in only and error.path not in spots))
    handed, wrong = _uploads(found, compiled)
    if errors or wrong:
        return _correct_page(found, values, errors, wrong), 422
    # Only what was asked for, and what is computed from it, may differ: the rest is taken from the case, not from the browser.
    renewed = only | {path.split(".")[0] for path in decision.computed}
    whole = {name: value for name, value in before.items() if name not in renewed}
    whole |= {name: value for name, value in decision.values.items() if name in renewed}
    changed, dropped = enclosed.renewed(compiled.form, before, whole, held)
    correct_case(edge.session(), found.id, values=whole, materials=(*handed, *changed), dropped=dropped, command_id=command, actor=edge.citizen())
    return redirect(url_for("cases.show", case_id=found.id), 303)


def _form_files(found: CaseView, compiled: CompiledItem, values: dict[str, Any], only: frozenset[str]) -> tuple[dict[str, Any], list[Handed], list[FieldError]]:
    """Files inside the fields asked for: those of the case, those just posted, and those of a page that came back with errors."""
    me = edge.account()
    assert me is not None
    held = enclosed.of_case(found)
    held += enclosed.of_account(compiled.form, values, me.id, held)
    kept = enclosed.own(compiled.form, values, held)
    asked, taken, refused = enclosures.take(compiled.form, kept, held, ("account", me.id))
    refused = [error for error in refused if error.path.split(".")[0] in only]
    return {name: value for name, value in asked.items() if name in only or name in kept}, taken, refused


def _uploads(found: CaseView, compiled: CompiledItem) -> tuple[tuple[Handed, ...], dict[str, str]]:
    """The new files for the materials asked for, held by the reader's account until the case takes them."""
    held: tuple[Handed, ...] = ()
    wrong: dict[str, str] = {}
    me = edge.account()
    assert me is not None and found.correction is not None
    for material_id in found.correction.materials:
        doc = next(each for each in compiled.doc["materials"] if each["id"] == material_id)
        for upload in request.files.getlist(f"new.{material_id}"):
            if upload.filename:
                held = papers.take(held, doc, upload, ("account", me.id), wrong)
        if material_id not in wrong and not any(one.material == material_id for one in held):
            wrong[material_id] = say("还没有上传。请拍照，或者选一个文件。")
    return held, wrong
