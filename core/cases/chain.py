"""The event chain of a case. Format 1: this cannot change, receipts rest on it.

``hash = digest(canonical JSON of {format, case, seq, kind, at, actor, behalf, command, body, prev})``; ``prev`` of the first event is
the digest of the case's id, so that chains cannot be swapped. ``at`` is UTC with microseconds, ``body`` has no personal values.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from core.audit import chains
from core.cases.models import CaseEvent, table
from core.cases.sealing import salted, seal_json
from core.kernel import canonical
from core.kernel.actor import Actor
from core.keys.keyring import DataKey

FORMAT = 1
chains.declare(chains.Family("case", table(CaseEvent), "case_id"))


@dataclass(frozen=True, slots=True)
class Fact:
    """One event before it is written. ``note`` holds words a person wrote; they are sealed, the body gets their commitment."""

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    note: Mapping[str, str] | None = None


def genesis(case_id: str) -> str:
    """What the first event points back to."""
    return canonical.digest({"case": case_id, "format": FORMAT})


def rows(
    case_id: str, region_root: str, facts: Sequence[Fact], *, seq: int, head: str, at: datetime, actor: Actor, command_key: str, key: DataKey | None
) -> list[dict[str, Any]]:
    """Rows of ``case_event`` for *facts*, following event *seq* whose hash is *head*."""
    made: list[dict[str, Any]] = []
    for number, fact in enumerate(facts, seq + 1):
        body, sealed = dict(fact.body), None
        if fact.note and key is not None:
            content, body["note"] = salted(dict(fact.note))
            sealed = seal_json(key, case_id, content)
        row: dict[str, Any] = {
            "case_id": case_id, "seq": number, "region_root": region_root, "format": FORMAT, "algorithm": canonical.DEFAULT_ALGORITHM, "kind": fact.kind,
            "at": at, "actor_kind": actor.kind, "actor_id": actor.id, "on_behalf_of": actor.on_behalf_of, "command_key": command_key,
            "body": canonical.dumps(body).decode(), "sealed": sealed, "prev_hash": head,
        }  # fmt: skip
        head = row["hash"] = hash_of(row)
        made.append(row)
    return made


def hash_of(row: Mapping[Any, Any]) -> str:
    """The hash that an event row must carry."""
    return canonical.digest(
        {
            "format": row["format"], "case": row["case_id"], "seq": row["seq"], "kind": row["kind"], "at": _instant(row["at"]),
            "actor": [row["actor_kind"], row["actor_id"]], "behalf": row["on_behalf_of"], "command": row["command_key"],
            "body": json.loads(row["body"]), "prev": row["prev_hash"],
        },
        row["algorithm"],
    )  # fmt: skip


def problems(case_id: str, events: Iterable[Mapping[Any, Any]], *, seq: int, head: str) -> list[str]:
    """What is wrong with a chain that ought to end at *seq* with hash *head*; empty when nothing is."""
    found: list[str] = []
    previous, expected = genesis(case_id), 0
    for row in events:
        expected += 1
        if row["seq"] != expected:
            found.append(f"event {expected} is missing or out of order (found {row['seq']})")
            expected = row["seq"]
        if row["prev_hash"] != previous:
            found.append(f"event {row['seq']} does not follow the one before it")
        if _recomputed(row) != row["hash"]:
            found.append(f"event {row['seq']} was altered")
        previous = row["hash"]
    if expected != seq or previous != head:
        found.append(f"the chain ends at event {expected}, the case says {seq}")
    return found


def _recomputed(row: Mapping[Any, Any]) -> str | None:
    try:
        return hash_of(row)
    except ValueError:  # a body that is no JSON any more, an algorithm nobody knows
        return None


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
