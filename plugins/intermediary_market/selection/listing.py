"""The frozen list: one text that holds the rules and every registration, published with its SHA-256 before the public value exists.

First line: ``wangting-draw/1|project|method|fund|minimum|long|short|lower_first``; then ``no|agency|name|price in fen|score|fault``, ended by line
feeds. Whoever has this text, the seed and the public value can compute the result; nothing else goes into it.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from plugins.intermediary_market.selection.randomness import FORMAT
from plugins.intermediary_market.selection.rules import Bid, Fund, Method, Rules


@dataclass(frozen=True, slots=True)
class Frozen:
    """A list as it was read: the project's number, its rules, the registrations."""

    project: str
    rules: Rules
    bids: tuple[Bid, ...]
    digest: str


def freeze(project: str, rules: Rules, entries: Sequence[tuple[Bid, str, str]]) -> str:
    """The text of the list. *entries*: each bid with the agency's number and name, in the order of their numbers."""
    head = (FORMAT, project, rules.method, rules.fund, rules.minimum, rules.long, rules.short, int(rules.lower_first))
    lines = [head, *((bid.no, agency, _plain(name), "" if bid.price is None else bid.price, bid.score, bid.fault) for bid, agency, name in entries)]
    return "".join("|".join(str(part) for part in line) + "\n" for line in lines)


def read(text: str) -> Frozen:
    """A list from its text. :class:`ValueError` when it is none."""
    head, *lines = text.removesuffix("\n").split("\n")
    form, project, method, fund, least, long, short, lower = head.split("|")
    if form != FORMAT:
        raise ValueError(f"not a list of {FORMAT}")
    rules = Rules(cast(Method, method), cast(Fund, fund), int(least), int(long), int(short), lower == "1")
    bids = []
    for line in lines:
        no, _agency, _name, price, score, fault = line.split("|")
        bids.append(Bid(int(no), int(price) if price else None, int(score), fault))
    return Frozen(project, rules, tuple(bids), hashlib.sha256(text.encode()).hexdigest())


def _plain(name: str) -> str:
    """A name without what separates lines and parts."""
    return " ".join(name.replace("|", "｜").split())
