"""JSON → tree. Refuses whatever is not exactly the language of ROUTING §4.3: operators, number of operands, paths, size."""

import math
import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from core.kernel.errors import Finding
from core.rules.errors import RuleError
from core.rules.spec import MAX_DEPTH, MAX_NODES, MAX_NUMBER, Node

#: Operator → least and most operands. ``<`` and ``<=`` take three for "between".
ARITY: Mapping[str, tuple[int, int]] = {
    "var": (1, 1),
    "missing": (1, MAX_NODES),
    "==": (2, 2),
    "!=": (2, 2),
    "<": (2, 3),
    "<=": (2, 3),
    ">": (2, 2),
    ">=": (2, 2),
    "and": (1, MAX_NODES),
    "or": (1, MAX_NODES),
    "!": (1, 1),
    "in": (2, 2),
    "if": (3, MAX_NODES),
    "+": (1, MAX_NODES),
    "-": (1, 2),
    "*": (1, MAX_NODES),
    "min": (1, MAX_NODES),
    "max": (1, MAX_NODES),
    "some": (2, 2),
    "all": (2, 2),
    "none": (2, 2),
    "days_between": (2, 2),
}
_PATH = re.compile(r"[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")
_PATH_LENGTH = 200


def parse(expr: Any) -> Node:
    """The tree of *expr*. Raises :class:`RuleError` with every structural fault."""
    parser = _Parser()
    node = parser.node(expr, "", 1)
    if parser.findings:
        raise RuleError(tuple(parser.findings))
    return node


class _Parser:
    def __init__(self) -> None:
        self.findings: list[Finding] = []
        self.count = 0

    def fault(self, at: str, key: str, **params: Any) -> Node:
        self.findings.append(Finding("error", at, f"rules.{key}", params))
        return Node("lit", at)

    def node(self, expr: Any, at: str, depth: int) -> Node:
        self.count += 1
        if self.count > MAX_NODES:
            # Said once; the rest of a rule that is too big is not worth reading.
            return self.fault(at, "too_big", most=MAX_NODES) if self.count == MAX_NODES + 1 else Node("lit", at)
        if depth > MAX_DEPTH:
            return self.fault(at, "too_deep", most=MAX_DEPTH)
        if isinstance(expr, Mapping):
            return self.operation(expr, at, depth)
        if isinstance(expr, list | tuple):
            return Node("list", at, tuple(self.node(e, f"{at}[{i}]", depth + 1) for i, e in enumerate(expr)))
        return self.literal(expr, at)

    def literal(self, value: Any, at: str) -> Node:
        if isinstance(value, str):
            return Node("lit", at, value=value) if value else self.fault(at, "empty_literal")
        if isinstance(value, bool):
            return Node("lit", at, value=value)
        if isinstance(value, int | float):
            if (isinstance(value, float) and not math.isfinite(value)) or abs(value) > MAX_NUMBER:
                return self.fault(at, "number_range", most=MAX_NUMBER)
            return Node("lit", at, value=value)
        return self.fault(at, "empty_literal" if value is None else "not_a_rule")

    def operation(self, expr: Mapping[str, Any], at: str, depth: int) -> Node:
        if len(expr) != 1:
            return self.fault(at, "one_operator", found="、".join(map(str, expr)) or "{}")
        ((op, operands),) = expr.items()
        spot = f"{at}.{op}" if at else str(op)
        if op not in ARITY:
            near = get_close_matches(str(op), ARITY, 1, 0.5)
            return self.fault(spot, "unknown_operator_near" if near else "unknown_operator", op=op, near=near[0] if near else "", allowed=" ".join(ARITY))
        operands = list(operands) if isinstance(operands, list | tuple) else [operands]
        least, most = ARITY[op]
        if not least <= len(operands) <= most or (op == "if" and len(operands) % 2 == 0):
            return self.fault(spot, "arity", op=op, least=least, most=most, found=len(operands))
        if op == "var":
            return self.path(operands[0], spot)
        if op == "missing":
            return self.missing(operands, spot, depth)
        return Node(op, spot, tuple(self.node(e, f"{spot}[{i}]", depth + 1) for i, e in enumerate(operands)))

    def missing(self, operands: list[Any], at: str, depth: int) -> Node:
        """``missing`` takes paths, bare or as ``var``."""
        paths = []
        for i, operand in enumerate(operands):
            spot = f"{at}[{i}]"
            node = self.node(operand, spot, depth + 1)
            if node.op == "var":
                paths.append(node)
            else:
                paths.append(self.path(operand, spot))
        return Node("missing", at, tuple(paths))

    def path(self, path: Any, at: str) -> Node:
        if not isinstance(path, str) or len(path) > _PATH_LENGTH or not _PATH.fullmatch(path):
            return self.fault(at, "bad_path", path=str(path)[:60])
        return Node("var", at, value=path)
