"""The sweep: what time does to cases, each thing once, in due order, as a command of the case.

Due rungs are found by index, so a sweep costs what is due and not what is open. Each rung is a transaction of its own: the row of
``case_clock_fire`` is the claim, the command's effect and the clock's next rung are written with it. After downtime the rungs come in the
order in which they were due. A rung that fails is parked with its error and tried again later; the others go on.
"""

import heapq
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.cases import clocks, incidents
from core.cases import rungs as ladder
from core.cases.chain import Fact
from core.cases.incidents import Trouble
from core.cases.models import CaseClock, CaseClockFire, CaseClockParked, table
from core.cases.service import decision
from core.cases.service.acting import still_open
from core.cases.service.machine import Change, Loaded, carry_out, load
from core.db.database import Database
from core.db.errors import DatabaseAway, is_transient
from core.kernel.actor import SYSTEM
from core.kernel.clock import now
from core.outbox.errors import describe
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.marking import Command

log = logging.getLogger("wangting.rungs")

#: How many due rungs are read at a time, and how many one turn of the sweep fires at most.
BATCH = 200
TURN = 1000
#: A parked rung is tried again after this, twice as long each time, a day at most.
RETRY = timedelta(minutes=5)
LONGEST_RETRY = timedelta(days=1)

_clock, _fire, _parked = table(CaseClock).c, table(CaseClockFire).c, table(CaseClockParked).c
_DUE = select(_clock.next_rung_at, _clock.case_id, _clock.name, _clock.next_rung, _clock.epoch, _clock.region_root)


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A rung whose time has come; in the order in which they are fired."""

    at: datetime
    case_id: str
    clock: str
    rung: str
    epoch: int
    region_root: str

    @property
    def task(self) -> int | None:
        """The task whose clock this is."""
        return int(self.clock.removeprefix("task:")) if self.clock.startswith("task:") else None


class _Moved(Exception):
    """The clock was changed before its rung was ours: there is nothing to fire any more."""


def sweep(session: Session) -> bool:
    """One turn of the periodic job; True when more is due. Nothing runs in *session* itself: every rung has a transaction of its own."""
    return run_due(session.info["database"], TURN) >= TURN


def run_due(database: Database, most: int = TURN) -> int:
    """Fire up to *most* due rungs, the one due longest first; returns how many were fired or parked."""
    at, done = now(), 0
    while done < most:
        with database.session() as session:
            batch = _due(session, at, min(BATCH, most - done))
        if not batch:
            return done
        horizon = batch[-1].at
        waiting = list(batch)
        heapq.heapify(waiting)
        before = done
        while waiting:
            due = heapq.heappop(waiting)
            following = _one(database, due)
            done += following is not _NOT_OURS
            if isinstance(following, Due) and following.at <= horizon:  # after downtime the next rung of this clock may be due before others
                heapq.heappush(waiting, following)
        if done == before:
            return done  # others fire the same rungs at this moment
    return done


_NOT_OURS = object()


def _due(session: Session, at: datetime, limit: int) -> list[Due]:
    query = _DUE.where(_clock.next_rung_at <= at).order_by(_clock.next_rung_at, _clock.case_id, _clock.name).limit(limit)
    return [Due(row.next_rung_at, row.case_id, row.name, row.next_rung, row.epoch, row.region_root) for row in session.execute(query)]


def _one(database: Database, due: Due) -> Any:
    """Fire one rung in its own transaction, or park it. Returns the clock's next rung, ``None``, or :data:`_NOT_OURS`."""
    try:
        return database.run(lambda session: fire(session, due))
    except _Moved:
        return _NOT_OURS
    except DatabaseAway:
        raise
    except Exception as error:
        if is_transient(error):
            raise
        why = describe(error)
        log.warning("rung %s of %s in case %s failed: %s", due.rung, due.clock, due.case_id, why, exc_info=True)
        database.run(lambda session: _park(session, due, why))
        return None


def fire(session: Session, due: Due) -> Any:
    """Claim *due* and do what it means, in the caller's transaction. Returns the rung of the same clock that follows."""
    if not _claimed(session, due):
        raise _Moved
    for number, command in enumerate(_commands(session, due)):
        _carry_out(session, due, command, number)
    kept = delete(table(CaseClockParked)).where(_parked.case_id == due.case_id, _parked.clock == due.clock)
    if session.execute(kept.returning(_parked.clock)).first() is not None:
        incidents.over(session, _trouble(due))
    following = session.execute(_DUE.where(_clock.case_id == due.case_id, _clock.name == due.clock, _clock.next_rung_at.is_not(None))).first()
    return Due(following.next_rung_at, following.case_id, following.name, following.next_rung, following.epoch, following.region_root) if following else None


