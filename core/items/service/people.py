"""An earlier version with the people of a new one: for running cases that shall get the new candidates and nothing else (ROUTING §7, changes of people).

The result is a version of its own, kept beside the published ones and never in force: a case stays pinned to something that never changes.
"""

import copy
import json
from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.items.catalogue.elements import spots
from core.items.checking import check_item
from core.items.compiling import from_bundle
from core.items.diff import of_route
from core.items.models import ItemVersion
from core.items.service.known import known_here
from core.items.spec import CompiledItem
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import Finding
from core.kernel.ids import new_id

_GONE = object()


def with_people_of(old: CompiledItem, new: CompiledItem) -> CompiledItem:
    """*old* with every candidate as *new* has it where both have the place; *old* itself where nothing of the kind differs."""
    parts: dict[str, Any] = json.loads(old.bundle)
    route = parts["item"]["route"]
    changed = False
    for way in _people(old.doc["route"], new.doc["route"]):
        changed = _put(route, way, _at(new.doc["route"], way)) or changed
    return from_bundle(canonical.dumps(parts)) if changed else old


def _people(old: Any, new: Any) -> Iterator[tuple[str, ...]]:
    """The places in a route where people differ."""
    for spot in spots(old, new):
        way = tuple(part for part in spot.pointer.split("/") if part)
        if of_route(way) == "people":
            yield way


def _at(value: Any, way: Sequence[str]) -> Any:
    for part in way:
        if not isinstance(value, dict) or part not in value:
            return _GONE
        value = value[part]
    return value


def _put(route: Any, way: Sequence[str], value: Any) -> bool:
    """Set *value* at *way* where the way there exists; whether anything was set."""
    holder = _at(route, way[:-1])
    if not isinstance(holder, dict):
        return False
    if value is _GONE:
        return holder.pop(way[-1], _GONE) is not _GONE
    holder[way[-1]] = copy.deepcopy(value)
    return True


def unfit(session: Session, derived: CompiledItem) -> tuple[Finding, ...]:
    """Why a derived version cannot be worked by: its errors in this hall. Its tests were written for other people and are not asked."""
    forms = {str(derived.doc["form"]): derived.form_doc}
    found = check_item(derived.doc, forms=forms, blocks=derived.blocks, known=known_here(session, derived.doc))
    return tuple(each for each in found if each.level == "error" and not each.path.startswith("/tests"))


def keep(session: Session, derived: CompiledItem, *, origin_id: str, actor: Actor) -> str:
    """The id of the version with this content, made where there is none yet; it is not in force and changes nothing for applicants."""
    there = select(ItemVersion.id).where(ItemVersion.item_code == derived.code, ItemVersion.hash == derived.hash).order_by(ItemVersion.number).limit(1)
    found = session.scalar(there)
    if found is not None:
        return found
    origin = session.get_one(ItemVersion, origin_id)
    last = session.scalar(select(func.max(ItemVersion.number)).where(ItemVersion.item_code == derived.code)) or 0
    values = {
        "id": new_id(), "item_code": derived.code, "number": last + 1, "hash": derived.hash, "derived_from": origin_id, "bundle": derived.bundle,
        "plugin_contracts": origin.plugin_contracts, "published_at": now(), "published_by": actor.id,
    }  # fmt: skip
    session.execute(insert(ItemVersion).values(values))
    detail = {"hash": derived.hash, "number": last + 1, "version": values["id"], "of": origin.number}
    audit.record(session, "item.people_changed", subject=("item", derived.code), actor=actor, detail=detail)
    return str(values["id"])
