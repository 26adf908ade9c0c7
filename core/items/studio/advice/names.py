"""Names: there, short enough to be read out, told apart from their neighbours; help that helps, choices that say what they are."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from core.items.studio.advice.rules import Content, advice, said
from core.kernel.errors import Finding
from core.kernel.shapes import listed, mapping, text

#: Characters of a question's name; what is longer is help.
FIELD_TITLE = 30
#: Of a material's; laws name some of them at length.
MATERIAL_TITLE = 60
_NOISE = re.compile(r"[\s，。、：；？！,.:;?!（）()“”\"]|请|填写|输入|选择|上传|您的|你的|是否")
_ASKED = re.compile(r"[a-z0-9_]+")

Place = tuple[str, ...]


@advice
def names_on_a_page_differ(content: Content) -> Iterator[Finding]:
    """Two questions of one name on one page cannot be told apart by who hears them, nor on a correction notice."""
    form = mapping(content.get("form"))
    fields = mapping(form.get("properties"))
    for names in _pages(form, fields):
        met: set[str] = set()
        for name in names:
            title = text(mapping(fields.get(name)).get("title")).strip()
            if title and title in met:
                yield said(("form", "properties", name, "title"), "title_twice", title=title)
            met.add(title)


def _pages(form: Mapping[str, Any], fields: Mapping[str, Any]) -> Iterator[list[str]]:
    pages = listed(mapping(form.get("ui")).get("pages"))
    for page in pages:
        sections = listed(mapping(page).get("sections"))
        yield list(dict.fromkeys(name for section in sections for name in listed(mapping(section).get("fields")) if isinstance(name, str)))
    if not pages:
        yield list(fields)


@advice
def fields_say_what_they_ask(content: Content) -> Iterator[Finding]:
    """Each question of the form: its name, its help, its choices."""
    for at, field in fields_of(mapping(content.get("form"))):
        title = text(field.get("title")).strip()
        if len(title) > FIELD_TITLE:
            yield said((*at, "title"), "title_long", title=title, count=len(title), most=FIELD_TITLE)
        yield from _help(at, ("ui", "help"), title, text(mapping(field.get("ui")).get("help")))
        yield from _help(at, ("description",), title, text(field.get("description")))
        yield from _choices(at, field)


def fields_of(form: Mapping[str, Any], at: Place = ("form",), depth: int = 0) -> Iterator[tuple[Place, Mapping[str, Any]]]:
    """Every field of a form definition, those of groups and rows too, with the way to it."""
    for name, field in mapping(form.get("properties")).items() if depth < 12 else ():
        if isinstance(field, Mapping):
            here = (*at, "properties", str(name))
            yield here, field
            yield from fields_of(field, here, depth + 1)
            yield from fields_of(mapping(field.get("items")), (*here, "items"), depth + 1)


def _help(at: Place, way: Place, title: str, help_text: str) -> Iterator[Finding]:
    if help_text.strip() and title and _NOISE.sub("", help_text) in ("", _NOISE.sub("", title)):
        yield said((*at, *way), "help_repeats", title=title)


def _choices(at: Place, field: Mapping[str, Any]) -> Iterator[Finding]:
    for holder, inside in ((field, at), (mapping(field.get("items")), (*at, "items"))):
        bare = [each for each in listed(holder.get("enum")) if isinstance(each, str) and _ASKED.fullmatch(each)]
        if bare:
            yield said((*inside, "enum"), "choices_bare", values="、".join(bare[:5]))
        options = listed(holder.get("oneOf"))
        if options and all(isinstance(each, Mapping) and "const" in each for each in options):
            yield from _options((*inside, "oneOf"), options)


def _options(at: Place, options: list[Mapping[str, Any]]) -> Iterator[Finding]:
    titles = Counter(text(each.get("title")).strip() for each in options)
    values = Counter(repr(each["const"]) for each in options)
    for index, each in enumerate(options):
        here, title = (*at, str(index)), text(each.get("title")).strip()
        if not title or (title == each["const"] and _ASKED.fullmatch(title)):
            yield said(here, "choice_unnamed", value=str(each["const"]))
        elif titles[title] > 1:
            yield said((*here, "title"), "choice_title_twice", title=title)
        if values[repr(each["const"])] > 1:
            yield said((*here, "const"), "choice_twice", value=str(each["const"]))


@advice
def entries_of_the_item_say_what_they_are(content: Content) -> Iterator[Finding]:
    """Materials, situations and their choices: names of a length one can read; help beyond the name."""
    item = mapping(content.get("item"))
    for index, material in enumerate(listed(item.get("materials"))):
        title = text(mapping(material).get("title")).strip()
        if len(title) > MATERIAL_TITLE:
            yield said(("item", "materials", str(index), "title"), "title_long", title=title[:20] + "…", count=len(title), most=MATERIAL_TITLE)
        yield from _help(("item", "materials", str(index)), ("help",), title, text(mapping(material).get("help")))
    for index, situation in enumerate(listed(item.get("situations"))):
        at = ("item", "situations", str(index))
        options = [mapping(each) for each in listed(mapping(situation).get("options"))]
        titles = Counter(text(each.get("title")).strip() for each in options)
        for number, option in enumerate(options):
            title = text(option.get("title")).strip()
            if title and titles[title] > 1:
                yield said((*at, "options", str(number), "title"), "choice_title_twice", title=title)
            yield from _help((*at, "options", str(number)), ("help",), title, text(option.get("help")))


@advice
def nothing_is_blank(content: Content) -> Iterator[Finding]:
    """A text of spaces only is drawn as an empty line; it is meant to be left out."""
    for root in ("item", "form"):
        yield from _blank(content.get(root), (root,), 0)


#: Texts that may be left out wherever they stand.
OPTIONAL = frozenset(("help", "summary", "short_title", "description", "placeholder", "unit", "row_title", "add"))


def _blank(value: Any, at: Place, depth: int) -> Iterator[Finding]:
    if depth > 40:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if isinstance(inner, str):
                if name in OPTIONAL and not inner.strip() and at[-1] not in ("properties", "sets", "data"):
                    yield said((*at, str(name)), "blank")
            elif name not in ("translations", "samples", "provenance"):
                yield from _blank(inner, (*at, str(name)), depth + 1)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _blank(inner, (*at, str(index)), depth + 1)
