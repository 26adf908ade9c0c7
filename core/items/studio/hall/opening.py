"""Drafts of documents of the hall: begun from what is in force, from an earlier version or from what the platform brings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.spec import Scope, StaffView
from core.items.studio import drafts
from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftNotFound
from core.items.studio.hall import kinds
from core.items.studio.hall.kinds import Kind
from core.items.studio.models import UNDER_WAY, StudioDraft
from core.kernel.actor import Actor
from core.settings import documents
from core.settings.documents import Version


@dataclass(frozen=True, slots=True)
class Listed:
    """One document of the hall: whether its words are the hall's own, and the draft that somebody is at."""

    kind: str
    name: str
    title: str
    own: bool
    draft_id: str | None

    @property
    def code(self) -> str:
        """The code of its drafts."""
        return kinds.code_of(self.kind, self.name)


def listed(session: Session, who: StaffView, locale: str = "zh") -> tuple[Listed, ...]:
    """Every document that *who* may change, in the order in which the platform brings them; empty for whoever administers nothing."""
    if not who.has_role(kinds.ROLE):
        return ()
    query = select(StudioDraft.item_code, StudioDraft.id).where(StudioDraft.state.in_(UNDER_WAY), StudioDraft.item_code.contains(kinds.MARK, autoescape=True))
    open_now = {row.item_code: row.id for row in session.execute(query)}
    documents.seen(session)  # who put something in force sees it
    found = []
    for kind in kinds.every():
        own = documents.in_force(session, kind.name)
        for name, shipped in kind.shipped().items():
            if kinds.administers(who, kind.division(session, name)):
                title = kind.title(own.get(name, shipped), locale)
                found.append(Listed(kind.name, name, title, name in own, open_now.get(kinds.code_of(kind.name, name))))
    return tuple(found)


def current(session: Session, kind: Kind, name: str) -> Mapping[str, Any]:
    """The document in force, as it is now."""
    documents.seen(session)
    return documents.in_force(session, kind.name).get(name, kind.shipped()[name])


def history(session: Session, code: str, *, actor: Actor) -> tuple[Version, ...]:
    """Every version that was put in force, newest first; what the platform brings is version 0. Raises :class:`DraftNotFound`."""
    kind, name = _mine(session, code, actor)
    return documents.versions(session, kind.name, name)


def content_of(session: Session, code: str, number: int, *, actor: Actor) -> Mapping[str, Any]:
    """The document as version *number* had it; 0 is the platform's. Raises :class:`DraftNotFound`."""
    kind, name = _mine(session, code, actor)
    found = next((each for each in documents.versions(session, kind.name, name) if each.number == number), None)
    if found is None and number != 0:
        raise DraftNotFound
    return kind.shipped()[name] if found is None or found.content is None else found.content


def begin(session: Session, code: str, *, number: int | None = None, actor: Actor) -> Draft:
    """The draft that is open, else a new one of what is in force – or of version *number*; then raises :class:`DraftExists` where one is open.

    Raises :class:`DraftNotFound` for whoever does not administer the division whose document it is.
    """
    kind, name = _mine(session, code, actor)
    under_way = session.scalar(select(StudioDraft.id).where(StudioDraft.item_code == code, StudioDraft.state.in_(UNDER_WAY)))
    if under_way is not None and number is None:
        return drafts.load(session, under_way, actor=actor)
    content = current(session, kind, name) if number is None else content_of(session, code, number, actor=actor)
    path = kind.division(session, name)
    office = next(each for each in people.departments(session, Scope(path)) if each.division_path == path)
    return drafts.opened(session, code, {kind.name: dict(content)}, office.id, office.region_root, None, actor)


def _mine(session: Session, code: str, actor: Actor) -> tuple[Kind, str]:
    kind, name = kinds.split(code)
    if actor.kind != "staff" or not kinds.may(session, people.staff_view(session, actor.id), code):
        raise DraftNotFound
    return kind, name
