"""A correction: only what was asked for opens, each with the reason beside it; everything else is taken from the case, not from the browser.

New files come with the page (plain multipart) or one by one by a script that sees their progress (``POST /uploads`` with ``case``). Until
the case takes them the reader's account holds them, so that a page which comes back with errors still has them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response, jsonify, redirect, request, url_for

from core.cases.service import correct as correct_case
from core.cases.spec import CaseView, CorrectionView, Handed
from core.forms import service as forms
from core.forms.spec import FieldError, Page, Section
from core.identity import service as identity
from core.items import queries as items
from core.items.materials import limits_of, most
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.actor import Actor
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge, enclosed
from core.web.page import day, environment, page, say
from core.web.portal import enclosures, flow, papers
from core.web.portal.cases import cases, full_title, own, short_title


@dataclass(frozen=True, slots=True)
class Mender:
    """Who mends: the applicant at home, or the agent who brought the papers. In whose hands new files are until the case has them, and the addresses."""

    actor: Actor
    holder: tuple[str, str]
    case: str
    paper: Callable[[str], str]
    template: str = "portal/correct.html"
    page: Callable[..., str] = page
    scripted: bool = True  #: whether a script may send files one by one
    visit: str | None = None  #: at which visit, when the applicant came back to the desk


def _applicant(case_id: str) -> Mender:
    me = edge.account()
    assert me is not None
    home = url_for("cases.show", case_id=case_id)
    return Mender(edge.citizen(), ("account", me.id), home, lambda material: url_for("cases.paper", case_id=case_id, material_id=material))


@cases.get("/<case_id>/correct")
@edge.login_required
def correct(case_id: str) -> Any:
    """What was asked for, ready to be filled in."""
    found = own(case_id)
    return asked_page(found, _applicant(found.id))


def asked_page(found: CaseView, by: Mender) -> Any:
    """What *found* asks for, ready to be filled in by *by*; the case itself when it asks nothing."""
    if found.status != "correction_requested" or found.correction is None:
        return redirect(by.case)
    return _correct_page(found, found.values or {}, (), {}, by=by)


def _correct_page(
    found: CaseView, values: Mapping[str, Any], errors: tuple[FieldError, ...], wrong: Mapping[str, str], handed: Sequence[Handed] = (), *, by: Mender
) -> str:  # fmt: skip
    session, locale = edge.session(), edge.locale()
    compiled, asked = items.load(session, found.version_id), found.correction
    assert asked is not None
    known = _facts(found, compiled, values, by)
    facts = {name: value for name, value in known.items() if name != "form"}
    only = _opened(asked)
    fields = tuple(field for field in compiled.form.fields if field.id in only)
    part = Page("correction", "", (Section("correction", "", "", fields),))
    there = {one.blob_id: by.paper(one.id) for one in found.materials}
    linked = enclosed.mapped(compiled.form, values, lambda _field, blob, ref: {**ref, "href": there.get(blob)} if "id" in ref else ref)
    html = forms.render_page(environment(), compiled.form, part, linked, errors, None, locale, facts) if fields else ""
    materials = [_asked_material(compiled, each, reason, wrong.get(each), handed) for each, reason in asked.materials.items()]
    reasons = [(_field_title(compiled, path), reason) for path, reason in asked.fields.items()]
    refused = [(f"m-{each['id']}", say("%(title)s：%(what)s", title=each["title"], what=each["error"])) for each in materials if each["error"]]
    summary = [*flow.summary(errors, compiled), *refused]
    lapses = bool(compiled.route.intake.lapse_basis)  # nothing lapses by itself where no rule of the item says so
    until = say("最晚%(day)s补上，过期这次申请会按撤回处理。", day=day(asked.due, locale)) if asked.due and lapses else ""
    lead = until or (say("最晚%(day)s补上。", day=day(asked.due, locale)) if asked.due else say("请尽快补上。"))
    shown = {"title": full_title(compiled, locale), "short": short_title(compiled, locale), "href": by.case}
    return by.page(
        by.template,
        c=shown,
        lead=lead,
        why=next((clock.sentences for clock in found.clocks if clock.name == "correction" and clock.due), ()),
        reasons=reasons,
        form_html=html,
        material_asks=materials,
        errors=summary,
        notice=None,
        command=request.form.get("_command") or new_id(),
        case_id=found.id,
        uploads=url_for("portal.upload") if by.scripted else None,
    )


def _facts(found: CaseView, compiled: CompiledItem, values: Mapping[str, Any], by: Mender) -> dict[str, Any]:
    applicant = next((each["party_id"] for each in found.parties if each["role"] == "applicant"), None)
    kind = identity.party_view(edge.session(), applicant, actor=by.actor).kind if applicant is not None else "person"
    return flow.facts(compiled, found.situation, values, kind)


def _field_title(compiled: CompiledItem, path: str) -> str:
    field = next((each for top in compiled.form.fields for each in top.walk() if each.path == path), None)
    return compiled.form.text(f"{field.path}.title", field.title, edge.locale())[0] if field is not None else path


def _asked_material(compiled: CompiledItem, material_id: str, reason: str, error: str | None, handed: Sequence[Handed]) -> dict[str, Any]:
    doc = _material(compiled, material_id)
    there = [one for one in handed if one.material == material_id]
    return {
        "id": material_id,
        "title": papers.title_of(compiled, doc),
        "reason": reason,
        "help": str(Reader(compiled.doc, edge.locale())(f"materials.{material_id}.help", doc.get("help"))),
        "limits": papers.limit_words(doc),
        "accept": papers.accept_attribute(doc),
        "many": most(doc) > 1,
        "room": len(there) < most(doc),
        "files": [{"id": one.blob_id, "name": one.name, "size": papers.size_words(one.size)} for one in there],
        "error": error,
    }


@cases.post("/<case_id>/correct")
@edge.login_required
def corrected(case_id: str) -> Any:
    """Hand in what was asked for; everything else stays as it is whatever the browser sends."""
    found = own(case_id)
    return mended(found, _applicant(found.id))


def mended(found: CaseView, by: Mender) -> Any:
    """Take what *by* posted for what *found* asks for."""
    asked, command = found.correction, request.form.get("_command", "")
    if found.status != "correction_requested" or asked is None or not is_id(command):
        return redirect(by.case, 303)
    compiled = items.load(edge.session(), found.version_id)
    only = _opened(asked)
    before = dict(found.values or {})
    typed = {name: value for name, value in forms.decode(compiled.form, request.form).items() if name in only}
    handed, wrong = _uploads(found, compiled, by)
    values, held, refused = _form_files(found, compiled, by, {name: value for name, value in before.items() if name not in only} | typed, only)
    if operation := request.form.get("_op", ""):
        values, _focus = forms.apply_op(values, operation, compiled.form)
        return _correct_page(found, values, (), {}, handed, by=by)
    if request.form.get("_remove"):  # a file taken out again, in a browser without scripts
        return _correct_page(found, values, (), {}, handed, by=by)
    decision = forms.decide(compiled.form, values, facts=_facts(found, compiled, values, by))
    spots = {error.path for error in refused}
    errors = (*refused, *(error for error in decision.errors if error.path.split(".")[0] in only and error.path not in spots))
    if errors or wrong:
        return _correct_page(found, values, errors, wrong, handed, by=by), 422
    # Only what was asked for, and what is computed from it, may differ: the rest is taken from the case, not from the browser.
    renewed = only | {path.split(".")[0] for path in decision.computed}
    whole = {name: value for name, value in before.items() if name not in renewed}
    whole |= {name: value for name, value in decision.values.items() if name in renewed}
    changed, dropped = enclosed.renewed(compiled.form, before, whole, held)
    correct_case(edge.session(), found.id, values=whole, materials=(*handed, *changed), dropped=dropped, command_id=command, visit=by.visit, actor=by.actor)
    return redirect(by.case, 303)


def _form_files(
    found: CaseView, compiled: CompiledItem, by: Mender, values: dict[str, Any], only: frozenset[str]
) -> tuple[dict[str, Any], list[Handed], list[FieldError]]:  # fmt: skip
    """Files inside the fields asked for: those of the case, those just posted, and those of a page that came back with errors."""
    held = enclosed.of_case(found)
    held += enclosed.of_holder(compiled.form, values, by.holder, held)
    kept = enclosed.own(compiled.form, values, held)
    asked, taken, refused = enclosures.take(compiled.form, kept, held, by.holder)
    refused = [error for error in refused if error.path.split(".")[0] in only]
    return {name: value for name, value in asked.items() if name in only or name in kept}, taken, refused


def _uploads(found: CaseView, compiled: CompiledItem, by: Mender) -> tuple[tuple[Handed, ...], dict[str, str]]:
    """The new files for the materials asked for: those the page names, and those it came with. The account holds them until the case does."""
    held: tuple[Handed, ...] = ()
    wrong: dict[str, str] = {}
    assert found.correction is not None
    for material_id in found.correction.materials:
        doc = _material(compiled, material_id)
        held += _named(doc, by.holder)
        for upload in request.files.getlist(f"new.{material_id}"):
            if upload.filename:
                held = papers.take(held, doc, upload, by.holder, wrong)
        if material_id not in wrong and not any(one.material == material_id for one in held):
            wrong[material_id] = say("还没有上传。请拍照，或者选一个文件。")
    return held, wrong


def _material(compiled: CompiledItem, material_id: str) -> Mapping[str, Any]:
    return next(each for each in compiled.doc["materials"] if each["id"] == material_id)


def _named(doc: Mapping[str, Any], holder: tuple[str, str]) -> tuple[Handed, ...]:
    """Files that the page names and *holder* holds: a script sent them, or the page came back with errors."""
    material, removed = doc["id"], request.form.get("_remove", "")
    pairs = dict(zip(request.form.getlist(f"file.{material}"), request.form.getlist(f"name.{material}"), strict=False))
    kept = [(blob, name) for blob, name in pairs.items() if removed != f"{material}:{blob}"][: most(doc)]
    found = (enclosed.held_by(holder, material, blob, name, limits_of(doc)) for blob, name in kept)
    return tuple(one for one in found if one is not None)


def uploaded(case_id: str) -> Response | tuple[Response, int]:
    """One file for a ``field`` or ``material`` that the correction of one's own case asks for; anything else is not there."""
    found, sent, me = own(case_id), request.files.get("file"), edge.account()
    asked = found.correction
    if found.status != "correction_requested" or asked is None or sent is None or not sent.filename or me is None:
        raise NotFound
    compiled = items.load(edge.session(), found.version_id)
    holder = ("account", me.id)
    if name := request.form.get("field", ""):
        field = enclosed.named(compiled.form, name)
        if field is None or name.split("-")[0] not in _opened(asked):
            raise NotFound
        try:
            one = enclosures.keep(field, sent, [], holder)
        except PlatformError as error:
            return jsonify(error=error.words(edge.locale())), 422
        return jsonify(file=_told(one))
    material, wrong = request.form.get("material", ""), dict[str, str]()
    if material not in asked.materials:
        raise NotFound
    held = papers.take((), _material(compiled, material), sent, holder, wrong)
    return (jsonify(error=wrong[material]), 422) if wrong else jsonify(file=_told(held[0]))


def _told(one: Handed) -> dict[str, Any]:
    return {"id": one.blob_id, "name": one.name, "size": one.size, "media_type": one.media_type}


def _opened(asked: CorrectionView) -> frozenset[str]:
    """The top-level fields that the correction opens."""
    return frozenset(path.split(".")[0] for path in asked.fields)
