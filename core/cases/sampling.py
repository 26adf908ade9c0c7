"""A random sample of cases, proved every night: chain, ``fold(events) == rows``, sealed words.

What does not agree is never mended by the platform: each such case is an entry of the audit record (``case.unsound``), a line of the log as an error,
a figure of ``/metrics`` and a warning on the audit page, until somebody finds out why. One entry a night (``cases.fold_checked``) says how many were
looked at, so that a night without a check is seen too.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.audit import queries as records
from core.audit import service as audit
from core.cases.models import Case, CaseCommand
from core.cases.verify import verify
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import local, now

log = logging.getLogger("wangting.proof")

#: Cases a night.
SAMPLE = 200
#: What changed since counts as recent; half of the sample is taken from it, since that is what code of today wrote.
RECENT = timedelta(hours=36)
#: The hours of the night in the hall's zone in which the sweep does its work.
NIGHT = range(1, 5)
#: A check that is older was missed at night and is made up for at once.
LATEST = timedelta(hours=30)
_SUBJECT = ("audit", "fold")
_ACTION, _UNSOUND = "cases.fold_checked", "case.unsound"
_MOST_PROBLEMS = 5


@dataclass(frozen=True, slots=True)
class Unsound:
    """A case whose rows are not what its events say."""

    case_id: str
    number: str
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last sample found, and when; ``unsound`` are ids of cases."""

    at: datetime
    cases: int
    unsound: tuple[str, ...]


def sample(session: Session, count: int) -> tuple[str, ...]:
    """Ids of *count* cases at random (fewer where there are no more), up to half of them among those that a command changed lately."""
    recent = select(CaseCommand.case_id).where(CaseCommand.at > now() - RECENT).distinct().subquery()
    some = select(recent.c.case_id).order_by(func.random()).limit((count + 1) // 2)
    chosen = list(session.scalars(some))
    others = select(Case.id).where(Case.id.not_in(chosen)).order_by(func.random()).limit(count - len(chosen))
    return (*chosen, *session.scalars(others))


def check(session: Session, count: int = SAMPLE, *, actor: Actor = SYSTEM) -> tuple[int, tuple[Unsound, ...]]:
    """Prove a sample and record what was found; returns how many were looked at and those that are not sound."""
    chosen = sample(session, count)
    numbers = {row.id: row.number for row in session.execute(select(Case.id, Case.number).where(Case.id.in_(chosen)))}
    found = tuple(_unsound(session, numbers))
    for each in found:
        log.error("the rows of case %s are not what its events say: %s", each.number, "; ".join(each.problems), extra={"case_id": each.case_id})
        audit.record(session, _UNSOUND, subject=("case", each.case_id), actor=actor, detail={"problems": list(each.problems[:_MOST_PROBLEMS])})
    audit.record(session, _ACTION, subject=_SUBJECT, actor=actor, detail={"cases": len(chosen), "unsound": [each.case_id for each in found]})
    return len(chosen), found


def _unsound(session: Session, numbers: dict[str, str]) -> list[Unsound]:
    made = [(case_id, number, verify(session, case_id)) for case_id, number in numbers.items()]
    return [Unsound(case_id, number, result.problems) for case_id, number, result in made if not result.ok]


def last(session: Session) -> Checked | None:
    """What the last sample found; ``None`` when there was none in forty days."""
    rows = records.entries_of(session, _SUBJECT, since=now() - timedelta(days=40), limit=1)
    if not rows:
        return None
    detail = json.loads(rows[0].detail)
    return Checked(rows[0].at, detail["cases"], tuple(detail["unsound"]))


def sweep(session: Session) -> None:
    """The hourly turn: once a night, or as soon as possible when the night was missed."""
    before, at = last(session), now()
    age = at - before.at if before is not None else LATEST
    if age >= LATEST or (age > timedelta(hours=12) and local(at).hour in NIGHT):
        check(session)
