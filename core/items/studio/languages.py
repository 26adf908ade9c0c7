"""Translations of a draft: how many of its texts are said in each language, and which are not – of the item and of its form."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.items.studio.spots import Spot, find
from core.items.texts import text_spots
from core.kernel.shapes import listed, mapping, text

#: Languages that the platform speaks besides Chinese.
LOCALES = ("en",)
_HAN = re.compile(r"[\u4e00-\u9fff]")
_UI_TEXTS = ("help", "placeholder", "unit", "add", "row_title", "text", "yes", "no")


@dataclass(frozen=True, slots=True)
class Completeness:
    """Texts said in a language, of all; ``lacking`` are path and spot of each that is not."""

    locale: str
    done: int
    all: int
    lacking: tuple[tuple[str, Spot], ...]


def completeness(content: Mapping[str, Any]) -> tuple[Completeness, ...]:
    """One for each of the platform's languages. Numbers, units and Latin words need no translation and are not counted."""
    texts = {path: spot for path, (spot, said) in texts_of(content).items() if _HAN.search(said)}
    return tuple(_of(locale, texts, said(content, locale)) for locale in LOCALES)


def _of(locale: str, texts: Mapping[str, Spot], table: Mapping[str, Any]) -> Completeness:
    lacking = tuple((path, spot) for path, spot in texts.items() if not text(table.get(path)).strip())
    return Completeness(locale, len(texts) - len(lacking), len(texts), lacking)


def said(content: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """Everything translated into *locale*, by path; the item's words for its form win over the form's own."""
    own = mapping(mapping(mapping(content.get("form")).get("translations")).get(locale))
    of_form = {path if str(path).startswith("form.") else f"form.{path}": each for path, each in own.items()}
    return {**of_form, **mapping(mapping(mapping(content.get("item")).get("translations")).get(locale))}


def texts_of(content: Mapping[str, Any]) -> dict[str, tuple[Spot, str]]:
    """Path of stable ids → where the text stands and what it says in Chinese."""
    item = mapping(content.get("item"))
    found = {path: (("item", *way), _said(item, way)) for path, way in text_spots(item).items()}
    for path, spot, chinese in form_texts(mapping(content.get("form"))):
        found.setdefault(f"form.{path}", (spot, chinese))
    return found


def _said(item: Any, way: tuple[str, ...]) -> str:
    return str(find(item, way))


def form_texts(form: Mapping[str, Any]) -> Iterator[tuple[str, Spot, str]]:
    """(path, spot, text) of everything that people read of a form definition."""
    ui = mapping(form.get("ui"))
    if text(form.get("title")):
        yield "title", ("form", "title"), text(form["title"])
    for page, at in _entries(ui.get("pages"), ("form", "ui", "pages")):
        yield from _titled(page, at)
        for section, inside in _entries(page.get("sections"), (*at, "sections")):
            yield from _titled(section, inside)
    for check, at in _entries(ui.get("checks"), ("form", "ui", "checks")):
        if text(check.get("message")):
            yield f"checks.{check.get('id')}.message", (*at, "message"), text(check["message"])
    yield from _fields(form, ("form",), "", 0)


def _entries(value: Any, at: Spot) -> Iterator[tuple[Mapping[str, Any], Spot]]:
    for index, each in enumerate(listed(value)):
        if isinstance(each, Mapping):
            yield each, (*at, f"@{each['id']}" if isinstance(each.get("id"), str) else str(index))


def _titled(each: Mapping[str, Any], at: Spot) -> Iterator[tuple[str, Spot, str]]:
    for name in ("title", "help"):
        if text(each.get(name)):
            yield f"{each.get('id')}.{name}", (*at, name), text(each[name])


def _fields(holder: Mapping[str, Any], at: Spot, path: str, depth: int) -> Iterator[tuple[str, Spot, str]]:
    if depth > 12:
        return
    for name, field in mapping(holder.get("properties")).items():
        if isinstance(field, Mapping):
            yield from _field(field, (*at, "properties", name), f"{path}.{name}" if path else name, depth)


def _field(field: Mapping[str, Any], at: Spot, path: str, depth: int) -> Iterator[tuple[str, Spot, str]]:
    ui = mapping(field.get("ui"))
    if text(field.get("title")):
        yield f"{path}.title", (*at, "title"), text(field["title"])
    for name in _UI_TEXTS:
        if text(ui.get(name)):
            yield f"{path}.{name}", (*at, "ui", name), text(ui[name])
    if text(field.get("description")) and not text(ui.get("help")):
        yield f"{path}.help", (*at, "description"), text(field["description"])
    items = mapping(field.get("items"))
    for holder, inside in ((field, at), (items, (*at, "items"))):
        for index, option in enumerate(listed(holder.get("oneOf"))):
            if isinstance(option, Mapping) and isinstance(option.get("const"), str) and text(option.get("title")):
                yield f"{path}.{option['const']}.title", (*inside, "oneOf", str(index), "title"), text(option["title"])
        yield from _fields(holder, inside, path, depth + 1)
