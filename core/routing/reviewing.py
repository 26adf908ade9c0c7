"""Review: buttons of steps, signatures, special procedures, automatic nodes, sub-cases, and what silence means."""

from collections.abc import Mapping

from core.routing.asking import needs, one_id
from core.routing.errors import RouteRefused
from core.routing.facts import facts_at, holds, known_limit
from core.routing.guards import acting, is_paused, pausing, refuse, signing_more
from core.routing.marking import Command, OpenTask
from core.routing.run import Run
from core.routing.spec import Holders, Node

SIGN_ACTIONS = ("agree", "refuse")
CHILD_ENDS = ("granted", "refused", "cancelled")


def open_one(run: Run, command: Command) -> OpenTask:
    """The open task that *command* names."""
    task = run.marking.task(command.task)
    if task is None:
        raise RouteRefused("routing.task_closed", task=command.task)
    return task


def step(run: Run, task: OpenTask, command: Command) -> None:
    """A button of a step; its condition is checked here again."""
    node = run.spec.nodes[task.node]
    action = node.actions.get(command.action or "")
    if action is None:
        raise RouteRefused("routing.unknown_action", action=command.action)
    if task.lent or task.holders.exclude:
        refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    if run.marking.pauses and is_paused(run.marking, task):
        raise RouteRefused("routing.paused", title=node.title)
    if action.when is not None:
        truth = holds(action.when, facts_at(run.spec, run.marking, node.scope, run.facts))
        if truth is not True:
            raise RouteRefused("routing.closed_by_rule" if truth is False else "routing.closed_unknown", title=action.title)
    exit_ = action.exit
    if exit_.back is not None and run.backs_left(node, action.id, exit_) <= 0:
        raise RouteRefused("routing.no_more_backs", title=action.title, max=exit_.max)
    if exit_.needs:
        needs(exit_.needs, command)
    run.close_task(task, action.id, by=run.actor, guard=None if action.when is None else True)
    run.leave(node, action.id)


def sign(run: Run, command: Command) -> None:
    """One signature."""
    task = open_one(run, command)
    if task.kind != "sign" or command.action not in SIGN_ACTIONS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    node = run.spec.nodes[task.node]
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    if run.actor is not None and any(run.actor in g.signers for g in run.marking.signs[node.path]):
        raise RouteRefused("routing.signed_already")
    if command.action == "refuse":
        needs({*node.exits["refuse"].needs, "reason"}, command)
    run.sign(node, task, command.action)


def add_signer(run: Run, command: Command) -> None:
    """加签: ``data["holders"]`` is a role and an organisation relation."""
    task = open_one(run, command)
    refuse(signing_more(run.spec, run.marking, task, run.facts, run.actor))
    raw = command.data.get("holders")
    if not isinstance(raw, Mapping) or not isinstance(raw.get("role"), str) or not isinstance(raw.get("org"), (str, Mapping)):
        raise RouteRefused("routing.bad_data", part="holders")
    run.add_signer(run.spec.nodes[task.node], Holders(raw["role"], raw["org"], task.holders.exclude), task.visit)


# special procedures -------------------------------------------------------------------------------------------------


def open_pause(run: Run, command: Command) -> None:
    """Begin the declared procedure ``action``; a shared one is joined when it already runs (一次集中踏勘)."""
    task = open_one(run, command)
    node, pause = run.spec.nodes.get(task.node), command.action or ""
    if node is None or pause not in node.pauses or pause not in run.spec.pauses:
        raise RouteRefused("routing.no_such_pause", pause=pause)
    refuse(pausing(run.spec, run.marking, task, run.facts, run.actor))
    declared = run.spec.pauses[pause]
    run.open_pause(_pause_key(run, node, pause), pause, task, known_limit(declared.max, run.facts, declared.title))
    if declared.notice:
        run.documents.append(declared.notice)


def _pause_key(run: Run, node: Node, pause: str) -> str:
    return pause if run.spec.pauses[pause].shared else f"{pause}@{node.path}"


def close_pause(run: Run, command: Command) -> None:
    """End the procedure for this task."""
    task = open_one(run, command)
    key = next((key for key, waiting in run.marking.pauses.items() if task.no in waiting), None)
    if key is None or (command.action and key.partition("@")[0] != command.action):
        raise RouteRefused("routing.not_paused", title=task.title)
    run.close_pause(key, task)


