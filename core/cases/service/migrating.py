"""Moving running cases to another version of their item: dry run, then one message of the outbox – and one transaction – a case.

A run can be watched and stopped; what it refused or put off is listed with the reason, and the case goes on as before.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseMaterial, CaseMove, CaseMoved, CaseTask, table
from core.cases.movable import Filed, asks_answers, findings
from core.cases.service import children
from core.cases.service.machine import Change, Loaded, carry_out, command_key, load
from core.cases.spec import ENDED
from core.cases.versions import pinned
from core.identity import queries as people
from core.items.errors import ItemNotFound
from core.items.models import Item, ItemVersion
from core.items.spec import CompiledItem
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, Conflict, Finding, Forbidden
from core.kernel.ids import is_id, new_id
from core.outbox import service as outbox
from core.routing.marking import Marking
from core.routing.places import static
from core.routing.service import migrate

TOPIC = "cases.move"
#: Who may move the cases of a department.
MOVES = ("admin", "section_chief")
LONGEST_REASON = 2000
#: Cases read at once when a run looks for its next one.
AHEAD = 50
#: Before every case.
FIRST = "00000000-0000-0000-0000-000000000000"


class MoveRefused(BadInput):
    """The case may not go there; ``findings`` say why. Nothing was written."""

    key = "cases.move_refused"


@dataclass(frozen=True, slots=True)
class Group:
    """Cases that stand at the same place under the same version, with what would become of them."""

    place: str
    title: str
    from_number: int
    verdict: str
    count: int
    findings: tuple[Finding, ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DryRun:
    """What a run would do: ``groups`` in the order of how far the cases are, and the sums."""

    item_code: str
    version_id: str
    number: int
    groups: tuple[Group, ...]

    def count(self, verdict: str) -> int:
        """How many cases get this verdict."""
        return sum(group.count for group in self.groups if group.verdict == verdict)

    @property
    def total(self) -> int:
        """All open cases that are not under the version yet."""
        return sum(group.count for group in self.groups)


@dataclass(slots=True)
class _Pile:
    count: int = 0
    examples: list[str] = field(default_factory=list)


def mine(session: Session, actor: Actor) -> tuple[str, ...]:
    """The departments whose cases the actor may move. Raises :class:`Forbidden` when there is none."""
    posts = people.staff_view(session, actor.id).posts if actor.kind == "staff" and is_id(actor.id) else ()
    found = tuple(dict.fromkeys(post.department_id for post in posts if post.role in MOVES))
    if not found:
        raise Forbidden("cases.move_not_yours")
    return found


def target(session: Session, item_code: str, number: int | None = None) -> tuple[str, int, CompiledItem]:
    """Id, number and item of the version to go to: the one in force, or *number*. Raises :class:`ItemNotFound`."""
    query = select(ItemVersion.id, ItemVersion.number).where(ItemVersion.item_code == item_code)
    query = query.where(ItemVersion.number == number) if number is not None else query.join(Item, Item.current_version_id == ItemVersion.id)
    row = session.execute(query).first()
    if row is None:
        raise ItemNotFound(code=item_code)
    return row.id, row.number, pinned(session, row.id)


def _open(item_code: str, version_id: str, departments: Sequence[str]) -> Any:
    case = table(Case).c
    return select(case.id, case.number, case.version_id, case.marking, case.channel).where(
        case.item_code == item_code, case.version_id != version_id, case.department_id.in_(tuple(departments)), case.status.not_in(tuple(ENDED))
    )


def dry_run(session: Session, item_code: str, *, node_map: Mapping[str, str] | None = None, number: int | None = None, actor: Actor) -> DryRun:
    """Every open case of the item in the actor's departments that is under another version, grouped by where it stands. Writes nothing."""
    version_id, to, new = target(session, item_code, number)
    numbers = {row.id: row.number for row in session.execute(select(ItemVersion.id, ItemVersion.number).where(ItemVersion.item_code == item_code))}
    piles: dict[tuple[str, str, int, str, tuple[tuple[str, str, str, str], ...]], _Pile] = {}
    said: dict[tuple[str, str, str, str], Finding] = {}
    for row in session.execute(_open(item_code, version_id, mine(session, actor)).order_by(Case.id)).all():
        old, marking = pinned(session, row.version_id), Marking.from_json(row.marking)
        found = findings(old, new, marking, _filed(session, row, old, new), node_map or {})
        keys = tuple((f.level, f.path, f.key, repr(sorted(f.params.items()))) for f in found)
        said |= dict(zip(keys, found, strict=True))
        place, title = standing(row.marking)
        pile = piles.setdefault((place, title, numbers[row.version_id], verdict_of(found), keys), _Pile())
        pile.count += 1
        if len(pile.examples) < 5:
            pile.examples.append(row.number)
    groups = [
        Group(place, title, origin, verdict, pile.count, tuple(said[key] for key in keys), tuple(pile.examples))
        for (place, title, origin, verdict, keys), pile in sorted(piles.items(), key=lambda each: each[0][:4])
    ]
    return DryRun(item_code, version_id, to, tuple(groups))


