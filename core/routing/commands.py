"""The commands the engine carries out, each a function that writes events through a :class:`~core.routing.run.Run`."""

from collections.abc import Callable, Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.errors import NeedMissing, RouteRefused
from core.routing.facts import facts_at, holds, known_limit
from core.routing.marking import COMMANDS, Command, Marking, OpenTask
from core.routing.run import Run
from core.routing.spec import APPLICANT, Exit, Holders, Node

#: The buttons of tasks that no administrator draws, in the order they are shown.
INTAKE_ACTIONS = ("accept", "request_correction", "decline")
CHECK_ACTIONS = ("complete", "missing")
SIGN_ACTIONS = ("agree", "refuse")


def carry_out(run: Run, command: Command) -> None:
    """Do *command*. Raises :class:`RouteRefused` when it does not fit; nothing of the run may be used then."""
    if command.kind not in COMMANDS:
        raise RouteRefused("routing.unknown_command", command=command.kind)
    work = _WORK.get(command.kind)
    if work is None:
        raise RouteRefused("routing.not_yet", what=command.kind)
    if run.marking.ended:
        raise RouteRefused("routing.ended", status=word(f"routing.status.{run.marking.status}"))
    work(run, command)


# intake -------------------------------------------------------------------------------------------------------------


def open_intake(run: Run, *, missed: frozenset[str] = frozenset()) -> None:
    """Open the intake task and one task for every department that checks its own papers.

    After a correction only the departments that *missed* something check again, and those whose condition only now holds.
    """
    intake = run.spec.intake
    seen = {path for path in run.marking.visits if path.startswith("intake.check.")}
    limit = known_limit(intake.limit, run.facts, word("routing.title.intake"))
    title = word("routing.title.intake")
    run.open_task("intake", "intake", title, intake.holders, limit, "intake", visit=run.marking.corrections + 1)
    for check in intake.checks.values():
        truth = holds(check.when, run.facts)
        if truth is None:
            assert check.when is not None
            raise NeedMissing("routing.need.value", paths="、".join(sorted(check.when.paths)), title=word("routing.title.check"))
        if truth and (check.path not in seen or check.department in missed):
            run.emit("node_entered", node=check.path, visit=run.marking.visits.get(check.path, 0) + 1)
            limit = known_limit(check.limit, run.facts, word("routing.title.check"))
            run.open_task(check.path, "check", word("routing.title.check"), check.holders, limit, "intake", visit=run.marking.visits[check.path])


def _intake_task(run: Run, command: Command) -> OpenTask:
    task = _task(run, command) if command.task is not None else next((t for t in run.marking.tasks if t.kind == "intake"), None)
    if run.marking.status != "submitted" or task is None or task.kind != "intake":
        raise RouteRefused("routing.not_in_intake", status=word(f"routing.status.{run.marking.status}"))
    return task


def _checks_open(marking: Marking) -> bool:
    return any(t.kind == "check" for t in marking.tasks)


def why_not_intake(marking: Marking, action: str) -> str | None:
    """The key of why *action* is closed at intake, or ``None``."""
    if action in ("accept", "request_correction") and _checks_open(marking):
        return "routing.checks_open"  # what every department misses goes out as one notice (行政许可法 32(4): 一次告知)
    if action == "accept" and marking.misses:
        return "routing.papers_missing"
    if action == "request_correction" and marking.corrections:
        return "routing.corrected_once"
    return None


def _guard_intake(run: Run, action: str) -> None:
    key = why_not_intake(run.marking, action)
    if key is not None:
        raise RouteRefused(key)


def _accept(run: Run, command: Command) -> None:
    task = _intake_task(run, command)
    four_eyes(run, task)
    _guard_intake(run, "accept")
    _begin_review(run, task, deemed=False)


def _deem_accepted(run: Run, command: Command) -> None:
    """Silence beyond the limit is acceptance, from the day of receipt (行政许可法 32(4))."""
    task = _intake_task(run, command)
    if run.marking.corrections:
        raise RouteRefused("routing.corrected_once")
    _begin_review(run, task, deemed=True)


