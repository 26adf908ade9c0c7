"""Reads of cases. Every one takes who asks and filters in SQL; what may not be seen is not found."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import access, clocks, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseClock, CaseEvent, CaseMaterial, CaseParty, CasePayload, CaseTask, Correction
from core.cases.service.decision import documents_ready
from core.cases.service.machine import command_key
from core.cases.spec import CaseCard, CaseView, ClockView, CorrectionView, HistoryLine, MaterialView, TaskView
from core.cases.timeline import timeline
from core.cases.versions import pinned
from core.cases.worklist import Filters, counts, lights, worklist
from core.identity import queries as people
from core.items.facts import facts as item_facts
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id, normalise_code
from core.kernel.masking import mask_name
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.keys.keyring import DataKey
from core.keys.service import keyring
from core.routing.actions import actions
from core.routing.marking import Marking
from core.worktime.projection import project
from core.worktime.spec import Ledger

__all__ = [
    "Filters", "by_command", "by_query_code", "case_for_party", "case_for_staff", "counts", "lights", "material_holder", "mine", "recent_for_staff", "timeline",
    "worklist",
]  # fmt: skip


def case_for_staff(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> CaseView:
    """A case for a member of staff whose departments own it or work on it. Every look is recorded. Raises :class:`CaseNotFound`."""
    view = _view(session, case_id, access.of_actor(session, actor), viewer=actor, locale=locale)
    audit.record(session, "cases.looked", subject=("case", view.id), actor=actor)
    return view


def case_for_party(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> CaseView:
    """A case for the account of one of its parties, with the query code. Raises :class:`CaseNotFound`."""
    return _view(session, case_id, access.of_account(actor.id), viewer=actor, locale=locale)


def by_query_code(session: Session, code: str, *, locale: str = "zh") -> CaseView:
    """Progress for whoever holds the query code: no answers, no files, no words. The edge limits the rate. Raises :class:`CaseNotFound`."""
    index = keyring(session).blind_index("query", normalise_code(code))
    case_id = session.scalar(select(Case.id).where(Case.query_index == index))
    if case_id is None:
        raise CaseNotFound
    return _view(session, case_id, Case.query_index == index, viewer=None, locale=locale)


def by_command(session: Session, actor: Actor, command_id: str) -> str | None:
    """The id of the case that this command of this actor filed."""
    return session.scalar(select(Case.id).where(Case.command_key == command_key(actor, command_id)))


def mine(session: Session, account_id: str, *, cursor: str | None = None, limit: int = 20, open_only: bool = False) -> Page[CaseCard]:
    """Cases of everybody the account may act for, newest first."""
    query = select(*Case.__table__.c).where(access.of_account(account_id))
    if open_only:
        query = query.where(Case.ended_at.is_(None))
    return _cards(session, query, cursor, limit)


def recent_for_staff(session: Session, *, actor: Actor, cursor: str | None = None, limit: int = 20, number: str | None = None) -> Page[CaseCard]:
    """Cases of the member of staff's departments, newest first; one number when given."""
    query = select(*Case.__table__.c).where(access.of_actor(session, actor))
    if number is not None:
        query = query.where(Case.number == number)
    return _cards(session, query, cursor, limit)


def material_holder(session: Session, case_id: str, blob_id: str, *, actor: Actor) -> tuple[MaterialView, tuple[str, str]]:
    """A file of a case (by its own id or its blob's) that *actor* may see, and the holder to open it with. A look of staff is recorded."""
    if not is_id(case_id) or not is_id(blob_id):
        raise CaseNotFound
    query = select(*CaseMaterial.__table__.c, Case.wrapped_key).join(Case, Case.id == CaseMaterial.case_id)
    row = (
        session.execute(query.where(Case.id == case_id, or_(CaseMaterial.blob_id == blob_id, CaseMaterial.id == blob_id), access.of_actor(session, actor)))
        .mappings()
        .first()
    )
    if row is None:
        raise CaseNotFound
    if actor.kind == "staff":
        audit.record(session, "cases.looked_material", subject=("case", case_id), actor=actor, detail={"blob": blob_id})
    return _material(case_id, sealing.key_of(session, case_id, row["wrapped_key"]), row), ("case", case_id)


