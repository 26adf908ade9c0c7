"""Notices as pages of the studio show them: in the inbox and as a short message, in both languages, with the template's examples filled in."""

from collections.abc import Mapping
from typing import Any

from core.items.studio.drafts import Draft
from core.items.studio.hall.notices import NOTICE
from core.kernel.clock import now
from core.kernel.errors import PlatformError
from core.kernel.text import typeset
from core.notices import checking, sms
from core.notices.errors import WrongParams
from core.notices.wordings import LOCALES, LONGEST_SHORT, fill, short, spots
from core.web import edge
from core.web.page import page
from core.web.page import say as _
from core.web.studio.hall_faces import Face, Shown, not_yet


def message(draft: Draft) -> str:
    """The notice in both languages, long and short."""
    doc: Any = draft.content.get(NOTICE.name)
    try:
        shown = _filled(doc)
    except (PlatformError, KeyError, TypeError, AttributeError, ValueError):  # a draft may hold anything; what is wrong is told by the findings
        return not_yet("message")
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


SHOWN = Shown(NOTICE, lambda: _("通知和短信"), (Face("message", lambda: _("消息和短信"), message),))
