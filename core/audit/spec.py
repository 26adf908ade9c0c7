"""What verification reports and what is exported."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

Fault = Literal["edited", "missing", "reordered", "truncated", "rewritten"]


@dataclass(frozen=True, slots=True)
class Problem:
    """One spot where the record is not what it was."""

    stream: str
    seq: int
    fault: Fault


@dataclass(frozen=True, slots=True)
class Seal:
    """The ends of all chains of one family at one instant (:mod:`core.audit.chains`).

    ``groups`` are chains without an event after ``until``: the last digits of their ids → how many, and one SHA over their ends. ``moving`` are the
    others with the exact end (seq, hash) each had.
    """

    until: datetime
    groups: Mapping[str, tuple[int, str]]
    moving: Mapping[str, tuple[int, str]]

    def to_json(self) -> dict[str, Any]:
        """The seal as it stands in the root."""
        groups, moving = ({key: list(value) for key, value in sorted(part.items())} for part in (self.groups, self.moving))
        return {"until": self.until.astimezone(UTC).isoformat(timespec="microseconds"), "groups": groups, "moving": moving}

    @staticmethod
    def from_json(plain: Mapping[str, Any]) -> "Seal":
        """A seal read back."""
        groups, moving = ({key: (int(value[0]), str(value[1])) for key, value in plain[part].items()} for part in ("groups", "moving"))
        return Seal(datetime.fromisoformat(plain["until"]), groups, moving)


@dataclass(frozen=True, slots=True)
class Root:
    """The end of every chain: the record's own streams with their last (seq, hash), other families sealed, one digest over all of it.

    Kept outside the database. A root of format 1 has no families.
    """

    at: str
    streams: Mapping[str, tuple[int, str]]
    root: str
    families: Mapping[str, Seal] = field(default_factory=dict)
    format: int = 2

    def to_json(self) -> dict[str, Any]:
        """The form that is written to the archive."""
        plain = {"format": self.format, "kind": "audit-root", "at": self.at, "streams": {name: list(head) for name, head in self.streams.items()}}
        families = {"families": {name: seal.to_json() for name, seal in self.families.items()}} if self.format > 1 else {}
        return {**plain, **families, "root": self.root}

    @staticmethod
    def from_json(document: Mapping[str, Any]) -> "Root":
        """An exported root read back."""
        streams = {name: (head[0], head[1]) for name, head in document["streams"].items()}
        families = {name: Seal.from_json(seal) for name, seal in document.get("families", {}).items()}
        return Root(document["at"], streams, document["root"], families, document["format"])
