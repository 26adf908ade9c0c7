"""The relay: claims open messages under a lease and runs each in a transaction of its own, effect and *done* together.

Whatever dies in between, the lease runs out and the message is run again; the effect row makes sure that only one run can
commit. The embedded relay is a daemon thread; with Celery the same claim is published instead (``celery_transport``). Messages that call plugins'
code are a lane of their own, which a process apart runs with the same functions (``apart``).
"""

import json
import logging
import os
import random
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, event, insert, literal, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.errors import DatabaseAway
from core.kernel.clock import now
from core.outbox import schedule
from core.outbox.errors import Died, Later, describe
from core.outbox.models import Effect, Message
from core.outbox.service import CORE, PLUGINS, SENT, after, given_up, handle, when_ended

log = logging.getLogger("wangting.outbox")

LEASE = timedelta(seconds=60)
MAX_ATTEMPTS = 12
FIRST_PAUSE = timedelta(seconds=2)
LONGEST_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Claim:
    """One message that is ours until the lease ends. ``attempts`` counts this one."""

    id: str
    topic: str
    body: str
    attempts: int
    turn: str = ""


def worker_name() -> str:
    """Who claims, as seen in the row: host, process, thread."""
    return f"{socket.gethostname()[:40]}/{os.getpid()}/{threading.get_ident()}"


def _due(at: datetime, lane: str) -> tuple[ColumnElement[bool], ...]:
    """What makes a message of *lane* one to run now: open, its time has come, and nobody holds it."""
    free = or_(Message.claimed_until.is_(None), Message.claimed_until <= at)
    here = Message.lane == literal(lane, literal_execute=True)  # written out: partial indexes are for one lane
    return here, Message.done_at.is_(None), Message.parked_at.is_(None), Message.available_at <= at, free


def claim(database: Database, limit: int, *, by: str, lease: timedelta = LEASE, lane: str = CORE) -> list[Claim]:
    """Take up to *limit* open messages of *lane* in one statement, oldest first.

    An attempt is counted here, so a message that kills its process is parked too.
    """
    if not any_due(database, lane):
        return []  # an idle relay never takes SQLite's write lock
    at = now()
    due = select(Message.id).where(*_due(at, lane)).order_by(Message.available_at, Message.id)
    return _take(database, due.limit(limit), at + lease, by)


def claim_in_turn(database: Database, *, by: str, lease: timedelta = LEASE, lane: str, after: str) -> Claim | None:
    """Take the oldest open message of whoever's turn it is in *lane* after *after* had theirs, so that nobody's backlog holds up the others.

    Whose turn it is is found by one step in the index, however long the backlogs are.
    """
    if not any_due(database, lane):
        return None
    at = now()
    due = select(Message.id).where(*_due(at, lane)).order_by(Message.turn, Message.available_at, Message.id).limit(1)
    for query in (due.where(Message.turn > after), due):  # the last in the row is followed by the first
        if found := _take(database, query, at + lease, by):
            return found[0]
    return None


def _take(database: Database, query: Select[str], until: datetime, by: str) -> list[Claim]:
    """Claim what *query* finds, in one statement."""
    due = query.with_for_update(skip_locked=True).cte("due")
    take = (
        update(Message)
        .where(Message.id.in_(select(due.c.id)))
        .values(claimed_until=until, claimed_by=by, attempts=Message.attempts + 1)
        .returning(Message.id, Message.topic, Message.body, Message.attempts, Message.turn)
        .execution_options(synchronize_session=False)
    )

    def work(session: Session) -> list[Claim]:
        return [Claim(row.id, row.topic, row.body, row.attempts, row.turn) for row in session.execute(take)]

    return sorted(database.run(work), key=lambda one: one.id)


def any_due(database: Database, lane: str = CORE) -> bool:
    """Whether a message of *lane* waits to be run now."""
    at = now()
    with database.session() as session:
        found = session.scalar(select(Message.id).where(*_due(at, lane)).limit(1))
    return found is not None


