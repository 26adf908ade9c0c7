"""Words between the hall and the applicant in review: an inquiry and its answer (no clock stops, ROUTING §4.1), and urging (催办)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import access, clocks, sealing
from core.cases.errors import TaskClosed
from core.cases.models import CaseEvent, table
from core.cases.service.acting import note_of, trimmed
from core.cases.service.anytime import carry
from core.cases.service.machine import Change as _Change
from core.cases.service.machine import Loaded, carry_out, load
from core.cases.spec import ActResult
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.routing.engine import advance
from core.routing.guards import spoken, urging
from core.routing.marking import Command
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit

_event = table(CaseEvent).c


@dataclass(frozen=True, slots=True)
class Inquiry:
    """An open question to the applicant: its task, the words, since when and until when."""

    no: int
    question: str
    asked_at: datetime
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What waits for the applicant, and whether they may urge now (``why_not`` when the button is closed, ``None`` with ``may_urge`` false: no such button)."""

    inquiries: tuple[Inquiry, ...]
    may_urge: bool
    why_not: str | None
    urged_at: datetime | None


def ask(session: Session, case_id: str, task_no: int, *, question: str, command_id: str, actor: Actor) -> ActResult:
    """Ask the applicant about the step *task_no*; they get the question, no clock stops."""
    return carry(session, case_id, "ask", task=task_no, reason=question, command_id=command_id, actor=actor)


def answer(session: Session, case_id: str, task_no: int, *, words: str, command_id: str, actor: Actor) -> ActResult:
    """The applicant answers the inquiry *task_no* in words, which are sealed beside the event. Raises :class:`BadInput` without any."""
    access.require_party(session, case_id, actor, "correct")
    said = trimmed(words)
    if not said:
        raise BadInput("cases.answer_empty")

    def decide(case: Loaded) -> _Change:
        task = case.marking.task(task_no)
        if task is None or task.kind != "inquiry":
            raise TaskClosed(who="", at=None)
        plan = advance(case.compiled.route, case.marking, Command("answer", task_no, actor=actor.id), case.facts())
        return _Change(plan, note=note_of(said, None, {}), action="answer")

    return carry_out(session, case_id, command_id, decide, actor=actor)


def urge(session: Session, case_id: str, *, command_id: str, actor: Actor) -> ActResult:
    """催办: whoever holds the case is reminded; not more often than the item says."""
    access.require_party(session, case_id, actor)

    def waits(case: Loaded) -> Mapping[str, Any]:
        """Asked again whenever another command was faster: of two that urge at once the second finds the first."""
        return {"urge": {"waits": _too_soon(session, _last_urged(session, case.id))}}

    return carry(session, case_id, "urge", command_id=command_id, actor=actor, facts=waits)


def asked(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> Asked:
    """What the applicant is asked and whether they may urge. Raises :class:`CaseNotFound` for everybody else."""
    access.require_sight(session, case_id, actor)
    case = load(session, case_id)[0]
    last = _last_urged(session, case_id)
    if case.marking.ended or case.marking.phase == "delivery":
        return Asked((), False, None, last[0] if last else None)
    why = urging(case.compiled.route, case.marking, None, {"urge": {"waits": _too_soon(session, last)}}, actor.id)
    shown = None if why is not None and why[0] == "routing.no_urge" else spoken(why, locale)
    return Asked(_inquiries(session, case), why is None, shown, last[0] if last else None)


def _inquiries(session: Session, case: Loaded) -> tuple[Inquiry, ...]:
    open_ = [task.no for task in case.marking.tasks if task.kind == "inquiry"]
    if not open_:
        return ()
    query = select(_event.command_key, _event.body, _event.at).where(_event.case_id == case.id, _event.kind == "inquiry_opened")
    found = []
    for row in session.execute(query.order_by(_event.seq)).all():
        no = json.loads(row.body)["no"]
        if no in open_:
            clock = case.clocks.get(f"task:{no}")
            found.append(Inquiry(no, _question(session, case, row.command_key), row.at, clock.due_at if clock is not None else None))
    return tuple(found)


def _question(session: Session, case: Loaded, command_key: str) -> str:
    """The words are sealed beside the first event of the command that asked."""
    query = select(_event.sealed).where(_event.case_id == case.id, _event.command_key == command_key, _event.sealed.is_not(None))
    sealed = session.execute(query.order_by(_event.seq).limit(1)).scalar()
    content: Any = sealing.open_json(case.key, case.id, sealed) if sealed is not None else None
    return str(((content or {}).get("value") or {}).get("reason", ""))


def _last_urged(session: Session, case_id: str) -> tuple[datetime, Mapping[str, Any]] | None:
    """When the case was urged last, and how long that holds."""
    query = select(_event.at, _event.body).where(_event.case_id == case_id, _event.kind == "urged").order_by(_event.seq.desc()).limit(1)
    row = session.execute(query).first()
    return (row.at, json.loads(row.body)["every"]) if row is not None else None


def _too_soon(session: Session, last: tuple[datetime, Mapping[str, Any]] | None) -> bool:
    if last is None:
        return False
    ledger = Ledger(Limit.from_json(last[1])).start(last[0], "urged")
    due_at = project(ledger, clocks.calendar(session), now=now()).due_at
    return due_at is not None and now() < due_at