# automatic nodes and other items ------------------------------------------------------------------------------------


def hook_done(run: Run, command: Command) -> None:
    """The plugin answered; ``data["result_ref"]`` is where its answer is kept."""
    _hook(run, command, "done")


def hook_failed(run: Run, command: Command) -> None:
    """The plugin failed for good: a person takes over."""
    _hook(run, command, "by_hand")


def _hook(run: Run, command: Command, name: str) -> None:
    task = open_one(run, command)
    if task.kind != "auto":
        raise RouteRefused("routing.not_automatic", title=task.title)
    reference = command.data.get("result_ref")
    run.emit("hook_done" if name == "done" else "hook_failed", no=task.no, node=task.node, visit=task.visit, result_ref=reference)
    run.close_task(task, name)
    run.leave(run.spec.nodes[task.node], name)


def child_ended(run: Run, command: Command) -> None:
    """A sub-case ended: ``action`` is ``granted``, ``refused`` or ``cancelled``, ``data`` holds ``node``, ``visit`` and ``child`` (the case's id).

    Moves the case when it waits for this very child; otherwise the end is only noted.
    """
    node, visit = command.data.get("node"), command.data.get("visit")
    if run.marking.children.get(f"{node}#{visit}") != "open":
        raise RouteRefused("routing.no_such_child")
    if command.action not in CHILD_ENDS:
        raise RouteRefused("routing.unknown_action", action=command.action)
    run.emit("child_ended", node=node, visit=visit, child=command.data.get("child"), result=command.action)
    task = next((t for t in run.marking.tasks if t.kind == "child" and (t.node, t.visit) == (node, visit)), None)
    if task is not None:
        run.close_task(task, command.action)
        run.leave(run.spec.nodes[task.node], command.action)


# silence ------------------------------------------------------------------------------------------------------------


def overdue(run: Run, command: Command) -> None:
    """A step is late by more than its route allows: call the parent organisation, or take silence for the answer that a rule names."""
    task = open_one(run, command)
    node = run.spec.nodes.get(task.node)
    rule = node.overdue if node is not None else None
    if node is None or rule is None or task.escalated:
        raise RouteRefused("routing.no_overdue", title=task.title)
    if is_paused(run.marking, task):
        raise RouteRefused("routing.paused", title=node.title)
    if rule.outcome is None:
        run.emit("task_escalated", no=task.no, to=rule.escalate)
        return
    if not rule.basis or not rule.basis.strip():
        raise RouteRefused("routing.no_overdue_basis", title=task.title)
    run.emit("task_overdue", no=task.no, node=node.path, outcome=rule.outcome, basis=rule.basis, light=rule.light)
    run.close_task(task, "overdue")
    run.emit("node_left", node=node.path, outcome=rule.outcome)
    run.end_scope(run.spec.scopes[node.scope], rule.outcome)


def fire_rung(run: Run, command: Command) -> None:
    """A light changed, or the case is to be reported: ``data`` holds ``clock``, ``rung`` and ``epoch``. Nothing moves; it is on the record."""
    clock, rung, epoch = command.data.get("clock"), command.data.get("rung"), command.data.get("epoch")
    if not isinstance(clock, str) or not isinstance(rung, str) or not 0 < len(clock) <= 200 or not 0 < len(rung) <= 40:
        raise RouteRefused("routing.bad_data", part="rung")
    name, _, no = clock.partition(":")
    if name == "task" and (not no.isdigit() or run.marking.task(int(no)) is None):
        raise RouteRefused("routing.task_closed", task=no)
    run.emit("rung_fired", clock=clock, rung=rung, epoch=epoch)


def correct_record(run: Run, command: Command) -> None:
    """A fact was written down wrongly: noted beside it with reason and approver (``data["event"]``, ``data["approved_by"]``), never altered."""
    needs(("reason", "approved_by"), command)
    seq = command.data.get("event")
    if not isinstance(seq, int) or seq < 1:
        raise RouteRefused("routing.bad_data", part="event")
    run.emit("record_corrected", event=seq, by=run.actor, approved_by=one_id(command, "approved_by"))
