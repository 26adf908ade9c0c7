"""Editors made from the schemas: what stands at a spot of a draft, as a form of the platform's own kind.

The schema of a spot is found by walking the schema along it; entries of large lists and maps – materials, steps, fields – have editors of their own and
stand in their holder's as cards. Nothing here knows a property by name: one added to a schema is edited the day it is there.
"""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, replace
from functools import cache, lru_cache, partial
from typing import Any

from core.forms import service as forms
from core.forms.spec import FormSpec
from core.items.studio import edits as editing
from core.items.studio import names as naming
from core.items.studio import options, parts
from core.items.studio.edits import Edit
from core.items.studio.errors import NoSuchSpot
from core.items.studio.hall import kinds
from core.items.studio.names import Names, Offered
from core.items.studio.numbering import settled
from core.items.studio.spots import MISSING, Spot, find, token_of, write
from core.schemas import service as schemas

#: An entry with more properties than this, or one that holds its own kind, is opened on a page of its own.
INLINE_MOST = 7
#: A single object with more properties than this below it likewise.
OBJECT_MOST = 12
#: A part with no more properties than this shows its objects in place, however large.
FEW = 2
_WRAPPED = "value"
_TEXT, _NUMBER, _LIST, _OBJECT = ("string",), ("number", "integer"), ("array",), ("object",)
#: JSON Schema's keywords → the types that they speak of (draft 2020-12, validation §6).
_KEYWORDS = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), _TEXT),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), _NUMBER),
    **dict.fromkeys(("items", "minItems", "maxItems", "uniqueItems"), _LIST),
    **dict.fromkeys(("properties", "required", "additionalProperties", "patternProperties", "minProperties", "maxProperties"), _OBJECT),
}
#: Keywords that a form field hardly ever has: shown where one is written.
_RARE = frozenset(("const", "enum", "anyOf", "$ref", "$defs", "description"))
#: Keywords whose values are no schemas.
_WORDS = frozenset(("const", "enum", "default", "required", "examples", "ui"))
#: What a draft of an item holds → the schema that it follows; of a document of the hall its kind says it.
_ROOTS = {"item": "item", "form": "form", "blocks": "form"}


@dataclass(frozen=True, slots=True)
class Cards:
    """A list or a map whose entries are opened one by one, or – ``single`` – one large object. ``entries`` are (spot, title, its words for what it is)."""

    at: Spot
    title: str
    help: str
    entry_title: str
    keyed: bool
    entries: tuple[tuple[Spot, str, str], ...]
    single: bool = False
    #: ``closed``: only these keys can be added, each with what it is called; else a new entry's writer thinks one up.
    closed: bool = False
    choices: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Editor:
    """What is edited at ``at``: the properties ``names`` as the form ``spec``; all else there stays as it is. ``wrapped``: one value, no object."""

    at: Spot
    title: str
    help: str
    spec: FormSpec
    names: tuple[str, ...]
    wrapped: bool
    values: Mapping[str, Any]
    cards: tuple[Cards, ...]
    required: frozenset[str] = frozenset()

    def changes(self, given: Mapping[str, Any]) -> tuple[Edit, ...]:
        """The edits that make what the form was filled with *given* of what it was made from; what it leaves to the platform is added."""
        if self.wrapped:
            given = settled(self.spec.json_schema, given)
            if _WRAPPED not in self.values:
                return (Edit("set", self.at, given[_WRAPPED]),) if _WRAPPED in given else ()
            if _WRAPPED not in given:
                return (Edit("remove", self.at, was=self.values[_WRAPPED]),)
            return editing.between(self.values[_WRAPPED], given[_WRAPPED], self.at)
        emptied = {name: type(value)() for name, value in self.values.items() if name in self.required and isinstance(value, list | dict)}
        real = {posted(name): name for name in self.names}
        asked = {posted(name): value for name, value in (emptied | dict(given)).items() if posted(name) in real}
        made = {real.get(name, name): value for name, value in settled(self.spec.json_schema, asked).items()}
        return editing.between(dict(self.values), made, self.at)

    @property
    def filled(self) -> dict[str, Any]:
        """The values as the form asks for them (:func:`posted`)."""
        return {posted(name): value for name, value in self.values.items()}


def posted(name: str) -> str:
    """What a property is called in a form, where a dash stands between a field and what is in it."""
    return name.replace("-", "__")


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in a schema: which document's, the schema there with references followed, and the words that the holder has for it."""

    root: str
    schema: Mapping[str, Any]
    required: bool = False


