"""A bound model applied to one subject: points, grade, and every line that led there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from plugins.credit_scoring.scoring.spec import GRADES, MILLI, Bound, Timed, times


class Fact(NamedTuple):
    """What scoring needs of a record: its id, its entry of the catalogue, the day of the event or decision, and its values."""

    id: str
    entry: str
    day: date
    values: Mapping[str, Any]


class Line(NamedTuple):
    """Why so many points (milli): indicator, rule, record. Kept with the score as it is.

    Without a rule: an indicator's limit. Indicator ``""`` with rule ``"scale"``: the ends of the scale; with another rule: a veto, 0 points.
    """

    indicator: str
    rule: str
    record: str
    points: int


@dataclass(frozen=True, slots=True)
class Result:
    """A score. ``base`` + the points of ``lines`` = ``points``, always."""

    points: int
    grade: str
    lines: tuple[Line, ...]

    @property
    def vetoed(self) -> bool:
        """Whether a veto set the grade."""
        return any(not line.indicator and line.rule != "scale" for line in self.lines)


def score(bound: Bound, industry: str, facts: Iterable[Fact]) -> Result:
    """The score of a subject of *industry* with the records *facts*, which are those in force (repaired and withdrawn ones are not given)."""
    model = bound.model
    scale = model.industries.get(industry, model.scale)
    lines: list[Line] = []
    sums = [0] * len(model.indicators)
    used: dict[str, int] = {}
    seen: dict[str, date] = {}
    worst = ""
    for fact in facts:
        if fact.entry not in seen or fact.day > seen[fact.entry]:
            seen[fact.entry] = fact.day
        for number, timed in bound.by_entry.get(fact.entry, ()):
            points = _points(timed, industry, fact, used)
            if points:
                points = times(points, scale.weights[number])
                sums[number] += points
                lines.append(Line(model.indicators[number].id, timed.rule.id, fact.id, points))
        for veto in bound.vetoes.get(fact.entry, ()):
            if all(each.holds(fact.values) for each in veto.when):
                lines.append(Line("", veto.id, fact.id, 0))
                worst = max(worst, veto.grade)
    for number, timed in bound.absent:
        points = _for_absence(timed, industry, seen)
        if points:
            points = times(points, scale.weights[number])
            sums[number] += points
            lines.append(Line(model.indicators[number].id, timed.rule.id, "", points))
    return _total(bound, scale.grade, sums, lines, worst)


def _points(timed: Timed, industry: str, fact: Fact, used: dict[str, int]) -> int:
    rule = timed.rule
    if (timed.since is not None and fact.day <= timed.since) or (rule.industries and industry not in rule.industries):
        return 0
    if not all(each.holds(fact.values) for each in rule.when):
        return 0
    count = 1
    if rule.per == "unit":
        value = fact.values.get(rule.field)
        if isinstance(value, bool) or not isinstance(value, int | float):
            return 0
        count = int(value * MILLI) // rule.unit
    if rule.most is not None:
        count = min(count, rule.most - used.get(rule.id, 0))
    if count <= 0:
        return 0
    used[rule.id] = used.get(rule.id, 0) + count
    share = next((share for begins, share in timed.fades if fact.day <= begins), MILLI)
    return times(rule.points * count, share)


def _for_absence(timed: Timed, industry: str, seen: Mapping[str, date]) -> int:
    rule = timed.rule
    if rule.industries and industry not in rule.industries:
        return 0
    last = seen.get(rule.entry)
    return 0 if last is not None and (timed.since is None or last > timed.since) else rule.points


def _total(bound: Bound, grade_of: Any, sums: list[int], lines: list[Line], worst: str) -> Result:
    model, total = bound.model, bound.model.base
    for indicator, found in zip(model.indicators, sums, strict=True):
        kept = found
        if indicator.least is not None:
            kept = max(kept, indicator.least)
        if indicator.most is not None:
            kept = min(kept, indicator.most)
        if kept != found:
            lines.append(Line(indicator.id, "", "", kept - found))
        total += kept
    points = min(max(total, model.lowest), model.highest)
    if points != total:
        lines.append(Line("", "scale", "", points - total))
    return Result(points, max(grade_of(points), worst) if worst else grade_of(points), tuple(lines))


def better(one: str, other: str) -> bool:
    """Whether grade *one* is better than *other*."""
    return GRADES.index(one) < GRADES.index(other)
