"""One comparison by menus: a fact, how it is compared, with what – read from a rule, filled in, written as a rule again.

How comparisons make conditions, and values formulas, is :mod:`core.items.studio.trees`.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from math import isfinite
from typing import Any

from core.items.studio.errors import BadEdit
from core.kernel.clock import today
from core.kernel.money import yuan
from core.kernel.text import normalise
from core.rules.service import Label, RuleError, compile_rule

#: Operators by what a fact is; the first is what a new row begins with.
OPERATORS: Mapping[str, tuple[str, ...]] = {
    "bool": ("is", "is_not", "given", "missing"),
    "choice": ("is", "is_not", "one_of", "none_of", "given", "missing"),
    "choices": ("has", "has_not", "given", "missing"),
    "number": ("gt", "ge", "lt", "le", "is", "is_not", "between", "one_of", "none_of", "given", "missing"),
    "money": ("gt", "ge", "lt", "le", "is", "is_not", "between", "given", "missing"),
    "date": ("gt", "ge", "lt", "le", "is", "is_not", "between", "given", "missing"),
    "text": ("is", "is_not", "one_of", "none_of", "given", "missing"),
    "rows": ("given", "missing"),
    "any": ("given", "missing"),
}
_COMPARED: Mapping[str, str] = {"is": "==", "is_not": "!=", "gt": ">", "ge": ">=", "lt": "<", "le": "<="}
_READ = {op: name for name, op in _COMPARED.items()}
_TURNED = {"==": "==", "!=": "!=", ">": "<", ">=": "<=", "<": ">", "<=": ">="}
_NOT = {"is": "is_not", "is_not": "is", "one_of": "none_of", "none_of": "one_of", "has": "has_not", "has_not": "has", "missing": "given", "given": "missing",
        "gt": "le", "le": "gt", "ge": "lt", "lt": "ge"}  # fmt: skip
#: Operators that compare with nothing, with two values, with several; those that may compare with another fact.
BARE, PAIR, MANY = ("given", "missing"), ("between",), ("one_of", "none_of")
TWO_FACED = ("is", "is_not", "gt", "ge", "lt", "le")
#: Between the names of a group and of what stands in it.
GAP = " · "
#: Separators of several values written in one line.
_GAPS = str.maketrans("，、；;", ",,,,")


@dataclass(frozen=True, slots=True)
class Other:
    """What a fact is compared with where that is another fact."""

    path: str


@dataclass(frozen=True, slots=True)
class Row:
    """One comparison. ``value`` is none, one, a pair (low, high) or several, as the operator asks, or another fact."""

    path: str
    op: str
    value: Any = None


@dataclass(frozen=True, slots=True)
class Fact:
    """Something rules may ask: its path, its type, its title, and the answers to choose from."""

    path: str
    type: str
    title: str
    choices: tuple[tuple[Any, str], ...] = ()
    unit: str = ""

    @property
    def operators(self) -> tuple[str, ...]:
        """How it may be compared."""
        return OPERATORS.get(self.type, OPERATORS["any"])


def facts(types: Mapping[str, Any], labels: Mapping[str, Any], tables: Collection[str] = ()) -> tuple[Fact, ...]:
    """Every fact that a condition outside of rows may read: situations, the form's fields, party and channel – no *tables* with their columns."""
    found = [fact(path, str(kind), labels) for path, kind in types.items() if not path.startswith("row.") and not _in(path, tables)]
    return tuple(each for each in found if each.type != "any" or not any(path.startswith(f"{each.path}.") for path in types))


def _in(path: str, tables: Collection[str]) -> bool:
    return any(path == table or path.startswith(f"{table}.") for table in tables)


def fact(path: str, kind: str, labels: Mapping[str, Any], known_as: str = "") -> Fact:
    """The fact at *path*; *labels* may know it by another name."""
    held = labels.get(known_as or path)
    made = Label(held) if isinstance(held, str) else held if held is not None else Label("")
    return Fact(path, kind, called(known_as or path, labels), tuple(made.choices.items()), made.unit)


def called(path: str, labels: Mapping[str, Any]) -> str:
    """What people call a fact: its title, after that of the group in which it stands."""
    parts = path.split(".")
    titles = [_title(labels.get(".".join(parts[:end]))) for end in range(1, len(parts) + 1)]
    return GAP.join([*filter(None, titles[:-1]), titles[-1] or path])


def _title(label: Any) -> str:
    return label if isinstance(label, str) else label.title if label is not None else ""


# ---- a rule as a row


def row_of(rule: Any) -> Row | None:
    """*rule* as one comparison; ``None`` for one that is none."""
    if not isinstance(rule, Mapping) or len(rule) != 1:
        return None
    (op, args), *_ = rule.items()
    if op == "!":
        inner = row_of(args[0] if isinstance(args, list) and len(args) == 1 else args)
        return replace(inner, op=_NOT[inner.op]) if inner is not None and inner.op in _NOT else None
    if op == "var":
        path = path_in(rule)
        return None if path is None else Row(path, "is", True)
    if op == "missing":
        paths = args if isinstance(args, list) else [args]
        return Row(paths[0], "missing") if len(paths) == 1 and isinstance(paths[0], str) else None
    return _compared(op, args) if isinstance(args, list) else None