def editor(content: Mapping[str, Any], at: Spot, part: parts.Part | None = None, *, locale: str = "zh", names: Names | None = None) -> Editor:
    """The editor of what stands at *at* of a draft's *content* – of the properties of one *part* only, where given. *locale* is the language of its
    titles and help; its form speaks every language that the schemas do. *names* knows what may be named there; without it names are typed.

    Raises :class:`NoSuchSpot` where neither the schemas nor the draft know the spot.
    """
    value = find(content, at)
    place = _place(content, at)
    broken = len(at) == 1 and not isinstance(value, Mapping)  # no item, no form at all: undone, or mended as JSON where it stands in a file
    if place is None or (value is MISSING and part is None) or (broken and value is not MISSING):
        raise NoSuchSpot(at=write(at))
    schema = place.schema
    properties = schema.get("properties")
    if not isinstance(properties, Mapping) or not (isinstance(value, Mapping) or value is MISSING):
        return _whole(place, at, value, locale, names)
    wanted = tuple(name for name in (part.names if part is not None and part.names else properties) if name in properties and not _fixed(at, name))
    wanted = tuple(name for name in wanted if _apt(name, value)) if at[0] in ("form", "blocks") and len(at) > 1 else wanted
    wanted = tuple(name for name in wanted if not is_rule(place.root, properties[name]))  # edited by menus: :mod:`core.items.studio.ruled`
    few = part is not None and len(part.names) <= FEW
    carded = tuple(name for name in wanted if _carded(place.root, _text(properties[name])) is not None and not (few and _one(place.root, properties[name])))
    shown = tuple(name for name in wanted if name not in carded)
    held = value if isinstance(value, Mapping) else {}
    required = [name for name in schema.get("required", ()) if name in shown]
    values = {name: held[name] for name in shown if name in held}
    asked = _object(properties, shown, required)
    return Editor(
        at, _said(place.root, schema, "title", locale), _said(place.root, schema, "description", locale),
        _spec(place.root, _text(asked), _offered(place.root, asked, values, names)), shown, False, values,
        tuple(_cards(place.root, properties[name], (*at, name), held.get(name), locale) for name in carded), frozenset(required),
    )  # fmt: skip


def _one(root: str, schema: Any) -> bool:
    """Whether a property is one object, not many."""
    return bool(_shaped(root, schema, {}).get("properties"))


def _apt(name: str, value: Any) -> bool:
    """Whether a keyword of JSON Schema says something about a field of this type; what is written already is always shown."""
    if not isinstance(value, Mapping) or name in value:
        return True
    kind = value.get("type")
    return name not in _RARE and (name not in _KEYWORDS or not isinstance(kind, str) or kind in _KEYWORDS[name])


def is_rule(root: str, schema: Any) -> bool:
    """Whether a property is a rule, or may be left without one."""
    made = _followed(root, schema)
    shapes = [shape for each in made.get("oneOf") or made.get("anyOf") or () if (shape := _followed(root, each)).get("type") != "null"]
    return made.get("x-field") == "rule" or (len(shapes) == 1 and shapes[0].get("x-field") == "rule")


def rule_schema(content: Mapping[str, Any], at: Spot) -> Mapping[str, Any] | None:
    """The schema of the rule that stands, or may stand, at *at* of a draft; ``None`` for what is no rule, or only a piece of one."""
    holder = _place(content, at[:-1])
    inner = _below(holder.schema, at[-1]) if holder is not None and holder.schema.get("x-field") != "rule" else None
    return _followed(holder.root, inner) if holder is not None and inner is not None and is_rule(holder.root, inner) else None


def rule_names(content: Mapping[str, Any], at: Spot) -> tuple[str, ...]:
    """The properties of the object at *at* that are rules, in the schema's order."""
    place = _place(content, at)
    properties = place.schema.get("properties", {}) if place is not None and place.schema.get("x-field") != "rule" else {}
    return tuple(name for name, inner in properties.items() if place is not None and is_rule(place.root, inner))


def _fixed(at: Spot, name: str) -> bool:
    return len(at) == 1 and name in parts.fixed_in(at[0])


def _object(properties: Mapping[str, Any], names: tuple[str, ...], required: list[str]) -> dict[str, Any]:
    asked = {posted(name): properties[name] for name in names}
    return {"type": "object", "properties": asked, "required": [posted(name) for name in required], "additionalProperties": True}


