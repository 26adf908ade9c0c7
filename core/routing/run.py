"""Moving the token: what entering and leaving a node does. One :class:`Run` serves one command.

Every decision is written as an event and applied at once, so that the marking is the fold of the events by construction. The marking of a run is a
:class:`~core.routing.draft.Draft`; nobody sees it before :meth:`Run.plan` freezes it.
"""

import itertools
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from core.kernel.wording import word
from core.routing.draft import Draft
from core.routing.errors import NeedMissing, RouteRefused
from core.routing.evolve import CHANGES
from core.routing.facts import elements, facts_at, holds, hook_input, known_limit
from core.routing.marking import Block, ChildCase, ClockOp, CustodyOp, Marking, OpenTask, Plan, RouteEvent, Signing, TaskKind
from core.routing.places import instance_id
from core.routing.spec import PLATFORM, Branch, Exit, Holders, Join, Node, RouteLimit, RouteSpec, Scope
from core.worktime.spec import Limit

#: Automatic moves of one command; more is a loop that only a broken definition can make (ROUTING §9.4).
MOST_MOVES = 100

#: Makes a named tuple without the detour over its keyword arguments; a command makes dozens.
_made = tuple.__new__


class Run:
    """The work of one command on one marking."""

    __slots__ = (
        "actor",
        "children",
        "clocks",
        "closes",
        "custody",
        "documents",
        "events",
        "facts",
        "history",
        "marking",
        "moves",
        "opens",
        "outcome",
        "spec",
    )

    def __init__(self, spec: RouteSpec, marking: Marking, facts: Mapping[str, Any], actor: str | None = None, history: tuple[RouteEvent, ...] = ()) -> None:
        self.spec = spec
        self.marking = Draft(marking)
        self.facts = facts
        self.actor = actor
        self.history = history
        self.moves = 0
        self.events: list[RouteEvent] = []
        self.opens: list[OpenTask] = []
        self.closes: list[int] = []
        self.clocks: list[ClockOp] = []
        self.documents: list[str] = []
        self.children: list[ChildCase] = []
        self.custody: list[CustodyOp] = []
        self.outcome: str | None = None

    def plan(self) -> Plan:
        """Everything that happened."""
        opens, closes = self.opens, self.closes
        if opens and closes and max(closes) >= opens[0].no:  # opened and closed again by the same command: nobody ever sees it
            opens = [t for t in opens if t.no not in closes]
        parts = (
            self.marking.freeze(),
            tuple(self.events),
            tuple(opens),
            tuple(closes),
            tuple(self.clocks),
            self.outcome,
            tuple(dict.fromkeys(self.documents)) if self.documents else (),
            tuple(self.children) if self.children else (),
            tuple(self.custody) if self.custody else (),
        )
        return _made(Plan, parts)

    def emit(self, kind: str, /, **body: Any) -> None:
        """Write one event and let it change the marking."""
        self.tell(kind, body)

    def tell(self, kind: str, body: dict[str, Any]) -> None:
        """The same with the body as it will stand; what every step does says it like this, since keywords are packed and unpacked."""
        self.events.append(_made(RouteEvent, (kind, body)))
        CHANGES[kind](self.marking, body)

    def clock(
        self,
        op: Literal["start", "pause", "resume", "stop", "extend"],
        clock: str,
        limit: Limit | None = None,
        pause: str | None = None,
        as_of: Literal["now", "receipt"] = "now",
    ) -> None:
        """Note what to do to a clock."""
        self.clocks.append(_made(ClockOp, (op, clock, limit, pause, as_of)))

    # tasks ----------------------------------------------------------------------------------------------------------

    def open_task(
        self,
        node: str,
        kind: TaskKind,
        title: str,
        holders: Holders,
        limit: Limit | None,
        scope: str,
        *,
        visit: int = 1,
        group: int | None = None,
        about: int | None = None,
        holder: str | None = None,
    ) -> OpenTask:
        """Open a task and start its clock."""
        marking = self.marking
        no = marking.next_no
        task = _made(OpenTask, (no, node, kind, title, holders, limit, scope, visit, group, holder, False, (), about))
        self.events.append(_made(RouteEvent, ("task_opened", task.to_json())))
        marking.tasks = (*marking.tasks, task)  # what applying the event would read out of its JSON again
        marking.next_no = no + 1
        self.opens.append(task)
        if limit is not None:
            self.clocks.append(_made(ClockOp, ("start", f"task:{no}", limit, None, "now")))
        return task

    def close_task(self, task: OpenTask, action: str, **body: Any) -> None:
        """Close a task with the inquiries that belong to it, end the pauses it waits in, stop its clock.

        The actor is recorded (``by``) when this very task was acted on.
        """
        marking, no = self.marking, task.no
        if marking.pauses:
            for key in [key for key, waiting in marking.pauses.items() if no in waiting]:
                self.close_pause(key, task)
        if len(marking.tasks) > 1:
            for other in [t for t in marking.tasks if t.about == no]:
                self.close_task(other, "not_needed")
        self.tell("task_closed", {"no": no, "action": action, **body})
        if no not in self.closes:
            self.closes.append(no)
        if task.limit is not None:
            self.clocks.append(_made(ClockOp, ("stop", f"task:{no}", None, None, "now")))

    def close_all(self, why: str, scope: str | None = None) -> None:
        """Close every task (of *scope* and below)."""
        for task in self.marking.tasks:
            if (scope is None or task.scope == scope or task.scope.startswith(f"{scope}.")) and self.marking.task(task.no) is not None:
                self.close_task(task, why)

    def open_pause(self, key: str, pause: str, task: OpenTask, limit: Limit | None) -> None:
        """Stop the main clock and the task's own for a special procedure (行政许可法 45)."""
        first = key not in self.marking.pauses
        if first:  # several procedures may overlap: the ledger counts their days once
            self.clock("pause", "main", pause=key)
            self.clock("start", f"pause:{key}", limit)
        if task.limit is not None:
            self.clock("pause", f"task:{task.no}", pause=key)
        self.emit("pause_opened", key=key, pause=pause, no=task.no)

    def close_pause(self, key: str, task: OpenTask) -> None:
        """End the pause for *task*; the procedure is over when no task waits in it any more."""
        self.emit("pause_closed", key=key, pause=key.partition("@")[0], no=task.no)
        if task.limit is not None:
            self.clock("resume", f"task:{task.no}", pause=key)
        if key not in self.marking.pauses:
            self.clock("stop", f"pause:{key}")
            self.clock("resume", "main", pause=key)

    # nodes ----------------------------------------------------------------------------------------------------------

    def enter(self, node: Node, *, counted: bool = True) -> None:
        """Put the token on *node*. The first node of a branch is not *counted*: many departments at once are no loop."""
        self.moves += counted
        if self.moves > MOST_MOVES:
            raise RouteRefused("routing.too_many_moves", most=MOST_MOVES, title=node.title)
        given = node.limit
        limit = given.plain if given is not None and not given.cases else self.limit_at(given, node)
        path = node.path
        visit = self.marking.visits.get(path, 0) + 1
        self.tell("node_entered", {"node": path, "visit": visit})
        if node.kind == "step":
            assert node.holders is not None
            holders = node.holders
            if holders.org == "branch" or holders.fallback is not None:
                holders = self.held(node.holders, node.scope)
            self.open_task(path, "step", node.title, holders, limit, node.scope, visit=visit)
        elif node.kind == "sign":
            self._enter_sign(node, visit)
        elif node.kind == "auto":
            task = self.open_task(node.path, "auto", node.title, PLATFORM, limit, node.scope, visit=visit)
            self.emit("hook_called", node=node.path, visit=visit, hook=node.hook, no=task.no)
        elif node.kind == "parallel":
            self._enter_block(node, visit, facts_at(self.spec, self.marking, node.scope, self.facts))
        else:
            self._enter_child(node, visit, limit)

    def limit_at(self, limit: RouteLimit | None, node: Node) -> Limit | None:
        """*limit* as the facts at *node* make it."""
        if limit is None or not limit.cases:
            return limit.plain if limit is not None else None
        return known_limit(limit, facts_at(self.spec, self.marking, node.scope, self.facts), node.title)

    def held(self, holders: Holders, scope: str) -> Holders:
        """*holders* with ``branch`` replaced by the nearest branch's organisation."""
        if holders.org != "branch" and holders.fallback is None:
            return holders
        found = self.spec.branch_of(scope)
        return holders.within(found[1].org if found else None)

    def leave(self, node: Node, name: str) -> None:
        """Take the token off *node* by its exit *name*."""
        exit_ = node.exits[name]
        outcome = exit_.outcome or name
        if node.kind == "parallel":
            self.emit("block_left", node=node.path, outcome=outcome if name == "if_none" else name)
        else:
            self.tell("node_left", {"node": node.path, "outcome": outcome})
        if exit_.document:
            self.documents.append(exit_.document)
        self._follow(node, name, exit_)

    def _follow(self, node: Node, name: str, exit_: Exit) -> None:
        scope = self.spec.scopes[node.scope]
        if exit_.back is not None:
            if self.backs_left(node, name, exit_) <= 0:
                # Only a vote or a join can come here, a button is closed before: what may not go back again has failed.
                self.end_scope(scope, "refuse")
                return
            self.emit("back_taken", node=node.path, action=name, to=f"{node.scope}.{exit_.back}")
            self.enter(scope.nodes[exit_.back])
        elif exit_.to is not None:
            self.enter(scope.nodes[exit_.to])
        else:
            self.end_scope(scope, exit_.outcome or name)

    def backs_left(self, node: Node, name: str, exit_: Exit) -> int:
        """How often *exit_* may still lead back."""
        return (exit_.max or 1) - self.marking.backs.get(f"{node.path}#{name}", 0)

    def end_scope(self, scope: Scope, outcome: str) -> None:
        """The token of *scope* reached an end by name."""
        found = self.spec.branch_of(scope.path)
        if found is None:
            self._decide("refuse" if outcome == "refuse" else "grant")
            return
        node, branch = found
        self.emit("branch_ended", node=node.path, branch=branch.id, outcome="refuse" if outcome == "refuse" else "agree")
        self._join(node)

    def _decide(self, outcome: str) -> None:
        self.outcome = outcome
        for asked in [task for task in self.marking.tasks if task.kind == "extension"]:  # more time is of no use any more
            self.close_task(asked, "not_needed")
        self.tell("decided", {"outcome": outcome})
        self.clock("stop", "main")
        self.documents.append(f"decision_{outcome}")
        delivery = self.spec.delivery
        title = word("routing.title.delivery")
        limit = known_limit(delivery.limit, self.facts, title)
        self.open_task("delivery", "delivery", title, self.sender() or delivery.holders, limit, "delivery")
        self.clock("start", "delivery", limit)
        self._hand_back()

    def sender(self) -> Holders | None:
        """Who stands between the hall and the applicant: the agents where the papers set out; ``None`` when they came straight to the authority.

        They hand the result over (群众不出村办成事: the result returns along the way the papers came) and bring what is missing.
        """
        relay, passed = self.spec.intake.relay, self.marking.relay
        if relay is None or passed is None:
            return None
        level, department = passed.way[0]
        if relay.holders.org != "level":
            return relay.holders
        return Holders(relay.holders.role, {"id": department} if department else {"region": level})

    def _hand_back(self) -> None:
        """The result returns along the way the papers came, leg by leg."""
        relay, passed = self.spec.intake.relay, self.marking.relay
        if relay is None or passed is None or relay.custody == "none":
            return
        legs = passed.way[::-1]
        for (origin, _), (target, department) in itertools.pairwise(legs):
            self.custody.append(CustodyOp("hand_back", origin, target, department, None, relay.custody))

    # other items ----------------------------------------------------------------------------------------------------

    def _enter_child(self, node: Node, visit: int, limit: Limit | None) -> None:
        """Begin another item's case; wait for its end, or go on at once."""
        assert node.item is not None
        org = self.held(Holders("", node.org), node.scope).org if node.org is not None else None
        values = hook_input(self.spec, self.marking, node, self.facts)
        task = self.open_task(node.path, "child", node.title, PLATFORM, limit, node.scope, visit=visit) if node.wait else None
        no = task.no if task is not None else None
        self.emit("child_opened", node=node.path, visit=visit, item=node.item, org=org, wait=node.wait, no=no)
        self.children.append(ChildCase(node.path, visit, node.item, org, values, node.wait, no))
        if task is None:
            self.leave(node, "granted")

    # sign -----------------------------------------------------------------------------------------------------------

    def _enter_sign(self, node: Node, visit: int) -> None:
        groups = tuple(Signing(self.held(g.holders, node.scope), g.need, g.of) for g in node.groups)
        self.emit("sign_opened", node=node.path, groups=[g.to_json() for g in groups])
        for index in range(1 if node.in_order else len(groups)):
            self._open_group(node, index, visit)

    def _open_group(self, node: Node, index: int, visit: int) -> None:
        limit = self.limit_at(node.limit, node)
        self.open_task(node.path, "sign", node.title, self.marking.signs[node.path][index].holders, limit, node.scope, visit=visit, group=index)

    def add_signer(self, node: Node, holders: Holders, visit: int) -> None:
        """加签: one more who must agree, until the node closes."""
        group = Signing(self.held(holders, node.scope), 1, 1)
        self.emit("signer_added", node=node.path, group=group.to_json())
        self._open_group(node, len(self.marking.signs[node.path]) - 1, visit)

    def sign(self, node: Node, task: OpenTask, verdict: str) -> None:
        """Count one signature; go on when the node is decided."""
        index = task.group or 0
        self.emit("signed", no=task.no, node=node.path, group=index, verdict=verdict, by=self.actor)
        group = self.marking.signs[node.path][index]
        if verdict == "refuse" and (node.veto or group.of - group.refuse < group.need):
            self._finish_sign(node, task, "refuse")
            return
        if group.agree < group.need:
            return
        self.close_task(task, "agree", by=self.actor)
        if all(g.agree >= g.need for g in self.marking.signs[node.path]):
            self._finish_sign(node, None, "agree")
        elif not any(t.node == node.path for t in self.marking.tasks):
            following = next(i for i, g in enumerate(self.marking.signs[node.path]) if g.agree < g.need)
            self._open_group(node, following, task.visit)

    def _finish_sign(self, node: Node, last: OpenTask | None, verdict: str) -> None:
        if last is not None:
            self.close_task(last, verdict, by=self.actor)
        for task in [t for t in self.marking.tasks if t.node == node.path]:
            self.close_task(task, "not_needed")
        self.leave(node, verdict)

    # parallel -------------------------------------------------------------------------------------------------------

    def _enter_block(self, node: Node, visit: int, here: Mapping[str, Any]) -> None:
        started: list[str] = []
        skipped: list[str] = []
        for branch in node.branches.values():
            for branch_id, starts in self._starting(branch, here):
                (started if starts else skipped).append(branch_id)
        self.emit("block_entered", node=node.path, visit=visit, started=started, skipped=skipped)
        if not started:
            if "if_none" not in node.exits:
                raise RouteRefused("routing.nobody_started", title=node.title)
            self.leave(node, "if_none")
            return
        for branch_id in started:
            block = self.marking.blocks.get(node.path)
            if block is not None and block.visit == visit and branch_id in block.pending:  # an earlier branch may have decided it all
                found = self.spec.branch(node, branch_id)
                assert found is not None
                self.enter(found.scope.nodes[found.scope.start], counted=False)

    def _starting(self, branch: Branch, here: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
        """The ids under which *branch* may be walked, each with whether it is: its own, or one for every element of its list as it is now."""
        if branch.for_each is None:
            yield branch.id, self._starts(branch, here)
            return
        listed = elements(branch, here)
        if listed is None:
            raise NeedMissing("routing.need.value", paths=branch.for_each, title=branch.title)
        for number, element in enumerate(listed, 1):
            yield instance_id(branch.id, number), self._starts(branch, {**here, "row": element})

    def _starts(self, branch: Branch, here: Mapping[str, Any]) -> bool:
        truth = holds(branch.when, here)
        if truth is None:
            assert branch.when is not None
            raise NeedMissing("routing.need.value", paths="、".join(sorted(branch.when.paths)), title=branch.title)
        return truth

    def _join(self, node: Node) -> None:
        block = self.marking.blocks[node.path]
        assert node.join is not None
        verdict = judge(node.join, node.lead, block)
        early = verdict is not None and (node.join.wait == "decided" or (verdict == "refuse" and node.join.on_refuse == "stop_others"))
        if block.pending and not early:
            return
        for branch in block.pending:
            scope = f"{node.path}.{branch}"
            self.close_all("stopped", scope)
            self.emit("branch_stopped", node=node.path, branch=branch, reason="decided")
        self.leave(node, verdict or "refuse")


def judge(join: Join, lead: str | None, block: Block) -> str | None:
    """What the branches have decided so far: ``agree``, ``refuse`` or ``None`` while it is open.

    The lead decides the joint case, never another department's decision; a lead that did not start leaves the word to all the others.
    """
    agrees = sum(outcome == "agree" for outcome in block.closed.values())
    refuses = len(block.closed) - agrees
    waiting = len(block.pending)
    if join.policy == "lead" and lead in block.started:
        return block.closed.get(lead or "")
    if join.policy in ("any", "quorum"):
        need = 1 if join.policy == "any" else (join.need or 1)
        return "agree" if agrees >= need else "refuse" if agrees + waiting < need else None
    return "refuse" if refuses else None if waiting else "agree"