def standing(marking: Mapping[str, Any]) -> tuple[str, str]:
    """Where a case stands by its stored marking, as one key and in words: the open tasks' nodes as the route writes them, and ``!`` while it is paused."""
    nodes = sorted({static(task["node"]) for task in marking["tasks"]})
    titles = "、".join(dict.fromkeys(task["title"] for task in sorted(marking["tasks"], key=lambda task: task["node"])))
    return ("+".join(nodes) or marking["phase"]) + ("!" if marking["pauses"] else ""), titles


def verdict_of(found: Sequence[Finding]) -> str:
    """What findings mean for a case: an error refuses, a warning only defers."""
    if not found:
        return "moved"
    return "refused" if any(f.level == "error" for f in found) else "deferred"


def _filed(session: Session, row: Any, old: CompiledItem, new: CompiledItem) -> Filed:
    """What the case brought; its sealed answers are opened only when the versions differ in what hangs on them."""
    if not asks_answers(old, new):
        return Filed({}, {}, {}, row.channel, frozenset())
    loaded, _earlier = load(session, row.id)
    return _brought(session, loaded)


def _brought(session: Session, case: Loaded) -> Filed:
    query = select(CaseMaterial.material).where(CaseMaterial.case_id == case.id, CaseMaterial.until_revision.is_(None))
    content = case.content
    values = content.get("values") if case.key is not None else None
    return Filed(values, content.get("situation") or {}, content.get("party") or {}, case.row["channel"], frozenset(session.scalars(query)))


def move_case(session: Session, case_id: str, *, version_id: str, node_map: Mapping[str, str] | None = None, reason: str, command_id: str, actor: Actor) -> Any:
    """Move one case to *version_id*: event ``definition_changed``, no task opened or closed, no clock touched.

    Raises :class:`MoveRefused` with every finding; then nothing was written.
    """
    new = pinned(session, version_id)

    def decide(case: Loaded) -> Change:
        old = case.compiled
        found = findings(old, new, case.marking, _brought(session, case), node_map or {})
        if case.row["version_id"] == version_id or new.code != old.code:
            found.append(Finding("error", "", "cases.move_there", {}))
        plan = [] if found else migrate(old.route, new.route, case.marking, node_map or {}, from_hash=old.hash, to_hash=new.hash, actor=actor.id)
        if isinstance(plan, list):
            raise MoveRefused(findings=(*found, *plan))

        def rename(loaded: Loaded, _at: datetime) -> Sequence[Fact]:
            before = {task.no: task.node for task in loaded.marking.tasks}
            for task in plan.marking.tasks:
                if task.node != before[task.no]:
                    row = update(table(CaseTask)).where(CaseTask.case_id == loaded.id, CaseTask.no == task.no)
                    session.execute(row.values(node=task.node))
            if plan.marking.children:
                children.renamed(session, loaded.id, plan.events[0].body["map"])
            return ()

        return Change(plan, columns={"version_id": version_id}, note={"reason": reason}, action="migrate", then=rename)

    return carry_out(session, case_id, command_id, decide, actor=actor)


# runs -------------------------------------------------------------------------------------------------------------------


def start(
    session: Session, item_code: str, *, node_map: Mapping[str, str] | None = None, number: int | None = None, reason: str, command_id: str, actor: Actor
) -> CaseMove:
    """Begin a run over the actor's departments. The same command begins one run. Raises :class:`Conflict` while another one is under way."""
    key = command_key(actor, command_id)
    earlier = session.scalar(select(CaseMove).where(CaseMove.command_key == key))
    if earlier is not None:
        return earlier
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise BadInput("cases.move_reason", most=LONGEST_REASON)
    departments = mine(session, actor)
    version_id, to, _compiled = target(session, item_code, number)
    if session.scalar(select(CaseMove.id).where(CaseMove.item_code == item_code, CaseMove.status.in_(("running", "stopping")))) is not None:
        raise Conflict("cases.move_running")
    total = session.scalar(select(func.count()).select_from(_open(item_code, version_id, departments).subquery())) or 0
    goal = Goal(item_code, version_id, to, dict(node_map or {}))
    return begin(session, goal, key=key, departments=departments, total=total, reason=words, actor=actor)


@dataclass(frozen=True, slots=True)
class Goal:
    """Where a run leads, and whom it takes along: cases at ``places`` under one of ``origins``, everybody where that is ``None``."""

    item_code: str
    version_id: str
    number: int
    node_map: Mapping[str, str] = field(default_factory=dict)
    places: Sequence[str] | None = None
    origins: Sequence[str] | None = None


