"""One event changes one marking. Rebuilding a case is ``reduce(evolve)`` over its events; nothing is decided here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import reduce
from typing import Any, TypeVar

from core.routing.errors import RouteRefused
from core.routing.marking import Block, Marking, OpenTask, RouteEvent, Signing
from core.routing.spec import RouteSpec

Body = Mapping[str, Any]
Value = TypeVar("Value")


def evolve(spec: RouteSpec, marking: Marking, event: RouteEvent) -> Marking:  # noqa: ARG001 – the pinned definition, for format versions to come
    """*marking* after *event*. Raises :class:`RouteRefused` for an event of another format."""
    change = _CHANGES.get(event.kind)
    if change is None:
        raise RouteRefused("routing.unknown_event", event=event.kind)
    return change(marking, event.body)


def fold(spec: RouteSpec, events: Iterable[RouteEvent]) -> Marking:
    """The marking that *events* make from nothing."""
    return reduce(lambda marking, event: evolve(spec, marking, event), events, Marking())


def _with(values: Mapping[str, Value], key: str, value: Value) -> dict[str, Value]:
    return {**values, key: value}


def _without(values: Mapping[str, Value], *keys: str) -> dict[str, Value]:
    return {key: value for key, value in values.items() if key not in keys}


def _outside(values: Mapping[str, Value], path: str) -> dict[str, Value]:
    """*values* without *path* and everything below it; keys of returns end in ``#action``."""
    return {key: value for key, value in values.items() if key.partition("#")[0] != path and not key.startswith(f"{path}.")}


def _task_opened(m: Marking, body: Body) -> Marking:
    task = OpenTask.from_json(body)
    return replace(m, tasks=(*m.tasks, task), next_no=task.no + 1)


def _task_closed(m: Marking, body: Body) -> Marking:
    task = m.task(body["no"])
    kept = tuple(t for t in m.tasks if t.no != body["no"])
    who = body.get("by")
    if task is None or who is None:
        return replace(m, tasks=kept)
    before = m.acted.get(task.node, ())
    return replace(m, tasks=kept, acted=_with(m.acted, task.node, before if who in before else (*before, who)))


def _change_task(m: Marking, body: Body, **changes: Any) -> Marking:
    return replace(m, tasks=tuple(replace(t, **changes) if t.no == body["no"] else t for t in m.tasks))


def _check_ended(m: Marking, body: Body) -> Marking:
    if body["result"] == "complete":
        return replace(m, misses=_without(m.misses, body["department"]))
    found = {"fields": tuple(body["fields"]), "materials": tuple(body["materials"])}
    return replace(m, misses=_with(m.misses, body["department"], found))


def _node_entered(m: Marking, body: Body) -> Marking:
    """A node entered anew forgets its outcome and those inside it; a block's inner counters begin again, its visits do not."""
    path = body["node"]
    status = "in_review" if m.status == "accepted" else m.status
    backs = {key: count for key, count in m.backs.items() if not key.startswith(f"{path}.")}
    return replace(m, status=status, visits=_with(m.visits, path, body["visit"]), outcomes=_outside(m.outcomes, path), backs=backs)


def _node_left(m: Marking, body: Body) -> Marking:
    return replace(m, outcomes=_with(m.outcomes, body["node"], body["outcome"]), signs=_without(m.signs, body["node"]))


def _back_taken(m: Marking, body: Body) -> Marking:
    key = f"{body['node']}#{body['action']}"
    return replace(m, backs=_with(m.backs, key, m.backs.get(key, 0) + 1))


def _block_entered(m: Marking, body: Body) -> Marking:
    return replace(m, blocks=_with(m.blocks, body["node"], Block(body["visit"], tuple(body["started"]))))


def _branch_ended(m: Marking, body: Body) -> Marking:
    block = m.blocks[body["node"]]
    return replace(m, blocks=_with(m.blocks, body["node"], replace(block, closed=_with(block.closed, body["branch"], body["outcome"]))))


