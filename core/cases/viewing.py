"""One case, whole, as a page shows it: read in a handful of statements that are built once, opened with the case's own key."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, select
from sqlalchemy.orm import Session

from core.cases import access, clocks, results, sealing, telling
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseClock, CaseEvent, CaseMaterial, CaseParty, CasePayload, CaseTask, Correction, table
from core.cases.service import papers
from core.cases.service.machine import Loaded, lives, load
from core.cases.speaking import spoken_task, spoken_title
from core.cases.spec import CaseView, CorrectionView, HistoryLine, MaterialView, TaskView
from core.cases.versions import pinned
from core.db.beside import Beside, Listed
from core.identity import queries as people
from core.items.facts import spoken_labels
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id
from core.kernel.masking import mask_name
from core.keys.keyring import DataKey
from core.routing.actions import actions
from core.routing.marking import ActionView, Marking
from core.worktime.projection import project
from core.worktime.spec import Ledger

_case, _payload, _party, _file = table(Case).c, table(CasePayload).c, table(CaseParty).c, table(CaseMaterial).c
_task, _clock, _event = table(CaseTask).c, table(CaseClock).c, table(CaseEvent).c
_id: BindParameter[str] = bindparam("case_id")
_SEEN = "cases.seen"
_newest = (_payload.case_id == _case.id) & (_payload.revision == _case.payload_revision)
_CASE = select(*_case, _payload.sealed.label("sealed_payload")).select_from(table(Case).outerjoin(table(CasePayload), _newest)).where(_case.id == _id)
_LISTS = {
    "parties": Listed(select(_party.party_id, _party.role, _party.authority, _party.evidence_blob, _party.masked_name).where(_party.case_id == _id)),
    "tasks": Listed(
        select(
            _task.no, _task.node, _task.kind, _task.title, _task.department_id, _task.role, _task.claimed_by, _task.opened_at, _task.due_at, _task.yellow_at
        ).where(_task.case_id == _id),
        ("no", "department_id", "role"),
    ),
    "clocks": Listed(
        select(
            _clock.name, _clock.ledger, _clock.state, _clock.due_at, _clock.epoch, _clock.next_rung, _clock.next_rung_at, _clock.overdue_at,
            _clock.escalates,
        ).where(_clock.case_id == _id),
        ("name",),
    ),
    "events": Listed(
        select(
            _event.seq, _event.kind, _event.at, _event.actor_kind, _event.actor_id, _event.on_behalf_of, _event.body, _event.sealed, _event.hash
        ).where(_event.case_id == _id),
        ("seq",),
    ),
}  # fmt: skip
_MATERIALS = select(*_file).where(_file.case_id == _id).order_by(_file.material, _file.id)


def _in_sight(condition: ColumnElement[bool]) -> Beside:
    """The case with what hangs on it, for who sees it: the condition is in the query."""
    return Beside(_CASE.where(condition), **_LISTS)


#: Built once for those who ask all the time.
_BUILT = {condition: _in_sight(condition) for condition in (access.BY_POSTS, access.BY_ACCOUNT, access.EVERY)}


def whole(session: Session, case_id: str, sight: access.Sight, *, viewer: Actor | None, locale: str) -> CaseView:
    """Everything of a case that *viewer* may see; ``None`` is somebody with the query code only. Raises :class:`CaseNotFound`."""
    if not is_id(case_id):
        raise CaseNotFound
    built = _BUILT.get(sight.condition) or _in_sight(sight.condition)
    found = built.first(session, {**sight.params, "case_id": case_id})
    if found is None:
        raise CaseNotFound
    row, lists = found
    key = sealing.key_of(session, case_id, row["wrapped_key"])
    content = (sealing.open_json(key, case_id, row["sealed_payload"]) or {}).get("value") if viewer is not None else None
    compiled = pinned(session, row["version_id"])
    marking = Marking.from_json(row["marking"])
    history = _history(session, row, lists["events"], key, viewer)
    handed = any(line.body.get("materials") for line in history)  # what was handed in is named in the events; most cases have no file
    staff = viewer if viewer is not None and viewer.kind == "staff" else None
    case = _loaded(session, row, lists, marking, compiled, key, content) if staff is not None else None
    return CaseView(
        id=case_id, number=row["number"], item_code=row["item_code"],
        item_title=spoken_title(compiled, row["item_title"], locale), version_id=row["version_id"],
        department_id=row["department_id"], division_id=row["division_id"], channel=row["channel"], applicant=row["applicant"], status=row["status"],
        outcome=row["outcome"], version=row["version"], submitted_at=row["submitted_at"], accepted_at=row["accepted_at"], decided_at=row["decided_at"],
        ended_at=row["ended_at"], values=content["values"] if content else None, situation=content["situation"] if content else {},
        parties=tuple(dict(each) for each in lists["parties"]) if viewer is not None else (),
        materials=_materials(session, case_id, key) if viewer is not None and handed else (),
        tasks=_tasks(session, lists["tasks"], compiled, case, viewer, locale),
        clocks=tuple(telling.view(session, case_id, each, compiled, marking, locale, named=staff is not None) for each in lists["clocks"]),
        history=history, correction=_correction(session, row, key) if viewer is not None and _was_asked(marking) else None,
        results=tuple(row["results"]), parent_id=row["parent_id"], marking=marking, query_code=_code(row, key, viewer),
    )  # fmt: skip


def standing(session: Session, view: CaseView) -> Loaded:
    """The case of *view* as the engine decides on it: what a member of staff may still do, a page asks beside what it shows. It was read with the view
    in this session; otherwise it is read now."""
    seen: Loaded | None = session.info.get(_SEEN)
    if seen is not None and (seen.id, seen.row["version"]) == (view.id, view.version):
        return seen
    return load(session, view.id)[0]


def _loaded(
    session: Session, row: Mapping[Any, Any], lists: Mapping[str, Sequence[Mapping[Any, Any]]], marking: Marking, compiled: CompiledItem,
    key: DataKey | None, content: Mapping[str, Any] | None,
) -> Loaded:  # fmt: skip
    """The case as :func:`core.cases.service.machine.load` has it, from the rows that the page reads."""
    living = {each["name"]: clocks.Held.of(each) for each in lists["clocks"] if lives(each["name"], each["state"])}
    answered = results.answers(session, row["id"], key, compiled.route, marking)
    session.info[_SEEN] = made = Loaded(row, marking, compiled, key, living, content or {}, answered, lists["tasks"])
    return made


def _code(row: Mapping[Any, Any], key: DataKey | None, viewer: Actor | None) -> str | None:
    """The applicant's own secret; staff has no use for it."""
    if viewer is None or viewer.kind != "citizen":
        return None
    code: str | None = sealing.open_json(key, row["id"], row["sealed_query_code"])
    return code