def _cards(session: Session, query: Any, cursor: str | None, limit: int) -> Page[CaseCard]:
    limit = max(1, min(limit, 100))
    if cursor is not None:
        last = decode_cursor(cursor, 1)[0]
        if not is_id(str(last)):
            raise CaseNotFound
        query = query.where(Case.id < str(last))  # ids are UUIDv7: their order is the order of submission
    rows = session.execute(query.order_by(Case.id.desc()).limit(limit + 1)).mappings().all()
    cards = tuple(_card(row) for row in rows[:limit])
    return Page(cards, encode_cursor(cards[-1].id) if len(rows) > limit else None)


def _card(row: Mapping[Any, Any]) -> CaseCard:
    return CaseCard(
        row["id"], row["number"], row["item_code"], row["item_title"], row["applicant"], row["status"], row["outcome"], row["submitted_at"], row["due_at"],
        row["ended_at"], row["status"] == "correction_requested",
    )  # fmt: skip


def _view(session: Session, case_id: str, allowed: Any, *, viewer: Actor | None, locale: str) -> CaseView:
    """Everything of a case that *viewer* may see; ``None`` is somebody with the query code only."""
    if not is_id(case_id):
        raise CaseNotFound
    query = select(*Case.__table__.c, CasePayload.sealed.label("sealed_payload")).where(Case.id == case_id, allowed)
    query = query.outerjoin(CasePayload, (CasePayload.case_id == Case.id) & (CasePayload.revision == Case.payload_revision))
    row = session.execute(query).mappings().first()
    if row is None:
        raise CaseNotFound
    key = sealing.key_of(session, case_id, row["wrapped_key"])
    content = (sealing.open_json(key, case_id, row["sealed_payload"]) or {}).get("value") if viewer is not None else None
    compiled = pinned(session, row["version_id"])
    marking = Marking.from_json(row["marking"])
    history = _history(session, row, key, viewer)
    handed = any(line.body.get("materials") for line in history)  # what was handed in is named in the events; most cases have no file
    return CaseView(
        id=case_id, number=row["number"], item_code=row["item_code"], item_title=row["item_title"], version_id=row["version_id"],
        department_id=row["department_id"], division_id=row["division_id"], channel=row["channel"], applicant=row["applicant"], status=row["status"],
        outcome=row["outcome"], version=row["version"], submitted_at=row["submitted_at"], accepted_at=row["accepted_at"], decided_at=row["decided_at"],
        ended_at=row["ended_at"], values=content["values"] if content else None, situation=content["situation"] if content else {},
        parties=_parties(session, case_id, viewer), materials=_materials(session, case_id, key) if viewer is not None and handed else (),
        tasks=_tasks(session, case_id, compiled, marking, content, row, viewer), clocks=_clocks(session, case_id, compiled, locale),
        history=history, correction=_correction(session, row, key) if viewer is not None and marking.corrections else None,
        results=tuple(row["results"]), marking=marking, query_code=_code(row, key, viewer),
    )  # fmt: skip


def _code(row: Mapping[Any, Any], key: DataKey | None, viewer: Actor | None) -> str | None:
    """The applicant's own secret; staff has no use for it."""
    if viewer is None or viewer.kind != "citizen":
        return None
    code: str | None = sealing.open_json(key, row["id"], row["sealed_query_code"])
    return code


def _parties(session: Session, case_id: str, viewer: Actor | None) -> tuple[Mapping[str, Any], ...]:
    if viewer is None:
        return ()
    columns = (CaseParty.party_id, CaseParty.role, CaseParty.authority, CaseParty.evidence_blob, CaseParty.masked_name)
    return tuple(dict(row) for row in session.execute(select(*columns).where(CaseParty.case_id == case_id)).mappings())


def _materials(session: Session, case_id: str, key: DataKey | None) -> tuple[MaterialView, ...]:
    query = select(*CaseMaterial.__table__.c).where(CaseMaterial.case_id == case_id).order_by(CaseMaterial.material, CaseMaterial.id)
    return tuple(_material(case_id, key, row) for row in session.execute(query).mappings())


def _material(case_id: str, key: DataKey | None, row: Mapping[Any, Any]) -> MaterialView:
    name = sealing.open_json(key, case_id, row["sealed_name"]) or ""
    return MaterialView(
        row["id"], row["material"], row["blob_id"], name, row["media_type"], row["size"], row["since_revision"], row["until_revision"]
    )  # fmt: skip


