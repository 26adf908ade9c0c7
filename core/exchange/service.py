"""Deliver finished cases to the upper platform (国令716号 第二条: platforms connected, data shared): once each, with its receipt, again after mending.

A case that ends after it was accepted gets a row and a message of the outbox; the message makes the record, holds it against the format and sends
it. No answer: the outbox tries again with growing pauses. Rejected, or not fit to be sent: it waits on the page with the reason until somebody
mended the cause and sends it anew, which is the next revision of the same record.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases.library.search import reach
from core.cases.models import Case, table
from core.cases.spec import ENDED
from core.exchange import mapping
from core.exchange.errors import NoDelivery, NotConfigured, NotFinished, PlatformAway
from core.exchange.gather import gather
from core.exchange.models import Answer, Delivery
from core.exchange.settings import MAPPING, SOURCE, URL
from core.identity import queries as people
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import local, now
from core.kernel.errors import Conflict, Finding, Forbidden
from core.kernel.ids import is_id
from core.outbox import service as outbox
from core.settings import service as settings

TOPIC = "exchange.deliver"
#: Who may send a record again, by a post in the case's department.
SENDS = ("admin", "section_chief", "agency_head", "supervisor")
_delivery = table(Delivery)


def heard(session: Session, case_id: str, first: int, last: int) -> None:
    """After each command of a case: one that has just ended is to be delivered, when there is an upper platform."""
    del first, last
    if settings.get(session, URL):
        ask(session, case_id)


def ask(session: Session, case_id: str) -> bool:
    """Ask for the delivery of a case, once; False when it has not ended, was never accepted, or was asked for before."""
    columns = (Case.region_root, Case.department_id, Case.number, Case.item_title, Case.status, Case.accepted_at, Case.ended_at, Case.wrapped_key)
    row = session.execute(select(*columns).where(Case.id == case_id)).first()
    if row is None or row.status not in ENDED or row.accepted_at is None or row.ended_at is None or row.wrapped_key is None:
        return False
    values = {
        "case_id": case_id, "region_root": row.region_root, "department_id": row.department_id, "number": row.number, "item_title": row.item_title,
        "ended_on": local(row.ended_at).date(), "state": "waiting", "revision": 1, "findings": [], "asked_at": now(),
    }  # fmt: skip
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    fresh = dialect.insert(_delivery).values(values).on_conflict_do_nothing(index_elements=["case_id"]).returning(_delivery.c.case_id)
    if session.execute(fresh).scalar_one_or_none() is None:
        return False
    _send(session, case_id, 1, row.region_root)
    return True


def _send(session: Session, case_id: str, revision: int, region_root: str) -> None:
    outbox.send(session, TOPIC, {"case": case_id, "revision": revision}, key=message_key(case_id, revision), region_root=region_root)


def message_key(case_id: str, revision: int) -> str:
    """The key of the message that carries a revision."""
    return f"{TOPIC}/{case_id}/{revision}"


def used_mapping(session: Session) -> Mapping[str, Any]:
    """The hall's own mapping, else the shipped one."""
    own = settings.get(session, MAPPING)
    return mapping.checked(own) if own else mapping.shipped()


def make(session: Session, case_id: str) -> tuple[mapping.Record, tuple[Finding, ...]]:
    """The record of a case as it would be sent now, and what in it does not hold."""
    values = gather(session, case_id)
    ended = values["case"]["ended_at"]
    # Nothing of this moment is in it: the same case gives the same record, however often it is sent. What was taken is never sent again, so each
    # record is an insertion there.
    envelope = {"batch": f"{local(ended):%Y%m%d}", "operation": "I", "time": ended, "source": settings.get(session, SOURCE)}
    made = mapping.record(used_mapping(session), values, case_id=case_id, envelope=envelope)
    return made, mapping.findings(made)


