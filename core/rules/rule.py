"""A compiled rule: the one object that forms, items, routes and guides hold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.rules.errors import RuleError
from core.rules.evaluate import Facts, Run, build
from core.rules.parse import parse
from core.rules.sentence import Labels, sentence
from core.rules.spec import Node, Type
from core.rules.typing_check import check_types, full_path


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition or a computed value. Immutable; safe to share between threads; equal when its JSON is equal."""

    expr: Any
    paths: frozenset[str] = field(compare=False)
    """Every fact it reads, from the root: a column of rows is ``form.staff.name``; ``row.…`` only where the row comes from outside."""
    type: Type = field(compare=False)
    _node: Node = field(repr=False, compare=False)
    _run: Run = field(repr=False, compare=False)

    def evaluate(self, facts: Facts) -> bool | None:
        """True, False, or ``None`` for unknown – which opens nothing (ROUTING §4.3)."""
        truth = self._run(facts)
        return truth if isinstance(truth, bool) else None

    def value(self, facts: Facts) -> Any:
        """The computed value, ``None`` when unknown. Money is integer 分."""
        return self._run(facts)

    def sentence(self, labels: Labels, locale: str = "zh") -> str:
        """The rule in words, e.g. ``经营面积超过 300 且 使用自备水井``."""
        return sentence(self._node, labels, locale)


def compile_rule(expr: Any, types: Mapping[str, Type] | None = None) -> Rule:
    """Compile *expr*. With *types* (even empty; full paths, ``form.area``; columns as ``form.staff.name``) unlike values are refused.

    Raises :class:`RuleError` with every finding: unknown operator, wrong number of operands, bad or unknown path, unlike types,
    depth > 16, nodes > 200.
    """
    if isinstance(expr, Rule):
        return expr if types is None else compile_rule(expr.expr, types)
    node = parse(expr)
    kind, findings = check_types(node, types or {})
    if findings and types is not None:
        raise RuleError(tuple(findings))
    return Rule(expr, frozenset(_paths(node, None)), kind, node, build(node))


def _paths(node: Node, rows: str | None) -> set[str]:
    if node.op == "var":
        return {full_path(node, rows) or str(node.value)} if not (node.value == "row" and rows) else {rows}
    if node.op in ("some", "all", "none"):
        source, condition = node.args
        return _paths(source, rows) | _paths(condition, full_path(source, rows))
    return {path for arg in node.args for path in _paths(arg, rows)}
