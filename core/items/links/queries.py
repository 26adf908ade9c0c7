"""Reads of the link check: for those who look after items, for drafts, and for the guide."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urldefrag

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.db.remembered import Remembered
from core.identity.spec import StaffView
from core.items.catalogue import reading
from core.items.links.judging import DEAD, MOVED, STATES, UNSURE
from core.items.links.models import Link, LinkChange, LinkUse
from core.kernel.ids import is_id

_row, _use = Link.__table__.c, LinkUse.__table__.c
_SEEN = (_row.id, _row.url, _row.host, _row.state, _row.why, _row.status, _row.moved_to, _row.since, _row.checked_at)


@dataclass(frozen=True, slots=True)
class LinkView:
    """An address and how it answers; times are instants."""

    id: str
    url: str
    host: str
    state: str
    why: str
    status: int | None
    moved_to: str | None
    since: datetime
    checked_at: datetime | None

    @property
    def new_home(self) -> str:
        """Where the page lives now, at the place of it that the old address meant; empty for one that did not move."""
        place, moved = urldefrag(self.url).fragment, self.moved_to or ""
        return f"{moved}#{place}" if moved and place and not urldefrag(moved).fragment else moved


@dataclass(frozen=True, slots=True)
class UseView:
    """An address at a spot of an item."""

    id: str
    link: LinkView
    item_code: str
    item_title: str
    spot: str


@dataclass(frozen=True, slots=True)
class ChangeView:
    """An address began to answer differently."""

    at: datetime
    state: str
    why: str
    status: int | None
    moved_to: str | None


@dataclass(frozen=True, slots=True)
class Gone:
    """A dead address: when it was last asked."""

    checked_at: datetime | None


def _dead(session: Session) -> Mapping[str, Gone]:
    return {row.url: Gone(row.checked_at) for row in session.execute(select(_row.url, _row.checked_at).where(_row.state == DEAD))}


#: The dead addresses, for every guide: there are few, and a guide must not wait for a query because of them.
dead_links: Remembered[Mapping[str, Gone]] = Remembered("links", _dead)


def known(session: Session, urls: Collection[str]) -> dict[str, LinkView]:
    """What is known of addresses."""
    rows = session.execute(select(*_SEEN).where(_row.url.in_(urls))) if urls else ()
    return {row.url: _view(row) for row in rows}


def _view(row: Sequence[Any]) -> LinkView:
    return LinkView(*row)


def uses(session: Session, who: StaffView, *, states: Iterable[str] = STATES) -> tuple[UseView, ...]:
    """Where the items that *who* looks after name addresses in these *states*: the worst first, then by item."""
    titles = {each.code: each.title for each in reading.held(session, who)}
    query = select(_use.id, _use.item_code, _use.spot, *_SEEN).join_from(LinkUse, Link, _use.link_id == _row.id)
    rows = session.execute(query.where(_use.item_code.in_(titles), _row.state.in_(tuple(states)))).all()
    found = [UseView(row[0], _view(row[3:]), row.item_code, titles[row.item_code], row.spot) for row in rows]
    return tuple(sorted(found, key=lambda each: (STATES.index(each.link.state), each.item_title, each.item_code, each.spot)))


def unwell(session: Session) -> Sequence[Any]:
    """(url, state, since, why, moved_to, item_code, spot) of every address in the hall that is dead, has moved or is in doubt: for the operator."""
    query = select(_row.url, _row.state, _row.since, _row.why, _row.moved_to, _use.item_code, _use.spot).join_from(Link, LinkUse, _use.link_id == _row.id)
    return session.execute(query.where(_row.state.in_((DEAD, MOVED, UNSURE))).order_by(_row.state, _row.url, _use.item_code)).all()


def use(session: Session, use_id: str, who: StaffView) -> UseView | None:
    """One of :func:`uses`; ``None`` for none and for another department's alike."""
    return next((each for each in uses(session, who) if each.id == use_id), None) if is_id(use_id) else None


def counts(session: Session, who: StaffView) -> dict[str, int]:
    """How many addresses of the items that *who* looks after are in each state."""
    codes = [each.code for each in reading.held(session, who)]
    named = select(_use.link_id).where(_use.item_code.in_(codes))
    found: dict[str, int] = dict(session.execute(select(_row.state, func.count()).where(_row.id.in_(named)).group_by(_row.state)).all())
    return {state: found.get(state, 0) for state in STATES}


def changes(session: Session, link_id: str, most: int = 20) -> tuple[ChangeView, ...]:
    """The history of an address, the latest first."""
    kept = LinkChange.__table__.c
    query = select(kept.at, kept.state, kept.why, kept.status, kept.moved_to).where(kept.link_id == link_id).order_by(kept.at.desc(), kept.id.desc())
    return tuple(ChangeView(*row) for row in session.execute(query.limit(most)))
