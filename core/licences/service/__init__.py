"""Verbs of the library: keep the catalogue, issue, act on what was issued, register what is on paper, use, hand out the sheet."""

from core.licences.queries import for_party, of_case, type_codes, verify
from core.licences.service.acts import Request, carry_out
from core.licences.service.catalogue import put_types
from core.licences.service.deciding import by_case, end_asking, may_start, named, newest, renewed_until
from core.licences.service.expiring import sweep
from core.licences.service.issuing import RENDER, issue, pdf, sheet
from core.licences.service.registering import Paper, enter, review
from core.licences.service.renewing import ask_renewal, renewal_window
from core.licences.service.using import end_use, granted, open_for_case, usable, use

__all__ = [
    "RENDER", "Paper", "Request", "ask_renewal", "by_case", "carry_out", "end_asking", "end_use", "enter", "for_party", "granted", "issue", "may_start",
    "named", "newest", "of_case", "open_for_case", "pdf", "put_types", "renewal_window", "renewed_until", "review", "sheet", "sweep", "type_codes",
    "usable", "use", "verify",
]  # fmt: skip
