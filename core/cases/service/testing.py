"""From a finished case a test of its item: the same way, the same days, nobody in it (:mod:`core.cases.anonymous`)."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import anonymous, clocks, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseEvent, CaseMaterial, table
from core.cases.results import CHILD, HOOK
from core.cases.retelling import Happened, retold, visited
from core.cases.service.machine import Loaded, load
from core.cases.spec import ENDED
from core.identity import queries as people
from core.items.catalogue import kinds
from core.items.gate import follows
from core.items.materials import needs
from core.items.rehearsal import rehearse
from core.items.spec import CompiledItem
from core.items.studio import recording
from core.kernel.actor import Actor
from core.kernel.errors import Conflict
from core.kernel.ids import is_id
from core.kernel.wording import catalogue
from core.keys.keyring import DataKey

_event, _case, _material = table(CaseEvent).c, table(Case).c, table(CaseMaterial).c
#: Channels as tests have them.
CHANNELS = ("web", "window", "api")


class NotRetold(Conflict):
    """The case went a way that no test can go: nothing is made of it. Params: ``why``."""

    key = "cases.not_retold"


def as_test(session: Session, case_id: str, *, taken: Sequence[str] = (), actor: Actor) -> dict[str, Any]:
    """The test document of a finished case of a department in whose name the actor may ask for changes of its items; written into the audit.

    *taken* are ids of tests that are there already. Raises :class:`CaseNotFound` for everybody else and for none alike, and :class:`NotRetold` for a case
    that is not over, whose answers were erased, or whose way a test cannot go.
    """
    case = _load(session, case_id, actor)
    if case.row["status"] not in ENDED:
        raise NotRetold(why=_words("open"))
    if case.key is None:
        raise NotRetold(why=_words("erased"))
    events = tuple(chains(session, [case.id], {case.id: case.key})[case.id])
    given = _given(session, case)
    steps = [_without_people(case.compiled, step) for step in retold(events, clocks.calendar(session))]
    walked = rehearse(case.compiled, given, steps)
    end = walked.walk.end if walked.walk is not None else "errors"
    if walked.walk is None or walked.stopped is not None or end != _end(case) or not follows(tuple(visited(events)), _settled(walked.walk.path)):
        raise NotRetold(why=_words("other"))
    test = recording.record(case.compiled, given, steps, taken=taken)
    audit.record(session, "case.made_test", subject=("case", case.id), actor=actor, detail={"item": case.compiled.code, "test": test["id"]})
    return test


def number_of(session: Session, number: str) -> str:
    """The id of the case with that number, whoever may see it: what follows asks again. Raises :class:`CaseNotFound`."""
    found = session.scalar(select(_case.id).where(_case.number == number.strip()[:140]))
    if found is None:
        raise CaseNotFound
    return str(found)


def _load(session: Session, case_id: str, actor: Actor) -> Loaded:
    owner = session.scalar(select(_case.department_id).where(_case.id == case_id)) if is_id(case_id) else None
    staff = people.staff_view(session, actor.id) if actor.kind == "staff" and is_id(actor.id) else None
    if owner is None or staff is None or kinds.asking(staff, owner) is None:
        raise CaseNotFound
    return load(session, case_id)[0]


def _words(key: str) -> dict[str, str]:
    """Why not, in both languages."""
    return dict(catalogue()[f"cases.not_retold_{key}"])


def _end(case: Loaded) -> str:
    status = str(case.row["status"])
    return str(case.row["outcome"]) if case.row["outcome"] else {"terminated": "open"}.get(status, status)


def _settled(path: Iterable[str]) -> list[str]:
    """The places of a test's way that a case must have come to as well; papers in agents' hands are no part of a test."""
    return [node for node in path if not node.startswith("intake.relay.")]


def _given(session: Session, case: Loaded) -> dict[str, Any]:
    compiled, content = case.compiled, case.content
    party = str((content.get("party") or {}).get("kind") or "person")
    channel = str(case.row["channel"]) if case.row["channel"] in CHANNELS else "web"
    situation = dict(content.get("situation") or {})
    known = anonymous.around(compiled, situation, party, channel)
    given = {"situation": situation, "form": anonymous.anonymised(compiled, content.get("values") or {}, known), "party": party, "channel": channel}
    handed = frozenset(session.scalars(select(_material.material).where(_material.case_id == case.id)))
    return {**given, "materials": list(_called_for(compiled, given, handed))}


def _called_for(compiled: CompiledItem, given: Mapping[str, Any], handed: frozenset[str]) -> Iterator[str]:
    """What was handed in; what was promised, or came from elsewhere, counts as handed in: the case was taken."""
    facts = rehearse(compiled, given, ()).facts
    for need in needs(compiled.doc, facts):
        if need.id in handed or need.demanded:
            yield need.id


def _without_people(compiled: CompiledItem, step: dict[str, Any]) -> dict[str, Any]:
    """A step whose data are ids of the item's own and answers nobody can be known by."""
    result = (step.get("data") or {}).get("result")
    if result is None:
        return step
    kept = anonymous.kept_result(compiled, f"review.{step['at']}", result)
    rest = {name: value for name, value in step.items() if name != "data"}
    return {**rest, "data": {"result": kept}} if kept else rest


def chains(session: Session, case_ids: Sequence[str], keys: Mapping[str, DataKey | None]) -> dict[str, list[Happened]]:
    """The events of cases, first to last, with what plugins and sub-cases answered."""
    found: dict[str, list[Happened]] = {each: [] for each in case_ids}
    query = select(_event.case_id, _event.kind, _event.body, _event.at, _event.command_key, _event.sealed).where(_event.case_id.in_(case_ids))
    for row in session.execute(query.order_by(_event.case_id, _event.seq)):
        said = None
        if row.kind in (HOOK, CHILD):
            held = (sealing.open_json(keys.get(row.case_id), row.case_id, row.sealed) or {}).get("value") or {}
            said = json.loads(held["result"]) if "result" in held else None
        found[row.case_id].append(Happened(row.kind, json.loads(row.body), row.at, row.command_key, said))
    return found
