"""Rows of lists: what the portal shows of an item without opening its bundle, in the reader's language."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import url_for

from core.items.limits import choose
from core.items.spec import ItemView
from core.web.page import say, typeset


@dataclass(frozen=True, slots=True)
class Row:
    """One item in a list."""

    code: str
    href: str
    title: str
    short: str
    summary: str
    department: str
    facts: tuple[str, ...]
    online: bool
    marked: Any = None


@dataclass(frozen=True, slots=True)
class Link:
    """A title that leads somewhere, with how many items wait there."""

    title: str
    href: str
    count: int = 0


def card_text(item: ItemView, key: str, locale: str) -> str:
    """``short_title`` or ``summary`` of *item* in *locale*, Chinese when there is no translation; ``title`` likewise."""
    chinese = item.title if key == "title" else item.card.get(key) or ""
    if locale == "zh":
        return typeset(str(chinese))
    return str(item.card.get(locale, {}).get(key) or typeset(str(chinese)))


def row(item: ItemView, locale: str, marked: Any = None) -> Row:
    """*item* as a row of a list."""
    return Row(
        code=item.code,
        href=url_for("portal.item", code=item.code),
        title=card_text(item, "title", locale),
        short=card_text(item, "short_title", locale),
        summary=card_text(item, "summary", locale),
        department=item.offer.department_title,
        facts=facts(item.card, locale),
        online=bool(item.card.get("online")),
        marked=marked,
    )


def facts(card: Mapping[str, Any], locale: str) -> tuple[str, ...]:
    """The few facts a list shows: how long, what it costs. What is unknown is not shown here; the guide says so."""
    found = []
    limits = [choose(card.get(name), {}) for name in ("promised", "statutory")]
    limit = next((each for each in limits if each is not None and (each.value is not None or each.at_once)), None)
    if limit is not None:
        found.append(say("视情形而定") if limit.undecided else limit.words(locale))
    if card.get("charged") is False:
        found.append(say("不收费"))
    return tuple(found)


def first(items: Iterable[ItemView], count: int) -> list[ItemView]:
    """At most *count* of *items*."""
    return [item for item, _n in zip(items, range(count), strict=False)]
