"""Why something cannot be done now. The same guards refuse a command and say why its button is closed, so the two never differ."""

from collections.abc import Callable, Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.draft import State
from core.routing.errors import RouteRefused
from core.routing.marking import OpenTask
from core.routing.spec import APPLICANT, HOLDER, Extend, Holders, RouteSpec

#: The key of the words and their parameters; ``None`` when nothing speaks against it.
Refusal = tuple[str, Mapping[str, Any]] | None
Guard = Callable[[RouteSpec, State, OpenTask | None, Mapping[str, Any], str | None], Refusal]

#: How often an applicant may urge where the route does not say: once a working day.
URGE_EVERY: Mapping[str, Any] = {"value": 1, "unit": "working_day"}
#: Delegations of one task on top of each other (ROUTING §4.2).
LONGEST_CHAIN = 3
#: Work of people of the hall, which may be handed to others.
_HUMAN = frozenset({"relay", "pre_review", "intake", "check", "step", "sign", "delivery"})


def refuse(found: Refusal) -> None:
    """Raise what a guard found."""
    if found is not None:
        raise RouteRefused(found[0], **found[1])


def spoken(found: Refusal, locale: str) -> str | None:
    """What a guard found, in words."""
    return None if found is None else word(found[0], locale, **found[1])


def who_may(spec: RouteSpec, marking: State, kind: str) -> Holders | None:
    """Who may give the command *kind* at any time: the applicant, whoever holds the task (role ``holder``), or a role. ``None``: nobody."""
    if kind == "extend":
        rule = extension(spec, marking)
        return rule.by if rule is not None else None
    if kind in ("ask", "ask_extension", "take_back"):
        return HOLDER
    if kind == "terminate":
        return Holders("agency_head", "owner")
    given = spec.anytime.get(kind)
    if given is not None:
        return holder_of(given["by"])
    return APPLICANT if kind in ("withdraw", "urge") else None


def holder_of(by: Any) -> Holders:
    """Who is meant by ``applicant``, ``holder`` or a role of the document."""
    return HOLDER if by == "holder" else Holders.from_json(by)


def is_joint(spec: RouteSpec, marking: State) -> bool:
    """Whether departments act on the case together: a parallel block was entered (行政许可法 26, 42(2))."""
    return any(node is not None and node.kind == "parallel" for node in map(spec.nodes.get, marking.visits))


def extension(spec: RouteSpec, marking: State) -> Extend | None:
    """The rule by which the case may be extended, that for joint cases where departments act together."""
    rule = spec.extend
    return rule.joint if rule is not None and rule.joint is not None and is_joint(spec, marking) else rule


def excluded(marking: State, task: OpenTask) -> frozenset[str]:
    """Actors who may not act on *task* because they acted where its ``not`` points (four eyes)."""
    return frozenset(who for path in task.holders.exclude for who in marking.acted.get(path, ()))


