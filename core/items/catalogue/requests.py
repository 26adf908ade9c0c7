"""Requests: asked for by one, reviewed by others, carried out by the last review – one transaction a step, each step recorded.

Nobody reviews what they asked for, and nobody takes two steps of one request; a delegation counts for both names. A request that was
returned is at an end: a new one begins anew, so that nothing slips through half reviewed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.identity.spec import PostView
from core.items.catalogue import effects, kinds
from core.items.catalogue.errors import NotNow, NotYours, Refused, RequestNotFound, SamePerson
from core.items.catalogue.models import ItemRequest, ItemReview
from core.items.studio import following
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.ids import is_id, new_id

#: Characters of a reason or a review.
LONGEST = 2000
#: Statuses of a request that still may change its item.
UNDER_WAY = ("open", "scheduled")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about, made by :mod:`core.items.catalogue.asking`, before it is kept.

    ``division_path`` is where legality is reviewed, when that is not where it is asked for.
    """

    kind: str
    department_id: str
    deciding_id: str
    title: str
    item_code: str | None = None
    entry_code: str | None = None
    receiving_id: str | None = None
    division_path: str | None = None
    body: Mapping[str, Any] | None = None
    bundle: bytes | None = None
    effective_on: date | None = None


@dataclass(frozen=True, slots=True)
class RequestRef:
    """A kept request; ``replayed`` when the same command had made it before."""

    id: str
    kind: str
    status: str
    step: str
    item_code: str | None
    entry_code: str | None
    replayed: bool = False


def key_of(actor: Actor, command_id: str) -> str:
    """The idempotency key: the caller's id bound to the caller."""
    return canonical.digest(["item-request", actor.kind, actor.id, command_id])


def said(text: str, *, required: bool = True) -> str:
    """A reason or an opinion, trimmed. Raises :class:`Refused` when it is missing or too long."""
    words = text.strip()
    if required and not words:
        raise Refused("items.reason_missing")
    if len(words) > LONGEST:
        raise Refused("items.reason_long", most=LONGEST)
    return words


def earlier(session: Session, actor: Actor, command_id: str) -> RequestRef | None:
    """What the same command made before, so that a repeated one does nothing."""
    row = session.scalar(select(ItemRequest).where(ItemRequest.command_key == key_of(actor, command_id)))
    return None if row is None else _ref(row, replayed=True)


def asker(session: Session, department_id: str, actor: Actor) -> PostView:
    """The post from which the actor asks. Raises :class:`NotYours`."""
    post = kinds.asking(people.staff_view(session, actor.id), department_id) if actor.kind == "staff" and is_id(actor.id) else None
    if post is None:
        raise NotYours
    return post


def keep(session: Session, asked: Asked, *, reason: str, command_id: str, actor: Actor) -> RequestRef:
    """Keep a request; it waits for its first review. Raises :class:`NotYours`, :class:`NotNow` when another one is open for the same thing."""
    words = said(reason)
    post = asker(session, asked.department_id, actor)
    office = people.department(session, asked.department_id)
    _alone(session, asked)
    row = ItemRequest(
        id=new_id(), command_key=key_of(actor, command_id), kind=asked.kind, item_code=asked.item_code, entry_code=asked.entry_code,
        department_id=office.id, deciding_id=asked.deciding_id, receiving_id=asked.receiving_id, division_path=asked.division_path or office.division_path,
        region_root=office.region_root, title=asked.title, reason=words, body=dict(asked.body or {}), bundle=asked.bundle,
        hash=canonical.digest(asked.bundle) if asked.bundle is not None else "", effective_on=asked.effective_on, status="open",
        step=kinds.KINDS[asked.kind].steps[0], requested_by=actor.id, requested_at=now(),
    )  # fmt: skip
    session.add(row)
    session.flush()
    by = Actor(actor.kind, actor.id, post.on_behalf_of) if post.on_behalf_of else actor
    _record(session, row, "requested", by, words)
    return _ref(row)


def _alone(session: Session, asked: Asked) -> None:
    """One open request an item – or an entry and department –: two at once could each undo what the other had reviewed."""
    query = select(ItemRequest.id).where(ItemRequest.status.in_(UNDER_WAY))
    if asked.item_code is not None:
        query = query.where(ItemRequest.item_code == asked.item_code)
    else:
        query = query.where(ItemRequest.entry_code == asked.entry_code, ItemRequest.department_id == asked.department_id)
    if session.scalar(query.limit(1)) is not None:
        raise NotNow("items.request_open", title=asked.title)


