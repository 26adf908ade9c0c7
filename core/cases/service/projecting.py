"""Time itself: due dates made again when the calendar changes, and corrections that lapse."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.cases import clocks
from core.cases.models import Case, CaseClock, CaseTask
from core.cases.service.acting import lapse
from core.cases.versions import pinned
from core.kernel.clock import now
from core.routing.errors import RouteRefused
from core.worktime.spec import Ledger

BATCH = 500


def project_again(session: Session) -> int:
    """Derive every living clock anew (a year's notice was imported); returns how many due dates moved."""
    clocks.forget_calendar(session)
    working, moved, last = clocks.calendar(session), 0, ("00000000-0000-0000-0000-000000000000", "")
    while rows := _batch(session, last):
        for row in rows:
            yellow = pinned(session, row["version_id"]).route.yellow
            fresh = clocks.derived(row["name"], Ledger.from_json(row["ledger"]), working, yellow)
            if (fresh.due_at, fresh.yellow_at, fresh.provisional) != (row["due_at"], row["yellow_at"], row["provisional"]):
                _move(session, row["case_id"], fresh)
                moved += fresh.due_at != row["due_at"]
        last = (rows[-1]["case_id"], rows[-1]["name"])
    return moved


def _batch(session: Session, last: tuple[str, str]) -> Any:
    query = (
        select(*CaseClock.__table__.c, Case.version_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(CaseClock.state != "stopped", (CaseClock.case_id > last[0]) | ((CaseClock.case_id == last[0]) & (CaseClock.name > last[1])))
        .order_by(CaseClock.case_id, CaseClock.name)
        .limit(BATCH)
    )
    return session.execute(query).mappings().all()


def _move(session: Session, case_id: str, clock: clocks.Clock) -> None:
    """Write the new dates to the clock, to the task it belongs to, and to the case."""
    dates = {"due_at": clock.due_at, "yellow_at": clock.yellow_at}
    quiet = {"synchronize_session": False}
    mine = update(CaseClock).where(CaseClock.case_id == case_id, CaseClock.name == clock.name)
    session.execute(mine.values(**dates, provisional=clock.provisional), execution_options=quiet)
    if clock.name.startswith("task:"):
        task = update(CaseTask).where(CaseTask.case_id == case_id, CaseTask.no == int(clock.name.removeprefix("task:")))
        session.execute(task.values(**dates, sort_at=clock.due_at or clocks.NEVER), execution_options=quiet)
    elif clock.name in ("main", "intake", "delivery", "correction"):
        session.execute(update(Case).where(Case.id == case_id).values(due_at=clock.due_at), execution_options=quiet)


def lapse_overdue(session: Session, limit: int = 500) -> bool:
    """Lapse corrections that nobody answered in time, where the item's rule says so; True when there may be more.

    Deemed acceptance (行政许可法 32(4)) will be swept here too, by the clock named ``intake``.
    """
    query = (
        select(CaseClock.case_id)
        .join(Case, Case.id == CaseClock.case_id)
        .where(CaseClock.state == "running", CaseClock.name == "correction", CaseClock.due_at < now(), Case.status == "correction_requested")
        .order_by(CaseClock.due_at)
        .limit(limit)
    )
    done = 0
    for case_id in session.scalars(query).all():
        try:
            lapse(session, case_id, command_id=f"lapse/{case_id}")
            done += 1
        except RouteRefused:
            continue  # the item has no such rule: a clerk decides (decline)
    return done == limit  # a full batch of lapses may not be all
