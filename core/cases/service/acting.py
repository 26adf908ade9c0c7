"""What staff and applicants do to a case that is filed: act on a task, claim, release, correct, withdraw, and what time does."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from core.cases import access, at_desk, custody, delivery, dispositions, sealing
from core.cases.chain import Fact
from core.cases.errors import AlreadyClaimed, CaseNotFound, FourEyes, NotAsked, NotHolder, TaskClosed
from core.cases.models import CaseMaterial, CasePayload, CaseTask, CaseTaskDone, Correction, table
from core.cases.service import decision, lateness, papers, plugin_checks
from core.cases.service.machine import Change, Loaded, carry_out
from core.cases.service.submitting import hand_in
from core.cases.spec import ActResult, Handed
from core.db.together import insert_together
from core.identity import queries as people
from core.items.facts import form_facts
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput
from core.kernel.masking import mask_name
from core.routing.engine import advance
from core.routing.marking import Command, Plan

#: Parts of a command's data that are words: a ground of declining, the authority to turn to, who took the papers. They are sealed, the engine sees none.
_WORDS = ("disposition", "authority", "redress", "recipient")
#: What a reason or an opinion may hold at most (characters).
LONGEST_NOTE = 4000


def act(
    session: Session, case_id: str, task_no: int, action: str, *, reason: str | None = None, opinion: str | None = None,
    data: Mapping[str, Any] | None = None, command_id: str, actor: Actor,
) -> ActResult:  # fmt: skip
    """Press a button of an open task.

    Intake has ``accept``, ``decline`` (*reason*; ``data["disposition"]``, ``data["authority"]``), ``request_correction`` (``data`` = ``{"fields": {path:
    reason}, "materials": {id: reason}}``); a department's check ``complete`` or ``missing``; a step its own actions; signing ``agree``
    or ``refuse``; delivery ``deliver`` (``data["way"]``). Raises :class:`TaskClosed`, :class:`NotHolder`, :class:`FourEyes`,
    :class:`AlreadyClaimed`, :class:`core.routing.errors.RouteRefused`.
    """
    given = dict(data or {})

    def decide(case: Loaded) -> Change:
        holds = held(session, case, task_no, actor)
        _by_its_own_door(case, task_no)
        plugin_checks.before_leaving(session, case, task_no, action, actor=actor)
        words = {**given, **dispositions.ground(given)} if action == "decline" else given
        if action == "deliver":
            delivery.by_button(session, case.id, _way(case, given))
        command = Command("act", task_no, action, trimmed(reason), _ids_only(given), holds.id)
        facts = {**case.facts(), "documents": {"ready": papers.ready(session, case.row)}}
        plan = advance(case.compiled.route, case.marking, command, facts)
        note = note_of(None, opinion or reason, words) if _inward(case, task_no, action) else note_of(reason, opinion, words)
        change = Change(plan, note=note, action=action, actor=holds)
        if asks(plan):
            _check_asked(case, asks(plan))
            change.then = lambda loaded, at: _write_correction(session, loaded, plan, given, at)
        if action == "deliver":
            change.then = lambda loaded, at: _arrived(session, loaded, _way(loaded, given), at)
        if plan.outcome == "grant":
            lateness.whole(session, case)
            change.then = lambda loaded, at: decision.issue(session, loaded, at, actor=actor)
        return change

    return carry_out(session, case_id, command_id, decide, actor=actor)


def _way(case: Loaded, given: Mapping[str, Any]) -> str:
    return str(given.get("way") or case.compiled.route.delivery.ways[0])


def _arrived(session: Session, case: Loaded, way: str, at: datetime) -> Sequence[Fact]:
    delivery.done(session, case.id, way, at)
    return ()


def _inward(case: Loaded, task_no: int, action: str) -> bool:
    """Whether the words of the act are for colleagues only: the applicant never heard of an extension that was refused."""
    task = case.marking.task(task_no)
    return task is not None and task.kind == "extension" and action == "refuse"


def claim(session: Session, case_id: str, task_no: int, *, command_id: str, actor: Actor) -> ActResult:
    """Take a task out of the queue for oneself."""
    return _hold(session, case_id, task_no, "claim", command_id=command_id, actor=actor)


def release(session: Session, case_id: str, task_no: int, *, command_id: str, actor: Actor) -> ActResult:
    """Put a claimed task back into the queue."""
    return _hold(session, case_id, task_no, "release", command_id=command_id, actor=actor)


def _hold(session: Session, case_id: str, task_no: int, kind: str, *, command_id: str, actor: Actor) -> ActResult:
    def decide(case: Loaded) -> Change:
        holder = held(session, case, task_no, actor)
        plan = advance(case.compiled.route, case.marking, Command(kind, task_no, actor=holder.id), case.facts())

        def mark(loaded: Loaded, _at: datetime) -> Sequence[Fact]:
            whose = holder.id if kind == "claim" else ""
            session.execute(update(CaseTask).where(CaseTask.case_id == loaded.id, CaseTask.no == task_no).values(claimed_by=whose))
            return ()

        return Change(plan, action=kind, then=mark, actor=holder)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def correct(
    session: Session, case_id: str, *, values: Mapping[str, Any], materials: Sequence[Handed] = (), dropped: Sequence[str] = (), visit: str | None = None,
    command_id: str, actor: Actor,
) -> ActResult:  # fmt: skip
    """Answer the correction: *values* are the whole decided answers, of which only the fields asked for may differ; *materials* the new files.

    *dropped* names file fields (``form:photo``) whose answer has no file any more: their old ones end with the revision they belonged to.
    Where an agent handed the papers in, the agents of that place may answer too; with *visit* the applicant brings it to the desk that filed the case.
    Raises :class:`NotAsked` with a finding for everything else that changed.
    """
    came = _for_applicant(session, case_id, "correct", visit, actor) if actor.kind != "staff" or visit is not None else None

    def decide(case: Loaded) -> Change:
        task = next((each for each in case.marking.tasks if each.kind == "correction"), None)
        who = held(session, case, task.no if task is not None else 0, actor) if came is None else actor
        asked = _open_correction(session, case, task.node) if task is not None else None
        if asked is None:
            raise TaskClosed(**_who_closed(session, case, None, actor))
        _only_asked(case, values, materials, dropped, asked.fields, asked.materials)
        revision = case.row["payload_revision"] + 1
        content, promise = sealing.salted({**case.content, "values": dict(values)})
        corrected = {**case.content, "values": dict(values)}
        facts = {**case.facts(), "form": form_facts(case.compiled.form, corrected["values"])}
        plan = advance(case.compiled.route, case.marking, Command("correct", actor=actor.id), facts)
        on_paper = custody.brought_later(session, case, [m.material for m in materials], now())
        plan = plan._replace(clocks=(*plan.clocks, *on_paper.clocks))
        handed = [{"material": m.material, "blob": m.blob_id} for m in materials]
        received = Fact("papers_received", {"revision": revision, "payload": promise, "materials": handed, **({"dropped": list(dropped)} if dropped else {})})

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            assert loaded.key is not None
            sealed = sealing.seal_json(loaded.key, loaded.id, content)
            payload = {"case_id": loaded.id, "revision": revision, "region_root": loaded.row["region_root"], "sealed": sealed, "at": at}
            session.execute(insert(table(CasePayload)), payload)
            _replace(session, loaded, materials, dropped, revision)
            insert_together(session, *on_paper.written())
            session.execute(still_open(loaded).values(answered_at=at))
            return (received,)

        return Change(plan, columns={"payload_revision": revision}, before=came or [], action="correct", then=write, actor=who)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def _for_applicant(session: Session, case_id: str, power: at_desk.Power, visit: str | None, actor: Actor) -> list[Fact]:
    """That *actor* may do this for the applicant: a party in their own space, or the clerk of the desk that they came back to. The facts that tell it."""
    if visit is not None:
        return at_desk.require(session, case_id, visit, power, actor)
    access.require_party(session, case_id, actor, power)
    return []


def withdraw(session: Session, case_id: str, *, reason: str | None = None, visit: str | None = None, command_id: str, actor: Actor) -> ActResult:
    """The applicant takes the application back (until the decision): in their own space, or with *visit* at the desk that filed it."""
    came = _for_applicant(session, case_id, "withdraw", visit, actor)

    def decide(case: Loaded) -> Change:
        plan = advance(case.compiled.route, case.marking, Command("withdraw", reason=trimmed(reason), actor=actor.id), case.facts())
        return Change(plan, before=came, note=note_of(reason, None, {}), action="withdraw")

    return carry_out(session, case_id, command_id, decide, actor=actor)


def lapse(session: Session, case_id: str, *, command_id: str) -> ActResult:
    """Nobody answered the correction in time and a rule of the item says what that means."""

    def decide(case: Loaded) -> Change:
        plan = advance(case.compiled.route, case.marking, Command("lapse"), case.facts())

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            session.execute(still_open(loaded).values(lapsed_at=at))
            return ()

        return Change(plan, action="lapse", then=write)

    return carry_out(session, case_id, command_id, decide, actor=SYSTEM)


def hook_ended(session: Session, case_id: str, task_no: int, *, ok: bool, result_ref: str | None, command_id: str) -> ActResult:
    """An automatic step answered, or failed for good and goes to a person (*by_hand*)."""

    def decide(case: Loaded) -> Change:
        command = Command("hook_done" if ok else "hook_failed", task_no, data={"result_ref": result_ref} if result_ref else {})
        plan = advance(case.compiled.route, case.marking, command, case.facts())
        change = Change(plan, action=command.kind)
        if plan.outcome == "grant":
            lateness.whole(session, case)
            change.then = lambda loaded, at: decision.issue(session, loaded, at, actor=SYSTEM)
        return change

    return carry_out(session, case_id, command_id, decide, actor=SYSTEM)


def held(session: Session, case: Loaded, task_no: int, actor: Actor, *, by_others: bool = False) -> Actor:
    """Who acts, when *actor* holds the open task – by a post, by delegation, or by having claimed it; *by_others* also while a colleague claimed it."""
    if actor.kind != "staff":
        raise CaseNotFound
    candidates = [row for row in case.tasks if row["no"] == task_no]
    rows = access.held_rows(candidates, people.staff_view(session, actor.id).posts) if candidates else []
    if not rows:
        if not access.may_see(session, case.id, actor):
            raise CaseNotFound
        raise TaskClosed(**_who_closed(session, case, task_no, actor))
    held = next((row for row in rows if row.holds), None)
    if held is None:
        if not access.may_see(session, case.id, actor):
            raise CaseNotFound
        raise NotHolder
    claimed = rows[0].claimed_by
    if claimed and claimed != actor.id and not by_others:
        raise AlreadyClaimed(who=people.staff_names(session, [claimed]).get(claimed, ""))
    task = case.marking.task(task_no)
    excluded = {who for path in (task.holders.exclude if task else ()) for who in case.marking.acted.get(path, ())}
    if actor.id in excluded or held.lender in excluded:
        raise FourEyes
    return replace(actor, on_behalf_of=held.lender) if held.lender else actor


def _who_closed(session: Session, case: Loaded, task_no: int | None, actor: Actor) -> dict[str, Any]:
    """Who closed the task and when; a citizen learns a masked name."""
    query = select(CaseTaskDone.actor_id, CaseTaskDone.actor_kind, CaseTaskDone.closed_at, CaseTaskDone.action).where(CaseTaskDone.case_id == case.id)
    if task_no is not None:
        query = query.where(CaseTaskDone.no == task_no)
    row = session.execute(query.order_by(CaseTaskDone.closed_at.desc(), CaseTaskDone.no.desc()).limit(1)).first()
    if row is None:
        return {"who": "", "at": None}
    name = people.staff_names(session, [row.actor_id]).get(row.actor_id, "") if row.actor_kind == "staff" else case.row["applicant"]
    return {"who": name if actor.kind == "staff" else mask_name(name), "at": row.closed_at, "action": row.action}


def trimmed(text: str | None) -> str | None:
    """Words without the blanks around them; raises :class:`BadInput` when they are too many."""
    if text is None:
        return None
    if len(text) > LONGEST_NOTE:
        raise BadInput("cases.note_long", most=LONGEST_NOTE)
    return text.strip() or None


def note_of(reason: str | None, opinion: str | None, data: Mapping[str, Any]) -> dict[str, str] | None:
    """The words to be sealed: reason, opinion, disposition, and why each field or material must be mended."""
    words = {"reason": trimmed(reason), "opinion": trimmed(opinion), **{name: data.get(name) for name in _WORDS}}
    note = {name: str(text) for name, text in words.items() if text}
    for part in ("fields", "materials"):
        if isinstance(data.get(part), Mapping):
            note |= {f"{part}:{spot}": trimmed(str(why)) or "" for spot, why in data[part].items()}
    return note or None


def _ids_only(data: Mapping[str, Any]) -> dict[str, Any]:
    """The command's data without words: the engine and its events see ids only."""
    kept = {name: list(value) if name in ("fields", "materials") else value for name, value in data.items()}
    return {name: value for name, value in kept.items() if name not in _WORDS}


