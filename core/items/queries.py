"""Reads of items: what a hall shows, the version in force, any version for life."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, exists, literal, or_, select
from sqlalchemy.orm import Session, aliased

from core.identity.models import Department, Division
from core.identity.spec import Scope
from core.items.catalogue.errors import ItemStopped
from core.items.compiling import cached
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemDraft, ItemOffer, ItemVersion
from core.items.spec import CompiledItem, Current, ItemView, Offer, Stopped, VersionView
from core.kernel.clock import local

#: Version id → hash. A version never changes and its id – a UUID – names it in every database, so a process that knows it asks nobody.
_digests: dict[str, str] = {}
_MOST_DIGESTS = 10_000
_OFFER = (Department.id.label("department_id"), Department.title, Division.id.label("division_id"), Division.path, Division.title.label("division_title"))


def current(session: Session, code: str, scope: Scope | None = None, *, stopped: bool = False) -> Current:
    """The version of item *code* in force, for a hall of *scope* (``None``: anywhere).

    One indexed read a call, so a running server notices a new version at once; the compiled item comes from the process's cache.
    Raises :class:`ItemNotFound` when the item is unknown, not published, or offered by nobody in the scope – told apart by nobody –, and
    :class:`ItemStopped` with the reason while it is suspended or after it ended, unless *stopped* asks for those too (the guide).
    """
    query = (
        select(ItemVersion.id, ItemVersion.number, ItemVersion.published_at, ItemVersion.hash, Item.status, Item.standing, *_OFFER)
        .join(Item, Item.current_version_id == ItemVersion.id)
        .join(ItemOffer, ItemOffer.item_code == Item.code)
        .join(Department, Department.id == ItemOffer.department_id)
        .join(Division, Division.id == Department.division_id)
        .where(Item.code == code, Item.status.in_(("published", "suspended", "ended")))
        .order_by(Division.path, Department.code)
    )
    rows = _own_first(session.execute(_in_scope(query, scope)).all(), scope)
    if not rows:
        raise ItemNotFound(code=code)
    version_id, number, published_at, digest, status, why = rows[0][:6]
    state = None if status == "published" else Stopped(status, why["reason"], datetime.fromisoformat(why["since"]), why.get("until"))
    if state is not None and not stopped:
        raise ItemStopped(f"items.{state.status}", reason=state.reason, since=f"{local(state.since):%Y-%m-%d}")
    return Current(version_id, number, published_at, _compiled(session, version_id, digest), tuple(Offer(*row[6:]) for row in rows), state)


def load(session: Session, version_id: str) -> CompiledItem:
    """The compiled item of any version, for the life of the cases pinned to it. Raises :class:`ItemNotFound`."""
    digest = _digests.get(version_id) or session.scalar(select(ItemVersion.hash).where(ItemVersion.id == version_id))
    if digest is None:
        raise ItemNotFound(code=version_id)
    if len(_digests) >= _MOST_DIGESTS:
        _digests.clear()
    _digests[version_id] = digest
    return _compiled(session, version_id, digest)


def _compiled(session: Session, version_id: str, digest: str) -> CompiledItem:
    def fetch() -> bytes:
        bundle = session.scalar(select(ItemVersion.bundle).where(ItemVersion.id == version_id))
        if bundle is None:
            raise ItemNotFound(code=version_id)
        return bytes(bundle)

    return cached(digest, fetch)


def bundle_of(session: Session, code: str, number: int | None = None) -> bytes:
    """The stored bundle of version *number*, or of the one in force. Raises :class:`ItemNotFound`."""
    query = select(ItemVersion.bundle)
    if number is None:
        query = query.join(Item, Item.current_version_id == ItemVersion.id).where(Item.code == code)
    else:
        query = query.where(ItemVersion.item_code == code, ItemVersion.number == number)
    bundle = session.scalar(query)
    if bundle is None:
        raise ItemNotFound(code=code)
    return bytes(bundle)


def versions_naming(session: Session, plugin: str) -> tuple[str, ...]:
    """Ids of the published versions that name *plugin*."""
    return tuple(row.id for row in session.execute(select(ItemVersion.id, ItemVersion.plugin_contracts)) if plugin in (row.plugin_contracts or {}))


def draft_of(session: Session, code: str) -> ItemDraft | None:
    """The open draft of an item."""
    return session.get(ItemDraft, code)


def versions(session: Session, code: str) -> tuple[VersionView, ...]:
    """Every published version, newest first."""
    rows = session.execute(
        select(
            ItemVersion.id, ItemVersion.item_code, ItemVersion.number, ItemVersion.hash,
            ItemVersion.published_at, ItemVersion.published_by, ItemVersion.plugin_contracts,
        ).where(ItemVersion.item_code == code).order_by(ItemVersion.number.desc())
    )  # fmt: skip
    return tuple(VersionView(*row) for row in rows)


def _in_scope(query: Any, scope: Scope | None) -> Any:
    """Only offers of departments inside the hall: its division and everything below, one department when it is a department's hall.

    The query joins item, department and division."""
    if scope is None:
        return query
    inside = Division.path.startswith(scope.division_path, autoescape=True)
    if scope.department_id is not None:
        return query.where(inside, Department.id == scope.department_id)
    return query.where(or_(inside, _taken_in(scope.division_path)))


def _taken_in(path: str) -> Any:
    """全域通办: offers anywhere in the region – at the level the item says – in which the hall at *path* lies, too."""
    region = aliased(Division)
    around = (region.level == Item.within, literal(path).startswith(region.path), Division.path.startswith(region.path))
    return and_(Item.within.is_not(None), exists(select(literal(1)).where(*around)))


def _own_first(rows: Sequence[Any], scope: Scope | None) -> list[Any]:
    """Offers of the hall's own departments before those of other regions; otherwise as they came."""
    return sorted(rows, key=lambda row: scope is not None and not row.path.startswith(scope.division_path))


