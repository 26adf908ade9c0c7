"""HTML of a page through our own macros. WTForms draws nothing: its widgets cost ten times as much and know no error of ours.

The HTML holds no token, no address and no name of a person unless values are given, so the blank page of a form is made once per
language and look and then copied.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from core.forms.prefill import empty
from core.forms.spec import FieldError, FormSpec, Page
from core.forms.view import Control, Skeletons, ui_words, view
from core.kernel.canonical import digest
from core.kernel.wording import word

TEMPLATE = "forms/page.html"
_KEPT = 1_000
_blank: OrderedDict[tuple[str, ...], Markup] = OrderedDict()
_SKELETONS_MOST = 50_000
_skeletons: dict[tuple[str | None, str], tuple[Any, Skeletons]] = {}
_lock = Lock()


def cache_key(spec: FormSpec, page: Page | str | None = None, locale: str = "zh") -> str:
    """Names the blank page: the same text for the same form, translations, page and language."""
    name = page.id if isinstance(page, Page) else spec.page(page).id
    return digest([spec.hash, spec.texts_digest(locale), name, locale])


def render_page(
    env: Environment, spec: FormSpec, page: Page | str | None = None, values: Mapping[str, Any] | None = None, errors: Sequence[FieldError] = (),
    sources: Mapping[str, Any] | None = None, locale: str = "zh", facts: Mapping[str, Any] | None = None, *, begun: bool = False,
    said: Callable[[Any], str] | None = None,
) -> Markup:  # fmt: skip
    """The fields of a page, without ``<form>``, token and buttons. *env* holds the templates of the hall's look.

    *begun*: *values* are what is there even when that is nothing: no first row is offered that nobody asked for, and an optional group that nobody
    began is a button. *said*: see :func:`core.forms.view.view`.
    """
    template: Any = env.get_template(TEMPLATE)
    if not begun and not values and not errors and not sources and not facts:
        key = (cache_key(spec, page, locale), str(template.filename))
        with _lock:
            found = _blank.get(key)
        if found is not None:
            return found
        made = Markup(template.module.page(view(spec, page, empty(spec), (), {}, locale)))  # noqa: S704 - the macros escape
        with _lock:
            _blank[key] = made
            while len(_blank) > _KEPT:
                _blank.popitem(last=False)
        return made
    return Markup(template.module.page(view(spec, page, values, errors, sources, locale, facts, _skeletons_of(template, locale), folding=begun, said=said)))  # noqa: S704 - the macros escape


def _skeletons_of(template: Any, locale: str) -> Skeletons:
    """The skeletons of one look and language; they go when the template is read anew."""
    module = template.module
    with _lock:
        known = _skeletons.get((template.filename, locale))
        if known is not None and known[0] is module and len(known[1].made) < _SKELETONS_MOST:
            return known[1]

        def draw(control: Control, cell: bool) -> str:
            return str(module.cell(control, ui_words(locale)) if cell else module.control(control, ui_words(locale)))

        def draw_row(rows: Control, blank: Control) -> str:
            return str(module.row(rows, blank, blank.name.rsplit("-", 1)[1], ui_words(locale)))

        made = Skeletons(draw, draw_row)
        _skeletons[(template.filename, locale)] = (module, made)
        return made


def render_summary(env: Environment, spec: FormSpec, errors: Sequence[FieldError], locale: str = "zh") -> Markup:
    """The error summary: every error in full words, linked to its control. Empty without errors."""
    from core.forms.wording import words

    if not errors:
        return Markup()
    template: Any = env.get_template(TEMPLATE)
    lines = [(e.anchor, words(e, spec, locale)) for e in errors]
    return Markup(template.module.summary(word("forms.summary", locale, count=len(lines)), lines))  # noqa: S704 - the macros escape
