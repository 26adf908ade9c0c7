"""A due date in words: from which day, how many, what did not count, and why (UX: a due date never stands without its reason)."""

from collections.abc import Mapping
from datetime import date
from itertools import groupby

from core.kernel.clock import local
from core.kernel.wording import word
from core.worktime.spec import DayLine, Ledger, Limit, Projection

_WEEKDAYS = {"zh": "一二三四五六日", "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")}


def limit_words(limit: Limit, locale: str = "zh") -> str:
    """``10 个工作日``; says so when there is none."""
    if limit.unit == "at_once":
        return word("worktime.limit.at_once", locale)
    if limit.value is None:
        return word("worktime.limit.none", locale)
    return one(word(f"worktime.limit.{limit.unit}", locale, value=limit.value), limit.value, locale)


def one(words: str, value: int, locale: str) -> str:
    """English counts one without the plural: ``1 working day``."""
    return words.removesuffix("s") if locale == "en" and value == 1 else words


def day_words(day: date, locale: str = "zh", *, weekday: bool = False, year: bool = False) -> str:
    """``11月25日（周三）``."""
    week = _WEEKDAYS.get(locale, _WEEKDAYS["zh"])[day.weekday()]
    if locale == "en":
        text = f"{day.day} {day:%b}{f' {day.year}' if year else ''}"
        return f"{week} {text}" if weekday else text
    text = f"{f'{day.year}年' if year else ''}{day.month}月{day.day}日"
    return f"{text}（周{week}）" if weekday else text


def explain(
    ledger: Ledger,
    projection: Projection,
    *,
    event: str,
    reasons: Mapping[str, str] | None = None,
    bases: Mapping[str, str] | None = None,
    people: Mapping[str, str] | None = None,
    locale: str = "zh",
) -> tuple[str, ...]:
    """The sentences that justify ``projection.due``. ``event`` names what started the clock (受理).

    ``reasons`` maps pause ids to their titles, ``bases`` to the rules they rest on; ``people`` maps what stands in an extension's ``by`` to who that is.
    """
    if projection.start is None or projection.due is None:
        return (word("worktime.explain.unknown", locale),)
    lines = [_opening(ledger, projection, event, locale), *_extensions(ledger, projection, people or {}, locale)]
    lines += _pauses(ledger, projection, reasons or {}, bases or {}, locale)
    lines += _specials(projection, locale)
    key = "worktime.explain.due_running" if ledger.state == "paused" else "worktime.explain.due"
    lines.append(word(key, locale, due=day_words(projection.due, locale, weekday=True, year=projection.due.year != projection.start.year)))
    if projection.provisional:
        lines.append(word("worktime.explain.provisional", locale))
    return tuple(lines)


def _extensions(ledger: Ledger, projection: Projection, people: Mapping[str, str], locale: str) -> list[str]:
    """Who lengthened the limit, when, by how much and on what basis (行政许可法 42)."""
    return [
        word(
            "worktime.explain.extended",
            locale,
            day=day_words(local(entry.at, projection.zone).date(), locale),
            who=people.get(entry.by) or word("worktime.explain.somebody", locale),
            limit=limit_words(Limit(entry.adds, ledger.limit.unit), locale),
            basis=_resting_on(entry.basis, locale),
        )
        for entry in ledger.extensions()
    ]


def _resting_on(basis: str, locale: str) -> str:
    return word("worktime.explain.basis", locale, basis=basis) if basis else ""


def _opening(ledger: Ledger, projection: Projection, event: str, locale: str) -> str:
    assert projection.start is not None
    unit = ledger.limit.unit
    shape = {"hour": "start_hours", "at_once": "at_once", "month": "start_period", "year": "start_period"}.get(unit, "start")
    counted = word(f"worktime.unit.{projection.counts}", locale)
    return word(
        f"worktime.explain.{shape}",
        locale,
        start=day_words(projection.start, locale),
        event=event,
        counted=counted,
        budget=ledger.limit.value,
        limit=limit_words(ledger.limit, locale),
    )


def _runs(days: tuple[DayLine, ...], kind: str) -> list[list[DayLine]]:
    """Neighbouring lines of one kind and name; days off inside a run do not part it, as 13日到17日 spans a weekend."""
    kept = [d for d in days if d.kind not in ("off", "after", "before")]
    groups = groupby(kept, key=lambda d: (d.kind, d.name))
    return [list(group) for (found, _), group in groups if found == kind]


def _pauses(ledger: Ledger, projection: Projection, reasons: Mapping[str, str], bases: Mapping[str, str], locale: str) -> list[str]:
    """A sentence for each stretch that was left out, with its reason and basis (行政许可法 45); one that lasts has no end yet."""
    said = []
    for pause in ledger.pauses():
        plain = pause.reason.partition("@")[0]  # ``site_check@<node>`` when not shared
        reason = reasons.get(pause.reason) or reasons.get(plain, plain)
        basis = _resting_on(bases.get(pause.reason) or bases.get(plain, ""), locale)
        days = [day_words(local(at, projection.zone).date(), locale) for at in (pause.since, pause.until) if at is not None]
        shape = "paused_since" if pause.until is None else "pause_day" if days[0] == days[1] else "pause"
        said.append(word(f"worktime.explain.{shape}", locale, since=days[0], until=days[-1], reason=reason, basis=basis))
    return said


def _specials(projection: Projection, locale: str) -> list[str]:
    if projection.counts != "working_day":
        return []
    said = []
    for kind in ("holiday", "makeup"):
        for run in _runs(tuple(d for d in projection.days if projection.due and d.date <= projection.due), kind):
            first, last = day_words(run[0].date, locale), day_words(run[-1].date, locale)
            days = first if first == last else (f"{first}到{last}" if locale != "en" else f"{first} to {last}")
            said.append(word(f"worktime.explain.{kind}", locale, days=days, name=run[0].name))
    return said
