"""The day sheet, the lights and the golden cases of ROUTING §4.4."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.worktime.calendars import Calendar, SpecialDay
from core.worktime.errors import BadLimit, LedgerRefused
from core.worktime.explain import explain, limit_words
from core.worktime.notice import shipped_calendar
from core.worktime.projection import add_months, period_end, project, weeks
from core.worktime.spec import UNITS, Ledger, Limit, Projection

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str | date, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(day) if isinstance(day, str) else day, time(hour, minute), SHANGHAI)


def seen(ledger: Ledger, now: str, hour: int = 12, calendar: Calendar | None = None, yellow: Limit | None = None) -> Projection:
    return project(ledger, calendar or shipped_calendar(), now=at(now, hour), yellow=yellow)


def kinds(projection: Projection) -> dict[int, tuple[str, int | None]]:
    return {line.date.day: (line.kind, line.n) for line in projection.days}


def test_the_day_sheet_of_the_picture_is_reproduced() -> None:
    ledger = Ledger(Limit(10)).start(at("2026-11-06", 9, 41)).pause(at("2026-11-13", 8), "site_check").resume(at("2026-11-17", 16, 5), "site_check")
    sheet = seen(ledger, "2026-11-21")
    assert sheet.due == date(2026, 11, 25)
    assert (sheet.used, sheet.remaining, sheet.paused, sheet.light) == (7, 3, 3, "green")
    days = kinds(sheet)
    assert days[6] == ("start", None)
    assert days[9] == ("counted", 1)
    assert days[13] == days[16] == days[17] == ("paused", None)
    assert days[14] == ("off", None)
    assert days[20] == ("counted", 7)
    assert days[25] == ("due", 10)
    assert [line.date.day for line in sheet.days if line.today] == [21]
    rows = weeks(sheet, shipped_calendar())
    assert [len(row) for row in rows] == [7, 7, 7, 7]
    assert (rows[0][0].date, rows[0][0].kind) == (date(2026, 11, 2), "before")
    assert [line.kind for line in rows[3]] == ["counted", "counted", "due", "after", "after", "off", "off"]
    words = explain(ledger, sheet, event="受理", reasons={"site_check": "现场勘查"})
    assert words == ("11月6日受理，从下一个工作日起数 10 个工作日。", "11月13日到11月17日因现场勘查暂停，不计入。", "最晚11月25日（周三）。")


def test_an_application_at_one_minute_to_midnight_belongs_to_that_day() -> None:
    assert seen(Ledger(Limit(1)).start(at("2026-11-02", 23, 59)), "2026-11-03").due == date(2026, 11, 3)
    assert seen(Ledger(Limit(1)).start(at("2026-11-02", 23, 59) + timedelta(minutes=1)), "2026-11-03").due == date(2026, 11, 4)


def test_an_office_may_count_what_comes_after_closing_to_the_next_day() -> None:
    closing = replace(shipped_calendar(), office_close=time(17, 30))
    assert seen(Ledger(Limit(1)).start(at("2026-11-02", 17, 29)), "2026-11-03", calendar=closing).due == date(2026, 11, 3)
    late = seen(Ledger(Limit(1)).start(at("2026-11-02", 17, 30)), "2026-11-03", calendar=closing)
    assert late.due == date(2026, 11, 4)
    assert late.due_at == datetime(2026, 11, 4, 9, 30, tzinfo=UTC)


def test_a_make_up_saturday_counts_and_a_holiday_tells_its_name() -> None:
    ledger = Ledger(Limit(5)).start(at("2026-02-10"))
    sheet = seen(ledger, "2026-02-12")
    days = kinds(sheet)
    assert days[14] == ("makeup", 4)
    assert days[24] == ("due", 5)
    spring = next(line for line in sheet.days if line.date == date(2026, 2, 17))
    assert (spring.kind, spring.name) == ("holiday", "春节")
    words = explain(ledger, sheet, event="收件")
    assert "2月15日到2月23日是春节，不计入。" in words
    assert "2月14日调休上班，计入。" in words


def test_two_overlapping_pauses_take_out_each_day_once() -> None:
    ledger = Ledger(Limit(10)).start(at("2026-11-02"))
    ledger = ledger.pause(at("2026-11-04"), "a").pause(at("2026-11-05"), "b").resume(at("2026-11-06"), "a").resume(at("2026-11-10"), "b")
    once = Ledger(Limit(10)).start(at("2026-11-02")).pause(at("2026-11-04"), "c").resume(at("2026-11-10"), "c")
    assert seen(ledger, "2026-11-11").due == seen(once, "2026-11-11").due == date(2026, 11, 23)
    assert seen(ledger, "2026-11-11").paused == 5


def test_a_pause_over_new_year_uses_both_calendars_and_is_provisional() -> None:
    ledger = Ledger(Limit(10)).start(at("2026-12-21")).pause(at("2026-12-28"), "hearing").resume(at("2027-01-06"), "hearing")
    sheet = seen(ledger, "2027-01-07")
    assert sheet.due == date(2027, 1, 14)
    assert sheet.provisional
    assert "暂定" in "".join(explain(ledger, sheet, event="受理"))


def test_a_calendar_that_changes_while_the_clock_stands_still_moves_the_due_date() -> None:
    ledger = Ledger(Limit(5)).start(at("2026-11-02")).pause(at("2026-11-04"), "site_check")
    before = seen(ledger, "2026-11-05")
    storm = Calendar({**shipped_calendar().days, date(2026, 11, 6): SpecialDay("holiday", "台风停工")}, date(2026, 12, 31))
    after = seen(ledger, "2026-11-05", calendar=storm)
    assert (before.due, after.due) == (date(2026, 11, 11), date(2026, 11, 12))


def test_while_paused_the_due_date_is_the_one_of_resuming_today() -> None:
    ledger = Ledger(Limit(5)).start(at("2026-11-02")).pause(at("2026-11-04"), "site_check")
    assert [seen(ledger, day).due.day for day in ("2026-11-04", "2026-11-05", "2026-11-06")] == [10, 11, 12]
    assert "如果今天恢复" in explain(ledger, seen(ledger, "2026-11-05"), event="受理")[-1]


def test_a_month_ends_on_the_same_number_or_on_the_last_day() -> None:
    assert add_months(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert add_months(date(2028, 1, 31), 1) == date(2028, 2, 29)
    assert add_months(date(2026, 11, 30), 3) == date(2027, 2, 28)
    assert add_months(date(2024, 2, 29), 12) == date(2025, 2, 28)
    assert add_months(date(2026, 3, 31), -1) == date(2026, 2, 28)
    assert seen(Ledger(Limit(1, "month")).start(at("2026-10-13")), "2026-10-13").due == date(2026, 11, 13)


def test_a_natural_period_that_ends_on_a_day_off_ends_after_it() -> None:
    sheet = seen(Ledger(Limit(10, "calendar_day")).start(at("2026-09-25")), "2026-09-26")
    assert sheet.due == date(2026, 10, 8)
    assert sheet.counts == "calendar_day"
    assert seen(Ledger(Limit(1, "year")).start(at("2025-05-01")), "2026-01-01").due == date(2026, 5, 6)


def test_a_pause_lengthens_a_month_by_its_days() -> None:
    ledger = Ledger(Limit(1, "month")).start(at("2026-10-13")).pause(at("2026-10-20"), "p").resume(at("2026-10-21"), "p")
    assert seen(ledger, "2026-10-22").due == date(2026, 11, 16)  # 15 November is a Sunday


def test_hours_run_through_the_night_and_stop_in_a_pause() -> None:
    ledger = Ledger(Limit(24, "hour")).start(at("2026-11-02", 15))
    sheet = seen(ledger, "2026-11-03", 13)
    assert (sheet.due, sheet.remaining, sheet.used, sheet.light) == (date(2026, 11, 3), 2, 22, "yellow")
    assert seen(ledger, "2026-11-03", 16).light == "red"
    held = ledger.pause(at("2026-11-02", 20), "a").pause(at("2026-11-02", 21), "b").resume(at("2026-11-02", 22), "a").resume(at("2026-11-02", 23), "b")
    assert seen(held, "2026-11-03").due_at == at("2026-11-03", 18)


def test_at_once_is_due_the_same_day_or_the_next_working_day() -> None:
    assert seen(Ledger(Limit(0, "at_once")).start(at("2026-11-02")), "2026-11-02").due == date(2026, 11, 2)
    weekend = seen(Ledger(Limit(0, "at_once")).start(at("2026-11-07")), "2026-11-07")
    assert weekend.due == date(2026, 11, 9)
    assert weekend.light == "green"
    assert seen(Ledger(Limit(0, "at_once")).start(at("2026-11-02")), "2026-11-03").light == "red"


def test_the_light_turns_yellow_then_red_and_green_again_when_it_ended_in_time() -> None:
    ledger = Ledger(Limit(5)).start(at("2026-11-02"))
    assert [seen(ledger, f"2026-11-0{n}").light for n in (4, 5, 9)] == ["green", "yellow", "yellow"]
    late = seen(ledger, "2026-11-12")
    assert (late.light, late.remaining, late.used) == ("red", -3, 8)
    assert seen(ledger.stop(at("2026-11-09", 17)), "2026-12-20").light == "green"
    ended_late = seen(ledger.stop(at("2026-11-10")), "2026-12-20")
    assert (ended_late.light, ended_late.remaining, ended_late.running) == ("red", -1, False)
    assert seen(ledger, "2026-11-05", yellow=Limit(1)).light == "green"


def test_an_unknown_limit_has_no_due_date_and_says_so() -> None:
    ledger = Ledger(Limit(None)).start(at("2026-11-02"))
    sheet = seen(ledger, "2026-11-12")
    assert (sheet.due, sheet.remaining, sheet.light) == (None, None, "green")
    assert explain(ledger, sheet, event="受理") == ("没有公布时限，无法推算最晚日期。",)
    assert limit_words(Limit(None)) == "没有公布"


def test_a_clock_that_is_years_late_does_not_draw_years() -> None:
    assert len(seen(Ledger(Limit(5)).start(at("2024-03-01")), "2026-11-02").days) < 50


def test_years_without_any_data_fall_back_to_weekdays_and_statutory_days() -> None:
    sheet = seen(Ledger(Limit(10)).start(at("2031-09-26")), "2031-09-26")
    assert sheet.provisional
    assert sheet.due == date(2031, 10, 15)
    assert shipped_calendar().name(date(2031, 4, 5)) == "清明节"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda led: led.pause(at("2026-11-03"), "a"),
        lambda led: led.start(at("2026-11-02")).start(at("2026-11-03")),
        lambda led: led.start(at("2026-11-02")).resume(at("2026-11-03"), "a"),
        lambda led: led.start(at("2026-11-02")).pause(at("2026-11-03"), "a").pause(at("2026-11-04"), "a"),
        lambda led: led.start(at("2026-11-02")).stop(at("2026-11-03")).pause(at("2026-11-04"), "a"),
        lambda led: led.start(at("2026-11-02")).stop(at("2026-11-01")),
        lambda led: led.start(at("2026-11-02")).extend(Limit(1, "month"), at("2026-11-03"), "head"),
        lambda led: led.start(at("2026-11-02")).extend(Limit(0), at("2026-11-03"), "head"),
        lambda led: led.start(at("2026-11-02")).extend(Limit(1), at("2026-11-03"), ""),
        lambda led: led.start(at("2026-11-02")).pause(at("2026-11-03"), ""),
        lambda led: led.start(at("2026-11-02")).stop(at("2026-11-03")).extend(Limit(1), at("2026-11-04"), "head"),
    ],
)
def test_a_ledger_refuses_what_does_not_fit(wrong) -> None:
    with pytest.raises(LedgerRefused) as refused:
        wrong(Ledger(Limit(5)))
    assert not refused.value.words("zh").startswith("worktime.")


@pytest.mark.parametrize("value", [-1, 10**9, True])
def test_a_limit_that_cannot_be_counted_is_refused(value) -> None:
    with pytest.raises(BadLimit):
        Limit(value)


def test_a_ledger_survives_json() -> None:
    ledger = Ledger(Limit(5, basis="行政许可法第四十二条")).start(at("2026-11-02"), "e1").pause(at("2026-11-03"), "a").resume(at("2026-11-04"), "a")
    ledger = ledger.extend(Limit(3, basis="第四十二条"), at("2026-11-05"), "head").stop(at("2026-11-06"))
    again = Ledger.from_json(ledger.to_json())
    assert again == ledger
    assert again.state == "stopped"


DAYS = st.dates(date(2024, 1, 1), date(2028, 12, 31))
SOME = st.integers(0, 40)


@given(DAYS, st.sampled_from(UNITS), st.integers(0, 10), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_a_longer_limit_never_ends_earlier(day: date, unit: str, value: int, later: int) -> None:
    if unit == "at_once":
        value = 0
    now = at(day + timedelta(days=later))
    calendar = shipped_calendar()
    more = value if unit in ("at_once", "year") else value + 1
    shorter = project(Ledger(Limit(value, unit)).start(at(day)), calendar, now=now)
    longer = project(Ledger(Limit(more, unit)).start(at(day)), calendar, now=now)
    assert day <= shorter.due <= longer.due
    if unit != "hour":
        assert calendar.is_working(shorter.due)
        assert period_end(Limit(value, unit), day, calendar) == shorter.due


@given(DAYS, st.integers(1, 30), SOME, SOME)
@settings(max_examples=150, deadline=None)
def test_a_pause_shifts_the_due_date_by_exactly_its_working_days(day: date, value: int, before: int, length: int) -> None:
    calendar = shipped_calendar()
    plain = project(Ledger(Limit(value)).start(at(day)), calendar, now=at(day))
    begin = day + timedelta(days=before)
    end = begin + timedelta(days=length)
    ledger = Ledger(Limit(value)).start(at(day)).pause(at(begin, 11), "p").resume(at(end, 12), "p")
    paused = project(ledger, calendar, now=at(end, 13))
    lost = calendar.working_between(max(begin - timedelta(days=1), day), end) if begin <= plain.due else 0
    assert paused.paused == lost
    assert paused.due == calendar.add_working(plain.due, lost)


@given(DAYS, st.integers(1, 30), st.integers(0, 90))
@settings(max_examples=150, deadline=None)
def test_used_and_remaining_always_make_the_budget(day: date, value: int, later: int) -> None:
    sheet = project(Ledger(Limit(value)).start(at(day)), shipped_calendar(), now=at(day + timedelta(days=later)))
    assert sheet.used + sheet.remaining == sheet.budget == value
    numbers = [line.n for line in sheet.days if line.n is not None]
    assert numbers == list(range(1, value + 1))
    assert [line.date for line in sheet.days] == sorted({line.date for line in sheet.days})
