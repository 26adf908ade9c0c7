"""Asking: each kind of request is checked and made here, then kept by :mod:`core.items.catalogue.requests`."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.holders import resolve_organisation
from core.identity.queries import department, division
from core.identity.spec import LEVELS, DepartmentView
from core.items.catalogue import claims, codes, entries, kinds, power
from core.items.catalogue.errors import NotNow, Refused
from core.items.catalogue.models import Claim, ItemRequest
from core.items.catalogue.requests import Asked, RequestRef, asker, earlier, keep
from core.items.checking import Known, check_item, has_errors
from core.items.compiling import compile_item, from_bundle
from core.items.errors import GateClosed, ItemNotFound
from core.items.gate import run_tests
from core.items.models import Item, ItemDraft
from core.items.service.apply import apply
from core.items.service.known import known_here
from core.items.spec import CompiledItem, JsonObject
from core.kernel.actor import Actor
from core.kernel.clock import today


def ask_entry(
    session: Session, doc: JsonObject, *, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None = None, department_id: str,
    upward: bool = False, reason: str, command_id: str, actor: Actor,
) -> RequestRef:  # fmt: skip
    """Ask for a new entry of the catalogue or a new version of one: one's own department publishes it, or with *upward* the one above.

    Raises :class:`GateClosed` with every finding of the entry and its item.
    """
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    asker(session, department_id, actor)
    publisher = _above(session, department_id) if upward else department(session, department_id)
    wrong = entries.check_entry(doc, forms, blocks)
    if has_errors(wrong):
        raise GateClosed(wrong, code=str(doc.get("code", "?")) if isinstance(doc, Mapping) else "?")
    rank = LEVELS.index(division(session, publisher.division_id).level)
    if any(LEVELS.index(level) < rank for level in doc["levels"]):
        raise Refused("items.entry_above", publisher=publisher.title)
    stored = entries.bundle(doc, forms, blocks)
    asked = Asked(
        "entry", department_id, publisher.id, f"{doc['code']} {doc['title']}", entry_code=doc["code"], division_path=publisher.division_path,
        body={"upward": upward}, bundle=stored,
    )  # fmt: skip
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def _above(session: Session, department_id: str) -> DepartmentView:
    office = department(session, department_id)
    found = resolve_organisation(session, "parent", owner=office.id, division_id=office.division_id)
    if not found:
        raise Refused("items.nobody_above", office=office.title)
    return department(session, found[0])


def ask_claim(session: Session, entry_code: str, *, department_id: str, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """认领: ask to carry an entry out. When it is granted the department gets a draft item under its own 31-character code."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    asker(session, department_id, actor)
    entry, office = entries.entry(session, entry_code), department(session, department_id)
    place = division(session, office.division_id)
    if codes.has_parts(entry.code):
        raise Refused("items.entry_has_parts", code=entry.code)
    if office.code != entry.doc["implementer"]:
        raise Refused("items.claim_other_kind", office=office.title, implementer=entry.doc["implementer"])
    if place.level not in entry.levels or not place.path.startswith(department(session, entry.publisher_id).division_path):
        raise Refused("items.claim_other_level", office=office.title)
    if session.scalar(select(Claim.item_code).where(Claim.entry_code == entry.code, Claim.department_id == office.id)) is not None:
        raise NotNow("items.claimed_already", office=office.title, code=entry.code)
    slug = f"{entry.item['code']}-{place.code}"[:64]
    if session.get(Item, slug) is not None:
        raise Refused("items.slug_taken", slug=slug)
    implementation = codes.implementation(office.uscc, place.level, entry.code)
    body = {"slug": slug, "number": entry.number, "implementation": implementation}
    asked = Asked("claim", office.id, office.id, f"{entry.code} {entry.title}", entry_code=entry.code, body=body)
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def _item(session: Session, item_code: str, kind: str, actor: Actor) -> tuple[Item, DepartmentView]:
    """The item, locked, and the department that answers for it, in whose name the actor must be able to ask."""
    row = session.get(Item, item_code, with_for_update=True)
    if row is None:
        raise ItemNotFound(code=item_code)
    office = power.owner(session, item_code)
    asker(session, office.id, actor)
    if row.status not in kinds.KINDS[kind].states:
        raise NotNow(f"items.not_while_{row.status}", title=row.title)
    return row, office


