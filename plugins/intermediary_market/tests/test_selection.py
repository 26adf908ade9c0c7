"""The methods: worked examples, failed projects, ties, the lists of the credit method, numbers that are fair."""

import json
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugins.intermediary_market.selection import Bid, Outcome, Randomness, Rules, choose, draws, fault, freeze, minimum, pick, read
from plugins.intermediary_market.selection.randomness import commitment, key, tidy

VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))["examples"]


class Fixed(Randomness):
    """Randomness whose base is known; everything else is drawn."""

    def __init__(self, base: int) -> None:
        super().__init__(b"k")
        self._base = base

    def below(self, label: str, limit: int) -> int:
        return self._base - 95 if label == "base" else super().below(label, limit)


def fen(yuan: float) -> int:
    return round(yuan * 100)


def rules(method: str, fund: str = "state", **given: object) -> Rules:
    return Rules(method, fund, minimum(method, fund), **given)  # type: ignore[arg-type]


@pytest.mark.parametrize("example", VECTORS, ids=[each["id"] for each in VECTORS])
def test_the_best_price_is_the_one_of_the_worked_examples(example: dict[str, object]) -> None:
    names = list(example["bids_yuan"])  # type: ignore[call-overload]
    bids = [Bid(no, fen(example["bids_yuan"][name])) for no, name in enumerate(names, 1)]  # type: ignore[index]
    found = choose(bids, rules("best", str(example["fund"])), Fixed(int(str(example["k_percent"]))))
    if "failed" in example:
        assert found == Outcome(failed="F2")
        return
    assert found.facts["kept"] == example["kept_fen"]
    assert Fraction(found.facts["mean"]) == Fraction(str(example["mean_fen"]))
    assert Fraction(found.facts["reference"]) == Fraction(str(example["reference_fen"]))
    assert {names[int(no) - 1]: value for no, value in found.facts["distances"].items()} == example["distance_key"]
    nearest = example["nearest"]
    assert {names[no - 1] for no in found.ranking[: len(nearest)]} == set(nearest)  # type: ignore[arg-type, call-overload]


def test_the_base_is_one_of_four_values_and_each_comes_up() -> None:
    bids = [Bid(no, 100 * no) for no in range(1, 6)]
    seen = Counter(choose(bids, rules("best"), Randomness(bytes([seed]))).facts["base"] for seed in range(200))
    assert set(seen) == {95, 96, 97, 98}
    assert min(seen.values()) > 25


def test_of_two_equally_near_the_lower_is_first_where_the_announcement_says_so() -> None:
    bids = [Bid(no, fen(price)) for no, price in enumerate((11000, 10200, 10100, 9500, 9700), 1)]
    winners = {choose(bids, rules("best"), Drawn(seed)).winner for seed in range(40)}
    assert winners == {4, 5}
    assert {choose(bids, rules("best", lower_first=True), Drawn(seed)).winner for seed in range(40)} == {4}


class Drawn(Fixed):
    """Base 96, ties by seed."""

    def __init__(self, seed: int) -> None:
        super().__init__(96)
        self._key = bytes([seed])


@pytest.mark.parametrize(
    ("method", "fund", "valid", "failed"),
    [
        ("random", "state", 0, "F1"),
        ("random", "state", 2, "F2"),
        ("random", "state", 3, ""),
        ("random", "social", 1, ""),
        ("lowest", "state", 2, "F2"),
        ("best", "social", 1, ""),
        ("credit", "social", 1, "F3"),
        ("credit", "state", 2, ""),
        ("proposal", "social", 0, "F4"),
        ("proposal", "social", 1, "F5"),
        ("proposal", "social", 2, ""),
        ("direct", "social", 1, ""),
    ],
)
def test_a_project_fails_below_the_number_of_bids_that_its_method_and_money_need(method: str, fund: str, valid: int, failed: str) -> None:
    bids = [Bid(no, 100 + no, 80) for no in range(1, valid + 1)]
    assert choose(bids, rules(method, fund, long=5, short=2), Randomness(b"k")).failed == failed


def test_bids_that_do_not_count_do_not_fill_the_number_up() -> None:
    bids = [Bid(1, 100), Bid(2, 100), Bid(3, 900, fault="above_ceiling")]
    assert choose(bids, rules("lowest"), Randomness(b"k")).failed == "F2"
    assert choose([Bid(1, 900, fault="above_ceiling")], rules("lowest", "social"), None).failed == "F6"
    assert 3 not in choose(bids, rules("lowest", "social"), Randomness(b"k")).ranking


