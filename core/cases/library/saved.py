"""Searches somebody kept: their own, by name."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from core.cases.library.search import Asked
from core.cases.models import SavedSearch
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise

MOST, LONGEST_TITLE = 30, 60


def keep(session: Session, title: str, asked: Asked, *, actor: Actor) -> str:
    """Keep a search under a name and return its id. Raises :class:`BadInput` without a name, or when there are too many."""
    title = normalise(title).strip()
    if not title or len(title) > LONGEST_TITLE:
        raise BadInput("cases.search_title", most=LONGEST_TITLE)
    if (session.scalar(select(func.count()).where(SavedSearch.staff_id == actor.id)) or 0) >= MOST:
        raise BadInput("cases.search_too_many", most=MOST)
    row = SavedSearch(id=new_id(), staff_id=actor.id, title=title, asked=asked.to_json(), made_at=now())
    session.add(row)
    session.flush()
    return row.id


def mine(session: Session, *, actor: Actor) -> tuple[SavedSearch, ...]:
    """The actor's own searches, newest first."""
    return tuple(session.scalars(select(SavedSearch).where(SavedSearch.staff_id == actor.id).order_by(SavedSearch.made_at.desc(), SavedSearch.id.desc())))


def drop(session: Session, search_id: str, *, actor: Actor) -> None:
    """Forget one of the actor's own searches. Raises :class:`NotFound` for another's."""
    gone = delete(SavedSearch).where(SavedSearch.id == search_id, SavedSearch.staff_id == actor.id).returning(SavedSearch.id)
    if not is_id(search_id) or session.execute(gone).scalar_one_or_none() is None:
        raise NotFound
