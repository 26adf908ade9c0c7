"""Differences inside an item in words: the names that the schemas give to properties and to what may stand in them, down to what changed there.

Names are asked of the schemas, so that a new property is named the day it is there; an entry of a list is called by its own title.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from core.items.limits import ChosenLimit
from core.kernel.wording import word
from core.rules.errors import RuleError
from core.rules.service import compile_rule
from core.rules.spec import Label
from core.schemas import service as schemas

Labels = Mapping[str, Label]
#: (code, the property that holds it, the property above, language) → what people call what it names; ``None`` where it names nothing that is known.
Named = Callable[[str, str, str, str], str | None]
_SCHEMAS = ("item", "route", "form", "rule_sheet")
#: Properties that hold a rule, whatever they stand in.
_RULES = frozenset(("when", "visible_when", "required_when", "readonly_when", "computed", "if", "check", "rule", "count", "amount", "result_when"))
_LONGEST = 80


def nobody(_value: str, _name: str, _above: str, _locale: str) -> str | None:
    """Knows no name: codes are said as they stand."""
    return None


@dataclass(frozen=True, slots=True)
class Speech:
    """In which language something is said, what the form's questions are called in rules, and who knows the names of what stands there as a code."""

    locale: str = "zh"
    labels: Labels = field(default_factory=dict)
    named: Named = nobody


#: Chinese, and nobody knows a name.
PLAIN = Speech()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One difference as deep down as it can be said. ``title`` is what the place is called from the top; empty texts where there is nothing."""

    kind: str
    title: str
    before: str = ""
    after: str = ""

    def words(self, locale: str = "zh") -> str:
        """``名称:甲 → 乙``; what was only added or taken away is called by its name."""
        if self.kind == "changed":
            return word("items.leaf_changed", locale, title=self.title, before=self.before, after=self.after)
        shown = self.after or self.before
        return word(f"items.leaf_{self.kind}" + ("_as" if shown else ""), locale, title=self.title, value=shown)


@cache
def _index() -> tuple[Mapping[tuple[str, str], str], Mapping[str, str], Mapping[tuple[str, str], Mapping[Any, str]]]:
    """What the schemas call a property: by its name and the one above, by its name alone; and what its closed values are called."""
    near: dict[tuple[str, str], str] = {}
    far: dict[str, str] = {}
    values: dict[tuple[str, str], Mapping[Any, str]] = {}
    defs: Mapping[str, Any] = {}

    def walk(schema: Any, above: str) -> None:
        if isinstance(schema, list):
            for each in schema:
                walk(each, above)
        if not isinstance(schema, Mapping):
            return
        for name, inner in (schema.get("properties") or {}).items():
            if isinstance(inner, Mapping) and isinstance(inner.get("title"), str):
                near.setdefault((above, name), inner["title"])
                far.setdefault(name, inner["title"])
            told = _told(inner, defs)
            if told:
                values.setdefault((above, name), told)
                values["", name] = {**told, **values.get(("", name), {})}
            walk(inner, name)
        for key, inner in schema.items():
            if key not in ("properties", "title", "description"):
                walk(inner, above)

    for name in _SCHEMAS:
        whole = schemas.load(name)
        defs = whole.get("$defs", {})
        walk(whole, "")
    return near, far, values


def _told(schema: Any, defs: Mapping[str, Any], depth: int = 0) -> dict[Any, str]:
    """The closed lists of a schema, value → what it is called: its own, those of its shapes, its elements' where it is a list of such."""
    if not isinstance(schema, Mapping) or depth > 4:
        return {}
    shapes = [each for key in ("oneOf", "anyOf") for each in schema.get(key) or ()]
    found = {each["const"]: str(each["title"]) for each in (schema, *shapes) if isinstance(each, Mapping) and {"const", "title"} <= set(each)}
    for each in (schema.get("items"), *shapes, defs.get(str(schema.get("$ref", "")).removeprefix("#/$defs/"))):
        found = {**_told(each, defs, depth + 1), **found}
    return found


def called(name: str, above: str = "", locale: str = "zh") -> str:
    """What people call the property *name* of *above*: as the schemas say, as the platform's own list says, else in its own letters."""
    near, far, _values = _index()
    key = f"items.name_{name}"
    own = word(key, locale)
    listed = own if own != key else ""
    own_words = [near.get((above, name), ""), far.get(name, "")]
    spoken = own_words if locale.startswith("zh") else [schemas.spoken(each, locale) for each in own_words]
    told = (spoken[0], listed, spoken[1]) if locale.startswith("zh") else (listed, *spoken)
    return next((each for each in told if each), f"“{name.replace('_', ' ')}”")


def entry_title(entry: Any, fallback: str) -> str:
    """What an entry of a list or a map is called: its title, its text, its question – else its id, in quotes."""
    if isinstance(entry, Mapping):
        for name in ("title", "text", "question", "label", "name"):
            if isinstance(entry.get(name), str) and entry[name]:
                return f"“{_short(entry[name], 40)}”"
    return f"“{fallback}”"


def leaves(before: Any, after: Any, way: Sequence[str] = (), *, title: str = "", speech: Speech = PLAIN) -> Iterator[Leaf]:
    """Everything in which two values differ, one leaf each. *way* are the names that lead here, *title* what the place is called so far."""
    if before == after and type(before) is type(after):
        return
    name, above = (way[-1] if way else ""), (way[-2] if len(way) > 1 else "")
    if isinstance(before, Mapping) and isinstance(after, Mapping) and not _whole(name, before) and not _whole(name, after):
        for key in dict.fromkeys((*before, *after)):
            yield from _child(before.get(key), after.get(key), key in before, key in after, (*way, key), title, speech)
    elif _entries(before) and _entries(after):
        yield from _listed(before, after, way, title, speech)
    else:
        old, new = (say(each, name, above, speech) for each in (before, after))
        if old == new:  # as far as words go; what is behind them differs
            yield Leaf("changed", title, word("items.leaf_old", speech.locale), word("items.leaf_new", speech.locale))
        else:
            yield Leaf("changed", title, old, new)