def _begin_review(run: Run, task: OpenTask, *, deemed: bool) -> None:
    run.close_task(task, "deem_accepted" if deemed else "accept", by=None if deemed else run.actor)
    run.close_all("not_needed")
    run.emit("case_accepted", deemed=deemed)
    run.clock("stop", "intake")
    limit = known_limit(run.spec.main_limit, run.facts, word("routing.title.main"))
    run.clock("start", "main", limit, as_of="receipt" if deemed else "now")
    run.documents.append("acceptance")
    review = run.spec.review
    run.enter(review.nodes[review.start])


def _decline(run: Run, command: Command) -> None:
    """不予受理. While a correction is awaited it is also the way out when nobody answers and no rule lets the case lapse."""
    if run.marking.status != "correction_requested":
        task = _intake_task(run, command)
        four_eyes(run, task)
        _needs(Exit(needs=("reason",)), command)
        run.close_task(task, "decline", by=run.actor)
    _needs(Exit(needs=("reason",)), command)
    _finish(run, "case_declined", "declined")
    run.documents.append("declining")


def _request_correction(run: Run, command: Command) -> None:
    task = _intake_task(run, command)
    four_eyes(run, task)
    _guard_intake(run, "request_correction")
    correction = run.spec.intake.correction_limit
    if correction is None:
        raise RouteRefused("routing.no_correction")
    fields = _ids(command, "fields")
    materials = _ids(command, "materials")
    for found in run.marking.misses.values():
        fields += [f for f in found["fields"] if f not in fields]
        materials += [m for m in found["materials"] if m not in materials]
    if not fields and not materials:
        raise NeedMissing("routing.need.correction")
    run.close_task(task, "request_correction", by=run.actor)
    run.emit("correction_requested", fields=fields, materials=materials, departments=sorted(run.marking.misses))
    run.clock("pause", "intake", pause="correction")
    limit = known_limit(correction, run.facts, word("routing.title.correction"))
    run.clock("start", "correction", limit)
    run.open_task("intake.correction", "correction", word("routing.title.correction"), APPLICANT, limit, "intake")
    run.documents.append("correction")


def _correct(run: Run, command: Command) -> None:  # noqa: ARG001 – the answers themselves are the caller's
    task = _correction_task(run)
    missed = frozenset(run.marking.misses)
    run.close_task(task, "correct")
    run.emit("corrected")
    run.clock("stop", "correction")
    run.clock("resume", "intake", pause="correction")
    open_intake(run, missed=missed)


def _lapse(run: Run, command: Command) -> None:  # noqa: ARG001
    _correction_task(run)
    if run.spec.intake.lapse_basis is None:
        raise RouteRefused("routing.no_lapse")
    _finish(run, "case_lapsed", "lapsed", basis=run.spec.intake.lapse_basis)


def _correction_task(run: Run) -> OpenTask:
    task = next((t for t in run.marking.tasks if t.kind == "correction"), None)
    if task is None:
        raise RouteRefused("routing.no_correction_open")
    return task


def _check(run: Run, task: OpenTask, command: Command) -> None:
    department = task.node.rpartition(".")[2]
    if command.action not in CHECK_ACTIONS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    fields, materials = _ids(command, "fields"), _ids(command, "materials")
    if command.action == "missing" and not fields and not materials:
        raise NeedMissing("routing.need.correction")
    run.close_task(task, command.action, by=run.actor)
    run.emit("check_ended", department=department, result=command.action, fields=fields, materials=materials)


# tasks --------------------------------------------------------------------------------------------------------------


def _task(run: Run, command: Command) -> OpenTask:
    task = run.marking.task(command.task)
    if task is None:
        raise RouteRefused("routing.task_closed", task=command.task)
    return task


def excluded(marking: Marking, task: OpenTask) -> frozenset[str]:
    """Actors who may not act on *task* because they acted where its ``not`` points (four eyes)."""
    return frozenset(who for path in task.holders.exclude for who in marking.acted.get(path, ()))


def four_eyes(run: Run, task: OpenTask) -> None:
    """Refuse an actor who already acted where the task's ``not`` points."""
    if run.actor is not None and run.actor in excluded(run.marking, task):
        raise RouteRefused("routing.four_eyes")


