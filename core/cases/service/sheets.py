"""Rule sheets (审查细则): an officer ticks each material and each point of a step's sheet; what stays unticked is what a correction or a refusal is made of.

Ticks are a draft of the task: no command of the engine, kept with who and when, audited at every save. The sheet belongs to the pinned version of the item.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import access
from core.cases.errors import AlreadyClaimed, CaseNotFound, NotHolder, TaskClosed
from core.cases.models import Case, CaseSheet, CaseTask
from core.cases.versions import pinned
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput

#: The sheet for the acceptance of papers; a step names its own (``rules``).
INTAKE = "intake"
PARTS = ("points", "materials")


@dataclass(frozen=True, slots=True)
class Unticked:
    """What stays open on a sheet, with the words for the applicant: fields and materials for a correction, ``reasons`` for a refusal."""

    fields: Mapping[str, str]
    materials: Mapping[str, str]
    reasons: tuple[str, ...]


def sheet_of(compiled: CompiledItem, node: str, kind: str) -> tuple[str, Mapping[str, Any]] | None:
    """(id, sheet) that the task at *node* is done against, ``None`` where the item has none."""
    found = compiled.route.nodes.get(node)
    name = INTAKE if kind == "intake" else found.rules if found is not None else None
    sheets: Mapping[str, Any] = compiled.doc.get("rule_sheets") or {}
    return (name, sheets[name]) if name is not None and name in sheets else None


def standing(session: Session, case_id: str, task_no: int) -> dict[str, dict[str, list[str]]]:
    """What is ticked so far: part → id → [who, when]."""
    ticks = session.scalar(select(CaseSheet.ticks).where(CaseSheet.case_id == case_id, CaseSheet.task_no == task_no)) or {}
    return {part: dict(ticks.get(part, {})) for part in PARTS}


def tick(session: Session, case_id: str, task_no: int, *, points: Collection[str], materials: Collection[str], actor: Actor) -> None:
    """Keep what is ticked now: exactly *points* and *materials*; a tick that stands keeps who made it and when.

    Only for who holds the open task. Raises :class:`CaseNotFound`, :class:`TaskClosed`, :class:`NotHolder`, :class:`AlreadyClaimed`, and
    :class:`BadInput` for a point that is not on the sheet.
    """
    if actor.kind != "staff" or not access.may_see(session, case_id, actor):
        raise CaseNotFound
    _holds(session, case_id, task_no, actor)
    query = select(Case.version_id, Case.region_root, CaseTask.node, CaseTask.kind).join(CaseTask, CaseTask.case_id == Case.id)
    row = session.execute(query.where(Case.id == case_id, CaseTask.no == task_no)).first()
    assert row is not None  # the task was just seen to be open
    compiled = pinned(session, row.version_id)
    found = sheet_of(compiled, row.node, row.kind)
    if found is None:
        raise BadInput("cases.no_sheet")
    name, sheet = found
    known = {"points": {p["id"] for p in sheet["points"]}, "materials": {m["id"] for m in compiled.doc["materials"]}}
    chosen = {"points": set(points), "materials": set(materials)}
    strange = sorted((chosen["points"] - known["points"]) | (chosen["materials"] - known["materials"]))
    if strange:
        raise BadInput("cases.not_on_sheet", what="、".join(strange)[:100])
    at, before = now(), standing(session, case_id, task_no)
    ticks = {part: {each: before[part].get(each) or [actor.id, at.isoformat()] for each in sorted(chosen[part])} for part in PARTS}
    values = {"case_id": case_id, "task_no": task_no, "region_root": row.region_root, "sheet": name, "ticks": ticks, "saved_by": actor.id, "saved_at": at}
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    insert = dialect.insert(CaseSheet).values(values)
    kept = {column: insert.excluded[column] for column in ("sheet", "ticks", "saved_by", "saved_at")}
    session.execute(insert.on_conflict_do_update(index_elements=["case_id", "task_no"], set_=kept))
    detail = {"task": task_no, "sheet": name, **{part: sorted(chosen[part]) for part in PARTS}}
    audit.record(session, "cases.sheet_ticked", subject=("case", case_id), actor=actor, detail=detail)


def _holds(session: Session, case_id: str, task_no: int, actor: Actor) -> None:
    rows = access.task_rows(session, case_id, task_no, actor.id)
    if not rows:
        raise TaskClosed(who="", at=None)
    if not any(row.holds for row in rows):
        raise NotHolder
    if rows[0].claimed_by not in ("", actor.id):
        raise AlreadyClaimed(who=people.staff_names(session, [rows[0].claimed_by]).get(rows[0].claimed_by, ""))


def unticked(compiled: CompiledItem, sheet: Mapping[str, Any], ticks: Mapping[str, Mapping[str, Any]], asked: Collection[str]) -> Unticked:
    """What is open on *sheet*. *asked* are the materials that the case has or must have; an unticked one without a point of its own is open too."""
    fields: dict[str, str] = {}
    materials: dict[str, str] = {}
    reasons: list[str] = []
    titles = {each["id"]: str(each["title"]) for each in compiled.doc["materials"]}
    for point in sheet["points"]:
        if point["id"] in ticks["points"]:
            continue
        words = str(point.get("otherwise") or point["text"])
        reasons.append(f"{words}({point['basis']})" if point.get("basis") else words)
        for part, spot in ((fields, point.get("field")), (materials, point.get("material"))):
            if spot:
                part[spot] = f"{part[spot]};{words}" if spot in part else words
    for material in asked:
        if material in titles and material not in ticks["materials"] and material not in materials:
            materials[material] = "没有提交,或者不符合法定形式"
            reasons.append(f"《{titles[material].strip('《》')}》没有提交,或者不符合法定形式")
    return Unticked(fields, materials, tuple(reasons))
