"""One event changes one marking. Rebuilding a case is :func:`fold` over its events; nothing is decided here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from core.routing.draft import Draft
from core.routing.errors import RouteRefused
from core.routing.marking import Block, Marking, OpenTask, Relayed, RouteEvent, Signing, Status
from core.routing.spec import Holders, RouteSpec

Body = Mapping[str, Any]
Value = TypeVar("Value")


def evolve(spec: RouteSpec, marking: Marking, event: RouteEvent) -> Marking:  # noqa: ARG001 – the pinned definition, for format versions to come
    """*marking* after *event*. Raises :class:`RouteRefused` for an event of another format."""
    draft = Draft(marking)
    apply(draft, event.kind, event.body)
    return draft.freeze()


def fold(spec: RouteSpec, events: Iterable[RouteEvent]) -> Marking:  # noqa: ARG001
    """The marking that *events* make from nothing."""
    draft = Draft(Marking())
    for event in events:
        apply(draft, event.kind, event.body)
    return draft.freeze()


def apply(draft: Draft, kind: str, body: Body) -> None:
    """Change *draft* by one event."""
    change = CHANGES.get(kind)
    if change is None:
        raise RouteRefused("routing.unknown_event", event=kind)
    change(draft, body)


def _with(values: Mapping[str, Value], key: str, value: Value) -> dict[str, Value]:
    return {**values, key: value}


def _without(values: Mapping[str, Value], *keys: str) -> Mapping[str, Value]:
    return {key: value for key, value in values.items() if key not in keys} if values else values


def _outside(values: Mapping[str, Value], path: str) -> Mapping[str, Value]:
    """*values* without *path* and everything below it; keys of returns end in ``#action``."""
    below = f"{path}."
    return {key: value for key, value in values.items() if key.partition("#")[0] != path and not key.startswith(below)} if values else values


# tasks --------------------------------------------------------------------------------------------------------------


def _task_opened(d: Draft, body: Body) -> None:
    task = OpenTask.from_json(body)
    d.tasks = (*d.tasks, task)
    d.next_no = task.no + 1


def _task_closed(d: Draft, body: Body) -> None:
    who, closed = body.get("by"), d.task(body["no"])
    if closed is None:
        return
    tasks = d.tasks
    d.tasks = tuple([task for task in tasks if task is not closed]) if len(tasks) > 1 else ()
    if who is not None:
        before = d.acted.get(closed.node, ())
        if who not in before:
            d.acted = {**d.acted, closed.node: (*before, who)}


def _change_task(d: Draft, body: Body, **changes: Any) -> None:
    d.tasks = tuple(t._replace(**changes) if t.no == body["no"] else t for t in d.tasks)


def _task_claimed(d: Draft, body: Body) -> None:
    _change_task(d, body, holder=body["by"])


def _task_released(d: Draft, body: Body) -> None:
    _change_task(d, body, holder=None)


def _task_escalated(d: Draft, body: Body) -> None:
    _change_task(d, body, escalated=True)


def _task_transferred(d: Draft, body: Body) -> None:
    task = d.task(body["no"])
    if task is None:
        return
    role = body.get("role")
    holders = Holders(role, task.holders.org, task.holders.exclude) if role else task.holders
    _change_task(d, body, holder=body["to"], holders=holders, lent=())


def _task_delegated(d: Draft, body: Body) -> None:
    task = d.task(body["no"])
    if task is not None:
        _change_task(d, body, holder=body["to"], lent=(*task.lent, body["by"]))


def _delegate_returned(d: Draft, body: Body) -> None:
    """Whoever gave an opinion has acted here, as far as four eyes go; a delegation that was only called back leaves no trace."""
    task = d.task(body["no"])
    if task is None:
        return
    before = d.acted.get(task.node, ())
    if body.get("opinion") and body["by"] not in before:
        d.acted = _with(d.acted, task.node, (*before, body["by"]))
    _change_task(d, body, holder=body["to"], lent=task.lent[:-1])


def _task_overdue(d: Draft, body: Body) -> None:
    d.deemed = (*d.deemed, body["node"])


def _taken_back(d: Draft, body: Body) -> None:
    """Put back what the act had changed: ``set`` are old values, ``drop`` are keys that were not there."""
    for part, patch in body["restore"].items():
        kept = {key: value for key, value in getattr(d, part).items() if key not in patch["drop"]}
        setattr(d, part, kept | {key: _PARTS[part](value) for key, value in patch["set"].items()})


