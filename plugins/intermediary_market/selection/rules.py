"""Bids, the rules of a project, what a choice comes to. Amounts are whole fen (分); scores whole points 0–100."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

Method = Literal["direct", "random", "lowest", "best", "credit", "proposal"]
Fund = Literal["state", "social"]

METHODS: Final[tuple[Method, ...]] = ("direct", "random", "lowest", "best", "credit", "proposal")
#: Methods in which a bid carries a price of its own; in the others the owner's price is fixed.
PRICED: Final = frozenset({"lowest", "best", "proposal"})
#: Methods that end in a list from which the owner picks.
PICKED: Final = frozenset({"credit", "proposal"})

#: Why a project failed: codes of the platform, in the order in which they are asked.
NOBODY, TOO_FEW_STATE, TOO_FEW_CREDIT, NO_PLAN, TOO_FEW_PLANS, ALL_INVALID = "F1", "F2", "F3", "F4", "F5", "F6"
WITHDRAWN, NO_WINNER_LEFT = "F7", "F8"


@dataclass(frozen=True, slots=True)
class Bid:
    """One registration. *no* is its number on the frozen list; *fault* a code that says why it does not count, empty when it does."""

    no: int
    price: int | None = None
    score: int = 0
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """What the announcement fixed. *minimum*: so many valid bids are needed. *long*, *short*: sizes of the two lists of the credit method."""

    method: Method
    fund: Fund
    minimum: int
    long: int = 0
    short: int = 0
    lower_first: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """*ranking*: who follows whom when the one before falls out; *shortlist*: from which the owner picks. Failed with a code, or neither yet.

    *facts* are the values in between, for the page and for whoever computes it again: plain JSON, exact fractions as ``"a/b"``.
    """

    ranking: tuple[int, ...] = ()
    shortlist: tuple[int, ...] = ()
    failed: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def winner(self) -> int | None:
        """The number of the first in rank."""
        return self.ranking[0] if self.ranking else None


def minimum(method: Method, fund: Fund, *, proposals: int = 2) -> int:
    """How many valid bids a method needs: three for state money where chance or price decides, two for a choice by credit.

    *proposals*: the hall's setting for plans; the published rule says that none fails and leaves one open, so two is the default.
    """
    if method in ("random", "lowest", "best"):
        return 3 if fund == "state" else 1
    return {"credit": 2, "proposal": max(1, proposals), "direct": 1}[method]


def fault(price: int | None, *, method: Method, ceiling: int, floor: int | None) -> str:
    """Why a price does not count, as a code; empty when it does."""
    if method not in PRICED:
        return ""
    if price is None or price <= 0:
        return "no_price"
    if price > ceiling:
        return "above_ceiling"
    return "below_floor" if floor is not None and price < floor else ""
