"""What there is to be named, by what schemas call its kind (``x-names``): in the draft itself – its materials, its questions, its steps – and in the hall.

A table, kind → who knows it. Names are said in Chinese, or as their writer wrote them, and in English where they have been translated; which of two things
of one name is meant is told by what they are kept as.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache, cached_property
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.documents.spec import KINDS
from core.forms.spec import Field, FormSpec
from core.identity import queries as people
from core.identity.spec import POST_ROLES
from core.items import sources
from core.items.checking import single_answers
from core.items.fields import PLACES
from core.items.models import Item
from core.items.saying import Named
from core.items.spec import CompiledItem
from core.items.studio import languages, scopes, sketch
from core.items.studio.hall import notices
from core.items.studio.names import MOST, Name, Names
from core.items.studio.spots import Spot, find
from core.items.subjects import subjects
from core.kernel.shapes import listed, mapping, text
from core.kernel.wording import word
from core.licences import queries as licences
from core.notices import wordings
from core.pluginhost import service as plugins

#: Characters of a name; conditions are whole sentences.
LONGEST: Final = 80
#: Between the name of a group and that of a question in it.
_GAP: Final = " · "


class _World:
    """A draft's *content* as the editor of *at* sees it, and the hall in which it is."""

    def __init__(self, session: Session, content: Mapping[str, Any], at: Spot) -> None:
        self.session, self.content, self.at = session, content, at
        self.item = mapping(content.get("item"))

    @cached_property
    def form(self) -> FormSpec | None:
        """The draft's form, where it compiles."""
        return sketch.form_of(self.content)

    @cached_property
    def licence_types(self) -> tuple[dict[str, Any], ...]:
        """The catalogue of licences."""
        return licences.types(self.session)

    @cached_property
    def _english(self) -> Mapping[Spot, str]:
        said = languages.said(self.content, "en")
        return {spot: text(said.get(path)) for path, (spot, _chinese) in languages.texts_of(self.content).items()} if said else {}

    def own(self, value: str, at: Spot, said: Any) -> Name:
        """What the draft calls *said*, at the spot *at*."""
        return Name(value, _short(text(said).strip() or value), _short(self._english.get(at, "")))

    def scope(self) -> tuple[Spot, str]:
        """The scope of the route in which *at* lies, and the node there that it is about; the review itself for what lies in none."""
        node = scopes.node_of(self.at)
        if not node:
            return scopes.REVIEW, ""
        return (node, "") if scopes.is_branch(node) else (scopes.scope_at(node), node[-1])


def names(session: Session, content: Mapping[str, Any], at: Spot = ()) -> Names:
    """What may be named in the editor of *at* of a draft's *content*. Each kind is looked up when it is asked for, once."""
    world, found = _World(session, content, at), dict[str, tuple[Name, ...] | None]()

    def known(kind: str) -> tuple[Name, ...] | None:
        if kind not in found:
            looked = _KINDS[kind](world) if kind in _KINDS else None
            found[kind] = None if looked is None else _told_apart(looked)
        return found[kind]

    return known


def of_items(session: Session, *items: CompiledItem | None) -> Named:
    """Who knows by name what *items* – the sides of a difference, the one that counts first – name by codes. Nothing is looked up before it is asked for."""
    from core.items.studio.printout import Called  # only who compares needs it

    there = [(item, names(session, {"item": item.doc, "form": item.form_doc, "blocks": {}})) for item in items if item is not None]

    @cache
    def calling(locale: str) -> list[Called]:
        return [Called(item, locale, known) for item, known in there]

    def named(value: str, name: str, above: str, locale: str) -> str | None:
        return next((found for each in calling(locale) if (found := each.named(value, name, above))), None)

    return named


def kinds() -> frozenset[str]:
    """Every kind that somebody knows."""
    return frozenset(_KINDS)


def _told_apart(found: Iterable[Name]) -> tuple[Name, ...]:
    """Each value once; of names that are the same each says what it is kept as."""
    made = tuple({each.value: each for each in reversed(list(found))}.values())[::-1]
    many = Counter(each.title for each in made)
    return tuple(each if many[each.title] == 1 else _told(each) for each in made)


def _told(name: Name) -> Name:
    return replace(name, title=f"{name.title}（{name.value}）", english=f"{name.english} ({name.value})" if name.english else "")


def _short(said: str) -> str:
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _worded(value: str, key: str) -> Name:
    return Name(value, word(key, "zh"), word(key, "en"))


