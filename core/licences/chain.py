"""The event chain of a licence. Format 1: this cannot change (docs/formats.md §7).

``hash = digest(canonical JSON of {format, licence, seq, kind, at, actor, behalf, command, body, prev})``; ``prev`` of the first event is the
digest of the licence's id, so that chains cannot be swapped. Words somebody wrote are sealed beside the row; the body holds their commitment.
"""

import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.audit import chains
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.ids import new_id
from core.keys import service as keys
from core.keys.errors import Erased
from core.keys.keyring import DataKey
from core.licences.models import Licence, LicenceEvent

FORMAT = 1
chains.declare(chains.Family("licence", cast(Table, LicenceEvent.__table__), "licence_id"))
_COLUMNS = (
    "licence_id", "seq", "region_root", "format", "algorithm", "kind", "at", "actor_kind", "actor_id", "on_behalf_of", "command_key", "body", "sealed",
    "prev_hash", "hash",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fact:
    """One event before it is written. ``note`` holds words a person wrote: they are sealed, the body gets their commitment."""

    kind: str
    body: Mapping[str, Any] = field(default_factory=dict)
    note: Mapping[str, str] | None = None


def context(licence_id: str) -> str:
    """Envelopes of one licence open nowhere else."""
    return f"licence:{licence_id}"


def key_of(session: Session, licence_id: str) -> DataKey:
    """The licence's data key. Raises :class:`Erased` when retention is over."""
    ref = ("licence", licence_id)
    return keys.data_key(session, subject=ref, holder=ref)


def genesis(licence_id: str) -> str:
    """What the first event points back to."""
    return canonical.digest({"format": FORMAT, "licence": licence_id})


def append(session: Session, licence: Licence, fact: Fact, *, at: datetime, actor: Actor, command: str | None = None) -> None:
    """Write *fact* as the licence's next event. The caller holds the licence's row."""
    body, sealed = dict(fact.body), None
    if fact.note:
        salt = secrets.token_hex(16)
        body["note"] = canonical.digest(salt.encode() + b"\x00" + canonical.dumps(dict(fact.note)))
        content = json.dumps({"salt": salt, "value": dict(fact.note)}, ensure_ascii=False).encode()
        sealed = key_of(session, licence.id).seal(content, context=context(licence.id))
    row: dict[str, Any] = {
        "licence_id": licence.id, "seq": licence.event_seq + 1, "region_root": licence.region_root, "format": FORMAT,
        "algorithm": canonical.DEFAULT_ALGORITHM, "kind": fact.kind, "at": at, "actor_kind": actor.kind, "actor_id": actor.id,
        "on_behalf_of": actor.on_behalf_of, "command_key": command or new_id(), "body": canonical.dumps(body).decode(), "sealed": sealed,
        "prev_hash": licence.event_head or genesis(licence.id),
    }  # fmt: skip
    row["hash"] = hash_of(row)
    session.add(LicenceEvent(**row))
    licence.event_seq, licence.event_head = row["seq"], row["hash"]
    session.flush()


def hash_of(row: Mapping[str, Any]) -> str:
    """The hash that an event row must carry."""
    return canonical.digest(
        {
            "format": row["format"], "licence": row["licence_id"], "seq": row["seq"], "kind": row["kind"],
            "at": row["at"].astimezone(UTC).isoformat(timespec="microseconds"), "actor": [row["actor_kind"], row["actor_id"]],
            "behalf": row["on_behalf_of"], "command": row["command_key"], "body": json.loads(row["body"]), "prev": row["prev_hash"],
        },
        row["algorithm"],
    )  # fmt: skip


def events(session: Session, licence_id: str) -> list[dict[str, Any]]:
    """The rows of a licence's chain, oldest first."""
    query = select(*(getattr(LicenceEvent, name) for name in _COLUMNS)).where(LicenceEvent.licence_id == licence_id).order_by(LicenceEvent.seq)
    return [dict(row._mapping) for row in session.execute(query)]


def notes(session: Session, licence_id: str, rows: Iterable[Mapping[str, Any]]) -> dict[int, Mapping[str, str]]:
    """Event number → the words sealed beside it; empty once the licence's key is destroyed."""
    wanted = [row for row in rows if row["sealed"] is not None]
    if not wanted:
        return {}
    try:
        key = key_of(session, licence_id)
    except Erased:
        return {}
    return {row["seq"]: json.loads(key.open(row["sealed"], context=context(licence_id)))["value"] for row in wanted}


def problems(session: Session, licence_id: str) -> list[str]:
    """What is wrong with a licence's chain; empty when nothing is."""
    licence = session.get(Licence, licence_id, populate_existing=True)
    if licence is None:
        return ["there is no such licence"]
    found: list[str] = []
    previous, expected = genesis(licence_id), 0
    for row in events(session, licence_id):
        expected += 1
        if row["seq"] != expected:
            found.append(f"event {expected} is missing or out of order (found {row['seq']})")
            expected = row["seq"]
        if row["prev_hash"] != previous:
            found.append(f"event {row['seq']} does not follow the one before it")
        if _recomputed(row) != row["hash"]:
            found.append(f"event {row['seq']} was altered")
        previous = row["hash"]
    if expected != licence.event_seq or previous != (licence.event_head or genesis(licence_id)):
        found.append(f"the chain ends at event {expected}, the licence says {licence.event_seq}")
    return found


def faults(session: Session) -> Iterator[str]:
    """A line for every fault in the chain of any licence (``wangting audit verify``)."""
    for licence_id, number in session.execute(select(Licence.id, Licence.number).order_by(Licence.id)).all():
        found = problems(session, licence_id)
        if found:  # once more while nobody can write to it: an act may have been committed between two of our statements
            session.execute(select(Licence.id).where(Licence.id == licence_id).with_for_update(read=True))
            found = problems(session, licence_id)
        yield from (f"{number}: {problem}" for problem in found)


def _recomputed(row: Mapping[str, Any]) -> str | None:
    try:
        return hash_of(row)
    except ValueError:  # a body that is no JSON any more, an algorithm nobody knows
        return None
