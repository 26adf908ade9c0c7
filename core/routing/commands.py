"""The commands the engine carries out: which function does which. Each writes events through a :class:`~core.routing.run.Run`."""

from collections.abc import Callable, Mapping
from typing import Any

from core.kernel.wording import word
from core.routing import filing, handling, receiving, relaying, reviewing
from core.routing.asking import needs
from core.routing.errors import RouteRefused
from core.routing.guards import acting, refuse, terminating, withdrawing
from core.routing.marking import COMMANDS, ENDS, Command, OpenTask
from core.routing.receiving import INTAKE_ACTIONS, finish
from core.routing.run import Run

#: What may still be noted when the case has ended.
_AFTER_THE_END = frozenset({"correct_record", "child_ended", "fire_rung"})


def carry_out(run: Run, command: Command) -> None:
    """Do *command*. Raises :class:`RouteRefused` when it does not fit; nothing of the run may be used then."""
    work = _WORK.get(command.kind)
    if work is None:
        raise RouteRefused("routing.not_a_step" if command.kind in COMMANDS else "routing.unknown_command", command=command.kind)
    if run.marking.status in ENDS and command.kind not in _AFTER_THE_END:
        raise RouteRefused("routing.ended", status=word(f"routing.status.{run.marking.status}"))
    work(run, command)


def _act(run: Run, command: Command) -> None:
    """A button of an open task, whatever kind of task it is."""
    task = reviewing.open_one(run, command)
    work = _BUTTONS.get(task.kind)
    if work is None:
        raise RouteRefused("routing.automatic", title=task.title)
    work(run, task, command)


def _intake(run: Run, task: OpenTask, command: Command) -> None:  # noqa: ARG001
    if command.action not in INTAKE_ACTIONS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    _WORK[command.action](run, command)


def _check(run: Run, task: OpenTask, command: Command) -> None:
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    receiving.check(run, task, command)


def _correction(run: Run, task: OpenTask, command: Command) -> None:  # noqa: ARG001
    filing.correct(run, command)


def _withdraw(run: Run, command: Command) -> None:
    refuse(withdrawing(run.spec, run.marking, None, run.facts, run.actor))
    finish(run, "case_withdrawn", "withdrawn", by=run.actor, reason_given=bool(command.reason))
    run.documents.append("withdrawal")


def _terminate(run: Run, command: Command) -> None:
    refuse(terminating(run.spec, run.marking, None, run.facts, run.actor))
    needs(("reason",), command)
    finish(run, "case_terminated", "terminated", by=run.actor)
    run.documents.append("termination")


def _deliver(run: Run, command: Command) -> None:
    task = next((t for t in run.marking.tasks if t.kind == "delivery"), None)
    if task is None:
        raise RouteRefused("routing.not_decided")
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    way = command.data.get("way") or run.spec.delivery.ways[0]
    if way not in run.spec.delivery.ways:
        raise RouteRefused("routing.no_such_way", way=way)
    if not documents_ready(run.facts):
        raise RouteRefused("routing.documents_wait")
    run.close_task(task, "deliver", by=run.actor)
    run.clock("stop", "delivery")
    run.emit("delivered", way=way)
    run.emit("case_closed")


def documents_ready(facts: Mapping[str, Any]) -> bool:
    """Whether the caller says that every document of the decision is made (``facts["documents"]["ready"]``)."""
    documents = facts.get("documents")
    return isinstance(documents, Mapping) and documents.get("ready") is True


_BUTTONS: Mapping[str, Callable[[Run, OpenTask, Command], None]] = {
    "relay": relaying.act_on_relay,
    "pre_review": lambda run, task, command: receiving.pre_review(run, command),  # noqa: ARG005
    "intake": _intake,
    "check": _check,
    "correction": _correction,
    "step": reviewing.step,
    "sign": lambda run, task, command: reviewing.sign(run, command),  # noqa: ARG005
    "inquiry": lambda run, task, command: handling.answer(run, command),  # noqa: ARG005
    "extension": handling.decide_extension,
    "delivery": lambda run, task, command: _deliver(run, command),  # noqa: ARG005
}
_WORK: Mapping[str, Callable[[Run, Command], None]] = {
    "pre_review": receiving.pre_review,
    "accept": receiving.accept,
    "deem_accepted": receiving.deem_accepted,
    "decline": receiving.decline,
    "request_correction": receiving.request_correction,
    "correct": filing.correct,
    "lapse": receiving.lapse,
    "act": _act,
    "sign": reviewing.sign,
    "add_signer": reviewing.add_signer,
    "claim": handling.claim,
    "release": handling.release,
    "transfer": handling.transfer,
    "delegate": handling.delegate,
    "return_delegate": handling.return_delegate,
    "ask": handling.ask,
    "answer": handling.answer,
    "urge": handling.urge,
    "extend": handling.extend,
    "take_back": handling.take_back,
    "overdue": reviewing.overdue,
    "fire_rung": reviewing.fire_rung,
    "open_pause": reviewing.open_pause,
    "close_pause": reviewing.close_pause,
    "hook_done": reviewing.hook_done,
    "hook_failed": reviewing.hook_failed,
    "child_ended": reviewing.child_ended,
    "withdraw": _withdraw,
    "terminate": _terminate,
    "deliver": _deliver,
    "correct_record": reviewing.correct_record,
}
