"""Reads of requests: what waits for me, the history of an item, one request with what it would change in words."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.spec import PostView, StaffView
from core.items.catalogue import entries, kinds, power
from core.items.catalogue.errors import EntryNotFound, RequestNotFound
from core.items.catalogue.models import ItemRequest, ItemReview
from core.items.catalogue.requests import UNDER_WAY, may_see
from core.items.compiling import from_bundle
from core.items.diff import Change, compare, diff
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemVersion
from core.items.saying import Named
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.ids import is_id

MOST = 200


@dataclass(frozen=True, slots=True)
class ReviewView:
    """One review, with names for showing."""

    step: str
    verdict: str
    words: str
    name: str
    lender: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RequestView:
    """One request as its page and the API show it. ``waits_for_me`` is true when the reader may take its next step now."""

    id: str
    kind: str
    title: str
    item_code: str | None
    entry_code: str | None
    department: str
    deciding: str
    receiving: str
    reason: str
    body: dict[str, Any]
    status: str
    step: str
    steps: tuple[str, ...]
    asker: str
    requested_at: datetime
    ended_at: datetime | None
    reviews: tuple[ReviewView, ...]
    waits_for_me: bool
    mine: bool
    effective_on: date | None = None
    may_take_back: bool = False


def seen(session: Session, who: StaffView, *, item_code: str | None = None, status: str | None = None) -> tuple[RequestView, ...]:
    """The requests on whose way *who* has a post, newest first; of one item, or with one status."""
    departments = [post.department_id for post in who.posts if post.role in (*kinds.ASKS, *kinds.DECIDES)]
    legal = [post.division_path for post in who.posts if post.role == kinds.LEGAL]
    near = [ItemRequest.requested_by == who.id, *(ItemRequest.division_path.startswith(path, autoescape=True) for path in legal)]
    near += [column.in_(departments) for column in (ItemRequest.department_id, ItemRequest.deciding_id, ItemRequest.receiving_id)]
    query = select(ItemRequest).where(or_(*near)).order_by(ItemRequest.requested_at.desc(), ItemRequest.id.desc()).limit(MOST)
    if item_code is not None:
        query = query.where(ItemRequest.item_code == item_code)
    if status is not None:
        query = query.where(ItemRequest.status == status)
    return _views(session, session.scalars(query).all(), who)


def one(session: Session, request_id: str, who: StaffView) -> tuple[RequestView, ItemRequest]:
    """One request. Raises :class:`RequestNotFound` for none and for another's alike."""
    row = session.get(ItemRequest, request_id) if is_id(request_id) else None
    if row is None or not may_see(session, row, Actor("staff", who.id)):
        raise RequestNotFound
    return _views(session, [row], who)[0], row


def _views(session: Session, rows: Sequence[ItemRequest], who: StaffView) -> tuple[RequestView, ...]:
    reviews: dict[str, list[ItemReview]] = {}
    for each in session.scalars(select(ItemReview).where(ItemReview.request_id.in_([row.id for row in rows])).order_by(ItemReview.no)):
        reviews.setdefault(each.request_id, []).append(each)
    hands = [row.requested_by for row in rows] + [hand for done in reviews.values() for each in done for hand in (each.actor_id, each.on_behalf_of) if hand]
    names = people.staff_names(session, [hand for hand in hands if is_id(hand)])
    titles = people.titles(session, [i for row in rows for i in (row.department_id, row.deciding_id, row.receiving_id) if i])
    return tuple(_view(row, reviews.get(row.id, []), names, titles, who) for row in rows)


def _view(row: ItemRequest, done: Sequence[ItemReview], names: dict[str, str], titles: dict[str, str], who: StaffView) -> RequestView:
    said = tuple(
        ReviewView(each.step, each.verdict, each.words, names.get(each.actor_id, each.actor_id), names.get(each.on_behalf_of or "", ""), each.at)
        for each in done
    )
    return RequestView(
        row.id, row.kind, row.title, row.item_code, row.entry_code, titles.get(row.department_id, ""), titles.get(row.deciding_id, ""),
        titles.get(row.receiving_id or "", ""), row.reason, dict(row.body), row.status, row.step, kinds.KINDS[row.kind].steps,
        names.get(row.requested_by, row.requested_by), row.requested_at, row.ended_at, said, _next(row, done, who) is not None, row.requested_by == who.id,
        row.effective_on, _may_take_back(row, who),
    )  # fmt: skip