def ask_change(
    session: Session, item_code: str, *, doc: JsonObject | None = None, forms: Mapping[str, JsonObject] | None = None,
    blocks: Mapping[str, JsonObject] | None = None, effective_on: date | None = None, body: Mapping[str, Any] | None = None, reason: str,
    command_id: str, actor: Actor,
) -> RequestRef:  # fmt: skip
    """变更: ask to publish the item's draft, or *doc*, which becomes the draft. What is reviewed is what will be published.

    *effective_on* is a legal day to come on which it takes effect, ``None`` the moment of the last review. *body* is kept with the request for those who
    carry out what follows (:mod:`core.cases.service.chosen`). Raises :class:`GateClosed` with every finding – among them one for each element that is
    not the department's to change, and what the item's own tests say.
    """
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    row, office = _item(session, item_code, "change", actor)
    if effective_on is not None and effective_on <= today():
        raise Refused("items.effective_past", day=effective_on.isoformat())
    if doc is not None:
        if doc.get("code") != item_code:
            raise Refused("items.change_other_code", code=str(doc.get("code")), item=item_code)
        given = dict(forms or {}) or _own_forms(session, item_code)
        apply(session, doc, forms=given, blocks=blocks if blocks is not None else claims.compiled_of(session, item_code).blocks, actor=actor)
    draft = session.get(ItemDraft, item_code)
    if draft is None:
        raise Refused("items.nothing_to_change", title=row.title)
    compiled = from_bundle(bytes(draft.bundle))
    tested = run_tests(compiled).findings
    if has_errors(tested):
        raise GateClosed(tested, code=item_code)
    asked = Asked(
        "change", office.id, office.id, compiled.title, item_code=item_code, bundle=compiled.bundle, effective_on=effective_on, body=dict(body or {}),
    )  # fmt: skip
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def _own_forms(session: Session, item_code: str) -> dict[str, JsonObject]:
    compiled = claims.compiled_of(session, item_code)
    return {str(compiled.doc["form"]): compiled.form_doc}