def asks(plan: Plan) -> tuple[str, list[str], list[str]] | None:
    """What a plan asks the applicant for: the path of the task that waits for it, fields, materials. ``None`` when it asks nothing."""
    for event in plan.events:
        if event.kind in ("correction_requested", "amend_requested"):
            node = f"{event.body['at']}.amend" if event.kind == "amend_requested" else "intake.correction"
            return node, list(event.body["fields"]), list(event.body["materials"])
    return None


def _by_its_own_door(case: Loaded, task_no: int) -> None:
    """What no mere button may do: mending needs what is mended."""
    task = case.marking.task(task_no)
    if task is not None and task.kind == "correction":
        raise BadInput("cases.amend_open_only")


def _open_correction(session: Session, case: Loaded, node: str) -> Any:
    query = select(Correction.fields, Correction.materials).where(Correction.case_id == case.id, Correction.node == node, Correction.answered_at.is_(None))
    return session.execute(query).first()


def still_open(case: Loaded) -> Any:
    """The update of what the case was asked for and has not answered."""
    return update(Correction).where(Correction.case_id == case.id, Correction.answered_at.is_(None))


def _check_asked(case: Loaded, asked: tuple[str, list[str], list[str]] | None) -> None:
    """Only fields and materials that the item has can be asked for."""
    assert asked is not None
    known = {material["id"] for material in case.compiled.doc.get("materials", ())}
    fields = {path.removeprefix("form.").split(".")[0] for path in case.compiled.form.labels}
    strange = [f for f in asked[1] if f.split(".")[0] not in fields] + [m for m in asked[2] if m not in known]
    if strange:
        raise BadInput("cases.cannot_ask", what="、".join(strange))