#: How the values of the parts that can be put back are read from JSON.
_PARTS: Mapping[str, Callable[[Any], Any]] = {
    "outcomes": str,
    "visits": int,
    "backs": int,
    "acted": tuple,
    "blocks": Block.from_json,
    "signs": lambda groups: tuple(Signing.from_json(group) for group in groups),
}


# intake -------------------------------------------------------------------------------------------------------------


def _case_filed(d: Draft, body: Body) -> None:
    d.received = body.get("received", True)
    if body.get("pre_review"):
        d.pre_review = "open"
    if body.get("by"):  # a clerk who filed for somebody has had a hand in the intake, as far as four eyes go
        d.acted = _with(d.acted, "intake", (body["by"],))


def _case_received(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.received = True


def _pre_reviewed(d: Draft, body: Body) -> None:
    d.pre_review = body["result"]


def _amend_requested(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status = "correction_requested"


def _amended(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status = "submitted"


def _relay_opened(d: Draft, body: Body) -> None:
    d.relay = Relayed(tuple((level, department) for level, department in body["way"]), body["level"])


def _relay_passed(d: Draft, body: Body) -> None:
    if d.relay is not None:
        d.relay = replace(d.relay, at=None if body.get("arrived") else body["to"])


def _relay_checked(d: Draft, body: Body) -> None:
    if d.relay is not None and body["result"] == "missing":
        d.relay = replace(d.relay, told=(*d.relay.told, body["level"]))


def _check_ended(d: Draft, body: Body) -> None:
    if body["result"] == "complete":
        d.misses = _without(d.misses, body["department"])
    else:
        d.misses = _with(d.misses, body["department"], {"fields": tuple(body["fields"]), "materials": tuple(body["materials"])})


def _correction_requested(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status, d.corrections = "correction_requested", d.corrections + 1


def _corrected(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status, d.misses = "submitted", {}


def _case_accepted(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status, d.phase, d.misses = "accepted", "review", {}


# review -------------------------------------------------------------------------------------------------------------


def _node_entered(d: Draft, body: Body) -> None:
    """A node entered anew forgets its outcome and those inside it; a block's inner counters begin again, its visits do not."""
    path, visit = body["node"], body["visit"]
    if d.status == "accepted":
        d.status = "in_review"
    if visit > 1:
        inside = f"{path}."
        d.outcomes = _outside(d.outcomes, path)
        d.backs = {key: count for key, count in d.backs.items() if not key.startswith(inside)}
    d.visits = {**d.visits, path: visit}


def _node_left(d: Draft, body: Body) -> None:
    d.outcomes = {**d.outcomes, body["node"]: body["outcome"]}
    if body["node"] in d.signs:
        d.signs = _without(d.signs, body["node"])


def _back_taken(d: Draft, body: Body) -> None:
    key = f"{body['node']}#{body['action']}"
    d.backs = _with(d.backs, key, d.backs.get(key, 0) + 1)


def _block_entered(d: Draft, body: Body) -> None:
    d.blocks = _with(d.blocks, body["node"], Block(body["visit"], tuple(body["started"])))


def _branch_ended(d: Draft, body: Body) -> None:
    block = d.blocks[body["node"]]
    d.blocks = _with(d.blocks, body["node"], replace(block, closed=_with(block.closed, body["branch"], body["outcome"])))


def _branch_stopped(d: Draft, body: Body) -> None:
    block = d.blocks[body["node"]]
    scope = f"{body['node']}.{body['branch']}"
    d.blocks = _outside(_with(d.blocks, body["node"], replace(block, stopped=(*block.stopped, body["branch"]))), scope)
    d.signs = _outside(d.signs, scope)


def _block_left(d: Draft, body: Body) -> None:
    d.blocks = _without(d.blocks, body["node"])
    d.outcomes = _with(d.outcomes, body["node"], body["outcome"])


def _sign_opened(d: Draft, body: Body) -> None:
    d.signs = _with(d.signs, body["node"], tuple(Signing.from_json(g) for g in body["groups"]))


def _signed(d: Draft, body: Body) -> None:
    groups = list(d.signs[body["node"]])
    group = groups[body["group"]]
    who = (body["by"],) if body.get("by") else ()
    agree = group.agree + (body["verdict"] == "agree")
    refuse = group.refuse + (body["verdict"] == "refuse")
    groups[body["group"]] = replace(group, agree=agree, refuse=refuse, signers=(*group.signers, *who))
    d.signs = _with(d.signs, body["node"], tuple(groups))


def _signer_added(d: Draft, body: Body) -> None:
    d.signs = _with(d.signs, body["node"], (*d.signs[body["node"]], Signing.from_json(body["group"])))


def _child_opened(d: Draft, body: Body) -> None:
    d.children = _with(d.children, f"{body['node']}#{body['visit']}", "open")


def _child_ended(d: Draft, body: Body) -> None:
    d.children = _with(d.children, f"{body['node']}#{body['visit']}", body["result"])


def _pause_opened(d: Draft, body: Body) -> None:
    d.pauses = _with(d.pauses, body["key"], (*d.pauses.get(body["key"], ()), body["no"]))
    d.status = "suspended"


def _pause_closed(d: Draft, body: Body) -> None:
    left = tuple(no for no in d.pauses.get(body["key"], ()) if no != body["no"])
    d.pauses = _with(d.pauses, body["key"], left) if left else _without(d.pauses, body["key"])
    d.status = "suspended" if d.pauses else "in_review"


def _limit_extended(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.extended += 1


def _urged(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.urged += 1


# ends ---------------------------------------------------------------------------------------------------------------


def _ended(status: Status) -> Callable[[Draft, Body], None]:
    def change(d: Draft, body: Body) -> None:  # noqa: ARG001
        d.phase, d.status, d.blocks, d.signs, d.pauses = "closed", status, {}, {}, {}

    return change


def _decided(d: Draft, body: Body) -> None:
    d.phase, d.status, d.decision = "delivery", "decided", body["outcome"]


def _delivered(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status = "delivered"


def _case_closed(d: Draft, body: Body) -> None:  # noqa: ARG001
    d.status, d.phase = "closed", "closed"


def _definition_changed(d: Draft, body: Body) -> None:
    """Every path in the marking under its name in the new definition; ``map`` holds those that changed."""
    names: Mapping[str, str] = body["map"]

    def keyed(values: Mapping[str, Value]) -> dict[str, Value]:
        return {names.get(key, key): value for key, value in values.items()}

    d.tasks = tuple(t._replace(node=names.get(t.node, t.node), scope=names.get(t.scope, t.scope)) for t in d.tasks)
    d.visits, d.outcomes, d.signs, d.blocks, d.acted = keyed(d.visits), keyed(d.outcomes), keyed(d.signs), keyed(d.blocks), keyed(d.acted)
    d.backs = {_joined(names, key, "#"): count for key, count in d.backs.items()}
    d.children = {_joined(names, key, "#"): state for key, state in d.children.items()}
    d.deemed = tuple(names.get(path, path) for path in d.deemed)


def _joined(names: Mapping[str, str], key: str, mark: str) -> str:
    path, found, rest = key.partition(mark)
    return f"{names.get(path, path)}{found}{rest}"


def _same(d: Draft, body: Body) -> None:
    """A fact that moves nothing."""


#: What each event changes.
CHANGES: Mapping[str, Callable[[Draft, Body], None]] = {
    "case_filed": _case_filed,
    "case_received": _case_received,
    "pre_reviewed": _pre_reviewed,
    "amend_requested": _amend_requested,
    "amended": _amended,
    "relay_opened": _relay_opened,
    "relay_passed": _relay_passed,
    "relay_checked": _relay_checked,
    "task_opened": _task_opened,
    "task_closed": _task_closed,
    "task_claimed": _task_claimed,
    "task_released": _task_released,
    "task_escalated": _task_escalated,
    "task_transferred": _task_transferred,
    "task_delegated": _task_delegated,
    "delegate_returned": _delegate_returned,
    "task_overdue": _task_overdue,
    "taken_back": _taken_back,
    "check_ended": _check_ended,
    "correction_requested": _correction_requested,
    "corrected": _corrected,
    "case_accepted": _case_accepted,
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
    "child_opened": _child_opened,
    "child_ended": _child_ended,
    "inquiry_opened": _same,
    "inquiry_answered": _same,
    "pause_opened": _pause_opened,
    "pause_closed": _pause_closed,
    "extension_asked": _same,
    "extension_refused": _same,
    "limit_extended": _limit_extended,
    "urged": _urged,
    "rung_fired": _same,
    "decided": _decided,
    "delivered": _delivered,
    "case_closed": _case_closed,
    "definition_changed": _definition_changed,
    "record_corrected": _same,
}
