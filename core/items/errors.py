"""What may go wrong with an item, worded in ``wording.json``."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from core.kernel.errors import BadInput, Conflict, Finding, NotFound


class ItemNotFound(NotFound):
    """No such item, or none that this hall shows."""

    key: ClassVar[str] = "items.not_found"


class GateClosed(BadInput):
    """Publishing refused. ``findings`` carries every reason at once, not the first one only."""

    key: ClassVar[str] = "items.gate_closed"

    def __init__(self, findings: Sequence[Finding], **params: Any) -> None:
        super().__init__("items.gate_closed", tuple(findings), errors=sum(1 for f in findings if f.level == "error"), **params)


class SecondPersonNeeded(Conflict):
    """Four eyes (DESIGN §3): whoever wrote the draft may not publish it, except in a demo hall."""

    key: ClassVar[str] = "items.second_person"


class BrokenFile(BadInput):
    """A file that is no JSON object; the line and column are named."""

    key: ClassVar[str] = "items.broken_file"


def finding(level: str, path: str, key: str, params: Mapping[str, Any] | None = None) -> Finding:
    """A :class:`Finding` whose key belongs to this slice (``items.`` is put in front)."""
    return Finding("error" if level == "error" else "warning", path, f"items.{key}", dict(params or {}))
