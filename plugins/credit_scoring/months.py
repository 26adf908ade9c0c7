"""Months as the law counts them: to the same day of the month, or to its last day where there is none (民法典 202)."""

import calendar
from datetime import date


def months_after(day: date, months: int) -> date:
    """The last day of a term of *months* that begins on *day*."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_before(day: date, months: int) -> date:
    """The day *months* before *day*; a time before the calendar is its first day."""
    if day.year * 12 + day.month - 1 - months < 12:
        return date.min
    return months_after(day, -months)
