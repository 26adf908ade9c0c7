"""Applying: the blank form, pages of a draft, materials, check-your-answers, submit. One-page items need four calls in all.

The blank page is kept rendered; nothing is written before the first POST. What somebody typed is never thrown away: a page with
errors is saved as a draft too, and a draft that was changed in another window is shown again instead of being overwritten.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import Blueprint, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import drafts
from core.cases import queries as case_queries
from core.cases.errors import DraftStale
from core.cases.service import submit
from core.cases.service.submitting import check_together
from core.cases.spec import DraftView, Handed, PartyOnCase
from core.cases.versions import pinned
from core.files import service as files
from core.forms import service as forms
from core.forms.spec import Decision, FieldError, FormSpec
from core.identity import service as identity
from core.items import facts as item_facts
from core.items.spec import CompiledItem, Current, co_applicants
from core.items.texts import Reader
from core.kernel.clock import local
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id
from core.rules.service import compile_rule
from core.web import edge, enclosed
from core.web.page import Kept, environment, page, say, typeset
from core.web.portal import acting, enclosures, flow, offer, papers
from core.web.portal.flow import CHECK, MATERIALS

apply = Blueprint("apply", __name__)
kept = Kept()
Answer = str | Response | tuple[str, int]


@apply.get("/items/<code>/apply")
@edge.login_required
def begin(code: str) -> Answer:
    """The first page, blank. Nothing is stored yet."""
    current, who = offer.current(code), acting.acting()
    compiled = current.compiled
    if (turn := _wrong_kind(compiled, who.kind)) is not None:
        return turn
    situation = item_facts.chosen(compiled.doc, request.args)
    values, sources = _start(compiled.form, situation, compiled, who)
    if sources:
        return page("portal/apply.html", **_first_page(current, situation, values, sources, who))
    key = ("blank", compiled.hash, tuple(sorted(situation.items())), who.kind, who.name)
    return kept.page(key, "portal/apply.html", lambda: _first_page(current, situation, values, {}, who))


def _set_by(compiled: CompiledItem, situation: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that stand as an answered situation set them, with that question as their source."""
    found: dict[str, Any] = {}
    for each in compiled.doc.get("situations", ()):
        if each["id"] in situation:
            given = item_facts.preset(compiled.doc, {each["id"]: situation[each["id"]]})
            title = say("你选的“%(title)s”", title=typeset(str(Reader(compiled.doc, edge.locale())(f"situations.{each['id']}.title", each["title"]))))
            found |= {name: forms.Sourced(value, title) for name, value in given.items() if values.get(name) == value}
    return found


def _wrong_kind(compiled: CompiledItem, kind: str) -> Response | None:
    """Items for companies only are applied for by a company, and the other way round; the reader chooses whom to act for first."""
    objects = compiled.doc["service_objects"]
    need = "company" if "1" not in objects else "person" if objects == ["1"] else kind
    return redirect(url_for("my.choose_acting", need=need, next=request.full_path.rstrip("?"))) if need != kind else None


def _start(spec: FormSpec, situation: Mapping[str, str], compiled: CompiledItem, who: acting.Acting) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form begins with. The party's own data are opened only when a field asks for them."""
    values = forms.empty(spec) | item_facts.preset(compiled.doc, situation)
    if not any(field.ui.get("prefill") for top in spec.fields for field in top.walk()):
        return values, {}
    me = edge.account()
    assert me is not None
    own = identity.own_values(edge.session(), me.id, who.party_id)
    title = say("企业信息") if who.kind == "company" else say("账号信息")
    known = {f"party.{name}": value for name, value in own.items()}
    known[f"party.{own['document_kind']}"] = own["number"]
    known["party.legal_representative.name"] = own["legal_representative"]
    return forms.prefill(spec, {name: forms.Sourced(value, title) for name, value in known.items() if value}, values)


def _first_page(current: Current, situation: Mapping[str, str], values: Mapping[str, Any], sources: Mapping[str, Any], who: acting.Acting) -> dict[str, Any]:
    compiled = current.compiled
    known = flow.facts(compiled, situation, values, who.kind)
    first = compiled.form.pages[0].id
    frame = flow.frame(compiled, known, first)
    return frame | _page_parts(compiled, first, values, (), sources, situation, url_for("apply.begun", code=compiled.code), None, who)