# ---- the hall


def _departments(world: _World) -> Iterator[Name]:
    for code, title in people.department_titles(world.session).items():
        yield Name(code, title)


def _licence_types(world: _World) -> Iterator[Name]:
    for each in world.licence_types:
        yield Name(each["code"], str(each.get("title") or each["code"]), _english_of(each))


def _english_of(doc: Mapping[str, Any]) -> str:
    return text(mapping(mapping(doc.get("translations")).get("en")).get("title"))


def _annotations(world: _World) -> Iterator[Name]:
    """Kinds of annotation of the licences that the item ends with; of all while it says none."""
    named = {mapping(each).get("licence_type") for each in listed(world.item.get("results"))}
    concerned = [each for each in world.licence_types if each["code"] in named] or world.licence_types
    for licence in concerned:
        for each in licence.get("annotations") or ():
            yield Name(each["id"], str(each.get("title") or each["id"]))


def _facts(world: _World) -> Iterator[Name]:
    for fact in sources.facts(world.session).values():
        yield Name(fact.name, fact.title, _english_word(f"items.fact.{fact.name}"))


def _bar_conditions(world: _World) -> Iterator[Name]:
    for bar in sources.bar_conditions(world.session).values():
        yield Name(bar.name, bar.title)


def _english_word(key: str) -> str:
    said = word(key, "en")
    return "" if said == key else said


def _items(world: _World) -> Iterator[Name]:
    """Items that everybody can find in the portal, and this one."""
    own = text(world.item.get("code"))
    if own:
        yield world.own(own, ("item", "title"), world.item.get("title"))
    query = select(Item.code, Item.title, Item.card).where(Item.status == "published", Item.current_version_id.is_not(None), Item.code != own)
    for row in world.session.execute(query.order_by(Item.title, Item.code).limit(MOST + 1)):
        yield Name(row.code, row.title, text(mapping(mapping(row.card).get("en")).get("title")))


def _subjects(_world: _World) -> Iterator[Name]:
    for slug, titles in subjects().items():
        yield Name(slug, titles.get("zh") or slug, titles.get("en", ""))


def _notices(world: _World) -> Iterator[Name]:
    """Notices to applicants, as this hall words them."""
    for name, shipped in wordings.templates().items():
        if shipped["recipient"] == "citizen":
            doc = wordings.current(world.session, name)
            yield Name(name, _short(notices.title(doc, "zh")), _short(notices.title(doc, "en")))


def _hooks(world: _World) -> Iterator[Name] | None:
    if "plugins" not in world.session.info:
        return None
    offering = [state.manifest for state in plugins.host(world.session).states() if state.active]
    return (_ability(each.name, each.title, step) for each in offering for step in each.steps)


def _ability(plugin: str, title: Mapping[str, str], step: str) -> Name:
    said = {locale: f"{text(title.get(locale))}{_GAP}{step}" for locale in ("zh", "en") if title.get(locale)}
    return Name(f"{plugin}.{step}", said.get("zh", f"{plugin}.{step}"), said.get("en", ""))


def _roles(_world: _World) -> Iterator[Name]:
    for role in POST_ROLES:
        if word(key := f"routing.role.{role}", "zh") != key:
            yield _worded(role, key)


def _documents(_world: _World) -> Iterator[Name]:
    for kind in KINDS:
        yield _worded(kind, f"documents.kind.{kind}")


def _papers(world: _World) -> Iterator[Name]:
    """What a case may leave on paper: documents, and the notices of the item's own special procedures."""
    yield from _documents(world)
    named = {mapping(each).get("notice") for each in mapping(mapping(world.item.get("route")).get("pauses")).values()}
    yield from (each for each in _notices(world) if each.value in named)


# ---- the draft


def _entries(*way: str) -> Callable[[_World], Iterator[Name]]:
    """Entries of a list or a map of the item, by what people call them."""

    def look(world: _World) -> Iterator[Name]:
        held = find(world.content, ("item", *way))
        each = held.items() if isinstance(held, Mapping) else [(text(mapping(entry).get("id")), entry) for entry in listed(held)]
        for value, entry in each:
            named = next((name for name in ("title", "text") if text(mapping(entry).get(name)).strip()), "title")
            if value:
                token = value if isinstance(held, Mapping) else f"@{value}"
                yield world.own(value, ("item", *way, token, named), mapping(entry).get(named))

    return look


