"""The facts a rule sees at one place of a route: what the caller knows, plus the outcomes of the nodes around it."""

from collections.abc import Mapping
from typing import Any

from core.routing.errors import NeedMissing
from core.routing.marking import Marking
from core.routing.spec import Node, RouteLimit, RouteSpec
from core.rules.service import Rule
from core.worktime.spec import Limit


def facts_at(spec: RouteSpec, marking: Marking, scope: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """*facts* with ``<node id>.outcome`` for every finished node of *scope* and the scopes around it; inner ids win."""
    seen = dict(facts)
    parts = scope.split(".")
    for end in range(1, len(parts) + 1):
        found = spec.scopes.get(".".join(parts[:end]))
        for node in found.nodes.values() if found else ():
            outcome = marking.outcomes.get(node.path)
            given = facts.get(node.id)
            known = dict(given) if isinstance(given, Mapping) else {}
            if outcome is None:
                known.pop("outcome", None)
            else:
                known["outcome"] = outcome
            if known or node.id in seen:
                seen[node.id] = known
    return seen


def holds(rule: Rule | None, facts: Mapping[str, Any]) -> bool | None:
    """Whether *rule* lets through; no rule always does, an unknown one is ``None``."""
    return True if rule is None else rule.evaluate(facts)


def known_limit(limit: RouteLimit | None, facts: Mapping[str, Any], title: str) -> Limit | None:
    """The limit for *facts*. A rule that is still unknown stops entry and asks for the value (ROUTING §4.3)."""
    if limit is None:
        return None
    found = limit.resolve(facts)
    if found is None:
        raise NeedMissing("routing.need.value", paths="、".join(limit.missing()), title=title)
    return found


def hook_input(spec: RouteSpec, marking: Marking, node: Node, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The values an automatic node or a sub-case gives away. They may be personal, so they are computed when needed and never kept in an event."""
    here = facts_at(spec, marking, node.scope, facts)
    return {key: rule.value(here) for key, rule in node.give.items()}
