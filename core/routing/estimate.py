"""How long a route takes at worst, in working days: once straight through, once with every loop used up."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.routing.facts import holds
from core.routing.spec import Node, RouteLimit, RouteSpec, Scope
from core.worktime.spec import Limit

#: Working days of one unit, for comparing only; due dates are counted on the calendar. A month has at most 23 working days.
_WORKING: Mapping[str, float] = {"working_day": 1, "calendar_day": 5 / 7, "month": 23, "year": 261, "hour": 1 / 24, "at_once": 0}


@dataclass(frozen=True, slots=True)
class WorstCase:
    """Working days of the longest way. ``unknown`` counts the human steps whose limit nobody gave (they add nothing)."""

    without_loops: float
    with_loops: float
    steps: int
    unknown: int


def days(limit: Limit) -> float:
    """*limit* in working days, for comparison."""
    return (limit.value or 0) * _WORKING[limit.unit]


def worst_case(spec: RouteSpec, facts: Mapping[str, Any] | None = None) -> WorstCase:
    """The longest way through the review of a sound route. With *facts* branches that will not start and limits that do not apply are left out."""
    work = _Longest(spec, facts)
    plain = work.scope(spec.review)[0]
    looped = work.scope(spec.review)[1]
    human = [n for n in spec.walk() if n.kind in ("step", "sign")]
    unknown = sum(n.limit is None or (n.limit.plain.value is None and n.limit.plain.unit != "at_once") for n in human)
    return WorstCase(plain, looped, len(spec.nodes), unknown)


class _Longest:
    def __init__(self, spec: RouteSpec, facts: Mapping[str, Any] | None) -> None:
        self.spec, self.facts = spec, facts
        self.known: dict[str, tuple[float, float]] = {}

    def scope(self, scope: Scope) -> tuple[float, float]:
        """Longest straight way, and the same with every loop used up, each taken alone and added."""
        if scope.path not in self.known:
            ends: dict[str, float] = {}
            straight = self._from(scope, scope.start, ends, loops=False)
            full = self._from(scope, scope.start, {}, loops=True)
            for node in scope.nodes.values():
                for exit_ in node.exits.values():
                    if exit_.back is not None:
                        full += (exit_.max or 1) * self._between(scope, exit_.back, node.id, {})
            self.known[scope.path] = (straight, full)
        return self.known[scope.path]

    def _from(self, scope: Scope, start: str, seen: dict[str, float], *, loops: bool) -> float:
        if start not in seen:
            node = scope.nodes[start]
            onward = [self._from(scope, e.to, seen, loops=loops) for e in node.exits.values() if e.to is not None]
            seen[start] = self.node(node)[loops] + max(onward, default=0.0)
        return seen[start]

    def _between(self, scope: Scope, start: str, end: str, seen: dict[str, float]) -> float:
        """Longest way from *start* to *end*, both counted; minus infinity when there is none."""
        if start not in seen:
            node = scope.nodes[start]
            here = self.node(node)[1]
            if start == end:
                return here
            onward = [self._between(scope, e.to, end, seen) for e in node.exits.values() if e.to is not None]
            best = max(onward, default=float("-inf"))
            seen[start] = here + best
        return seen[start]

    def node(self, node: Node) -> tuple[float, float]:
        """Longest stay in one node: its limit, or – for a block – that of its longest branch."""
        if node.kind != "parallel":
            stay = self._limit(node.limit)
            return stay, stay
        found = [self.scope(b.scope) for b in node.branches.values() if self.facts is None or holds(b.when, self.facts) is not False]
        return max((f[0] for f in found), default=0.0), max((f[1] for f in found), default=0.0)

    def _limit(self, limit: RouteLimit | None) -> float:
        if limit is None:
            return 0.0
        chosen = limit.resolve(self.facts) if self.facts is not None else None
        return days(chosen) if chosen is not None else max(days(x) for x in limit.variants())
