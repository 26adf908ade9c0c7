"""The history of an item's versions: what each changed, the difference between any two, and going back to one as a new draft."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.items.catalogue import kinds, power
from core.items.compiling import from_bundle
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemVersion
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.ids import is_id


@dataclass(frozen=True, slots=True)
class Version:
    """A published version. ``derived_from`` is the number of the version that it repeats with other people, for the cases under that."""

    number: int
    hash: str
    published_at: datetime
    published_by: str
    in_force: bool
    derived_from: int | None


def listed(session: Session, item_code: str, *, actor: Actor) -> tuple[Version, ...]:
    """Every version, newest first. Raises :class:`ItemNotFound` for an item that is not the actor's department's to change."""
    row = session.get(Item, item_code)
    office = power.owner(session, item_code) if row is not None else None
    post = kinds.asking(people.staff_view(session, actor.id), office.id) if office is not None and actor.kind == "staff" and is_id(actor.id) else None
    if row is None or post is None:
        raise ItemNotFound(code=item_code)
    query = select(ItemVersion.id, ItemVersion.number, ItemVersion.hash, ItemVersion.published_at, ItemVersion.published_by, ItemVersion.derived_from).where(
        ItemVersion.item_code == item_code
    )
    rows = session.execute(query.order_by(ItemVersion.number.desc())).all()
    numbers = {each.id: each.number for each in rows}
    names = people.staff_names(session, [each.published_by for each in rows if is_id(each.published_by)])
    return tuple(
        Version(
            each.number, each.hash, each.published_at, names.get(each.published_by, each.published_by), each.id == row.current_version_id,
            numbers.get(each.derived_from or ""),
        )
        for each in rows
    )  # fmt: skip


def pair(session: Session, item_code: str, before: int, after: int, *, actor: Actor) -> tuple[CompiledItem, CompiledItem]:
    """Two versions to compare, in the order in which they were asked for. Raises :class:`ItemNotFound`."""
    listed(session, item_code, actor=actor)
    query = select(ItemVersion.number, ItemVersion.bundle).where(ItemVersion.item_code == item_code, ItemVersion.number.in_({before, after}))
    found = {row.number: from_bundle(bytes(row.bundle)) for row in session.execute(query)}
    if before not in found or after not in found:
        raise ItemNotFound(code=item_code)
    return found[before], found[after]
