"""What is done around a task, at any time: take it, hand it on, lend it, ask the applicant, urge, extend, take an act back."""

from collections.abc import Sequence
from typing import Any

from core.kernel.shapes import mapping
from core.kernel.wording import word
from core.routing.asking import needs, one_id
from core.routing.errors import RouteRefused
from core.routing.evolve import fold
from core.routing.facts import known_limit
from core.routing.guards import (
    URGE_EVERY,
    acting,
    asking,
    asking_extension,
    delegating,
    excluded,
    extending,
    extension,
    is_paused,
    refuse,
    returning,
    transferring,
    urging,
)
from core.routing.marking import Command, Marking, OpenTask, RouteEvent
from core.routing.reviewing import open_one
from core.routing.run import Run
from core.routing.spec import APPLICANT

#: The node of the head's task; no route draws it.
EXTENSION = "extension"
#: Facts that one act may bring about; a command of somebody else begins with another one, or with a task closed by a person.
_CASCADE = frozenset(
    [
        "task_closed",
        "node_left",
        "node_entered",
        "back_taken",
        "task_opened",
        "block_entered",
        "branch_ended",
        "branch_stopped",
        "block_left",
        "sign_opened",
        "hook_called",
        "child_opened",
        "decided",
    ]
)
#: What an act must not have caused if it is to be taken back: others have heard of it.
_SPOKEN = frozenset({"hook_called", "child_opened", "decided", "branch_stopped"})
#: Parts of the marking that an act changes beside the tasks.
_PARTS = ("outcomes", "visits", "backs", "acted", "blocks", "signs")


def claim(run: Run, command: Command) -> None:
    """签收."""
    task = open_one(run, command)
    if run.actor is None or task.holder is not None:
        raise RouteRefused("routing.claimed")
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    run.emit("task_claimed", no=task.no, by=run.actor)


def release(run: Run, command: Command) -> None:
    """Back into the queue; what was lent is given back instead."""
    task = open_one(run, command)
    if task.holder is None or task.lent or (run.actor is not None and task.holder != run.actor):
        raise RouteRefused("routing.not_claimed")
    run.emit("task_released", no=task.no)


def transfer(run: Run, command: Command) -> None:
    """转办: ``data["to"]`` is the staff id that holds it from now on; ``data["role"]`` another role of the same organisation (``within: org``).

    That the person holds such a post is for the caller to see.
    """
    task = open_one(run, command)
    refuse(transferring(run.spec, run.marking, task, run.facts, run.actor))
    to, role = one_id(command, "to"), command.data.get("role")
    if role is not None:
        role = one_id(command, "role")
        if role != task.holders.role and run.spec.anytime["transfer"]["within"] != "org":
            raise RouteRefused("routing.transfer_too_far")
    _other_person(run, task, to)
    needs(("reason",), command)
    run.emit("task_transferred", no=task.no, to=to, role=role if role != task.holders.role else None, by=run.actor)


def _other_person(run: Run, task: OpenTask, to: str) -> None:
    if to in (task.holder, run.actor):
        raise RouteRefused("routing.same_person")
    if to in excluded(run.marking, task):
        raise RouteRefused("routing.four_eyes")


def delegate(run: Run, command: Command) -> None:
    """委派: ``data["to"]`` gives an opinion and returns the task; no longer chain than three, nobody twice."""
    task = open_one(run, command)
    refuse(delegating(run.spec, run.marking, task, run.facts, run.actor))
    to = one_id(command, "to")
    lender = run.actor or task.holder
    if lender is None:
        raise RouteRefused("routing.not_claimed")
    if to in task.lent or to == lender:
        raise RouteRefused("routing.same_person")
    _other_person(run, task, to)
    run.emit("task_delegated", no=task.no, to=to, by=lender)


def return_delegate(run: Run, command: Command) -> None:
    """The delegate's opinion (``reason``) goes back to the one who delegated, who acts; that one may also call the task back."""
    task = open_one(run, command)
    refuse(returning(run.spec, run.marking, task, run.facts, run.actor))
    recalled = run.actor is not None and run.actor == task.lent[-1]
    if not recalled:
        needs(("reason",), command)
    run.emit("delegate_returned", no=task.no, to=task.lent[-1], by=task.holder, opinion=not recalled)


def ask(run: Run, command: Command) -> None:
    """An inquiry to the applicant; the words go beside it (``reason``). It stops no clock (ROUTING §4.1)."""
    task = open_one(run, command)
    refuse(asking(run.spec, run.marking, task, run.facts, run.actor))
    needs(("reason",), command)
    limit = run.spec.ask_limit
    title = word("routing.title.inquiry")
    opened = run.open_task(f"{task.node}.inquiry", "inquiry", title, APPLICANT, known_limit(limit, run.facts, title), task.scope, about=task.no)
    run.emit("inquiry_opened", no=opened.no, about=task.no, by=run.actor)


def answer(run: Run, command: Command) -> None:
    """The applicant answers an inquiry."""
    task = open_one(run, command)
    if task.kind != "inquiry":
        raise RouteRefused("routing.no_inquiry")
    run.emit("inquiry_answered", no=task.no, about=task.about)
    run.close_task(task, "answer")


def urge(run: Run, command: Command) -> None:
    """催办."""
    task = run.marking.task(command.task)
    refuse(urging(run.spec, run.marking, task, run.facts, run.actor))
    every = run.spec.anytime.get("urge", {}).get("every", URGE_EVERY)
    run.emit("urged", n=run.marking.urged + 1, by=run.actor, every=every)


