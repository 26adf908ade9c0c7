"""Due dates and rungs made again when the calendar changes (a year's notice was imported)."""

from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from core.cases import clocks, dates_told
from core.cases.models import Case, CaseClock, CaseTask, table
from core.cases.rungs import MIRRORED
from core.cases.versions import pinned

BATCH = 500
#: The case's own clocks, whose date the case shows.
_SHOWN = ("main", "intake", "delivery", "correction", "pre_review")
_clock, _case, _task = table(CaseClock).c, table(Case).c, table(CaseTask).c


def project_again(session: Session) -> int:
    """Derive every living clock anew, with its rungs; returns how many due dates moved.

    A due date that moved begins a new epoch, so that what was to happen at the old one can happen at the new. A clock that a command changes
    meanwhile is left to that command, which reads the new calendar itself.
    """
    clocks.forget_calendar(session)
    working, moved, last = clocks.calendar(session), 0, ("00000000-0000-0000-0000-000000000000", "")
    while rows := _batch(session, last):
        for row in rows:
            held = clocks.Held.of(row)
            yellow = pinned(session, row["version_id"]).route.yellow
            fresh = clocks.derived(row["name"], held.ledger, working, yellow, held=held, escalates=held.escalates)
            if any(value != row[name] for name, value in fresh.follows().items()):
                _move(session, row, fresh)
                moved += fresh.due_at != held.due_at
        last = (rows[-1]["case_id"], rows[-1]["name"])
    return moved


def _batch(session: Session, last: tuple[str, str]) -> Any:
    query = (
        select(*_clock, _case.version_id)
        .select_from(table(CaseClock).join(table(Case), _case.id == _clock.case_id))
        .where(_clock.state != "stopped", (_clock.case_id > last[0]) | ((_clock.case_id == last[0]) & (_clock.name > last[1])))
        .order_by(_clock.case_id, _clock.name)
        .limit(BATCH)
    )
    return session.execute(query).mappings().all()


def _move(session: Session, row: Any, clock: clocks.Clock) -> None:
    """Write the new dates to the clock, to the tasks it governs, and to the case – unless a command was faster."""
    case_id = row["case_id"]
    unchanged = (_clock.epoch == row["epoch"], _clock.state == row["state"])
    mine = update(table(CaseClock)).where(_clock.case_id == case_id, _clock.name == clock.name, *unchanged).values(**clock.follows())
    if session.execute(mine.returning(_clock.name)).scalar() is None:
        return
    dates = clocks.task_dates(clock)
    if clock.name.startswith("task:"):
        no = int(clock.name.removeprefix("task:"))
        session.execute(update(table(CaseTask)).where(_task.case_id == case_id, _task.no == no, _task.kind.not_in(MIRRORED)).values(**dates))
    elif clock.name in _SHOWN and clock.ledger.state == "running":
        timed = select(_clock.name).where(_clock.case_id == case_id, _clock.name.like("task:%"), _clock.state != "stopped")
        own = {int(name.removeprefix("task:")) for name in session.scalars(timed)}
        governed = or_(_task.no.not_in(own), _task.kind == clock.name)
        session.execute(update(table(CaseTask)).where(_task.case_id == case_id, governed).values(**dates))
        session.execute(update(table(Case)).where(_case.id == case_id).values(due_at=clock.due_at))
        if row["due_at"] is not None and clock.due_at is not None:
            dates_told.tell(session, case_id, row["region_root"], clock.name, clock.epoch, row["due_at"], clock.due_at)
