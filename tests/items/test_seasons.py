"""Seasonal items: open on both ends, over New Year, in years without a 29 February, and never closed by a day that nobody announced."""

from datetime import date, timedelta
from typing import Any

import pytest

from core.items.seasons import OutOfSeason, Standing, require, standing


def doc(*seasons: tuple[str | None, str | None]) -> dict[str, Any]:
    return {
        "title": "林木采伐",
        "seasons": [{"id": f"s{n}", "title": "时段", "opens": opens, "closes": closes} for n, (opens, closes) in enumerate(seasons)] or None,
    }


@pytest.mark.parametrize(
    ("seasons", "day", "found"),
    [
        ((), date(2026, 5, 1), Standing(True)),
        ((("03-01", "03-31"),), date(2026, 3, 1), Standing(True, closes=date(2026, 3, 31))),
        ((("03-01", "03-31"),), date(2026, 3, 31), Standing(True, closes=date(2026, 3, 31))),
        ((("03-01", "03-31"),), date(2026, 4, 1), Standing(False, opens=date(2027, 3, 1))),
        ((("03-01", "03-31"),), date(2026, 2, 28), Standing(False, opens=date(2026, 3, 1))),
        ((("11-15", "02-10"),), date(2026, 12, 31), Standing(True, closes=date(2027, 2, 10))),
        ((("11-15", "02-10"),), date(2027, 2, 10), Standing(True, closes=date(2027, 2, 10))),
        ((("11-15", "02-10"),), date(2027, 2, 11), Standing(False, opens=date(2027, 11, 15))),
        ((("03-01", "03-31"), ("09-01", "09-30")), date(2026, 6, 1), Standing(False, opens=date(2026, 9, 1))),
        ((("03-01", "03-31"), (None, None)), date(2026, 6, 1), Standing(True)),
        (((None, "03-31"),), date(2026, 6, 1), Standing(True)),
        ((("02-29", "03-05"),), date(2026, 2, 1), Standing(False, opens=date(2026, 3, 1))),
        ((("02-01", "02-29"),), date(2026, 2, 15), Standing(True, closes=date(2026, 2, 28))),
        ((("02-01", "02-29"),), date(2028, 2, 15), Standing(True, closes=date(2028, 2, 29))),
    ],
)
def test_a_day_is_in_season_or_the_next_opening_is_told(seasons: Any, day: date, found: Standing) -> None:
    assert standing(doc(*seasons), day) == found


def test_closed_days_say_when_it_opens_and_it_is_open_then() -> None:
    item = doc(("03-05", "03-31"), ("11-30", "01-15"))
    for n in range(800):
        day = date(2026, 1, 1) + timedelta(n)
        found = standing(item, day)
        if found.open:
            require(item, day)
        else:
            assert found.opens is not None and found.opens > day and standing(item, found.opens).open
            assert not standing(item, found.opens - timedelta(1)).open
            with pytest.raises(OutOfSeason, match=f"{found.opens:%Y-%m-%d}"):
                require(item, day)


@pytest.mark.parametrize("pair", [("02-30", "02-31"), ("04-31", "06-31"), ("12-31", "12-31")])
def test_days_that_a_month_does_not_have_break_nothing(pair: tuple[str, str]) -> None:
    for n in range(400):
        assert standing(doc(pair), date(2026, 1, 1) + timedelta(n)) is not None