def _materials(session: Session, case_id: str, key: DataKey | None) -> tuple[MaterialView, ...]:
    return tuple(material(case_id, key, row) for row in session.execute(_MATERIALS, {"case_id": case_id}).mappings())


def material(case_id: str, key: DataKey | None, row: Mapping[Any, Any]) -> MaterialView:
    """A file of the case, its name unsealed."""
    name = sealing.open_json(key, case_id, row["sealed_name"]) or ""
    return MaterialView(
        row["id"], row["material"], row["blob_id"], name, row["media_type"], row["size"], row["since_revision"], row["until_revision"]
    )  # fmt: skip


def _tasks(
    session: Session, rows: Sequence[Mapping[Any, Any]], compiled: CompiledItem, case: Loaded | None, viewer: Actor | None, locale: str
) -> tuple[TaskView, ...]:  # fmt: skip
    """Open tasks; for staff – who have the *case* – with their buttons, those of the viewer's own tasks only."""
    whose = viewer.id if viewer is not None else ""
    posts = people.staff_view(session, whose).posts if case is not None else ()
    names = people.staff_names(session, [r["claimed_by"] for r in rows if r["claimed_by"]]) if case is not None else {}
    made = []
    for no in dict.fromkeys(r["no"] for r in rows):
        same = [r for r in rows if r["no"] == no]
        first = same[0]
        mine = any(row.holds for row in access.held_rows(same, posts)) and first["claimed_by"] in ("", whose)
        made.append(
            TaskView(
                no, first["node"], first["kind"], spoken_task(compiled.route, first["node"], first["title"], locale),
                tuple(r["department_id"] or "" for r in same), tuple(r["role"] for r in same),
                names.get(first["claimed_by"], first["claimed_by"] and "*"), first["opened_at"], first["due_at"],
                clocks.light(first["due_at"], first["yellow_at"]), mine, _buttons(session, case, no, locale) if case is not None and mine else (),
            )
        )  # fmt: skip
    return tuple(made)


def _buttons(session: Session, case: Loaded, no: int, locale: str) -> tuple[ActionView, ...]:
    labels = spoken_labels(case.compiled, locale) if locale != "zh" else None
    facts = {**case.facts(), "documents": {"ready": papers.ready(session, case.row)}}
    return tuple(actions(case.compiled.route, case.marking, no, facts, locale=locale, labels=labels))


def _history(
    session: Session, row: Mapping[Any, Any], events: Sequence[Mapping[Any, Any]], key: DataKey | None, viewer: Actor | None
) -> tuple[HistoryLine, ...]:
    """What happened. Staff read names; citizens read masked ones and words addressed to them; a query code reads no words at all."""
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


def _was_asked(marking: Marking) -> bool:
    """Whether the applicant was asked to mend something: by the authority, by a pre-review, by a level on the way."""
    return bool(marking.corrections or marking.pre_review == "missing" or (marking.relay is not None and marking.relay.told))


def _correction(session: Session, row: Mapping[Any, Any], key: DataKey | None) -> CorrectionView | None:
    found = session.execute(select(*Correction.__table__.c).where(Correction.case_id == row["id"]).order_by(Correction.asked_at.desc())).mappings().first()
    if found is None:
        return None
    reasons = sealing.open_json(key, row["id"], found["sealed_reasons"]) or {"fields": {}, "materials": {}}
    clock = session.execute(select(CaseClock.ledger).where(CaseClock.case_id == row["id"], CaseClock.name == "correction")).scalar()
    due = project(Ledger.from_json(clock), clocks.calendar(session), now=now()).due if clock is not None else None
    fields = {name: reasons["fields"].get(name, "") for name in found["fields"]}
    materials = {name: reasons["materials"].get(name, "") for name in found["materials"]}
    return CorrectionView(fields, materials, found["asked_at"], due, found["answered_at"], found["lapsed_at"])