def _branch_stopped(m: Marking, body: Body) -> Marking:
    block = m.blocks[body["node"]]
    blocks = _with(m.blocks, body["node"], replace(block, stopped=(*block.stopped, body["branch"])))
    scope = f"{body['node']}.{body['branch']}"
    return replace(m, blocks=_outside(blocks, scope), signs=_outside(m.signs, scope))


def _block_left(m: Marking, body: Body) -> Marking:
    return replace(m, blocks=_without(m.blocks, body["node"]), outcomes=_with(m.outcomes, body["node"], body["outcome"]))


def _sign_opened(m: Marking, body: Body) -> Marking:
    return replace(m, signs=_with(m.signs, body["node"], tuple(Signing.from_json(g) for g in body["groups"])))


def _signed(m: Marking, body: Body) -> Marking:
    groups = list(m.signs[body["node"]])
    group = groups[body["group"]]
    who = (body["by"],) if body.get("by") else ()
    agree = group.agree + (body["verdict"] == "agree")
    refuse = group.refuse + (body["verdict"] == "refuse")
    groups[body["group"]] = replace(group, agree=agree, refuse=refuse, signers=(*group.signers, *who))
    return replace(m, signs=_with(m.signs, body["node"], tuple(groups)))


def _signer_added(m: Marking, body: Body) -> Marking:
    return replace(m, signs=_with(m.signs, body["node"], (*m.signs[body["node"]], Signing.from_json(body["group"]))))


def _pause_opened(m: Marking, body: Body) -> Marking:
    pauses = _with(m.pauses, body["key"], (*m.pauses.get(body["key"], ()), body["no"]))
    return replace(m, pauses=pauses, status="suspended")


def _pause_closed(m: Marking, body: Body) -> Marking:
    left = tuple(no for no in m.pauses.get(body["key"], ()) if no != body["no"])
    pauses = _with(m.pauses, body["key"], left) if left else _without(m.pauses, body["key"])
    return replace(m, pauses=pauses, status="suspended" if pauses else "in_review")


def _ended(status: str) -> Callable[[Marking, Body], Marking]:
    def change(m: Marking, body: Body) -> Marking:  # noqa: ARG001
        return replace(m, phase="closed", status=status, blocks={}, signs={}, pauses={})  # type: ignore[arg-type]

    return change


def _same(m: Marking, body: Body) -> Marking:  # noqa: ARG001
    return m


_CHANGES: Mapping[str, Callable[[Marking, Body], Marking]] = {
    "case_filed": _same,
    "task_opened": _task_opened,
    "task_closed": _task_closed,
    "task_claimed": lambda m, body: _change_task(m, body, holder=body["by"]),
    "task_released": lambda m, body: _change_task(m, body, holder=None),
    "task_escalated": lambda m, body: _change_task(m, body, escalated=True),
    "check_ended": _check_ended,
    "correction_requested": lambda m, body: replace(m, status="correction_requested", corrections=m.corrections + 1),  # noqa: ARG005
    "corrected": lambda m, body: replace(m, status="submitted", misses={}),  # noqa: ARG005
    "case_accepted": lambda m, body: replace(m, status="accepted", phase="review", misses={}),  # noqa: ARG005
    "case_declined": _ended("declined"),
    "case_lapsed": _ended("lapsed"),
    "case_withdrawn": _ended("withdrawn"),
    "case_terminated": _ended("terminated"),
    "node_entered": _node_entered,
    "node_left": _node_left,
    "back_taken": _back_taken,
    "block_entered": _block_entered,
    "branch_ended": _branch_ended,
    "branch_stopped": _branch_stopped,
    "block_left": _block_left,
    "sign_opened": _sign_opened,
    "signed": _signed,
    "signer_added": _signer_added,
    "hook_called": _same,
    "hook_done": _same,
    "hook_failed": _same,
    "pause_opened": _pause_opened,
    "pause_closed": _pause_closed,
    "decided": lambda m, body: replace(m, phase="delivery", status="decided", decision=body["outcome"]),
    "delivered": lambda m, body: replace(m, status="delivered"),  # noqa: ARG005
    "case_closed": lambda m, body: replace(m, status="closed", phase="closed"),  # noqa: ARG005
}
