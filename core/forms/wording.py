"""An error in words: short beside its field, complete in the summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.forms.names import locate
from core.forms.spec import Field, FieldError, FormSpec, Page, Section
from core.kernel.wording import catalogue, word


def title_of(spec: FormSpec, field: Field, locale: str) -> str:
    """The field's title in *locale*."""
    return spec.text(f"{field.path}.title", field.title, locale)[0]


def told_apart(spec: FormSpec, fields: Sequence[Field], locale: str) -> list[tuple[str, str]]:
    """(path, title) of *fields* for a list of their own, where no heading stands above them: a title that occurs twice says whose it is."""
    titles = {field.path: title_of(spec, field, locale) for field in fields}
    often = Counter(titles.values())
    above = {field.path: _heading(spec, page, section, locale) for page in spec.pages for section in page.sections for field in section.fields}
    twice = {path: word("forms.of_section", locale, section=above.get(path, ""), title=title) for path, title in titles.items() if often[title] > 1}
    return list((titles | {path: said for path, said in twice.items() if above.get(path)}).items())


def _heading(spec: FormSpec, page: Page, section: Section, locale: str) -> str:
    return spec.text(f"{section.id}.title", section.title, locale)[0] or spec.text(f"{page.id}.title", page.title, locale)[0]


def words(error: FieldError, spec: FormSpec, locale: str = "zh", *, short: bool = False) -> str:
    """What is wrong and how to mend it.

    ``short`` is for the place beside the field; otherwise the row and the field are named: ``第 2 行从业人员:健康证编号还差 1 位,应为 12 位``.
    """
    way = _way(error.path)
    field, _ = locate(spec.root, way, None)
    title = title_of(spec, field, locale) or (title_of(spec, _container(spec, way), locale))
    texts = catalogue().get(error.key, {})
    template = texts.get(locale) or texts.get("zh", "")
    said = word(error.key, locale, **{"title": title, **_localised(error, spec, locale)})
    if short:
        return said
    row = _row_words(spec, way, locale)
    if "{title}" not in template and title:
        said = f"{title}: {said}" if locale == "en" else f"{title}：{said}"
    return f"{row}{said}"


def _localised(error: FieldError, spec: FormSpec, locale: str) -> dict[str, object]:
    params = dict(error.params)
    if error.key == "forms.check_failed":
        params["message"] = spec.text(f"checks.{params.get('check')}.message", str(params.get("message", "")), locale)[0]
    return params


def _way(path: str) -> tuple[str | int, ...]:
    return tuple(int(s) if s.isdigit() else s.replace("%2E", ".").replace("%25", "%") for s in path.split(".") if s)


def _container(spec: FormSpec, way: tuple[str | int, ...]) -> Field:
    return locate(spec.root, way[:-1], None)[0] if way else spec.root


def _row_words(spec: FormSpec, way: tuple[str | int, ...], locale: str) -> str:
    """The rows on the way to the field: which, of what."""
    said = ""
    for index, step in enumerate(way):
        if isinstance(step, int):
            rows, _ = locate(spec.root, way[:index], None)
            if rows.kind.key != "rows":
                continue
            name = spec.text(f"{rows.path}.row_title", str(rows.ui.get("row_title") or rows.title), locale)[0]
            said += word("forms.row", locale, title=name, number=step + 1)
    return said