def _needs(exit_: Exit, command: Command) -> None:
    for need in exit_.needs:
        given = command.reason.strip() if need == "reason" and command.reason else None if need == "reason" else command.data.get(need)
        if not given:
            raise NeedMissing(f"routing.need.{need}")


def _ids(command: Command, part: str) -> list[str]:
    raw = command.data.get(part, ())
    if not isinstance(raw, (list, tuple)) or len(raw) > 1000 or not all(isinstance(i, str) and 0 < len(i) <= 200 for i in raw):
        raise RouteRefused("routing.bad_data", part=part)
    return list(dict.fromkeys(raw))


def _act(run: Run, command: Command) -> None:
    task = _task(run, command)
    if task.kind == "intake":
        if command.action not in INTAKE_ACTIONS:
            raise RouteRefused("routing.unknown_action", action=command.action)
        _WORK[command.action](run, command)
    elif task.kind == "check":
        four_eyes(run, task)
        _check(run, task, command)
    elif task.kind == "correction":
        _correct(run, command)
    elif task.kind == "delivery":
        _deliver(run, command)
    elif task.kind == "sign":
        _sign(run, command)
    elif task.kind == "step":
        _step(run, task, command)
    else:
        raise RouteRefused("routing.automatic", title=task.title)


def _step(run: Run, task: OpenTask, command: Command) -> None:
    node = run.spec.nodes[task.node]
    action = node.actions.get(command.action or "")
    if action is None:
        raise RouteRefused("routing.unknown_action", action=command.action)
    four_eyes(run, task)
    if any(task.no in waiting for waiting in run.marking.pauses.values()):
        raise RouteRefused("routing.paused", title=node.title)
    truth = holds(action.when, facts_at(run.spec, run.marking, node.scope, run.facts))
    if truth is not True:
        raise RouteRefused("routing.closed_by_rule" if truth is False else "routing.closed_unknown", title=action.title)
    if action.exit.back is not None and run.backs_left(node, action.id, action.exit) <= 0:
        raise RouteRefused("routing.no_more_backs", title=action.title, max=action.exit.max)
    _needs(action.exit, command)
    run.close_task(task, action.id, by=run.actor, guard=None if action.when is None else True)
    run.leave(node, action.id)


def _sign(run: Run, command: Command) -> None:
    task = _task(run, command)
    if task.kind != "sign" or command.action not in SIGN_ACTIONS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    node = run.spec.nodes[task.node]
    four_eyes(run, task)
    if run.actor is not None and any(run.actor in g.signers for g in run.marking.signs[node.path]):
        raise RouteRefused("routing.signed_already")
    if command.action == "refuse":
        _needs(Exit(needs=tuple({*node.exits["refuse"].needs, "reason"})), command)
    run.sign(node, task, command.action)


def _add_signer(run: Run, command: Command) -> None:
    task = _task(run, command)
    node = run.spec.nodes.get(task.node)
    if task.kind != "sign" or node is None or not node.may_add or node.in_order:
        raise RouteRefused("routing.may_not_add")
    if len(run.marking.signs[node.path]) >= 50:
        raise RouteRefused("routing.may_not_add")
    raw = command.data.get("holders")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("role"), str) or not isinstance(raw.get("org"), (str, Mapping)):
        raise RouteRefused("routing.bad_data", part="holders")
    run.add_signer(node, Holders(raw["role"], raw["org"], task.holders.exclude), task.visit)


def _claim(run: Run, command: Command) -> None:
    task = _task(run, command)
    four_eyes(run, task)
    if run.actor is None or task.holder is not None:
        raise RouteRefused("routing.claimed")
    run.emit("task_claimed", no=task.no, by=run.actor)


def _release(run: Run, command: Command) -> None:
    task = _task(run, command)
    if task.holder is None or (run.actor is not None and task.holder != run.actor):
        raise RouteRefused("routing.not_claimed")
    run.emit("task_released", no=task.no)


