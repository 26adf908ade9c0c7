"""How an agency is chosen: pure functions of the bids, the rules of the project and randomness. No table, no clock, no page."""

from plugins.intermediary_market.selection.listing import Frozen, freeze, read
from plugins.intermediary_market.selection.methods import choose, draws, pick
from plugins.intermediary_market.selection.randomness import Randomness, commitment, key, tidy
from plugins.intermediary_market.selection.rules import Bid, Outcome, Rules, fault, minimum

__all__ = ["Bid", "Frozen", "Outcome", "Randomness", "Rules", "choose", "commitment", "draws", "fault", "freeze", "key", "minimum", "pick", "read", "tidy"]
