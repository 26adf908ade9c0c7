"""What a ledger or a calendar refuses."""

from core.kernel.errors import BadInput, Conflict


class LedgerRefused(Conflict):
    """The entry does not fit the clock's state (stopped twice, resumed without a pause …)."""

    key = "worktime.ledger.state"


class BadLimit(BadInput):
    """A limit that no calendar can count."""

    key = "worktime.limit.range"


class BadCalendar(BadInput):
    """A yearly notice that contradicts itself; ``findings`` name each date."""

    key = "worktime.calendar.bad"
