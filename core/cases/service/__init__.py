"""Verbs of cases; this is the door. Drafts are a module of their own: ``drafts.save``, ``load``, ``mine``, ``delete``."""

from core.cases import drafts
from core.cases.service.acting import act, claim, correct, hook_ended, lapse, release, withdraw
from core.cases.service.children import relatives
from core.cases.service.counter import decline_uncorrected, mend
from core.cases.service.extending import ask_extension, extend, terminate
from core.cases.service.following import hand_in_later
from core.cases.service.inquiring import answer, ask, urge
from core.cases.service.moving_tasks import add_signer, delegate, return_delegate, take_back, transfer
from core.cases.service.pausing import close_pause, open_pause
from core.cases.service.projecting import project_again
from core.cases.service.submitting import submit
from core.cases.verify import verify, verify_all

__all__ = [
    "act", "add_signer", "answer", "ask", "ask_extension", "claim", "close_pause", "correct", "decline_uncorrected", "delegate", "drafts", "extend",
    "hand_in_later", "hook_ended", "lapse", "mend", "open_pause", "project_again", "relatives", "release", "return_delegate", "submit", "take_back",
    "terminate", "transfer", "urge", "verify", "verify_all", "withdraw",
]  # fmt: skip
