"""Every published example of counting days, against the shipped calendar."""

import json
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from core.worktime.notice import shipped_calendar
from core.worktime.projection import latest_start, period_end, project
from core.worktime.spec import Ledger, Limit

VECTORS = json.loads((Path(__file__).parent / "vectors" / "deadline_vectors.json").read_text(encoding="utf-8"))
HOLIDAYS = json.loads((Path(__file__).parent / "vectors" / "holidays.json").read_text(encoding="utf-8"))
SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(day: str, hour: int = 10, minute: int = 0) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour, minute), SHANGHAI)


@pytest.mark.parametrize("vector", VECTORS["vectors"], ids=lambda v: v["id"])
def test_working_days_end_on_the_published_day(vector: dict) -> None:
    calendar = shipped_calendar()
    ledger = Ledger(Limit(vector["working_days"])).start(at(vector["event_day"]))
    seen = project(ledger, calendar, now=at(vector["event_day"], 11))
    assert calendar.is_working(date.fromisoformat(vector["event_day"])) is vector["event_is_working_day"]
    if vector["last_day"] is None:
        assert seen.provisional
        assert seen.due is not None and seen.due.year == 2027
    else:
        assert seen.due == date.fromisoformat(vector["last_day"])
        assert not seen.provisional
        assert period_end(Limit(vector["working_days"]), date.fromisoformat(vector["event_day"]), calendar) == seen.due


def test_an_extension_of_ten_days_is_the_same_as_thirty_days() -> None:
    ledger = Ledger(Limit(20)).start(at("2026-03-02")).extend(Limit(10), at("2026-03-20"), "extension")
    assert project(ledger, shipped_calendar(), now=at("2026-03-21")).due == date(2026, 4, 14)


@pytest.mark.parametrize("vector", VECTORS["deemed_acceptance"], ids=lambda v: v["id"])
def test_deemed_acceptance_runs_from_the_day_of_receipt(vector: dict) -> None:
    calendar = shipped_calendar()
    notice = project(Ledger(Limit(5)).start(at(vector["event_day"])), calendar, now=at(vector["event_day"]))
    assert notice.due == date.fromisoformat(vector["notice_last_day"])
    assert calendar.add_working(notice.due, 1) == date.fromisoformat(vector["recorded_on"])
    main = project(Ledger(Limit(20)).start(at(vector["deemed_accepted_on"])), calendar, now=at(vector["recorded_on"]))
    assert main.due == date.fromisoformat(vector["decision_last_day"])


@pytest.mark.parametrize("vector", VECTORS["suspension"], ids=lambda v: v["id"])
def test_the_first_and_the_last_day_of_a_pause_are_left_out(vector: dict) -> None:
    ledger = Ledger(Limit(20)).start(at(vector["event_day"])).pause(at(vector["excluded_from"], 9), "expert_review")
    held = project(ledger, shipped_calendar(), now=at(vector["excluded_from"], 15))
    assert (held.used, held.remaining, held.light, held.running) == (vector["used_before"], vector["remaining"], "paused", False)
    ledger = ledger.resume(at(vector["excluded_to"], 16), "expert_review")
    seen = project(ledger, shipped_calendar(), now=at(vector["excluded_to"], 17))
    assert (seen.due, seen.used, seen.remaining) == (date.fromisoformat(vector["last_day"]), vector["used_before"], vector["remaining"])
    assert seen.paused == 10


@pytest.mark.parametrize("vector", VECTORS["renewal"], ids=lambda v: v["id"])
def test_renewal_is_due_thirty_natural_days_before_expiry(vector: dict) -> None:
    assert latest_start(Limit(30, "calendar_day"), date.fromisoformat(vector["valid_to"])) == date.fromisoformat(vector["apply_not_later_than"])


@pytest.mark.parametrize("year", sorted(HOLIDAYS))
def test_the_shipped_days_are_the_published_ones(year: str) -> None:
    calendar = shipped_calendar()
    held = {d.isoformat(): s.kind for d, s in calendar.days.items() if d.year == int(year)}
    assert held == dict.fromkeys(HOLIDAYS[year]["off"], "holiday") | dict.fromkeys(HOLIDAYS[year]["work"], "makeup")
    days = [date(int(year), 1, 1) + timedelta(days=i) for i in range(366 if year == "2024" else 365)]
    assert sum(map(calendar.is_working, days)) == {"2024": 251, "2025": 248, "2026": 248}[year]
    assert all(not calendar.provisional(day) for day in days)


def test_the_provisional_year_holds_the_statutory_days_and_is_marked() -> None:
    document = json.loads((Path(__file__).parent / "vectors" / "holidays_2027_provisional.json").read_text(encoding="utf-8"))
    calendar = shipped_calendar()
    for line in document["statutory"]:
        day = date.fromisoformat(line["date"])
        assert calendar.classify(day) == "holiday"
        assert calendar.name(day) == line["name"]
        assert calendar.provisional(day)
