"""Entries of the basic catalogue: their documents, their versions, what an item made from one has to be."""

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.queries import department as department_of
from core.identity.queries import departments
from core.identity.spec import LEVELS, DepartmentView, Scope
from core.items.catalogue import codes
from core.items.catalogue.elements import Rules
from core.items.catalogue.errors import EntryNotFound
from core.items.catalogue.models import CatalogueEntry, CatalogueVersion
from core.items.checking import check_item, has_errors
from core.items.compiling import used_blocks
from core.items.errors import GateClosed, finding
from core.items.spec import JsonObject
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Finding
from core.schemas import service as schemas

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Entry:
    """One version of an entry. ``doc`` is as published; ``item`` its item with the unified elements put in; treat all of it as frozen."""

    code: str
    number: int
    hash: str
    publisher_id: str
    doc: JsonObject
    item: JsonObject
    form: JsonObject
    blocks: Mapping[str, JsonObject] = field(repr=False)
    rules: Rules = field(default=Rules())

    @property
    def title(self) -> str:
        """The unified name."""
        return str(self.doc["title"])

    @property
    def levels(self) -> tuple[str, ...]:
        """行使层级: the levels whose departments may claim it."""
        return tuple(self.doc["levels"])


@dataclass(frozen=True, slots=True)
class EntryView:
    """An entry in a list."""

    code: str
    title: str
    type: str
    authority: str
    implementer: str
    publisher_id: str
    publisher: str
    number: int
    levels: tuple[str, ...]


def bundle(doc: JsonObject, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None = None) -> bytes:
    """The canonical bytes of an entry with the form and the blocks its item names."""
    form = forms.get(str((doc.get("item") or {}).get("form")), {})
    return canonical.dumps({"format": FORMAT, "entry": doc, "form": form, "blocks": used_blocks(form, blocks or {})})


def unified(doc: JsonObject) -> dict[str, Any]:
    """The entry's item with the elements that are the same everywhere put in, so that the two can never disagree."""
    item: dict[str, Any] = copy.deepcopy(dict(doc["item"]))
    item |= {"title": doc["title"], "type": doc["type"], "department": doc["implementer"], "basis": copy.deepcopy(doc["basis"])}
    item["codes"] = {"local": None, **(item.get("codes") or {}), "basic": doc["code"], "implementation": None, "handle": None}
    return item


def read(stored: bytes, *, number: int = 0, publisher_id: str = "") -> Entry:
    """The entry in a stored bundle."""
    parts = json.loads(stored)
    doc = parts["entry"]
    rules = Rules(tuple(doc.get("local") or ()), tuple(doc.get("fixed") or ()))
    return Entry(doc["code"], number, canonical.digest(stored), publisher_id, doc, unified(doc), parts["form"], parts["blocks"], rules)


def entry(session: Session, code: str, number: int | None = None) -> Entry:
    """Version *number* of an entry, or the one in force. Raises :class:`EntryNotFound`."""
    query = (
        select(CatalogueVersion.bundle, CatalogueVersion.number, CatalogueEntry.publisher_id)
        .join(CatalogueEntry, CatalogueEntry.code == CatalogueVersion.entry_code)
        .where(CatalogueEntry.code == code, CatalogueVersion.number == (CatalogueEntry.number if number is None else number))
    )
    row = session.execute(query).first()
    if row is None:
        raise EntryNotFound(code=code)
    return read(bytes(row.bundle), number=row.number, publisher_id=row.publisher_id)


def entries(session: Session, scope: Scope | None = None) -> tuple[EntryView, ...]:
    """Entries that concern *scope*: published at or above it, or inside it; by code."""
    rows = session.scalars(select(CatalogueEntry).order_by(CatalogueEntry.code)).all()
    offices = {each.id: each for each in departments(session, ids=[row.publisher_id for row in rows])}
    found = []
    for row in rows:
        office = offices[row.publisher_id]
        if scope is None or scope.division_path.startswith(office.division_path) or office.division_path.startswith(scope.division_path):
            levels = entry(session, row.code).levels
            found.append(EntryView(row.code, row.title, row.type, row.authority, row.implementer, office.id, office.title, row.number, levels))
    return tuple(found)


def expected(found: Entry, office: DepartmentView, level: str, slug: str) -> dict[str, Any]:
    """What the item of *office* is before any local change: the entry's item under the department's own codes.

    Raises :class:`core.items.catalogue.errors.Refused` when the department has no valid credit code.
    """
    item: dict[str, Any] = copy.deepcopy(dict(found.item))
    item |= {"code": slug, "level": level}
    item["codes"] = {**item["codes"], "implementation": codes.implementation(office.uscc, level, found.code)}
    return item


def check_entry(doc: Any, forms: Mapping[str, JsonObject], blocks: Mapping[str, JsonObject] | None = None) -> list[Finding]:
    """Everything that is wrong with an entry, at once; paths are JSON pointers into it, ``item:`` in front for those of its item."""
    found = list(schemas.validate("catalogue_entry", doc))
    if any(f.level == "error" for f in found):
        return found
    wrong = codes.check_basic(doc["code"], doc["type"])
    if wrong is not None:
        found.append(Finding("error", "/code", wrong, {"code": doc["code"], "type": doc["type"]}))
    for index, level in enumerate(doc["levels"]):
        if level not in LEVELS:
            found.append(finding("error", f"/levels/{index}", "entry_level", {"level": level}))
    rules = Rules(tuple(doc["local"]), tuple(doc.get("fixed") or ()))
    for index, pointer in enumerate(doc["local"]):
        if rules.owner(pointer) != "local" and pointer not in (doc.get("fixed") or ()):
            found.append(finding("error", f"/local/{index}", "entry_local_unified", {"pointer": pointer}))
    inside = check_item(unified(doc), forms=forms, blocks=blocks)
    return [*found, *(Finding(f.level, f"item:{f.path}", f.key, f.params) for f in inside)]


def publish_entry(session: Session, stored: bytes, *, publisher_id: str, actor: Actor) -> Entry:
    """The next version of an entry, in force at once. Claims keep the version they follow until they accept this one.

    Raises :class:`GateClosed` with every finding, and writes nothing then; the same bundle again changes nothing.
    """
    parts = json.loads(stored)
    doc, forms = parts["entry"], {str((parts["entry"].get("item") or {}).get("form")): parts["form"]} if parts["form"] else {}
    found = check_entry(doc, forms, parts["blocks"])
    if has_errors(found):
        raise GateClosed(found, code=str(doc.get("code", "?")))
    office, digest = department_of(session, publisher_id), canonical.digest(stored)
    row = session.get(CatalogueEntry, doc["code"], with_for_update=True)
    if row is not None and row.publisher_id != publisher_id:
        raise GateClosed([finding("error", "/code", "entry_of_another", {"code": row.code})], code=row.code)
    if row is not None and entry(session, row.code).hash == digest:
        return entry(session, row.code)
    if row is None:
        row = CatalogueEntry(code=doc["code"], publisher_id=publisher_id, region_root=office.region_root, number=0)
        session.add(row)
    row.title, row.type, row.authority, row.implementer = doc["title"], doc["type"], doc["authority"], doc["implementer"]
    row.number, row.changed_at = row.number + 1, now()
    session.flush()
    values = {"entry_code": row.code, "number": row.number, "hash": digest, "bundle": stored, "published_at": now(), "published_by": actor.id}
    session.execute(insert(CatalogueVersion).values(values))
    audit.record(session, "catalogue.published", subject=("catalogue", row.code), actor=actor, detail={"hash": digest, "number": row.number})
    return read(stored, number=row.number, publisher_id=publisher_id)
