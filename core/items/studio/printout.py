"""A whole item in words, for people who review it on paper: every part by its name, fields with their rules as sentences, steps as sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.items.diff import fields_of
from core.items.facts import spoken_labels
from core.items.saying import Labels, called, entry_title, say
from core.items.spec import CompiledItem
from core.items.studio.parts import FIXED, shown
from core.kernel.wording import word
from core.routing.sentences import sentence
from core.rules.errors import RuleError
from core.rules.service import compile_rule

#: Parts that nobody reviews on paper: they are looked at elsewhere, or say the same in another language.
LEFT_OUT = ("tests", "translations", "plugins", "form", "route", "limits")
_EMPTY: tuple[Any, ...] = (None, [], {}, "")
#: Rules of a field, with the words in front of their sentence.
_FIELD_RULES = ("visible_when", "required_when")


@dataclass(frozen=True, slots=True)
class Row:
    """What a place is called, and what stands there."""

    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """What stands together under one name: an entry of a list, or – without a name – what the part says itself."""

    title: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One part of the item."""

    title: str
    blocks: tuple[Block, ...]


def printout(item: CompiledItem, locale: str = "zh", *, departments: Mapping[str, str] | None = None) -> tuple[Section, ...]:
    """The sections in the order of the studio; parts with nothing in them are left out. *departments* says what kinds of them are called."""
    labels = spoken_labels(item, locale)
    made = []
    for part in shown():
        if part.key not in LEFT_OUT:
            held = {name: item.doc[name] for name in part.names if name not in FIXED and item.doc.get(name) not in _EMPTY}
            made.append(Section(word(f"items.studio_part_{part.key}", locale), tuple(_blocks(held, (), locale, labels))))
    form = Section(word("items.studio_part_form", locale), (Block("", tuple(_fields(item, locale))),))
    route = Section(word("items.studio_part_route", locale), (Block("", tuple(_steps(item, locale, departments or {}))),))
    rest = {name: item.doc["route"][name] for name in ("limits", "intake", "delivery", "anytime", "pauses") if item.doc["route"].get(name)}
    limits = Section(word("items.studio_part_limits", locale), tuple(_blocks(rest, ("route",), locale, labels)))
    return tuple(each for each in (*made, form, route, limits) if any(block.rows for block in each.blocks))


def _blocks(held: Mapping[str, Any], way: tuple[str, ...], locale: str, labels: Labels) -> Iterator[Block]:
    """What a part says in a line each, then every entry and every larger thing under its own name."""
    large = {name: value for name, value in held.items() if (isinstance(value, Mapping) and not _one(value)) or _entries(value)}
    plain = {name: value for name, value in held.items() if name not in large}
    if plain:
        yield Block("", tuple(_rows(plain, way, "", locale, labels)))
    for name, value in large.items():
        title = called(name, way[-1] if way else "", locale)
        if not _entries(value):
            rows = tuple(_rows(value, (*way, name), "", locale, labels))
            yield from [Block(title, rows)] if rows else ()
            continue
        for number, each in enumerate(value, 1):
            rest = {key: inner for key, inner in each.items() if key != "title"}
            yield Block(f"{title} · {entry_title(each, str(each.get('id', number)))}", tuple(_rows(rest, (*way, name), "", locale, labels)))


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _rows(value: Any, way: Sequence[str], title: str, locale: str, labels: Labels) -> Iterator[Row]:
    """Every leaf of a part, called by the way to it."""
    if isinstance(value, Mapping) and not _one(value):
        for name, inner in value.items():
            if name != "id" and inner not in _EMPTY:
                own = entry_title(inner, name) if isinstance(inner, Mapping) and "title" in inner else called(name, way[-1] if way else "", locale)
                yield from _rows(inner, (*way, name), f"{title} · {own}" if title else own, locale, labels)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for number, each in enumerate(value, 1):
            own = entry_title(each, str(each.get("id", number)) if isinstance(each, Mapping) else str(number))
            yield from _rows(each, (*way, str(number)), f"{title} · {own}" if title else own, locale, labels)
    else:
        yield Row(title, say(value, way[-1] if way else "", way[-2] if len(way) > 1 else "", locale, labels, longest=None))


def _one(value: Mapping[str, Any]) -> bool:
    """A limit or a rule is one thing to say."""
    return {"value", "unit"} <= set(value) <= {"value", "unit", "basis"} or (len(value) == 1 and next(iter(value)) in _OPERATORS)


_OPERATORS = frozenset(("==", "!=", ">", ">=", "<", "<=", "and", "or", "!", "in", "var", "some", "all", "none", "+", "-", "*", "/", "if", "sum", "count"))


def _fields(item: CompiledItem, locale: str) -> Iterator[Row]:
    for path, field in fields_of(item.form_doc).items():
        ui = field.get("ui") or {}
        said = [say(ui.get("field", field.get("type")), "field", "ui", locale)]
        said.append(word("items.print_required" if field.get("required") else "items.print_optional", locale))
        said += [word(f"items.print_{name}", locale, rule=_rule(ui[name], item, locale)) for name in _FIELD_RULES if ui.get(name) is not None]
        options = [str(each["title"]) for each in field.get("oneOf") or () if "title" in each]
        if options:
            said.append(word("items.print_options", locale, options=word("items.studio_comma", locale).join(options)))
        bounds = [f"{called(name, locale=locale)} {field[name]}" for name in ("minimum", "maximum", "maxLength", "minLength") if name in field]
        if ui.get("help"):
            said.append(str(ui["help"]))
        yield Row(str(field.get("title", path)), word("items.leaf_joint", locale).join([*said, *bounds]))


def _rule(rule: Any, item: CompiledItem, locale: str) -> str:
    try:
        return compile_rule(rule).sentence(spoken_labels(item, locale), locale)
    except (RuleError, TypeError, AttributeError, ValueError):
        return word("items.leaf_rule", locale)


def _steps(item: CompiledItem, locale: str, departments: Mapping[str, str]) -> Iterator[Row]:
    labels = spoken_labels(item, locale)
    for node in item.route.walk():
        yield Row(node.title, sentence(item.route, node, locale=locale, labels=labels, departments=departments))