@pytest.mark.parametrize(
    ("price", "method", "code"),
    [
        (None, "lowest", "no_price"),
        (0, "best", "no_price"),
        (-5, "best", "no_price"),
        (1001, "lowest", "above_ceiling"),
        (1000, "lowest", ""),
        (499, "best", "below_floor"),
        (500, "best", ""),
        (None, "random", ""),
        (10**9, "credit", ""),
    ],
)
def test_a_price_outside_the_bounds_is_named(price: int | None, method: str, code: str) -> None:
    assert fault(price, method=method, ceiling=1000, floor=500) == code  # type: ignore[arg-type]


def test_the_lowest_wins_without_chance_and_equal_ones_are_drawn() -> None:
    clear = [Bid(1, 300), Bid(2, 100), Bid(3, 200)]
    assert not draws(clear, rules("lowest"))
    assert choose(clear, rules("lowest"), None).ranking == (2, 3, 1)
    tied = [Bid(1, 100), Bid(2, 100), Bid(3, 200)]
    assert draws(tied, rules("lowest"))
    with pytest.raises(ValueError, match="randomness"):
        choose(tied, rules("lowest"), None)
    assert {choose(tied, rules("lowest"), Randomness(bytes([n]))).winner for n in range(30)} == {1, 2}


def test_the_credit_method_drops_the_tail_keeps_equals_at_the_cut_and_draws_in_proportion() -> None:
    scores = (96, 95, 92, 90, 88, 81)
    bids = [Bid(no, score=score) for no, score in enumerate(scores, 1)]
    chosen = choose(bids, rules("credit", long=5, short=3), Randomness(b"k"))
    assert chosen.facts["long"] == [1, 2, 3, 4, 5]
    assert sum(chosen.facts["numbers"].values()) == 461
    assert len(set(chosen.shortlist)) == 3 and 6 not in chosen.shortlist
    equal = [*bids[:5], Bid(6, score=88)]
    assert choose(equal, rules("credit", long=5, short=3), Randomness(b"k")).facts["long"] == [1, 2, 3, 4, 5, 6]
    assert draws(bids[:3], rules("credit", long=5, short=3))  # chance picks when the owner lets the time pass
    assert choose(bids[:3], rules("credit", long=5, short=3), None).shortlist == (1, 2, 3)
    firsts = Counter(choose([Bid(1, score=90), Bid(2, score=10)], rules("credit", long=2, short=1), Randomness(b"%d" % n)).shortlist[0] for n in range(400))
    assert 330 < firsts[1] < 390  # nine tickets of ten
    assert pick((4, 2), Randomness(b"k")) in (4, 2)


def test_a_list_is_read_as_it_was_frozen_and_a_name_cannot_break_it() -> None:
    given = rules("credit", long=5, short=3, lower_first=True)
    text = freeze("ZJ-2026-0001", given, [(Bid(1, None, 88), "ZJ-1", "甲|乙\n公司"), (Bid(2, 500, 0, "recused"), "ZJ-2", "丙公司")])
    found = read(text)
    assert found.rules == given
    assert found.bids == (Bid(1, None, 88), Bid(2, 500, 0, "recused"))
    assert text.count("\n") == 3 and "甲｜乙 公司" in text
    with pytest.raises(ValueError, match="not a list"):
        read(text.replace("wangting-draw/1", "wangting-draw/2"))


def test_every_value_that_goes_in_changes_the_numbers_and_blanks_around_the_public_value_do_not() -> None:
    seed = bytes([1]) * 32
    one = key(seed, "P", "ab", "05 11")
    assert (
        len({one, key(seed, "Q", "ab", "05 11"), key(seed, "P", "ac", "05 11"), key(seed, "P", "ab", "05 12"), key(bytes([2]) * 32, "P", "ab", "05 11")}) == 5
    )
    assert key(seed, "P", "ab", "  05\t11 ") == one and tidy(" 05  11\n") == "05 11"
    assert commitment(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.binary(min_size=1, max_size=32))
def test_a_shuffle_holds_everybody_once_and_a_number_is_below_its_limit(size: int, seed: bytes) -> None:
    assert sorted(Randomness(seed).shuffled("order", range(size))) == list(range(size))
    assert 0 <= Randomness(seed).below("x", size) < size


def test_every_place_of_a_draw_is_equally_likely() -> None:
    places = Counter((place, no) for n in range(3000) for place, no in enumerate(Randomness(b"%d" % n).shuffled("order", (1, 2, 3))))
    assert all(900 < each < 1100 for each in places.values()), places
