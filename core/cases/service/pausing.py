"""Special procedures (行政许可法 45): begun and ended by whoever holds the step, the only thing beside the law itself that stops the main clock."""

from sqlalchemy.orm import Session

from core.cases.service.anytime import carry
from core.cases.spec import ActResult
from core.kernel.actor import Actor


def open_pause(session: Session, case_id: str, task_no: int, pause: str, *, reason: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """Begin the procedure *pause* that the item declares; the applicant is told in writing how long it takes."""
    return carry(session, case_id, "open_pause", task=task_no, action=pause, reason=reason, command_id=command_id, actor=actor)


def close_pause(session: Session, case_id: str, task_no: int, *, reason: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """End the procedure for this step; the clock runs again once no step waits in it."""
    return carry(session, case_id, "close_pause", task=task_no, reason=reason, command_id=command_id, actor=actor)
