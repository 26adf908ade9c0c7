"""Publish: the gate, then one immutable version, its offers, its search entry and its record – in one transaction."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.items.anywhere import setting
from core.items.blocks import shelf
from core.items.card import card, search_body
from core.items.catalogue.claims import gate
from core.items.catalogue.errors import NotNow, ReviewNeeded
from core.items.catalogue.models import Claim
from core.items.checking import check_item, has_errors
from core.items.compiling import from_bundle
from core.items.errors import GateClosed, ItemNotFound, SecondPersonNeeded
from core.items.gate import run_tests
from core.items.models import Item, ItemDraft, ItemOffer, ItemVersion
from core.items.service.known import known_here, offering_departments, taking_in
from core.items.settings import REVIEW_REQUIRED
from core.items.spec import CompiledItem, VersionView
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Finding
from core.kernel.ids import new_id
from core.pluginhost.service import host
from core.search import service as search
from core.settings import service as settings


def publish(
    session: Session,
    code: str,
    *,
    same_person: bool = False,
    division: str | None = None,
    findings: Iterable[Finding] | None = None,
    reviewed: bool = False,
    actor: Actor,
) -> VersionView:
    """Publish the draft of item *code* as its next version. Running servers serve it from the next request on.

    The gate runs on the stored draft, not on a file: what was reviewed is what is published. *findings* are those of a check made in this
    same transaction. *reviewed* says that this very draft passed its reviews (:mod:`core.items.catalogue.requests`); an item that was claimed
    from the catalogue, or whose setting asks for it, is published in no other way. Raises :class:`GateClosed` (every reason),
    :class:`SecondPersonNeeded`, :class:`ReviewNeeded`, :class:`ItemNotFound` (no draft).
    """
    draft = session.get(ItemDraft, code, with_for_update=True)
    item = session.get(Item, code)
    if draft is None or item is None:
        raise ItemNotFound("items.no_draft", code=code)
    if not same_person and draft.applied_by == actor.id:
        raise SecondPersonNeeded(code=code)
    if item.status == "ended":
        raise NotNow("items.not_while_ended", title=item.title)
    if not reviewed and not same_person and _review_needed(session, code):
        raise ReviewNeeded(code=code)
    compiled = from_bundle(bytes(draft.bundle))
    _gate(session, compiled, division, findings)
    version = _version(session, item, compiled, actor)
    item.department, item.title, item.status = compiled.doc["department"], compiled.title, "suspended" if item.status == "suspended" else "published"
    item.current_version_id, item.card, item.within = version.id, card(compiled.doc), setting(compiled.doc).get("within")
    session.delete(draft)
    session.flush()
    shelf.keep(session, compiled, actor)
    offer(session, compiled, division)
    detail = {"hash": compiled.hash, "number": version.number, "version": version.id, "applied_by": draft.applied_by}
    audit.record(session, "item.published", subject=("item", code), actor=actor, detail=detail)
    return version


def _review_needed(session: Session, code: str) -> bool:
    return session.get(Claim, code) is not None or bool(settings.get(session, REVIEW_REQUIRED, item=code))


def _gate(session: Session, compiled: CompiledItem, division: str | None, findings: Iterable[Finding] | None) -> None:
    found = list(findings) if findings is not None else _checked(session, compiled, division)
    found.extend(gate(session, compiled.doc, compiled.form_doc, compiled.blocks))
    found.extend(shelf.gate(session, compiled.code, compiled.blocks))
    found.extend(run_tests(compiled).findings)
    if has_errors(found):
        raise GateClosed(found, code=compiled.code)


def _checked(session: Session, compiled: CompiledItem, division: str | None) -> list[Finding]:
    forms = {str(compiled.doc["form"]): compiled.form_doc}
    return check_item(compiled.doc, forms=forms, blocks=compiled.blocks, known=known_here(session, compiled.doc, division=division))


def _version(session: Session, item: Item, compiled: CompiledItem, actor: Actor) -> VersionView:
    last = session.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_code == item.code)) or 0
    values: dict[str, Any] = {
        "id": new_id(),
        "item_code": item.code,
        "number": last + 1,
        "hash": compiled.hash,
        "bundle": compiled.bundle,
        "plugin_contracts": _contracts(session, compiled.plugins),
        "published_at": now(),
        "published_by": actor.id,
    }
    session.execute(insert(ItemVersion).values(values))
    return VersionView(values["id"], item.code, values["number"], compiled.hash, values["published_at"], actor.id, values["plugin_contracts"])


def _contracts(session: Session, names: Iterable[str]) -> dict[str, Any]:
    """The versions of the plugins that the item names, recorded beside the hash and not in it (DESIGN §3)."""
    here = host(session).versions() if "plugins" in session.info else {}
    return {name: here.get(name) for name in sorted(names)}


def offer(session: Session, compiled: CompiledItem, division: str | None) -> None:
    """Write who offers the item and where it is found. Applying again does this too, because halls and departments come and go."""
    session.execute(delete(ItemOffer).where(ItemOffer.item_code == compiled.code))
    offering = offering_departments(session, compiled.doc, division=division)
    for department in offering:
        session.execute(insert(ItemOffer).values(item_code=compiled.code, department_id=department.id, region_root=department.region_root))
    doc = compiled.doc
    places = taking_in(session, doc, tuple(department.division_path for department in offering))
    search.put(session, "item", compiled.code, title=compiled.title, body=search_body(doc), words=tuple(doc.get("words") or ()), scope=places)
