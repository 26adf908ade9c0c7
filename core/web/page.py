"""One way to make a page: the theme's template in the reader's language, with what every page shows (hall, account, looks).

Pages that are the same for everybody – guides, blank forms – are kept rendered; what differs a reader (name, CSRF token, the way back
after a change of language) is left open as *slots* and filled in when the page is sent.
"""

import datetime as dt
import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from threading import Lock
from typing import Any, TypeVar

from flask import g, request, url_for
from flask import session as cookie
from flask_wtf.csrf import generate_csrf
from jinja2 import Environment, Template
from markupsafe import Markup, escape
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from core.kernel.clock import local, now
from core.kernel.errors import PlatformError
from core.kernel.text import typeset as typeset
from core.notices import queries as notices
from core.web import edge, looks, slots
from core.web.marking import mark_chinese
from core.web.theming import Theme, Themes, translations

#: Slots are private-use characters: :func:`core.kernel.text.normalise` takes them out of everything a person can send.
SLOTS = {name: f"\ue000{name}\ue001" for name in ("csrf", "account", "here", "plugins")}
_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

Words = TypeVar("Words")


def themes() -> Themes:
    """The site's themes, as this hall has them."""
    return looks.current()


def look() -> str:
    """The theme of this request: the reader's own choice, else the hall's. ``standard`` chosen in a branch means the branch's own look."""
    if "look" in g:  # a preview shows another look than the reader's own
        return str(g.look)
    chosen = cookie.get("look")
    hall = here()
    if chosen and chosen in themes() and chosen != "standard":
        return str(chosen)
    return hall.theme if hall is not None else "standard"


def here() -> Any:
    """The hall, or ``None`` when it cannot be told (database away, unknown prefix) – an error page must still come."""
    try:
        return edge.hall()
    except (HTTPException, PlatformError, SQLAlchemyError):
        return None


def _account() -> Any:
    try:
        return edge.account()
    except (PlatformError, SQLAlchemyError):
        return None


def say(message: str, **params: Any) -> str:
    """A Chinese message id in the reader's language, for Python code."""
    text = translations(edge.locale()).gettext(message)
    return text % params if params else text


def once_a_language(make: Callable[[], Words]) -> Callable[[], Words]:
    """A closed list of words that :func:`say` makes, kept by the process for each language: catalogues do not change while it lives."""
    kept: dict[str, Words] = {}

    @wraps(make)
    def words() -> Words:
        locale = edge.locale()
        if locale not in kept:
            kept[locale] = make()
        return kept[locale]

    return words


def page(template: str, **context: Any) -> str:
    """*template* as a page for this reader."""
    locale, theme = edge.locale(), themes().get(look())
    filled = {"csrf": generate_csrf, "account": lambda: account_link(locale, theme), "here": way_back}
    context = (
        _common(theme) | {"csrf_token": filled["csrf"], "account_slot": filled["account"], "way_back": filled["here"], "plugin_slots": plugin_slots} | context
    )
    return _in_language(_template(theme, locale, template).render(context), locale)


def _in_language(html: str, locale: str) -> str:
    return html if locale == "zh" else mark_chinese(html)


class Kept:
    """Rendered pages, bounded; the least recently used one goes first."""

    def __init__(self, size: int = 400) -> None:
        self._size = size
        self._pages: OrderedDict[Any, tuple[str, ...]] = OrderedDict()
        self._lock = Lock()

    def page(
        self, key: tuple[Any, ...], template: str, build: Callable[[], Mapping[str, Any]], finish: Callable[[str], str] = str, plugins: Callable[[], str] = str
    ) -> str:
        """*template* with ``build()``'s values, rendered once for *key* (which names everything the values depend on), theme, language, hall.

        *finish* is run once over the whole page; *plugins* makes, each time, what stands where the template calls ``plugin_slots()``.
        """
        locale, theme, hall = edge.locale(), themes().get(look()), here()
        full = (*key, template, locale, theme.digest, hall.id if hall else None, request.script_root)
        pieces = self._pages.get(full)
        if pieces is None:
            slots = {"csrf_token": _slot("csrf"), "account_slot": _slot("account"), "way_back": _slot("here"), "plugin_slots": _slot("plugins")}
            html = finish(_template(theme, locale, template).render(_common(theme) | slots | dict(build())))
            pieces = _split(_in_language(html, locale))
            with self._lock:
                self._pages[full] = pieces
                while len(self._pages) > self._size:
                    self._pages.popitem(last=False)
        else:
            with self._lock:
                if full in self._pages:
                    self._pages.move_to_end(full)
        values = {
            SLOTS["csrf"]: str(generate_csrf()),
            SLOTS["account"]: str(account_link(locale, theme)),
            SLOTS["here"]: str(escape(way_back())),
            SLOTS["plugins"]: plugins(),
        }
        return "".join([values.get(piece, piece) for piece in pieces])

    def clear(self) -> None:
        """Forget all pages (tests)."""
        self._pages.clear()


def plugin_slots(place: slots.Place, *, department_id: str | None = None, item: Iterable[str] = (), **about: str) -> Markup:
    """What plugins add at *place* of this page, about an item, a case or a licence (:class:`core.web.slots.Subject`)."""
    locale, theme = edge.locale(), themes().get(look())
    common = _common(theme) | {"csrf_token": generate_csrf}

    def render(template: str, values: Mapping[str, Any]) -> str:
        return _in_language(_template(theme, locale, template).render(common | dict(values)), locale)

    return slots.shown(place, render, slots.Subject(**about), department_id=department_id, item=item)


