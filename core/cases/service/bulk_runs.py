"""One action on many tasks as a job (ROUTING §9.7): everything the list's filter finds is looked at, then – when the starter says so – done, one case after
the other, each in a transaction of its own.

The list is taken when the run begins and does not grow. Looking and doing are messages of the outbox, so both survive a killed process, can be
watched, and stop after the case in hand. What is done to a case has a command id of its own, from run and case: doing it again does nothing. Whether the
starter may is asked anew for each case when its turn comes.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import incidents
from core.cases.errors import CaseNotFound
from core.cases.models import CaseBulk, CaseBulkLine, table
from core.cases.service import bulk
from core.cases.service.bulk import Choice, Line
from core.cases.service.machine import command_key
from core.cases.worklist import LARGEST_PAGE, Filters, worklist
from core.db.errors import DatabaseAway, is_transient
from core.db.once import once
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, Conflict, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.wording import word
from core.outbox import service as outbox

log = logging.getLogger("wangting.bulk")

TOPIC = "cases.bulk"
#: As many tasks as one run takes.
MANY = 3000
#: How many are looked at by one message.
BATCH = 20
#: How many different reasons of one action are told apart; the others are one.
REASONS = 12
#: How long a run can be looked up.
KEPT = timedelta(days=90)
UNDER_WAY = ("looking", "running", "stopping")
LOCALES = ("zh", "en")
#: The key of what holds for every action: tasks that nothing can be done to.
EVERY = "*"
_line, _bulk = table(CaseBulkLine).c, table(CaseBulk).c
#: Built once: every worklist asks.
_UNDER_WAY = (
    select(_bulk.id).where(_bulk.started_by == bindparam("starter"), _bulk.status.in_((*UNDER_WAY, "ready"))).order_by(_bulk.started_at.desc()).limit(1)
)


def gather(session: Session, filters: Filters, *, actor: Actor) -> tuple[list[Any], bool]:
    """Tasks that the filter finds in the actor's worklist, soonest due first, at most :data:`MANY`; and whether there were more."""
    posts = people.staff_view(session, actor.id).posts
    found: list[Any] = []
    cursor: str | None = None
    while len(found) <= MANY:
        page = worklist(session, posts, staff_id=actor.id, filters=filters, cursor=cursor, limit=LARGEST_PAGE)
        found.extend(page.rows)
        cursor = page.next
        if cursor is None:
            break
    return found[:MANY], len(found) > MANY or cursor is not None


def begin(session: Session, filters: Filters, *, command_id: str, actor: Actor) -> CaseBulk:
    """Take the list and begin to look at it; nothing is done to any case. The same command begins one run.

    Raises :class:`BadInput` for an empty list, :class:`Conflict` while another run of the actor's is under way.
    """
    key = command_key(actor, command_id)
    found = select(CaseBulk).where(CaseBulk.command_key == key)
    try:
        return once(session, lambda: session.scalar(found), lambda: _begin(session, filters, key, actor))
    except IntegrityError as error:  # another of theirs began this very moment: one starter, one run under way
        raise Conflict("cases.bulk_running") from error


