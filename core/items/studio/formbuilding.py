"""The form as its builder sees it – pages, sections, fields in their order – and what its buttons do, as edits.

A form keeps its fields in a map and says in ``ui.pages`` where each stands, so most of what a builder does is two edits that belong together. A draft may be
wrong: a field that stands nowhere is shown as such, a place that names no field likewise.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from core.forms.fieldtypes import registry
from core.forms.infer import infer
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, NoSuchSpot
from core.items.studio.spots import MISSING, Spot, find, index_of, write
from core.kernel.wording import word
from core.rules.service import RuleError, compile_rule

FORM: Spot = ("form",)
_FIELDS: Spot = ("form", "properties")
_PAGES: Spot = ("form", "ui", "pages")
_TWO = ({"const": "a", "title": "选项一"}, {"const": "b", "title": "选项二"})
#: What a new field of each kind begins as; its title is added. A kind that is not here begins as what its key says and nothing more.
STARTERS: Mapping[str, Mapping[str, Any]] = {
    "text": {"type": "string", "maxLength": 200},
    "long_text": {"type": "string", "maxLength": 1000},
    "number": {"type": "number"},
    "integer": {"type": "integer", "minimum": 0},
    "money": {"type": "string", "ui": {"unit": "元"}},
    "date": {"type": "string", "format": "date"},
    "date_range": {"type": "object"},
    "yes_no": {"type": "boolean"},
    "choice": {"type": "string", "oneOf": [*_TWO]},
    "choices": {"type": "array", "uniqueItems": True, "items": {"type": "string", "oneOf": [*_TWO]}},
    "cascade": {"type": "string", "ui": {"options": {"tree": [{"id": "a", "title": "大类", "children": [{"id": "a1", "title": "小类"}]}]}}},
    "file": {"type": "array"},
    "photo": {"type": "array"},
    "map_point": {"type": "object"},
    "signature": {"type": "object"},
    "statement": {"type": "boolean", "ui": {"text": "我承诺以上内容真实。"}},
    "computed": {"type": "number", "ui": {"computed": {"+": [0, 0]}}},
    "rows": {
        "type": "array", "maxItems": 50,
        "items": {"type": "object", "properties": {"name": {"type": "string", "title": "名称", "maxLength": 100}}, "required": ["name"]},
    },
    "group": {"type": "object", "properties": {"name": {"type": "string", "title": "名称", "maxLength": 100}}, "required": []},
    "lines": {"type": "array", "items": {"type": "string"}, "maxItems": 50},
}  # fmt: skip
#: Kinds that only editors of definitions need.
NOT_OFFERED = frozenset(("union", "map", "reference", "rule", "recursive", "json", "colour"))
NOWHERE = ""
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Line:
    """One field. ``inside`` are the fields of a row or group; ``when`` its condition in words; ``source`` where it is prefilled from; ``there`` is false
    for a place that names no field; ``shared`` names the shared block that it is, whose fields are read here and changed where the block is."""

    at: Spot
    id: str
    title: str
    kind: str
    kind_title: str
    required: bool
    when: str = ""
    source: str = ""
    options: int = 0
    inside: tuple["Line", ...] = ()
    there: bool = True
    shared: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A section with its fields. ``id`` is empty for the fields that stand on no page."""

    at: Spot
    id: str
    title: str
    fields: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its sections."""

    at: Spot
    id: str
    title: str
    sections: tuple[Section, ...]
    count: int = field(default=0)


def palette(locale: str) -> tuple[tuple[str, str], ...]:
    """(key, title) of the kinds of field that can be added, those of plugins last."""
    return tuple((key, getattr(kind.title, locale)) for key, kind in registry.kinds().items() if key not in NOT_OFFERED)


def pages(content: Mapping[str, Any], locale: str) -> tuple[Page, ...]:
    """The form page by page; what stands on no page comes last, on a page without an id."""
    form = content.get("form")
    definition: Mapping[str, Any] = {**form, "$shared": content.get("blocks")} if isinstance(form, Mapping) else {}
    held = definition.get("properties")
    fields: Mapping[str, Any] = held if isinstance(held, Mapping) else {}
    placed: set[str] = set()
    made = []
    for number, page in enumerate(_listed(find(content, _PAGES))):
        at = (*_PAGES, _token(page, number))
        sections = []
        for count, section in enumerate(_listed(page.get("sections"))):
            names = [name for name in section.get("fields") or () if isinstance(name, str)] if isinstance(section.get("fields"), list) else []
            placed |= set(names)
            lines = tuple(_line(definition, (*_FIELDS, name), name, fields.get(name, MISSING), locale) for name in names)
            sections.append(Section((*at, "sections", _token(section, count)), str(section.get("id", "")), _text(section), lines))
        made.append(Page(at, str(page.get("id", "")), _text(page), tuple(sections), sum(len(each.fields) for each in sections)))
    stray = tuple(_line(definition, (*_FIELDS, name), name, schema, locale) for name, schema in fields.items() if name not in placed)
    if stray:
        made.append(Page(_PAGES, NOWHERE, "", (Section(_PAGES, NOWHERE, "", stray),), len(stray)))
    return tuple(made)


def _listed(value: Any) -> Iterator[Mapping[str, Any]]:
    yield from (each for each in value if isinstance(each, Mapping)) if isinstance(value, list) else ()


def _token(entry: Mapping[str, Any], index: int) -> str:
    return f"@{entry['id']}" if isinstance(entry.get("id"), str) else str(index)


def _text(entry: Mapping[str, Any]) -> str:
    return str(entry.get("title") or entry.get("id") or "")


def _line(definition: Mapping[str, Any], at: Spot, name: str, schema: Any, locale: str) -> Line:
    if not isinstance(schema, Mapping):
        return Line(at, name, name, "", "", False, there=schema is not MISSING)
    shared = definition.get("$shared")  # bodies of the blocks, by key: an included one is shown with its fields
    block = shared.get(schema["include"]) if isinstance(shared, Mapping) and isinstance(schema.get("include"), str) else None
    if isinstance(block, Mapping) and len(at) < _DEEPEST:
        schema = {**block, "ui": {"order": find(block, ("ui", "order"))}, **schema}
    ui: Mapping[str, Any] = schema["ui"] if isinstance(schema.get("ui"), Mapping) else {}
    key = kind_of(schema)
    kind = registry.get(key) if registry.known(key) else None
    holder: Any = definition
    for token in at[1:-2]:
        holder = holder.get(token, {}) if isinstance(holder, Mapping) else {}
    required = holder.get("required") if isinstance(holder, Mapping) else ()
    named = name in required if isinstance(required, list) else False
    options = schema.get("oneOf") or find(schema, ("items", "oneOf"))
    return Line(
        at, name, str(schema.get("title") or name), key, getattr(kind.title, locale) if kind is not None else key, named,
        _sentence(definition, ui.get("visible_when"), locale), _source(ui.get("prefill"), locale), len(options) if isinstance(options, list) else 0,
        tuple(_line(definition, (*at, *way, child), child, inner, locale) for way, child, inner in _inside(schema)),
        shared=schema["include"] if isinstance(block, Mapping) else "",
    )  # fmt: skip


def kind_of(schema: Mapping[str, Any]) -> str:
    """The kind of a field, as the form compiler sees it; ``json`` for what it would not understand."""
    ui = schema.get("ui") if isinstance(schema.get("ui"), Mapping) else {}
    try:
        return infer(schema, ui or {})
    except (TypeError, KeyError, AttributeError, ValueError):
        return "json"


def _inside(schema: Mapping[str, Any]) -> Iterator[tuple[Spot, str, Any]]:
    """The fields of a row or group, in the order that they are asked in."""
    way: Spot = (
        ("items", "properties") if isinstance(schema.get("items"), Mapping) and isinstance(schema["items"].get("properties"), Mapping) else ("properties",)
    )
    held = find(schema, way)
    if not isinstance(held, Mapping):
        return
    body = schema["items"] if way[0] == "items" else schema
    order = find(schema, ("ui", "order"))
    order = order if isinstance(order, list) else find(body, ("ui", "order"))
    names = [name for name in order if name in held] if isinstance(order, list) else []
    for name in [*names, *(each for each in held if each not in names)]:
        yield way, name, held[name]


def _sentence(definition: Mapping[str, Any], rule: Any, locale: str) -> str:
    if rule is None:
        return ""
    try:
        return compile_rule(rule).sentence({f"form.{name}": _label(each) for name, each in (definition.get("properties") or {}).items()}, locale)
    except (RuleError, TypeError, AttributeError):
        return word("items.studio_rule_wrong", locale)


def _label(schema: Any) -> Any:
    from core.rules.spec import Label

    title = str(schema.get("title", "")) if isinstance(schema, Mapping) else ""
    options = schema.get("oneOf") if isinstance(schema, Mapping) else None
    told = {each.get("const"): str(each.get("title", each.get("const"))) for each in options if isinstance(each, Mapping)} if isinstance(options, list) else {}
    return Label(title, told)


def _source(prefill: Any, locale: str) -> str:
    """Where a field is prefilled from, in words; a source that nobody has words for is called by itself."""
    if isinstance(prefill, Mapping):
        return str(prefill.get("title") or _source(prefill.get("fact") or prefill.get("from"), locale))
    key = f"items.studio_source_{str(prefill or '').replace('.', '_')}"
    said = word(key, locale)
    return said if said != key else str(prefill or "")


# ---- what buttons do


def add_field(content: Mapping[str, Any], kind: str, *, title: str, section: Spot, after: str | None = None) -> tuple[tuple[Edit, ...], Spot]:
    """A new field of *kind* in a section, after another one or at its end. Raises :class:`BadEdit`, :class:`NoSuchSpot`."""
    if kind in NOT_OFFERED or not registry.known(kind):
        raise BadEdit(what=kind[:40])
    name = _free(content, kind.rsplit(".", 1)[-1])
    schema = deepcopy(dict(STARTERS.get(kind, {"type": "string"})))
    schema = {**schema, "title": title.strip()[:100] or word("items.studio_new_field", "zh"), "ui": {**schema.get("ui", {}), "field": kind}}
    return (*_held(content, name, schema), _stand(content, section, name, after)), (*_FIELDS, name)


def put_field(content: Mapping[str, Any], stem: str, schema: Mapping[str, Any], section: Spot) -> tuple[tuple[Edit, ...], Spot]:
    """A field of that *schema* at the end of a section, called *stem* or – where that is taken – something like it."""
    held = find(content, _FIELDS)
    name = stem if not isinstance(held, Mapping) or stem not in held else _free(content, stem)
    return (*_held(content, name, schema), _stand(content, section, name, None)), (*_FIELDS, name)


def copy_field(content: Mapping[str, Any], name: str) -> tuple[tuple[Edit, ...], Spot]:
    """A field once more, right after it."""
    schema, section = find(content, (*_FIELDS, name)), place_of(content, name)
    if not isinstance(schema, Mapping) or section is None:
        raise NoSuchSpot(at=write((*_FIELDS, name)))
    twin = _free(content, name)
    return (*_held(content, twin, deepcopy(dict(schema))), _stand(content, section, twin, name)), (*_FIELDS, twin)


def _held(content: Mapping[str, Any], name: str, schema: Mapping[str, Any]) -> tuple[Edit, ...]:
    if not isinstance(find(content, _FIELDS), Mapping):
        return (Edit("set", _FIELDS, {name: schema}, was=find(content, _FIELDS)),)
    return (Edit("set", (*_FIELDS, name), schema),)


def _stand(content: Mapping[str, Any], section: Spot, name: str, after: str | None) -> Edit:
    names = find(content, (*section, "fields"))
    if not isinstance(find(content, section), Mapping):
        raise NoSuchSpot(at=write(section))
    if not isinstance(names, list):
        return Edit("set", (*section, "fields"), [name], was=names)
    index = None if after is None else index_of(names, f"@{after}")
    before = None if index is None or index + 1 >= len(names) else f"@{names[index + 1]}"
    return Edit("insert", (*section, "fields"), name, before=before)


def _free(content: Mapping[str, Any], stem: str) -> str:
    held = find(content, _FIELDS)
    taken = set(held) if isinstance(held, Mapping) else set()
    base = stem.rstrip("0123456789").rstrip("_") or "field"
    return next(name for n in range(1, len(taken) + 2) if (name := f"{base}_{n}") not in taken)


def place_of(content: Mapping[str, Any], name: str) -> Spot | None:
    """The section in which a field stands; ``None`` when it stands nowhere."""
    for page in pages(content, "zh"):
        for section in page.sections:
            if section.id and any(line.id == name for line in section.fields):
                return section.at
    return None


def remove_field(content: Mapping[str, Any], name: str) -> tuple[Edit, ...]:
    """A field away: from the map, from every place and from what must be answered. Rules that read it are found by the checks."""
    held = find(content, (*_FIELDS, name))
    made = [] if held is MISSING else [Edit("remove", (*_FIELDS, name), was=held)]
    for section in [section for page in pages(content, "zh") for section in page.sections if section.id]:
        names = find(content, (*section.at, "fields"))
        if isinstance(names, list) and name in names:
            made.append(Edit("remove", (*section.at, "fields", f"@{name}"), was=name))
    required = find(content, (*FORM, "required"))
    if isinstance(required, list) and name in required:
        made.append(Edit("remove", (*FORM, "required", f"@{name}"), was=name))
    return tuple(made)


def move_field(content: Mapping[str, Any], name: str, section: Spot, before: str | None) -> tuple[Edit, ...]:
    """A field before another one (``None``: at the end) of a section – its own or another."""
    names, now = find(content, (*section, "fields")), place_of(content, name)
    if not isinstance(names, list) or find(content, (*_FIELDS, name)) is MISSING or (before is not None and before not in names) or before == name:
        raise NoSuchSpot(at=write(section))
    token = None if before is None else f"@{before}"
    if now == section:
        return (Edit("move", (*section, "fields", f"@{name}"), before=token),)
    gone = (Edit("remove", (*now, "fields", f"@{name}"), was=name),) if now is not None else ()
    return (*gone, Edit("insert", (*section, "fields"), name, before=token))


def step_field(content: Mapping[str, Any], name: str, steps: int) -> tuple[Edit, ...]:
    """A field one place up (-1) or down (1), over the edge of its section into the next; nothing at the ends."""
    every = [section for page in pages(content, "zh") for section in page.sections if section.id]
    here = next((n for n, section in enumerate(every) if any(line.id == name for line in section.fields)), None)
    if here is None:
        raise NoSuchSpot(at=write((*_FIELDS, name)))
    names = [line.id for line in every[here].fields]
    place = names.index(name) + steps
    if 0 <= place < len(names):
        following = names[place if steps < 0 else place + 1] if (place if steps < 0 else place + 1) < len(names) else None
        return move_field(content, name, every[here].at, following)
    if not 0 <= here + steps < len(every):
        return ()
    target = every[here + steps]
    first = target.fields[0].id if steps > 0 and target.fields else None
    return move_field(content, name, target.at, first)


def require(content: Mapping[str, Any], name: str, *, required: bool) -> tuple[Edit, ...]:
    """A field must, or need not, be answered."""
    names = find(content, (*FORM, "required"))
    if not isinstance(names, list):
        return (Edit("set", (*FORM, "required"), [name], was=names),) if required else ()
    if required == (name in names):
        return ()
    if required:
        return (Edit("insert", (*FORM, "required"), name),)
    return (Edit("remove", (*FORM, "required", f"@{name}"), was=name),)


def add_page(content: Mapping[str, Any], title: str) -> tuple[tuple[Edit, ...], Spot]:
    """A page at the end, with one section; fields that stand nowhere come onto it."""
    held = find(content, _PAGES)
    taken = {str(each.get("id")) for each in _listed(held)}
    name = next(each for n in range(1, len(taken) + 2) if (each := f"page_{n}") not in taken)
    words = title.strip()[:60] or word("items.studio_new_page", "zh")
    stray = [line.id for page in pages(content, "zh") if page.id == NOWHERE for section in page.sections for line in section.fields]
    page = {"id": name, "title": words, "sections": [{"id": f"{name}_main", "title": words, "fields": stray}]}
    if isinstance(held, list):
        return (Edit("insert", _PAGES, page),), (*_PAGES, f"@{name}")
    ui = find(content, ("form", "ui"))
    edit = Edit("set", _PAGES, [page], was=held) if isinstance(ui, Mapping) else Edit("set", ("form", "ui"), {"pages": [page]}, was=ui)
    return (edit,), (*_PAGES, f"@{name}")


def add_section(content: Mapping[str, Any], page: Spot, title: str) -> tuple[tuple[Edit, ...], Spot]:
    """A section at the end of a page."""
    held = find(content, (*page, "sections"))
    if not isinstance(held, list):
        raise NoSuchSpot(at=write(page))
    every = {str(each.get("id")) for one in _listed(find(content, _PAGES)) for each in _listed(one.get("sections"))}
    name = next(each for n in range(1, len(every) + 2) if (each := f"section_{n}") not in every)
    section = {"id": name, "title": title.strip()[:60] or word("items.studio_new_section", "zh"), "fields": []}
    return (Edit("insert", (*page, "sections"), section),), (*page, "sections", f"@{name}")


def remove_holder(content: Mapping[str, Any], at: Spot) -> tuple[Edit, ...]:
    """A page or section away. Refused with :class:`BadEdit` while fields stand in it, so that none is lost by the way."""
    held = find(content, at)
    if not isinstance(held, Mapping):
        raise NoSuchSpot(at=write(at))
    inside: Sequence[Any] = [held] if "fields" in held else list(_listed(held.get("sections")))
    if any(each.get("fields") for each in inside):
        raise BadEdit("items.studio_not_empty", title=_text(held))
    return (Edit("remove", at, was=held),)
