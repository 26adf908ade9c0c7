"""Reads of the exchange: the list of a day or a state, and the reconciliation of a day against what the platform holds."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.cases.models import Case
from core.exchange import service
from core.exchange.errors import NotConfigured, PlatformAway
from core.exchange.models import Answer, Delivery
from core.exchange.settings import SECRET, URL
from core.kernel.clock import local
from core.kernel.errors import PlatformError
from core.kernel.ids import is_id
from core.kernel.wording import word
from core.outbox.errors import describe
from core.outbox.models import Message
from core.settings import service as settings

STATES = ("waiting", "invalid", "rejected", "accepted")
#: Keys in one question.
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Trying:
    """How the message of a waiting record stands: attempts so far, when it is tried next, what failed last – for those who look after the machine as it
    was raised, for everybody in words (``why``) – and whether it was given up."""

    attempts: int
    next_at: datetime | None
    last_error: str
    why: PlatformError | None
    parked: bool


@dataclass(frozen=True, slots=True)
class DayLine:
    """One day: finished cases, those that the format has no record of (never accepted), and how the others stand."""

    day: date
    ended: int
    outside: int
    states: Mapping[str, int]

    @property
    def unasked(self) -> int:
        """Accepted cases without a delivery: they ended while no platform was set."""
        return self.ended - self.outside - sum(self.states.values())


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A day held against the platform: what we say was taken and is not there, what is there and we do not know, and what differs."""

    day: date
    ours: int
    theirs: int
    missing: tuple[str, ...]
    unknown: tuple[str, ...]
    differing: tuple[str, ...]

    @property
    def agrees(self) -> bool:
        """Whether both sides say the same."""
        return not (self.missing or self.unknown or self.differing)


def listed(session: Session, departments: Collection[str], *, state: str | None = None, day: date | None = None, limit: int = 100) -> tuple[Delivery, ...]:
    """Deliveries of the departments, newest day first."""
    query = select(Delivery).where(Delivery.department_id.in_(sorted(departments)))
    query = query.where(Delivery.state == state) if state in STATES else query
    query = query.where(Delivery.ended_on == day) if day is not None else query
    return tuple(session.scalars(query.order_by(Delivery.ended_on.desc(), Delivery.case_id.desc()).limit(limit)))


def answers(session: Session, case_id: str) -> tuple[Answer, ...]:
    """Every answer that came for a case, newest first. The caller has checked that it may see the case."""
    return tuple(session.scalars(select(Answer).where(Answer.case_id == case_id).order_by(Answer.revision.desc())))


def trying(session: Session, row: Delivery) -> Trying | None:
    """How the message of a waiting record stands."""
    columns = (Message.attempts, Message.available_at, Message.last_error, Message.parked_at, Message.done_at)
    found = session.execute(select(*columns).where(Message.key == service.message_key(row.case_id, row.revision))).first()
    if row.state != "waiting" or found is None:
        return None
    error = found.last_error or ""
    return Trying(found.attempts, found.available_at if found.parked_at is None else None, error, _failure(session, error), found.parked_at is not None)


def _failure(session: Session, error: str) -> PlatformError | None:
    """What a message failed with, as an error that has words in every language; ``None`` for what nobody foresaw."""
    unset = (NotConfigured(), NotConfigured("exchange.no_secret", name=SECRET), NotConfigured("exchange.bad_url", url=settings.get(session, URL)))
    away = PlatformAway("exchange.no_answer") if error.startswith(f"{PlatformAway.__name__}:") else None
    return next((each for each in unset if describe(each) == error), away)


def words(finding: Mapping[str, Any], locale: str) -> str:
    """A finding of ours in the reader's language; one of the platform as it said it."""
    if "key" in finding:
        return word(finding["key"], locale, **finding["params"])
    at = " ".join(filter(None, (finding.get("table"), finding.get("column"))))
    return f"{at}:{finding.get('said', '')}" if at else str(finding.get("said", ""))


def days(session: Session, departments: Collection[str], *, since: date, until: date) -> tuple[DayLine, ...]:
    """One line for each day on which a case ended, newest first."""
    wanted = sorted(departments)
    ended: Counter[date] = Counter()
    outside: Counter[date] = Counter()
    cases = select(Case.ended_at, Case.accepted_at).where(
        Case.ended_at >= service.bounds(since)[0], Case.ended_at < service.bounds(until)[1], Case.department_id.in_(wanted)
    )
    for row in session.execute(cases.execution_options(yield_per=1000)):
        which = local(row.ended_at).date()
        ended[which] += 1
        outside[which] += row.accepted_at is None
    states: dict[date, dict[str, int]] = {}
    grouped = select(Delivery.ended_on, Delivery.state, func.count()).where(
        Delivery.ended_on >= since, Delivery.ended_on <= until, Delivery.department_id.in_(wanted)
    )
    for which, state, amount in session.execute(grouped.group_by(Delivery.ended_on, Delivery.state)):
        states.setdefault(which, {})[state] = amount
    return tuple(DayLine(each, ended[each], outside[each], states.get(each, {})) for each in sorted(ended | Counter(dict.fromkeys(states, 0)), reverse=True))


def reconcile(session: Session, day: date) -> Reconciled:
    """Hold a day of the whole hall against the platform. Raises :class:`core.exchange.errors.PlatformAway`."""
    from core.exchange import client  # the wire: only this asks it

    theirs = client.day(settings.get(session, URL), day.isoformat())
    taken = select(Delivery.case_id, Delivery.number, Delivery.digest).where(Delivery.ended_on == day, Delivery.state == "accepted")
    rows = session.execute(taken).all()
    ours, numbers = {row.case_id: row.digest or "" for row in rows}, {row.case_id: row.number for row in rows}
    unknown = sorted(theirs.keys() - ours.keys())
    known = [key for key in unknown if is_id(key)]  # what the platform names as a key may be anything
    for some in (known[at : at + _AT_ONCE] for at in range(0, len(known), _AT_ONCE)):
        numbers |= {row.case_id: row.number for row in session.execute(select(Delivery.case_id, Delivery.number).where(Delivery.case_id.in_(some)))}
    differing = sorted(key for key in ours.keys() & theirs.keys() if ours[key] != theirs[key])
    missing, strange, other = (tuple(numbers.get(key, key) for key in keys) for keys in (sorted(ours.keys() - theirs.keys()), unknown, differing))
    return Reconciled(day, len(ours), len(theirs), missing, strange, other)
