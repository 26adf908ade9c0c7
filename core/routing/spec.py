"""A compiled route: frozen, nested scopes, every rule ready to run (ROUTING §4).

A *scope* is a set of nodes with one start in which exactly one token moves; the review is one, each branch of a ``parallel`` another.
A node's *path* joins stable ids: ``review.joint.fire.opinion``.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from core.rules.service import Rule
from core.worktime.spec import Limit

NodeKind = Literal["step", "sign", "parallel", "subcase", "auto"]
Org = str | Mapping[str, str]

#: Ids that facts already use; a node may not take one of them, or a rule could not tell them apart.
RESERVED = frozenset({"form", "row", "situation", "party", "channel", "documents", "intake", "delivery", "result", "relay", "pre_review", "urge"})


@dataclass(frozen=True, slots=True)
class Holders:
    """Who may hold a task: a role and an organisation *relation*, never a person (ROUTING §4.2).

    ``exclude`` are absolute node paths whose actors may not act here (four eyes). The applicant is ``Holders("applicant", "applicant")``,
    the platform itself (an automatic node) ``Holders("system", "system")``.
    """

    role: str
    org: Org
    exclude: tuple[str, ...] = ()
    pick: str | None = None
    fallback: "Holders | None" = None
    _plain: dict[str, Any] | None = field(default=None, init=False, repr=False, compare=False)

    def within(self, branch: Org | None) -> "Holders":
        """The same with the relation ``branch`` replaced by the branch's own organisation."""
        if branch is None:
            return self
        below = self.fallback.within(branch) if self.fallback else None
        if self.org != "branch" and below is self.fallback:
            return self
        return replace(self, org=branch if self.org == "branch" else self.org, fallback=below)

    def to_json(self) -> dict[str, Any]:
        """The holders as they stand in an event; made once, so nobody may change what is returned."""
        if self._plain is None:
            object.__setattr__(self, "_plain", self._to_json())
        assert self._plain is not None
        return self._plain

    def _to_json(self) -> dict[str, Any]:
        plain: dict[str, Any] = {"role": self.role, "org": self.org if isinstance(self.org, str) else dict(self.org)}
        if self.exclude:
            plain["not"] = list(self.exclude)
        if self.pick:
            plain["pick"] = self.pick
        if self.fallback:
            plain["fallback"] = self.fallback.to_json()
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any] | str) -> "Holders":
        """The holders of a document or an event."""
        if isinstance(plain, str):
            return cls(plain, plain)
        fallback = plain.get("fallback")
        org = plain["org"]
        return cls(
            plain["role"],
            org if isinstance(org, str) else dict(org),
            tuple(plain.get("not", ())),
            plain.get("pick"),
            cls.from_json(fallback) if fallback else None,
        )


APPLICANT = Holders("applicant", "applicant")
PLATFORM = Holders("system", "system")
#: Whoever holds the task in question (``anytime``).
HOLDER = Holders("holder", "holder")


@dataclass(frozen=True, slots=True)
class RouteLimit:
    """A limit that may depend on an answer: the first case whose rule is true, else the plain one."""

    plain: Limit
    cases: tuple[tuple[Rule, Limit], ...] = ()

    def resolve(self, facts: Mapping[str, Any]) -> Limit | None:
        """The limit for *facts*; ``None`` when a rule that comes first is still unknown."""
        for rule, limit in self.cases:
            truth = rule.evaluate(facts)
            if truth is None:
                return None
            if truth:
                return limit
        return self.plain

    def variants(self) -> tuple[Limit, ...]:
        """Every limit it may become."""
        return (*(limit for _, limit in self.cases), self.plain)

    def missing(self) -> tuple[str, ...]:
        """The paths its rules read."""
        return tuple(sorted({path for rule, _ in self.cases for path in rule.paths}))


@dataclass(frozen=True, slots=True)
class Exit:
    """Where a node goes: exactly one of ``to`` (same scope), ``outcome`` (ends the scope), ``back`` (an earlier node, at most ``max`` times)."""

    to: str | None = None
    outcome: str | None = None
    back: str | None = None
    max: int | None = None
    needs: tuple[str, ...] = ()
    document: str | None = None

    @property
    def target(self) -> str | None:
        """The node it leads to, ``None`` when it ends the scope."""
        return self.to or self.back


@dataclass(frozen=True, slots=True)
class Action:
    """A button of a step."""

    id: str
    title: str
    exit: Exit
    when: Rule | None = None


@dataclass(frozen=True, slots=True)
class Overdue:
    """What happens ``after`` a step is late: escalate to the parent organisation, or an outcome, which needs a basis."""

    after: RouteLimit
    escalate: str | None = None
    outcome: str | None = None
    basis: str | None = None
    light: str = "red"


@dataclass(frozen=True, slots=True)
class SignGroup:
    """Signers of one kind: ``need`` of ``of`` must agree."""

    holders: Holders
    need: int
    of: int


@dataclass(frozen=True, slots=True)
class Join:
    """When a parallel block goes on, and how."""

    policy: Literal["all", "any", "quorum", "lead"]
    need: int | None = None
    wait: Literal["all", "decided"] = "all"
    on_refuse: Literal["wait", "stop_others"] = "wait"


