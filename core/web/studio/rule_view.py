"""A rule as its menus show it: groups of comparisons, formulas, and the sentence that they make – all of it plain values for a template."""

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from core.items.studio import conditions, filling, trees
from core.items.studio.conditions import Fact, Other, Row
from core.items.studio.ruled import Ruled, World
from core.items.studio.spots import write
from core.items.studio.trees import Choice, Constant, Each, Group, Kept, Made, Read
from core.kernel.wording import word
from core.rules.service import Type

_HAN = re.compile("[\u3400-\u9fff]")
#: More facts than this are offered where one is added; a comparison that stands there names its own only.
_FEW = 200
#: Facts by where they come from, in the order in which they are offered.
_SOURCES = ("row", "situation", "form", "party", "outcome")


def view(ruled: Ruled, world: World, locale: str) -> dict[str, Any]:
    """The rule at a place as the macros draw it."""
    drawn = _Drawing(world, locale)
    condition = trees.condition(None if ruled.value else ruled.rule)
    tree = trees.formula(ruled.rule) if ruled.value and ruled.rule is not None else condition
    sentence = conditions.sentence(ruled.rule, world.labels, locale)
    made = {
        "at": write(ruled.at), "name": ruled.at[-1], "title": ruled.title, "help": ruled.help, "value": ruled.value, "there": ruled.rule is not None,
        "sentence": sentence, "lang": lang(sentence, locale), "json": "" if ruled.rule is None else json.dumps(ruled.rule, ensure_ascii=False, indent=1),
        "beyond": ruled.rule is not None and _beyond(tree),
    }  # fmt: skip
    if made["beyond"]:
        return made
    if not ruled.value:
        return {**made, "tree": drawn.group(condition, filling.ROOT, 0)}
    wanted = filling.wanted_at(ruled.at, world)
    return {**made, "tree": drawn.value(tree, filling.ROOT, wanted, 0) if ruled.rule is not None else None, "kinds": drawn.kinds(wanted, 0)}


def _beyond(tree: Any) -> bool:
    """Whether menus can say nothing of it."""
    return isinstance(tree, Kept) or (isinstance(tree, Group) and all(isinstance(each, Kept) for each in tree.parts))


def lang(text: str, locale: str) -> str:
    """How a text is marked that may be Chinese on a page of another language."""
    return "zh-CN" if not locale.startswith("zh") and _HAN.search(text) else ""


