"""What people would get of a draft of the hall's own: a notice in the inbox and as a short message, with the template's examples filled in; the hall in a
look that nobody else sees yet."""

from collections.abc import Mapping
from typing import Any

from flask import g, url_for

from core.items.studio.drafts import Draft
from core.items.studio.hall import kinds
from core.kernel.clock import now
from core.kernel.errors import BadInput, PlatformError
from core.kernel.text import typeset
from core.notices import checking, sms
from core.notices.errors import WrongParams
from core.notices.wordings import LOCALES, LONGEST_SHORT, fill, short, spots
from core.web import edge, looks
from core.web.page import page, themes
from core.web.page import say as _
from core.web.portal import browse
from core.web.studio import hall_themes
from core.web.theming import AA, Theme


def show(draft: Draft, face: str) -> str:
    """One face of a draft."""
    return {"message": message, "home": home, "pairs": contrasts}[face](draft)


def message(draft: Draft) -> str:
    """The notice in both languages, long and short."""
    doc: Any = draft.content.get("notice")
    try:
        shown = _filled(doc)
    except (PlatformError, KeyError, TypeError, AttributeError, ValueError):  # a draft may hold anything; what is wrong is told by the findings
        return _not_yet("message")
    return page("studio/preview_message.html", shown=shown, most=LONGEST_SHORT, staff_only=doc.get("recipient") == "staff")


def _filled(doc: Mapping[str, Any]) -> list[dict[str, Any]]:
    values = checking.samples(doc)
    if unknown := sorted(spots(doc) - values.keys()):
        raise WrongParams(template=str(doc.get("id")), names="、".join(unknown))
    texts, title, body = fill(doc, values)
    signature = sms.signature(edge.session())
    sent = short(doc, texts, signature) if "short" in doc else {}
    return [
        {
            "locale": locale, "message": _message(title[locale], body[locale]), "short": sent.get(locale), "count": len(sent.get(locale, "")),
            "whole": checking.counted(doc["short"][locale], values, signature) if sent else 0,
        }
        for locale in LOCALES
    ]  # fmt: skip


def _message(title: str, body: str) -> dict[str, Any]:
    """One message as the inbox shows it."""
    return {"title": typeset(title), "words": typeset(body), "at": now(), "new": True, "href": None, "paper": None}


def tried(draft: Draft) -> Theme:
    """The theme as the draft has it. Raises :class:`BadInput` for what cannot be made a stylesheet."""
    name = draft.item_code.partition(kinds.MARK)[2]
    doc = draft.content.get("theme")
    if not isinstance(doc, Mapping) or not isinstance(doc.get("tokens"), Mapping):
        raise BadInput
    return looks.shipped().tried(name, doc).get(name)


def home(draft: Draft) -> str:
    """The hall's front page, dressed in the draft: the page of everybody with another stylesheet."""
    try:
        theme = tried(draft)
    except BadInput:
        return _not_yet("home")
    g.look = theme.name
    html = browse.home()
    ours = url_for("theme_css", file=themes().get(theme.name).css_file)
    return html.replace(ours, f"/office/studio/{draft.id}/look.css?r={draft.revision}", 1)


def contrasts(draft: Draft) -> str:
    """Every pair of colours with its contrast, shown in the draft's own colours."""
    try:
        theme = tried(draft)
    except BadInput:
        return _not_yet("pairs")
    locale = edge.locale()
    rows = [
        {
            "front": front, "back": back, "front_words": hall_themes.both(front)[locale], "back_words": hall_themes.both(back)[locale],
            "colours": (theme.tokens.get(front, ""), theme.tokens.get(back, "")), "ratio": None if ratio is None else hall_themes.shown(ratio),
            "least": f"{AA[front, back]:g}", "wanted": f"{wanted:g}", "readable": ratio is not None and ratio >= AA[front, back],
            "good": ratio is not None and ratio >= wanted,
        }
        for front, back, wanted, ratio in hall_themes.pairs(theme.tokens)
    ]  # fmt: skip
    return page("studio/preview_pairs.html", rows=rows)


def _not_yet(face: str) -> str:
    return page("studio/preview_not.html", error=_("有一处还没写完，写完就能看到。"), face=face)
