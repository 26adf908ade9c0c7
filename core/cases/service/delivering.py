"""A result reaches the applicant (行政许可法 44: within ten days): handed over at a window, sent by post, or laid down in their space at once.

A case closes only when the law calls it delivered: handed to the applicant or to a proxy whose authority is on record, signed for on the postal
receipt (民事诉讼法 91), or arrived in the system the applicant chose (民事诉讼法 90). A failed identity check is counted and committed, so it is
a value and no exception.
"""

import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, insert, literal, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import access, delivery
from core.cases.chain import Fact
from core.cases.delivery import ELECTRONIC, PICKUP, POST, UNFINISHED, Output
from core.cases.errors import PickupLocked, TaskClosed
from core.cases.models import Case, CaseDelivery, CaseParty, table
from core.cases.service import custody, papers, wishes
from core.cases.service.machine import Change, Loaded, carry_out, load
from core.cases.spec import ENDED, ActResult, DeliveryChoice
from core.identity.documents import check_document, normalise_number
from core.identity.models import AccountParty
from core.identity.service import party_view
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import normalise_code
from core.kernel.masking import mask_id
from core.kernel.text import normalise
from core.keys.service import keyring
from core.outbox import schedule
from core.routing.engine import advance
from core.routing.marking import Command, Plan
from core.routing.spec import RouteSpec