def _compared(op: str, args: list[Any]) -> Row | None:
    paths = [path_in(each) for each in args]
    if op in _READ and len(args) == 2:
        if paths[0] is not None and _plain(args[1]):
            return Row(paths[0], _READ[op], args[1])
        if paths[0] is not None and paths[1] is not None:
            return Row(paths[0], _READ[op], Other(paths[1]))
        return Row(paths[1], _READ[_TURNED[op]], args[0]) if paths[1] is not None and _plain(args[0]) else None
    if op == "<=" and len(args) == 3 and paths[1] is not None and _plain(args[0]) and _plain(args[2]):
        return Row(paths[1], "between", (args[0], args[2]))
    if op == "in" and len(args) == 2:
        if paths[0] is not None and isinstance(args[1], list) and args[1] and all(map(_plain, args[1])):
            return Row(paths[0], "one_of", tuple(args[1]))
        return Row(paths[1], "has", args[0]) if paths[1] is not None and _plain(args[0]) else None
    return None


def path_in(value: Any) -> str | None:
    """The path that *value* reads, when it does nothing else."""
    held = value.get("var") if isinstance(value, Mapping) and len(value) == 1 else None
    held = held[0] if isinstance(held, list) and len(held) == 1 else held
    return held if isinstance(held, str) else None


def _plain(value: Any) -> bool:
    return isinstance(value, str | int | float | bool)


def rule_of(row: Row) -> Any:
    """The rule that *row* says."""
    fact = {"var": row.path}
    match row.op:
        case "missing":
            return {"missing": [row.path]}
        case "given":
            return {"!": [{"missing": [row.path]}]}
        case "one_of":
            return {"in": [fact, list(row.value)]}
        case "none_of":
            return {"!": [{"in": [fact, list(row.value)]}]}
        case "has":
            return {"in": [row.value, fact]}
        case "has_not":
            return {"!": [{"in": [row.value, fact]}]}
        case "between":
            return {"<=": [row.value[0], fact, row.value[1]]}
        case _:
            return {_COMPARED[row.op]: [fact, {"var": row.value.path} if isinstance(row.value, Other) else row.value]}


# ---- what was filled in


def begun(fact: Fact, op: str = "") -> Row:
    """A new row about *fact*, comparable at once; what it is compared with is then changed."""
    chosen = op if op in fact.operators else fact.operators[0]
    return Row(fact.path, chosen, _beginning(fact, chosen))


def _beginning(fact: Fact, op: str) -> Any:
    if op in BARE:
        return None
    first: Any = {"bool": True, "number": 0, "money": 0, "date": today().isoformat()}.get(fact.type, "待填")
    first = fact.choices[0][0] if fact.choices else first
    return (first, first) if op in PAIR else (first,) if op in MANY else first


def written(fact: Fact, op: str, given: list[str]) -> Row:
    """The row that somebody filled in: *given* are the texts of its value. Raises :class:`BadEdit` for what is no value of this fact."""
    if op not in fact.operators:
        raise BadEdit("items.studio_condition_operator", title=fact.title)
    if op in BARE:
        return Row(fact.path, op)
    texts = [normalise(each).strip() for each in given]
    if op in MANY and not fact.choices:
        texts = [each.strip() for text in texts for each in text.translate(_GAPS).split(",")]
    values = tuple(_value(fact, text) for text in texts if text)
    wanted = 2 if op in PAIR else 1
    if len(values) < wanted or (op not in MANY and len(values) > wanted):
        raise BadEdit("items.studio_condition_value", title=fact.title)
    return Row(fact.path, op, values if op in (*MANY, *PAIR) else values[0])


def _value(fact: Fact, text: str) -> Any:
    if fact.choices:
        found = next((value for value, _title in fact.choices if shown(fact, value) == text), None)
        if found is None:
            raise BadEdit("items.studio_condition_value", title=fact.title)
        return found
    try:
        if fact.type == "bool":
            return {"true": True, "false": False}[text]
        if fact.type == "date":
            return date.fromisoformat(text).isoformat()
        if fact.type == "money":
            return round(float(text.replace(",", "")) * 100)
        if fact.type == "number":
            number = float(text.replace(",", ""))
            if not isfinite(number):
                raise ValueError(text)
            return int(number) if number.is_integer() else number
    except (ValueError, KeyError, OverflowError) as error:
        raise BadEdit("items.studio_condition_value", title=fact.title) from error
    return text[:200]


def shown(fact: Fact, value: Any) -> str:
    """A value as the row's form has it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if fact.type == "money" and isinstance(value, int):
        return yuan(value).replace(",", "")
    return str(value)


def texts(fact: Fact, row: Row) -> Iterator[str]:
    """The values of a row as its form has them; none for another fact."""
    if isinstance(row.value, Other):
        return
    held = row.value if isinstance(row.value, tuple) else () if row.value is None else (row.value,)
    yield from (shown(fact, each) for each in held)


def sentence(rule: Any, labels: Mapping[str, Any], locale: str = "zh") -> str:
    """*rule* in words; empty where there is none or where it is no rule."""
    if rule is None:
        return ""
    try:
        return compile_rule(rule).sentence(labels, locale)
    except RuleError:
        return ""
