"""The proof: the chain of a case holds, and folding its events gives the rows that are stored."""

import json
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import chain, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseEvent, CasePayload, CaseTask
from core.cases.spec import Verification
from core.cases.versions import pinned
from core.kernel import canonical
from core.kernel.ids import is_id
from core.routing.errors import RouteRefused
from core.routing.evolve import fold
from core.routing.marking import EVENTS, Marking, RouteEvent


def verify(session: Session, case_id: str) -> Verification:
    """Check one case: chain, ``fold(events) == rows`` for marking, status and open tasks, and the commitments to what is sealed.

    A case whose key was destroyed is sound when its chain is; ``erased`` says so. Where something seems wrong it is looked at once more while
    nobody can write to it: a command may have been committed between two of our statements.
    """
    found = _verified(session, case_id)
    if found.ok:
        return found
    session.execute(select(Case.id).where(Case.id == case_id).with_for_update(read=True))
    return _verified(session, case_id)


def _verified(session: Session, case_id: str) -> Verification:
    row = session.execute(select(*Case.__table__.c).where(Case.id == case_id)).mappings().first() if is_id(case_id) else None
    if row is None:
        raise CaseNotFound
    events = session.execute(select(*CaseEvent.__table__.c).where(CaseEvent.case_id == case_id).order_by(CaseEvent.seq)).mappings().all()
    problems = chain.problems(case_id, events, seq=row["seq"], head=row["head"])
    try:
        problems += _state(session, row, events)
    except (RouteRefused, KeyError, ValueError, TypeError) as error:
        problems.append(f"the events do not fold: {type(error).__name__}")
    key = sealing.key_of(session, case_id, row["wrapped_key"])
    if key is not None:
        problems += _promises(session, case_id, events, key)
    return Verification(not problems, len(events), tuple(problems), key is None)


def verify_all(session: Session, limit: int | None = None) -> Iterator[str]:
    """A line for every fault in every case (``wangting audit verify``)."""
    query = select(Case.id, Case.number).order_by(Case.id)
    for case_id, number in session.execute(query if limit is None else query.limit(limit)).all():
        yield from (f"{number}: {problem}" for problem in verify(session, case_id).problems)
    orphans = select(CaseEvent.case_id).where(CaseEvent.case_id.not_in(select(Case.id))).distinct().order_by(CaseEvent.case_id)
    for case_id in session.scalars(orphans):
        yield f"{case_id}: there are events of a case that is gone"


def _state(session: Session, row: Any, events: Any) -> list[str]:
    """Marking, status and open tasks against the fold."""
    compiled = pinned(session, row["version_id"])
    told = [RouteEvent(e["kind"], json.loads(e["body"])) for e in events if e["kind"] in EVENTS]
    folded = fold(compiled.route, told)
    found = _versions(told, compiled.hash)
    if canonical.dumps(folded.to_json()) != canonical.dumps(Marking.from_json(row["marking"]).to_json()):
        found.append("the marking is not what the events say")
    if folded.status != row["status"]:
        found.append(f"the status is {row['status']}, the events say {folded.status}")
    if folded.decision != row["outcome"]:
        found.append(f"the outcome is {row['outcome']}, the events say {folded.decision}")
    found += _instants(row, events)
    tasks = session.execute(select(CaseTask.no, CaseTask.node, CaseTask.kind, CaseTask.claimed_by).where(CaseTask.case_id == row["id"])).all()
    if {(t.no, t.node, t.kind, t.claimed_by) for t in tasks} != {(t.no, t.node, t.kind, t.holder or "") for t in folded.tasks}:
        found.append("the open tasks are not what the events say")
    return found


def _instants(row: Any, events: Any) -> list[str]:
    """When the case was accepted and decided, against the events: the order of acceptance decides where there is not enough for all (行政许可法 57)."""
    at = {event["kind"]: event for event in events}
    found, accepted, decided = [], at.get("case_accepted"), at.get("decided")
    if accepted is None:
        if row["accepted_at"] is not None:
            found.append("the case was never accepted")
    elif json.loads(accepted["body"]).get("deemed"):  # from the day of receipt (行政许可法 32(4))
        if row["accepted_at"] is None or not row["submitted_at"] <= row["accepted_at"] <= accepted["at"]:
            found.append("when the case was deemed accepted is not what the events say")
    elif row["accepted_at"] != accepted["at"]:
        found.append("when the case was accepted is not what the events say")
    if row["decided_at"] != (decided["at"] if decided is not None else None):
        found.append("when the case was decided is not what the events say")
    return found


def _versions(events: list[RouteEvent], pinned_hash: str) -> list[str]:
    """A case that was moved goes from one version to the next without a gap, and ends at the one it is pinned to."""
    moves = [event.body for event in events if event.kind == "definition_changed"]
    found = [f"moved from {after['from']}, where it was not" for before, after in pairwise(moves) if before["to"] != after["from"]]
    if moves and moves[-1]["to"] != pinned_hash:
        found.append("the version is not the one it was moved to last")
    return found


def _promises(session: Session, case_id: str, events: Any, key: Any) -> list[str]:
    """What is sealed against the commitments in the chain."""
    query = select(CasePayload.revision, CasePayload.sealed).where(CasePayload.case_id == case_id)
    payloads = {revision: sealing.open_json(key, case_id, sealed) for revision, sealed in session.execute(query)}
    found = []
    for event in events:
        body = json.loads(event["body"])
        if event["kind"] == "papers_received" and not _kept(payloads.get(body["revision"]), body["payload"]):
            found.append(f"revision {body['revision']} of the answers is not what was handed in")
        if "note" in body and not _kept(sealing.open_json(key, case_id, event["sealed"]), body["note"]):
            found.append(f"the words of event {event['seq']} were altered")
    return found


def _kept(content: Any, promise: str) -> bool:
    return content is not None and sealing.commitment(content["salt"], content["value"]) == promise
