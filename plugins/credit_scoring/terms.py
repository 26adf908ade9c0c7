"""How long bad news stays public, and when it may be repaired. Pure; the days come from the caller.

STANDARDS of this hall: at least 3 months in general, 1 year for special equipment, safety and fire, 3 years at most, from the day of the decision;
of several kinds the longest counts; repair wants the least term over, the duty fulfilled and a written promise. Food and drugs count like safety: the rule
(失信行为纠正后的信用信息修复管理办法（试行）, 国家发展改革委令第58号) is quoted so in an official answer. Who put somebody on the list of the severely
untrustworthy takes them off it (the same order); that such a record stays public for three years until then is assumed, and pages say so.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from plugins.credit_scoring.months import months_after


@dataclass(frozen=True, slots=True)
class Term:
    """Publicity of one kind of decision, in months: not repaired before ``least``, taken down after ``most``. ``rank`` says which of several is the longest."""

    key: str
    least: int
    most: int
    assumed: bool = False


#: Kinds of publicity terms. ``none``: not published at all, nothing to wait for.
TERMS = {
    each.key: each
    for each in (
        Term("none", 0, 0),
        Term("general", 3, 36),
        Term("safety", 12, 36),
        Term("food_drug", 12, 36),
        Term("severe", 36, 36, assumed=True),
    )
}


@dataclass(frozen=True, slots=True)
class Publicity:
    """The days of one decision: the last day of the least term and of the longest."""

    term: Term
    decided: date
    least_until: date
    most_until: date

    def public_on(self, day: date) -> bool:
        """Whether it is shown on *day*, unless it was repaired."""
        return self.term.key != "none" and self.decided <= day <= self.most_until

    def may_repair_on(self, day: date) -> bool:
        """Whether the least term is over: its last day counts whole (民法典 202, 203)."""
        return day > self.least_until


def longest(keys: Iterable[str]) -> Term:
    """The term of a decision of several kinds: the one that lasts longest (first the least, then the most)."""
    return max((TERMS[key] for key in keys), key=lambda term: (term.least, term.most), default=TERMS["none"])


def publicity(keys: Iterable[str], decided: date) -> Publicity:
    """The days of a decision made on *decided* of the kinds *keys*."""
    term = longest(keys)
    return Publicity(term, decided, months_after(decided, term.least), months_after(decided, term.most))


@dataclass(frozen=True, slots=True)
class Hindrance:
    """Why something cannot be repaired (yet): a key of the plugin's words, and the day from which it can be, when waiting helps."""

    key: str
    day: date | None = None


def hindrances(found: Publicity, day: date, *, promised: bool, fulfilled: bool, severe_listed: bool = False) -> tuple[Hindrance, ...]:
    """Everything that keeps a repair on *day* away; empty when it may be granted.

    *severe_listed*: what put somebody on the list of the severely untrustworthy is taken off by who listed, not by a repair of the record.
    """
    found_here = []
    if severe_listed:
        found_here.append(Hindrance("repair_listed"))
    if not found.may_repair_on(day):
        found_here.append(Hindrance("repair_early", found.least_until))
    if not fulfilled:
        found_here.append(Hindrance("repair_duty"))
    if not promised:
        found_here.append(Hindrance("repair_promise"))
    return tuple(found_here)