def _whole(place: _Place, at: Spot, value: Any, locale: str, names: Names | None) -> Editor:
    """One value, of whatever shape."""
    values = {} if value is MISSING else {_WRAPPED: value}
    asked = _object({_WRAPPED: place.schema}, (_WRAPPED,), [_WRAPPED] if place.required else [])
    spec = _spec(place.root, _text(asked), _offered(place.root, asked, values, names))
    title, words = (_said(place.root, place.schema, keyword, locale) for keyword in ("title", "description"))
    return Editor(at, title, words, spec, (_WRAPPED,), True, values, ())


def _said(root: str, schema: Mapping[str, Any], keyword: str, locale: str) -> str:
    """The title or description of a schema in *locale*."""
    text = str(schema.get(keyword, ""))
    return text if locale.startswith("zh") else options.english(root).get(text) or schemas.spoken(text, locale)


def _schema(root: str) -> Mapping[str, Any]:
    """The schema that a root names: of a document of the platform, else of a plugin's options."""
    file = _file(root)
    return options.schema(root) if file is None else _loaded(file)


def _file(root: str) -> str | None:
    """The kind of file that a draft holds under *root*; ``None`` for the options of a plugin, and for nothing."""
    if root in _ROOTS:
        return _ROOTS[root]
    kind = kinds.known(root)
    return None if kind is None else kind.schema