def _claimed(session: Session, due: Due) -> bool:
    """Insert the row that says we fire this rung; False when somebody did."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    row = {
        "case_id": due.case_id, "clock": due.clock, "rung": due.rung, "epoch": due.epoch, "region_root": due.region_root, "due_at": due.at, "at": now(),
    }  # fmt: skip
    claim = dialect.insert(table(CaseClockFire)).values(row).on_conflict_do_nothing().returning(_fire.epoch)
    return session.execute(claim).scalar() is not None


# what a rung means --------------------------------------------------------------------------------------------------


def _commands(session: Session, due: Due) -> Sequence[Command]:
    """The commands that *due* stands for; a procedure that several steps wait in ends for each of them."""
    plain = _plain(due)
    if due.rung == "red" and due.clock == "intake":
        return (Command("deem_accepted"),)  # 行政许可法 32(4)
    if due.rung == "red" and due.clock == "correction":
        return (Command("lapse"),)
    if due.rung == "red" and due.clock.startswith("pause:"):
        key = due.clock.removeprefix("pause:")
        waiting = load(session, due.case_id)[0].marking.pauses.get(key, ())
        return tuple(Command("close_pause", no, key.partition("@")[0]) for no in waiting) or (plain,)
    if due.rung == "escalate" and due.task is not None:
        return (Command("overdue", due.task),)
    return (plain,)


def _plain(due: Due) -> Command:
    """That the rung was reached is itself a fact of the case."""
    return Command("fire_rung", due.task, due.rung, data={"clock": due.clock, "rung": due.rung, "epoch": due.epoch})


def _carry_out(session: Session, due: Due, command: Command, number: int) -> None:
    def decide(case: Loaded) -> Change:
        held = case.clocks.get(due.clock)
        if held is None or held.ledger.state != "running" or held.epoch != due.epoch or (number == 0 and held.next_rung != due.rung):
            raise _Moved
        done = command
        try:
            plan = advance(case.compiled.route, case.marking, command, case.facts())
        except RouteRefused:
            if command.kind == "fire_rung":
                raise
            done = _plain(due)  # no rule of the item gives time that power: it is told, and people decide
            plan = advance(case.compiled.route, case.marking, done, case.facts())
        change = Change(plan, action=done.kind)
        moves = [lambda loaded, at: _advance(session, loaded, due, at)]
        if done.kind == "lapse":
            moves.append(lambda loaded, at: _lapsed(session, loaded, at))
        if plan.outcome == "grant":
            moves.append(lambda loaded, at: decision.issue(session, loaded, at, actor=SYSTEM))
        change.then = _all(moves)
        return change

    carry_out(session, due.case_id, f"rung/{due.case_id}/{due.clock}/{due.rung}/{due.epoch}/{number}", decide, actor=SYSTEM)


def _all(moves: Sequence[Callable[[Loaded, datetime], Sequence[Fact]]]) -> Callable[[Loaded, datetime], Sequence[Fact]]:
    return lambda case, at: [fact for move in moves for fact in move(case, at)]


def _advance(session: Session, case: Loaded, due: Due, at: datetime) -> Sequence[Fact]:
    """Set the clock to its next rung, and mark it as late for ever. A clock that the command itself stops is written after this, whole."""
    held = case.clocks[due.clock]
    working, yellow = clocks.calendar(session), case.compiled.route.yellow
    following = ladder.after(clocks.rungs_of(held, working, yellow, at), due.rung)
    late = {"overdue_at": held.overdue_at or held.due_at} if due.rung == "red" else {}
    values = {"next_rung": following.name if following else None, "next_rung_at": following.at if following else None, **late}
    mine = (_clock.case_id == case.id, _clock.name == due.clock, _clock.epoch == due.epoch)
    if session.execute(update(table(CaseClock)).where(*mine).values(**values).returning(_clock.epoch)).scalar() is None:
        raise _Moved  # the calendar changed between our read and now
    return ()


def _lapsed(session: Session, case: Loaded, at: datetime) -> Sequence[Fact]:
    session.execute(still_open(case).values(lapsed_at=at))
    return ()


# what fails ---------------------------------------------------------------------------------------------------------


def _park(session: Session, due: Due, error: str) -> None:
    """Keep the failed rung aside and look at it again later, so that it neither blocks the others nor is forgotten."""
    mine: Mapping[str, Any] = {"case_id": due.case_id, "clock": due.clock}
    found = session.execute(select(_parked.attempts, _parked.first_at).where(_parked.case_id == due.case_id, _parked.clock == due.clock)).first()
    attempts, at = (found.attempts if found else 0) + 1, now()
    retry_at = at + min(RETRY * 2 ** min(attempts - 1, 16), LONGEST_RETRY)
    row = {
        **mine, "rung": due.rung, "region_root": due.region_root, "attempts": attempts, "error": error[:2000],
        "first_at": found.first_at if found else at, "retry_at": retry_at,
    }  # fmt: skip
    session.execute(delete(table(CaseClockParked)).where(_parked.case_id == due.case_id, _parked.clock == due.clock))
    session.execute(table(CaseClockParked).insert().values(row))
    same = (_clock.case_id == due.case_id, _clock.name == due.clock, _clock.epoch == due.epoch, _clock.next_rung == due.rung)
    session.execute(update(table(CaseClock)).where(*same).values(next_rung_at=retry_at))
    incidents.happened(session, _trouble(due, error))


def _trouble(due: Due, error: str = "") -> Trouble:
    """A failed rung as an incident: one a clock."""
    return Trouble("rung", due.clock, due.case_id, params={"rung": due.rung, "clock": due.clock}, error=error)
