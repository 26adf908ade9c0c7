"""What plugins offer to the hall's questions about an applicant: facts that need not be proved by paper, and conditions that bar promises.

Offered by the hooks ``shared_facts`` and ``bar_conditions``; ``provide(ctx, question)`` and ``holds(ctx, party_id)`` only read.
"""

from core.items.sources import BarCondition, Evidence, FactType, Found, Question, Refused

__all__ = ["BarCondition", "Evidence", "FactType", "Found", "Question", "Refused"]