def _tasks(
    session: Session, case_id: str, compiled: CompiledItem, marking: Marking, content: Mapping[str, Any] | None, row: Mapping[Any, Any], viewer: Actor | None
) -> tuple[TaskView, ...]:
    """Open tasks; for staff with their buttons, those of the viewer's own tasks only."""
    rows = session.execute(select(*CaseTask.__table__.c).where(CaseTask.case_id == case_id).order_by(CaseTask.no)).mappings().all()
    held: set[tuple[str, str]] = set()
    if viewer is not None and viewer.kind == "staff":
        held = {(post.department_id, post.role) for post in people.staff_view(session, viewer.id).posts}
    names = people.staff_names(session, [r["claimed_by"] for r in rows if r["claimed_by"]]) if held else {}
    made = []
    for no in dict.fromkeys(r["no"] for r in rows):
        same = [r for r in rows if r["no"] == no]
        first = same[0]
        mine_ = any((r["department_id"], r["role"]) in held for r in same) and first["claimed_by"] in ("", viewer.id if viewer else "")
        buttons = actions(compiled.route, marking, no, _facts(session, compiled, content, row)) if mine_ else ()
        made.append(
            TaskView(
                no, first["node"], first["kind"], first["title"], tuple(r["department_id"] or "" for r in same), tuple(r["role"] for r in same),
                names.get(first["claimed_by"], first["claimed_by"] and "*"), first["opened_at"], first["due_at"],
                clocks.light(first["due_at"], first["yellow_at"]), mine_, tuple(buttons),
            )
        )  # fmt: skip
    return tuple(made)


def _facts(session: Session, compiled: CompiledItem, content: Mapping[str, Any] | None, row: Mapping[Any, Any]) -> dict[str, Any]:
    known = content or {}
    facts = item_facts(compiled, known.get("situation"), known.get("values"), party=known.get("party"), channel=row["channel"])
    return {**facts, "documents": {"ready": documents_ready(session, row)}}


def _clocks(session: Session, case_id: str, compiled: CompiledItem, locale: str) -> tuple[ClockView, ...]:
    query = select(CaseClock.name, CaseClock.ledger).where(CaseClock.case_id == case_id).order_by(CaseClock.name)
    return tuple(clocks.view(session, name, Ledger.from_json(ledger), compiled, locale) for name, ledger in session.execute(query))


def _history(session: Session, row: Mapping[Any, Any], key: DataKey | None, viewer: Actor | None) -> tuple[HistoryLine, ...]:
    """What happened. Staff read names; citizens read masked ones and words addressed to them; a query code reads no words at all."""
    events = session.execute(select(*CaseEvent.__table__.c).where(CaseEvent.case_id == row["id"]).order_by(CaseEvent.seq)).mappings().all()
    ids = {e["actor_id"] for e in events if e["actor_kind"] == "staff"} | {e["on_behalf_of"] for e in events if e["on_behalf_of"]}
    names = people.staff_names(session, sorted(i for i in ids if is_id(i)))
    staff = viewer is not None and viewer.kind == "staff"
    lines = []
    for event in events:
        name = names.get(event["actor_id"], row["applicant"] if event["actor_kind"] == "citizen" else "")
        shown = name if staff or event["actor_kind"] != "staff" else mask_name(name)
        behalf = names.get(event["on_behalf_of"] or "")
        note = (sealing.open_json(key, row["id"], event["sealed"]) or {}).get("value", {}) if viewer is not None else {}
        words = note.get("reason", "") if not staff else "\n".join(note[part] for part in ("reason", "opinion", "disposition") if note.get(part))
        body = {k: v for k, v in json.loads(event["body"]).items() if k not in ("by", "note", "payload")}
        lines.append(
            HistoryLine(
                event["seq"],
                event["kind"],
                event["at"],
                event["actor_kind"],
                shown,
                behalf if staff or not behalf else mask_name(behalf),
                body,
                words,
                event["hash"],
            )
        )
    return tuple(lines)


def _correction(session: Session, row: Mapping[Any, Any], key: DataKey | None) -> CorrectionView | None:
    found = session.execute(select(*Correction.__table__.c).where(Correction.case_id == row["id"])).mappings().first()
    if found is None:
        return None
    reasons = sealing.open_json(key, row["id"], found["sealed_reasons"]) or {"fields": {}, "materials": {}}
    clock = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == row["id"], CaseClock.name == "correction")).scalar()
    due = project(Ledger.from_json(clock), clocks.calendar(session), now=now()).due if clock is not None else None
    fields = {name: reasons["fields"].get(name, "") for name in found["fields"]}
    materials = {name: reasons["materials"].get(name, "") for name in found["materials"]}
    return CorrectionView(fields, materials, found["asked_at"], due, found["answered_at"], found["lapsed_at"])
