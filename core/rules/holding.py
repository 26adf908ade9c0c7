"""Whether a rule can hold at all: for the gate and the studio, which say so before anybody waits for what never comes.

A rule is opened into its alternatives, each a list of plain demands on single facts; one that demands what a fact can never be – no such choice, more
than its most, two values at once – is impossible. What cannot be seen through is taken to hold sometimes, so that nothing sound is ever called wrong.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

#: Alternatives looked at; a rule with more is taken to hold sometimes.
MOST = 256
_FLIPPED = {"==": "==", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATED = {"==": "!=", "!=": "==", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "missing": "given", "given": "missing"}


@dataclass(frozen=True, slots=True)
class Domain:
    """What a fact can be: one of ``choices`` where it is chosen, a number from ``least`` to ``most``."""

    choices: frozenset[Any] | None = None
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class _Demand:
    path: str
    op: str
    value: Any


_Alternatives = list[tuple[_Demand, ...]]
_ALWAYS: _Alternatives = [()]


class _TooMany(Exception):
    """More alternatives than are worth a look."""


def may_hold(expr: Any, domains: Mapping[str, Domain]) -> bool:
    """Whether there are answers with which *expr* is true, as far as can be told by looking at *domains*."""
    try:
        return any(_possible(each, domains) for each in _opened(expr, True))
    except (_TooMany, RecursionError):
        return True


def _opened(expr: Any, positive: bool) -> _Alternatives:
    """The alternatives under which *expr* is true – or, not *positive*, false. Something unreadable is always possible."""
    if isinstance(expr, bool):
        return _ALWAYS if expr is positive else []
    if not isinstance(expr, Mapping) or len(expr) != 1:
        return _ALWAYS
    ((op, given),) = expr.items()
    args = given if isinstance(given, list) else [given]
    if op == "!" and len(args) == 1:
        return _opened(args[0], not positive)
    if op in ("and", "or"):
        parts = [_opened(each, positive) for each in args]
        return _all(parts) if (op == "and") is positive else _any(parts)
    if op == "in" and len(args) == 2 and isinstance(args[1], list):
        tests = [_compared("==", args[0], each, positive) for each in args[1]]
        return _any(tests) if positive else _all(tests)
    if op in ("<", "<=") and len(args) == 3:
        parts = [_compared(op, args[0], args[1], positive), _compared(op, args[1], args[2], positive)]
        return _all(parts) if positive else _any(parts)
    if op in _FLIPPED and len(args) == 2:
        return _compared(op, args[0], args[1], positive)
    if op == "missing" and len(args) == 1 and (path := _path(args[0]) or (args[0] if isinstance(args[0], str) else None)):
        return [(_Demand(path, "missing" if positive else "given", None),)]
    if op == "var" and (path := _path(expr)):
        return [(_Demand(path, "==", positive),)]
    return _ALWAYS


def _any(parts: Iterable[_Alternatives]) -> _Alternatives:
    found = [each for part in parts for each in part]
    if len(found) > MOST:
        raise _TooMany
    return found


def _all(parts: list[_Alternatives]) -> _Alternatives:
    count = 1
    for part in parts:
        count *= len(part)
        if count > MOST:
            raise _TooMany
    return [tuple(demand for each in together for demand in each) for together in product(*parts)]


def _compared(op: str, left: Any, right: Any, positive: bool) -> _Alternatives:
    if not isinstance(left, Mapping | list) and not isinstance(right, Mapping | list):
        return _ALWAYS if _true(left, op, right) is positive else []
    if _path(left) is None:
        left, right, op = right, left, _FLIPPED[op]
    path = _path(left)
    if path is None or isinstance(right, Mapping | list):
        return _ALWAYS
    return [(_Demand(path, op if positive else _NEGATED[op], right),)]


def _path(expr: Any) -> str | None:
    """The fact that *expr* is; an element of rows is a different one in every row and tells nothing."""
    if not isinstance(expr, Mapping) or len(expr) != 1 or "var" not in expr:
        return None
    given = expr["var"][0] if isinstance(expr["var"], list) and len(expr["var"]) == 1 else expr["var"]
    return given if isinstance(given, str) else None


def _possible(demands: tuple[_Demand, ...], domains: Mapping[str, Domain]) -> bool:
    by_path: dict[str, list[_Demand]] = {}
    for each in demands:
        by_path.setdefault(each.path, []).append(each)
    return all(_fits(of_one, domains.get(path, Domain())) for path, of_one in by_path.items())


def _fits(demands: list[_Demand], domain: Domain) -> bool:
    """Whether one value answers all *demands* on a fact. A fact that is missing answers nothing but that."""
    ops = {each.op for each in demands}
    if "missing" in ops:
        return ops == {"missing"}
    wanted = [each.value for each in demands if each.op == "=="]
    values = wanted[:1] if wanted else list(domain.choices) if domain.choices is not None else None
    if values is None:
        return _room(demands, domain)
    return any(_in(value, domain) and all(each.op == "given" or _true(value, each.op, each.value) for each in demands) for value in values)


def _in(value: Any, domain: Domain) -> bool:
    if domain.choices is not None:
        return any(same(value, each) for each in domain.choices)
    return not _number(value) or ((domain.least is None or value >= domain.least) and (domain.most is None or value <= domain.most))


def _room(demands: list[_Demand], domain: Domain) -> bool:
    """Whether there is anything between all lower and all upper bounds."""
    bounds = list(_bounds(demands, domain))
    lows = [(value, open_) for low, value, open_ in bounds if low]
    highs = [(value, open_) for low, value, open_ in bounds if not low]
    for low, low_open in lows:
        for high, high_open in highs:
            if type(low) is not type(high) and not (_number(low) and _number(high)):
                continue
            if low > high or (low == high and (low_open or high_open)):
                return False
    return True


def _bounds(demands: list[_Demand], domain: Domain) -> Iterator[tuple[bool, Any, bool]]:
    """(whether it is a lower bound, the bound, whether it is itself out)."""
    if domain.least is not None:
        yield True, domain.least, False
    if domain.most is not None:
        yield False, domain.most, False
    for each in demands:
        if each.op in ("<", "<=", ">", ">="):
            yield each.op[0] == ">", each.value, len(each.op) == 1


def _number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def same(one: Any, other: Any) -> bool:
    """Equal as rules compare: ``1`` is ``1.0`` and never ``true``."""
    return bool(one == other) and isinstance(one, bool) is isinstance(other, bool)


def _true(left: Any, op: str, right: Any) -> bool:
    if op in ("==", "!="):
        return same(left, right) is (op == "==")
    if not (_number(left) and _number(right)) and not (isinstance(left, str) and isinstance(right, str)):
        return True
    return bool({"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[op])
