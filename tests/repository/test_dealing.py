"""The order of the suite: nothing is lost, and every worker begins with what takes long."""

import pytest

from tests.dealing import dealt

#: (file, number, takes long) of five files, two of them long and one of them in part.
TESTS = [
    (name, number, long)
    for name, many, longs in (("a", 5, 0), ("b", 4, 4), ("c", 9, 2), ("d", 2, 2), ("e", 11, 0))
    for number in range(many)
    for long in [number < longs]
]


@pytest.mark.parametrize("workers", [1, 2, 3, 5])
def test_every_worker_begins_with_long_files_and_no_test_is_lost_or_doubled(workers: int) -> None:
    found = dealt(TESTS, workers, long=lambda each: each[2], file=lambda each: each[0])
    assert sorted(found) == sorted(TESTS)
    shares, start = [], 0
    for number in range(workers):  # as xdist cuts them
        end = start + (len(found) - start) // (workers - number)
        shares.append(found[start:end])
        start = end
    longs = [[each[0] for each in share if each[2]] for share in shares]
    for share, names in zip(shares, longs, strict=True):
        assert [each[0] for each in share[: len(names)]] == names, "long ones first"
    assert sum(bool(names) for names in longs) == min(workers, 3)
    assert all(sum(name in names for names in longs) == 1 for name in "bcd"), "a file stays together"


def test_without_long_ones_the_order_stays() -> None:
    assert dealt(TESTS, 2, long=lambda _each: False, file=lambda each: each[0]) == TESTS
