"""What verification reports and what is exported."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Fault = Literal["edited", "missing", "reordered", "truncated", "rewritten"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One spot where the record is not what it was."""

    stream: str
    seq: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Root:
    """Every stream's last (seq, hash) and one digest over them; kept outside the database."""

    at: str
    streams: Mapping[str, tuple[int, str]]
    root: str

    def to_json(self) -> dict[str, Any]:
        """The form that is written to the archive."""
        return {"format": 1, "kind": "audit-root", "at": self.at, "streams": {name: list(head) for name, head in self.streams.items()}, "root": self.root}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Root":
        """An exported root read back."""
        return Root(document["at"], {name: (head[0], head[1]) for name, head in document["streams"].items()}, document["root"])
