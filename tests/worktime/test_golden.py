"""Golden cases counted by hand, each with the reason why, and two witnesses: the product and a counter that shares no code with it."""

import json
import os
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime.calendars import Calendar, SpecialDay
from core.worktime.notice import shipped_calendar
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit, Projection
from tests.worktime.brute import SHANGHAI, Line, Pencil, hours, published

GOLDEN = [(path.stem, case) for path in sorted((Path(__file__).parent / "golden").glob("*.json")) for case in json.loads(path.read_text(encoding="utf-8"))]
#: A million in four parts, so that every worker of ``make soak`` has some: seed and count.
SOAK = [
    pytest.param(
        20261123 + part,
        250_000,
        marks=[
            pytest.mark.soak,
            pytest.mark.counted,
            pytest.mark.skipif(not os.environ.get("WANGTING_SOAK"), reason="a million ledgers are counted with WANGTING_SOAK=1 (make soak)"),
        ],
    )
    for part in range(4)
]


def instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=SHANGHAI)


def lines_of(case: dict[str, Any]) -> list[Line]:
    made: list[Line] = []
    for kind, at, *more in case["entries"]:
        made.append((kind, instant(at), more[0] if more and kind in ("pause", "resume") else "", more[0] if kind == "extend" else 0))
    return made


def ledger_of(limit: Limit, lines: list[Line]) -> Ledger:
    ledger = Ledger(limit)
    for kind, at, name, adds in lines:
        if kind == "extend":
            ledger = ledger.extend(Limit(adds, limit.unit, "行政许可法第四十二条"), at, "head")
        elif kind in ("pause", "resume"):
            ledger = getattr(ledger, kind)(at, name)
        else:
            ledger = getattr(ledger, kind)(at)
    return ledger


def calendar_of(case: dict[str, Any]) -> Calendar:
    given_ = case.get("calendar", {})
    days = {date.fromisoformat(day): SpecialDay("holiday", "停工") for day in given_.get("off", ())}
    days |= {date.fromisoformat(day): SpecialDay("makeup", "上班") for day in given_.get("work", ())}
    close = time.fromisoformat(given_["close"]) if "close" in given_ else None
    return replace(shipped_calendar(), days={**shipped_calendar().days, **days}, office_close=close)


def pencil_of(case: dict[str, Any]) -> Pencil:
    given_ = case.get("calendar", {})
    special = published()
    special |= {date.fromisoformat(day): False for day in given_.get("off", ())} | {date.fromisoformat(day): True for day in given_.get("work", ())}
    special |= {date(2031, 10, day): False for day in (1, 2, 3)}  # 全国年节及纪念日放假办法 2: no notice of 2031 is needed for these
    minutes = sum(int(part) * factor for part, factor in zip(given_["close"].split(":"), (60, 1), strict=True)) if "close" in given_ else None
    return Pencil(special, minutes)


def test_there_are_at_least_sixty_golden_cases_and_each_says_why() -> None:
    assert len(GOLDEN) >= 60
    assert len({(group, case["id"]) for group, case in GOLDEN}) == len(GOLDEN)
    assert all(len(case["note"]) > 10 for _, case in GOLDEN)


@pytest.mark.parametrize(("group", "case"), GOLDEN, ids=lambda value: value if isinstance(value, str) else value["id"])
def test_a_golden_case_counts_as_it_was_counted_by_hand(group: str, case: dict[str, Any]) -> None:
    limit, lines, now = Limit(case["limit"]["value"], case["limit"]["unit"]), lines_of(case), instant(case["now"])
    seen = project(ledger_of(limit, lines), calendar_of(case), now=now)
    said: dict[str, Any] = {name: getattr(seen, name) for name in ("used", "remaining", "light", "provisional", "paused")}
    said |= {"due": seen.due.isoformat() if seen.due else None, "due_at": f"{seen.due_at.astimezone(SHANGHAI):%Y-%m-%dT%H:%M}" if seen.due_at else None}
    assert {name: said[name] for name in case["expect"]} == case["expect"], case["note"]


@pytest.mark.parametrize(("group", "case"), GOLDEN, ids=lambda value: value if isinstance(value, str) else value["id"])
def test_the_second_counter_agrees_with_the_hand(group: str, case: dict[str, Any]) -> None:
    lines, now, expect = lines_of(case), instant(case["now"]), case["expect"]
    if case["limit"]["unit"] == "hour":
        assert hours(case["limit"]["value"], lines, now).astimezone(SHANGHAI).date().isoformat() == expect["due"]
        return
    counted = pencil_of(case).days(case["limit"]["unit"], case["limit"]["value"], lines, now)
    said = {"due": counted.due.isoformat(), "remaining": counted.remaining, "paused": counted.paused}
    assert said == {name: expect.get(name, said[name]) for name in said}


