"""Special procedures (行政许可法 45): begun and ended by whoever holds the step, the only thing beside the law itself that stops the main clock."""

from sqlalchemy.orm import Session

from core.cases.service.anytime import carry
from core.cases.service.machine import Change, Loaded, carry_out, load
from core.cases.spec import ActResult
from core.kernel.actor import SYSTEM, Actor
from core.routing.engine import advance
from core.routing.marking import Command


def open_pause(session: Session, case_id: str, task_no: int, pause: str, *, reason: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """Begin the procedure *pause* that the item declares; the applicant is told in writing how long it takes."""
    return carry(session, case_id, "open_pause", task=task_no, action=pause, reason=reason, command_id=command_id, actor=actor)


def close_pause(session: Session, case_id: str, task_no: int, *, reason: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """End the procedure for this step; the clock runs again once no step waits in it."""
    return carry(session, case_id, "close_pause", task=task_no, reason=reason, command_id=command_id, actor=actor)


def arrived(session: Session, case_id: str, pause: str, *, command_id: str) -> bool:
    """What the procedure *pause* waited for has arrived – an expertise, a test report –: it ends for every step that waits in it, by itself, as it
    would at the end of its own limit. False when it does not run. The caller answers for knowing that it arrived."""
    waiting = [(key, no) for key, tasks in load(session, case_id)[0].marking.pauses.items() if key.partition("@")[0] == pause for no in tasks]
    for key, no in waiting:

        def decide(case: Loaded, key: str = key, no: int = no) -> Change:
            plan = advance(case.compiled.route, case.marking, Command("close_pause", no, key.partition("@")[0]), case.facts())
            return Change(plan, action="close_pause")

        carry_out(session, case_id, f"{command_id}/{no}", decide, actor=SYSTEM)
    return bool(waiting)
