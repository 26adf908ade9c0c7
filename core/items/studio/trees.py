"""Conditions and formulas as trees that menus can change: groups of comparisons in groups, what every row of a table must meet, sums of what was answered.

A rule is read as a tree and written as a rule again. What menus cannot say stays in its place as it was written (:class:`Kept`), and a part of the tree that
nobody changed is written back as it stood: nothing is lost by looking at it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.items.studio.conditions import Row, path_in, row_of, rule_of

#: How the parts of a group belong together: all, any, not all, none of them.
JOINS = ("and", "or", "nand", "nor")
_NEGATED = {"and": "nand", "or": "nor", "nand": "and", "nor": "or"}
#: How a condition is asked of the rows of a table.
OVER = ("some", "all", "none")
#: Formulas: operators of any number of parts, and of two.
MANY, TWO = ("+", "*", "min", "max"), ("-", "days_between")
#: Groups within groups, and formulas within formulas, that menus show; what lies deeper is kept as it is.
DEEPEST = 4
#: Parts of one rule; a rule of more is one for JSON.
MOST = 60


@dataclass(frozen=True, slots=True)
class Kept:
    """What menus cannot say, as it was written."""

    rule: Any


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all (``and``), any (``or``), not all (``nand``) or none (``nor``) must hold; without parts there is no condition."""

    join: str = "and"
    parts: tuple["Part", ...] = ()
    was: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Each:
    """A condition on the rows of the table ``path``: on ``some``, ``all`` or ``none`` of them. In ``of``, columns are called ``row.…``."""

    path: str
    op: str
    of: Group


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written down."""

    value: Any


@dataclass(frozen=True, slots=True)
class Read:
    """The value of a fact."""

    path: str


@dataclass(frozen=True, slots=True)
class Made:
    """A value worked out of others: ``+ - * min max days_between``."""

    op: str
    parts: tuple["Value", ...]
    was: Any = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Choice:
    """One value when a condition holds, else the other."""

    when: Group
    then: "Value"
    other: "Value"
    was: Any = field(default=None, compare=False, repr=False)


Part = Row | Group | Each | Kept
Value = Constant | Read | Made | Choice | Group | Kept


# ---- read


def condition(rule: Any) -> Group:
    """*rule* as a group; ``None`` is one without parts."""
    if rule is None:
        return Group()
    made = _part(rule, 0)
    if not isinstance(made, Group):
        made = Group("and", (made,), rule)
    return made if size(made) <= MOST else Group("and", (Kept(rule),), rule)


def _part(rule: Any, depth: int) -> Part:
    row = row_of(rule)
    if row is not None:
        return row
    if not isinstance(rule, Mapping) or len(rule) != 1 or depth >= DEEPEST:
        return Kept(rule)
    (op, args), *_ = rule.items()
    if op in ("and", "or") and isinstance(args, list) and args:
        return Group(op, tuple(_part(each, depth + 1) for each in args), rule)
    if op == "!":
        inner = _part(args[0] if isinstance(args, list) and len(args) == 1 else args, depth)
        return Group(_NEGATED[inner.join], inner.parts, rule) if isinstance(inner, Group) else Kept(rule)
    if op in OVER and isinstance(args, list) and len(args) == 2 and path_in(args[0]) is not None:
        inner = _part(args[1], depth + 1)
        return Each(str(path_in(args[0])), op, inner if isinstance(inner, Group) else Group("and", (inner,), args[1]))
    return Kept(rule)


def formula(rule: Any) -> Value:
    """*rule* as a value."""
    made = _value(rule, 0)
    return made if size(made) <= MOST else Kept(rule)


def _value(rule: Any, depth: int) -> Value:
    if isinstance(rule, str | int | float | bool):
        return Constant(rule)
    path = path_in(rule)
    if path is not None:
        return Read(path)
    if not isinstance(rule, Mapping) or len(rule) != 1 or depth >= DEEPEST:
        return Kept(rule)
    (op, args), *_ = rule.items()
    if isinstance(args, list) and ((op in MANY and args) or (op in TWO and len(args) == 2)):
        return Made(op, tuple(_value(each, depth + 1) for each in args), rule)
    if op == "if" and isinstance(args, list) and len(args) >= 3 and len(args) % 2:
        rest = args[2] if len(args) == 3 else {"if": args[2:]}
        return Choice(_grouped(args[0], depth + 1), _value(args[1], depth + 1), _value(rest, depth + 1), rule)
    made = _part(rule, depth)
    return made if isinstance(made, Group | Kept) else Group("and", (made,), rule)


def _grouped(rule: Any, depth: int) -> Group:
    made = _part(rule, depth)
    return made if isinstance(made, Group) else Group("and", (made,), rule)


def size(node: Part | Value) -> int:
    """How many parts a tree has."""
    return 1 + sum(map(size, below(node)))


def below(node: Part | Value) -> tuple[Part | Value, ...]:
    """What a node is made of."""
    match node:
        case Group(parts=parts) | Made(parts=parts):
            return parts
        case Each(of=of):
            return (of,)
        case Choice(when=when, then=then, other=other):
            return (when, then, other)
        case _:
            return ()


# ---- written


def whole(tree: Value) -> Any:
    """The rule of a whole condition or formula: a single part of a group stands for itself; ``None`` for a group without parts."""
    alone = isinstance(tree, Group) and tree.join in ("and", "or") and len(tree.parts) == 1 and not _as_it_was(tree, _grouped)
    return rule_for(tree.parts[0]) if isinstance(tree, Group) and alone else rule_for(tree)


def rule_for(node: Part | Value) -> Any:
    """The rule that a tree says; ``None`` for a group without parts."""
    match node:
        case Row():
            return rule_of(node)
        case Kept(rule=rule):
            return rule
        case Constant(value=value):
            return value
        case Read(path=path):
            return {"var": path}
        case Group():  # one that stands in another keeps its single part to itself, or it would be gone while it is being made
            return node.was if _as_it_was(node, _grouped) else _joined(node)
        case Each(path=path, op=op, of=of):
            return {op: [{"var": path}, whole(of)]}
        case Made(op=op, parts=parts):
            return node.was if _as_it_was(node, _value) else {op: [rule_for(each) for each in parts]}
        case Choice():
            return node.was if _as_it_was(node, _value) else {"if": _cases(node)}
    raise TypeError(node)


def _as_it_was(node: Any, read: Any) -> bool:
    return node.was is not None and repr(read(node.was, 0)) == repr(node)  # of equal things, 1 and true differ


def _joined(group: Group) -> Any:
    rules = [rule for each in group.parts if (rule := rule_for(each)) is not None]
    if not rules:
        return None
    negated = group.join in ("nand", "nor")
    made = {"or" if group.join in ("or", "nor") else "and": rules}
    return {"!": [made]} if negated else made


def _cases(choice: Choice) -> list[Any]:
    """``if`` takes one case after the other."""
    front = [whole(choice.when), rule_for(choice.then)]
    return [*front, *_cases(choice.other)] if isinstance(choice.other, Choice) else [*front, rule_for(choice.other)]
