"""The pages of an application as they are drawn: a page of the form, check-your-answers, and which of them comes after the one just saved."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flask import redirect, request
from werkzeug.wrappers import Response

from core.cases.spec import DraftView
from core.forms import service as forms
from core.forms.spec import Decision, FieldError
from core.identity import service as identity
from core.items import facts as item_facts
from core.items.spec import CompiledItem, Current, co_applicants
from core.items.texts import Reader
from core.rules.service import compile_rule
from core.web import edge, elsewhere, enclosed, seat
from core.web.page import environment, page, say, typeset
from core.web.portal import acting, delivery, enclosures, flow, offer, papers
from core.web.portal.board import board
from core.web.portal.drafting import newer
from core.web.portal.flow import CHECK
from core.web.portal.materials import materials_page

Answer = str | Response | tuple[str, int]


def first_page(current: Current, situation: Mapping[str, str], values: Mapping[str, Any], sources: Mapping[str, Any], who: acting.Acting) -> dict[str, Any]:
    compiled = current.compiled
    known = flow.facts(compiled, situation, values, who.kind)
    first = compiled.form.pages[0].id
    frame = flow.frame(compiled, known, first)
    return frame | page_parts(compiled, first, values, (), sources, situation, seat.href("apply.begun", code=compiled.code), None, who)


def page_parts(
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
        "who": {"name": who.name, "role": _applies_as(who)} if who is not None and first else None,
    }


def _applies_as(who: acting.Acting) -> str:
    return acting.role_words(who.role, who.kind) if seat.taken() is None else say("到窗口申请")


def _set_by(compiled: CompiledItem, situation: Mapping[str, str], values: Mapping[str, Any]) -> dict[str, Any]:
    """Values that stand as an answered situation set them, with that question as their source."""
    found: dict[str, Any] = {}
    for each in compiled.doc.get("situations", ()):
        if each["id"] in situation:
            given = item_facts.preset(compiled.doc, {each["id"]: situation[each["id"]]})
            title = say("你选的“%(title)s”", title=typeset(str(Reader(compiled.doc, edge.locale())(f"situations.{each['id']}.title", each["title"]))))
            found |= {name: forms.Sourced(value, title) for name, value in given.items() if values.get(name) == value}
    return found


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


def _unanswered(compiled: CompiledItem, situation: Mapping[str, str], known: Mapping[str, Any]) -> list[tuple[str, str]]:
    return [
        (f"s-{each['id']}-{each['options'][0]['id']}", say("请选一项：%(title)s", title=each["title"]))
        for each in _asked(compiled, known)
        if each["id"] not in situation
    ]


def form_page(
    draft: DraftView, compiled: CompiledItem, page_id: str, who: acting.Acting, *, decision: Decision | None = None, also: Any = (), notice: str | None = None,
    focus: str = "",
) -> str:  # fmt: skip
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    errors = decision.errors if decision is not None else ()
    frame = flow.frame(compiled, known, page_id, draft, errors=[*also, *flow.summary(errors, compiled)], notice=notice)
    parts = page_parts(compiled, page_id, draft.values, errors, {}, draft.situation, flow.step_href(draft.id, page_id), draft.version, who, focus, draft.id)
    return page("portal/apply.html", **frame | parts | {"autosave": seat.href("apply.autosave", draft_id=draft.id)})


def go_on(draft: DraftView, compiled: CompiledItem, page_id: str, who: acting.Acting, refused: Sequence[FieldError] = ()) -> Answer:
    """After a page was saved: what its buttons asked for, its errors (*refused* are uploads that were not taken), or the next step."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = forms.decide(compiled.form, draft.values, facts=known, page=page_id)
    if refused:
        spots = {error.path for error in refused}
        decision = replace(decision, errors=(*refused, *(error for error in decision.errors if error.path not in spots)))
    wrong_situation = _unanswered(compiled, draft.situation, known) if page_id == compiled.form.pages[0].id else []
    if decision.errors or wrong_situation:
        return form_page(draft, compiled, page_id, who, decision=decision, also=wrong_situation), 422
    following = flow.following(compiled, known, page_id)
    if following == CHECK:
        return check_page(draft, compiled, who, decision=decision if len(compiled.form.pages) == 1 else None)
    return redirect(flow.step_href(draft.id, following), 303)


def check_page(
    draft: DraftView, compiled: CompiledItem, who: acting.Acting, *, agree_error: str | None = None, with_error: str | None = None,
    way_error: str | None = None, owner_error: str | None = None, notice: str | None = None, decision: Decision | None = None,
) -> Answer:  # fmt: skip
    """Check-your-answers; when something is still missing, the page it is on."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    decision = decision or forms.decide(compiled.form, draft.values, facts=known)
    if (wrong := flow.first_wrong(compiled, decision)) is not None:
        on_page = forms.decide(compiled.form, draft.values, facts=known, page=wrong)
        return form_page(draft, compiled, wrong, who, decision=on_page, notice=notice), 422
    found = board(draft, compiled, known, who)
    if not found.complete:
        return materials_page(draft, compiled, who, complain=True), 422
    frame = flow.frame(compiled, known, CHECK, draft, notice=notice or newer(draft))
    shown = papers.check_context(draft, compiled, found, known, decision, who)
    way = elsewhere.course(offer.current(compiled.code), decision.values, request.form.get("_owner"))
    owner_error = owner_error or way.wrong
    wrong_parts = {"owner": owner_error, "with": with_error, "way": way_error, "agree": agree_error}
    errors = [(part, words) for part, words in wrong_parts.items() if words]
    co = co_applicants(compiled)
    extra = {
        "agree_error": agree_error,
        "errors": errors,
        "submit_href": seat.href("apply.send", draft_id=draft.id),
        "draft_version": draft.version,
        **elsewhere.shown(way),
        "owner_error": owner_error,
        "delivery": delivery.asked(compiled, who, here=way.here.title if way.here else "", there=way.owner.department_title if way.owner else ""),
        "way_error": way_error,
        "pre_review": _may_ask(compiled, known),
        "together": _together(who) if co == "required" or (co == "optional" and (request.args.get("together") or request.form.get("_with"))) else None,
        "co": co,
        "with_error": with_error,
        "together_href": seat.href("apply.step", draft_id=draft.id, step=CHECK, together="1"),
    }
    html = page("portal/check.html", **frame | shown | extra)
    return (html, 422) if errors else html


def _may_ask(compiled: CompiledItem, known: Mapping[str, Any]) -> dict[str, Any] | None:
    """预审, where the item leaves it to the applicant."""
    from core.web.portal import before  # it hangs its own door on the cases' blueprint

    return before.choice(compiled, known) if before.offered(compiled, known) else None


def _together(who: acting.Acting) -> list[dict[str, Any]]:
    """Whom the reader may name as co-applicants: those of the same kind that the reader is or stands for."""
    me = edge.account()
    if me is None:
        return []
    chosen = request.form.getlist("_with")
    held = {each.party.id: each for each in identity.parties_of(edge.session(), me.id) if each.party.kind == who.kind and each.party.id != who.party_id}
    return [
        {"id": each.party.id, "name": each.party.name, "role": acting.role_words(each.role, each.party.kind), "chosen": each.party.id in chosen}
        for each in held.values()
    ]
