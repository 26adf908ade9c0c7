"""Soundness of a route (ROUTING §5): everything that needs no database, all findings at once, in linear time.

Nested single-entry scopes give soundness by composition: each scope is checked alone, its branches as scopes of their own.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from core.kernel.errors import Finding
from core.routing.estimate import days, worst_case
from core.routing.law import check_anytime, check_children, check_intake
from core.routing.law import error as _error
from core.routing.law import warning as _warning
from core.routing.spec import RESERVED, Branch, Holders, Node, RouteLimit, RouteSpec, Scope
from core.rules.service import Rule

#: ``organisations(holders) -> names of the organisations where nobody would hold the task``.
Organisations = Callable[[Holders], Collection[str]]
#: Prefixes of facts that exist besides the form's own paths.
_KNOWN = ("form", "row", "situation", "party", "channel")


def check_route(
    spec: RouteSpec,
    *,
    types: Mapping[str, Any] | None = None,
    organisations: Organisations | None = None,
    hooks: Collection[str] | None = None,
    items: Collection[str] = (),
    code: str | None = None,
    children: Mapping[str, Collection[str]] | None = None,
    permit: bool = True,
) -> list[Finding]:
    """Every finding on *spec*; paths are paths of stable ids.

    ``types`` are the types of the form (paths of rules are looked up there), ``organisations`` resolves holders for every organisation that offers the
    item, ``hooks`` are the automatic steps that plugins do here (``None``: not known, not checked), ``items`` what is installed (empty: not checked).
    ``code`` is the item's own,
    ``children`` says which items every item begins as sub-cases, so that no item can come to wait for itself. ``permit``: 行政许可法 governs the item.
    """
    found = [*_Check(spec, types, organisations, None if hooks is None else frozenset(hooks), frozenset(items)).findings()]
    return [*found, *check_anytime(spec, permit=permit), *check_intake(spec, organisations), *check_children(spec, code, children or {})]


class _Check:
    def __init__(
        self, spec: RouteSpec, types: Mapping[str, Any] | None, organisations: Organisations | None, hooks: frozenset[str] | None, items: frozenset[str]
    ) -> None:
        self.spec, self.types, self.organisations, self.hooks, self.items = spec, types, organisations, hooks, items
        self.ids = frozenset(node.id for node in spec.walk())

    def findings(self) -> Iterator[Finding]:
        """Route, scopes, nodes, time."""
        yield from self._intake()
        sound = True
        for scope in self.spec.scopes.values():
            for finding in self._scope(scope):
                sound = sound and finding.level != "error"
                yield finding
        for node in self.spec.walk():
            yield from self._node(node)
        for holders, path in self._all_holders():
            yield from self._holders(holders, path)
        for rule, path in self._rules():
            yield from self._paths(rule, path)
        yield from self._limits(sound)

    # scopes ---------------------------------------------------------------------------------------------------------

    def _scope(self, scope: Scope) -> Iterator[Finding]:
        if scope.start not in scope.nodes:
            yield _error(f"{scope.path}.start", "start_missing", node=scope.start)
        dangling = False
        for node in scope.nodes.values():
            for name, exit_ in node.exits.items():
                if exit_.target is not None and exit_.target not in scope.nodes:
                    dangling = True
                    yield _error(f"{node.path}.{name}", "target_missing", node=exit_.target, title=node.title)
        if dangling or scope.start not in scope.nodes:
            return
        yield from self._ends(scope)
        reached = reach(scope, [scope.start])
        for node in scope.nodes.values():
            if node.id not in reached:
                yield _error(node.path, "unreachable", title=node.title)
        finishing = _finishing(scope)
        for node in scope.nodes.values():
            if node.id in reached and node.id not in finishing:
                yield _error(node.path, "no_end", title=node.title)
        for loop in _forward_loops(scope):
            yield _error(f"{scope.path}.{loop}", "loop", title=scope.nodes[loop].title)
        yield from self._backs(scope)

    def _ends(self, scope: Scope) -> Iterator[Finding]:
        allowed = ends_of(self.spec, scope.path)
        for node in scope.nodes.values():
            for name, exit_ in node.exits.items():
                if exit_.outcome is not None and exit_.outcome not in allowed:
                    yield _error(f"{node.path}.{name}", "wrong_end", outcome=exit_.outcome, allowed="、".join(sorted(allowed)), title=node.title)

    def _backs(self, scope: Scope) -> Iterator[Finding]:
        for node in scope.nodes.values():
            for name, exit_ in node.exits.items():
                if exit_.back is None:
                    continue
                if not exit_.max:
                    yield _error(f"{node.path}.{name}", "back_unbounded", title=node.title)
                if exit_.back != node.id and node.id not in reach(scope, [exit_.back]):
                    yield _error(f"{node.path}.{name}", "back_not_earlier", title=node.title, node=exit_.back)
                if node.kind in ("sign", "parallel", "subcase") and scope is self.spec.review:
                    yield _warning(f"{node.path}.{name}", "back_then_refuse", title=node.title, max=exit_.max)

    # nodes ----------------------------------------------------------------------------------------------------------

    def _node(self, node: Node) -> Iterator[Finding]:
        if node.id in RESERVED:
            yield _error(node.path, "reserved", node=node.id)
        if node.kind in ("step", "sign") and (node.limit is None or all(x.value is None and x.unit != "at_once" for x in node.limit.variants())):
            yield _warning(f"{node.path}.limit", "no_limit", title=node.title)
        for pause in node.pauses:
            if pause not in self.spec.pauses:
                yield _error(f"{node.path}.pauses", "pause_undeclared", pause=pause, title=node.title)
        check = {"step": self._step, "sign": self._sign, "parallel": self._parallel, "auto": self._auto, "subcase": self._subcase}[node.kind]
        yield from check(node)

    def _step(self, node: Node) -> Iterator[Finding]:
        titles = [action.title for action in node.actions.values()]
        for action in node.actions.values():
            if titles.count(action.title) > 1:
                yield _error(f"{node.path}.actions.{action.id}", "same_title", title=action.title)
        if node.actions and all(action.when is not None or action.exit.back is not None for action in node.actions.values()):
            yield _warning(node.path, "may_stick", title=node.title)
        overdue = node.overdue
        if overdue is not None and overdue.outcome is not None:
            if not overdue.basis:
                yield _error(f"{node.path}.overdue", "overdue_basis", title=node.title)
            allowed = ends_of(self.spec, node.scope)
            if overdue.outcome not in allowed:
                yield _error(f"{node.path}.overdue", "wrong_end", outcome=overdue.outcome, allowed="、".join(sorted(allowed)), title=node.title)
            elif overdue.outcome == "grant":
                yield _warning(f"{node.path}.overdue", "overdue_grant", title=node.title)

    def _sign(self, node: Node) -> Iterator[Finding]:
        for index, group in enumerate(node.groups):
            if group.need > group.of:
                yield _error(f"{node.path}.groups.{index}", "need_too_many", need=group.need, of=group.of, title=node.title)
        if node.exits["agree"] == node.exits["refuse"]:
            yield _warning(node.path, "same_exits", title=node.title)

    def _parallel(self, node: Node) -> Iterator[Finding]:
        assert node.join is not None
        always = [b for b in node.branches.values() if b.when is None and b.for_each is None]
        if not always and "if_none" not in node.exits:
            yield _error(node.path, "nobody_may_start", title=node.title)
        if node.join.policy == "lead":
            if node.lead is None or node.lead not in node.branches:
                yield _error(f"{node.path}.lead", "lead_missing", title=node.title)
            elif node.branches[node.lead] not in always:
                yield _error(f"{node.path}.lead", "lead_skippable", title=node.title)
        if node.join.policy == "quorum":
            need = node.join.need or 0
            if not 1 <= need <= len(node.branches) and not any(b.for_each for b in node.branches.values()):
                yield _error(f"{node.path}.join.need", "quorum_too_large", need=need, branches=len(node.branches), title=node.title)
            elif need > len(always):
                yield _warning(f"{node.path}.join.need", "quorum_may_fail", need=need, always=len(always), title=node.title)
        for branch in node.branches.values():
            if branch.for_each is not None:
                yield from self._each(branch)

    def _each(self, branch: Branch) -> Iterator[Finding]:
        """A list of the form, or one inside the element of a branch around this one."""
        name = branch.for_each or ""
        kind = self.types.get(name, "") if self.types is not None and name.startswith("form.") else None
        if name.startswith("row.") and not _in_each(self.spec, branch.scope.path.rpartition(".")[0]):
            yield _error(f"{branch.scope.path}.for_each", "row_outside", name=name)
        elif not name.startswith(("form.", "row.")) or not (kind is None or kind in ("rows", "choices")):
            yield _error(f"{branch.scope.path}.for_each", "each_no_list", name=name, title=branch.title)

    def _auto(self, node: Node) -> Iterator[Finding]:
        if self.hooks is not None and node.hook not in self.hooks:
            yield _error(f"{node.path}.hook", "hook_missing", hook=node.hook, title=node.title, known=", ".join(sorted(self.hooks)) or "–")
        target = self.spec.scopes[node.scope].nodes.get(node.exits["by_hand"].to or "")
        if target is not None and target.kind not in ("step", "sign"):
            yield _error(f"{node.path}.by_hand", "by_hand_not_human", title=node.title)

    def _subcase(self, node: Node) -> Iterator[Finding]:
        if self.items and node.item not in self.items:
            yield _error(f"{node.path}.item", "item_missing", item=node.item, title=node.title)
        if not node.wait and not node.exits["granted"] == node.exits["refused"] == node.exits["cancelled"]:
            yield _warning(node.path, "child_not_waited", title=node.title)

    # people ---------------------------------------------------------------------------------------------------------

    def _intake(self) -> Iterator[Finding]:
        for pause in self.spec.pauses.values():
            if not pause.basis.strip():
                yield _error(f"pauses.{pause.id}.basis", "pause_basis", title=pause.title)

    def _all_holders(self) -> Iterator[tuple[Holders, str]]:
        yield self.spec.intake.holders, "intake"
        for check in self.spec.intake.checks.values():
            yield check.holders, check.path
        for node in self.spec.walk():
            if node.holders is not None:
                yield node.holders, node.path
            for group in node.groups:
                yield group.holders, node.path
        yield self.spec.delivery.holders, "delivery"

    def _holders(self, holders: Holders, path: str) -> Iterator[Finding]:
        scope = path.rpartition(".")[0]
        found = self.spec.branch_of(scope)
        if holders.org == "branch" and found is None:
            yield _error(f"{path}.holders", "no_branch")
            return
        for name in holders.exclude:
            if name != "intake" and not self._always_before(name, path):
                yield _error(f"{path}.holders.not", "not_always_before", node=name)
        if self.organisations is not None and holders.role != "applicant":
            empty = self.organisations(holders.within(found[1].org if found else None))
            if empty:
                yield _error(f"{path}.holders", "nobody_holds", role=holders.role, organisations="、".join(sorted(empty)[:10]))

    def _always_before(self, earlier: str, path: str) -> bool:
        """Whether *earlier* lies on every way to *path*: its scope surrounds, and without it the node there cannot be reached."""
        scope_path, _, node_id = earlier.rpartition(".")
        if not path.startswith(f"{scope_path}."):
            return False
        scope = self.spec.scopes[scope_path]
        target = path[len(scope_path) + 1 :].partition(".")[0]
        return node_id != target and target not in reach(scope, [scope.start], without=node_id)

    # rules and time -------------------------------------------------------------------------------------------------

    def _rules(self) -> Iterator[tuple[Rule, str]]:
        for check in self.spec.intake.checks.values():
            if check.when is not None:
                yield check.when, f"{check.path}.when"
        for node in self.spec.walk():
            for action in node.actions.values():
                if action.when is not None:
                    yield action.when, f"{node.path}.actions.{action.id}.when"
            for branch in node.branches.values():
                if branch.when is not None:
                    yield branch.when, f"{branch.scope.path}.when"
            for key, rule in node.give.items():
                yield rule, f"{node.path}.give.{key}"

    def _paths(self, rule: Rule, path: str) -> Iterator[Finding]:
        for name in sorted(rule.paths):
            first, _, rest = name.partition(".")
            if first in self.ids and rest.split(".")[0] in ("outcome", "result"):
                if not self._brought(first, rest):
                    yield _error(path, "not_taken", name=name)
                continue
            if first == "row" and not _in_each(self.spec, path.removesuffix(".when")):
                yield _error(path, "row_outside", name=name)
            if first not in _KNOWN or (self.types is not None and first == "form" and name not in self.types):
                yield _error(path, "unknown_path", name=name)

    def _brought(self, node_id: str, rest: str) -> bool:
        """Whether a sub-case brings back, or an automatic node declares to answer, what a rule reads."""
        what, _, key = rest.partition(".")
        told = [node.take if node.kind == "subcase" else node.answers for node in self.spec.walk() if node.id == node_id and node.kind in ("subcase", "auto")]
        return what != "result" or any(key.partition(".")[0] in each for each in told)

    def _limits(self, sound: bool) -> Iterator[Finding]:
        for statutory, promised in _pairs(self.spec.statutory, self.spec.promised):
            if promised > statutory:
                yield _error("limits.promised", "promise_too_long", promised=_number(promised), statutory=_number(statutory))
        if not sound:
            return  # the longest way through a broken route means nothing
        try:
            worst = worst_case(self.spec)
        except RecursionError:
            yield _error("review", "too_long")
            return
        promise = max((days(limit) for limit in self.spec.main_limit.variants() if limit.value is not None), default=None)
        if promise is not None and worst.without_loops > promise:
            yield _error("review", "worst_over_promise", worst=_number(worst.without_loops), promised=_number(promise))
        elif promise is not None and worst.with_loops > promise:
            yield _warning("review", "loops_over_promise", worst=_number(worst.with_loops), promised=_number(promise))


def ends_of(spec: RouteSpec, scope: str) -> frozenset[str]:
    """By what names *scope* may end: the review by the decision, a branch by its department's opinion."""
    return frozenset({"grant", "refuse"} if scope == spec.review.path else {"agree", "refuse"})


