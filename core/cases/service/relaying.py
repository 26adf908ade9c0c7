"""村镇县接力: where papers set out, the way they take, and who had them when.

A village agent files for an inhabitant; the item says which levels the papers pass. The departments of the way are settled when the papers set out and
kept in the case; a department that was merged or renamed since is found by its successor (:func:`core.identity.queries.successor`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import access
from core.cases.errors import CaseNotFound
from core.cases.models import CaseTaskDone, table
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.kernel.wording import word
from core.routing.marking import Marking

_done = table(CaseTaskDone).c


@dataclass(frozen=True, slots=True)
class Station:
    """One level of the way: the department then and the one that stands there today, who acted there and when. ``state``: done, now, next."""

    level: str
    department_id: str | None
    today_id: str | None
    state: str
    opened_at: datetime | None = None
    closed_at: datetime | None = None
    by: str = ""
    action: str = ""


def setting_out(session: Session, compiled: CompiledItem, owner: str, department_id: str | None) -> dict[str, Any]:
    """The facts with which a case begins whose papers were handed to the agents of *department_id*; none where the item knows no levels.

    Raises :class:`BadInput` when a level between that place and the authority has no agent.
    """
    relay = compiled.route.intake.relay
    if relay is None or department_id is None:
        return {}
    place = people.department(session, department_id)
    home = people.division(session, place.division_id)
    if home.level not in relay.chain or home.level == relay.chain[-1]:
        return {}
    way: dict[str, str] = {home.level: department_id, relay.chain[-1]: owner}
    for level in relay.chain[relay.chain.index(home.level) + 1 : -1]:
        way[level] = _at(session, home.path, level, relay.holders.role, owner)
    return {"relay": {"level": home.level, "way": way}}


def _at(session: Session, path: str, level: str, role: str, owner: str) -> str:
    """The department of *level* above the place whose agents take over: of the authority's own kind where there is one, else the first that has some."""
    above = people.division_at_level(session, path, level)
    found = people.staffed(session, above.id, role) if above is not None else ()
    if not found:
        raise BadInput("cases.relay_gap", level={locale: word(f"routing.level.{level}", locale) for locale in ("zh", "en")})
    kind = people.department(session, owner).code
    return next((each.id for each in found if each.code == kind), found[0].id)


def stations(session: Session, case_id: str, marking: Marking, *, actor: Actor) -> tuple[Station, ...]:
    """The way of the papers of a case that *actor* may see, level by level. Raises :class:`CaseNotFound`."""
    if marking.relay is None:
        return ()
    if not access.may_see(session, case_id, actor):
        raise CaseNotFound
    rows = session.execute(select(*_done).where(_done.case_id == case_id, _done.node.like("intake.relay.%")).order_by(_done.no)).mappings().all()
    names = people.staff_names(session, [row["actor_id"] for row in rows if row["actor_kind"] == "staff"])
    waiting = {
        task.node.rpartition(".")[2] if not task.node.endswith(".amend") else task.node.split(".")[2]
        for task in marking.tasks
        if task.node.startswith("intake.relay.")
    }
    return tuple(_station(session, level, named, rows, names, waiting, marking) for level, named in marking.relay.way)


def _station(
    session: Session, level: str, named: str | None, rows: Sequence[Mapping[Any, Any]], names: Mapping[str, str], waiting: set[str], marking: Marking
) -> Station:  # fmt: skip
    mine = [row for row in rows if row["node"] == f"intake.relay.{level}"]
    last = mine[-1] if mine else None
    assert marking.relay is not None
    arrived = marking.relay.at is None
    authority = level == marking.relay.way[-1][0]
    state = "now" if level in waiting or (authority and arrived and not marking.ended) else "done" if last is not None or (authority and arrived) else "next"
    today_id = people.successor(session, named) if named else None
    if last is None:
        return Station(level, named, today_id, state)
    return Station(level, named, today_id, state, mine[0]["opened_at"], last["closed_at"], names.get(last["actor_id"], ""), last["action"])