def _begin(session: Session, filters: Filters, key: str, actor: Actor) -> CaseBulk:
    if _busy(session, actor):
        raise Conflict("cases.bulk_running")
    rows, more = gather(session, filters, actor=actor)
    if not rows:
        raise BadInput("cases.bulk_none")
    root = people.department(session, rows[0].department_id).region_root
    run = CaseBulk(
        id=new_id(), command_key=key, region_root=root, filters={k: v for k, v in filters.plain().items() if v}, status="looking", total=len(rows),
        more=int(more), looked=0, offers={}, next_no=0, done=0, refused=0, started_by=actor.id, started_at=now(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    lines = [
        {
            "bulk_id": run.id, "no": no, "region_root": root, "case_id": row.case_id, "task_no": row.no, "number": row.number, "item_code": row.item_code,
            "item_title": row.item_title, "title": row.title, "verdict": "", "why": None, "at": None,
        }
        for no, row in enumerate(rows)
    ]  # fmt: skip
    session.execute(insert(table(CaseBulkLine)), lines)
    _send(session, run, "look", 0)
    return run


def _busy(session: Session, actor: Actor) -> bool:
    return session.scalar(select(CaseBulk.id).where(CaseBulk.started_by == actor.id, CaseBulk.status.in_(UNDER_WAY))) is not None


def start(session: Session, run_id: str, action: str, *, actor: Actor) -> CaseBulk:
    """Do *action* to every task of the list that it can be done to. Raises :class:`BadInput` for an action that none of them has, :class:`Conflict`
    while another run of the actor's is under way."""
    run = run_of(session, run_id, actor=actor, lock=True)
    if run.status in ("running", "stopping", "done") and run.action == action:
        return run
    if run.status != "ready":
        raise Conflict("cases.bulk_not_ready")
    if not run.offers.get(action, {}).get("may"):
        raise BadInput("cases.bulk_no_such_action")
    if _busy(session, actor):
        raise Conflict("cases.bulk_running")
    try:
        with session.begin_nested():
            run.status, run.action, run.next_no = "running", action, 0
            session.flush()
    except IntegrityError as error:
        raise Conflict("cases.bulk_running") from error
    audit.record(session, "cases.bulk_started", subject=("bulk", run.id), actor=actor, detail={"action": action, "tasks": run.total})
    _send(session, run, "do", 0)
    return run


def stop(session: Session, run_id: str, *, actor: Actor) -> CaseBulk:
    """Stop after the case in hand; what was done stays done. A run that only looks, or waits, is given up."""
    run = run_of(session, run_id, actor=actor, lock=True)
    if run.status == "running":
        run.status = "stopping"
    elif run.status in ("looking", "ready"):
        run.status, run.ended_at = "stopped", now()
    else:
        return run
    session.flush()
    audit.record(session, "cases.bulk_stopped", subject=("bulk", run.id), actor=actor)
    return run


def abandon(session: Session, run_id: str) -> None:
    """The outbox gave up a message of a run: it stands as stopped, with what was done, so that its starter can begin another."""
    run = session.get(CaseBulk, run_id, with_for_update=True)
    if run is not None and run.status in UNDER_WAY:
        run.status, run.ended_at = "stopped", now()


def run_of(session: Session, run_id: str, *, actor: Actor, lock: bool = False) -> CaseBulk:
    """One of the actor's own runs. Raises :class:`CaseNotFound` for another's and for none alike."""
    mine = select(CaseBulk).where(CaseBulk.id == run_id, CaseBulk.started_by == actor.id)
    found = session.scalars(mine.with_for_update() if lock else mine).first() if is_id(run_id) and actor.kind == "staff" else None
    if found is None:
        raise CaseNotFound("cases.bulk_not_found")
    return found


def runs(session: Session, *, actor: Actor, limit: int = 20) -> tuple[CaseBulk, ...]:
    """The actor's runs, the newest first."""
    mine = select(CaseBulk).where(CaseBulk.started_by == actor.id).order_by(CaseBulk.started_at.desc(), CaseBulk.id.desc()).limit(limit)
    return tuple(session.scalars(mine))


def under_way(session: Session, *, actor: Actor) -> str | None:
    """The id of the actor's run that is under way or waits for a decision."""
    found: str | None = session.execute(_UNDER_WAY, {"starter": actor.id}).scalar()
    return found


def results(session: Session, run: CaseBulk, *, verdict: str | None = None, after: int = -1, limit: int = 200) -> tuple[CaseBulkLine, ...]:
    """The tasks of a run in the order of the list, from behind number *after* on."""
    query = select(CaseBulkLine).where(CaseBulkLine.bulk_id == run.id, CaseBulkLine.no > after)
    query = query.where(CaseBulkLine.verdict == verdict) if verdict is not None else query
    return tuple(session.scalars(query.order_by(CaseBulkLine.no).limit(limit)))


def reasons(run: CaseBulk, action: str) -> list[tuple[dict[str, str], int]]:
    """Why *action* will not be done to some of the tasks that were looked at, most first: words in each language, and how many."""
    told = [*_whys(run.offers.get(action)), *_whys(run.offers.get(EVERY))]
    rest = run.looked - int(run.offers.get(action, {}).get("may", 0)) - sum(number for _words, number in told)
    if rest > 0:
        told.append(({locale: word("cases.bulk_no_such_action", locale) for locale in LOCALES}, rest))
    return sorted(told, key=lambda each: -each[1])


def _whys(offer: Mapping[str, Any] | None) -> list[tuple[dict[str, str], int]]:
    return [({"zh": zh, "en": why["en"]}, why["n"]) for zh, why in (offer or {}).get("why", {}).items()]


def tidy(session: Session) -> None:
    """Forget runs that began long ago."""
    old = select(CaseBulk.id).where(CaseBulk.started_at < now() - KEPT)
    session.execute(delete(table(CaseBulkLine)).where(_line.bulk_id.in_(old)))
    session.execute(delete(table(CaseBulk)).where(table(CaseBulk).c.started_at < now() - KEPT))


# the messages -------------------------------------------------------------------------------------------------------


def _send(session: Session, run: CaseBulk, what: str, no: int) -> None:
    outbox.send(session, TOPIC, {"run": run.id, "do": what, "no": no}, key=f"{TOPIC}/{run.id}/{what}/{no}", region_root=run.region_root)


@outbox.handler(TOPIC)
def go_on(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Look at the next few tasks of a run, or do the next one, and ask for what comes behind."""
    del message_id
    run = session.get(CaseBulk, body["run"], with_for_update=True)
    if run is None:
        return
    if body["do"] == "look" and run.status == "looking" and run.looked == body["no"]:
        _look(session, run)
    if body["do"] == "do" and run.status in ("running", "stopping") and run.next_no == body["no"]:
        _do(session, run)


def _look(session: Session, run: CaseBulk) -> None:
    """Nothing is written but what was seen, summed up."""
    offers: dict[str, Any] = {key: {**offer, "why": dict(offer["why"])} for key, offer in run.offers.items()}
    lines = results(session, run, after=run.looked - 1, limit=BATCH)
    for line in lines:
        _add(offers, bulk.looked(session, Choice(line.case_id, line.task_no), actor=Actor("staff", run.started_by), locales=LOCALES))
    run.offers, run.looked = offers, run.looked + len(lines)
    if run.looked >= run.total:
        run.status = "ready"
        return
    session.flush()
    _send(session, run, "look", run.looked)


def _add(offers: dict[str, Any], seen: Mapping[str, Line]) -> None:
    zh, en = seen["zh"], seen["en"]
    if zh.refused is not None:
        _count(offers.setdefault(EVERY, {"title": {}, "may": 0, "why": {}}), zh.refused, en.refused or "")
        return
    for key, (title, why) in zh.offers.items():
        offer = offers.setdefault(key, {"title": {"zh": title, "en": en.offers[key][0]}, "may": 0, "why": {}})
        if why is None:
            offer["may"] += 1
        else:
            _count(offer, why, en.offers[key][1] or "")


def _count(offer: dict[str, Any], zh: str, en: str) -> None:
    if zh not in offer["why"] and len(offer["why"]) >= REASONS:
        zh, en = (word("cases.bulk_other_reasons", locale) for locale in LOCALES)
    before = offer["why"].get(zh, {"en": en, "n": 0})
    offer["why"][zh] = {"en": before["en"], "n": before["n"] + 1}


def _do(session: Session, run: CaseBulk) -> None:
    line = session.get(CaseBulkLine, (run.id, run.next_no)) if run.status == "running" else None
    if line is None:
        run.status, run.ended_at = "stopped" if run.status == "stopping" else "done", now()
        return
    why = _one(session, run, line)
    line.verdict, line.why, line.at = "done" if why is None else "refused", why, now()
    run.done, run.refused, run.next_no = run.done + (why is None), run.refused + (why is not None), run.next_no + 1
    session.flush()
    _send(session, run, "do", run.next_no)


def _one(session: Session, run: CaseBulk, line: CaseBulkLine) -> dict[str, str] | None:
    """Do it to one case; the reason in words when it was not done. What a refused act has written already is taken back with its savepoint."""
    actor, action = Actor("staff", run.started_by), run.action or ""
    choice, command = Choice(line.case_id, line.task_no), f"{TOPIC}/{run.id}"
    try:
        with session.begin_nested():
            _in_office(session, actor)
            bulk.do(session, choice, action, command_id=command, actor=actor)
        return None
    except DatabaseAway:
        raise
    except PlatformError as error:
        for trouble in incidents.noted(session):  # the savepoint is rolled back, the message is not: nobody behind us would write it down
            incidents.happened(session, trouble)
        return {locale: error.words(locale) for locale in LOCALES}
    except Exception as error:
        if is_transient(error):
            raise
        log.exception("bulk run %s: case %s could not be done", run.id, line.case_id)
        return {locale: word("cases.bulk_failed", locale) for locale in LOCALES}


def _in_office(session: Session, actor: Actor) -> None:
    """Who left while the run went on does nothing any more."""
    try:
        people.staff_view(session, actor.id)
    except NotFound as error:
        raise BadInput("cases.bulk_left") from error
