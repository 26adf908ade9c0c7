"""Themes as documents of the hall: what keeps a look from being put in force – a pair of colours that nobody can read –, whose it is to change, and the hall
in a look that nobody else sees yet."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import g, url_for
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity.models import Division, Hall
from core.items.studio.drafts import Draft
from core.items.studio.hall import kinds
from core.items.studio.hall.kinds import Documents, Kind, declare, top
from core.items.studio.part import Part
from core.kernel.errors import BadInput, Finding
from core.kernel.wording import word
from core.schemas import service as schemas
from core.settings import documents
from core.web import edge, looks
from core.web.page import page, themes
from core.web.page import say as _
from core.web.portal import browse
from core.web.studio.hall_faces import Face, Shown, not_yet
from core.web.theming import AA, READABLE, Theme, Themes, contrast


def _shipped() -> Documents:
    return looks.shipped().docs


def _division(session: Session, name: str) -> str:
    """The whole site's where readers may choose it or its halls lie apart; else the division of the halls that look like it."""
    family, highest = looks.shipped().family(name), top(session)
    query = select(Division.path).join(Hall, Hall.division_id == Division.id).where(Hall.theme.in_(family))
    paths = sorted(set(session.scalars(query)), key=len)
    alone = bool(paths) and all(path.startswith(paths[0]) for path in paths) and not any(_is_public(session, each) for each in family)
    return paths[0] if alone else highest


def _is_public(session: Session, name: str) -> bool:
    """Whether readers may choose a theme, by what is in force."""
    return bool({**_shipped()[name], **documents.in_force(session, looks.KIND).get(name, {})}.get("public"))


def _check(session: Session, name: str, doc: Any) -> Iterable[Finding]:
    faults = tuple(schemas.validate("theme", doc))
    if faults:
        return faults
    wrong = tuple(Finding("error", f"/tokens/{token}", "web.look_token", {"title": both(token)}) for token in looks.shipped().wrong_tokens(name, doc))
    if wrong:
        return wrong
    return (*_public(session, name, doc), *_contrasts(name, looks.shipped().tried(name, doc)))


def _public(session: Session, name: str, doc: Mapping[str, Any]) -> Iterator[Finding]:
    if bool(doc.get("public")) != _is_public(session, name) and _division(session, name) != top(session):
        yield Finding("error", "/public", "web.look_public")


def _contrasts(name: str, tried: Themes) -> Iterator[Finding]:
    """Every pair of colours that is hard to read, in the theme and in those that inherit from it; each once."""
    told: set[tuple[str, str]] = set()
    for theme in tried:
        where = {locale: "" if theme.name == name else word("web.look_contrast_heir", locale, theme=theme.title[locale]) for locale in ("zh", "en")}
        for front, back, wanted, ratio in pairs(theme.tokens):
            if ratio is None:
                colour = next((each for each in (front, back) if not _hex(theme.tokens.get(each, ""))), front)
                if (colour, "") not in told:
                    yield Finding("error", f"/tokens/{colour}", "web.look_colour", {"title": both(colour)})
                told.add((colour, ""))
            elif ratio < wanted and (front, back) not in told:
                told.add((front, back))
                least = AA[front, back]
                unreadable = ratio < least
                params = {"front": both(front), "back": both(back), "ratio": shown(ratio), "least": f"{least if unreadable else wanted:g}", "where": where}
                key = "web.look_contrast" if unreadable else "web.look_contrast_low"
                yield Finding("error" if unreadable else "warning", f"/tokens/{front}", key, params)


def pairs(tokens: Mapping[str, str]) -> Iterator[tuple[str, str, float, float | None]]:
    """(foreground, background, ratio wanted, ratio) of every pair of colours that the sheets use; ``None`` where a colour is none that can be computed with."""
    for front, back, wanted in READABLE:
        known = _hex(tokens.get(front, "")) and _hex(tokens.get(back, ""))
        yield front, back, wanted, contrast(tokens[front], tokens[back]) if known else None


def shown(ratio: float) -> str:
    """A ratio with one digit, never rounded up: 4.49 is not 4.5."""
    return f"{int(ratio * 10) / 10:g}"


def _hex(colour: str) -> bool:
    digits = colour.removeprefix("#")
    return colour.startswith("#") and len(digits) in (3, 6) and all(each in "0123456789abcdefABCDEF" for each in digits)


def both(token: str) -> dict[str, str]:
    """What a token is called, in both languages."""
    named = schemas.load("theme")["properties"]["tokens"]["properties"].get(token)
    title = str(named["title"]) if named is not None else token
    return {locale: schemas.spoken(title, locale) for locale in ("zh", "en")}


def _title(doc: Mapping[str, Any], locale: str) -> str:
    titles = doc.get("title")
    return str(titles.get(locale) or titles.get("zh") or "") if isinstance(titles, Mapping) else ""


THEME = declare(
    Kind(
        looks.KIND, schema="theme", parts=(Part("tokens", at=(looks.KIND, "tokens")), Part("theme", at=(looks.KIND,))),
        # templates and rules of a theme are its files'; its tokens are a part of their own
        fixed=("$schema", "schema_version", "name", "tokens", "parent", "blocks", "locales", "logo", "brand", "dark"),
        shipped=_shipped, check=_check, division=_division, title=_title,
    )
)  # fmt: skip


def tried(draft: Draft) -> Theme:
    """The theme as the draft has it. Raises :class:`BadInput` for what cannot be made a stylesheet."""
    name = draft.item_code.partition(kinds.MARK)[2]
    doc = draft.content.get(THEME.name)
    if not isinstance(doc, Mapping) or not isinstance(doc.get("tokens"), Mapping):
        raise BadInput
    return looks.shipped().tried(name, doc).get(name)


def home(draft: Draft) -> str:
    """The hall's front page, dressed in the draft: the page of everybody with another stylesheet."""
    try:
        theme = tried(draft)
    except BadInput:
        return not_yet("home")
    g.look = theme.name
    html = browse.home()
    ours = url_for("theme_css", file=themes().get(theme.name).css_file)
    return html.replace(ours, f"/office/studio/{draft.id}/look.css?r={draft.revision}", 1)


def contrasts(draft: Draft) -> str:
    """Every pair of colours with its contrast, shown in the draft's own colours."""
    try:
        theme = tried(draft)
    except BadInput:
        return not_yet("pairs")
    locale = edge.locale()
    rows = [
        {
            "front": front, "back": back, "front_words": both(front)[locale], "back_words": both(back)[locale],
            "colours": (theme.tokens.get(front, ""), theme.tokens.get(back, "")), "ratio": None if ratio is None else shown(ratio),
            "least": f"{AA[front, back]:g}", "wanted": f"{wanted:g}", "readable": ratio is not None and ratio >= AA[front, back],
            "good": ratio is not None and ratio >= wanted,
        }
        for front, back, wanted, ratio in pairs(theme.tokens)
    ]  # fmt: skip
    return page("studio/preview_pairs.html", rows=rows)


SHOWN = Shown(
    THEME, lambda: _("主题"), (Face("home", lambda: _("首页"), home), Face("pairs", lambda: _("对比"), contrasts)), tried=tried, inherited=looks.inherited
)