def _questions(wanted: Callable[[FormSpec], Iterable[str]], root: str = "") -> Callable[[_World], Iterator[Name] | None]:
    """Questions of the form by their paths, called by their names and those of the groups in which they stand; ``None`` while the form does not compile."""

    def look(world: _World) -> Iterator[Name] | None:
        form = world.form
        return None if form is None else _asked(form, wanted(form), root)

    return look


def _asked(form: FormSpec, paths: Iterable[str], root: str) -> Iterator[Name]:
    """Questions of the same name are told apart by their sections."""
    paths = tuple(paths)
    fields: dict[str, Field] = {}
    for each in form.root.walk():
        fields.setdefault(each.path, each)  # a table before its rows, which have its path
    said = {locale: {path: _way(form, fields, path, locale) for path in paths} for locale in ("zh", "en")}
    many = Counter(said["zh"].values())
    sections = {field.path: section for section in form.sections for field in section.fields}
    for path in paths:
        section = sections.get(path.partition(".")[0]) if many[said["zh"][path]] > 1 else None
        within = {"zh": section.title, "en": _spoken(form, f"{section.id}.title", section.title)} if section is not None else {}
        titles = {locale: _GAP.join(part for part in (within.get(locale, ""), each[path]) if part) for locale, each in said.items()}
        english = titles["en"] if said["en"][path] and (section is None or within["en"]) else ""
        yield Name(f"{root}{path}", titles["zh"] or path, english)


def _way(form: FormSpec, fields: Mapping[str, Field], path: str, locale: str) -> str:
    """The names of a question and of the groups in which it stands; nothing where one of them has none in *locale*."""
    parts = path.split(".")
    above = [fields[name] for n in range(1, len(parts) + 1) if (name := ".".join(parts[:n])) in fields]
    said = [each.title if locale == "zh" else _spoken(form, f"{each.path}.title", each.title) for each in above]
    return _GAP.join(said) if all(said) else ""


def _spoken(form: FormSpec, path: str, chinese: str) -> str:
    found, lang = form.text(path, chinese, "en")
    return "" if lang else found


def _of_kind(*keys: str) -> Callable[[FormSpec], Iterator[str]]:
    return lambda form: (each.path for each in _top(form) if each.kind.key in keys)


def _top(form: FormSpec) -> Iterator[Field]:
    """The questions of the first level in the order in which they are asked, then those that stand on no page."""
    return iter({each.path: each for each in (*(field for page in form.pages for field in page.fields), *form.root.children)}.values())


def _lists(form: FormSpec) -> Iterator[str]:
    """Tables of the form that stand in no other."""
    tables = [each.path for each in form.root.walk() if each.item is not None]
    return (path for path in tables if not any(path.startswith(f"{other}.") for other in tables))


def _next_steps(world: _World) -> Iterator[Name]:
    scope, own = world.scope()
    return (each for each in _steps(world, scope) if each.value != own)


def _stations(world: _World) -> Iterator[Name]:
    """Receipt, and the steps beside and around: what “somebody else than in …” can mean."""
    scope, own = world.scope()
    yield _worded("intake", "routing.title.intake")
    met = {own}
    while scope:
        for each in _steps(world, scope):
            if each.value not in met:
                met.add(each.value)
                yield each
        scope = scope[:-4] if scopes.is_branch(scope) else ()


def _steps(world: _World, scope: Spot) -> Iterator[Name]:
    for name, node in scopes.nodes_of(find(world.content, scope)).items():
        yield world.own(name, (*scope, "nodes", name, "title"), mapping(node).get("title"))


_KINDS: Mapping[str, Callable[[_World], Iterable[Name] | None]] = {
    "annotations": _annotations,
    "answers": _questions(single_answers),
    "bar_conditions": _bar_conditions,
    "conditions": _entries("conditions"),
    "departments": _departments,
    "documents": _documents,
    "facts": _facts,
    "fields": _questions(lambda form: (each.path for each in _top(form))),
    "hooks": _hooks,
    "items": _items,
    "licence_fields": _questions(_of_kind("licence_ref")),
    "licence_types": _licence_types,
    "life_events": _subjects,
    "lists": _questions(_lists, "form."),
    "materials": _entries("materials"),
    "next_steps": _next_steps,
    "notices": _notices,
    "papers": _papers,
    "pauses": _entries("route", "pauses"),
    "place_fields": _questions(_of_kind(*PLACES)),
    "roles": _roles,
    "rule_sheets": _entries("rule_sheets"),
    "stations": _stations,
    "themes": _subjects,
}