@cache
def _loaded(kind: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schemas.load(kind)
    return found


def _text(schema: Mapping[str, Any]) -> str:
    """A schema as a key for caches; its properties keep their order, in which they are asked."""
    return json.dumps(schema, ensure_ascii=False)


def _offered(root: str, schema: Mapping[str, Any], values: Mapping[str, Any], names: Names | None) -> Offered:
    """What may be named in an editor: only what its schema speaks of is asked for."""
    kinds = _kinds(root, _text(schema)) if names is not None else frozenset[str]()
    if names is None or not kinds:
        return ()
    held = {posted(name): value for name, value in values.items()}
    return naming.offered(kinds, names, list(naming.held(schema, held, partial(_followed, root))))


@lru_cache(maxsize=512)
def _kinds(root: str, schema: str) -> frozenset[str]:
    return naming.kinds_below(json.loads(schema), partial(_followed, root))


@lru_cache(maxsize=256)
def _spec(root: str, schema: str, there: Offered = ()) -> FormSpec:
    made = forms.compile_form({**_drawn(root, json.loads(schema), dict(there)), "id": "editor", "title": "", "$defs": _defs(root, there)})
    return replace(made, glossary={"en": {**naming.english(there), **schemas.english(), **options.english(root)}})


@lru_cache(maxsize=64)
def _defs(root: str, there: Offered) -> Mapping[str, Any]:
    return {name: _drawn(root, schema, dict(there)) for name, schema in _schema(root).get("$defs", {}).items()}


_There = Mapping[str, tuple[naming.Name, ...]]


def _drawn(root: str, schema: Any, there: _There, *, must: bool = False) -> Any:
    """*schema* as editors draw it: what names something is chosen from what is *there*, another list of plain texts is written one a line. *must*: it is a
    property that is never left out."""
    if isinstance(schema, list):
        return [_drawn(root, each, there) for each in schema]
    if not isinstance(schema, Mapping):
        return schema
    if (names := _names(schema, there)) is not None:
        return naming.one(schema, names, must=must)
    entry = _followed(root, schema.get("items"))
    if schema.get("type") == "array" and (names := _names(entry, there)) is not None:
        return naming.several(schema, entry, names)
    required = schema.get("required")
    made = {name: value if name in _WORDS else _drawn(root, value, there) for name, value in schema.items()}
    if there and isinstance(schema.get("properties"), Mapping) and isinstance(required, list):
        made["properties"] |= {name: _drawn(root, schema["properties"][name], there, must=True) for name in required if name in schema["properties"]}
    if schema.get("type") == "array" and entry.get("type") == "string" and not {"oneOf", "enum", "const", "format"} & set(entry) and "ui" not in schema:
        made["ui"] = {"field": "lines"}
    return made


def _names(schema: Mapping[str, Any], there: _There) -> tuple[naming.Name, ...] | None:
    kind = schema.get(naming.KEYWORD)
    return there.get(kind) if isinstance(kind, str) else None


# ---- walking the schema along a spot


def _place(content: Mapping[str, Any], at: Spot) -> _Place | None:
    """The schema of a spot; shapes are chosen by what stands there."""
    if not at or _file(at[0]) is None or at[0] not in content:
        return None
    if at[0] == "blocks" and len(at) < 2:
        return None
    root, first = ("form", 2) if at[0] == "blocks" else (at[0], 1)  # a shared block is written as a form is
    schema: Any = _schema(root)
    value: Any = find(content, at[:first])
    required = True
    for depth, token in enumerate(at[first:], first + 1):
        holder = _shaped(root, schema, value)
        required = token in holder.get("required", ())
        root, schema = _entered(root, at[:depth], _below(holder, token))
        if schema is None:
            return None
        value = find(value, (token,)) if value is not MISSING else MISSING
    shaped = _shaped(root, schema, value)
    return _Place(root, {**shaped, **{name: schema[name] for name in ("title", "description") if isinstance(schema, Mapping) and name in schema}}, required)


def way(content: Mapping[str, Any], at: Spot) -> Iterator[tuple[str, str, bool]]:
    """What stands on the way to *at*: each token, the schema's title for it, and whether it is an entry of a list or map.

    It ends where the schemas know no further, and takes whatever the draft holds, right or wrong.
    """
    first = 2 if at[:1] == ("blocks",) else 1
    root = "form" if at[:1] == ("blocks",) else at[0] if at and _file(at[0]) is not None else ""
    schema: Any = _schema(root) if root else None
    value: Any = find(content, at[:first])
    for depth, token in enumerate(at[first:] if root else (), first + 1):
        holder = _shaped(root, schema, value)
        root, schema = _entered(root, at[:depth], _below(holder, token))
        if schema is None:
            return
        value = find(value, (token,)) if value is not MISSING else MISSING
        entry = token not in holder.get("properties", {})
        yield token, str(_followed(root, schema).get("title", "")), entry


def _entered(root: str, at: Spot, schema: Any) -> tuple[str, Any]:
    """The root and the schema of what stands at *at*: where a plugin's options begin, that plugin's own."""
    own = options.of(at)
    return (root, schema) if own is None else (own.root, options.schema(own.root))


def _below(schema: Mapping[str, Any], token: str) -> Any:
    if "items" in schema:
        return schema["items"] if token.startswith("@") or token.isdigit() else None
    properties: Mapping[str, Any] = schema.get("properties", {})
    if token in properties:
        return properties[token]
    return _entry(schema)


def _entry(schema: Mapping[str, Any]) -> Any:
    """The schema of a map's entries; ``None`` for what is no map."""
    patterns: Mapping[str, Any] = schema.get("patternProperties", {})
    more = schema.get("additionalProperties")
    return next(iter(patterns.values()), more if isinstance(more, Mapping) else None)


def _followed(root: str, schema: Any) -> Mapping[str, Any]:
    """*schema* with its reference followed; words beside the reference count more than those at its end."""
    made = schema if isinstance(schema, Mapping) else {}
    while isinstance(made.get("$ref"), str):
        name = made["$ref"]
        target = _schema(root) if name == "#" else _schema(root)["$defs"][name.removeprefix("#/$defs/")]
        made = {**target, **{key: held for key, held in made.items() if key != "$ref"}}
    return made


def _shaped(root: str, schema: Any, value: Any) -> Mapping[str, Any]:
    """The shape of several that *value* has: the one whose constants it carries, else the first of its kind of JSON."""
    made = _followed(root, schema)
    shapes = [_followed(root, each) for each in made.get("oneOf") or made.get("anyOf") or ()]
    if not shapes or all("const" in each for each in shapes):
        return made
    fitting = next((each for each in shapes if _fits(each, value)), shapes[0])
    rest = {key: held for key, held in made.items() if key not in ("oneOf", "anyOf")}
    return _shaped(root, {**fitting, **rest}, value)


def _fits(shape: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, Mapping):
        wanted = shape.get("type")
        return (wanted == "array") == isinstance(value, list) and (wanted == "null") == (value is None) and wanted != "object"
    if shape.get("type", "object") != "object":
        return False
    consts = {name: each["const"] for name, each in shape.get("properties", {}).items() if isinstance(each, Mapping) and "const" in each}
    return all(value.get(name) == const for name, const in consts.items()) and (not consts or any(name in value for name in consts))


def fresh(content: Mapping[str, Any], at: Spot, *, title: str) -> Any:
    """A new entry of the list or map at *at*: its title where it has one, what of its shape has only one answer, and the schema's defaults; a rule begins
    as a constant."""
    if rule_schema(content, (*at, "new")) is not None:
        return title[:200]
    place = _place(content, (*at, "0"))
    schema = place.schema if place is not None else {}
    made: dict[str, Any] = {}
    for name, inner in schema.get("properties", {}).items():
        held = _followed(place.root, inner) if place is not None else {}
        if "const" in held:
            made[name] = held["const"]
        elif "default" in held:
            made[name] = deepcopy(held["default"])
        elif name in ("title", "name", "text", "question") and held.get("type") == "string" and not set(made) & {"title", "name", "text", "question"}:
            made[name] = title[: held.get("maxLength", 200)]
    return made


# ---- cards


@lru_cache(maxsize=512)
def _carded(root: str, schema: str) -> bool | None:
    """Whether the entries of a list or map – or a large object – have pages of their own: ``True`` for a map, ``False`` for the others, ``None`` for
    what is drawn in place."""
    return _carded_of(root, json.loads(schema))


def _carded_of(root: str, schema: Any) -> bool | None:
    made = _shaped(root, schema, {})
    if "items" in made:
        entry, keyed = made["items"], False
    elif not made.get("properties") and _entry(made) is not None:
        entry, keyed = _entry(made), True
    elif made.get("properties"):
        return False if len(list(_names_of(root, made, frozenset()))) > OBJECT_MOST else None
    else:
        return None
    names = list(_names_of(root, entry, frozenset()))
    if keyed and _open(_followed(root, entry)):
        return True  # what nobody but its own editor knows the inside of
    if not keyed and _id_of(root, entry) is None:
        return None  # without ids an entry cannot be followed while others edit
    return keyed if len(names) > INLINE_MOST else None


def _open(entry: Mapping[str, Any]) -> bool:
    """Whether an entry is an object that may hold anything."""
    return entry.get("type") == "object" and not {"properties", "patternProperties", "additionalProperties"} & set(entry)


def _id_of(root: str, entry: Any) -> Any:
    return _followed(root, entry).get("properties", {}).get("id")


def _names_of(root: str, schema: Any, met: frozenset[str]) -> Iterator[str]:
    """Every property below an entry; what holds its own kind counts as more than any page takes."""
    here = schema.get("$ref") if isinstance(schema, Mapping) else None
    if here in met:
        yield from ("…",) * (INLINE_MOST + 1)
        return
    made, met = _followed(root, schema), met | ({here} if here else frozenset())
    for shape in made.get("oneOf") or made.get("anyOf") or ():
        yield from _names_of(root, shape, met)
    for name, inner in made.get("properties", {}).items():
        yield name
        yield from _names_of(root, inner, met)
    for inner in (made.get("items"), _entry(made)):
        if isinstance(inner, Mapping):
            yield from _names_of(root, inner, met)


def _cards(root: str, schema: Any, at: Spot, held: Any, locale: str) -> Cards:
    made = _shaped(root, schema, {})
    keyed, outer = "items" not in made, schema if isinstance(schema, Mapping) else {}
    title, words = (_said(root, outer if outer.get(keyword) else made, keyword, locale) for keyword in ("title", "description"))
    if made.get("properties"):
        return Cards(at, title, words, title, False, () if held is None else ((at, title, ""),), single=True)
    entry = _followed(root, _entry(made) if keyed else made["items"])
    entries: list[tuple[Spot, str, str]] = []
    closed = at == options.HOLDER
    if isinstance(held, Mapping):
        named = partial(options.title, locale=locale) if closed else str
        entries = [((*at, name), title_of(each, named(name)), _kind(root, entry, each, locale)) for name, each in held.items()]
    elif isinstance(held, list):
        entries = [((*at, token_of(held, n)), title_of(each, str(n + 1)), _kind(root, entry, each, locale)) for n, each in enumerate(held)]
    left = tuple((each.name, options.title(each.name, locale)) for each in options.known() if each.name not in (held or ())) if closed else ()
    return Cards(at, title, words, _said(root, entry, "title", locale), keyed, tuple(entries), closed=closed, choices=left)


def title_of(entry: Any, fallback: str) -> str:
    """What people call an entry."""
    if isinstance(entry, Mapping):
        found = next((entry[name] for name in ("title", "name", "text", "question") if isinstance(entry.get(name), str) and entry[name].strip()), None)
        if found is not None:
            return str(found)
    return fallback


def _kind(root: str, entry: Mapping[str, Any], value: Any, locale: str) -> str:
    """Which of several shapes an entry has, in words."""
    return _said(root, _shaped(root, entry, value), "title", locale) if entry.get("oneOf") or entry.get("anyOf") else ""