def extend(run: Run, command: Command) -> None:
    """Lengthen the main limit with the approval of the head (行政许可法 42: +10 days, +15 where departments act together); the applicant is told why.

    ``action`` ``ask``: whoever holds the step asks for it, which opens a task for that head; approving closes it.
    """
    if command.action == "ask":
        _ask_extension(run, command)
        return
    refuse(extending(run.spec, run.marking, None, run.facts, run.actor))
    needs(("reason",), command)
    rule = extension(run.spec, run.marking)
    assert rule is not None
    limit = known_limit(rule.adds, run.facts, word("routing.title.main"))
    assert limit is not None
    joint = run.spec.extend is not None and rule is run.spec.extend.joint  # by whom: the head of the government, or of the agency
    run.emit("limit_extended", clock="main", limit=limit.to_json(), basis=rule.basis, n=run.marking.extended + 1, joint=joint, by=run.actor)
    run.clock("extend", "main", limit)
    run.documents.append("extension")
    for task in [t for t in run.marking.tasks if t.kind == "extension"]:
        run.close_task(task, "approve", by=run.actor)


def _ask_extension(run: Run, command: Command) -> None:
    task = open_one(run, command)
    refuse(asking_extension(run.spec, run.marking, task, run.facts, run.actor))
    needs(("reason",), command)
    rule = extension(run.spec, run.marking)
    assert rule is not None
    opened = run.open_task(EXTENSION, "extension", word("routing.title.extension"), run.held(rule.by, task.scope), None, run.spec.review.path)
    run.emit("extension_asked", no=opened.no, about=task.no, by=run.actor)


def decide_extension(run: Run, task: OpenTask, command: Command) -> None:
    """The head's answer to who asked: ``approve`` is the extension itself, ``refuse`` leaves the limit as it is; both with a reason."""
    refuse(acting(run.spec, run.marking, task, run.facts, run.actor))
    if command.action == "approve":
        extend(run, command._replace(action=None))
    elif command.action == "refuse":
        needs(("reason",), command)
        run.emit("extension_refused", no=task.no, by=run.actor)
        run.close_task(task, "refuse", by=run.actor)
    else:
        raise RouteRefused("routing.unknown_action", action=command.action)


# taking back --------------------------------------------------------------------------------------------------------


def take_back(run: Run, command: Command) -> None:
    """撤回: the last act on a step is undone while nobody touched what it opened. ``task`` is the number of the closed task.

    The run's ``history`` (all events of the case so far) says what the act changed; the event ``taken_back`` puts exactly that back, erasing nothing,
    and the step is opened anew under a new number.
    """
    begin, end = _act_of(run, command.task)
    before, after = _standing(run, begin), _standing(run, end)
    task = before.task(command.task)
    if task is None or task.kind != "step" or _spoken(run, run.history[begin:end], task):
        raise RouteRefused("routing.not_taken_back")
    known = {t.no for t in before.tasks}
    opened = [t for t in after.tasks if t.no not in known]
    for made in opened:
        if run.marking.task(made.no) != made or is_paused(run.marking, made) or any(t.about == made.no for t in run.marking.tasks):
            raise RouteRefused("routing.touched_already")
    restore = _restoring(before, after, run)
    for made in opened:
        run.close_task(made, "taken_back")
    run.emit("taken_back", no=task.no, node=task.node, by=run.actor, restore=restore)
    run.open_task(task.node, "step", task.title, task.holders, task.limit, task.scope, visit=task.visit, holder=run.actor)


def _standing(run: Run, end: int) -> Marking:
    return fold(run.spec, run.history[:end])


def _act_of(run: Run, no: int | None) -> tuple[int, int]:
    """Where in the history the act that closed task *no* begins and ends."""
    if run.actor is None or _standing(run, len(run.history)) != run.marking.freeze():
        raise RouteRefused("routing.no_history")
    begin = next((i for i, e in enumerate(run.history) if e.kind == "task_closed" and e.body["no"] == no), None)
    if begin is None or run.history[begin].body.get("by") != run.actor:
        raise RouteRefused("routing.not_your_act")
    end = begin + 1
    while end < len(run.history):
        event = run.history[end]
        if event.kind not in _CASCADE or (event.kind == "task_closed" and event.body.get("by") is not None):
            break
        end += 1
    return begin, end


def _spoken(run: Run, events: Sequence[RouteEvent], task: OpenTask) -> bool:
    """Whether somebody outside heard of the act: a plugin, another item, the applicant by a document or a decision, another department."""
    node = run.spec.nodes.get(task.node)
    exit_ = node.exits.get(str(events[0].body["action"])) if node is not None else None
    return exit_ is None or exit_.document is not None or any(e.kind in _SPOKEN for e in events)


def _restoring(before: Marking, after: Marking, run: Run) -> dict[str, Any]:
    """What the act changed, as the event keeps it: old values and keys that were not there. Refuses when it was changed again since."""
    old, new, now = before.to_json(), after.to_json(), run.marking.freeze().to_json()
    restore: dict[str, Any] = {}
    for part in _PARTS:
        then, later, current = mapping(old[part]), mapping(new[part]), mapping(now[part])
        changed = {key for key in {*then, *later} if then.get(key) != later.get(key)}
        if any(current.get(key) != later.get(key) for key in changed):
            raise RouteRefused("routing.touched_already")
        if changed:
            restore[part] = {"set": {k: then[k] for k in sorted(changed) if k in then}, "drop": sorted(k for k in changed if k not in then)}
    return restore