def acting(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """Four eyes, and a delegate who is asked for an opinion only."""
    if task is None:
        return "routing.task_closed", {}
    if task.lent and spec.anytime.get("delegate", {}).get("returns", True):
        return "routing.lent", {}
    if task.holders.exclude and actor is not None and actor in excluded(marking, task):
        return "routing.four_eyes", {}
    return None


def extending(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """行政许可法 42: while the main clock runs, as often as the route says, on a basis."""
    rule = extension(spec, marking)
    if rule is None or not rule.basis.strip():
        return "routing.no_extend", {}
    if marking.phase != "review":
        return "routing.not_in_review", {}
    if marking.extended >= rule.times:
        return "routing.extended_already", {"times": rule.times}
    return None


def asking_extension(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:
    """Who does a step of the review asks the head for more time: once at a time, and only for what the head could give now."""
    if task is None or task.kind not in ("step", "sign"):
        return "routing.no_extend", {}
    if any(other.kind == "extension" for other in marking.tasks):
        return "routing.extension_waits", {}
    return extending(spec, marking, task, facts, actor) or acting(spec, marking, task, facts, actor)


def _of_a_person(task: OpenTask | None) -> bool:
    return task is not None and task.kind in _HUMAN and task.holders.role not in ("applicant", "system")


def transferring(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """转办: the route allows it, and it is the work of one person."""
    if "transfer" not in spec.anytime:
        return "routing.no_transfer", {}
    if task is None or not _of_a_person(task) or _many(marking, task):
        return "routing.not_transferable", {}
    return ("routing.lent", {}) if task.lent else _own(spec, "transfer", task, actor)


def delegating(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """委派: the route allows it, it is the work of one person who has claimed it, and the chain is short."""
    if "delegate" not in spec.anytime:
        return "routing.no_delegate", {}
    if task is None or not _of_a_person(task) or _many(marking, task):
        return "routing.not_transferable", {}
    if len(task.lent) >= LONGEST_CHAIN:
        return "routing.delegated_too_often", {"most": LONGEST_CHAIN}
    return _own(spec, "delegate", task, actor)


def _many(marking: State, task: OpenTask) -> bool:
    """Whether several people sign this very task."""
    groups = marking.signs.get(task.node)
    return groups is not None and groups[task.group or 0].of > 1


def _own(spec: RouteSpec, kind: str, task: OpenTask, actor: str | None) -> Refusal:
    """Where the holder decides, nobody hands on what another one has claimed."""
    mine = task.holder is None or actor is None or task.holder == actor
    return None if mine or spec.anytime[kind]["by"] != "holder" else ("routing.claimed", {})


def returning(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """The delegate gives the task back with an opinion; the one who delegated may call it back."""
    if task is None or not task.lent:
        return "routing.not_delegated", {}
    return None if actor is None or actor in (task.holder, task.lent[-1]) else ("routing.claimed", {})


def asking(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:
    """An inquiry to the applicant in review; one at a time for one task."""
    if task is None or task.kind not in ("step", "sign") or marking.phase != "review":
        return "routing.no_inquiry_here", {}
    if any(other.about == task.no for other in marking.tasks):
        return "routing.asked_already", {}
    return acting(spec, marking, task, facts, actor)


def urging(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """催办, while it is not the applicant's turn, and not more often than the route allows (``facts["urge"]["waits"]`` says that it is too soon)."""
    if marking.status == "correction_requested":
        return "routing.your_turn", {}
    if who_may(spec, marking, "urge") is None:
        return "routing.no_urge", {}
    waits = facts.get("urge")
    return ("routing.urged_already", {}) if isinstance(waits, Mapping) and waits.get("waits") is True else None


def terminating(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """终止, until the decision."""
    return None if marking.phase in ("intake", "review") else ("routing.decided_already", {})


def withdrawing(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """撤回, as long as the route says."""
    until = spec.anytime.get("withdraw", {}).get("until", "decision")
    early = marking.phase == "intake" or (until == "decision" and marking.phase == "review")
    return None if early else ("routing.too_late_to_withdraw", {})


def pausing(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:
    """A declared special procedure, one at a time for one task."""
    node = spec.nodes.get(task.node) if task is not None else None
    if task is None or node is None or not node.pauses:
        return "routing.no_pause_here", {}
    if is_paused(marking, task):
        return "routing.paused", {"title": node.title}
    return acting(spec, marking, task, facts, actor)


def is_paused(marking: State, task: OpenTask) -> bool:
    """Whether *task* waits in a special procedure."""
    return any(task.no in waiting for waiting in marking.pauses.values()) if marking.pauses else False


def signing_more(spec: RouteSpec, marking: State, task: OpenTask | None, facts: Mapping[str, Any], actor: str | None) -> Refusal:  # noqa: ARG001
    """加签 until the node closes."""
    node = spec.nodes.get(task.node) if task is not None and task.kind == "sign" else None
    if node is None or not node.may_add or node.in_order or len(marking.signs[node.path]) >= 50:
        return "routing.may_not_add", {}
    return None
