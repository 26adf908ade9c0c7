"""Tree → closures. ``None`` is *unknown*: absent, empty, or values that cannot be compared. Unknown never opens anything.

The browser's twin is ``core/web/static/js/rules.js``; ``vectors.json`` and a differential fuzz hold the two together.
"""

import operator
import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from core.rules.spec import MAX_NUMBER, ROW, Node

Facts = Mapping[str, Any]
Run = Callable[[Facts], Any]

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def build(node: Node) -> Run:
    """The closure of *node*: facts → value, ``None`` when unknown."""
    return _BUILDERS.get(node.op, _call)(node)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(value: Any) -> Any:
    """*value* when it is an exact number, else unknown. An integral float becomes an int, as in JSON."""
    if not _is_number(value) or not abs(value) <= MAX_NUMBER:
        return None
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _known(value: Any) -> Any:
    """A fact as a rule sees it: an empty text is absent, a number must be exact, other things are not of the language."""
    if isinstance(value, str):
        return value or None
    if isinstance(value, bool):
        return value
    if isinstance(value, list | tuple | Mapping):
        return value
    return _number(value)


def equal(a: Any, b: Any) -> bool | None:
    """Whether two plain values of the same kind are equal; unknown for unlike kinds, lists and rows."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b if isinstance(a, bool) and isinstance(b, bool) else None
    if isinstance(a, str) and isinstance(b, str):
        return a == b
    return bool(a == b) if _is_number(a) and _is_number(b) else None


def _literal(node: Node) -> Run:
    value = _known(node.value)
    return lambda _facts: value


def _list(node: Node) -> Run:
    runs = tuple(build(a) for a in node.args)
    return lambda facts: [run(facts) for run in runs]


def _var(node: Node) -> Run:
    *front, last = node.value.split(".")

    def run(facts: Facts) -> Any:
        at: Any = facts
        for key in front:
            at = at.get(key)
            if not isinstance(at, Mapping):
                return None
        return _known(at.get(last))

    return run


def _missing(node: Node) -> Run:
    runs = tuple(build(a) for a in node.args)
    return lambda facts: any(run(facts) is None for run in runs)


def _and(node: Node) -> Run:
    runs = tuple(build(a) for a in node.args)

    def run(facts: Facts) -> bool | None:
        answer: bool | None = True
        for part in runs:
            truth = part(facts)
            if truth is False:
                return False
            if truth is not True:
                answer = None
        return answer

    return run


def _or(node: Node) -> Run:
    runs = tuple(build(a) for a in node.args)

    def run(facts: Facts) -> bool | None:
        answer: bool | None = False
        for part in runs:
            truth = part(facts)
            if truth is True:
                return True
            if truth is not False:
                answer = None
        return answer

    return run


def _not(node: Node) -> Run:
    inner = build(node.args[0])

    def run(facts: Facts) -> bool | None:
        truth = inner(facts)
        return (not truth) if isinstance(truth, bool) else None

    return run


def _if(node: Node) -> Run:
    runs = [build(a) for a in node.args]
    pairs, last = tuple(zip(runs[:-1:2], runs[1:-1:2], strict=True)), runs[-1]

    def run(facts: Facts) -> Any:
        for condition, answer in pairs:
            truth = condition(facts)
            if truth is True:
                return answer(facts)
            if truth is not False:
                return None
        return last(facts)

    return run


def _compare(node: Node) -> Run:
    runs = tuple(build(a) for a in node.args)
    test = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}[node.op]

    def pair(a: Any, b: Any) -> bool | None:
        if (isinstance(a, str) and isinstance(b, str)) or (_is_number(a) and _is_number(b)):
            return bool(test(a, b))  # texts by code point, which for ISO days is by time
        return None

    if len(runs) == 2:
        left, right = runs
        return lambda facts: pair(left(facts), right(facts))

    def between(facts: Facts) -> bool | None:
        low, middle, high = (r(facts) for r in runs)
        answers = (pair(low, middle), pair(middle, high))
        return False if False in answers else (None if None in answers else True)

    return between


def _each(node: Node) -> Run:
    """``some``, ``all``, ``none``: Kleene over the rows; ``all`` and ``none`` of no rows are true."""
    rows, condition = build(node.args[0]), build(node.args[1])
    stop = node.op != "all"  # the truth of one row that settles the answer
    settled = node.op == "some"

    def run(facts: Facts) -> bool | None:
        elements = rows(facts)
        if not isinstance(elements, list | tuple):
            return None
        answer: bool | None = not settled
        for element in elements:
            truth = condition({**facts, ROW: element})
            if truth is stop:
                return settled
            if truth is not (not stop):
                answer = None
        return answer

    return run


def _call(node: Node) -> Run:
    """Operators over plain values: any unknown operand makes the result unknown."""
    runs = tuple(build(a) for a in node.args)
    work = _PLAIN[node.op]

    def run(facts: Facts) -> Any:
        values = [r(facts) for r in runs]
        return None if None in values else work(*values)

    return run


def _in(value: Any, options: Any) -> bool | None:
    if not isinstance(options, list | tuple):
        return None
    answer: bool | None = False
    for option in options:
        same = equal(value, _known(option))
        if same:
            return True
        if same is None:
            answer = None
    return answer


def _fold(step: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def work(*values: Any) -> Any:
        total = _number(values[0])
        for value in values[1:]:
            if total is None or not _is_number(value):
                return None
            total = _number(step(total, value))
        return total

    return work


def _subtract(a: Any, *rest: Any) -> Any:
    if not _is_number(a) or not all(map(_is_number, rest)):
        return None
    return _number(a - rest[0]) if rest else _number(-a)


def _extreme(choose: Callable[[Any], Any]) -> Callable[..., Any]:
    def work(*values: Any) -> Any:
        alike = all(isinstance(v, str) for v in values) or all(map(_is_number, values))
        return choose(values) if alike else None

    return work


def _days_between(start: Any, end: Any) -> int | None:
    try:
        if not (_DAY.fullmatch(start) and _DAY.fullmatch(end)):
            return None
        return (date.fromisoformat(end) - date.fromisoformat(start)).days
    except (TypeError, ValueError):
        return None


def _different(a: Any, b: Any) -> bool | None:
    same = equal(a, b)
    return None if same is None else not same


_PLAIN: Mapping[str, Callable[..., Any]] = {
    "==": equal,
    "!=": _different,
    "in": _in,
    "+": _fold(operator.add),
    "*": _fold(operator.mul),
    "-": _subtract,
    "min": _extreme(min),
    "max": _extreme(max),
    "days_between": _days_between,
}
_BUILDERS: Mapping[str, Callable[[Node], Run]] = {
    "lit": _literal,
    "list": _list,
    "var": _var,
    "missing": _missing,
    "and": _and,
    "or": _or,
    "!": _not,
    "if": _if,
    "<": _compare,
    "<=": _compare,
    ">": _compare,
    ">=": _compare,
    "some": _each,
    "all": _each,
    "none": _each,
}
