"""Who could hold a task of a draft's route today: the people in office, for each organisation that would offer the item."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.holders import resolve_holders
from core.identity.spec import DepartmentView
from core.items.service.known import offering_departments
from core.routing.spec import Holders, Node, RouteSpec


@dataclass(frozen=True, slots=True)
class Staffed:
    """How many people hold it altogether, and the offering organisations where nobody does."""

    people: int
    empty: tuple[str, ...]
    by: str = ""


def offering(session: Session, item: Any) -> tuple[DepartmentView, ...]:
    """The departments that would offer a draft's *item*; none while it does not say whose it is."""
    named = isinstance(item, Mapping) and all(isinstance(item.get(name), str) for name in ("code", "department", "level"))
    return offering_departments(session, item) if named else ()


def holders_of(spec: RouteSpec, node: Node) -> tuple[Holders, ...]:
    """Everybody who has a part in *node*, with the branch's own organisation in place; nobody for what the platform does."""
    found = spec.branch_of(node.scope)
    org = found[1].org if found is not None else None
    listed = [*([node.holders] if node.holders is not None else ()), *(group.holders for group in node.groups)]
    return tuple(each.within(org) for each in listed if each.role not in ("applicant", "system"))


def staffed(session: Session, holders: Iterable[Holders], offices: Sequence[DepartmentView]) -> tuple[Staffed, ...]:
    """For each of *holders*: how many people hold such a post now, in every organisation of *offices* that offers the item."""
    return tuple(_staffed(session, each, offices) for each in holders)


def _staffed(session: Session, holders: Holders, offices: Sequence[DepartmentView]) -> Staffed:
    everybody: set[str] = set()
    empty: list[str] = []
    for office in offices:
        here = _people(session, holders, office)
        everybody |= here
        if not here:
            empty.append(f"{office.division_title}{office.title}")
    return Staffed(len(everybody), tuple(empty), holders.role)


def _people(session: Session, holders: Holders, office: DepartmentView) -> set[str]:
    """Seen from one *office*; whoever stands in counts where there is nobody."""
    found = resolve_holders(session, holders, owner=office.id, division=office.division_id)
    held = {row[0] for row in people.colleagues(session, [each for each, _role in found], role=holders.role)} if found else set()
    return held or (_people(session, holders.fallback, office) if holders.fallback is not None else set())
