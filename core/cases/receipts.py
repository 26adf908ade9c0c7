"""The receipt that a citizen can check offline: what was filed and when, and the case's chain of events, signed.

Each event's hash covers the one before it, so a receipt fixes everything that had happened when it was made: the hall cannot change, drop or insert
anything before its last event without contradicting its own signature. The receipt names nobody and holds no answer.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import access, chain
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseEvent, CaseMaterial, table
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.keys import signing

KIND = "wangting-receipt"
FORMAT = 1
_case, _event, _file = table(Case).c, table(CaseEvent).c, table(CaseMaterial).c


@dataclass(frozen=True, slots=True)
class Held:
    """A receipt against the hall's own record: whether there is such a case, and the first event that is another one now (0: all are as they were)."""

    known: bool
    differs_at: int = 0


def make(session: Session, case_id: str, *, actor: Actor) -> dict[str, str]:
    """The signed receipt of a case that *actor* may see. Raises :class:`CaseNotFound`."""
    sight = access.of_actor(session, actor)
    columns = (_case.id, _case.number, _case.item_code, _case.item_title, _case.submitted_at, _case.status, _case.seq, _case.head)
    row = session.execute(select(*columns).where(_case.id == case_id, sight.condition), sight.params).mappings().first()
    if row is None:
        raise CaseNotFound
    events = session.execute(select(_event.seq, _event.kind, _event.at, _event.hash).where(_event.case_id == case_id).order_by(_event.seq)).all()
    files = session.execute(select(_file.media_type, _file.size).where(_file.case_id == case_id, _file.until_revision.is_(None)).order_by(_file.id)).all()
    content = {
        "format": FORMAT,
        "case": row["id"],
        "number": row["number"],
        "item": {"code": row["item_code"], "title": row["item_title"]},
        "submitted_at": row["submitted_at"].isoformat(),
        "issued_at": now().isoformat(),
        "status": row["status"],
        "files": [{"media_type": each.media_type, "size": each.size} for each in files],
        "chain": {"genesis": chain.genesis(case_id), "seq": row["seq"], "head": row["head"]},
        "events": [{"seq": each.seq, "kind": each.kind, "at": each.at.isoformat(), "hash": each.hash} for each in events],
    }
    return signing.sign(session, content, kind=KIND)


def check(signed: str | bytes, key: Mapping[str, Any]) -> dict[str, Any]:
    """What a receipt says, when its signature and its own chain hold. Needs no database. Raises :class:`core.keys.signing.NotSigned`."""
    content = signing.check(signed, key, kind=KIND)
    events, end = content.get("events"), content.get("chain")
    if content.get("format") != FORMAT or not isinstance(events, list) or not isinstance(end, dict) or not events:
        raise signing.NotSigned
    last = events[-1]
    if [each.get("seq") for each in events] != list(range(1, len(events) + 1)) or (last["seq"], last["hash"]) != (end.get("seq"), end.get("head")):
        raise signing.NotSigned
    return content


def instant(text: str) -> datetime:
    """An instant of a checked receipt."""
    return datetime.fromisoformat(text)


def held_against(session: Session, content: Mapping[str, Any]) -> Held:
    """Hold a checked receipt against the record as it is now."""
    rows = session.execute(select(_event.seq, _event.hash).where(_event.case_id == content["case"]).order_by(_event.seq)).all()
    now_there = {row.seq: row.hash for row in rows}
    if not now_there:
        return Held(False)
    return Held(True, next((each["seq"] for each in content["events"] if now_there.get(each["seq"]) != each["hash"]), 0))
