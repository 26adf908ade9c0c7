"""In which order tests run: what takes long comes first for every worker, so that at the end there are only short tests to take from each other."""

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import TypeVar

Item = TypeVar("Item")


def dealt(items: Sequence[Item], workers: int, *, long: Callable[[Item], bool], file: Callable[[Item], object]) -> list[Item]:
    """*items* for xdist, which gives each of *workers* an equal run of them: the *long* ones of a *file* together at the head of a run, files in turn."""
    hands: list[list[Item]] = [[] for _ in range(workers)]
    for number, (_file, tests) in enumerate(groupby(filter(long, items), key=file)):
        hands[number % workers] += tests
    rest = [item for item in items if not long(item)]
    ordered: list[Item] = []
    for number, hand in enumerate(hands):
        share = (len(items) - len(ordered)) // (workers - number)
        short = max(share - len(hand), 0)
        ordered += hand + rest[:short]
        del rest[:short]
    return ordered + rest
