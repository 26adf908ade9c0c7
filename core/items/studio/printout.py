"""A whole item in words, for people who review it on paper: every part by its name, fields with their rules as sentences, steps as sentences."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from core.forms.fieldtypes import registry
from core.items.diff import fields_of
from core.items.facts import spoken_labels
from core.items.saying import Speech, called, entry_title, say
from core.items.spec import CompiledItem
from core.items.studio import addresses
from core.items.studio.formbuilding import kind_of
from core.items.studio.names import Names, kind_at
from core.items.studio.parts import FIXED, shown
from core.kernel.wording import word
from core.routing.sentences import sentence
from core.rules.errors import RuleError
from core.rules.service import Label, compile_rule

#: Parts that nobody reviews on paper: they are looked at elsewhere, or say the same in another language.
LEFT_OUT = ("tests", "translations", "plugins", "form", "route", "limits")
_EMPTY: tuple[Any, ...] = (None, [], {}, "")
#: Properties that name fields, materials and places of the item by their paths.
_FIELDS = ("field", "fields", "searchable", "authority", "same_as")
_MATERIALS = ("material", "materials")
_PATHS = ("unknown", "to_fill")
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


class Called:
    """What people call what an item names by an id or a code: its fields and materials, its places by their paths, and whatever is *known* by name."""

    def __init__(self, item: CompiledItem, locale: str, known: Names) -> None:
        self.labels: Mapping[str, Label] = spoken_labels(item, locale)
        self.locale, self.known = locale, known
        self.content = {"item": item.doc, "form": item.form_doc}
        self.materials = {each["id"]: str(each["title"]) for each in item.doc.get("materials") or ()}
        self.places = addresses.Addresses(self.content)

    def key(self, name: str, above: str) -> str:
        """What the property *name* of *above* is called."""
        if above == "sets" and f"form.{name}" in self.labels:
            return self.labels[f"form.{name}"].title
        return self.place(name) if above == "assumed" else called(name, above, self.locale)

    def place(self, path: str) -> str:
        """What stands at a path of the item: 材料 · 营业执照."""
        named = path.removeprefix("form.")
        return self.labels[path].title if path in self.labels and named != path else addresses.name_of(self.content, self.places.of_item(path), self.locale)

    def value(self, value: Any, name: str, above: str) -> str:
        """A value, or several, of the property *name* in words."""
        if isinstance(value, list) and value and all(isinstance(each, str) for each in value):
            return word("items.studio_comma", self.locale).join(self.value(each, name, above) for each in value)
        found = self.named(value, name, above) if isinstance(value, str) else None
        return found or say(value, name, above, Speech(self.locale, self.labels), longest=None)

    def named(self, value: str, name: str, above: str) -> str | None:
        """What people call what the property *name* names by *value*; ``None`` where it names nothing that is known."""
        label = self.labels.get(f"form.{name if above == 'sets' else value}")
        if above == "sets" and label is not None:
            return label.choices.get(value)
        if name in _FIELDS and label is not None:
            return label.title
        if name in _MATERIALS and value in self.materials:
            return self.materials[value]
        return self.place(value) if name in _PATHS else self._called(value, kind_at(name, above))

    def _called(self, value: str, kind: str | None) -> str | None:
        found = next((each for each in (self.known(kind) if kind is not None else None) or () if each.value == value), None)
        return None if found is None else found.title if self.locale.startswith("zh") else found.english or found.title


def printout(item: CompiledItem, locale: str = "zh", *, departments: Mapping[str, str] | None = None, names: Names | None = None) -> tuple[Section, ...]:
    """The sections in the order of the studio; parts with nothing in them are left out. *departments* says what kinds of them are called in sentences,
    *names* what all is called that the item names by a code."""
    said = Called(item, locale, names or (lambda _kind: None))
    made = []
    for part in shown():
        if part.key not in LEFT_OUT:
            held = {name: item.doc[name] for name in part.names if name not in FIXED and item.doc.get(name) not in _EMPTY}
            made.append(Section(word(f"items.studio_part_{part.key}", locale), tuple(_blocks(held, (), said))))
    form = Section(word("items.studio_part_form", locale), (Block("", tuple(_fields(item, locale))),))
    route = Section(word("items.studio_part_route", locale), (Block("", tuple(_steps(item, locale, departments or {}))),))
    rest = {name: item.doc["route"][name] for name in ("limits", "intake", "delivery", "anytime", "pauses") if item.doc["route"].get(name)}
    limits = Section(word("items.studio_part_limits", locale), tuple(_blocks(rest, ("route",), said)))
    return tuple(each for each in (*made, form, route, limits) if any(block.rows for block in each.blocks))


def _blocks(held: Mapping[str, Any], way: tuple[str, ...], names: Called) -> Iterator[Block]:
    """What a part says in a line each, then every entry and every larger thing under its own name."""
    large = {name: value for name, value in held.items() if (isinstance(value, Mapping) and not _one(value)) or _entries(value)}
    plain = {name: value for name, value in held.items() if name not in large}
    if plain:
        yield Block("", tuple(_rows(plain, way, "", names)))
    for name, value in large.items():
        title = called(name, way[-1] if way else "", names.locale)
        if not _entries(value):
            rows = tuple(_rows(value, (*way, name), "", names))
            yield from [Block(title, rows)] if rows else ()
            continue
        for number, each in enumerate(value, 1):
            rest = {key: inner for key, inner in each.items() if key != "title"}
            yield Block(f"{title} · {entry_title(each, str(each.get('id', number)))}", tuple(_rows(rest, (*way, name), "", names)))


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _rows(value: Any, way: Sequence[str], title: str, names: Called) -> Iterator[Row]:
    """Every leaf of a part, called by the way to it."""
    if isinstance(value, Mapping) and not _one(value):
        for name, inner in value.items():
            if name != "id" and inner not in _EMPTY:
                own = entry_title(inner, name) if isinstance(inner, Mapping) and "title" in inner else names.key(name, way[-1] if way else "")
                yield from _rows(inner, (*way, name), f"{title} · {own}" if title else own, names)
    elif isinstance(value, list) and any(isinstance(each, Mapping) for each in value):
        for number, each in enumerate(value, 1):
            own = entry_title(each, str(each.get("id", number)) if isinstance(each, Mapping) else str(number))
            yield from _rows(each, (*way, str(number)), f"{title} · {own}" if title else own, names)
    else:
        yield Row(title, names.value(value, way[-1] if way else "", way[-2] if len(way) > 1 else ""))


def _one(value: Mapping[str, Any]) -> bool:
    """A limit or a rule is one thing to say."""
    return {"value", "unit"} <= set(value) <= {"value", "unit", "basis"} or (len(value) == 1 and next(iter(value)) in _OPERATORS)


_OPERATORS = frozenset(("==", "!=", ">", ">=", "<", "<=", "and", "or", "!", "in", "var", "some", "all", "none", "+", "-", "*", "/", "if", "sum", "count"))


def _fields(item: CompiledItem, locale: str) -> Iterator[Row]:
    for path, field in fields_of(item.form_doc).items():
        ui = field.get("ui") or {}
        kind = registry.kinds().get(kind_of(field))
        said = [getattr(kind.title, "zh" if locale.startswith("zh") else "en") if kind is not None else say(field.get("type"), "type", "field", Speech(locale))]
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