class _Drawing:
    def __init__(self, world: World, locale: str) -> None:
        self.world, self.locale = world, locale

    def word(self, key: str, **params: Any) -> str:
        return word(f"items.studio_{key}", self.locale, **params)

    def options(self, facts: Sequence[Fact]) -> list[dict[str, Any]]:
        """Facts to choose from, by where they come from; of two with one name, their sections tell which."""
        count = Counter((_source(fact), fact.title) for fact in self.world.facts)
        made = []
        for source in _SOURCES:
            held = [
                {"path": fact.path, "title": fact.title if count[source, fact.title] < 2 else self.word("fact_in", title=fact.title, place=self.place(fact)),
                 "lang": lang(fact.title, self.locale)}
                for fact in facts if _source(fact) == source
            ]  # fmt: skip
            if held:
                made.append({"title": self.word(f"facts_{source}"), "facts": held})
        return made

    def place(self, fact: Fact) -> str:
        """What tells a fact from another of the same name: its section, else – where that is the same, too – its id."""
        twins = [self.world.places.get(each.path, "") for each in self.world.facts if each.title == fact.title]
        own = self.world.places.get(fact.path, "")
        return own if own and twins.count(own) == 1 else fact.path.rpartition(".")[2]

    def choosing(self, facts: Sequence[Fact], chosen: Fact) -> list[dict[str, Any]]:
        """:meth:`options` for a control that has *chosen* already."""
        every = facts if len(facts) <= _FEW else ()
        return self.options(every if chosen in every else (chosen, *every))

    def group(self, group: Group, place: str, depth: int) -> dict[str, Any]:
        """A group with its parts."""
        return {
            "kind": "group", "place": place, "join": group.join, "joins": [(key, self.word(f"condition_join_{key}")) for key in trees.JOINS],
            "parts": [self.part(part, f"{place}-{index}", depth) for index, part in enumerate(group.parts)], "nests": depth + 1 < trees.DEEPEST,
            "new": self.options([*self.world.facts, *self.world.tables]),
        }  # fmt: skip

    def part(self, part: Any, place: str, depth: int) -> dict[str, Any]:
        """One part of a group."""
        match part:
            case Row():
                return self.row(part, place)
            case Group():
                return self.group(part, place, depth + 1)
            case Each(path=path, op=op, of=of):
                inner = _Drawing(self.world.inside(path), self.locale)
                title = conditions.called(path, self.world.labels)
                return {
                    "kind": "each", "place": place, "title": title, "lang": lang(title, self.locale), "op": op,
                    "ops": [(key, self.word(f"condition_over_{key}")) for key in trees.OVER], "of": inner.group(of, f"{place}-w", depth + 1),
                }  # fmt: skip
        return self.kept(part, place)

    def kept(self, part: Kept, place: str) -> dict[str, Any]:
        """What menus cannot say: its sentence, its JSON."""
        said = conditions.sentence(part.rule, self.world.labels, self.locale)
        return {"kind": "kept", "place": place, "sentence": said, "lang": lang(said, self.locale), "json": json.dumps(part.rule, ensure_ascii=False)}

    def row(self, row: Row, place: str) -> dict[str, Any]:
        """One comparison."""
        fact = self.fact(row.path)
        allowed = fact.operators if row.op in fact.operators else (*fact.operators, row.op)
        values = list(conditions.texts(fact, row))
        than = row.value.path if isinstance(row.value, Other) else ""
        others = [each for each in self.world.facts if each.type == fact.type != "any" and each.path != fact.path] if row.op in conditions.TWO_FACED else []
        kind = "other" if than else next((name for name, ops in _SHAPES.items() if row.op in ops), "one")
        choices = [(conditions.shown(fact, value), title) for value, title in fact.choices]
        if fact.type == "bool" and not choices:
            choices = [(each, word(f"rules.say_{each}", self.locale)) for each in ("true", "false")]
        return {
            "kind": "row", "place": place, "fact": fact, "facts": self.choosing(self.world.facts, fact), "op": row.op, "values": values, "shape": kind,
            "choices": [(value, title, lang(title, self.locale)) for value, title in choices], "type": fact.type, "unit": fact.unit,
            "operators": [(op, self.word(f"condition_{op}")) for op in allowed], "line": self.word("comma").join(values), "than": than,
            "others": self.choosing(others, self.fact(than)) if than else self.options(others if len(others) <= _FEW else ()),
        }  # fmt: skip

    def fact(self, path: str) -> Fact:
        """The fact at *path*, also where there is none any more."""
        return next((fact for fact in self.world.facts if fact.path == path), None) or Fact(path, "any", conditions.called(path, self.world.labels))

    # ---- values

    def kinds(self, wanted: Type, depth: int) -> list[tuple[str, str]]:
        """What a value may be made of here."""
        plain = ("constant", "read")
        allowed = plain if wanted == "date" or depth + 1 >= trees.DEEPEST else filling.KINDS
        return [(kind, self.word(f"formula_{_NAMES[kind]}")) for kind in allowed if kind != "test" or wanted in ("any", "bool")]

    def value(self, node: Any, place: str, wanted: Type, depth: int) -> dict[str, Any]:
        """A value of a formula."""
        kind, kinds = filling.kind_of(node), self.kinds(wanted, depth)
        if not kind:
            return self.kept(node, place)
        if kind not in dict(kinds):
            kinds.append((kind, self.word(f"formula_{_NAMES[kind]}")))
        made: dict[str, Any] = {"kind": "value", "place": place, "form": kind, "kinds": kinds, "parts": []}
        match node:
            case Constant(value=value):
                made |= {"const": filling.shown(value, wanted), "type": "bool" if isinstance(value, bool) else wanted}
            case Read(path=path):
                made |= {"path": path, "facts": self.choosing(filling.readable(self.world, wanted), self.fact(path))}
            case Made(op=op, parts=parts):
                inner = filling.within(node, self.world, wanted)
                made |= {"parts": [self.value(each, f"{place}-{index}", inner, depth + 1) for index, each in enumerate(parts)], "more": op in trees.MANY}
            case Choice(when=when, then=then, other=other):
                made |= {"when": self.group(when, f"{place}-w", depth + 1), "then": self.value(then, f"{place}-t", wanted, depth + 1),
                         "other": self.value(other, f"{place}-o", wanted, depth + 1)}  # fmt: skip
            case Group():
                made |= {"of": self.group(node, place, depth)}
        return made


#: How many values a comparison is with.
_SHAPES: Mapping[str, tuple[str, ...]] = {"none": conditions.BARE, "many": conditions.MANY, "pair": conditions.PAIR}
#: Kinds of values → how their names are called.
_NAMES: Mapping[str, str] = {**{kind: kind for kind in filling.KINDS}, "+": "sum", "*": "product", "-": "difference"}


def _source(fact: Fact) -> str:
    root = fact.path.partition(".")[0]
    return "party" if root in ("party", "channel") else root if root in ("row", "situation", "form") else "outcome"
