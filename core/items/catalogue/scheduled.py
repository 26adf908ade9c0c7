"""Requests that take effect on a day to come: set down by the last review, carried out on that day, told to everybody who had a hand in them.

The day begins at midnight in the hall's zone. Each request is carried out in the transaction that ends it, so that a process that dies has done
nothing and the next turn does it once. The gate runs again on that day: what it refuses then is not published, and the request is returned with
every reason.
"""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import queries as people
from core.items.catalogue import effects
from core.items.catalogue.models import ItemRequest, ItemReview
from core.items.studio import following
from core.kernel import canonical
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id
from core.notices import service as notices
from core.outbox import schedule

#: The step of the review that the platform itself writes when the gate is closed on the day.
EFFECT = "effect"
#: How often it is looked (seconds): nobody waits longer than that after midnight.
SECONDS = 60.0
#: Characters of the reasons that are kept with the request.
LONGEST = 2000


def publish_due(session: Session) -> bool:
    """Carry out the scheduled request whose day has come first; whether there may be another one."""
    query = select(ItemRequest).where(ItemRequest.status == "scheduled", ItemRequest.effective_on <= today())
    row = session.scalar(query.order_by(ItemRequest.effective_on, ItemRequest.id).limit(1).with_for_update(skip_locked=True))
    if row is None:
        return False
    hands = _hands(session, row)
    row.status, row.ended_at = "published", now()
    session.flush()
    try:
        with session.begin_nested():
            effects.carry_out(session, row, actor=hands[-1])
    except PlatformError as error:
        _not_today(session, row, _why(error))
    else:
        following.ended(session, row)
    _record(session, row)
    _tell(session, row, hands)
    return True


def _hands(session: Session, row: ItemRequest) -> tuple[Actor, ...]:
    """Everybody whose hand the request went through; whoever decided – and publishes now – is the last."""
    done = session.execute(select(ItemReview.actor_id, ItemReview.on_behalf_of).where(ItemReview.request_id == row.id).order_by(ItemReview.no))
    return (Actor("staff", row.requested_by), *(Actor("staff", each.actor_id, each.on_behalf_of) for each in done))


def _not_today(session: Session, row: ItemRequest, why: str) -> None:
    row.status = "returned"
    number = (session.scalar(select(func.max(ItemReview.no)).where(ItemReview.request_id == row.id)) or 0) + 1
    session.add(
        ItemReview(
            request_id=row.id, no=number, command_key=canonical.digest(["item-request", EFFECT, row.id]), step=EFFECT, verdict="return",
            words=why[:LONGEST], actor_id=SYSTEM.id, on_behalf_of=None, at=now(),
        )
    )  # fmt: skip
    session.flush()
    following.ended(session, row)


def _why(error: PlatformError) -> str:
    """What was refused, and each finding of a closed gate."""
    found = [each.words() for each in error.findings if each.level == "error"] if isinstance(error, BadInput) else []
    return "；".join(dict.fromkeys((error.words(), *found)))


def _record(session: Session, row: ItemRequest) -> None:
    detail = {"request": row.id, "kind": row.kind, "hash": row.hash, "effective_on": str(row.effective_on)}
    audit.record(session, f"item.effect_{row.status}", subject=("item", str(row.item_code)), actor=SYSTEM, detail=detail)


def _tell(session: Session, row: ItemRequest, hands: tuple[Actor, ...]) -> None:
    template = "item_effective" if row.status == "published" else "item_not_effective"
    for staff_id in dict.fromkeys(hand.id for hand in hands if is_id(hand.id)):
        notices.post(
            session, key=f"item/{row.id}/{row.status}/inbox/{staff_id}", template=template, recipient=("staff", staff_id), params={"item": row.title},
            region_root=row.region_root, department_id=people.department(session, row.department_id).id,
        )  # fmt: skip


schedule.every("items.effective", SECONDS, publish_due)