def _overdue(run: Run, command: Command) -> None:
    task = _task(run, command)
    node = run.spec.nodes.get(task.node)
    rule = node.overdue if node is not None else None
    if rule is None or task.escalated:
        raise RouteRefused("routing.no_overdue", title=task.title)
    if rule.outcome is not None:
        raise RouteRefused("routing.not_yet", what=word("routing.word.overdue_outcome"))
    run.emit("task_escalated", no=task.no, to=rule.escalate)


# pauses, hooks, ends ------------------------------------------------------------------------------------------------


def _pause_key(node: Node, pause: str, run: Run) -> str:
    return pause if run.spec.pauses[pause].shared else f"{pause}@{node.path}"


def _open_pause(run: Run, command: Command) -> None:
    task = _task(run, command)
    node = run.spec.nodes.get(task.node)
    pause = command.action or ""
    if node is None or pause not in node.pauses or pause not in run.spec.pauses:
        raise RouteRefused("routing.no_such_pause", pause=pause)
    four_eyes(run, task)
    key = _pause_key(node, pause, run)
    if any(task.no in waiting for waiting in run.marking.pauses.values()):
        raise RouteRefused("routing.paused", title=node.title)
    declared = run.spec.pauses[pause]
    run.open_pause(key, pause, task, known_limit(declared.max, run.facts, declared.title))
    if declared.notice:
        run.documents.append(declared.notice)


def _close_pause(run: Run, command: Command) -> None:
    task = _task(run, command)
    key = next((key for key, waiting in run.marking.pauses.items() if task.no in waiting), None)
    if key is None or (command.action and key.partition("@")[0] != command.action):
        raise RouteRefused("routing.not_paused", title=task.title)
    run.close_pause(key, task)


def _hook(run: Run, command: Command, name: str) -> None:
    task = _task(run, command)
    if task.kind != "auto":
        raise RouteRefused("routing.not_automatic", title=task.title)
    reference = command.data.get("result_ref")
    run.emit("hook_done" if name == "done" else "hook_failed", no=task.no, node=task.node, visit=task.visit, result_ref=reference)
    run.close_task(task, name)
    run.leave(run.spec.nodes[task.node], name)


def _withdraw(run: Run, command: Command) -> None:
    rule: Mapping[str, Any] = run.spec.anytime.get("withdraw", {"until": "decision"})
    late = run.marking.phase not in (("intake",) if rule.get("until") == "acceptance" else ("intake", "review"))
    if late:
        raise RouteRefused("routing.too_late_to_withdraw")
    _finish(run, "case_withdrawn", "withdrawn", by=run.actor, reason_given=bool(command.reason))
    run.documents.append("withdrawal")


def _terminate(run: Run, command: Command) -> None:
    if run.marking.phase not in ("intake", "review"):
        raise RouteRefused("routing.decided_already")
    _needs(Exit(needs=("reason",)), command)
    _finish(run, "case_terminated", "terminated", by=run.actor)
    run.documents.append("termination")


def _finish(run: Run, event: str, why: str, **body: Any) -> None:
    """Close everything and end the case."""
    clock = {"submitted": "intake", "correction_requested": "correction"}.get(run.marking.status, "main")
    run.close_all(why)
    run.clock("stop", clock)
    if clock == "correction":
        run.clock("stop", "intake")
    run.emit(event, **body)


def _deliver(run: Run, command: Command) -> None:
    task = next((t for t in run.marking.tasks if t.kind == "delivery"), None)
    if task is None:
        raise RouteRefused("routing.not_decided")
    four_eyes(run, task)
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


_WORK: Mapping[str, Callable[[Run, Command], None]] = {
    "accept": _accept,
    "deem_accepted": _deem_accepted,
    "decline": _decline,
    "request_correction": _request_correction,
    "correct": _correct,
    "lapse": _lapse,
    "act": _act,
    "sign": _sign,
    "add_signer": _add_signer,
    "claim": _claim,
    "release": _release,
    "overdue": _overdue,
    "open_pause": _open_pause,
    "close_pause": _close_pause,
    "hook_done": lambda run, command: _hook(run, command, "done"),
    "hook_failed": lambda run, command: _hook(run, command, "by_hand"),
    "withdraw": _withdraw,
    "terminate": _terminate,
    "deliver": _deliver,
}