# random ledgers -----------------------------------------------------------------------------------------------------

FIRST, SPAN = datetime(2024, 1, 2, tzinfo=SHANGHAI), 365 * 2 + 200  #: so that nothing ends after the last year with data


def random_ledger(chance: random.Random) -> tuple[str, int, list[Line], datetime]:
    """A limit and what happened to its clock: up to three procedures that may overlap, an extension, an end; acts on full hours."""
    unit = chance.choice(("working_day", "working_day", "calendar_day", "month", "hour", "at_once"))
    value = {"at_once": 0, "month": chance.randint(1, 3), "hour": chance.randint(1, 72)}.get(unit, chance.randint(0, 30))
    moment = FIRST + timedelta(days=chance.randrange(SPAN), hours=chance.randrange(24))
    lines: list[Line] = [("start", moment, "", 0)]
    open_: list[str] = []
    for number in range(chance.randrange(7)):
        moment += timedelta(hours=chance.choice((0, 1, 5, 24, 72, 200)))
        if open_ and chance.random() < 0.45:
            lines.append(("resume", moment, open_.pop(chance.randrange(len(open_))), 0))
        elif len(open_) < 3 and chance.random() < 0.7:
            lines.append(("pause", moment, f"p{number}", 0))
            open_.append(f"p{number}")
        elif unit != "at_once":
            lines.append(("extend", moment, "", chance.randint(1, 10) if unit != "month" else 1))
    now = moment + timedelta(hours=chance.choice((0, 3, 30, 100, 900)))
    if chance.random() < 0.3:
        lines.append(("stop", moment + timedelta(hours=chance.randrange(3)), "", 0))
        now = max(now, lines[-1][1])
    return unit, value, lines, now


def disagreements(seed: int, count: int) -> Iterator[str]:
    """What the two counters say differently about *count* random ledgers."""
    chance, calendar, pencil = random.Random(seed), shipped_calendar(), Pencil(published())
    for _ in range(count):
        unit, value, lines, now = random_ledger(chance)
        seen: Projection = project(ledger_of(Limit(value, unit), lines), calendar, now=now)  # type: ignore[arg-type]
        if unit == "hour":
            expected = hours(value, lines, now)
            if seen.due_at != expected:
                yield f"{unit} {value} {lines} {now}: {seen.due_at} / {expected}"
            continue
        counted = pencil.days(unit, value, lines, now)
        if (seen.due, seen.remaining, seen.paused) != (counted.due, counted.remaining, counted.paused):
            yield f"{unit} {value} {lines} {now}: {(seen.due, seen.remaining, seen.paused)} / {counted}"


@pytest.mark.parametrize(("seed", "count"), [(20261122, 2_000), *SOAK])
def test_random_ledgers_agree_with_a_counter_that_walks_day_by_day(seed: int, count: int, record_property: Any) -> None:
    record_property("ledgers", count)
    record_property("seed", seed)
    assert list(disagreements(seed, count))[:5] == []


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_overlapping_pauses_take_out_the_same_days_as_their_union(data: st.DataObject) -> None:
    begin = FIRST + timedelta(days=data.draw(st.integers(0, 600)))
    spans = data.draw(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 12)), min_size=1, max_size=4))
    acts = [(begin + timedelta(days=since), "pause", str(n)) for n, (since, _) in enumerate(spans)]
    acts += [(begin + timedelta(days=since + long), "resume", str(n)) for n, (since, long) in enumerate(spans)]
    ledger = Ledger(Limit(20)).start(begin)
    for at, kind, name in sorted(acts, key=lambda act: (act[0], act[1])):
        ledger = ledger.pause(at, name) if kind == "pause" else ledger.resume(at, name)
    days = sorted({since + day for since, long in spans for day in range(long + 1)})
    union = Ledger(Limit(20)).start(begin)
    for day in days:
        union = union.pause(begin + timedelta(days=day), "d").resume(begin + timedelta(days=day), "d")
    now = begin + timedelta(days=60)
    once, both = project(union, shipped_calendar(), now=now), project(ledger, shipped_calendar(), now=now)
    assert (both.due, both.paused, both.remaining) == (once.due, once.paused, once.remaining)