def begin(session: Session, goal: Goal, *, key: str, departments: Sequence[str], total: int, reason: str, actor: Actor) -> CaseMove:
    """Begin a run that its caller has checked. *key* names it for ever; *total* is how many cases it will look at, as far as that is known now."""
    run = CaseMove(
        id=new_id(), command_key=key, region_root=people.department(session, departments[0]).region_root, item_code=goal.item_code,
        version_id=goal.version_id, number=goal.number, departments=list(departments), node_map=dict(goal.node_map),
        places=None if goal.places is None else sorted(goal.places), origins=None if goal.origins is None else sorted(goal.origins), reason=reason,
        status="running", total=total, moved=0, refused=0, deferred=0, after=FIRST, started_by=actor.id, started_at=now(),
    )  # fmt: skip
    session.add(run)
    session.flush()
    detail = {"run": run.id, "number": goal.number, "reason": reason[:200], "places": run.places}
    audit.record(session, "cases.move_started", subject=("item", goal.item_code), actor=actor, detail=detail)
    _next(session, run)
    return run


def stop(session: Session, run_id: str, *, actor: Actor) -> CaseMove:
    """Stop a run before its next case. What was moved stays moved."""
    run = run_of(session, run_id, actor=actor, lock=True)
    if run.status == "running":
        run.status = "stopping"
        session.flush()
        audit.record(session, "cases.move_stopped", subject=("item", run.item_code), actor=actor, detail={"run": run.id})
    return run


def run_of(session: Session, run_id: str, *, actor: Actor, lock: bool = False) -> CaseMove:
    """A run over departments of the actor's. Raises :class:`CaseNotFound` for another's and for none alike."""
    run = session.get(CaseMove, run_id, with_for_update=lock) if is_id(run_id) else None
    if run is None or not set(run.departments) & set(mine(session, actor)):
        raise CaseNotFound("cases.move_not_found")
    return run


def runs(session: Session, item_code: str, *, actor: Actor, limit: int = 20) -> tuple[CaseMove, ...]:
    """The runs of an item over departments of the actor's, newest first."""
    allowed = set(mine(session, actor))
    rows = session.scalars(select(CaseMove).where(CaseMove.item_code == item_code).order_by(CaseMove.started_at.desc()).limit(limit))
    return tuple(row for row in rows if set(row.departments) & allowed)


def results(session: Session, run: CaseMove, limit: int = 500) -> tuple[CaseMoved, ...]:
    """What became of each case, refused and deferred ones first."""
    order = CaseMoved.verdict == "moved", CaseMoved.case_id
    return tuple(session.scalars(select(CaseMoved).where(CaseMoved.move_id == run.id).order_by(*order).limit(limit)))


def _next(session: Session, run: CaseMove) -> None:
    outbox.send(session, TOPIC, {"run": run.id, "after": run.after}, key=f"{TOPIC}/{run.id}/{run.after}", region_root=run.region_root)


@outbox.handler(TOPIC)
def move_next(session: Session, body: dict[str, Any], message_id: str) -> None:
    """Move the next case of a run and ask for the one behind it: one case, one transaction."""
    del message_id
    run = session.get(CaseMove, body["run"], with_for_update=True)
    if run is None or run.status in ("done", "stopped") or run.after != body["after"]:
        return
    if run.status == "stopping":
        run.status, run.ended_at = "stopped", now()
        return
    row = _following(session, run)
    if row is None:
        run.status, run.ended_at = "done", now()
        return
    found: tuple[Finding, ...] = ()
    try:
        move_case(
            session, row.id, version_id=run.version_id, node_map=run.node_map, reason=run.reason, command_id=f"{TOPIC}/{run.id}/{row.id}",
            actor=Actor("staff", run.started_by),
        )  # fmt: skip
    except MoveRefused as error:
        found = error.findings
    verdict = verdict_of(found)
    plain = [{"level": f.level, "path": f.path, "key": f.key, "params": {k: str(v) for k, v in f.params.items()}} for f in found]
    values = {"move_id": run.id, "case_id": row.id, "region_root": run.region_root, "number": row.number, "verdict": verdict, "findings": plain, "at": now()}
    session.execute(insert(table(CaseMoved)), values)
    counts = Counter({verdict: 1})
    run.moved, run.refused, run.deferred = run.moved + counts["moved"], run.refused + counts["refused"], run.deferred + counts["deferred"]
    run.after = row.id
    session.flush()
    _next(session, run)


def _following(session: Session, run: CaseMove) -> Any:
    """The next case of a run that stands where the run takes cases from; ``None`` when there is none left."""
    query = _open(run.item_code, run.version_id, run.departments)
    if run.origins is not None:
        query = query.where(Case.version_id.in_(run.origins))
    rows = session.execute(query.where(Case.id > run.after).order_by(Case.id), execution_options={"yield_per": AHEAD})
    found = next((row for row in rows if run.places is None or standing(row.marking)[0] in run.places), None)
    rows.close()
    return found
