"""Periodic jobs driven by rows: any number of workers share them, each turn is run once, and after downtime they catch up with one turn."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock

from sqlalchemy import or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.database import Database
from core.db.errors import DatabaseAway
from core.kernel.clock import now
from core.outbox.errors import describe
from core.outbox.models import Job
from core.outbox.service import after

log = logging.getLogger("wangting.schedule")

LEASE = timedelta(minutes=5)
LONGEST_PAUSE = timedelta(hours=1)

#: ``fn(session)``: one turn in one transaction, idempotent. Returning True asks for another turn at once (work in batches).
Turn = Callable[[Session], bool | None]


@dataclass(frozen=True, slots=True)
class Periodic:
    """A registered job."""

    name: str
    seconds: float
    turn: Turn


_jobs: dict[str, Periodic] = {}
_lock = Lock()


def every(name: str, seconds: float, turn: Turn) -> None:
    """Run *turn* every *seconds* under the stable *name*; registering a name again replaces it (a second app in one process)."""
    with _lock:
        _jobs[name] = Periodic(name, seconds, turn)


def forget(name: str) -> None:
    """Take a job away from this process (tests, a plugin switched off); its row stays."""
    with _lock:
        _jobs.pop(name, None)


def run_due(database: Database) -> int:
    """Run the jobs whose time has come and that nobody holds; returns how many ran."""
    jobs = dict(_jobs)
    if not jobs:
        return 0
    with database.session() as session:
        rows = {row.name: row for row in session.execute(select(Job.name, Job.next_at, Job.claimed_until).where(Job.name.in_(jobs)))}
    missing = jobs.keys() - rows.keys()
    if missing:
        database.run(lambda session: introduce(session, sorted(missing)))
    at = now()
    due = [job for name, job in sorted(jobs.items()) if name in missing or (rows[name].next_at <= at and (rows[name].claimed_until or at) <= at)]
    return sum(_turn(database, job) for job in due)


def _turn(database: Database, job: Periodic) -> bool:
    try:
        return _run(database, job)
    finally:
        after(database)


def introduce(session: Session, names: list[str]) -> None:
    """Write the rows of jobs that have none yet: they are due now."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = [{"name": name, "next_at": now(), "failures": 0} for name in names]
    session.execute(dialect.insert(Job).values(values).on_conflict_do_nothing(index_elements=["name"]))


def _claimed(session: Session, name: str) -> int | None:
    """The count of failures so far when the job is now ours, else ``None``."""
    at = now()
    return session.execute(
        update(Job)
        .where(Job.name == name, Job.next_at <= at, or_(Job.claimed_until.is_(None), Job.claimed_until <= at))
        .values(claimed_until=at + LEASE)
        .returning(Job.failures)
        .execution_options(synchronize_session=False)
    ).scalar_one_or_none()


def _run(database: Database, job: Periodic) -> bool:
    failures = database.run(lambda session: _claimed(session, job.name))
    if failures is None:
        return False
    try:
        with database.session() as session:
            again = job.turn(session) is True
            next_at = now() if again else now() + timedelta(seconds=job.seconds)
            session.execute(update(Job).where(Job.name == job.name).values(next_at=next_at, claimed_until=None, last_ok_at=now(), failures=0, last_error=None))
    except DatabaseAway:
        raise
    except Exception as error:
        log.warning("periodic job %s failed: %s", job.name, describe(error), exc_info=True)
        pause = min(timedelta(seconds=job.seconds) * 2 ** min(failures, 10), max(LONGEST_PAUSE, timedelta(seconds=job.seconds)))
        values = {"next_at": now() + pause, "claimed_until": None, "failures": failures + 1, "last_error": describe(error)}
        database.run(lambda session: session.execute(update(Job).where(Job.name == job.name).values(values)))
    return True
