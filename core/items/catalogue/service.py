"""The verbs of the catalogue and of an item's life. Import from here: ``from core.items.catalogue import service as catalogue``."""

from core.items.catalogue.asking import (
    ask_adopt,
    ask_change,
    ask_claim,
    ask_delegate,
    ask_entry,
    ask_objection,
    ask_state,
    ask_transfer,
)
from core.items.catalogue.claims import sameness, upstream
from core.items.catalogue.entries import check_entry, entries, entry, publish_entry
from core.items.catalogue.requests import RequestRef, review, withdraw

__all__ = [
    "RequestRef",
    "ask_adopt",
    "ask_change",
    "ask_claim",
    "ask_delegate",
    "ask_entry",
    "ask_objection",
    "ask_state",
    "ask_transfer",
    "check_entry",
    "entries",
    "entry",
    "publish_entry",
    "review",
    "sameness",
    "upstream",
    "withdraw",
]
