"""What this hall has – departments, licence types, plugin hooks – gathered for the checks, and who offers an item."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.holders import resolve_organisation
from core.identity.queries import departments, divisions
from core.identity.spec import DepartmentView
from core.items.checking import Known
from core.items.models import Item
from core.items.spec import JsonObject
from core.licences.queries import type_codes


def known_here(session: Session, doc: JsonObject, *, division: str | None = None) -> Known:
    """Everything item *doc* may refer to in this hall."""
    offering = offering_departments(session, doc, division=division)
    return Known(
        departments=frozenset(d.code for d in departments(session)),
        licence_types=frozenset(type_codes(session)),
        items=frozenset(session.scalars(select(Item.code))) | {str(doc.get("code"))},
        hooks=_hooks(session),
        organisations={f"{d.division_title}{d.title}": partial(_somebody, session, d) for d in offering},
    )


def _hooks(session: Session) -> frozenset[str] | None:
    """Automatic steps that installed plugins offer; ``None`` when this process runs no plugin host."""
    host = session.info.get("host")
    offered = getattr(host, "automatic_steps", None)
    return frozenset(offered()) if callable(offered) else None


def offering_departments(session: Session, doc: JsonObject, *, division: str | None = None) -> tuple[DepartmentView, ...]:
    """The departments of the item's kind at the level that exercises it – every county's, when counties do.

    *division* (its code) narrows to one place and below. Where nobody of that level exists, the nearest level that does stands in:
    a hall that holds only a city still offers what elsewhere is done by counties.
    """
    kind, level = doc.get("department"), doc.get("level")
    levels = {d.id: d for d in divisions(session)}
    inside = next((d.path for d in levels.values() if d.code == division), "/") if division is not None else "/"
    found = [d for d in departments(session) if d.code == kind and d.division_path.startswith(inside)]
    exact = [d for d in found if levels[d.division_id].level == level]
    if exact or not found:
        return tuple(exact)
    depth = min(d.division_path.count("/") for d in found)
    return tuple(d for d in found if d.division_path.count("/") == depth)


def _somebody(session: Session, owner: DepartmentView, holders: Mapping[str, Any]) -> bool:
    """Whether the organisation relation of *holders* names any department, seen from *owner*; a fallback counts."""
    if resolve_organisation(session, holders["org"], owner=owner.id, division_id=owner.division_id):
        return True
    fallback = holders.get("fallback")
    return isinstance(fallback, Mapping) and _somebody(session, owner, fallback)
