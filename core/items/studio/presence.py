"""Who else is at a draft, and where: told to everybody, never a lock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.items.studio.models import StudioEdit, StudioSeat
from core.items.studio.spots import Spot, parse, write
from core.kernel.actor import Actor
from core.kernel.clock import now

#: Who was not heard of for this long has left.
GONE = timedelta(seconds=75)


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody at a spot of a draft."""

    name: str
    at: Spot
    seen_at: datetime


def sit(session: Session, draft_id: str, at: Spot, *, actor: Actor) -> tuple[Seat, ...]:
    """The actor is at *at* now; returns who else is there, by name. Whoever may see the draft may sit: ask :func:`core.items.studio.drafts.load` first."""
    row = session.get(StudioSeat, (draft_id, actor.id))
    if row is None:
        row = StudioSeat(draft_id=draft_id, staff_id=actor.id)
        session.add(row)
    row.at, row.seen_at = write(at)[:400], now()
    session.flush()
    query = select(StudioSeat).where(StudioSeat.draft_id == draft_id, StudioSeat.staff_id != actor.id, StudioSeat.seen_at > now() - GONE)
    others = session.scalars(query).all()
    names = people.staff_names(session, [each.staff_id for each in others])
    return tuple(sorted((Seat(names.get(each.staff_id, ""), parse(each.at), each.seen_at) for each in others), key=lambda seat: seat.name))


#: Commands looked through for whose hand it was; who changed the same spot did so a moment ago.
_LOOKED_AT = 200


def last_hands(session: Session, draft_id: str, spots: Sequence[str], *, actor: Actor) -> dict[str, tuple[str, datetime]]:
    """Who else changed each of *spots* – or what it stands in, or what stands in it – last, and when; a spot that nobody else touched is left out."""
    query = select(StudioEdit).where(StudioEdit.draft_id == draft_id).order_by(StudioEdit.revision.desc()).limit(_LOOKED_AT)
    found: dict[str, StudioEdit] = {}
    for row in session.scalars(query):
        touched = [f"{each.get('at', '')}/" for each in row.edits if isinstance(each, Mapping)] if row.staff_id != actor.id else []
        for spot in spots:
            here = f"{spot}/"
            if spot not in found and any(here.startswith(at) or at.startswith(here) for at in touched):
                found[spot] = row
    names = people.staff_names(session, [row.staff_id for row in found.values()])
    return {spot: (names.get(row.staff_id, ""), row.at) for spot, row in found.items()}
