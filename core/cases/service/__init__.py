"""Verbs of cases; this is the door. Drafts are a module of their own: ``drafts.save``, ``load``, ``mine``, ``delete``."""

from core.cases import drafts
from core.cases.service.acting import act, claim, correct, hook_ended, lapse, release, withdraw
from core.cases.service.projecting import project_again
from core.cases.service.submitting import submit
from core.cases.verify import verify, verify_all

__all__ = ["act", "claim", "correct", "drafts", "hook_ended", "lapse", "project_again", "release", "submit", "verify", "verify_all", "withdraw"]
