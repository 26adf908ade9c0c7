"""What time alone does: a suspension runs out, a last day passes, a renewal nobody decided is deemed granted. A sweep, in due order."""

from datetime import date, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.kernel.actor import SYSTEM
from core.kernel.clock import now, today
from core.licences import chain
from core.licences.chain import Fact
from core.licences.life import due_on, term_of
from core.licences.models import Licence
from core.licences.service import versions
from core.licences.service.catalogue import type_of
from core.licences.service.renewing import next_end
from core.licences.spec import ENDED, VALID, WITHHELD

BATCH = 200
_ONE_DAY = timedelta(days=1)


def sweep(session: Session, limit: int = BATCH) -> bool:
    """One batch of the licences that are due, earliest day first; True when there may be more. Each change is an event that names its day.

    Somebody at work on a licence keeps it for the next turn; the status that people see counts the days itself and does not wait for this.
    """
    query = select(Licence).where(Licence.due_on <= today()).order_by(Licence.due_on, Licence.id).limit(limit)
    rows = session.scalars(query.with_for_update(skip_locked=True)).all()
    for row in rows:
        _settle(session, row, today())
    return len(rows) == limit


def _settle(session: Session, row: Licence, day: date) -> None:
    """Everything that became due up to *day*, in order: after months of downtime a suspension ends first, then the licence."""
    while row.due_on is not None and row.due_on <= day:
        if row.status == WITHHELD and row.suspended_until is not None and row.due_on == row.suspended_until + _ONE_DAY:
            _move(session, row, "suspension_over", VALID)
        elif row.renewal_asked_on is not None:
            _deem_renewed(session, row)
        else:
            _move(session, row, "expired", ENDED)


def _move(session: Session, row: Licence, event: str, status: str) -> None:
    at, due = now(), row.due_on
    assert due is not None
    row.status, row.status_at, row.status_ground, row.suspended_until = status, at, None, None
    row.due_on = due_on(term_of(row))
    chain.append(session, row, Fact(event, {"due": due.isoformat()}), at=at, actor=SYSTEM)
    audit.record(session, f"licences.{event}", subject=("licence", row.id), actor=SYSTEM, detail={"due": due.isoformat()})


def _deem_renewed(session: Session, row: Licence) -> None:
    """行政许可法 50(2): no decision before the last day – the renewal is deemed granted, for another term."""
    due, asked = row.due_on, row.renewal_asked_on
    assert due is not None and asked is not None and row.valid_to is not None
    until = next_end(type_of(session, row.type_code), row.valid_from, row.valid_to)
    body = {"ground": "50_2", "due": due.isoformat(), "asked_on": asked.isoformat(), "case_no": row.renewal_case_no}
    made = versions.succeed(session, row, event="deemed_renewed", data={}, valid_from=due, valid_to=until, at=now(), body=body, actor=SYSTEM)
    audit.record(session, "licences.deemed_renewed", subject=("licence", made.id), actor=SYSTEM, detail={"due": due.isoformat()})
    if made.due_on is not None and made.due_on <= today():
        _settle(session, made, today())