def review(session: Session, request_id: str, *, passed: bool, words: str, command_id: str, actor: Actor) -> RequestRef:
    """Take the review that a request waits for: pass it on, or return it with *words*. The last pass carries it out, or sets it down for its day.

    Raises :class:`NotYours` (no such post), :class:`SamePerson`, :class:`NotNow` (at an end), and whatever carrying it out refuses – a closed
    gate with its findings –; then nothing was written. The same command again gets the same answer.
    """
    row = session.get(ItemRequest, request_id, with_for_update=True) if is_id(request_id) else None
    if row is None or not may_see(session, row, actor):
        raise RequestNotFound
    key = key_of(actor, command_id)
    if session.scalar(select(ItemReview.no).where(ItemReview.command_key == key, ItemReview.request_id == row.id)) is not None:
        return _ref(row, replayed=True)
    if row.status != "open":
        raise NotNow("items.request_ended", title=row.title)
    opinion = said(words, required=not passed)
    by = _reviewer(session, row, actor)
    step = row.step
    number = (session.scalar(select(func.max(ItemReview.no)).where(ItemReview.request_id == row.id)) or 0) + 1
    session.add(
        ItemReview(
            request_id=row.id, no=number, command_key=key, step=step, verdict="pass" if passed else "return", words=opinion,
            actor_id=by.id, on_behalf_of=by.on_behalf_of, at=now(),
        )
    )  # fmt: skip
    steps = kinds.KINDS[row.kind].steps
    left = steps[steps.index(step) + 1 :] if passed else ()
    if left:
        row.step = left[0]
    elif passed and row.effective_on is not None and row.effective_on > today():
        row.status, row.step = "scheduled", ""
    else:
        row.status, row.step, row.ended_at = "published" if passed else "returned", "", now()
    session.flush()
    _record(session, row, f"{step}_{'passed' if passed else 'returned'}", by, opinion)
    if row.status == "published":
        effects.carry_out(session, row, actor=by)
    elif row.status == "scheduled":
        _tried(session, row, by)
    if row.ended_at is not None:
        following.ended(session, row)
    return _ref(row)


def _tried(session: Session, row: ItemRequest, by: Actor) -> None:
    """What could not be published today is not set down for another day: it is carried out and taken back. Raises what carrying it out raises."""
    trial = session.begin_nested()
    try:
        effects.carry_out(session, row, actor=by)
    finally:
        trial.rollback()


def _reviewer(session: Session, row: ItemRequest, actor: Actor) -> Actor:
    """Who reviews, with the lender of a borrowed post. Raises :class:`NotYours` or :class:`SamePerson`."""
    who = people.staff_view(session, actor.id)
    post = kinds.reviewing(who, row.step, deciding_id=row.deciding_id, receiving_id=row.receiving_id, division_path=row.division_path)
    if post is None:
        raise NotYours
    before = session.execute(select(ItemReview.actor_id, ItemReview.on_behalf_of).where(ItemReview.request_id == row.id)).all()
    hands = {row.requested_by, *(hand for each in before for hand in each if hand)}
    if hands & {actor.id, post.on_behalf_of}:
        raise SamePerson
    return Actor(actor.kind, actor.id, post.on_behalf_of)


def withdraw(session: Session, request_id: str, *, actor: Actor) -> RequestRef:
    """Take one's own open request back; one that is set down for a day may also be taken back by who decides there."""
    row = session.get(ItemRequest, request_id, with_for_update=True) if is_id(request_id) else None
    if row is None or not (row.requested_by == actor.id or (row.status == "scheduled" and decides(session, row, actor))):
        raise RequestNotFound
    if row.status == "withdrawn":
        return _ref(row, replayed=True)
    if row.status not in UNDER_WAY:
        raise NotNow("items.request_ended", title=row.title)
    row.status, row.step, row.ended_at = "withdrawn", "", now()
    session.flush()
    following.ended(session, row)
    _record(session, row, "withdrawn", actor, "")
    return _ref(row)


def decides(session: Session, row: ItemRequest, actor: Actor) -> bool:
    """Whether the actor decides for the department that decides about the request."""
    posts = people.staff_view(session, actor.id).posts if actor.kind == "staff" and is_id(actor.id) else ()
    return any(post.department_id == row.deciding_id and post.role in kinds.DECIDES for post in posts)


def may_see(session: Session, row: ItemRequest, actor: Actor) -> bool:
    """Whether the actor asked, or has a post that asks, decides or reviews somewhere on the request's way."""
    if actor.kind != "staff" or not is_id(actor.id):
        return False
    if row.requested_by == actor.id:
        return True
    who = people.staff_view(session, actor.id)
    if any(post.department_id == row.department_id and post.role in (*kinds.ASKS, *kinds.DECIDES) for post in who.posts):
        return True
    return any(
        kinds.reviewing(who, step, deciding_id=row.deciding_id, receiving_id=row.receiving_id, division_path=row.division_path) is not None
        for step in kinds.KINDS[row.kind].steps
    )


def _record(session: Session, row: ItemRequest, what: str, actor: Actor, words: str) -> None:
    subject = ("item", row.item_code) if row.item_code is not None else ("catalogue", row.entry_code or "")
    detail = {"request": row.id, "kind": row.kind, "hash": row.hash, "reason": words[:200]}
    audit.record(session, f"item.{what}", subject=subject, actor=actor, detail=detail)


def _ref(row: ItemRequest, *, replayed: bool = False) -> RequestRef:
    return RequestRef(row.id, row.kind, row.status, row.step, row.item_code, row.entry_code, replayed)
