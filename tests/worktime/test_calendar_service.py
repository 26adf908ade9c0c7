"""The stored calendar: import, revisions, divisions, the horizon."""

from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import select

from core.audit.models import Entry
from core.db.base import Base
from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.worktime import service
from core.worktime.errors import BadCalendar
from core.worktime.models import CalendarYear
from core.worktime.notice import read_notice, shipped_calendar
from core.worktime.spec import Limit

YEAR_2027 = {
    "year": 2027,
    "source": "国务院办公厅关于2027年部分节假日安排的通知",
    "off": {"2027-01-01": "元旦", "2027-05-01": "劳动节", "2027-05-03": "劳动节", "2027-10-01": "国庆节", "2027-10-04": "国庆节"},
    "work": ["2027-05-08", "2027-10-09"],
}


@pytest.fixture
def database(tmp_path: Path) -> Database:
    made = Database(f"sqlite:///{tmp_path / 'calendar.db'}")
    Base.metadata.create_all(made.engine)
    return made


def test_a_hall_without_a_calendar_uses_the_shipped_years(database: Database) -> None:
    with database.session() as session:
        assert service.calendar(session).days == shipped_calendar().days


def test_loading_the_shipped_years_twice_changes_nothing(database: Database) -> None:
    with database.session() as session:
        assert service.load_shipped(session, SYSTEM) == (2024, 2025, 2026, 2027)
    with database.session() as session:
        first = service.calendar(session)
        assert service.load_shipped(session, SYSTEM) == ()
        assert service.calendar(session) is first
        assert first.days == shipped_calendar().days
        assert first.confirmed_until == date(2026, 12, 31)


def test_importing_the_notice_confirms_the_year_and_makes_a_new_revision(database: Database) -> None:
    with database.session() as session:
        service.load_shipped(session, SYSTEM)
        before = service.calendar(session)
        service.import_year(session, YEAR_2027, SYSTEM)
        after = service.calendar(session)
    assert before.version != after.version
    assert after.confirmed_until == date(2027, 12, 31)
    assert after.is_working(date(2027, 5, 8))
    assert after.is_working(date(2027, 2, 5))  # was a provisional holiday, the notice does not name it
    assert before.provisional(date(2027, 5, 8)) and not after.provisional(date(2027, 5, 8))
    with database.session() as session:
        assert [entry.action for entry in session.scalars(select(Entry))] == ["calendar_imported"] * 2
        assert service.load_shipped(session, SYSTEM) == ()  # a provisional file never overwrites a published notice


def test_a_division_may_have_days_of_its_own(database: Database) -> None:
    local = {"year": 2026, "source": "广西壮族自治区三月三放假", "off": ["2026-01-01", "2026-05-01", "2026-10-01", "2026-04-20"], "work": []}
    with database.session() as session:
        service.load_shipped(session, SYSTEM)
        service.import_year(session, local, SYSTEM, division="450000")
        assert not service.calendar(session, "450000").is_working(date(2026, 4, 20))
        assert service.calendar(session, "610000").is_working(date(2026, 4, 20))
        assert not service.calendar(session, "450000").is_working(date(2026, 2, 17))


def test_a_wrong_notice_is_refused_with_every_finding_and_nothing_is_written(database: Database) -> None:
    wrong = {
        "year": 2027,
        "source": "",
        "off": ["2027-01-01", "2026-12-31", "nonsense", 5, "2027-05-08"],
        "work": ["2027-05-08", "2027-05-10"],
        "confirmed": "yes",
    }
    with database.session() as session, pytest.raises(BadCalendar) as refused:
        service.import_year(session, wrong, SYSTEM)
    keys = {f.key.rsplit(".", 1)[1] for f in refused.value.findings}
    assert keys == {"source", "confirmed", "other_year", "date", "both", "not_weekend", "missing"}
    assert all(not f.words("zh").startswith("worktime.") for f in refused.value.findings)
    with database.session() as session:
        assert session.query(CalendarYear).count() == 0


@pytest.mark.parametrize("doc", [{}, {"year": "2027"}, {"year": 10**9}, {"year": True}, {"year": 2027, "off": "x", "work": 3}])
def test_hostile_documents_are_findings_not_crashes(doc: dict) -> None:
    with pytest.raises(BadCalendar):
        read_notice(doc)


def test_the_horizon_alarm_rings_when_the_longest_limit_leaves_the_published_years() -> None:
    calendar = shipped_calendar()
    limits = [Limit(20), Limit(5), Limit(None), Limit(48, "hour")]
    assert service.horizon_alarm(calendar, limits, on=date(2026, 11, 2)) is None
    alarm = service.horizon_alarm(calendar, limits, on=date(2026, 12, 7))
    assert alarm is not None and alarm.level == "warning"
    assert "2027" in alarm.words("zh") and "2026-12-31" in alarm.words("zh")
