"""One finished case as plain values under stable names – what a mapping may point at, and all it may point at.

``case item department applicant contact results`` are single, ``steps specials materials`` are rows; instants stay instants. The whole list of
names stands in ``docs/exchange.md``.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.models import Case, CaseEvent, CaseMaterial, CaseParty, CaseTaskDone, table
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.documents import queries as documents
from core.exchange.errors import NotFinished
from core.identity import queries as people
from core.identity import service as identity
from core.identity.models import Department
from core.items.models import Item, ItemVersion
from core.items.spec import CompiledItem
from core.kernel.actor import SYSTEM
from core.kernel.wording import word
from core.keys.keyring import DataKey
from core.licences import queries as licences

_done, _event, _file, _party = table(CaseTaskDone).c, table(CaseEvent).c, table(CaseMaterial).c, table(CaseParty).c


def gather(session: Session, case_id: str) -> dict[str, Any]:
    """The values of a finished case that was accepted. Raises :class:`NotFinished` for every other: the format knows accepted applications only."""
    row = session.execute(select(*table(Case).c).where(Case.id == case_id)).mappings().first()
    if row is None or row["status"] not in ENDED or row["accepted_at"] is None or row["wrapped_key"] is None:
        raise NotFinished
    key = sealing.key_of(session, case_id, row["wrapped_key"])
    compiled = pinned(session, row["version_id"])
    events = session.execute(select(*_event).where(_event.case_id == case_id).order_by(_event.seq)).mappings().all()
    steps = _steps(session, case_id, key, events)
    applicant, contact = _people(session, case_id)
    return {
        "case": {**_case(session, row, events), "accepted_by": _by(steps, "accept"), "decided_by": _by(steps, "grant", "refuse")},
        "item": _item(session, row, compiled),
        "department": _department(session, row["department_id"]),
        "applicant": applicant,
        "contact": contact,
        "steps": steps,
        "specials": _specials(compiled, events, key, case_id, row["ended_at"]),
        "materials": _materials(session, case_id, key, compiled),
        "results": _results(session, row["number"]),
    }


def _case(session: Session, row: Mapping[Any, Any], events: Sequence[Mapping[Any, Any]]) -> dict[str, Any]:
    papers = {each.kind: each.number for each in documents.of_case(session, row["id"])}
    ways = [json.loads(each["body"]).get("way") for each in events if each["kind"] == "delivered"]
    outcome = row["outcome"] if row["status"] == "closed" else row["status"]
    words = word(f"cases.outcome.{outcome}" if row["status"] == "closed" else f"cases.status.{outcome}", "zh")
    return {
        "number": row["number"], "summary": f"{row['applicant']} {row['item_title']}", "channel": row["channel"], "submitted_at": row["submitted_at"],
        "accepted_at": row["accepted_at"], "decided_at": row["decided_at"], "ended_at": row["ended_at"], "promised_at": row["due_at"],
        "ending": outcome, "outcome_words": words, "acceptance_number": papers.get("acceptance"), "by_post": "post" in ways,
    }  # fmt: skip


def _item(session: Session, row: Mapping[Any, Any], compiled: CompiledItem) -> dict[str, Any]:
    """Codes name the item, not one version of it: those that the pinned version lacks are taken from the one in force, so that they can be mended."""
    codes = dict(compiled.doc["codes"])
    if not all(codes.values()):
        current = session.scalar(select(Item.current_version_id).where(Item.code == compiled.code))
        newer = pinned(session, current).doc["codes"] if current else {}
        codes = {name: value or newer.get(name) for name, value in codes.items()}
    number = session.scalar(select(ItemVersion.number).where(ItemVersion.id == row["version_id"]))
    return {
        "code": compiled.code,
        "title": compiled.title,
        "codes": codes,
        "type": compiled.doc["type"],
        "case_type": compiled.doc["case_type"],
        "version": number,
    }


def _department(session: Session, department_id: str) -> dict[str, Any]:
    found = session.execute(select(Department.title, Department.uscc, Department.code).where(Department.id == department_id)).one()
    return {"title": found.title, "uscc": found.uscc, "code": found.code}


def _people(session: Session, case_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The first applicant and whoever stands for them (nobody: an empty mapping), whole: a record that names nobody is refused there."""
    rows = session.execute(select(_party.party_id, _party.role).where(_party.case_id == case_id).order_by(_party.party_id)).all()
    applicant = next(row.party_id for row in rows if row.role == "applicant")
    agent = next((row.party_id for row in rows if row.role == "agent"), None)
    return _person(session, applicant), _person(session, agent) if agent is not None else {}