log = logging.getLogger("wangting.delivery")
#: So many wrong checks in a row shut the pick-up of a case for a while.
MOST_WRONG, LOCKED_FOR = 5, timedelta(minutes=30)
#: How many last characters of the document's number are asked for.
TAIL = 6
SWEEP_SECONDS, BATCH = 15.0, 100
_delivery, _case = table(CaseDelivery).c, table(Case).c
_party, _link = table(CaseParty).c, table(AccountParty).c
#: Somebody of the case has an account, in which an electronic result can be laid down.
_REACHED = exists(
    select(literal(1))
    .select_from(table(CaseParty).join(table(AccountParty), _link.party_id == _party.party_id))
    .where(_party.case_id == _case.id)
    .correlate(table(Case))
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """Who takes a result for the applicant: name, document, and by what authority (授权委托书 and the like)."""

    name: str
    document_kind: str
    number: str
    authority: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What is shown at the window: the case's query code, and the last characters of the applicant's document; with a proxy, theirs too."""

    code: str
    tail: str
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """What came of it. Without a ``result`` the check failed: ``left`` tries remain, or the door is shut until ``locked_until``."""

    result: ActResult | None
    left: int = MOST_WRONG
    locked_until: datetime | None = None


def hand_over(session: Session, case_id: str, proof: Proof, *, command_id: str, actor: Actor) -> HandOver:
    """Hand a result over at a window. The receipt is drawn in the same transaction.

    Raises :class:`CaseNotFound` for what does not wait at the actor's windows, :class:`PickupLocked` after too many failed checks,
    :class:`BadInput` for a proxy without name, document or authority, or while a relayed result's paper is on its way,
    :class:`core.routing.errors.RouteRefused` while the paper is not made.
    """
    found = _here(session, case_id, (PICKUP,), actor)
    if found.locked_until is not None and found.locked_until > now():
        raise PickupLocked(until=found.locked_until)
    custody.require_result_here(session, case_id, actor=actor)
    proxy = _checked(proof.proxy)
    who = _taker(session, case_id, proof)
    if who is None:
        return _refused(session, found, actor)
    taker = who if proxy is None else f"{proxy.name}(代领,{mask_id(proxy.number)};{proxy.authority})"
    body = {"taker": "proxy" if proxy is not None else "applicant"}
    result = _deliver(session, found, PICKUP, taker, Fact("identity_checked", body), command_id=command_id, actor=actor)
    return HandOver(result)


def send_off(session: Session, case_id: str, *, carrier: str, tracking: str, command_id: str, actor: Actor) -> ActResult:
    """Give a result to the post. The clock runs on: it is delivered when it is signed for. Raises :class:`BadInput` without carrier or number."""
    found = _here(session, case_id, (POST,), actor)
    carrier, tracking = normalise(carrier).strip(), "".join(normalise(tracking).split()).upper()
    if not 0 < len(carrier) <= 40 or not (6 <= len(tracking) <= 40 and tracking.isascii() and tracking.replace("-", "").isalnum()):
        raise BadInput("cases.post_tracking")
    fact = Fact("delivery_posted", {"carrier": carrier, "tracking": tracking})
    values = {"state": "posted", "carrier": carrier, "tracking": tracking, "moved_at": now()}

    def allowed(case: Loaded, state: str) -> None:
        if state == "posted":
            raise BadInput("cases.posted_already")
        if not papers.ready(session, case.row):
            raise BadInput("cases.paper_not_made")

    return _move(session, found, fact, values, allowed, command_id=command_id, actor=actor)


def came_back(session: Session, case_id: str, *, reason: str, command_id: str, actor: Actor) -> ActResult:
    """The post brought it back: it waits again, and the applicant is told why. Raises :class:`BadInput` without a reason."""
    found = _here(session, case_id, (POST,), actor)
    said = " ".join(normalise(reason).split())
    if not 0 < len(said) <= 200:
        raise BadInput("cases.returned_why")
    fact = Fact("delivery_returned", {"tracking": found.tracking}, {"reason": said})
    values = {"state": "returned", "moved_at": now(), "returns": found.returns + 1}

    def allowed(case: Loaded, state: str) -> None:  # noqa: ARG001 – every check gets the case
        if state != "posted":
            raise BadInput("cases.not_posted")

    return _move(session, found, fact, values, allowed, command_id=command_id, actor=actor)


def signed_for(session: Session, case_id: str, *, recipient: str, command_id: str, actor: Actor) -> ActResult:
    """The post was signed for: the case is delivered. Said by the window from the postal receipt, or by the applicant."""
    name = " ".join(normalise(recipient).split())
    if not 0 < len(name) <= wishes.LONGEST_NAME:
        raise BadInput("cases.post_recipient", most=wishes.LONGEST_NAME)
    if actor.kind == "citizen":
        access.require_party(session, case_id, actor)
        found = _row(session, case_id)
    else:
        found = _here(session, case_id, (POST,), actor)
    if found is None or (found.way, found.state) != (POST, "posted"):
        raise BadInput("cases.not_posted")
    return _deliver(session, found, POST, name, None, command_id=command_id, actor=actor)


def choose(session: Session, case_id: str, choice: DeliveryChoice, *, command_id: str, actor: Actor) -> ActResult:
    """The applicant chooses another way while the result is not on its way yet. Raises :class:`CaseNotFound`, :class:`BadInput`, :class:`TaskClosed`."""
    access.require_party(session, case_id, actor)

    def decide(case: Loaded) -> Change:
        wishes.check(case.compiled, choice, None)
        before = session.execute(select(_delivery.state, _delivery.department_id).where(_delivery.case_id == case.id)).first()
        if case.marking.status in ENDED or (before is not None and before.state in ("posted", "done")):
            raise TaskClosed(who="", at=None)
        kept = before.department_id if before is not None else None  # the place stays what it was: another hall cannot be named here
        wanted = DeliveryChoice(choice.way, kept, choice.recipient, choice.phone, choice.address)

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            state = "ready" if loaded.row["outcome"] is not None else "chosen"
            made = wishes.delivery_row(loaded.row, loaded.key, wanted, at=at, state=state)
            _put(session, made, new=before is None)
            return ()

        return Change(Plan(case.marking, ()), before=[Fact("delivery_chosen", {"way": choice.way, "department": kept})], action="choose_delivery", then=write)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def _put(session: Session, row: dict[str, Any], *, new: bool) -> None:
    if new:
        session.execute(insert(table(CaseDelivery)).values(**row))
        return
    kept = {name: row[name] for name in ("way", "department_id", "state", "sealed", "chosen_at")}
    session.execute(update(table(CaseDelivery)).where(_delivery.case_id == row["case_id"]).values(**kept))


def prepare(session: Session, case_id: str) -> None:
    """After the decision: what was chosen waits now; without a choice, the first way of the item. Whoever has no account cannot be reached there."""
    row = session.execute(select(*_case).where(_case.id == case_id)).mappings().one()
    if row["status"] != "decided":
        return
    found = session.execute(select(_delivery.way, _delivery.state).where(_delivery.case_id == case_id)).first()
    if found is None:
        way = _first_way(load(session, case_id)[0].compiled.route, reachable=_reachable(session, case_id))
        session.execute(insert(table(CaseDelivery)).values(**wishes.delivery_row(row, None, DeliveryChoice(way), at=None, state="ready")))
    elif found.state == "chosen":
        session.execute(update(table(CaseDelivery)).where(_delivery.case_id == case_id).values(state="ready"))


def _first_way(route: RouteSpec, *, reachable: bool) -> str:
    ways = route.delivery.ways
    return PICKUP if PICKUP in ways and (ways[0] == POST or not reachable) else ways[0]


def _reachable(session: Session, case_id: str) -> bool:
    return session.scalar(select(_case.id).where(_case.id == case_id, _REACHED)) is not None


def at_once(session: Session, case_id: str) -> bool:
    """Lay an electronic result down in the applicant's space when its papers are made; whether it is there now."""
    found = _row(session, case_id)
    if found is None or (found.way, found.state) != (ELECTRONIC, "ready") or not _reachable(session, case_id):
        return False
    row = session.execute(select(*_case).where(_case.id == case_id)).mappings().one()
    if not papers.ready(session, row):
        return False
    _deliver(session, found, ELECTRONIC, "", None, command_id=f"electronic/{case_id}", actor=SYSTEM)
    return True


def sweep(session: Session) -> bool:
    """Deliver what is electronic and made (every quarter of a minute); one that fails is told in the log and does not hold up the others.

    What nobody can be reached with is not even found, or it would stand for ever before what can be delivered.
    """
    ready = (_delivery.way == ELECTRONIC, _delivery.state == "ready", _case.status == "decided", ~UNFINISHED, _REACHED)
    query = select(_delivery.case_id).join(table(Case), _case.id == _delivery.case_id).where(*ready).order_by(_delivery.case_id).limit(BATCH)
    done = 0
    for case_id in session.scalars(query).all():
        try:
            with session.begin_nested():
                done += at_once(session, case_id)
        except PlatformError as error:
            log.warning("case %s is not delivered yet: %s", case_id, error.message_key)
    return done == BATCH


def read(session: Session, case_id: str, *, actor: Actor) -> None:
    """The applicant opened an electronic result for the first time: the read receipt. Nothing happens for other ways or a second look."""
    unread = select(_delivery.case_id).where(_delivery.case_id == case_id, _delivery.way == ELECTRONIC, _delivery.state == "done", _delivery.read_at.is_(None))
    if session.scalar(unread) is None:
        return
    access.require_party(session, case_id, actor)

    def decide(case: Loaded) -> Change:
        def mark(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            session.execute(update(table(CaseDelivery)).where(_delivery.case_id == loaded.id, _delivery.read_at.is_(None)).values(read_at=at))
            return ()

        return Change(Plan(case.marking, ()), before=[Fact("result_read")], action="read", then=mark)

    carry_out(session, case_id, f"read/{case_id}", decide, actor=actor)


# what they share -----------------------------------------------------------------------------------------------------


def _here(session: Session, case_id: str, ways: Sequence[str], actor: Actor) -> Output:
    found = delivery.one(session, case_id, actor=actor)
    if found.way not in ways:
        raise BadInput("cases.other_way")
    return found


def _row(session: Session, case_id: str) -> Any:
    query = select(_delivery.case_id, _delivery.way, _delivery.state, _delivery.department_id.label("place_id")).where(_delivery.case_id == case_id)
    return session.execute(query).first()


def _deliver(session: Session, found: Any, way: str, taker: str, first: Fact | None, *, command_id: str, actor: Actor) -> ActResult:
    who = delivery.holder(session, found, actor=actor) if actor.kind == "staff" else actor

    def decide(case: Loaded) -> Change:
        facts = {**case.facts(), "documents": {"ready": papers.ready(session, case.row)}}
        by = None if actor.kind == "system" else who.id
        plan = advance(case.compiled.route, case.marking, Command("deliver", data={"way": way}, actor=by), facts)

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            if not delivery.done(session, loaded.id, way, at, _delivery.way == way, *([_delivery.state == "posted"] if way == POST else [])):
                raise TaskClosed(who="", at=None)  # the applicant chose another way, or the post brought it back, since we looked
            return ()

        note = {"recipient": taker} if taker else None
        return Change(plan, note=note, action="deliver", before=[first] if first is not None else [], then=write, actor=who)

    return carry_out(session, found.case_id, command_id, decide, actor=actor)


def _move(session: Session, found: Output, fact: Fact, values: dict[str, Any], allowed: Any, *, command_id: str, actor: Actor) -> ActResult:
    who = delivery.holder(session, found, actor=actor)

    def decide(case: Loaded) -> Change:
        state = session.scalar(select(_delivery.state).where(_delivery.case_id == case.id))
        if case.marking.status in ENDED or state is None:
            raise TaskClosed(who="", at=None)
        allowed(case, state)

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            session.execute(update(table(CaseDelivery)).where(_delivery.case_id == loaded.id).values(**{**values, "moved_at": at}))
            return ()

        return Change(Plan(case.marking, ()), before=[fact], action=fact.kind, then=write, actor=who)

    return carry_out(session, found.case_id, command_id, decide, actor=actor)


def _checked(proxy: Proxy | None) -> Proxy | None:
    """The proxy with tidy values. Raises :class:`BadInput` that names what is missing."""
    if proxy is None:
        return None
    made = Proxy(
        " ".join(normalise(proxy.name).split()), proxy.document_kind, normalise_number(proxy.number), " ".join(normalise(proxy.authority).split())
    )  # fmt: skip
    if not 0 < len(made.name) <= wishes.LONGEST_NAME:
        raise BadInput("cases.proxy_name")
    if (wrong := check_document(made.document_kind, made.number)) is not None:
        raise BadInput(wrong)
    if not 0 < len(made.authority) <= 100:
        raise BadInput("cases.proxy_authority")
    return made


def _taker(session: Session, case_id: str, proof: Proof) -> str | None:
    """The applicant's name when query code and document fit; ``None`` otherwise. Which of the two was wrong is told to nobody."""
    index = keyring(session).blind_index("query", normalise_code(proof.code)) if len(proof.code) <= 120 else ""
    known = session.execute(select(_case.query_index).where(_case.id == case_id)).scalar_one()
    query = select(CaseParty.party_id, CaseParty.role).where(CaseParty.case_id == case_id, CaseParty.role.in_(access.APPLICANTS))
    fits = hmac.compare_digest(index, known)
    tail, taker = normalise_number(proof.tail), None
    for row in sorted(session.execute(query), key=lambda each: (each.role, each.party_id)):
        party = party_view(session, row.party_id, reveal=True, actor=SYSTEM)  # compared, shown to nobody
        number = normalise_number(party.number or party.phone)  # a company in formation has no number yet
        same = len(tail) == TAIL and hmac.compare_digest(number[-TAIL:].encode(), tail.encode())
        taker = party.name if same and taker is None else taker
    return taker if fits else None


def _refused(session: Session, found: Output, actor: Actor) -> HandOver:
    """Count a failed check – in one statement, so that two at once are two – and shut the door after too many."""
    counted = update(table(CaseDelivery)).where(_delivery.case_id == found.case_id).values(wrong=_delivery.wrong + 1).returning(_delivery.wrong)
    wrong = int(session.execute(counted).scalar_one())
    audit.record(session, "cases.pickup_refused", subject=("case", found.case_id), actor=actor, detail={"number": wrong})
    if wrong < MOST_WRONG:
        return HandOver(None, MOST_WRONG - wrong)
    until = now() + LOCKED_FOR
    session.execute(update(table(CaseDelivery)).where(_delivery.case_id == found.case_id).values(wrong=0, locked_until=until))
    return HandOver(None, 0, until)


schedule.every("cases.delivering", SWEEP_SECONDS, sweep)