@dataclass(frozen=True, slots=True)
class Node:
    """One node of a scope; ``exits`` are all the ways out, by the id of the action or of the result."""

    id: str
    path: str
    scope: str
    kind: NodeKind
    title: str
    limit: RouteLimit | None
    exits: Mapping[str, Exit]
    holders: Holders | None = None
    help: str = ""
    rules: str | None = None
    pauses: tuple[str, ...] = ()
    actions: Mapping[str, Action] = field(default_factory=dict)
    overdue: Overdue | None = None
    groups: tuple[SignGroup, ...] = ()
    veto: bool = False
    in_order: bool = False
    may_add: bool = False
    lead: str | None = None
    branches: Mapping[str, "Branch"] = field(default_factory=dict)
    join: Join | None = None
    hook: str | None = None
    give: Mapping[str, Rule] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)
    purpose: str = ""
    retry: Mapping[str, Any] = field(default_factory=dict)
    item: str | None = None
    take: Mapping[str, str] = field(default_factory=dict)
    wait: bool = True
    org: Org | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Nodes in which exactly one token moves."""

    path: str
    start: str
    nodes: Mapping[str, Node]
    org: Org | None = None


@dataclass(frozen=True, slots=True)
class Branch:
    """One department's part of a parallel block."""

    id: str
    title: str
    org: Org
    scope: Scope
    when: Rule | None = None
    for_each: str | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """A department that checks its own papers during intake."""

    department: str
    holders: Holders
    limit: RouteLimit
    when: Rule | None = None

    @property
    def path(self) -> str:
        """The path of its task."""
        return f"intake.check.{self.department}"


@dataclass(frozen=True, slots=True)
class Relay:
    """Papers passed up the levels by agents, lowest level first; the last level of ``chain`` is that of the authority.

    A level in ``precheck_at`` may say whether the papers are complete, never more. ``starts_clock_at`` is the level whose receipt starts the intake
    clock (with its basis); ``None`` is the authority itself. ``within`` are the limits for handing over paper, by the level that hands over.
    """

    chain: tuple[str, ...]
    holders: Holders
    precheck_at: tuple[str, ...] = ()
    custody: str = "none"
    within: Mapping[str, RouteLimit] = field(default_factory=dict)
    starts_clock_at: str | None = None

    @property
    def below(self) -> tuple[str, ...]:
        """The levels that pass papers on."""
        return self.chain[:-1]

    def after(self, level: str) -> str:
        """The level above *level* in the chain."""
        return self.chain[self.chain.index(level) + 1]


@dataclass(frozen=True, slots=True)
class PreReview:
    """预审 before receipt: one answer with one complete list. ``on_request``: only when the applicant asks for it."""

    holders: Holders
    limit: RouteLimit
    when: Rule | None = None
    on_request: bool = False


@dataclass(frozen=True, slots=True)
class Intake:
    """Receipt, department checks, one correction, acceptance (行政许可法 32)."""

    holders: Holders
    limit: RouteLimit
    checks: Mapping[str, Check]
    correction_limit: RouteLimit | None
    lapse_basis: str | None
    relay: Relay | None = None
    pre_review: PreReview | None = None


@dataclass(frozen=True, slots=True)
class PauseSpec:
    """A special procedure that stops the main clock (行政许可法 45). ``shared``: several branches join one, counted once."""

    id: str
    title: str
    max: RouteLimit
    basis: str
    shared: bool = False
    notice: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Handing over what was decided (行政许可法 44)."""

    holders: Holders
    limit: RouteLimit
    ways: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Extend:
    """Lengthening the main limit (行政许可法 42): who approves, by how much, how often, on what basis; ``joint`` where departments act together."""

    by: Holders
    adds: RouteLimit
    times: int
    basis: str
    joint: "Extend | None" = None


@dataclass(frozen=True, slots=True)
class RouteSpec:
    """A whole route. ``nodes`` finds any node by its path, ``scopes`` any scope – also those of one element of a ``for_each``."""

    title: str
    statutory: RouteLimit
    promised: RouteLimit
    yellow: Limit | None
    pauses: Mapping[str, PauseSpec]
    intake: Intake
    review: Scope
    delivery: Delivery
    anytime: Mapping[str, Mapping[str, Any]]
    nodes: Mapping[str, Node]
    scopes: Mapping[str, Scope]
    doc: Mapping[str, Any] = field(repr=False, default_factory=dict)
    extend: Extend | None = None
    ask_limit: RouteLimit | None = None

    def branch_of(self, scope: str) -> tuple[Node, Branch] | None:
        """The parallel node and the branch whose scope is *scope*; ``None`` for the review itself."""
        node_path, _, branch = scope.rpartition(".")
        node = self.nodes.get(node_path) if node_path else None
        found = self.branch(node, branch) if node is not None else None
        return (node, found) if node is not None and found is not None else None

    def branch(self, node: Node, name: str) -> Branch | None:
        """The branch *name* of *node*; ``sites[2]`` is the branch ``sites`` for the second element, in a scope of its own."""
        written, _, element = name.partition("[")
        branch = node.branches.get(written)
        if branch is None or not element:
            return branch
        scope = self.scopes.get(f"{node.path}.{name}")
        return None if scope is None else replace(branch, id=name, title=f"{branch.title}（{element[:-1]}）", scope=scope)

    def walk(self) -> Iterator[Node]:
        """Every node, outer ones first."""
        return iter(self.nodes.values())

    @property
    def main_limit(self) -> RouteLimit:
        """The limit the main clock runs against: the promise, or the statutory limit where nothing is promised."""
        promised = self.promised
        known = promised.plain.value is not None or any(limit.value is not None for _, limit in promised.cases)
        return promised if known else self.statutory
