"""The verbs of items. Import from here: ``from core.items import service as items``."""

from core.items.checking import Known, check_item
from core.items.compiling import compile_item
from core.items.diff import balance, compare, diff
from core.items.format import format_item
from core.items.gate import run_tests
from core.items.queries import current, load, visible
from core.items.service.apply import apply, apply_all, publish_document, sub_items_first, waiting
from core.items.service.export import export
from core.items.service.known import known_here
from core.items.service.publish import publish

__all__ = [
    "Known",
    "apply",
    "apply_all",
    "balance",
    "check_item",
    "compare",
    "compile_item",
    "current",
    "diff",
    "export",
    "format_item",
    "known_here",
    "load",
    "publish",
    "publish_document",
    "run_tests",
    "sub_items_first",
    "visible",
    "waiting",
]
