"""The night watch: what stands still, found by index, told as incidents; and incidents whose cause is gone, closed (ROUTING §9.5, §9.6, §9.10).

A command that leaves a case without any open task writes ``case_.idle_since``; an index holds those rows only. So looking for stuck cases costs what is
stuck, however many cases are open. Posts that nobody holds are looked for once for each department that tasks wait in, by probes of the queue's index.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, String, bindparam, case, exists, func, literal, select
from sqlalchemy.orm import Session

from core.cases import incidents
from core.cases.errors import CaseNotFound
from core.cases.incidents import Trouble
from core.cases.models import Case, CaseClock, CaseClockParked, CaseIncident, CaseTask, table
from core.cases.service.acting import hook_ended
from core.cases.service.machine import load
from core.cases.spec import ENDED
from core.identity.models import Post, Staff
from core.identity.spec import POST_ROLES
from core.kernel.clock import now
from core.kernel.errors import PlatformError
from core.outbox import service as outbox
from core.routing.marking import OpenTask

log = logging.getLogger("wangting.watch")

#: A case may be between two steps – its document, its sub-case on their way – for so long.
GRACE = timedelta(minutes=10)
#: What a person closed is not told again so soon, though its cause is still there.
QUIET = timedelta(days=1)
#: How many are read at a time, and what one turn tells at most.
BATCH = 200
TURN = 2000
#: How long closed incidents are kept.
KEPT = timedelta(days=180)
_case, _clock, _task, _row = table(Case).c, table(CaseClock).c, table(CaseTask).c, table(CaseIncident).c
_parked, _post, _staff = table(CaseClockParked).c, Post.__table__.c, Staff.__table__.c


@dataclass(frozen=True, slots=True)
class Stuck:
    """A case that goes on and that nothing can move."""

    case_id: str
    number: str
    item_title: str
    department_id: str
    status: str
    since: datetime


def query(limit: int, after: tuple[datetime, str] | None = None) -> Select[Any]:
    """The stuck cases, the one stuck longest first: an index range of idle cases, each probed for a clock that will still move it."""
    moved = exists().where(_clock.case_id == _case.id, _clock.next_rung_at.is_not(None))
    columns = (_case.id, _case.number, _case.item_title, _case.department_id, _case.status, _case.idle_since)
    found = select(*columns).where(_case.idle_since <= bindparam("before"), ~moved).order_by(_case.idle_since, _case.id).limit(limit)
    return found if after is None else found.where((_case.idle_since > after[0]) | ((_case.idle_since == after[0]) & (_case.id > after[1])))


def stuck(session: Session, limit: int = BATCH, *, after: Stuck | None = None) -> tuple[Stuck, ...]:
    """Up to *limit* stuck cases, from *after* on."""
    rows = session.execute(query(limit, (after.since, after.case_id) if after else None), {"before": now() - GRACE})
    return tuple(Stuck(*row) for row in rows)


def lost(session: Session, limit: int = BATCH) -> tuple[Stuck, ...]:
    """The thorough look, for an operator: open cases without a row of an open task, whatever is written about them. Costs what is open."""
    none = ~exists().where(_task.case_id == _case.id)
    moved = exists().where(_clock.case_id == _case.id, _clock.next_rung_at.is_not(None))
    columns = (_case.id, _case.number, _case.item_title, _case.department_id, _case.status, _case.submitted_at)
    found = select(*columns).where(_case.status.not_in(tuple(ENDED)), none, ~moved).order_by(_case.submitted_at, _case.id).limit(limit)
    return tuple(Stuck(*row) for row in session.execute(found))


def trouble_of(one: Stuck) -> Trouble:
    """A stuck case as an incident; the moment it stopped is part of what it is."""
    return Trouble("stuck", one.since.isoformat(), one.case_id, params={"status": one.status})


# posts that nobody holds --------------------------------------------------------------------------------------------


def empty_posts(session: Session) -> tuple[Trouble, ...]:
    """(Department, role) queues with open tasks that nobody in office holds, with how many wait there (counted to a hundred)."""
    return tuple(_empty(session, row.department_id, row.role) for row in session.execute(empty_query()).all())


def empty_query() -> Select[Any]:
    """From one queue to the next by the first entry of each in the queue's index, which is what keeps it from reading the queues themselves.

    A row of the walk is a department with a role; with the role ``''`` it stands before the first one. Where a department has no further role the
    walk goes on to the next department.
    """
    first = select(_task.department_id).where(_task.department_id.is_not(None)).order_by(_task.department_id).limit(1)
    walk = select(first.scalar_subquery().label("department_id"), literal("", String).label("role")).cte("walk", recursive=True)
    department = select(_task.department_id).where(_task.department_id > walk.c.department_id).order_by(_task.department_id).limit(1).scalar_subquery()
    of_mine = (_task.department_id == walk.c.department_id, _task.role > walk.c.role)
    role = select(_task.role).where(*of_mine).order_by(_task.role).limit(1).scalar_subquery()
    step = select(case((role.is_not(None), walk.c.department_id), else_=department), func.coalesce(role, ""))
    walk = walk.union_all(step.where(walk.c.department_id.is_not(None)))
    held = exists().where(_post.department_id == walk.c.department_id, _post.role == walk.c.role, _post.staff_id == _staff.id, _staff.active)
    return select(walk.c.department_id, walk.c.role).where(walk.c.department_id.is_not(None), walk.c.role.in_(POST_ROLES), ~held)


def _empty(session: Session, department_id: str, role: str) -> Trouble:
    waiting = select(_task.case_id).where(_task.department_id == department_id, _task.role == role).limit(100).subquery()
    count = session.scalar(select(func.count()).select_from(waiting)) or 1
    return Trouble("holder", role, department_id=department_id, params={"role": role}, count=count)


# automatic steps that never answer ----------------------------------------------------------------------------------


def by_hand(session: Session, case_id: str, no: int, error: str) -> bool:
    """Take an automatic step from its plugin: the step that a person does opens, and an incident tells why. False when it is open no more."""
    try:
        case = load(session, case_id)[0]
    except CaseNotFound:
        return False
    task = case.marking.task(no)
    if task is None or task.kind != "auto":
        return False
    hook_ended(session, case_id, no, ok=False, result_ref=None, command_id=f"hook/{case_id}/{no}/by_hand")
    tell_by_hand(session, case_id, task, error)
    return True


def tell_by_hand(session: Session, case_id: str, task: OpenTask, error: str) -> None:
    """The incident of an automatic step that a person does now."""
    incidents.happened(session, Trouble("hook", str(task.no), case_id, node=task.node, params={"title": task.title}, error=error))


def overdue_hooks(session: Session, limit: int = BATCH, *, after: Any = None) -> Sequence[Any]:
    """Up to *limit* automatic steps whose own limit is over, from *after* on: a range of the queue's index."""
    late = (_task.department_id.is_(None), _task.role == "system", _task.claimed_by == "", _task.sort_at < now(), _task.kind == "auto")
    order = (_task.sort_at, _task.case_id, _task.no)
    query = select(*order).where(*late).order_by(*order).limit(limit)
    if after is not None:
        query = query.where(
            (_task.sort_at > after.sort_at)
            | ((_task.sort_at == after.sort_at) & ((_task.case_id > after.case_id) | ((_task.case_id == after.case_id) & (_task.no > after.no))))
        )
    return session.execute(query).all()