def offers(session: Session, codes: Sequence[str], scope: Scope | None = None) -> dict[str, tuple[Offer, ...]]:
    """Who offers each item inside *scope*, nearest to the root of the tree first."""
    query = (
        select(ItemOffer.item_code, *_OFFER)
        .join(Item, Item.code == ItemOffer.item_code)
        .join(Department, Department.id == ItemOffer.department_id)
        .join(Division, Division.id == Department.division_id)
        .where(ItemOffer.item_code.in_(codes))
        .order_by(ItemOffer.item_code, Division.path, Department.code)
    )
    found: dict[str, list[Offer]] = {}
    for row in _own_first(session.execute(_in_scope(query, scope)).all(), scope):
        found.setdefault(row[0], []).append(Offer(*row[1:]))
    return {code: tuple(each) for code, each in found.items()}


def visible(
    session: Session,
    scope: Scope | None,
    *,
    department_id: str | None = None,
    department: str | None = None,
    codes: Iterable[str] | None = None,
) -> tuple[ItemView, ...]:
    """Published items that a hall of *scope* shows, by title. A hall offers hundreds, not millions: no paging.

    Narrow by one department (*department_id*), a kind of department (*department*) or *codes*.
    """
    query = (
        select(Item.code, Item.title, Item.department, Item.current_version_id, Item.card)
        .join(ItemOffer, ItemOffer.item_code == Item.code)
        .join(Department, Department.id == ItemOffer.department_id)
        .join(Division, Division.id == Department.division_id)
        .where(Item.status == "published", Item.current_version_id.is_not(None))
        .order_by(Item.title)
    )
    if department_id is not None:
        query = query.where(Department.id == department_id)
    if department is not None:
        query = query.where(Item.department == department)
    if codes is not None:
        query = query.where(Item.code.in_(tuple(codes)))
    rows = {row.code: row for row in session.execute(_in_scope(query, scope))}
    by_item = offers(session, tuple(rows), scope)
    return tuple(ItemView(row.code, row.title, row.department, row.current_version_id, row.card, by_item[row.code]) for row in rows.values())


def serves(item: ItemView, audience: str) -> bool:
    """Whether *item* serves ``person`` (自然人) or ``company`` (法人和其他组织); GB/T 39046 A.4."""
    objects = item.card.get("service_objects", ())
    return "1" in objects if audience == "person" else any(code != "1" for code in objects)
