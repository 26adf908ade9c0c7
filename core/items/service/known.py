"""What this hall has – departments, licence types, plugin hooks – gathered for the checks, and who offers an item."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.holders import resolve_organisation
from core.identity.models import Division, Hall
from core.identity.queries import departments, divisions
from core.identity.spec import LEVELS, DepartmentView
from core.items import plugged, sources
from core.items.anywhere import setting
from core.items.catalogue.errors import ItemStopped
from core.items.catalogue.power import exercising
from core.items.checking import Known
from core.items.errors import ItemNotFound
from core.items.models import Item
from core.items.queries import current, load
from core.items.spec import JsonObject
from core.items.subcases import SubItem
from core.licences.models import LicenceTypeRow
from core.licences.queries import type_codes


def known_here(session: Session, doc: JsonObject, *, division: str | None = None) -> Known:
    """Everything item *doc* may refer to in this hall."""
    offering = offering_departments(session, doc, division=division)
    return Known(
        departments=frozenset(d.code for d in departments(session)),
        licence_types=type_codes(session),
        licence_titles={row.code: row.title for row in session.execute(select(LicenceTypeRow.code, LicenceTypeRow.title))},
        facts=sources.facts(session),
        annotations={
            row.code: frozenset(each["id"] for each in row.doc.get("annotations") or ())
            for row in session.execute(select(LicenceTypeRow.code, LicenceTypeRow.doc))
        },
        bar_conditions=frozenset(sources.bar_conditions(session)),
        items=frozenset(session.scalars(select(Item.code))) | {str(doc.get("code"))},
        hooks=plugged.steps(session, tuple(d.id for d in offering)) if "plugins" in session.info else None,
        children=_children(session, doc),
        begun={code: _in_force(session, code) for code in set(_begun(doc.get("route")))},
        divisions={d.code: d.path for d in divisions(session)},
        offering=tuple(d.division_path for d in offering),
        organisations={f"{d.division_title}{d.title}": partial(_somebody, session, d) for d in offering},
        plugins=plugged.checks(session, tuple(d.id for d in offering)) if "plugins" in session.info else None,
    )


def _children(session: Session, doc: JsonObject) -> dict[str, frozenset[str]]:
    """The sub-items of every item that *doc* comes to begin, as they are published now."""
    found: dict[str, frozenset[str]] = {}
    todo = list(_begun(doc.get("route")))
    while todo:
        code = todo.pop()
        if code in found:
            continue
        version = session.scalar(select(Item.current_version_id).where(Item.code == code))
        found[code] = frozenset(_begun(load(session, version).doc["route"])) if version is not None else frozenset()
        todo += found[code]
    return found


def _in_force(session: Session, code: str) -> SubItem:
    """Another item as it could be begun today."""
    try:
        return SubItem(current(session, code).compiled)
    except ItemStopped:
        return SubItem(None, "child_stopped")
    except ItemNotFound:
        return SubItem(None, "child_not_in_force")


def _begun(place: Any) -> Iterator[str]:
    """The items that the sub-cases of a route, or of a part of it, begin."""
    if not isinstance(place, Mapping):
        return
    if place.get("kind") == "subcase" and isinstance(place.get("item"), str):
        yield place["item"]
    for inner in place.values():
        yield from _begun(inner)


def offering_departments(session: Session, doc: JsonObject, *, division: str | None = None) -> tuple[DepartmentView, ...]:
    """The departments that offer item *doc*: those of its kind in every division that runs a hall and stands at the item's level or above.

    So a city's hall offers what its counties do, each county's branch hall offers it again from its own department, and a county's hall
    never offers what only the city may decide. Without any such hall: the departments at the item's level. *division* (a code) narrows
    to one place and below. An item that was claimed, delegated down or transferred is offered by whom that named, and nobody else.
    """
    named = exercising(session, str(doc.get("code")))
    if named is not None:
        return named
    kind, level = doc.get("department"), str(doc.get("level"))
    places = {d.id: d for d in divisions(session)}
    inside = next((d.path for d in places.values() if d.code == division), None) if division is not None else ""
    found = [d for d in departments(session) if d.code == kind and inside is not None and d.division_path.startswith(inside)]
    with_hall = frozenset(session.scalars(select(Hall.division_id)))
    rank = LEVELS.index(level) if level in LEVELS else len(LEVELS)
    halls = [d for d in found if d.division_id in with_hall and LEVELS.index(places[d.division_id].level) <= rank]
    return tuple(halls or [d for d in found if places[d.division_id].level == level])


def taking_in(session: Session, doc: JsonObject, offering: tuple[str, ...]) -> tuple[str, ...]:
    """The places where item *doc* is found: those that offer it and, for 全域通办, every hall of their region."""
    within = setting(doc).get("within")
    if within is None:
        return offering
    regions = [d.path for d in divisions(session) if d.level == within and any(path.startswith(d.path) for path in offering)]
    halls = session.scalars(select(Division.path).join(Hall, Hall.division_id == Division.id).order_by(Division.path))
    return tuple(dict.fromkeys([*offering, *(path for path in halls if any(path.startswith(region) for region in regions))]))


def _somebody(session: Session, owner: DepartmentView, holders: Mapping[str, Any]) -> bool:
    """Whether the organisation relation of *holders* names any department, seen from *owner*; a fallback counts."""
    if resolve_organisation(session, holders["org"], owner=owner.id, division_id=owner.division_id):
        return True
    fallback = holders.get("fallback")
    return isinstance(fallback, Mapping) and _somebody(session, owner, fallback)
