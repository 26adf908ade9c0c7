"""Limits as an item writes them: plain, unknown, or depending on an answer (DESIGN §3)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from core.kernel.wording import word
from core.rules.service import compile_rule

#: Rough length in calendar days, for comparing unlike units only; due dates are never computed with it.
_DAYS: Mapping[str, float] = {"at_once": 0.0, "hour": 1 / 24, "working_day": 7 / 5, "calendar_day": 1.0, "month": 30.4, "year": 365.0}


@dataclass(frozen=True, slots=True)
class ChosenLimit:
    """A limit for one set of facts. ``value`` is ``None`` when the source does not give it; ``by`` is the rule that chose it."""

    value: int | None
    unit: str
    basis: str | None = None
    by: Any = None
    undecided: bool = False

    @property
    def at_once(self) -> bool:
        """Done on the spot (即办)."""
        return self.unit == "at_once" or self.value == 0

    def words(self, locale: str = "zh") -> str:
        """``10 个工作日``, ``当场办结``, ``来源未写明``."""
        if self.at_once:
            return word("items.limit_at_once", locale)
        if self.value is None:
            return word("items.limit_unknown", locale)
        return word(f"items.limit_{self.unit}", locale, value=self.value)


def choose(limit: Mapping[str, Any] | None, facts: Mapping[str, Any]) -> ChosenLimit | None:
    """The limit for these *facts*. The first case whose rule is true wins; a rule still unknown makes the answer ``undecided``."""
    if limit is None:
        return None
    undecided = False
    for case in limit.get("cases", ()):
        truth = compile_rule(case["when"]).evaluate(facts)
        if truth is True:
            basis = case.get("basis", limit.get("basis"))
            return ChosenLimit(case.get("value"), case.get("unit", limit.get("unit", "working_day")), basis, case["when"], undecided)
        undecided = undecided or truth is None
    return ChosenLimit(limit.get("value"), limit.get("unit", "working_day"), limit.get("basis"), None, undecided)


def variants(limit: Mapping[str, Any] | None) -> Iterator[tuple[str, ChosenLimit]]:
    """Every value a limit may take, with its path inside the limit (``cases/0``, or ``""`` for the plain one)."""
    if limit is None:
        return
    unit = limit.get("unit", "working_day")
    for index, case in enumerate(limit.get("cases", ())):
        yield f"/cases/{index}", ChosenLimit(case.get("value"), case.get("unit", unit), case.get("basis"), case.get("when"))
    yield "", ChosenLimit(limit.get("value"), unit, limit.get("basis"))


def longer(a: ChosenLimit, b: ChosenLimit) -> bool:
    """Whether *a* is longer than *b*; unlike units are compared by their usual length. Unknown limits are longer than nothing."""
    if a.value is None or b.value is None:
        return False
    if a.unit == b.unit:
        return a.value > b.value
    return a.value * _DAYS[a.unit] > b.value * _DAYS[b.unit] + 0.01
