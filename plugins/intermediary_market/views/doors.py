"""What every page of the market shares: who asks, how a form is shown again, and the words of codes."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from core.sdk import BadInput
from core.sdk.web import Answer, Ask, Pages
from plugins.intermediary_market import words
from plugins.intermediary_market.service.who import Who

pages = Pages("intermediary_market")


def who(ask: Ask) -> Who:
    """Who asks, with what they reach: their parties, or the departments of their posts."""
    if ask.citizen is not None:
        return Who(ask.citizen.account_id, tuple(each.id for each in ask.citizen.parties))
    if ask.staff is not None:
        return Who(ask.staff.id, (), tuple(sorted({post.department_id for post in ask.staff.posts})))
    return Who()


def show(ask: Ask, template: str, *, status: int = 200, **values: Any) -> Answer:
    """A page, with what turns codes into words."""
    return ask.page(template, status=status, w=words, named=named(ask), yuan=words.yuan, english=ask.ctx.locale == "en", **values)


def named(ask: Ask) -> Callable[[Mapping[str, str], str], str]:
    """Words of a code, for templates."""
    return lambda table, code: words.said(ask.ctx, table, str(code))


def done(ask: Ask, act: Callable[[], object], told: str, back: str, again: Callable[[str], Answer]) -> Answer:
    """Carry *act* out and go *back* with what was done; what is wrong with the form is shown by *again*."""
    try:
        with ask.ctx.session.nested():
            act()
    except BadInput as wrong:
        return again(wrong.words(ask.ctx.locale))
    ask.tell(told)
    return ask.go(back)


def day(text: str) -> date | None:
    """A day as a date field posts it; ``None`` for none, and for a year that no period of the market can be reckoned from."""
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1950 <= found.year < 2200 else None


def titled(ask: Ask, zh: str, en: str) -> str:
    """Whichever of two texts fits the reader."""
    return en if ask.ctx.locale == "en" else zh
