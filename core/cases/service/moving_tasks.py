"""Handing work on: 转办, 委派 and its return, 加签, and taking an act back while nobody touched what followed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases.errors import NotAColleague
from core.cases.models import CaseTask, table
from core.cases.service.anytime import carry, told
from core.cases.spec import ActResult
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.ids import is_id

_task = table(CaseTask).c


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody a task may go to, and the post they would hold it in."""

    id: str
    name: str
    department_id: str
    role: str
    fits: bool = False  #: in the very post that the task waits for, not only in the same department


def transfer(session: Session, case_id: str, task_no: int, *, to: str, reason: str, command_id: str, actor: Actor) -> ActResult:
    """转办: *to* (a staff id) holds the task from now on. Who holds another role of the department takes it along where the route allows that."""
    post = _post(session, case_id, task_no, to, wide=True)
    data = {"to": to, "role": post.role}
    return carry(session, case_id, "transfer", task=task_no, reason=reason, data=data, command_id=command_id, actor=actor)


def delegate(session: Session, case_id: str, task_no: int, *, to: str, reason: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """委派: *to* gives an opinion and returns the task; *reason* is what is asked of them."""
    _post(session, case_id, task_no, to, wide=False)
    return carry(session, case_id, "delegate", task=task_no, reason=reason, data={"to": to}, command_id=command_id, actor=actor)


def return_delegate(session: Session, case_id: str, task_no: int, *, opinion: str | None, command_id: str, actor: Actor) -> ActResult:
    """The delegate's *opinion* goes back to the one who asked; that one may also call the task back, without an opinion."""
    return carry(session, case_id, "return_delegate", task=task_no, reason=opinion, command_id=command_id, actor=actor)


def take_back(session: Session, case_id: str, task_no: int, *, command_id: str, actor: Actor) -> ActResult:
    """撤回: undo one's own last act, *task_no* being the task it closed; a new event, nothing is erased (ROUTING §9.8)."""
    return carry(session, case_id, "take_back", task=task_no, command_id=command_id, actor=actor, history=lambda case: told(session, case))


def add_signer(session: Session, case_id: str, task_no: int, *, department_id: str, role: str, command_id: str, actor: Actor) -> ActResult:
    """加签: one more post of a department signs. Raises :class:`NotAColleague` when nobody holds that post, for the case would wait for ever."""
    if not is_id(department_id) or not people.colleagues(session, [department_id], role=role):
        raise NotAColleague
    holders: dict[str, Any] = {"role": role, "org": {"id": department_id}}
    return carry(session, case_id, "add_signer", task=task_no, data={"holders": holders}, command_id=command_id, actor=actor)


def colleagues(session: Session, case_id: str, task_no: int, *, without: str = "") -> tuple[Colleague, ...]:
    """Whom the open task may go to: those in its posts (``fits``), then those in other posts of its departments; each once, not *without* themselves."""
    posts = session.execute(select(_task.department_id, _task.role).where(_task.case_id == case_id, _task.no == task_no)).all()
    departments = sorted({row.department_id for row in posts if row.department_id})
    fitting = {(row.department_id, row.role) for row in posts}
    found = people.colleagues(session, departments) if departments else ()
    kept = [Colleague(*one, fits=(one[2], one[3]) in fitting) for one in found if one[0] != without]
    kept.sort(key=lambda one: not one.fits)  # who holds the very post comes first and keeps it
    return tuple({one.id: one for one in reversed(kept)}.values())[::-1]


def _post(session: Session, case_id: str, task_no: int, to: str, *, wide: bool) -> Colleague:
    found: Sequence[Colleague] = colleagues(session, case_id, task_no)
    post = next((one for one in found if one.id == to and (wide or one.fits)), None)
    if post is None:
        raise NotAColleague
    return post