def _in_each(spec: RouteSpec, path: str) -> bool:
    """Whether *path* is, or lies inside, a branch that is walked for every element of a list."""
    parts = path.split(".")
    around = (spec.branch_of(".".join(parts[:end])) for end in range(2, len(parts) + 1))
    return any(found is not None and found[1].for_each is not None for found in around)


def _number(value: float) -> str:
    return f"{value:g}"


def _pairs(statutory: RouteLimit, promised: RouteLimit) -> Iterator[tuple[float, float]]:
    """Limits to compare: case by case where both have the same rules, else the longest promise against the shortest law."""
    if [rule for rule, _ in statutory.cases] == [rule for rule, _ in promised.cases]:
        pairs = list(zip(statutory.variants(), promised.variants(), strict=True))
    else:
        pairs = [(law, promise) for law in statutory.variants() for promise in promised.variants()]
        pairs = [max(pairs, key=lambda pair: days(pair[1]) - days(pair[0]))] if all(x.value is not None for pair in pairs for x in pair) else []
    for law, promise in pairs:
        if law.value is not None and promise.value is not None:
            yield days(law), days(promise)


def reach(scope: Scope, begin: list[str], without: str | None = None) -> set[str]:
    """Nodes reachable from *begin* inside *scope*, backwards exits included."""
    seen: set[str] = set()
    todo = [node for node in begin if node != without]
    while todo:
        here = todo.pop()
        if here in seen:
            continue
        seen.add(here)
        todo += [e.target for e in scope.nodes[here].exits.values() if e.target is not None and e.target not in seen and e.target != without]
    return seen