def _write_correction(session: Session, case: Loaded, plan: Plan, data: Mapping[str, Any], at: datetime) -> Sequence[Fact]:
    """The row that says what re-opens, with a reason for each, sealed."""
    assert case.key is not None
    asked = asks(plan)
    assert asked is not None
    node, fields, materials = asked
    given = {part: dict(data[part]) if isinstance(data.get(part), Mapping) else {} for part in ("fields", "materials")}
    reasons = {"fields": {f: given["fields"].get(f, "") for f in fields}, "materials": {m: given["materials"].get(m, "") for m in materials}}
    row = {
        "case_id": case.id, "node": node, "region_root": case.row["region_root"], "fields": fields, "materials": materials,
        "sealed_reasons": sealing.seal_json(case.key, case.id, reasons), "asked_at": at, "answered_at": None, "lapsed_at": None,
    }  # fmt: skip
    session.execute(insert(table(Correction)), row)
    return ()


def _only_asked(
    case: Loaded, values: Mapping[str, Any], materials: Sequence[Handed], dropped: Sequence[str], fields: Sequence[str], ids: Sequence[str]
) -> None:  # fmt: skip
    """Nothing but what was asked for re-opens; a computed field may follow from what changed."""
    before = case.content.get("values", {})
    allowed = {path.split(".")[0] for path in fields} | _computed(case)
    touched = [name for name in sorted({*before, *values}) if before.get(name) != values.get(name) and name not in allowed]
    touched += [m.material for m in materials if m.material not in ids and not _of_field(m.material, fields)]
    touched += [material for material in dropped if not _of_field(material, fields)]
    if touched:
        raise NotAsked(what="、".join(_titles(case, touched)))
    missing = [material for material in ids if not any(m.material == material for m in materials)]
    if missing:
        raise BadInput("cases.still_missing", what="、".join(_titles(case, missing)))