def _may_take_back(row: ItemRequest, who: StaffView) -> bool:
    decides = any(post.department_id == row.deciding_id and post.role in kinds.DECIDES for post in who.posts)
    return (row.status in UNDER_WAY and row.requested_by == who.id) or (row.status == "scheduled" and decides)


def _next(row: ItemRequest, done: Sequence[ItemReview], who: StaffView) -> PostView | None:
    """The post from which *who* may take the next step, when the rule on persons lets them."""
    hands = {row.requested_by, *(hand for each in done for hand in (each.actor_id, each.on_behalf_of) if hand)}
    if row.status != "open" or who.id in hands:
        return None
    post = kinds.reviewing(who, row.step, deciding_id=row.deciding_id, receiving_id=row.receiving_id, division_path=row.division_path)
    return None if post is None or post.on_behalf_of in hands else post


def changes(session: Session, row: ItemRequest, naming: Callable[..., Named]) -> tuple[Change, ...]:
    """What a request would change, against what is in force now; empty for a first version and for requests without a document. *naming*, asked with the
    session and the two sides, tells who knows the names of what they name by codes."""
    if row.bundle is None:
        return ()
    if row.kind == "entry":
        try:
            before = entries.entry(session, str(row.entry_code))
        except EntryNotFound:
            return ()
        return compare(before.item, entries.read(bytes(row.bundle)).item)
    after = from_bundle(bytes(row.bundle))
    last = _before(session, str(row.item_code), after.hash)
    return diff(last, after, named=naming(session, after, last))


def _before(session: Session, code: str, digest: str) -> CompiledItem | None:
    """The version in force – or, once the document was published itself, the one before it."""
    published = select(func.max(ItemVersion.number)).where(ItemVersion.item_code == code, ItemVersion.hash == digest).scalar_subquery()
    before = ItemVersion.item_code == code, ItemVersion.number < published, ItemVersion.derived_from.is_(None)
    earlier = select(ItemVersion.bundle).where(*before).order_by(ItemVersion.number.desc()).limit(1)
    if session.scalar(select(published)) is None:
        earlier = select(ItemVersion.bundle).join(Item, Item.current_version_id == ItemVersion.id).where(Item.code == code)
    stored = session.scalar(earlier)
    return None if stored is None else from_bundle(bytes(stored))


def document(row: ItemRequest) -> Any:
    """The item or entry document that a request carries, as plain JSON; ``None`` without one."""
    return None if row.bundle is None else json.loads(row.bundle)["entry" if row.kind == "entry" else "item"]


@dataclass(frozen=True, slots=True)
class Held:
    """An item that a department of the reader's answers for."""

    code: str
    title: str
    status: str
    department_id: str
    department: str


def held(session: Session, who: StaffView) -> tuple[Held, ...]:
    """The items that *who* may ask for or decide about, by title."""
    mine = {post.department_id for post in who.posts if post.role in (*kinds.ASKS, *kinds.DECIDES)}
    if not mine:
        return ()
    owned = power.owned(session, mine)
    rows = session.execute(select(Item.code, Item.title, Item.status).where(Item.code.in_(owned)).order_by(Item.title, Item.code))
    return tuple(Held(row.code, row.title, row.status, owned[row.code].id, owned[row.code].title) for row in rows)


def item(session: Session, code: str, who: StaffView) -> tuple[Item, Held]:
    """An item for somebody who works on its life. Raises :class:`ItemNotFound` for everybody else."""
    row = session.get(Item, code)
    if row is None:
        raise ItemNotFound(code=code)
    office = power.owner(session, code)
    roles = (*kinds.ASKS, *kinds.DECIDES)
    if not any(
        (post.department_id == office.id and post.role in roles) or (post.role == kinds.LEGAL and office.division_path.startswith(post.division_path))
        for post in who.posts
    ):
        raise ItemNotFound(code=code)
    return row, Held(row.code, row.title, row.status, office.id, office.title)