@outbox.handler(TOPIC)
def deliver(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Make, check and send one revision. Raises :class:`PlatformAway` so that the outbox tries again."""
    from core.exchange import client  # the wire: a web process never needs it

    del message_id
    row = session.get(Delivery, body["case"])
    url = settings.get(session, URL)
    if row is None or row.state != "waiting" or row.revision != body["revision"]:
        return  # answered, or asked for anew, meanwhile
    if not url:
        raise NotConfigured
    try:
        made, found = make(session, row.case_id)
    except NotFinished:  # erased since
        _answered(session, row, state="invalid", findings=[{"key": NotFinished.key, "params": {}}])
        return
    if found:
        _answered(session, row, state="invalid", findings=[{"key": each.key, "params": dict(each.params)} for each in found])
        return
    digest = canonical.digest(made)
    said = client.deliver(
        url, canonical.dumps({"key": row.case_id, "revision": row.revision, "day": row.ended_on.isoformat(), "digest": digest, "record": made})
    )
    if said.digest != digest:
        raise PlatformAway(why="the receipt is of another record")
    state = "accepted" if said.accepted else "rejected"
    values = {"receipt": said.receipt, "digest": digest, "answered_at": now()}
    _answered(session, row, state=state, findings=[dict(each) for each in said.reasons], **values)
    answer = {"case_id": row.case_id, "revision": row.revision, "region_root": row.region_root, "accepted": said.accepted}
    session.execute(insert(table(Answer)), {**answer, "receipt": said.receipt, "digest": digest, "reasons": [dict(r) for r in said.reasons], "at": now()})


def _answered(session: Session, row: Delivery, **values: Any) -> None:
    session.execute(update(_delivery).where(_delivery.c.case_id == row.case_id, _delivery.c.revision == row.revision).values(**values))


def again(session: Session, case_id: str, *, actor: Actor) -> None:
    """Send a record anew after its cause was mended – also one whose message the outbox gave up on. Raises :class:`NoDelivery`, :class:`Forbidden`,
    and :class:`Conflict` for one that was taken already."""
    row = one(session, case_id, actor=actor, lock=True)
    if row.department_id not in senders(session, actor):
        raise Forbidden("exchange.not_yours")
    if row.state == "accepted":
        raise Conflict("exchange.accepted_already")
    row.revision, row.state, row.findings, row.asked_at = row.revision + 1, "waiting", [], now()
    session.flush()
    audit.record(session, "exchange.sent_again", subject=("case", case_id), actor=actor, detail={"revision": row.revision})
    _send(session, case_id, row.revision, row.region_root)


def senders(session: Session, actor: Actor) -> frozenset[str]:
    """The departments whose records the actor may send again: those of the posts of :data:`SENDS`, and all in reach of a supervisor."""
    posts = people.staff_view(session, actor.id).posts
    if any(post.role in ("supervisor", "agency_head") and post.on_behalf_of is None for post in posts):
        return frozenset(reach(session, actor))
    return frozenset(post.department_id for post in posts if post.role in SENDS)


def one(session: Session, case_id: str, *, actor: Actor, lock: bool = False) -> Delivery:
    """The delivery of a case in the actor's reach. Raises :class:`NoDelivery`."""
    row = session.get(Delivery, case_id, with_for_update=lock) if is_id(case_id) else None
    if row is None or row.department_id not in reach(session, actor):
        raise NoDelivery
    return row


def catch_up(session: Session, departments: Collection[str], day: date) -> int:
    """Ask for the delivery of every case of a day that has none – those that ended while no platform was set; returns how many."""
    since, until = bounds(day)
    cases = select(Case.id).where(
        Case.ended_at >= since, Case.ended_at < until, Case.accepted_at.is_not(None), Case.department_id.in_(sorted(departments)),
        ~select(Delivery.case_id).where(Delivery.case_id == Case.id).exists(),
    )  # fmt: skip
    return sum(ask(session, case_id) for case_id in session.scalars(cases.order_by(Case.ended_at, Case.id).limit(5000)).all())


def bounds(day: date) -> tuple[datetime, datetime]:
    """The first instant of a day in the hall's zone and of the next one."""
    zone = local(now()).tzinfo
    first = datetime(day.year, day.month, day.day, tzinfo=zone)
    return first, first + timedelta(days=1)