def _titles(case: Loaded, ids: Sequence[str]) -> list[str]:
    """Fields and materials by the names that people know."""
    materials = {each["id"]: str(each["title"]) for each in case.compiled.doc.get("materials", ())}
    labels = case.compiled.form.labels
    return [materials.get(each) or (labels[f"form.{each}"].title if f"form.{each}" in labels else each) for each in ids]


def _of_field(material: str, fields: Sequence[str]) -> bool:
    """Whether a file belongs to a field of the form that was asked for (``form:photo``, ``form:staff.licence``)."""
    return material.startswith("form:") and material.removeprefix("form:").split(".")[0] in {path.split(".")[0] for path in fields}


def _computed(case: Loaded) -> set[str]:
    properties = case.compiled.form_doc.get("properties", {})
    return {name for name, field in properties.items() if isinstance(field, Mapping) and "computed" in (field.get("ui") or {})}


def _replace(session: Session, case: Loaded, materials: Sequence[Handed], dropped: Sequence[str], revision: int) -> None:
    """New files take the place of the old ones, and *dropped* ones end; all stay readable with the revision they belonged to."""
    replaced = {m.material for m in materials} | set(dropped)
    if not replaced:
        return
    ended = update(CaseMaterial).where(CaseMaterial.case_id == case.id, CaseMaterial.material.in_(replaced), CaseMaterial.until_revision.is_(None))
    session.execute(ended.values(until_revision=revision - 1))
    assert case.key is not None
    hand_in(session, case.row, case.key, materials, revision=revision)
