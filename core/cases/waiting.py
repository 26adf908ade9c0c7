"""What waits for the applicant: a correction, a question, a paper promised for later, a result to fetch – what my space shows first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import BindParameter, bindparam, select
from sqlalchemy.orm import Session

from core.cases.models import CaseDelivery, CasePledge, CaseTask, table
from core.cases.spec import CaseCard
from core.kernel.clock import local

Kind = Literal["correction", "inquiry", "later", "pickup"]
_task, _pledge, _delivery = table(CaseTask).c, table(CasePledge).c, table(CaseDelivery).c
_ids: BindParameter[Any] = bindparam("ids", expanding=True)
#: Built once; each is asked about the cases of one page of a list.
_TASKS = select(_task.case_id, _task.kind, _task.due_at).where(_task.case_id.in_(_ids), _task.role == "applicant").order_by(_task.sort_at)
_PAPERS = select(_pledge.case_id, _pledge.due_on).where(_pledge.case_id.in_(_ids), _pledge.kind == "later", _pledge.state == "due").order_by(_pledge.due_on)
_RESULTS = select(_delivery.case_id).where(_delivery.case_id.in_(_ids), _delivery.way == "pickup", _delivery.state == "ready")


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that a case waits for its applicant with; ``until`` is the last day, where there is one."""

    card: CaseCard
    kind: Kind
    until: date | None


def of(session: Session, cards: Iterable[CaseCard]) -> tuple[Wait, ...]:
    """What the cases of *cards*, which the caller may see, wait for; soonest last day first."""
    known = {card.id: card for card in cards}
    if not known:
        return ()
    asked = {"ids": list(known)}
    tasks = [task for task in session.execute(_TASKS, asked) if task.kind in ("correction", "inquiry")]
    # a question has no limit of its own: what stands in its row is the case's, which does not stop for it
    found = [Wait(known[task.case_id], task.kind, _last(task.due_at) if task.kind == "correction" else None) for task in tasks]
    found += [Wait(known[case_id], "later", due_on) for case_id, due_on in session.execute(_PAPERS, asked)]
    decided = [card.id for card in known.values() if card.status == "decided"]
    if decided:
        found += [Wait(known[case_id], "pickup", None) for case_id in session.scalars(_RESULTS, {"ids": decided})]
    return tuple(sorted(found, key=lambda wait: wait.until or date.max))


def _last(due_at: datetime | None) -> date | None:
    """The last day of a limit: clocks run to the midnight after it."""
    return local(due_at - timedelta(seconds=1)).date() if due_at is not None else None
