"""预审 asked for by the applicant: whether one waits, and handing in formally without it (两个工作日内一次性告知).

No rule gives the silence of a pre-review an effect on the case: when its time is over the heads are told and the red light stays, and the applicant
need not wait any longer – the application is received at that moment, as it stands.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.cases import access
from core.cases.service.machine import Change, Loaded, carry_out, load
from core.cases.spec import ActResult
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.routing.engine import advance
from core.routing.errors import RouteRefused
from core.routing.marking import Command, Plan
from core.routing.receiving import WAIVE


@dataclass(frozen=True, slots=True)
class Waiting:
    """A pre-review that waits for its answer: until when, whether that is over, and whether the applicant may go on without it."""

    due_at: datetime | None
    late: bool
    may_go_on: bool


def waiting(session: Session, case_id: str, *, actor: Actor) -> Waiting | None:
    """The open pre-review of one's own case, ``None`` without one. Raises :class:`CaseNotFound` for everybody else's."""
    access.require_sight(session, case_id, actor)
    case = load(session, case_id)[0]
    if case.marking.pre_review != "open":
        return None
    held = case.clocks.get("pre_review")
    try:
        _plan(case, actor)
    except RouteRefused:
        return Waiting(held.due_at if held else None, False, False)
    return Waiting(held.due_at if held else None, _late(case), True)


def go_on(session: Session, case_id: str, *, command_id: str, actor: Actor) -> ActResult:
    """The applicant hands in formally without waiting. Raises :class:`RouteRefused` while a pre-review that the item demands has time left."""
    access.require_party(session, case_id, actor)
    return carry_out(session, case_id, command_id, lambda case: Change(_plan(case, actor), action=WAIVE), actor=actor)


def _plan(case: Loaded, actor: Actor) -> Plan:
    facts = {**case.facts(), "pre_review": {"late": _late(case)}}
    return advance(case.compiled.route, case.marking, Command("pre_review", action=WAIVE, actor=actor.id), facts)


def _late(case: Loaded) -> bool:
    held = case.clocks.get("pre_review")
    return held is not None and held.due_at is not None and now() > held.due_at