def _slot(name: str) -> Callable[..., Markup]:
    text = Markup(SLOTS[name])  # noqa: S704 – a constant of ours
    return lambda *_args, **_about: text


def _split(html: str) -> tuple[str, ...]:
    pieces = [html]
    for mark in SLOTS.values():
        pieces = [part for piece in pieces for part in _between(piece, mark)]
    return tuple(piece for piece in pieces if piece)


def _between(piece: str, mark: str) -> list[str]:
    if piece == mark or mark not in piece:
        return [piece]
    first, *rest = piece.split(mark)
    return [first, *(part for each in rest for part in (mark, each))]


def _common(theme: Theme) -> dict[str, Any]:
    hall = here()
    return {
        "hall": hall,
        "nav_here": "",
        "hall_title": hall.title if hall is not None else say("网上政务大厅"),
        "theme": theme,
        "css_url": url_for("theme_css", file=theme.css_file),
        "looks": [each for each in themes() if each.public],
    }


def environment() -> Environment:
    """The templates of this request's look and language, for those who render parts (``core.forms``)."""
    return _environment(themes().get(look()), edge.locale())


def _environment(theme: Theme, locale: str) -> Environment:
    return themes().environment(theme.name, locale, {**_OFFERED, **_filters(locale)})


def prepare(*templates: str) -> None:
    """Turn *templates* into code now, in the look and language of this request."""
    theme, locale = themes().get(look()), edge.locale()
    for name in templates:
        _template(theme, locale, name)


def _template(theme: Theme, locale: str, name: str) -> Template:
    return _environment(theme, locale).get_template(name)


def _filters(locale: str) -> dict[str, Any]:
    return {
        "wide_locale": {"zh": "zh-CN", "en": "en"}[locale],
        "filter_day": lambda value: day(value, locale),
        "filter_short_day": lambda value: day(value, locale, year=False),
        "filter_weekday": lambda value: ("周" if locale == "zh" else "") + _WEEKDAYS[locale][value.weekday()],
        "filter_at": lambda value: at(value, locale),
    }


def account_link(locale: str, theme: Theme) -> Markup:
    """The reader's name or the way to log in."""
    who = _account()
    html: str = _template(theme, locale, "partials/account.html").render(account=who, unread=unread(who) if who is not None else 0)
    return Markup(html)  # noqa: S704 – rendered with autoescape


#: How long the number of unread messages in the header is believed (seconds): pages of an application ask nothing extra for it.
UNREAD_FOR = 60


def unread(who: Any) -> int:
    """Unread messages of the account, counted once a minute and remembered in the reader's own session."""
    kept, moment = cookie.get("unread"), int(now().timestamp())
    if isinstance(kept, list) and len(kept) == 3 and kept[0] == who.id and 0 <= moment - kept[2] < UNREAD_FOR:
        return int(kept[1])
    try:
        count = notices.unread(edge.session(), who.id)
    except SQLAlchemyError:
        return 0
    cookie["unread"] = [who.id, count, moment]
    return count


def way_back() -> str:
    """Path and query of this page inside the hall, for links that change language or look and come back."""
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def asset(path: str) -> str:
    """The address of a static file."""
    try:
        return url_for("static", filename=path)
    except BuildError:
        return f"/static/{path}"


def day(value: Any, locale: str, *, year: bool = True) -> str:
    """A legal day as people say it: 2026年11月21日（周六） · Sat 21 Nov 2026."""
    if isinstance(value, str):
        value = dt.date.fromisoformat(value[:10])
    if isinstance(value, dt.datetime):
        value = local(value).date()
    weekday = _WEEKDAYS[locale][value.weekday()]
    if locale == "en":
        return f"{weekday} {value.day} {_MONTHS[value.month - 1]}" + (f" {value.year}" if year else "")
    return (f"{value.year}年" if year else "") + f"{value.month}月{value.day}日（周{weekday}）"


def at(value: Any, locale: str) -> str:
    """An instant as day and wall-clock time in the hall's zone."""
    here_and_now = local(value)
    return f"{day(here_and_now.date(), locale)} {here_and_now:%H:%M}"


def phrases(title: str) -> Markup:
    """A title whose bracketed part never breaks in the middle: 食品（含保健食品）|经营许可新办. Twelve characters are a line of a narrow telephone."""
    head, mark, tail = typeset(str(title)).partition("）")
    if not mark or not tail or "（" not in head or len(head) > 11:
        return escape(typeset(str(title)))
    return Markup('<span class="nw">{}）</span>{}').format(head, tail)


_NUMBER_PARTS = re.compile(r"^(\d{6,12})?(.*?)(\d{8})(\d{4,})$")


def number_parts(number: str) -> Markup:
    """A case number in parts that can be read aloud – division, item, day, counter; copied, it is whole again."""
    found = _NUMBER_PARTS.match(str(number))
    parts = [part for part in found.groups() if part] if found else [str(number)]
    return Markup('<span class="parts-of" data-number="{}">{}</span>').format(number, Markup("").join(Markup("<span>{}</span>").format(part) for part in parts))


_OFFERED: dict[str, Any] = {
    "url_for": url_for,
    "asset": asset,
    "filter_number": lambda value: f"{value:,}",
    "filter_nw": phrases,
    "filter_parts": number_parts,
    "filter_set": lambda value: typeset(str(value)),
}
