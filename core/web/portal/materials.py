"""The materials step: what the hall has already, what is to be handed in, what may be promised instead."""

from collections.abc import Mapping
from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases.errors import DraftStale
from core.cases.service.promising import Offer
from core.cases.spec import DraftView, Handed
from core.files import service as files
from core.items.materials import most
from core.items.sources import Evidence, Met
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.web import edge, seat
from core.web.page import page, say
from core.web.portal import flow, papers, words
from core.web.portal.acting import Acting
from core.web.portal.board import Board, board, posted
from core.web.portal.flow import CHECK, MATERIALS

Answer = str | Response | tuple[str, int]


def materials_page(
    draft: DraftView, compiled: CompiledItem, who: Acting, *, complain: bool = False, wrong: Mapping[str, str] | None = None, notice: str | None = None
) -> str:
    """The materials step; with *complain*, what is missing is an error."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    found, faults = board(draft, compiled, known, who), dict(wrong or {})
    if complain:
        for met in found.missing:
            faults.setdefault(met.id, _lack(found, met))
    shown = [met for met in found.met if met.need.source != "form"]
    rows = [_row(draft, compiled, met, faults.get(met.id)) for met in shown]
    pledges = [_pledge(offer, compiled, found, complain) for offer in found.offers] if not found.bars else []
    consent_error = say("请同意使用上面写明来源的材料，或者自己交一份") if complain and found.seen and not found.consented else None
    errors = [(f"m-{row['id']}", say("%(title)s：%(what)s", title=row["title"], what=row["error"])) for row in rows if row["error"]]
    errors += [(pledge["sign_id"], pledge["error"]) for pledge in pledges if pledge["error"]]
    errors += [("consent", consent_error)] if consent_error else []
    context = {
        "had": [row for row in rows if row["evidence"]],
        "asked": [row for row in rows if not row["evidence"]],
        "made": [papers.title_of(compiled, met.need.doc) for met in found.met if met.need.source == "form"],
        "pledges": pledges,
        "bars": [str(Reader(compiled.doc, edge.locale())(f"bars.{bar['id']}.title", bar["title"])) for bar in found.bars],
        "consented": found.consented or (request.method == "POST" and bool(request.form.get("_consent"))),
        "consent_error": consent_error,
        "action": flow.step_href(draft.id, MATERIALS),
        "draft_version": draft.version,
        "draft_id": draft.id,
    }
    return page("portal/materials.html", **flow.frame(compiled, known, MATERIALS, draft, errors=errors, notice=notice) | context)


def _lack(found: Board, met: Met) -> str:
    later = any(offer.kind == "later" and offer.code == met.id for offer in found.offers) and not found.bars
    return say("还没有上传。请拍照，或者选一个文件；也可以选“先受理，以后补交”。") if later else say("还没有上传。请拍照，或者选一个文件。")


def _row(draft: DraftView, compiled: CompiledItem, met: Met, error: str | None) -> dict[str, Any]:
    there = [one for one in draft.materials if one.material == met.id]
    read, doc = Reader(compiled.doc, edge.locale()), met.need.doc
    evidence = met.evidence
    return {
        "id": met.id,
        "title": papers.title_of(compiled, doc),
        "required": met.demanded,
        "state": met.need.state,
        "help": read(f"materials.{met.id}.help", doc.get("help")),
        "limits": papers.limit_words(doc),
        "accept": papers.accept_attribute(doc),
        "many": most(doc) > 1,
        "room": len(there) < most(doc) and met.need.source != "form",
        "error": error,
        "files": [papers.file_row(draft, one) for one in there],
        "evidence": words.evidence(evidence) if evidence is not None else None,
        "kind": evidence.kind if evidence is not None else None,
        "look": _looks(evidence) if evidence is not None else [],
        "refused": met.refused.words(edge.locale()) if met.refused is not None else None,
        "source": met.need.source,
    }


def _looks(evidence: Evidence) -> list[tuple[str, str]]:
    """The files of an earlier case, to look at before one agrees."""
    first = evidence.papers[:1] if seat.taken() is None else ()
    return [(first[0].name, url_for("cases.show", case_id=first[0].holder[1]))] if first else []


def _pledge(offer: Offer, compiled: CompiledItem, found: Board, complain: bool) -> dict[str, Any]:
    made = next((one for one in found.supplies.signed if (one.kind, one.code) == (offer.kind, offer.code) and one.digest == offer.digest), None)
    spot = f"{offer.kind}-{offer.code}"
    return {
        "name": f"promise.{offer.kind}.{offer.code}",
        "sign_name": f"sign.{offer.kind}.{offer.code}",
        "sign_id": f"sign-{spot}",
        "title": words.title(offer, compiled),
        "duty": words.text(offer, compiled, "duty"),
        "text": words.text(offer, compiled, "text"),
        "liability": words.text(offer, compiled, "liability"),
        "basis": offer.doc.get("basis"),
        "term": words.term(offer),
        "covers": [papers.title_by_id(compiled, name) for name in offer.covers] if offer.kind != "later" else [],
        "conditions": [_condition(compiled, name) for name in offer.doc.get("conditions") or ()],
        "chosen": made is not None,
        "signature": made.name if made is not None else "",
        "error": say("请写上签署人的姓名：%(title)s", title=words.title(offer, compiled)) if complain and offer in found.unsigned else None,
    }


def _condition(compiled: CompiledItem, name: str) -> str:
    doc = next(each for each in compiled.doc["conditions"] if each["id"] == name)
    return str(Reader(compiled.doc, edge.locale())(f"conditions.{name}.text", doc["text"]))


def materials_sent(draft: DraftView, compiled: CompiledItem, who: Acting) -> Answer:
    """Take uploads in, drop what is removed, note consent and promises, go on when nothing is missing."""
    known = flow.facts(compiled, draft.situation, draft.values, who.kind)
    found = board(draft, compiled, known, who)
    held, removed = _without(draft, request.form.get("_remove", ""))
    wrong: dict[str, str] = {}
    for met in found.met:
        for upload in request.files.getlist(f"new.{met.id}") if met.may_hand_in or met.need.source != "library" else ():
            if upload.filename and met.need.source != "form":
                held = papers.take(held, met.need.doc, upload, ("draft", draft.id), wrong)
    decided = posted(found, held)
    saved = draft
    if held != draft.materials or decided != draft.supplies:
        try:
            saved = papers.keep(draft, compiled, held, supplies=decided)
        except DraftStale:
            notice = say("这份草稿刚才在另一个窗口或设备上改过，下面是现在的样子。请再选一次文件。")
            return materials_page(draft, compiled, who, notice=notice), 409
    if removed and not any(one.blob_id == removed for one in held):
        files.drop(edge.session(), removed, holder=("draft", draft.id))
    if wrong:
        return materials_page(saved, compiled, who, wrong=wrong), 422
    if request.form.get("_next"):
        if not board(saved, compiled, known, who).complete:
            return materials_page(saved, compiled, who, complain=True), 422
        return redirect(flow.step_href(draft.id, CHECK), 303)
    return redirect(flow.step_href(draft.id, MATERIALS), 303)


def _without(draft: DraftView, asked: str) -> tuple[tuple[Handed, ...], str | None]:
    material, _colon, blob = asked.partition(":")
    kept = tuple(one for one in draft.materials if not (one.material == material and one.blob_id == blob))
    return kept, blob if len(kept) < len(draft.materials) else None
