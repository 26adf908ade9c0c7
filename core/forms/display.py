"""Answers in words: for check-your-answers, the case page and print. The same tree masked for those who need not see all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.forms.conditions import settle
from core.forms.fieldtypes.nested import which
from core.forms.prune import Pruner
from core.forms.spec import Field, FormSpec, Sourced, join_path
from core.kernel.wording import word

Step = str | int


@dataclass(frozen=True, slots=True)
class Shown:
    """One line, or a heading with lines below it.

    ``lang`` marks a title that had to stay Chinese, ``masked`` a text that is not shown whole, ``source`` where a prefilled value came from;
    ``kind`` is ``page``, ``section``, ``row`` or the field type; ``value`` the JSON value of files, for their links.
    """

    path: str
    kind: str
    title: str
    text: str = ""
    children: tuple[Shown, ...] = ()
    lang: str | None = None
    masked: bool = False
    source: str = ""
    value: Any = None


def display(
    spec: FormSpec, values: Mapping[str, Any], *, masked: bool = False, locale: str = "zh", facts: Mapping[str, Any] | None = None,
    sources: Mapping[str, Sourced | str] | None = None, blanks: bool = True,
) -> tuple[Shown, ...]:  # fmt: skip
    """The answers page by page. Hidden fields are left out, as are unanswered ones unless ``blanks``; sections without a line vanish."""
    kept = Pruner().fields(spec.fields, values, ())
    _, hidden, _ = settle(spec, kept, facts)
    painter = _Painter(spec, locale, masked, hidden, blanks, sources or {})
    pages = []
    for page in spec.pages:
        sections = []
        for section in page.sections:
            lines = painter.fields(section.fields, kept, ())
            if lines:
                title, lang = spec.text(f"{section.id}.title", section.title, locale)
                sections.append(Shown(section.id, "section", title, children=lines, lang=lang))
        if sections:
            title, lang = spec.text(f"{page.id}.title", page.title, locale)
            pages.append(Shown(page.id, "page", title, children=tuple(sections), lang=lang))
    return tuple(pages)


@dataclass(frozen=True, slots=True)
class _Painter:
    spec: FormSpec
    locale: str
    masked: bool
    hidden: frozenset[str]
    blanks: bool
    sources: Mapping[str, Sourced | str]

    def fields(self, fields: tuple[Field, ...], values: Any, way: tuple[Step, ...]) -> tuple[Shown, ...]:
        held = values if isinstance(values, dict) else {}
        lines = []
        for field in fields:
            here = (*way, field.id)
            if join_path(here) in self.hidden:
                continue
            if field.id in held and held[field.id] is not None:
                lines.append(self.field(field, held[field.id], here))
            elif self.blanks and field.required_when is None and field.visible is None:
                title, lang = self.title(field)
                lines.append(Shown(join_path(here), field.kind.key, title, word("forms.blank", self.locale), lang=lang))
        return tuple(lines)

    def title(self, field: Field) -> tuple[str, str | None]:
        return self.spec.text(f"{field.path}.title", field.title, self.locale)

    def field(self, field: Field, value: Any, way: tuple[Step, ...]) -> Shown:
        title, lang = self.title(field)
        body = field.body
        path = join_path(way)
        if body.kind.key == "group":
            return Shown(path, "group", title, children=self.fields(body.children, value, way), lang=lang)
        if body.kind.key == "rows" and isinstance(value, list) and body.item is not None:
            return Shown(
                path,
                "rows",
                title,
                body.kind.display(body, value, self.locale) if not self.masked else "",
                self.rows(body, body.item, value, way),
                lang,
            )
        if body.kind.key == "map" and isinstance(value, dict) and body.item is not None:
            return Shown(path, "map", title, children=tuple(self.entry(body.item, k, v, way) for k, v in value.items()), lang=lang)
        if body.kind.key == "union":
            shape = which(body, value)
            inner = self.field(shape, value, way) if shape is not None else None
            return Shown(path, "union", title, inner.text if inner else str(value), inner.children if inner else (), lang)
        text = self.options_text(body, value)
        starred = body.kind.mask(body, text) if self.masked else text
        if self.masked and body.ui.get("sensitive") and starred == text and text:
            starred = "*" * min(len(text), 8)
        source = self.sources.get(path)
        return Shown(
            path,
            body.kind.key,
            title,
            starred,
            (),
            lang,
            starred != text,
            source.source_title if isinstance(source, Sourced) else (source or ""),
            value if body.kind.key in ("file", "photo", "signature") and not (self.masked and body.kind.sensitive) else None,
        )

    def options_text(self, field: Field, value: Any) -> str:
        """The kind's own words; options in the reader's language where they are translated."""
        if self.locale.startswith("zh") or not field.options:
            return field.kind.display(field, value, self.locale)
        chosen = value if isinstance(value, list) else [value]
        titles = [
            self.spec.text(f"{field.path}.{o.key}.title", o.title, self.locale)[0]
            for v in chosen
            for top in field.options
            for _, o in top.walk()
            if o.value == v
        ]
        return "; ".join(titles) or field.kind.display(field, value, self.locale)

    def rows(self, rows: Field, item: Field, value: list[Any], way: tuple[Step, ...]) -> tuple[Shown, ...]:
        name = self.spec.text(f"{rows.path}.row_title", str(rows.ui.get("row_title") or rows.title), self.locale)[0]
        shown = []
        for index, row in enumerate(value):
            here = (*way, index)
            title = word("forms.row_title", self.locale, title=name, number=index + 1)
            if item.body.children:
                shown.append(Shown(join_path(here), "row", title, children=self.fields(item.body.children, row, here)))
            else:
                inner = self.field(item, row, here)
                shown.append(Shown(inner.path, "row", title, inner.text, inner.children))
        return tuple(shown)

    def entry(self, item: Field, key: str, value: Any, way: tuple[Step, ...]) -> Shown:
        inner = self.field(item, value, (*way, key))
        return Shown(inner.path, inner.kind, key, inner.text, inner.children, None, inner.masked)
