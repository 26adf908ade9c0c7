"""Publicity: three months, a year, three years, from the day of the decision; the longest of several; what keeps a repair away."""

from datetime import date

import pytest

from plugins.credit_scoring.months import months_after, months_before
from plugins.credit_scoring.terms import hindrances, longest, publicity


@pytest.mark.parametrize(
    ("keys", "least", "most"),
    [
        (["general"], date(2026, 5, 31), date(2029, 2, 28)),
        (["safety"], date(2027, 2, 28), date(2029, 2, 28)),
        (["food_drug"], date(2027, 2, 28), date(2029, 2, 28)),
        (["general", "safety"], date(2027, 2, 28), date(2029, 2, 28)),
        (["severe", "general"], date(2029, 2, 28), date(2029, 2, 28)),
    ],
)
def test_terms_run_from_the_decision_and_the_longest_of_several_counts(keys: list[str], least: date, most: date) -> None:
    decided = date(2026, 2, 28)
    found = publicity(keys, decided)
    assert found.most_until == most
    assert found.least_until == (least if keys != ["general"] else date(2026, 5, 28))


def test_months_end_on_the_last_day_where_the_month_is_shorter() -> None:
    assert months_after(date(2025, 11, 30), 3) == date(2026, 2, 28)
    assert months_after(date(2023, 11, 30), 3) == date(2024, 2, 29)
    assert months_before(date(2024, 2, 29), 12) == date(2023, 2, 28)
    assert months_before(date(2024, 2, 29), 99999) == date.min


def test_the_last_day_counts_whole_for_repair_and_for_the_end() -> None:
    found = publicity(["general"], date(2026, 8, 22))
    assert [found.may_repair_on(day) for day in (date(2026, 11, 22), date(2026, 11, 23))] == [False, True]
    assert [found.public_on(day) for day in (date(2026, 8, 21), date(2026, 8, 22), date(2029, 8, 22), date(2029, 8, 23))] == [False, True, True, False]


def test_what_is_not_published_is_never_shown_and_nothing_has_to_be_waited_for() -> None:
    found = publicity([], date(2026, 1, 1))
    assert longest([]).key == "none"
    assert not found.public_on(date(2026, 1, 1))
    assert found.may_repair_on(date(2026, 1, 2))


@pytest.mark.parametrize(
    ("day", "promised", "fulfilled", "listed", "keys"),
    [
        (date(2026, 11, 23), True, True, False, []),
        (date(2026, 11, 22), True, True, False, ["repair_early"]),
        (date(2026, 11, 23), False, True, False, ["repair_promise"]),
        (date(2026, 11, 23), True, False, False, ["repair_duty"]),
        (date(2026, 11, 23), True, True, True, ["repair_listed"]),
        (date(2026, 8, 22), False, False, True, ["repair_listed", "repair_early", "repair_duty", "repair_promise"]),
    ],
)
def test_a_repair_needs_the_term_the_duty_and_the_promise(day: date, promised: bool, fulfilled: bool, listed: bool, keys: list[str]) -> None:
    found = hindrances(publicity(["general"], date(2026, 8, 22)), day, promised=promised, fulfilled=fulfilled, severe_listed=listed)
    assert [each.key for each in found] == keys
