"""What somebody filled into the menus of a rule, as the tree it makes of the rule that the menus were drawn from.

Every control is named ``<what>:<place>``; places are ``r`` for the whole, ``r-0`` for its first part, ``r-0-w`` for a condition inside of one, ``-t`` and
``-o`` for the two values of a choice. A part whose fact, comparison or kind changed begins anew: what was typed belonged to another question.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from core.items.studio import conditions, trees
from core.items.studio.conditions import Fact, Other, Row
from core.items.studio.errors import BadEdit
from core.items.studio.expressions import path_of
from core.items.studio.ruled import World
from core.items.studio.spots import Spot
from core.items.studio.trees import Choice, Constant, Each, Group, Made, Part, Read, Value
from core.kernel.clock import today
from core.kernel.wording import word
from core.rules.service import Type

ROOT = "r"
#: What a value may be: written down, read from a fact, worked out of others, one of two, whether a condition holds.
KINDS = ("constant", "read", *trees.MANY, *trees.TWO, "if", "test")
#: Types of which one can be worked out of the other.
_NUMBERS = ("number", "money")


class Given(Protocol):
    """A posted form."""

    def get(self, name: str, default: str = "", /) -> Any:
        """The first value under a name."""

    def getlist(self, name: str, /) -> list[str]:
        """All of them."""


def condition(was: Group, given: Given, world: World) -> Group:
    """The condition *was* as it was filled in. Raises :class:`BadEdit` for what is no value of its fact."""
    made = _Filling(given).group(was, ROOT, world)
    _bound(made)
    return made


def formula(was: Value | None, given: Given, world: World, wanted: Type) -> Value:
    """The formula *was* – ``None``: none yet – as it was filled in; *wanted* is the type that it should have."""
    filling = _Filling(given)
    if was is None:
        kind = given.get(f"form:{ROOT}")
        return _begun(kind if kind in KINDS else "constant", wanted, world)
    made = filling.value(was, ROOT, world, wanted)
    _bound(made)
    return made


def _bound(made: Value) -> None:
    if trees.size(made) > trees.MOST:
        raise BadEdit("items.studio_condition_nested")


@dataclass(frozen=True, slots=True)
class _Filling:
    given: Given

    # ---- conditions

    def group(self, was: Group, place: str, world: World) -> Group:
        """A group with its rows filled in, one more where a fact was chosen to be added."""
        given = self.given
        parts: list[Part] = []
        for index, part in enumerate(was.parts):
            here = f"{place}-{index}"
            if given.get("drop") != here and (made := self.part(part, here, world)) is not None:
                parts.append(made)
        added = given.get(f"new:{place}")
        if added:
            row = _fresh(added, world)
            parts.append(Group("or" if was.join in ("and", "nor") else "and", (row,)) if given.get("group") == place else row)
        join = given.get(f"join:{place}")
        return replace(was, join=join if join in trees.JOINS else was.join, parts=tuple(parts))

    def part(self, was: Part, place: str, world: World) -> Part | None:
        """One part of a group; ``None`` when nothing is left of it."""
        match was:
            case Row():
                return self.row(was, place, world)
            case Group():
                group = self.group(was, place, world)
                return group if group.parts else None
            case Each(path=path, op=op, of=of):
                inner, chosen = self.group(of, f"{place}-w", world.inside(path)), self.given.get(f"over:{place}")
                return Each(path, chosen if chosen in trees.OVER else op, inner) if inner.parts else None
        return was

    def row(self, was: Row, place: str, world: World) -> Part:
        """One comparison."""
        given = self.given
        path, op = given.get(f"fact:{place}", was.path), given.get(f"op:{place}", was.op)
        known = {fact.path: fact for fact in world.facts}
        if path == was.path and path not in known:
            return was  # about what is no more: found and told elsewhere
        if path != was.path:
            return _fresh(path, world, op)
        fact = known[path]
        than = given.get(f"than:{place}", was.value.path if isinstance(was.value, Other) else "")
        if than and op in conditions.TWO_FACED and op in fact.operators:
            return Row(path, op, Other(_known(world.facts, than).path))
        if _shape(op) != _shape(was.op) or isinstance(was.value, Other):
            return conditions.begun(fact, op)
        return conditions.written(fact, op, list(given.getlist(f"value:{place}")))

    # ---- values

    def value(self, was: Value, place: str, world: World, wanted: Type) -> Value:
        """A value of a formula."""
        kind = self.given.get(f"form:{place}")
        if kind in KINDS and kind != kind_of(was):
            return _turned(was, kind, wanted, world)
        match was:
            case Constant(value=value):
                return Constant(constant(value, self.given.get(f"const:{place}", shown(value, wanted)), wanted))
            case Read(path=path):
                chosen = self.given.get(f"fact:{place}", path)
                return was if chosen == path else Read(_known(world.facts, chosen).path)
            case Made():
                return self.made(was, place, world, wanted)
            case Choice(when=when, then=then, other=other):
                inner = self.group(when, f"{place}-w", world)
                values = (self.value(then, f"{place}-t", world, wanted), self.value(other, f"{place}-o", world, wanted))
                return replace(was, when=inner if inner.parts else when, then=values[0], other=values[1])
            case Group():
                group = self.group(was, place, world)
                return group if group.parts else was
        return was

    def made(self, was: Made, place: str, world: World, wanted: Type) -> Value:
        """What is worked out of others: parts come and go; one alone is that one."""
        inner = within(was, world, wanted)
        parts = [self.value(part, f"{place}-{index}", world, inner) for index, part in enumerate(was.parts) if self.given.get("drop") != f"{place}-{index}"]
        if self.given.get("more") == place and was.op in trees.MANY:
            parts.append(_begun("constant", inner, world))
        return replace(was, parts=tuple(parts)) if len(parts) > 1 else parts[0] if parts else _begun("constant", wanted, world)


# ---- beginnings


def _fresh(path: str, world: World, op: str = "") -> Part:
    """A new comparison about a fact; about a table, one that some row of it must meet."""
    if any(table.path == path for table in world.tables):
        inner = world.inside(path)
        column = next((fact for fact in inner.facts if fact.path.startswith("row.")), None)
        if column is None:
            raise BadEdit("items.studio_route_gone", name=path[:80])
        return Each(path, "some", Group("and", (conditions.begun(column),)))
    return conditions.begun(_known(world.facts, path), op)


def _begun(kind: str, wanted: Type, world: World) -> Value:
    return _turned(Constant(_neutral(wanted)), kind, wanted, world)


def _turned(was: Value, kind: str, wanted: Type, world: World) -> Value:
    """*was* as another kind of value; what it holds is taken along where it can be."""
    if kind == "constant":
        return Constant(_neutral(wanted))
    if kind == "read":
        fact = next(iter(readable(world, wanted)), None)
        if fact is None:
            raise BadEdit("items.studio_formula_no_fact")
        return Read(fact.path)
    if kind == "if":
        return Choice(_some(world), was, Constant(_neutral(wanted)))
    if kind == "test":
        return _some(world)
    if kind == "days_between":
        return Made(kind, tuple(_begun("read" if readable(world, "date") else "constant", "date", world) for _ in range(2)))
    return Made(kind, _operands(was, kind, wanted))


def _operands(was: Value, kind: str, wanted: Type) -> tuple[Value, ...]:
    """What a sum, difference or product begins with: the same parts as before, or the value that stood there and one that changes nothing."""
    neutral = Constant(1 if kind == "*" else _neutral(wanted))
    if not isinstance(was, Made) or was.op == "days_between":
        return (was, neutral)
    if kind not in trees.TWO or len(was.parts) == 2:
        return was.parts
    return (was.parts[0], Made("+", was.parts[1:]) if len(was.parts) > 1 else neutral)


def _some(world: World) -> Group:
    if not world.facts:
        raise BadEdit("items.studio_formula_no_fact")
    return Group("and", (conditions.begun(world.facts[0]),))


def _neutral(wanted: Type) -> Any:
    return {"number": 0, "money": 0, "date": today().isoformat(), "bool": True}.get(wanted, word("items.studio_formula_fill_in", "zh"))


def readable(world: World, wanted: Type) -> tuple[Fact, ...]:
    """The facts whose value can stand where *wanted* is asked for; amounts are numbers, but a number is no amount."""
    fitting = _NUMBERS if wanted == "number" else (wanted,)
    return tuple(fact for fact in world.facts if wanted in ("any", "text", "choice") or fact.type in fitting)


# ---- what stands there


def kind_of(node: Value) -> str:
    """Which of :data:`KINDS` a value is; empty for what menus cannot say."""
    match node:
        case Constant():
            return "constant"
        case Read():
            return "read"
        case Made(op=op):
            return op
        case Choice():
            return "if"
        case Group():
            return "test"
    return ""


def type_of(node: Value, world: World) -> Type:
    """The type of a value as far as its facts tell; ``any`` for constants, which are what they stand beside."""
    match node:
        case Read(path=path):
            return _type(path, world)
        case Made(op="days_between"):
            return "number"
        case Made(parts=parts):
            return _common(type_of(each, world) for each in parts)
        case Choice(then=then, other=other):
            return _common(type_of(each, world) for each in (then, other))
        case Group():
            return "bool"
    return "any"


def _common(types: Iterable[Type]) -> Type:
    known = [each for each in types if each != "any"]
    return "money" if "money" in known else known[0] if known else "any"


def within(made: Made, world: World, wanted: Type) -> Type:
    """The type that the parts of *made* should have: amounts are added to amounts, but multiplied by numbers."""
    if made.op == "days_between":
        return "date"
    if made.op == "*":
        return "number"
    held = type_of(made, world)
    return held if held in (*_NUMBERS, "date") else wanted if wanted in (*_NUMBERS, "date") else "number"


def shown(value: Any, wanted: Type) -> str:
    """A constant as its control has it."""
    return conditions.shown(Fact("", wanted if isinstance(value, int) and not isinstance(value, bool) else "text", ""), value)


def constant(was: Any, text: str, wanted: Type) -> Any:
    """The constant that somebody wrote. Raises :class:`BadEdit` for what cannot stand there; where anything can, it stays what it was."""
    if text == shown(was, wanted):
        return was
    kind: str = wanted if wanted in (*_NUMBERS, "date") else "bool" if isinstance(was, bool) else "text"
    if kind == "text" and isinstance(was, int | float) and text.replace(".", "", 1).isdigit():
        kind = "number"
    return conditions.written(Fact("", kind, word("items.studio_formula_constant", "zh")), "is", [text]).value


def _shape(op: str) -> int:
    return next((n for n, ops in enumerate((conditions.BARE, conditions.PAIR, conditions.MANY)) if op in ops), -1)


def _known(facts: Iterable[Fact], path: str) -> Fact:
    found = next((fact for fact in facts if fact.path == path), None)
    if found is None:
        raise BadEdit("items.studio_route_gone", name=path[:80])
    return found


def wanted_at(at: Spot, world: World) -> Type:
    """The type that a formula at *at* should have: of the form's field that it works out; anything elsewhere."""
    return _type(f"form.{path_of(at)}", world) if at[0] == "form" else "any"


def _type(path: str, world: World) -> Type:
    found: Type = world.types.get(path, "any")
    return found
