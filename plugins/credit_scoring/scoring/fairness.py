"""Whom a change of a model moves: grades before and after, by industry, region, kind and size. Counts that pieces add up in JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from plugins.credit_scoring.scoring.spec import GRADES

#: By what subjects are grouped.
GROUPINGS = ("all", "kind", "industry", "region", "size")
#: A group whose share of good grades is under so many hundredths of the best group's is marked (the "four fifths" rule of thumb).
FOUR_FIFTHS = 80
#: Groups of fewer are shown, but nothing is concluded from them.
ENOUGH = 30
#: No subject before: scored for the first time.
NONE = "-"


def add(counts: dict[str, Any], groups: Mapping[str, str], before: str, after: str) -> None:
    """Count one subject that moved from grade *before* (:data:`NONE` for none) to *after*."""
    move = before + after
    for grouping in GROUPINGS:
        own = counts.setdefault(grouping, {}).setdefault(groups.get(grouping, "") if grouping != "all" else "", {})
        own[move] = own.get(move, 0) + 1


@dataclass(frozen=True, slots=True)
class Share:
    """One group: how many, grades before and after, how many rose and fell, and whether its share of good grades lags far behind the best group's."""

    name: str
    total: int
    before: Mapping[str, int]
    after: Mapping[str, int]
    better: int
    worse: int
    lags: bool = False

    @property
    def good_before(self) -> float:
        """Share of A and B before, per cent of those that had a grade."""
        return _good(self.before)

    @property
    def good_after(self) -> float:
        """Share of A and B after, per cent."""
        return _good(self.after)


def shares(counts: Mapping[str, Any], grouping: str) -> tuple[Share, ...]:
    """The groups of *grouping*, largest first, each held against the best one with enough members."""
    found = [_share(name, moves) for name, moves in counts.get(grouping, {}).items()]
    best = max((each.good_after for each in found if each.total >= ENOUGH), default=0.0)
    marked = [
        Share(s.name, s.total, s.before, s.after, s.better, s.worse, s.total >= ENOUGH and s.good_after * 100 < best * FOUR_FIFTHS and len(found) > 1)
        for s in found
    ]
    return tuple(sorted(marked, key=lambda each: (-each.total, each.name)))


def _share(name: str, moves: Mapping[str, int]) -> Share:
    before, after = _sums(moves, 0), _sums(moves, 1)
    better = sum(count for move, count in moves.items() if move[0] != NONE and move[1] < move[0])
    worse = sum(count for move, count in moves.items() if move[0] != NONE and move[1] > move[0])
    return Share(name, sum(moves.values()), before, after, better, worse)


def _sums(moves: Mapping[str, int], side: int) -> dict[str, int]:
    return {grade: sum(count for move, count in moves.items() if move[side] == grade) for grade in GRADES}


def _good(grades: Mapping[str, int]) -> float:
    total = sum(grades.values())
    return 100 * (grades["A"] + grades["B"]) / total if total else 0.0


def moved(counts: Iterable[tuple[str, int]]) -> int:
    """How many changed their grade, of (move, count) pairs."""
    return sum(count for move, count in counts if move[0] != NONE and move[0] != move[1])