def hold(database: Database, message: Claim, lease: timedelta, *, by: str) -> None:
    """Keep a claimed message for longer than it was claimed for."""
    mine = update(Message).where(Message.id == message.id, Message.claimed_by == by).values(claimed_until=now() + lease)
    database.run(lambda session: session.execute(mine.execution_options(synchronize_session=False)))


def deliver(database: Database, message: Claim, *, by: str | None = None) -> bool:
    """Run one message: effect and *done* in one transaction. False when it failed (and waits) or is somebody else's by now.

    With *by* the claim must still be that worker's; without (Celery) any open message is run.
    """
    try:
        return _deliver(database, message, handle, by)
    finally:
        after(database)


def ended(database: Database, message: Claim, error: Exception, *, by: str) -> None:
    """The process that ran *message* was ended in the middle of it: it fails like any other, unless its topic says what is to be done then."""
    instead = when_ended(message.topic)
    if instead is None:
        _failed(database, message, error)
    else:
        _deliver(database, message, lambda session, _topic, body, message_id: instead(session, json.loads(body), message_id), by)


def _deliver(database: Database, message: Claim, run: Callable[[Session, str, str, str], None], by: str | None) -> bool:
    if message.attempts > MAX_ATTEMPTS:
        _failed(database, message, Died())
        return False
    try:
        with database.session() as session:
            row = session.execute(select(Message.done_at, Message.parked_at, Message.claimed_by).where(Message.id == message.id)).one_or_none()
            if row is None or row.done_at or row.parked_at or (by is not None and row.claimed_by != by):
                return False
            run(session, message.topic, message.body, message.id)
            session.flush()
            # Last, so that SQLite's write lock is not held while a handler renders; a twin run fails here and rolls back.
            session.execute(insert(Effect).values(message_id=message.id, at=now()))
            session.execute(update(Message).where(Message.id == message.id).values(done_at=now(), claimed_until=None, last_error=None))
    except DatabaseAway:
        raise  # not the message's fault: the lease runs out
    except Later as error:
        _waits(database, message, error)
        return False
    except Exception as error:  # noqa: BLE001 - whatever a handler raises must not stop the relay
        if isinstance(error, IntegrityError) and _is_done(database, message.id):
            return False
        _failed(database, message, error)
        return False
    log.info("outbox message done: %s", message.topic, extra={"job_id": message.id})
    return True


def _is_done(database: Database, message_id: str) -> bool:
    with database.session() as session:
        return session.get(Effect, message_id) is not None


def pause_after(attempts: int) -> timedelta:
    """How long a message waits after its n-th failure: doubling from 2 s to 1 h, with jitter of half either way."""
    doubled = min(FIRST_PAUSE * (1 << min(attempts - 1, 20)), LONGEST_PAUSE)
    return doubled * random.uniform(0.5, 1.5)  # noqa: S311 - spreads retries, guards nothing


def _waits(database: Database, message: Claim, why: Later) -> None:
    """Nobody's mistake: look again in an hour, or when what was missing is back (:func:`core.outbox.service.hurry`). This try is not counted."""
    log.info("outbox message %s (%s) waits: %s", message.id, message.topic, describe(why), extra={"job_id": message.id})
    later = {"claimed_until": None, "claimed_by": None, "attempts": Message.attempts - 1, "available_at": now() + LONGEST_PAUSE, "last_error": describe(why)}
    mine = update(Message).where(Message.id == message.id, Message.done_at.is_(None), Message.parked_at.is_(None)).values(later)
    database.run(lambda session: session.execute(mine.execution_options(synchronize_session=False)))


