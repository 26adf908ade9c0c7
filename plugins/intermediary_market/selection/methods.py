"""The methods (STANDARDS §5, 中介超市). Each is a function of (bids, rules, randomness) and knows nothing else.

What the published rules leave open is decided once, here, and written into the README: equal ones are drawn, trimmed bids may win, the mean and the
reference price are exact fractions that are never rounded for a comparison.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import groupby
from typing import Final

from plugins.intermediary_market.selection import rules as r
from plugins.intermediary_market.selection.randomness import Randomness
from plugins.intermediary_market.selection.rules import Bid, Outcome, Rules


def choose(bids: Sequence[Bid], rules: Rules, randomness: Randomness | None) -> Outcome:
    """Who is chosen, from whom the owner picks, or why the project failed.

    *randomness* may be ``None`` when :func:`draws` says that nothing is drawn; otherwise :class:`ValueError`.
    """
    if failed := failing(bids, rules):
        return Outcome(failed=failed)
    return _METHODS[rules.method](_valid(bids), rules, randomness)


def failing(bids: Sequence[Bid], rules: Rules) -> str:
    """Why there is nothing to choose from, as a code; empty when there is."""
    valid = len(_valid(bids))
    if not bids:
        return r.NO_PLAN if rules.method == "proposal" else r.NOBODY
    if not valid:
        return r.ALL_INVALID
    if valid >= rules.minimum:
        return ""
    return {"credit": r.TOO_FEW_CREDIT, "proposal": r.TOO_FEW_PLANS}.get(rules.method, r.TOO_FEW_STATE)


def draws(bids: Sequence[Bid], rules: Rules) -> bool:
    """Whether chance has a part in this choice, so that a public value must be waited for."""
    if failing(bids, rules):
        return False
    valid = _valid(bids)
    if rules.method == "lowest":
        return len({bid.price for bid in valid}) < len(valid)
    return rules.method in ("random", "best", "credit")  # credit: also when the owner lets the time pass, chance picks


def pick(shortlist: Sequence[int], randomness: Randomness) -> int:
    """One of the short list by chance: the owner let the time pass."""
    return shortlist[randomness.below("pick", len(shortlist))]


def _direct(bids: Sequence[Bid], _rules: Rules, _randomness: Randomness | None) -> Outcome:
    """The one that the owner named."""
    return Outcome((bids[0].no,))


def _random(bids: Sequence[Bid], _rules: Rules, randomness: Randomness | None) -> Outcome:
    """Everybody has the same chance; the order drawn is also the order of those who follow."""
    return Outcome(_needed(randomness).shuffled("order", [bid.no for bid in bids]))


def _lowest(bids: Sequence[Bid], _rules: Rules, randomness: Randomness | None) -> Outcome:
    """The lowest price; equal ones are drawn."""
    return Outcome(_ranked(bids, lambda bid: (_price(bid),), randomness))


def _best(bids: Sequence[Bid], rules: Rules, randomness: Randomness | None) -> Outcome:
    """Nearest to the reference price: mean without one highest and one lowest, times a base drawn from 95, 96, 97, 98 per cent."""
    base = 95 + _needed(randomness).below("base", 4)
    prices = sorted(_price(bid) for bid in bids)
    kept = prices[1:-1] if len(prices) >= 3 else prices
    mean = Fraction(sum(kept), len(kept))
    # |100·m·bid − k·Σkept|: whole numbers, so that nothing is rounded before it is compared
    distances = {bid.no: abs(100 * len(kept) * _price(bid) - base * sum(kept)) for bid in bids}
    ranking = _ranked(bids, lambda bid: (distances[bid.no], _price(bid)) if rules.lower_first else (distances[bid.no],), randomness)
    facts = {
        "base": base,
        "kept": kept,
        "mean": str(mean),
        "reference": str(mean * base / 100),
        "distances": {str(no): value for no, value in distances.items()},
    }
    return Outcome(ranking, facts=facts)


def _credit(bids: Sequence[Bid], rules: Rules, randomness: Randomness | None) -> Outcome:
    """The best by credit make the long list; numbers in proportion to the score draw the short list; the owner picks from it."""
    long = _long_list(bids, rules)
    facts = {"long": [bid.no for bid in long], "numbers": {str(bid.no): _numbers(bid) for bid in long}}
    if len(long) <= rules.short:
        return Outcome(shortlist=tuple(bid.no for bid in long), facts=facts)
    drawn: list[int] = []
    left = list(long)
    while len(drawn) < rules.short:
        at = _needed(randomness).below("numbers", sum(_numbers(bid) for bid in left))
        for bid in left:
            if at < _numbers(bid):
                break
            at -= _numbers(bid)
        left.remove(bid)
        drawn.append(bid.no)
    return Outcome(shortlist=tuple(drawn), facts=facts)


def _proposal(bids: Sequence[Bid], _rules: Rules, _randomness: Randomness | None) -> Outcome:
    """Every valid plan; the owner compares and picks."""
    return Outcome(shortlist=tuple(bid.no for bid in bids))


_METHODS: Final[Mapping[str, Callable[[Sequence[Bid], Rules, Randomness | None], Outcome]]] = {
    "direct": _direct,
    "random": _random,
    "lowest": _lowest,
    "best": _best,
    "credit": _credit,
    "proposal": _proposal,
}


def _ranked(bids: Iterable[Bid], by: Callable[[Bid], tuple[int, ...]], randomness: Randomness | None) -> tuple[int, ...]:
    """Numbers in the order of *by*; equal ones in an order drawn from a stream of their own, named by what they have in common."""
    ranking: list[int] = []
    for value, group in groupby(sorted(bids, key=lambda bid: (by(bid), bid.no)), key=by):
        equal = [bid.no for bid in group]
        label = "tie/" + "/".join(str(part) for part in value)
        ranking += _needed(randomness).shuffled(label, equal) if len(equal) > 1 else equal
    return tuple(ranking)


def _long_list(bids: Sequence[Bid], rules: Rules) -> list[Bid]:
    """The first *long* by score; all that are equal to the last one stay."""
    ranked = sorted(bids, key=lambda bid: (-bid.score, bid.no))
    if len(ranked) <= rules.long:
        return ranked
    cut = ranked[rules.long - 1].score
    return [bid for bid in ranked if bid.score >= cut]


def _numbers(bid: Bid) -> int:
    """So many lots has a member of the long list: its score, at least one."""
    return max(1, bid.score)


def _valid(bids: Iterable[Bid]) -> list[Bid]:
    return [bid for bid in bids if not bid.fault]


def _price(bid: Bid) -> int:
    if bid.price is None:
        raise ValueError(f"bid {bid.no} has no price")
    return bid.price


def _needed(randomness: Randomness | None) -> Randomness:
    if randomness is None:
        raise ValueError("this choice is drawn: it needs randomness")
    return randomness
