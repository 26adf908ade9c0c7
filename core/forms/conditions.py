"""Which fields show, what they compute to, which become required: rules, run in the order they depend on each other.

Unknown never shows anything (ROUTING §4.3): a field whose condition cannot be decided stays hidden, and a hidden answer is dropped.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from core.forms.spec import Field, FormSpec, Node, Values, join_path
from core.kernel.money import yuan
from core.rules.errors import RuleError
from core.rules.rule import compile_rule

__all__ = ["compile_rule", "in_order", "needed", "places", "rule_problem", "settle", "to_facts"]

Step = str | int


def rule_problem(expr: Any) -> tuple[str, dict[str, Any]] | None:
    """Why *expr* is no rule: the first finding's key and parameters."""
    try:
        compile_rule(expr)
    except RuleError as error:
        first = error.findings[0]
        return first.key, dict(first.params)
    except RecursionError:
        return "rules.too_deep", {"most": 16}
    return None


# ---- order


def _place(node: Node) -> str:
    """A node's path as rules write it."""
    return f"form.{node.field.path}"


def _reads(node: Node) -> set[str]:
    rules = [r for r in (node.field.visible, node.field.computed) if r is not None]
    container = _place(node).rpartition(".")[0]
    return {f"{container}{p[3:]}" if p == "row" or p.startswith("row.") else p for rule in rules for p in rule.paths}


def in_order(nodes: Sequence[Node], cycle: Callable[[str, Sequence[str]], None]) -> tuple[Node, ...]:
    """The nodes so that each comes after everything it reads. ``cycle(path, others)`` hears of every knot; its nodes come last."""
    deciding = [n for n in nodes if n.field.visible is not None or n.field.computed is not None]
    after = [n for n in nodes if n.field.visible is None and n.field.computed is None]
    at: dict[str, list[int]] = {}
    for index, node in enumerate(deciding):  # a node is found under its own path and under every path that contains it
        parts = _place(node).split(".")
        for n in range(2, len(parts) + 1):
            at.setdefault(".".join(parts[:n]), []).append(index)
    exact: dict[str, int] = {_place(n): i for i, n in enumerate(deciding)}
    needs: list[set[int]] = []
    for node in deciding:
        found: set[int] = set()
        for path in _reads(node):
            found.update(at.get(path, ()))
            parts = path.split(".")
            found.update(exact[p] for n in range(2, len(parts)) if (p := ".".join(parts[:n])) in exact)
        own = _place(node).split(".")
        found.update(exact[p] for n in range(2, len(own)) if (p := ".".join(own[:n])) in exact)
        needs.append(found)
    return (*_sorted(deciding, needs, cycle), *after)


def _sorted(nodes: Sequence[Node], needs: Sequence[set[int]], cycle: Callable[[str, Sequence[str]], None]) -> list[Node]:
    waiting = {i: set(n) for i, n in enumerate(needs)}
    users: dict[int, list[int]] = {}
    for index, found in waiting.items():
        for other in found:
            users.setdefault(other, []).append(index)
    ready = [i for i, n in waiting.items() if not n]
    done: list[int] = []
    while ready:
        index = ready.pop(0)
        done.append(index)
        for user in users.get(index, ()):
            waiting[user].discard(index)
            if not waiting[user]:
                ready.append(user)
    stuck = [i for i in waiting if i not in set(done)]
    for index in stuck:
        knot = sorted({nodes[o].field.path for o in waiting[index] if o in stuck})
        cycle(nodes[index].field.path, knot)
    return [nodes[i] for i in (*done, *stuck)]


# ---- facts


def to_facts(field: Field, value: Any) -> Any:
    """The value as rules compare it: money in 分, unreal days absent; inside groups and rows likewise."""
    if isinstance(value, dict):
        if field.children and field.kind.key == "group":
            by_id = field.by_id
            return {k: (to_facts(f, v) if (f := by_id.get(k)) is not None else v) for k, v in value.items()}
        return value if field.kind.structural else field.kind.fact(field, value)
    if isinstance(value, list):
        item = field.item
        return [to_facts(item, v) for v in value] if item is not None else value
    return value if value is None else field.kind.fact(field, value)


def places(values: Values, facts: Mapping[str, Any], steps: Sequence[str]) -> Iterator[tuple[dict[str, Any], dict[str, Any], Any, tuple[Step, ...]]]:
    """Every container *steps* lead to: its values, its facts, the row it lies in (or ``None``), the way there with row numbers."""
    found: list[tuple[Any, Any, Any, tuple[Step, ...]]] = [(values, facts, None, ())]
    for step in steps:
        further: list[tuple[Any, Any, Any, tuple[Step, ...]]] = []
        for value, fact, row, way in found:
            if step == "[]":
                if isinstance(value, list):
                    further.extend((v, f, f, (*way, i)) for i, (v, f) in enumerate(zip(value, fact, strict=True)))
            elif isinstance(value, dict) and step in value:
                further.append((value[step], fact[step], row, (*way, step)))
        found = further
    for value, fact, row, way in found:
        if isinstance(value, dict):
            yield value, fact, row, way


def settle(spec: FormSpec, values: Values, facts: Mapping[str, Any] | None = None) -> tuple[dict[str, Any], frozenset[str], dict[str, Any]]:
    """Drop what is hidden and compute what is computed, in place.

    Returns the facts the rest of the decision reads, the paths hidden and the values computed by path.
    """
    own: dict[str, Any] = to_facts(spec.root, values)
    world: dict[str, Any] = {**(facts or {}), "form": own}
    hidden: set[str] = set()
    computed: dict[str, Any] = {}
    for node in spec.nodes:
        field = node.field
        if field.visible is None and field.computed is None:
            continue
        for holder, fact, row, way in places(values, own, node.steps):
            here = {**world, "row": row} if row is not None else world
            path = join_path((*way, field.id))
            if field.visible is not None and field.visible.evaluate(here) is not True:
                holder.pop(field.id, None)
                fact.pop(field.id, None)
                hidden.add(path)
            elif field.computed is not None:
                result = field.computed.value(here)
                _keep(field, holder, fact, result)
                if result is not None:
                    computed[path] = holder[field.id]
    return world, frozenset(hidden), computed


def _keep(field: Field, holder: dict[str, Any], fact: dict[str, Any], result: Any) -> None:
    if result is None:
        holder.pop(field.id, None)
        fact.pop(field.id, None)
        return
    money = field.schema.get("type") == "string" and isinstance(result, int) and not isinstance(result, bool)
    holder[field.id] = yuan(result) if money else result
    fact[field.id] = result


def needed(spec: FormSpec, values: Values, world: Mapping[str, Any]) -> Iterator[tuple[Field, tuple[Step, ...]]]:
    """The fields whose ``required_when`` holds but which have no answer."""
    own = world["form"]
    for node in spec.nodes:
        rule = node.field.required_when
        if rule is None:
            continue
        for holder, _, row, way in places(values, own, node.steps):
            here = {**world, "row": row} if row is not None else world
            if node.field.id not in holder and rule.evaluate(here) is True:
                yield node.field, (*way, node.field.id)
