"""What a document says because of the item alone: its name, whether it is a permit, the article, the redress."""

from collections.abc import Mapping
from typing import Any

from core.documents.texts import shipped
from core.kernel.wording import word

#: GB/T 39046 A.1: the item type that is an administrative permit.
PERMIT = "01"


def of_item(kind: str, doc: Mapping[str, Any]) -> dict[str, str]:
    """The values of *kind* that the item's document *doc* gives, ready to print."""
    permit = doc.get("type") == PERMIT
    return {
        "item": str(doc.get("short_title") or doc["title"]), "permit": "行政许可" if permit else "", "permission": "行政许可" if permit else "办理",
        "law": shipped(kind).law if permit else word("documents.other_law"), "consult": str((doc.get("contacts") or {}).get("consult") or ""),
        "reconsideration": _redress(doc, "reconsideration"), "litigation": _redress(doc, "litigation"),
    }  # fmt: skip


def _redress(doc: Mapping[str, Any], part: str) -> str:
    """What the item says, else what the law gives everybody (行政复议法 20, 行政诉讼法 46)."""
    said = str((doc.get("redress") or {}).get(part) or "").rstrip("。；")
    return said or word(f"documents.{part}")
