"""Applying begins: the blank form, and the first answers, which make the draft. One-page items need four calls in all.

The blank page is kept rendered; nothing is written before the first POST.
"""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases import drafts
from core.forms import service as forms
from core.forms.spec import FormSpec
from core.items import facts as item_facts
from core.items.spec import CompiledItem, Current
from core.web import edge, seat
from core.web.page import Kept, page, say
from core.web.portal import acting, enclosures, offer
from core.web.portal.drafting import posted_situation, read, save
from core.web.portal.drawing import Answer, first_page, form_page, go_on

apply = Blueprint("apply", __name__)
kept = Kept()


@apply.get("/items/<code>/apply")
@seat.seated
def begin(code: str) -> Answer:
    """The first page, blank. Nothing is stored yet."""
    current, who = offer.taken_in(code), acting.acting()
    compiled = current.compiled
    if (turn := _wrong_kind(compiled, who.kind)) is not None:
        return turn
    situation = item_facts.chosen(compiled.doc, request.args)
    values, sources = _start(compiled.form, situation, compiled, who)
    if sources or seat.taken() is not None:  # the addresses of a desk's steps hold its visit
        return page("portal/apply.html", **first_page(current, situation, values, sources, who))
    key = ("blank", compiled.hash, tuple(sorted(situation.items())), who.kind, who.name)
    return kept.page(key, "portal/apply.html", lambda: first_page(current, situation, values, {}, who))


def _wrong_kind(compiled: CompiledItem, kind: str) -> Response | None:
    """Items for companies only are applied for by a company, and the other way round; the reader chooses whom to act for first."""
    objects = compiled.doc["service_objects"]
    need = "company" if "1" not in objects else "person" if objects == ["1"] else kind
    if need == kind:
        return None
    return redirect(seat.href("my.choose_acting", need=need, next=request.full_path.rstrip("?")))


def _start(spec: FormSpec, situation: Mapping[str, str], compiled: CompiledItem, who: acting.Acting) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the form begins with. The party's own data are opened only when a field asks for them."""
    values = forms.empty(spec) | item_facts.preset(compiled.doc, situation)
    if not any(field.ui.get("prefill") for top in spec.fields for field in top.walk()):
        return values, {}
    if seat.taken() is not None:
        acting.require(who, compiled)
    own = acting.own_values(who)
    title = say("企业信息") if who.kind == "company" else say("账号信息")
    known = {f"party.{name}": value for name, value in own.items()}
    known[f"party.{own['document_kind']}"] = own["number"]
    known["party.legal_representative.name"] = own["legal_representative"]
    return forms.prefill(spec, {name: forms.Sourced(value, title) for name, value in known.items() if value}, values)


@apply.post("/items/<code>/apply")
@seat.seated
def begun(code: str) -> Answer:
    """The first answers: make the draft, then go on."""
    current = offer.taken_in(code)
    if request.form.get("_hash") not in (None, current.compiled.hash):  # ours may be a moment old, or the page
        current = offer.fresh(code)
        if request.form.get("_hash") != current.compiled.hash:
            return _changed_meanwhile(current)
    who = acting.acting()  # whether the authority still holds is asked when it counts: by the submission
    situation = posted_situation(current.compiled)
    first = current.compiled.form.pages[0].id
    values = read(current.compiled, first, item_facts.preset(current.compiled.doc, situation))
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
        actor=seat.keeper(),
    )
    if operation:
        return form_page(draft, current.compiled, first, who, focus=focus)
    if not enclosures.posted(current.compiled.form):
        return go_on(draft, current.compiled, first, who)
    values, held, wrong = enclosures.take(current.compiled.form, values, (), ("draft", draft.id))
    return go_on(save(draft, current.compiled, values, situation, first, held, expected=draft.version), current.compiled, first, who, wrong)


def _changed_meanwhile(current: Current) -> tuple[str, int]:
    """The item got a new version while the page was open: the answers come back on the new form, to be looked at once more."""
    compiled, who, situation = current.compiled, acting.acting(), posted_situation(current.compiled)
    first = compiled.form.pages[0].id
    values = read(compiled, first, item_facts.preset(compiled.doc, situation))
    shown = first_page(current, situation, values, {}, who)
    return page("portal/apply.html", **shown | {"notice": say("这件事的要求刚刚更新了。你填的都在下面，请再看一遍，然后继续。")}), 409
