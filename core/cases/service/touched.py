"""What else a new version meets: applications that citizens are still filling in, items that begin this one or share its form, claims of its entry."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases.models import Draft, table
from core.cases.versions import pinned
from core.identity.queries import departments
from core.items.catalogue.models import Claim
from core.items.diff import fields_of
from core.items.models import Item, ItemVersion
from core.items.spec import CompiledItem
from core.items.subcases import nodes_of
from core.kernel.clock import now


@dataclass(frozen=True, slots=True)
class Drafts:
    """Drafts of citizens: how many there are, and which fields of the new form their writers were never asked (title → how many drafts)."""

    count: int
    asked: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another item in force: ``begins`` – its route has this one as a sub-case –, or it shares the ``form`` or a ``block``, named by ``what``."""

    code: str
    title: str
    relation: str
    what: str = ""


@dataclass(frozen=True, slots=True)
class Below:
    """A department that claimed the same entry of the catalogue, and the version of the entry that it follows."""

    item_code: str
    department: str
    number: int


@dataclass(frozen=True, slots=True)
class Touched:
    """Everything beside running cases."""

    drafts: Drafts
    neighbours: tuple[Neighbour, ...]
    below: tuple[Below, ...]


def touched(session: Session, new: CompiledItem) -> Touched:
    """Four statements, however much there is; nothing that a citizen wrote is opened."""
    return Touched(_drafts(session, new), tuple(_neighbours(session, new)), _below(session, new))


def _drafts(session: Session, new: CompiledItem) -> Drafts:
    draft = table(Draft).c
    query = select(draft.version_id, func.count()).where(draft.item_code == new.code, draft.expires_at > now()).group_by(draft.version_id)
    asked: Counter[str] = Counter()
    total = 0
    for version_id, count in session.execute(query).all():
        total += count
        for title in _newly_asked(pinned(session, version_id), new):
            asked[title] += count
    return Drafts(total, tuple(sorted(asked.items(), key=lambda each: (-each[1], each[0]))))


def _newly_asked(old: CompiledItem, new: CompiledItem) -> list[str]:
    """Titles of fields that the new form wants, always or in some case, and the old one never did."""
    before, after = fields_of(old.form_doc), fields_of(new.form_doc)
    return [str(field.get("title", path)) for path, field in after.items() if _wanted(field) and not _wanted(before.get(path, {}))]


def _wanted(field: Any) -> bool:
    return bool(field.get("required") or (field.get("ui") or {}).get("required_when"))


def _neighbours(session: Session, new: CompiledItem) -> Iterator[Neighbour]:
    """Other items in force; a bundle that names neither this item nor its form nor a block of it is not read."""
    names = [f'"{name}"'.encode() for name in (new.code, str(new.doc["form"]), *new.blocks)]
    query = select(Item.code, Item.title, ItemVersion.bundle).join(ItemVersion, ItemVersion.id == Item.current_version_id).where(Item.code != new.code)
    for code, title, stored in session.execute(query.order_by(Item.code)):
        bundle = bytes(stored)
        if not any(name in bundle for name in names):
            continue
        parts = json.loads(bundle)
        if any(node["item"] == new.code for _at, _id, node in nodes_of(parts["item"]["route"])):
            yield Neighbour(code, title, "begins")
        if parts["item"]["form"] == new.doc["form"]:
            yield Neighbour(code, title, "form", str(new.form_doc.get("title", new.doc["form"])))
        for name in sorted(parts["blocks"].keys() & new.blocks.keys()):
            yield Neighbour(code, title, "block", str(new.blocks[name].get("title", name)))


def _below(session: Session, new: CompiledItem) -> tuple[Below, ...]:
    basic = (new.doc.get("codes") or {}).get("basic")
    if not basic:
        return ()
    query = select(Claim.item_code, Claim.department_id, Claim.number).where(Claim.entry_code == basic, Claim.item_code != new.code)
    rows = session.execute(query.order_by(Claim.item_code)).all()
    titles = {office.id: office.title for office in departments(session, ids=[row.department_id for row in rows])} if rows else {}
    return tuple(Below(row.item_code, titles[row.department_id], row.number) for row in rows)