def _person(session: Session, party_id: str) -> dict[str, Any]:
    view = identity.party_view(session, party_id, reveal=True, actor=SYSTEM)
    return {
        "name": view.name, "kind": view.kind, "document_kind": view.document_kind, "number": view.number, "phone": view.phone,
        "address": view.address, "legal_representative": view.legal_representative,
    }  # fmt: skip


def _steps(session: Session, case_id: str, key: DataKey | None, events: Sequence[Mapping[Any, Any]]) -> list[dict[str, Any]]:
    rows = session.execute(select(*_done).where(_done.case_id == case_id).order_by(_done.no)).mappings().all()
    names = people.staff_names(session, [row["actor_id"] for row in rows if row["actor_kind"] == "staff"])
    notes = {each["seq"]: _note(key, case_id, each) for each in events}
    spoken = {"citizen": word("exchange.applicant", "zh"), "system": word("exchange.system", "zh"), "agent": word("exchange.applicant", "zh")}
    return [
        {
            "title": row["title"], "action": row["action"], "opened_at": row["opened_at"], "closed_at": row["closed_at"],
            "by": names.get(row["actor_id"]) or spoken.get(row["actor_kind"], ""),
            "opinion": notes.get(row["event_seq"], {}).get("reason") or notes.get(row["event_seq"], {}).get("opinion"),
        }
        for row in rows
    ]  # fmt: skip


def _note(key: DataKey | None, case_id: str, event: Mapping[Any, Any]) -> dict[str, Any]:
    opened = sealing.open_json(key, case_id, event["sealed"])
    value = opened.get("value") if isinstance(opened, Mapping) else None
    return dict(value) if isinstance(value, Mapping) else {}


def _by(steps: Sequence[Mapping[str, Any]], *actions: str) -> str | None:
    return next((step["by"] for step in reversed(steps) if step["action"] in actions), None)


def _specials(
    compiled: CompiledItem, events: Sequence[Mapping[Any, Any]], key: DataKey | None, case_id: str, ended_at: datetime
) -> list[dict[str, Any]]:  # fmt: skip
    """Extensions (A.7: 1) and special procedures that stopped the clock (A.7: 2), each with its reason or basis."""
    pauses = compiled.doc["route"].get("pauses") or {}
    bodies = [(each, json.loads(each["body"])) for each in events]
    closed: dict[tuple[str, int], datetime] = {(body["key"], body["no"]): each["at"] for each, body in bodies if each["kind"] == "pause_closed"}
    found = []
    for each, body in bodies:
        if each["kind"] == "pause_opened":
            rule = pauses.get(body["pause"], {})
            until = closed.get((body["key"], body["no"]), ended_at)
            said = _note(key, case_id, each).get("reason") or rule.get("basis")
            found.append({"kind": "pause", "title": rule.get("title", body["pause"]), "reason": said, "from": each["at"], "until": until, "by": None})
        if each["kind"] == "limit_extended":
            said = _note(key, case_id, each).get("reason") or body.get("basis")
            title = word("exchange.extension", "zh")
            found.append({"kind": "extension", "title": title, "reason": said, "from": each["at"], "until": each["at"], "by": None})
    return found


def _materials(session: Session, case_id: str, key: DataKey | None, compiled: CompiledItem) -> list[dict[str, Any]]:
    titles = {each["id"]: each["title"] for each in compiled.doc["materials"]}
    rows = session.execute(select(_file.material, _file.sealed_name).where(_file.case_id == case_id, _file.until_revision.is_(None))).all()
    counts = Counter(row.material for row in rows)
    names = {row.material: sealing.open_json(key, case_id, row.sealed_name) for row in rows}
    return [{"title": titles.get(each, each), "count": str(counts[each]), "file": names[each]} for each in sorted(counts)]


def _results(session: Session, number: str) -> dict[str, Any]:
    found = licences.of_case(session, number)
    return {"names": "、".join(each.type_title for each in found) or None, "numbers": "、".join(each.number for each in found) or None}
