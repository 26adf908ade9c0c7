"""What the last review of a request does, in its transaction. Cases that are filed stay as they are; drafts are told after the commit."""

from collections.abc import Callable

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.queries import department
from core.items.catalogue import claims, entries, power
from core.items.catalogue.errors import NotNow
from core.items.catalogue.models import Claim, ItemRequest
from core.items.compiling import compile_item
from core.items.models import Item, ItemDraft
from core.items.service.publish import offer, publish
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.outbox import service as outbox
from core.search import service as search

#: Told after the commit: somebody who has begun an application learns that the item was suspended, ended, resumed or moved.
TOPIC = "item.life"
#: Told after a change was published with which somebody chose what becomes of running cases.
CHOSEN = "item.chosen"


def carry_out(session: Session, row: ItemRequest, *, actor: Actor) -> None:
    """Do what was asked for. Raises what publishing raises; the caller's transaction then keeps nothing."""
    _EFFECTS[row.kind](session, row, actor)
    if row.kind in ("suspend", "resume", "end", "transfer", "delegate"):
        outbox.send(session, TOPIC, {"item": row.item_code, "kind": row.kind, "request": row.id}, key=f"{TOPIC}/{row.id}", region_root=row.region_root)


def _entry(session: Session, row: ItemRequest, actor: Actor) -> None:
    assert row.bundle is not None
    entries.publish_entry(session, bytes(row.bundle), publisher_id=row.deciding_id, actor=actor)


def _claim(session: Session, row: ItemRequest, actor: Actor) -> None:
    """The item as a draft under its own codes; its local elements are filled in before it is published."""
    del actor
    assert row.entry_code is not None
    entry, office = entries.entry(session, row.entry_code), department(session, row.department_id)
    slug = str(row.body["slug"])
    if session.get(Item, slug) is not None or session.scalar(select(Claim.item_code).where(Claim.entry_code == entry.code, Claim.department_id == office.id)):
        raise NotNow("items.claimed_already", office=office.title, code=entry.code)
    doc = entries.expected(entry, office, claims.level_of(session, office), slug)
    compiled = compile_item(doc, forms={str(doc["form"]): entry.form}, blocks=entry.blocks)
    session.add(Item(code=slug, department=compiled.doc["department"], title=compiled.title))
    session.flush()
    session.add(ItemDraft(item_code=slug, hash=compiled.hash, bundle=compiled.bundle, applied_at=now(), applied_by=row.requested_by))
    session.add(Claim(item_code=slug, entry_code=entry.code, number=entry.number, department_id=office.id, region_root=office.region_root))
    power.give(session, slug, office, power.OWN)
    row.item_code = slug
    session.flush()


def _change(session: Session, row: ItemRequest, actor: Actor) -> None:
    assert row.item_code is not None
    draft = session.get(ItemDraft, row.item_code)
    if draft is None or draft.hash != row.hash:
        raise NotNow("items.draft_changed", title=row.title)
    publish(session, row.item_code, reviewed=True, actor=actor)
    if row.body.get("choices"):
        outbox.send(session, CHOSEN, {"request": row.id}, key=f"{CHOSEN}/{row.id}", region_root=row.region_root)


def _adopt(session: Session, row: ItemRequest, actor: Actor) -> None:
    claim = session.get_one(Claim, row.item_code)
    if claim.number != row.body["follows"] or claims.compiled_of(session, claim.item_code).hash != row.body["before"]:
        raise NotNow("items.draft_changed", title=row.title)
    claim.number, claim.objected = row.body["number"], None
    session.flush()
    _publish(session, row, actor)


def _object(session: Session, row: ItemRequest, actor: Actor) -> None:
    del actor
    session.get_one(Claim, row.item_code).objected = row.body["number"]


def _suspend(session: Session, row: ItemRequest, actor: Actor) -> None:
    del actor
    _stop(session, row, "suspended")


def _end(session: Session, row: ItemRequest, actor: Actor) -> None:
    del actor
    _stop(session, row, "ended")
    search.remove(session, "item", str(row.item_code))


def _stop(session: Session, row: ItemRequest, status: str) -> None:
    item = session.get_one(Item, row.item_code)
    item.status = status
    item.standing = {"reason": row.reason, "since": now().isoformat(), "until": row.body.get("until")}


def _resume(session: Session, row: ItemRequest, actor: Actor) -> None:
    del actor
    item = session.get_one(Item, row.item_code)
    item.status, item.standing = "published", None
    session.flush()
    offer(session, claims.compiled_of(session, item.code, draft=False), None)


def _delegate(session: Session, row: ItemRequest, actor: Actor) -> None:
    keeper = department(session, row.department_id)
    power.hand_down(session, str(row.item_code), keeper, [department(session, each) for each in row.body["to"]])
    _publish(session, row, actor)


def _transfer(session: Session, row: ItemRequest, actor: Actor) -> None:
    receiver = department(session, str(row.receiving_id))
    claim = session.get(Claim, row.item_code)
    if claim is not None:
        claim.department_id, claim.region_root = receiver.id, receiver.region_root
    power.give(session, str(row.item_code), receiver, power.TRANSFERRED)
    session.flush()
    _publish(session, row, actor)


def _publish(session: Session, row: ItemRequest, actor: Actor) -> None:
    """Publish the document that was reviewed, in place of any draft."""
    assert row.item_code is not None and row.bundle is not None
    draft = session.get(ItemDraft, row.item_code)
    if draft is None:
        draft = ItemDraft(item_code=row.item_code)
        session.add(draft)
    draft.hash, draft.bundle, draft.applied_at, draft.applied_by = row.hash, bytes(row.bundle), now(), row.requested_by
    session.flush()
    publish(session, row.item_code, reviewed=True, actor=actor)


_EFFECTS: dict[str, Callable[[Session, ItemRequest, Actor], None]] = {
    "entry": _entry,
    "claim": _claim,
    "object": _object,
    "change": _change,
    "adopt": _adopt,
    "suspend": _suspend,
    "resume": _resume,
    "end": _end,
    "delegate": _delegate,
    "transfer": _transfer,
}
