"""The facts a rule sees at one place of a route: what the caller knows, the outcomes of the nodes around it, and its element of a list."""

from collections.abc import Mapping
from typing import Any

from core.kernel.wording import word
from core.routing.draft import State
from core.routing.errors import NeedMissing, RouteRefused
from core.routing.places import MOST_EACH
from core.routing.spec import Branch, Node, RouteLimit, RouteSpec
from core.rules.service import Rule
from core.worktime.spec import Limit


def facts_at(spec: RouteSpec, marking: State, scope: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """*facts* with ``<node id>.outcome`` for every finished node of *scope* and the scopes around it; inner ids win.

    Inside a branch that is walked for each element, ``row`` is that element.
    """
    seen = dict(facts)
    parts = scope.split(".")
    for end in range(1, len(parts) + 1):
        path = ".".join(parts[:end])
        found = spec.scopes.get(path)
        if found is None:
            continue
        if path.endswith("]"):
            seen["row"] = _row(spec, path, seen)
        for node in found.nodes.values():
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


def _row(spec: RouteSpec, scope: str, facts: Mapping[str, Any]) -> Mapping[str, Any]:
    """The element that *scope* (``…sites[2]``) stands for; nothing is known of one that is not in the list any more."""
    found = spec.branch_of(scope)
    listed = elements(found[1], facts) if found is not None else None
    at = int(scope[scope.rindex("[") + 1 : -1]) - 1
    return listed[at] if listed is not None and at < len(listed) else {}


def elements(branch: Branch, facts: Mapping[str, Any]) -> list[Mapping[str, Any]] | None:
    """The elements a ``for_each`` walks, as rules see them (a plain value is ``row.value``); ``None`` when the list is not known.

    Raises :class:`RouteRefused` when it is no list, or too long.
    """
    value: Any = facts
    for part in (branch.for_each or "").split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    if value is None:
        return None
    if not isinstance(value, (list, tuple)):
        raise RouteRefused("routing.no_list", path=branch.for_each, title=branch.title)
    if len(value) > MOST_EACH:
        raise RouteRefused("routing.list_too_long", title=branch.title, most=MOST_EACH, count=len(value))
    return [each if isinstance(each, Mapping) else {"value": each} for each in value]


def holds(rule: Rule | None, facts: Mapping[str, Any]) -> bool | None:
    """Whether *rule* lets through; no rule always does, an unknown one is ``None``."""
    return True if rule is None else rule.evaluate(facts)


def known_limit(limit: RouteLimit | None, facts: Mapping[str, Any], title: str) -> Limit | None:
    """The limit for *facts*. A rule that is still unknown stops entry and asks for the value (ROUTING §4.3); *title* are words, or the key of words."""
    if limit is None or not limit.cases:
        return limit.plain if limit is not None else None
    found = limit.resolve(facts)
    if found is None:
        raise NeedMissing("routing.need.value", paths="、".join(limit.missing()), title=word(title))
    return found


def hook_input(spec: RouteSpec, marking: State, node: Node, facts: Mapping[str, Any]) -> dict[str, Any]:
    """The values an automatic node or a sub-case gives away. They may be personal, so they are computed when needed and never kept in an event."""
    if not node.give:
        return {}
    here = facts_at(spec, marking, node.scope, facts)
    return {key: rule.value(here) for key, rule in node.give.items()}


def taken(node: Node, child: Mapping[str, Any]) -> dict[str, Any]:
    """What a sub-case brings back (``take``): *child* are the facts of the ended child; the caller keeps them as facts ``<node id>.result``."""
    found: dict[str, Any] = {}
    for key, path in node.take.items():
        value: Any = child
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            found[key] = value
    return found