def ask_state(session: Session, item_code: str, kind: str, *, until: date | None = None, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """暂停、恢复、终止: *kind* is ``suspend`` (perhaps *until* a day), ``resume`` or ``end``. Applicants read the reason on the guide."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    if kind not in ("suspend", "resume", "end"):
        raise Refused("items.unknown_kind", kind=kind)
    row, office = _item(session, item_code, kind, actor)
    if until is not None and until <= today():
        raise Refused("items.until_past", until=until.isoformat())
    body = {"until": until.isoformat()} if until is not None and kind == "suspend" else {}
    asked = Asked(kind, office.id, office.id, row.title, item_code=item_code, body=body)
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def ask_delegate(session: Session, item_code: str, *, to: Sequence[str], reason: str, command_id: str, actor: Actor) -> RequestRef:
    """下放: departments of the same kind further down exercise the item; running cases stay where they are."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    row, keeper = _item(session, item_code, "delegate", actor)
    if session.get(Claim, item_code) is not None:
        raise Refused("items.delegate_claimed", title=row.title)
    offices = power.below(keeper, [department(session, each) for each in dict.fromkeys(to)])
    levels = {division(session, office.division_id).level for office in offices}
    if len(levels) != 1:
        raise Refused("items.delegate_levels")
    compiled = claims.compiled_of(session, item_code, draft=False)
    (level,) = levels
    made = _with_codes({**compiled.doc, "level": level}, offices[0] if len(offices) == 1 else None, level)
    asked = Asked(
        "delegate", keeper.id, keeper.id, row.title, item_code=item_code, body={"to": [office.id for office in offices], "level": level},
        bundle=_bundle(made, compiled),
    )  # fmt: skip
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def ask_transfer(session: Session, item_code: str, *, to: str, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """职能转移: another department answers for the item and exercises it, once it agreed too; its code follows the new department's credit code."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    row, giver = _item(session, item_code, "transfer", actor)
    receiver = department(session, to)
    claim = session.get(Claim, item_code)
    if receiver.id == giver.id:
        raise Refused("items.transfer_to_self", office=receiver.title)
    if claim is not None and receiver.code != giver.code:
        raise Refused("items.transfer_unified", office=receiver.title, entry=claim.entry_code)
    level = division(session, receiver.division_id).level
    if level != division(session, giver.division_id).level:
        raise Refused("items.transfer_level", office=receiver.title)
    compiled = claims.compiled_of(session, item_code, draft=False)
    made = _with_codes({**compiled.doc, "department": receiver.code}, receiver, level)
    bundle = _bundle(made, compiled)
    asked = Asked("transfer", giver.id, giver.id, row.title, item_code=item_code, receiving_id=receiver.id, body={"to": receiver.id}, bundle=bundle)
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def ask_adopt(session: Session, item_code: str, *, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """Accept what changed above: the catalogue's elements of the newer version with one's own local ones. Filed cases keep the version they have."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    row, office = _item(session, item_code, "adopt", actor)
    news = claims.upstream(session, item_code)
    if news is None:
        raise NotNow("items.up_to_date", title=row.title)
    compiled = claims.compiled_of(session, item_code)
    made = compile_item(news.doc, forms={str(news.doc["form"]): news.form}, blocks=news.blocks)
    _checked(made, known_here(session, made.doc))
    body = {"number": news.number, "follows": news.follows, "before": compiled.hash}
    asked = Asked("adopt", office.id, office.id, row.title, item_code=item_code, body=body, bundle=made.bundle)
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def ask_objection(session: Session, item_code: str, *, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """Object to what changed above, with a reason; the publisher of the entry answers."""
    if (found := earlier(session, actor, command_id)) is not None:
        return found
    row, office = _item(session, item_code, "object", actor)
    news = claims.upstream(session, item_code)
    if news is None:
        raise NotNow("items.up_to_date", title=row.title)
    publisher = entries.entry(session, news.entry_code).publisher_id
    asked = Asked("object", office.id, publisher, row.title, item_code=item_code, body={"number": news.number})
    return keep(session, asked, reason=reason, command_id=command_id, actor=actor)


def _bundle(doc: JsonObject, compiled: CompiledItem) -> bytes:
    """The document with the item's own form. Who would hold each step is asked when it is carried out: only then the departments have changed."""
    made = compile_item(doc, forms={str(doc["form"]): compiled.form_doc}, blocks=compiled.blocks)
    _checked(made, None)
    return made.bundle


def _checked(made: CompiledItem, known: Known | None) -> None:
    wrong = check_item(made.doc, forms={str(made.doc["form"]): made.form_doc}, blocks=made.blocks, known=known)
    if has_errors(wrong):
        raise GateClosed(wrong, code=made.code)


def _with_codes(doc: dict[str, Any], office: DepartmentView | None, level: str) -> dict[str, Any]:
    """The document under the code of the department that will exercise it; without one department there is no one code."""
    held = doc.get("codes") or {}
    if not held.get("implementation") or not held.get("basic"):
        return doc
    return {**doc, "codes": codes.retold(held, codes.implementation(office.uscc, level, held["basic"]) if office is not None else None)}


def document(row: ItemRequest) -> JsonObject | None:
    """The item document that a request asks for, where it asks for one."""
    if row.bundle is None or row.kind == "entry":
        return None
    found: JsonObject = json.loads(row.bundle)["item"]
    return found