def _page_parts(
    compiled: CompiledItem, page_id: str, values: Mapping[str, Any], errors: Any, sources: Any, situation: Mapping[str, str], action: str, version: int | None,
    who: acting.Acting | None, focus: str = "", draft_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """What :file:`portal/apply.html` needs beside the frame."""
    sources = {**_set_by(compiled, situation, values), **(sources or {})}
    takes_files = enclosed.has_files(compiled.form.page(page_id).fields)
    values = enclosures.linked(compiled.form, values, draft_id) if takes_files else values
    first = page_id == compiled.form.pages[0].id
    known = flow.facts(compiled, situation, values, who.kind if who else "person")
    html = forms.render_page(environment(), compiled.form, page_id, values, errors, sources, edge.locale(), {k: v for k, v in known.items() if k != "form"})
    return {
        "action": action,
        "page_id": page_id,
        "form_html": html,
        "focus": focus,
        "form_hash": compiled.form.hash,
        "draft_version": version,
        "draft_id": draft_id,
        "item_code": compiled.code,
        "takes_files": takes_files,
        "autosave": None,
        "situations": _situations(compiled, situation, known) if first else [],
        "who": {"name": who.name, "role": acting.role_words(who.role, who.kind)} if who is not None and first else None,
    }


def _asked(compiled: CompiledItem, known: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The situations to ask about: those without a condition, and those whose condition the answers so far meet."""
    situations = compiled.doc.get("situations", ())
    return [each for each in situations if not each.get("when") or compile_rule(each["when"]).evaluate(known) is True]


def _situations(compiled: CompiledItem, chosen: Mapping[str, str], known: Mapping[str, Any]) -> list[dict[str, Any]]:
    read = Reader(compiled.doc, edge.locale())
    return [
        {
            "id": each["id"],
            "title": read(f"situations.{each['id']}.title", each["title"]),
            "help": read(f"situations.{each['id']}.help", each.get("help")),
            "options": [
                {
                    "id": option["id"],
                    "title": read(f"situations.{each['id']}.{option['id']}.title", option["title"]),
                    "help": read(f"situations.{each['id']}.{option['id']}.help", option.get("help")),
                    "chosen": chosen.get(each["id"]) == option["id"],
                }
                for option in each["options"]
            ],
        }
        for each in _asked(compiled, known)
    ]


@apply.post("/items/<code>/apply")
@edge.login_required
def begun(code: str) -> Answer:
    """The first answers: make the draft, then go on."""
    current = offer.current(code)
    if request.form.get("_hash") not in (None, current.compiled.hash):  # ours may be a moment old, or the page
        current = offer.fresh(code)
        if request.form.get("_hash") != current.compiled.hash:
            return _changed_meanwhile(current)
    who = acting.acting()  # whether the authority still holds is asked when it counts: by the submission
    situation = _posted_situation(current.compiled)
    first = current.compiled.form.pages[0].id
    values = _read(current.compiled, first, item_facts.preset(current.compiled.doc, situation))
    operation, focus = request.form.get("_op", ""), ""
    if operation:  # “one more row” before anything was saved, in a browser without scripts
        values, focus = forms.apply_op(values, operation, current.compiled.form)
    draft = drafts.save(
        edge.session(),
        compiled=current.compiled,
        version_id=current.version_id,
        values=values,
        situation=situation,
        party_id=who.party_id,
        page=first,
        draft_id=None,
        actor=edge.citizen(),
    )
    if operation:
        return _form_page(draft, current.compiled, first, who, focus=focus)
    if not enclosures.posted(current.compiled.form):
        return _go_on(draft, current.compiled, first, who)
    values, held, wrong = enclosures.take(current.compiled.form, values, (), ("draft", draft.id))
    return _go_on(_save(draft, current.compiled, values, situation, first, held, expected=draft.version), current.compiled, first, who, wrong)


def _changed_meanwhile(current: Current) -> tuple[str, int]:
    """The item got a new version while the page was open: the answers come back on the new form, to be looked at once more."""
    compiled, who, situation = current.compiled, acting.acting(), _posted_situation(current.compiled)
    first = compiled.form.pages[0].id
    values = _read(compiled, first, item_facts.preset(compiled.doc, situation))
    shown = _first_page(current, situation, values, {}, who)
    return page("portal/apply.html", **shown | {"notice": say("这件事的要求刚刚更新了。你填的都在下面，请再看一遍，然后继续。")}), 409


def _posted_situation(compiled: CompiledItem) -> dict[str, str]:
    return item_facts.chosen(compiled.doc, {name.removeprefix("_s."): value for name, value in request.form.items() if name.startswith("_s.")})


def _set(compiled: CompiledItem, answered: Mapping[str, str], values: dict[str, Any]) -> dict[str, Any]:
    """What the situations just *answered* say of fields that were left open on the same page."""
    given = item_facts.preset(compiled.doc, answered)
    return values | {name: value for name, value in given.items() if values.get(name) in (None, "", [])}


def _read(compiled: CompiledItem, page_id: str, before: Mapping[str, Any], held: Sequence[Handed] = ()) -> dict[str, Any]:
    """The answers with those of the posted page in place of what was there. Files are those of *held*, whatever the browser names."""
    spec, fields = compiled.form, compiled.form.page(page_id).fields
    names = {field.id for field in fields}
    kept_values = {name: value for name, value in before.items() if name not in names}
    values = kept_values | forms.decode(spec, request.form, page=page_id)
    return enclosed.own(spec, values, held) if enclosed.has_files(fields) else values


def _go_on(draft: DraftView, compiled: CompiledItem, page_id: str, who: acting.Acting, refused: Sequence[FieldError] = ()) -> Answer:
    """After a page was saved: what its buttons asked for, its errors (*refused* are uploads that were not taken), or the next step."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = forms.decide(compiled.form, draft.values, facts=known, page=page_id)
    if refused:
        spots = {error.path for error in refused}
        decision = replace(decision, errors=(*refused, *(error for error in decision.errors if error.path not in spots)))
    wrong_situation = _unanswered(compiled, draft.situation, known) if page_id == compiled.form.pages[0].id else []
    if decision.errors or wrong_situation:
        return _form_page(draft, compiled, page_id, who, decision=decision, also=wrong_situation), 422
    following = flow.following(compiled, known, page_id)
    if following == CHECK:
        return _check_page(draft, compiled, who, decision=decision if len(compiled.form.pages) == 1 else None)
    return redirect(flow.step_href(draft.id, following), 303)


def _unanswered(compiled: CompiledItem, situation: Mapping[str, str], known: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"s-{each['id']}-{each['options'][0]['id']}", say("请选一项：%(title)s", title=each["title"]))
        for each in _asked(compiled, known)
        if each["id"] not in situation
    ]


def _form_page(
    draft: DraftView, compiled: CompiledItem, page_id: str, who: acting.Acting, *, decision: Decision | None = None, also: Any = (), notice: str | None = None,
    focus: str = "",
) -> str:  # fmt: skip
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    errors = decision.errors if decision is not None else ()
    frame = flow.frame(compiled, known, page_id, draft, errors=[*also, *flow.summary(errors, compiled)], notice=notice)
    parts = _page_parts(compiled, page_id, draft.values, errors, {}, draft.situation, flow.step_href(draft.id, page_id), draft.version, who, focus, draft.id)
    return page("portal/apply.html", **frame | parts | {"autosave": url_for("apply.autosave", draft_id=draft.id)})


# --- drafts ---------------------------------------------------------------------------------------------------------------------------------


def _draft(draft_id: str) -> tuple[DraftView, CompiledItem, acting.Acting]:
    """A draft of one's own with its item and party. Raises :class:`NotFound` for everybody else's."""
    if not is_id(draft_id):
        raise NotFound
    draft = drafts.load(edge.session(), draft_id, actor=edge.citizen())
    return draft, pinned(edge.session(), draft.version_id), _party_of(draft)


def _party_of(draft: DraftView) -> acting.Acting:
    now = acting.acting()
    if draft.party_id in (None, now.party_id):
        return now
    me = edge.account()
    assert me is not None
    held = identity.acting_for(edge.session(), me.id, [str(draft.party_id)])[str(draft.party_id)]
    return acting.Acting(held.party.id, held.party.name, held.party.kind, held.role)


@apply.get("/drafts/<draft_id>")
@edge.login_required
def resume(draft_id: str) -> Answer:
    """Go on where the draft was left."""
    draft, compiled, who = _draft(draft_id)
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    here = draft.page if draft.page in flow.order(compiled, known) else compiled.form.pages[0].id
    return redirect(flow.step_href(draft.id, here))


@apply.get("/drafts/<draft_id>/<step>")
@edge.login_required
def step(draft_id: str, step: str) -> Answer:
    """One step of a draft."""
    draft, compiled, who = _draft(draft_id)
    if step == CHECK:
        return _check_page(draft, compiled, who)
    if step == MATERIALS:
        return papers.materials_page(draft, compiled, who)
    if step not in {each.id for each in compiled.form.pages}:
        raise NotFound
    return _form_page(draft, compiled, step, who, notice=_newer(draft))


def _newer(draft: DraftView) -> str | None:
    return say("你开始填以后，这件事的要求更新过。提交前会按新的要求再核对一遍。") if draft.newer else None


@apply.post("/drafts/<draft_id>/<step>")
@edge.login_required
def step_sent(draft_id: str, step: str) -> Answer:
    """Save one step. A draft that was saved elsewhere meanwhile is shown again with what was just typed; nothing is overwritten."""
    draft, compiled, who = _draft(draft_id)
    if step == MATERIALS:
        return papers.materials_sent(draft, compiled, who)
    if step not in {each.id for each in compiled.form.pages}:
        raise NotFound
    situation = (draft.situation | _posted_situation(compiled)) if step == compiled.form.pages[0].id else draft.situation  # type: ignore[operator]
    changed = {each: option for each, option in situation.items() if draft.situation.get(each) != option}
    values = _set(compiled, changed, _read(compiled, step, draft.values | item_facts.preset(compiled.doc, changed), draft.materials))  # type: ignore[operator]
    operation, focus = request.form.get("_op", ""), ""
    if operation:
        values, focus = forms.apply_op(values, operation, compiled.form)
    values, taken, refused = enclosures.take(compiled.form, values, draft.materials, ("draft", draft.id))
    held, unused = enclosures.tidy(compiled.form, values, taken)
    try:
        saved = _save(draft, compiled, values, situation, step, held)
    except DraftStale:
        return _stale(draft, compiled, step, values, who), 409
    for blob_id in unused:
        files.drop(edge.session(), blob_id, holder=("draft", draft.id))
    if operation and not refused:
        return _form_page(saved, compiled, step, who, focus=focus)
    return _go_on(saved, compiled, step, who, refused)


def _save(
    draft: DraftView, compiled: CompiledItem, values: Mapping[str, Any], situation: Mapping[str, str], page_id: str, held: Sequence[Handed] | None = None,
    expected: int | None = None,
) -> DraftView:  # fmt: skip
    return drafts.save(
        edge.session(),
        compiled=compiled,
        version_id=draft.version_id,
        values=values,
        situation=situation,
        party_id=draft.party_id,
        page=page_id,
        materials=draft.materials if held is None else held,
        draft_id=draft.id,
        expected=expected if expected is not None else request.form.get("_version", draft.version, type=int),
        actor=edge.citizen(),
    )


def _stale(draft: DraftView, compiled: CompiledItem, page_id: str, values: Mapping[str, Any], who: acting.Acting) -> str:
    """What was typed, on top of the draft as it is now; sending it again means it."""
    shown = replace(draft, values=values)
    notice = say("这份草稿刚才在另一个窗口或设备上改过。下面是你这里填的；再按一次“保存并继续”就用这里的。")
    return _form_page(shown, compiled, page_id, who, notice=notice)


@apply.post("/drafts/<draft_id>/autosave")
@edge.login_required
def autosave(draft_id: str) -> Answer:
    """Save what is typed so far, errors and all; answers with the time, or 409 when it was changed elsewhere."""
    draft, compiled, _who = _draft(draft_id)
    page_id = request.form.get("_page", "")
    if page_id not in {each.id for each in compiled.form.pages}:
        raise NotFound
    saved = _save(draft, compiled, _read(compiled, page_id, draft.values, draft.materials), draft.situation, page_id)
    return jsonify(version=saved.version, saved=say("已保存 %(time)s", time=f"{local(saved.saved_at):%H:%M}"))


@apply.post("/drafts/<draft_id>/drop")
@edge.login_required
def drop(draft_id: str) -> Answer:
    """Throw a draft away."""
    draft, _compiled, _who = _draft(draft_id)
    drafts.delete(edge.session(), draft.id, actor=edge.citizen())
    return redirect(url_for("my.space"), 303)


# --- check and submit -------------------------------------------------------------------------------------------------------------------------


def _check_page(
    draft: DraftView, compiled: CompiledItem, who: acting.Acting, *, agree_error: str | None = None, with_error: str | None = None, notice: str | None = None,
    decision: Decision | None = None,
) -> Answer:  # fmt: skip
    """Check-your-answers; when something is still missing, the page it is on."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = decision or forms.decide(compiled.form, draft.values, facts=known)
    if (wrong := flow.first_wrong(compiled, decision)) is not None:
        on_page = forms.decide(compiled.form, draft.values, facts=known, page=wrong)
        return _form_page(draft, compiled, wrong, who, decision=on_page, notice=notice), 422
    if papers.missing(draft, compiled, known):
        return papers.materials_page(draft, compiled, who, complain=True), 422
    frame = flow.frame(compiled, known, CHECK, draft, notice=notice or _newer(draft))
    shown = papers.check_context(draft, compiled, known, decision, who)
    agree = [*([("with", with_error)] if with_error else []), *([("agree", agree_error)] if agree_error else [])]
    co = co_applicants(compiled)
    extra = {
        "agree_error": agree_error,
        "errors": agree,
        "submit_href": url_for("apply.send", draft_id=draft.id),
        "draft_version": draft.version,
        "owners": _owners(compiled),
        "together": _together(who) if co == "required" or (co == "optional" and (request.args.get("together") or request.form.get("_with"))) else None,
        "co": co,
        "with_error": with_error,
        "together_href": url_for("apply.step", draft_id=draft.id, step=CHECK, together=1),
    }
    html = page("portal/check.html", **frame | shown | extra)
    return (html, 422) if agree else html


@apply.post("/drafts/<draft_id>/submit")
@edge.login_required
def send(draft_id: str) -> Answer:
    """File the application. The draft is the key of the command: a second press, a reload or another window gets the same case."""
    try:
        draft, compiled, who = _draft(draft_id)
    except NotFound:
        return _already(draft_id)
    if request.form.get("_version", type=int) != draft.version:
        return _check_page(draft, compiled, who, notice=say("这份草稿刚才在另一个窗口或设备上改过，下面是现在的样子。请再核对一遍。"))
    if not request.form.get("_agree"):
        return _check_page(draft, compiled, who, agree_error=say("请先确认内容真实"))
    current = offer.fresh(compiled.code)
    if draft.newer:
        draft, compiled = _renewed(draft, current), current.compiled
        return _check_page(draft, compiled, who, notice=say("这件事的要求更新了，下面按新的要求列出。请再核对一遍。"))
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = forms.decide(compiled.form, draft.values, facts=known)
    if decision.errors or papers.missing(draft, compiled, known):
        return _check_page(draft, compiled, who)
    parties, evidence = acting.on_case(who, [each for each in request.form.getlist("_with") if is_id(each)][:20])
    if (with_error := _alone_or_together(compiled, parties)) is not None:
        return _check_page(draft, compiled, who, with_error=with_error)
    ref = submit(
        edge.session(),
        compiled=compiled,
        version_id=draft.version_id,
        owner=_owner(current),
        values=decision.values,
        materials=(*papers.wanted(draft, compiled, known), *enclosed.handed(compiled.form, decision.values, draft.materials), *evidence),
        parties=parties,
        channel="web",
        command_id=draft.id,
        draft_id=draft.id,
        situation=draft.situation,
        actor=edge.citizen(),
    )
    return redirect(url_for("cases.receipt", case_id=ref.id), 303)


def _alone_or_together(compiled: CompiledItem, parties: Sequence[PartyOnCase]) -> str | None:
    """What is wrong with applying alone, or together, in the reader's words."""
    try:
        check_together(compiled, parties)
    except BadInput as error:
        return error.words(edge.locale())
    return None


def _together(who: acting.Acting) -> list[dict[str, Any]]:
    """Whom the reader may name as co-applicants: those of the same kind that the reader is or stands for."""
    me = edge.account()
    assert me is not None
    chosen = request.form.getlist("_with")
    held = {each.party.id: each for each in identity.parties_of(edge.session(), me.id) if each.party.kind == who.kind and each.party.id != who.party_id}
    return [
        {"id": each.party.id, "name": each.party.name, "role": acting.role_words(each.role, each.party.kind), "chosen": each.party.id in chosen}
        for each in held.values()
    ]


def _owners(compiled: CompiledItem) -> list[dict[str, str]]:
    """The departments to choose from, when more than one of this hall handles the item."""
    offers = offer.current(compiled.code).offers
    return [{"id": each.department_id, "title": each.department_title, "help": each.division_title} for each in offers] if len(offers) > 1 else []


def _owner(current: Current) -> str:
    """The department the reader chose on the check page, if it offers the item here; else the first."""
    asked = request.form.get("_owner")
    return next((each.department_id for each in current.offers if each.department_id == asked), current.offer.department_id)


def _renewed(draft: DraftView, current: Current) -> DraftView:
    return drafts.save(
        edge.session(),
        compiled=current.compiled,
        version_id=current.version_id,
        values=draft.values,
        situation=draft.situation,
        party_id=draft.party_id,
        page=CHECK,
        materials=draft.materials,
        draft_id=draft.id,
        expected=draft.version,
        actor=edge.citizen(),
    )


def _already(draft_id: str) -> Answer:
    """The draft is gone: was it filed by this reader? Then its receipt; else there is nothing here."""
    case_id = case_queries.by_command(edge.session(), edge.citizen(), draft_id) if is_id(draft_id) else None
    if case_id is None:
        raise NotFound
    return redirect(url_for("cases.receipt", case_id=case_id), 303)