def _failed(database: Database, message: Claim, error: Exception) -> None:
    parks = message.attempts >= MAX_ATTEMPTS
    log.warning(
        "outbox message %s (%s) failed, attempt %s%s: %s",
        message.id, message.topic, message.attempts, ", parked" if parks else "", describe(error), extra={"job_id": message.id},
    )  # fmt: skip
    values: dict[str, Any] = {"claimed_until": None, "claimed_by": None, "last_error": describe(error)}
    values |= {"parked_at": now()} if parks else {"available_at": now() + pause_after(message.attempts)}

    def put_aside(session: Session) -> None:
        waits = update(Message).where(Message.id == message.id, Message.done_at.is_(None)).values(values).returning(Message.id)
        if session.execute(waits).scalar_one_or_none() is not None and parks:
            given_up(session, message.id, message.topic)

    database.run(put_aside)


def run_once(database: Database, limit: int = 20, *, by: str | None = None, lease: timedelta = LEASE, lanes: Sequence[str] = (CORE, PLUGINS)) -> int:
    """Claim and run up to *limit* messages of each of *lanes*; returns how many were claimed (0 = nothing was due)."""
    name, claimed = by or worker_name(), 0
    for lane in lanes:
        claims = claim(database, limit, by=name, lease=lease, lane=lane)
        for message in claims:
            deliver(database, message, by=name)
        claimed += len(claims)
    return claimed


def run_all(database: Database, rounds: int = 1000) -> int:
    """Run until nothing is due; returns how many were claimed."""
    total = 0
    for _ in range(rounds):
        claimed = run_once(database)
        if claimed == 0:
            break
        total += claimed
    return total


class Keeper(Protocol):
    """Who opens the process apart (:class:`core.outbox.apart.Keeper`)."""

    def look(self) -> None:
        """Open it, if there is something for it to do and none is open."""

    def stop(self) -> None:
        """Ask it to end after the message in hand."""


class Embedded:
    """The relay and the periodic jobs on a daemon thread of this process, woken by commits that sent something.

    *run* is one round (``run_once``, or the Celery publisher); it returns how many messages it took. With a *keeper* the messages that call plugins'
    code are left to its process.
    """

    def __init__(
        self,
        database: Database,
        run: Callable[[Database], int] | None = None,
        *,
        poll_seconds: float = 1.0,
        jobs: bool = True,
        keeper: Keeper | None = None,
    ) -> None:
        self._database = database
        self._run = run or (partial(run_once, lanes=(CORE,)) if keeper is not None else run_once)
        self._keeper = keeper
        self._poll = poll_seconds
        self._jobs = jobs
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> "Embedded":
        """Begin working (once)."""
        if self._thread is None:
            event.listen(self._database.sessions, "after_commit", self._after_commit)
            event.listen(self._database.sessions, "after_soft_rollback", _after_rollback)
            self._thread = threading.Thread(target=self._loop, name="wangting-outbox", daemon=True)
            self._thread.start()
        return self

    def stop(self, timeout: float = 30.0) -> None:
        """Finish the message in hand, then end. What is left is claimed again later."""
        thread, self._thread = self._thread, None
        if thread is None:
            return
        event.remove(self._database.sessions, "after_commit", self._after_commit)
        event.remove(self._database.sessions, "after_soft_rollback", _after_rollback)
        self._stop.set()
        self._wake.set()
        thread.join(timeout)
        if self._keeper is not None:
            self._keeper.stop()
        self._stop.clear()

    def nudge(self) -> None:
        """There may be work: look now rather than at the next poll."""
        self._wake.set()

    def _after_commit(self, session: Session) -> None:
        if session.info.pop(SENT, False):
            self.nudge()

    def _loop(self) -> None:
        while not self._stop.is_set():
            self._wake.clear()
            if not self._round():
                self._wake.wait(self._poll)

    def _round(self) -> bool:
        """One look at the tables; True when there was work, so that the next look comes at once."""
        try:
            ran = schedule.run_due(self._database) if self._jobs else 0
            ran += self._run(self._database)
            if self._keeper is not None:
                self._keeper.look()
            return ran > 0
        except Exception:
            log.warning("the outbox relay could not work; it tries again in %s s", self._poll, exc_info=True)
            return False


def _after_rollback(session: Session, previous: object) -> None:
    del previous
    session.info.pop(SENT, None)