def _child(old: Any, new: Any, had: bool, has: bool, way: tuple[str, ...], title: str, speech: Speech) -> Iterator[Leaf]:
    name, above = way[-1], (way[-2] if len(way) > 1 else "")
    here = new if has else old
    named = isinstance(here, Mapping) and any(isinstance(here.get(key), str) for key in ("title", "text", "question")) and (above, name) not in _index()[0]
    own = entry_title(here, name) if named else called(name, above, speech.locale)
    full = f"{title} · {own}" if title else own
    if had and has:
        yield from leaves(old, new, way, title=full, speech=speech)
    else:
        plain = isinstance(here, str | int | float | bool) or _whole(name, here) or (isinstance(here, list) and here and not _entries(here))
        shown = say(here, name, above, speech) if plain else ""
        yield Leaf("added" if has else "removed", full, "" if has else shown, shown if has else "")


def _entries(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, Mapping) for each in value)


def _key(entry: Mapping[str, Any], number: int) -> str:
    for name in ("id", "const", "name"):
        if isinstance(entry.get(name), str | int):
            return str(entry[name])
    return f"#{number}"


def _listed(before: Any, after: Any, way: Sequence[str], title: str, speech: Speech) -> Iterator[Leaf]:
    locale = speech.locale
    old, new = ({_key(each, number): each for number, each in enumerate(side, 1)} for side in (before, after))
    if len(old) != len(before) or len(new) != len(after):  # ids that are there twice name nothing
        old, new = ({f"#{number}": each for number, each in enumerate(side, 1)} for side in (before, after))
    for key in dict.fromkeys((*old, *new)):
        entry = new.get(key, old.get(key))
        own = entry_title(entry, key.removeprefix("#")) if not key.startswith("#") else word("items.leaf_number", locale, number=key[1:])
        full = f"{title} · {own}" if title else own
        if key in old and key in new:
            yield from leaves(old[key], new[key], (*way, key), title=full, speech=speech)
        else:
            yield Leaf("added" if key in new else "removed", full)
    kept = [key for key in old if key in new], [key for key in new if key in old]
    if kept[0] != kept[1]:
        order = (
            (word("items.leaf_order", locale, title=title) if title else word("items.name_order", locale)),
            *(_comma(locale).join(_names(new, keys)) for keys in kept),
        )
        yield Leaf("changed", *(text[:_LONGEST] for text in order))


def _names(entries: Mapping[str, Any], keys: Sequence[str]) -> list[str]:
    return [entry_title(entries[key], key) for key in keys]


def _whole(name: str, value: Any) -> bool:
    """Values that are said as one: a limit, a rule."""
    return isinstance(value, Mapping) and ({"value", "unit"} <= set(value) <= {"value", "unit", "basis"} or _is_rule(name, value))


def _is_rule(name: str, value: Any) -> bool:
    return name in _RULES and isinstance(value, Mapping) and len(value) == 1 and not isinstance(value, str)


def say(value: Any, name: str = "", above: str = "", speech: Speech = PLAIN, *, longest: int | None = _LONGEST) -> str:
    """A value in words, short enough for a sentence unless *longest* (characters) is ``None``."""
    locale = speech.locale
    if value is None or value == "" or value == {} or value == []:
        return word("items.nothing", locale)
    if isinstance(value, bool):
        return word("items.yes" if value else "items.no", locale)
    if isinstance(value, Mapping):
        return _say_map(value, name, speech, longest)
    if isinstance(value, list):
        if any(isinstance(each, Mapping | list) for each in value):
            return _short(_comma(locale).join(entry_title(each, str(number)) for number, each in enumerate(value, 1)), longest)
        return _short(_comma(locale).join(_valued(each, name, above, speech) for each in value), longest)
    return _short(_valued(value, name, above, speech), longest)


def _say_map(value: Mapping[str, Any], name: str, speech: Speech, longest: int | None) -> str:
    locale = speech.locale
    if {"value", "unit"} <= set(value) and not value.get("cases"):
        try:
            return ChosenLimit(value["value"], value["unit"]).words(locale)
        except (KeyError, TypeError):
            return _short(_comma(locale).join(f"{each}" for each in value.values()), longest)
    if _is_rule(name, value):
        try:
            return _short(compile_rule(value).sentence(speech.labels, locale), longest)
        except (RuleError, TypeError, AttributeError, ValueError):
            return word("items.leaf_rule", locale)
    return _short(_comma(locale).join(f"{called(key, name, locale)}" for key in value), longest)


def _valued(value: Any, name: str, above: str, speech: Speech) -> str:
    values = _index()[2]
    try:
        told = values.get((above, name), {}).get(value) or values.get(("", name), {}).get(value)
    except TypeError:  # what is no value of any list
        return str(value)
    if told:
        return schemas.spoken(told, speech.locale)
    return (speech.named(value, name, above, speech.locale) if isinstance(value, str) else None) or str(value)


def _comma(locale: str) -> str:
    return word("items.studio_comma", locale)


def _short(text: str, longest: int | None = _LONGEST) -> str:
    return text if longest is None or len(text) <= longest else text[: longest - 1] + "…"
