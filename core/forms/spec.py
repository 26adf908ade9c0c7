"""What a form definition compiles to: frozen, shared by every request, safe to keep for the life of the process."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from jinja2 import pass_environment

from core.kernel.canonical import digest
from core.rules.service import Label, Rule, Type

if TYPE_CHECKING:
    from core.forms.fieldtypes.base import FieldType

Values = dict[str, Any]

#: Limits that hold when the definition names none. They bound what one submission can cost.
DEFAULT_MAX_LENGTH = 20_000
DEFAULT_MAX_ITEMS = 200
MAX_DEPTH = 24
_HAN = re.compile("[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Option:
    """One answer to choose. ``key`` is what a browser posts, ``value`` what JSON keeps; they differ for numbers and null."""

    value: Any
    key: str
    title: str
    help: str = ""
    group: str = ""
    children: tuple[Option, ...] = ()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, Option]]:
        """This option and everything below it, with the depth."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """One question. ``path`` is its stable id (``staff.name``), free of row numbers, label and position."""

    id: str
    path: str
    kind: FieldType
    title: str
    help: str
    schema: Mapping[str, Any]
    ui: Mapping[str, Any]
    required: bool = False
    nullable: bool = False
    options: tuple[Option, ...] = ()
    children: tuple[Field, ...] = ()  # group: its fields · union: its alternatives
    item: Field | None = None  # rows, map: what one entry is
    ref: str | None = None  # recursive: the definition that is meant
    default: Any = None  # what a fresh form starts with; MISSING when the definition says nothing
    visible: Rule | None = None
    required_when: Rule | None = None
    computed: Rule | None = None
    defs: Mapping[str, Field] = field(default_factory=dict, repr=False)
    by_id: Mapping[str, Field] = field(default_factory=dict, repr=False)
    by_key: Mapping[str, Option] = field(default_factory=dict, repr=False)

    @property
    def body(self) -> Field:
        """The field itself, or what a recursive reference stands for."""
        return self.defs[self.ref] if self.ref is not None else self

    @property
    def fields(self) -> tuple[Field, ...]:
        """The fields of one entry: of the group itself, or of a row."""
        if self.item is not None:
            return self.item.children
        return self.children

    def walk(self) -> Iterator[Field]:
        """This field and everything inside it; stops at recursive references."""
        yield self
        for child in self.children:
            yield from child.walk()
        if self.item is not None:
            yield from self.item.walk()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with the fields below it."""

    id: str
    title: str
    help: str
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """One group of questions, shown at a time."""

    id: str
    title: str
    sections: tuple[Section, ...]

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every top field of the page in reading order."""
        return tuple(f for s in self.sections for f in s.fields)


@dataclass(frozen=True, slots=True)
class Node:
    """One thing to decide before validation: whether a field shows, or what it computes to.

    ``steps`` lead from the whole answers to the field's container; ``[]`` stands for every row.
    """

    field: Field
    steps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Assertion:
    """A rule between fields (``ui.checks``): when it is false, ``message`` stands at field ``at``."""

    id: str
    at: str
    rule: Rule
    message: str


@dataclass(frozen=True, eq=False)
class FormSpec:
    """A compiled form. ``json_schema`` validates, ``types`` and ``labels`` serve rules, ``hash`` names exactly this content."""

    id: str
    title: str
    pages: tuple[Page, ...]
    root: Field
    json_schema: Mapping[str, Any]
    types: Mapping[str, Type]
    labels: Mapping[str, Label]
    hash: str
    nodes: tuple[Node, ...] = ()
    checks: tuple[Assertion, ...] = ()
    definition: Mapping[str, Any] = field(default_factory=dict, repr=False)
    translations: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)
    glossary: Mapping[str, Mapping[str, str]] = field(default_factory=dict, repr=False)  # locale → Chinese → text, for what no path translates

    @property
    def fields(self) -> tuple[Field, ...]:
        """Every top field, placed or not, in the order of the definition."""
        return self.root.children

    @property
    def sections(self) -> tuple[Section, ...]:
        """Every section of every page."""
        return tuple(s for p in self.pages for s in p.sections)

    def page(self, page_id: str | None) -> Page:
        """The page called *page_id*; the first when it is ``None``. Raises :class:`KeyError` when there is no such page."""
        if page_id is None:
            return self.pages[0]
        for page in self.pages:
            if page.id == page_id:
                return page
        raise KeyError(page_id)

    def on_page(self, page_id: str | None) -> tuple[Field, ...]:
        """The top fields of one page, or of the whole form when *page_id* is ``None``."""
        return self.fields if page_id is None else self.page(page_id).fields

    def translate(self, translations: Mapping[str, Mapping[str, str]]) -> FormSpec:
        """The same form with texts in other languages: locale → path of stable ids (``form.area.title``) → text."""
        merged = {locale: {**self.translations.get(locale, {}), **texts} for locale, texts in translations.items()}
        return replace(self, translations={**self.translations, **merged})

    def text(self, path: str, fallback: str, locale: str) -> tuple[str, str | None]:
        """A text in *locale*, and the language to mark it with when it had to fall back to Chinese."""
        if locale.startswith("zh") or not fallback:
            return fallback, None
        found = self.translations.get(locale, {}).get(f"form.{path}") or self.glossary.get(locale, {}).get(fallback)
        return (found, None) if found else (fallback, "zh-CN" if _HAN.search(fallback) else None)

    def labels_in(self, locale: str) -> Mapping[str, Label]:
        """:attr:`labels` for sentences in *locale*, translated where there is a translation."""
        texts = self.translations.get(locale, {})
        return self.labels if locale.startswith("zh") else {path: label.spoken(path, texts, locale) for path, label in self.labels.items()}

    @pass_environment
    def html(self, env: Any, page: Any, values: Any = None, errors: Any = (), sources: Any = None, locale: str = "zh", facts: Any = None) -> Any:
        """:func:`core.forms.render.render_page` for templates, which have the form at hand and the environment around them."""
        from core.forms.render import render_page

        return render_page(env, self, page, values, errors, sources, locale, facts)

    def texts_digest(self, locale: str) -> str:
        """Names the translations of *locale*, so that a cached page does not outlive them."""
        texts = self.translations.get(locale)
        return digest(dict(texts)) if texts else ""


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing to mend. ``path`` is the spot in the values (``staff.1.health``), ``name`` the control that asks for it."""

    path: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""

    @property
    def anchor(self) -> str:
        """The id of the control on the page, for the links of the error summary."""
        return anchor(self.name or self.path.replace(".", "-"))


@dataclass(frozen=True, slots=True)
class Decision:
    """What the server holds of the answers: cleaned values, what is wrong, what was hidden (and dropped), what was computed."""

    values: Values
    errors: tuple[FieldError, ...]
    hidden: frozenset[str]
    computed: Mapping[str, Any]

    @property
    def ok(self) -> bool:
        """Nothing is left to mend."""
        return not self.errors


@dataclass(frozen=True, slots=True)
class Sourced:
    """A value the hall already knows, with the words that say where from (``营业执照``)."""

    value: Any
    source_title: str


def anchor(name: str) -> str:
    """The id of the control posted as *name*."""
    return "f-" + name.replace("$", "_")


def join_path(steps: Sequence[str | int]) -> str:
    """Steps as one path; a dot inside a key is escaped, so that the path splits back."""
    return ".".join(s.replace("%", "%25").replace(".", "%2E") if isinstance(s, str) else str(s) for s in steps)
