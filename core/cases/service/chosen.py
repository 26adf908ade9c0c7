"""Carrying out what was chosen for running cases, position by position, after the version was published: runs like any other, listed case by case."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases.models import Case, CaseMove, table
from core.cases.service import migrating
from core.cases.service.impact import CHOICES
from core.cases.service.machine import command_key
from core.cases.service.migrating import Goal
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.items.catalogue.effects import CHOSEN
from core.items.catalogue.models import ItemRequest
from core.items.models import ItemVersion
from core.items.service import people
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Forbidden
from core.outbox import service as outbox

#: Characters of the request's reason that a run carries on.
LONGEST_REASON = 2000


def checked(places: Mapping[str, str], node_map: Mapping[str, str] | None = None) -> dict[str, Any]:
    """What is kept with a request: the choice for each place that is not *stay*, and the map of steps. Raises :class:`BadInput` for what is none."""
    if any(choice not in CHOICES for choice in places.values()):
        raise BadInput("cases.choice_unknown")
    chosen = {place: choice for place, choice in places.items() if choice != "stay"}
    return {"places": chosen, "map": dict(node_map or {})} if chosen else {}


@outbox.handler(CHOSEN)
def carry_out(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Begin the runs of one request. What was chosen for a place holds for the cases that stand there when it is their turn."""
    del message_id
    request = session.get(ItemRequest, body["request"])
    version = None if request is None else _published(session, request)
    if request is None or version is None:
        return
    actor = Actor("staff", request.requested_by)
    try:
        departments = migrating.mine(session, actor)
    except Forbidden:  # no longer in charge: the cases stay, which is what nobody need choose
        audit.record(session, "cases.move_not_begun", subject=("item", version.item_code), actor=actor, detail={"request": request.id})
        return
    counts = _under_way(session, version, departments)
    for goal in _goals(session, request.body["choices"], version, sorted(counts), actor):
        key = command_key(actor, f"{CHOSEN}/{request.id}/{goal.version_id}")
        if session.scalar(select(CaseMove.id).where(CaseMove.command_key == key)) is None:
            total = sum(counts[origin] for origin in goal.origins or ())
            migrating.begin(session, goal, key=key, departments=departments, total=total, reason=request.reason[:LONGEST_REASON], actor=actor)


def _published(session: Session, request: ItemRequest) -> ItemVersion | None:
    query = select(ItemVersion).where(ItemVersion.item_code == request.item_code, ItemVersion.hash == request.hash, ItemVersion.derived_from.is_(None))
    return session.scalar(query.order_by(ItemVersion.number.desc()).limit(1))


def _under_way(session: Session, version: ItemVersion, departments: Sequence[str]) -> dict[str, int]:
    """Versions under which cases of the item are open, with how many."""
    case = table(Case).c
    query = select(case.version_id, func.count().label("cases")).where(
        case.item_code == version.item_code, case.version_id != version.id, case.department_id.in_(tuple(departments)), case.status.not_in(tuple(ENDED))
    )
    return {row.version_id: row.cases for row in session.execute(query.group_by(case.version_id))}


def _goals(session: Session, choices: Mapping[str, Any], version: ItemVersion, origins: Sequence[str], actor: Actor) -> list[Goal]:
    """A run to the new version, and one for each earlier version whose cases get its people. No case can be in two of them."""
    by_choice = {choice: [place for place, chosen in choices["places"].items() if chosen == choice] for choice in CHOICES}
    goals = []
    if by_choice["migrate"] and origins:
        goals.append(Goal(version.item_code, version.id, version.number, choices.get("map") or {}, by_choice["migrate"], origins))
    for origin in origins if by_choice["people"] else ():
        old, new = pinned(session, origin), pinned(session, version.id)
        derived = people.with_people_of(old, new)
        if derived.hash == old.hash or people.unfit(session, derived):
            continue
        target = people.keep(session, derived, origin_id=origin, actor=actor)
        goals.append(Goal(version.item_code, target, session.get_one(ItemVersion, target).number, {}, by_choice["people"], [origin]))
    return goals
