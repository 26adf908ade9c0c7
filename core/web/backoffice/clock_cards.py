"""The clocks on the case page: how much is left and of what, why a clock stands still, and the way behind each last day – words and day sheet."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.cases import clocks
from core.cases.spec import CaseView, ClockView, Standstill
from core.web import edge
from core.web.daysheet import Sheet, clock_sheet
from core.web.page import once_a_language
from core.web.page import say as _


@dataclass(frozen=True, slots=True)
class Card:
    """One clock as staff read it. ``left`` is empty once it no longer runs; ``why`` says what it stands still for."""

    view: ClockView
    left: str
    used: str
    css: str
    why: tuple[Standstill, ...]
    sheet: Sheet | None


@once_a_language
def units() -> Mapping[str, str]:
    """What clocks count, in words."""
    return {"working_day": _("个工作日"), "calendar_day": _("天"), "hour": _("小时")}


def shown(view: CaseView) -> tuple[list[Card], list[Card]]:
    """The clocks that still matter – they run or wait –, and those that are over. A step's own clock is told by its task."""
    told = [clock for clock in view.clocks if (clock.due or clock.running) and not clock.name.startswith("task:")]
    cards = [_card(clock) for clock in told]
    return [card for card in cards if _lives(card.view)], [card for card in cards if not _lives(card.view)]


def of_steps(view: CaseView) -> dict[int, tuple[str, ...]]:
    """The way behind the last day of each open step, by the number of its task."""
    return {int(clock.name.removeprefix("task:")): clock.sentences for clock in view.clocks if clock.name.startswith("task:") and clock.due}


def _lives(clock: ClockView) -> bool:
    return clock.running or bool(clock.held_by)


def _card(clock: ClockView) -> Card:
    unit = units()[clock.counts]
    sheet = clock_sheet(clock, clocks.calendar(edge.session()), edge.locale(), _began(clock))
    return Card(clock, _left(clock), _used(clock, unit), _css(clock), _distinct(clock.held_by), sheet)


def _left(clock: ClockView) -> str:
    return left(clock.remaining, clock.counts) if clock.remaining is not None and _lives(clock) else ""


def left(n: int, counts: str) -> str:
    """*n* of what is counted, as time left – or over, when it is less than nothing –, with its unit."""
    unit = units()[counts]
    if abs(n) == 1:
        return _one(counts, late=n < 0)
    if n < 0:
        return _("超期 %(n)s %(unit)s", n=-n, unit=unit)
    return _("还剩 %(n)s %(unit)s", n=n, unit=unit) if n else _("今天是最后一天")


def _one(counts: str, *, late: bool) -> str:
    """One of what is counted: English has a form of its own for it."""
    if late:
        return {"working_day": _("超期 1 个工作日"), "calendar_day": _("超期 1 天"), "hour": _("超期 1 小时")}[counts]
    return {"working_day": _("还剩 1 个工作日"), "calendar_day": _("还剩 1 天"), "hour": _("还剩 1 小时")}[counts]


def _used(clock: ClockView, unit: str) -> str:
    if clock.budget is None:
        return _("用了 %(n)s %(unit)s", n=clock.used, unit=unit)
    return _("用了 %(n)s %(unit)s，共 %(all)s", n=clock.used, unit=unit, all=clock.budget)


def _css(clock: ClockView) -> str:
    return {"red": "r", "yellow": "y", "paused": "p"}.get(clock.light, "g")


def _distinct(held: Sequence[Standstill]) -> tuple[Standstill, ...]:
    return tuple({each.title: each for each in held}.values())


def _began(clock: ClockView) -> str:
    return {"intake": _("提交"), "main": _("受理")}.get(clock.name, _("开始"))
