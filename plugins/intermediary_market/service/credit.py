"""The score of an agency, 0 to 100: how its work was rated and what stands in its record. Pure; explained in full on the agency's page."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

#: A new agency starts here: neither praised nor blamed.
START: Final = 80
#: What a rating is worth (GB/T 39046 A.8: 1 非常满意 … 5 非常不满意).
WORTH: Final = {1: 20, 2: 10, 3: 0, 4: -20, 5: -40}
#: Ratings of so many days, marks of so many days count.
RATING_DAYS, MARK_DAYS = 730, 365


@dataclass(frozen=True, slots=True)
class Score:
    """A score and what it is made of: ``START + rating − marks``, kept between 0 and 100."""

    total: int
    rating: int
    ratings: int
    marks: int


def score(levels: Sequence[int], points: Sequence[int]) -> Score:
    """The score from the ratings (levels 1–5) and the marks (points taken off) that still count. The mean is rounded half away from zero."""
    mean = Fraction(sum(WORTH[level] for level in levels), len(levels)) if levels else Fraction(0)
    rating = int(abs(mean) + Fraction(1, 2)) * (1 if mean >= 0 else -1)
    marks = sum(points)
    return Score(max(0, min(100, START + rating - marks)), rating, len(levels), marks)