# the sweep ----------------------------------------------------------------------------------------------------------


def sweep(session: Session) -> None:
    """One turn of the periodic job. Running it again tells nothing twice."""
    for one in _turn(partial(stuck, session)):
        incidents.happened(session, trouble_of(one), quiet=QUIET)
    for late in _turn(partial(overdue_hooks, session)):
        _late(session, late.case_id, late.no)
    empty = empty_posts(session)
    for trouble in empty:
        incidents.happened(session, trouble, quiet=QUIET)
    settle(session, {trouble.fingerprint for trouble in empty})


def _turn(read: Callable[..., Sequence[Any]]) -> Iterator[Any]:
    """What one turn looks at, page by page: what stays where it is – it was told before, it refuses – does not stand before the others."""
    seen, last = 0, None
    while seen < TURN:
        found = read(BATCH, after=last)
        yield from found
        if len(found) < BATCH:
            return
        seen, last = seen + len(found), found[-1]


def tidy(session: Session) -> None:
    """Forget incidents closed long ago."""
    incidents.forget(session, now() - KEPT)


def _late(session: Session, case_id: str, no: int) -> None:
    """One case that refuses must not hold up the watch over the others."""
    try:
        with session.begin_nested():
            by_hand(session, case_id, no, "no answer within the limit of the step")
    except PlatformError:
        log.warning("automatic step %s of case %s cannot go to a person", no, case_id, exc_info=True)


def settle(session: Session, empty: set[str] | None = None, only: str | None = None) -> int:
    """Close incidents whose cause is gone – all, or *only* one; returns how many. *empty* are the fingerprints of posts that nobody holds now."""
    standing = select(_row.id, _row.kind, _row.fingerprint, _row.subject, _row.case_id, _row.node, _row.params).where(_row.state != "closed")
    rows = session.execute(standing if only is None else standing.where(_row.id == only)).all()
    if empty is None and any(row.kind == "holder" for row in rows):
        empty = {trouble.fingerprint for trouble in empty_posts(session)}
    gone = [row.id for row in rows if not _still(session, row, empty or set())]
    return incidents.ended(session, _row.id.in_(gone)) if gone else 0


def _still(session: Session, row: Any, empty: set[str]) -> bool:
    if row.kind == "holder":
        return row.fingerprint in empty
    if row.kind == "job":
        return outbox.is_open(session, row.subject)
    if row.case_id is None:
        return True  # nobody can tell but a person
    case = session.execute(select(_case.status, _case.idle_since, _case.version).where(_case.id == row.case_id)).first()
    if case is None or case.status in ENDED:
        return False
    if row.kind == "stuck":
        return case.idle_since is not None and case.idle_since.isoformat() == row.subject
    if row.kind == "nowhere":
        return bool(case.version <= row.params.get("version", case.version))
    if row.kind == "rung":
        return _waits(session, row.case_id, row.subject)
    return _is_open(session, row.case_id, row.node)


def _waits(session: Session, case_id: str, clock: str) -> bool:
    """Whether a failed rung still waits for its next try."""
    living = exists().where(_clock.case_id == _parked.case_id, _clock.name == _parked.clock, _clock.next_rung_at.is_not(None))
    return session.scalar(select(_parked.clock).where(_parked.case_id == case_id, _parked.clock == clock, living)) is not None


def _is_open(session: Session, case_id: str, node: str) -> bool:
    """Whether the step by hand of the automatic step at *node* is still open."""
    case = load(session, case_id)[0]
    auto = case.compiled.route.nodes.get(node)
    if auto is None or auto.kind != "auto":
        return False
    hand = case.compiled.route.scopes[auto.scope].nodes.get(auto.exits["by_hand"].to or "")
    return hand is not None and any(task.node == hand.path for task in case.marking.tasks)