def _finishing(scope: Scope) -> set[str]:
    """Nodes from which an end of the scope can be reached for certain.

    A return runs out: a button of a step is closed then, so it is no way on; a vote, a join or a sub-case that may not go back again has failed and
    ends its scope.
    """
    before: dict[str, list[str]] = {key: [] for key in scope.nodes}
    todo = []
    for node in scope.nodes.values():
        for exit_ in node.exits.values():
            if exit_.to is not None:
                before[exit_.to].append(node.id)
            elif exit_.outcome is not None or node.kind != "step":
                todo.append(node.id)
    seen: set[str] = set()
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += before[here]
    return seen


def _forward_loops(scope: Scope) -> list[str]:
    """A node of every loop that passes no ``back`` (Kahn: what cannot be ordered lies on a loop or behind one)."""
    incoming = dict.fromkeys(scope.nodes, 0)
    for node in scope.nodes.values():
        for exit_ in node.exits.values():
            if exit_.to is not None:
                incoming[exit_.to] += 1
    todo = [key for key, count in incoming.items() if count == 0]
    done = 0
    while todo:
        done += 1
        for exit_ in scope.nodes[todo.pop()].exits.values():
            if exit_.to is not None:
                incoming[exit_.to] -= 1
                if incoming[exit_.to] == 0:
                    todo.append(exit_.to)
    if done == len(scope.nodes):
        return []
    return [next(key for key, count in incoming.items() if count > 0)]
