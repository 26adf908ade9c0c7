"""One command, one transaction: load, decide (purely, in routing), write – or reload and decide again when somebody was faster.

Nothing is written before the ``UPDATE … WHERE version = ?`` on the case succeeds, so losing the race costs a reload and no
rollback; PostgreSQL (READ COMMITTED) lets the loser see the winner's rows, SQLite has one writer anyway.
"""

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from core.cases import chain, child_calls, clocks, custody, hook_calls, incidents, results, sealing
from core.cases.chain import Fact
from core.cases.errors import Busy, CaseNotFound, NobodyHolds
from core.cases.incidents import Trouble
from core.cases.models import Case, CaseClock, CaseCommand, CaseEvent, CasePayload, CaseTask, CaseTaskDone, table
from core.cases.service import papers
from core.cases.spec import ENDED, ActResult
from core.cases.versions import pinned
from core.db.beside import Beside, Listed
from core.db.together import Rows, insert_together, together
from core.identity.service import resolve_organisation
from core.items.facts import facts as item_facts
from core.items.spec import CompiledItem
from core.kernel import canonical
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.ids import is_id, new_id
from core.keys.keyring import DataKey
from core.outbox import service as outbox
from core.routing.marking import Marking, OpenTask, Plan, RouteEvent
from core.routing.spec import Holders
from core.worktime.spec import Ledger

ATTEMPTS = 5
PAUSE_SECONDS = 0.02
TOPIC = "case.event"
#: The case's own clocks, the one that tells the due date first.
OWN_CLOCKS = ("delivery", "main", "correction", "intake", "pre_review")
#: How long a process trusts where an organisation relation led (real seconds).
FRESH_SECONDS = 30.0
_organisations: "WeakKeyDictionary[Any, dict[tuple[str, str, str], tuple[float, tuple[str, ...]]]]" = WeakKeyDictionary()


_case, _payload, _command, _clock, _task = table(Case).c, table(CasePayload).c, table(CaseCommand).c, table(CaseClock).c, table(CaseTask).c
_newest = (_payload.case_id == _case.id) & (_payload.revision == _case.payload_revision)
#: A procedure may be opened a second time under its name; its epochs go on from where they were.
_alive = (_clock.case_id == bindparam("case")) & ((_clock.state != "stopped") | _clock.name.like("pause:%"))
#: Statements that every command runs are built once.
_LOADED = Beside(
    select(*_case, _payload.sealed.label("sealed_payload"), _command.result.label("earlier"))
    .select_from(table(Case).join(table(CasePayload), _newest).outerjoin(table(CaseCommand), _command.command_key == bindparam("key")))
    .where(_case.id == bindparam("case")),
    clocks=Listed(select(_clock.name, _clock.ledger, _clock.due_at, _clock.epoch, _clock.next_rung, _clock.overdue_at, _clock.escalates).where(_alive)),
    tasks=Listed(
        select(_task.no, _task.node, _task.kind, _task.title, _task.department_id, _task.role, _task.claimed_by, _task.opened_at).where(
            _task.case_id == bindparam("case")
        )
    ),
)


@lru_cache(maxsize=128)
def _claim(names: tuple[str, ...]) -> Any:
    """The statement that makes the case ours while nobody else changed it: by the columns that a command changes beside the version, built once each."""
    values = {name: bindparam(f"new_{name}", type_=_case[name].type) for name in names}
    ours = update(table(Case)).where(_case.id == bindparam("case"), _case.version == bindparam("read"))
    return ours.values(version=bindparam("next"), **values).returning(_case.id)


def _named(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {f"new_{name}": value for name, value in columns.items()}


@dataclass(frozen=True, slots=True)
class Loaded:
    """A case as it stands in the database, ready to decide on."""

    row: Mapping[Any, Any]
    marking: Marking
    compiled: CompiledItem
    key: DataKey | None
    clocks: Mapping[str, clocks.Held]
    content: Mapping[str, Any]
    answered: Mapping[str, Any] = field(default_factory=dict)
    #: The candidate rows of its open tasks, with what :func:`core.cases.access.held_rows` asks of them.
    tasks: Sequence[Mapping[Any, Any]] = ()
    _facts: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def ledgers(self) -> Mapping[str, Ledger]:
        """The living clocks' ledgers."""
        return {name: held.ledger for name, held in self.clocks.items() if held.ledger.state != "stopped"}

    @property
    def id(self) -> str:
        """The case's id."""
        return str(self.row["id"])

    def facts(self) -> dict[str, Any]:
        """What rules may ask: answers, situations, party, channel, and ``<node id>.result`` of what plugins and sub-cases answered."""
        if not self._facts:
            party = self.content.get("party") or {}
            known = item_facts(self.compiled, self.content.get("situation"), self.content.get("values"), party=party, channel=self.row["channel"])
            self._facts.update({**known, **self.answered})
        return dict(self._facts)


@dataclass(slots=True)
class Change:
    """What a command does beside the engine's plan. ``then`` runs after the case is ours and may add facts (a licence was issued)."""

    plan: Plan
    columns: dict[str, Any] = field(default_factory=dict)
    before: list[Fact] = field(default_factory=list)
    note: Mapping[str, str] | None = None
    action: str = ""
    then: Callable[[Loaded, datetime], Sequence[Fact]] | None = None
    actor: Actor | None = None  # the same person with the one acted for (delegation)


class _Moved(Exception):
    """Somebody else changed the case between our read and our write."""


def lives(clock: str, state: str) -> bool:
    """Whether a command reads a clock of this name and state, as :data:`_alive` says it to the database."""
    return state != "stopped" or clock.startswith("pause:")


def command_key(actor: Actor, command_id: str) -> str:
    """The idempotency key: the caller's id bound to the caller, so that nobody can fish for another's answers."""
    return canonical.digest([actor.kind, actor.id, command_id])


def carry_out(session: Session, case_id: str, command_id: str, decide: Callable[[Loaded], Change], *, actor: Actor) -> ActResult:
    """Run one command. The same *command_id* of the same actor gets the same answer and does nothing.

    *decide* is called on the case as it stands; when another command wins the race it is called again on what is there then, up to
    five times, so that it re-applies silently while the task is open and raises :class:`TaskClosed` when it is not.
    """
    key = command_key(actor, command_id)
    for attempt in range(ATTEMPTS):
        case, earlier = load(session, case_id, key)
        if earlier is not None:
            return ActResult(**{**earlier, "results": tuple(earlier["results"]), "replayed": True})
        try:
            change = decide(case)
            return _write(session, case, change, actor=change.actor or actor, key=key)
        except _Moved:
            time.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS * (attempt + 1))  # noqa: S311 - jitter
        except NobodyHolds as error:  # the command is rolled back; whoever looks after the organisation still hears of it
            said = {"role": error.params["role"], "version": case.row["version"]}
            incidents.note(session, Trouble("nowhere", f"{error.params['role']}/{error.params['org']}", case_id, params=said))
            raise
    raise Busy


def load(session: Session, case_id: str, key: str = "") -> tuple[Loaded, Mapping[str, Any] | None]:
    """The case with its newest answers, its living clocks and the answer to command *key* when it was carried out: one statement."""
    if not is_id(case_id):
        raise CaseNotFound
    found = _LOADED.first(session, {"case": case_id, "key": key})
    if found is None:
        raise CaseNotFound
    row, lists = found
    data_key = sealing.key_of(session, case_id, row["wrapped_key"])
    content = (sealing.open_json(data_key, case_id, row["sealed_payload"]) or {}).get("value", {})
    held = {each["name"]: clocks.Held.of(each) for each in lists["clocks"]}
    marking, compiled = Marking.from_json(row["marking"]), pinned(session, row["version_id"])
    answered = results.answers(session, case_id, data_key, compiled.route, marking)
    loaded = Loaded(row, marking, compiled, data_key, held, content, answered, lists["tasks"])
    earlier = row["earlier"] if row["earlier"] is not None and row["earlier"]["case_id"] == case_id else None
    return loaded, earlier


def _write(session: Session, case: Loaded, change: Change, *, actor: Actor, key: str) -> ActResult:
    at, plan, row, route = now(), change.plan, case.row, case.compiled.route
    facts = [*change.before, *engine_facts(plan.events)]
    if change.note and facts:
        facts[0] = Fact(facts[0].kind, facts[0].body, change.note)
    working = clocks.calendar(session)
    papers_on = custody.handing(session, case, plan, at)
    changed = clocks.apply(
        case.clocks, (*plan.clocks, *papers_on.clocks), at=at, received_at=row["submitted_at"], by=f"event:{row['seq'] + 1}", working=working,
        route=route, opens=plan.opens, facts=case.facts,
    )  # fmt: skip
    events = chain.rows(case.id, row["region_root"], facts, seq=row["seq"], head=row["head"], at=at, actor=actor, command_key=key, key=case.key)
    columns = {**_columns(plan, change, actor, at, changed, row), "seq": events[-1]["seq"], "head": events[-1]["hash"]}
    claimed = session.execute(_claim(tuple(columns)), {"case": case.id, "read": row["version"], "next": row["version"] + 1, **_named(columns)})
    if claimed.scalar() is None:
        raise _Moved
    custody.settle(session, case, plan)
    _retime_tasks(session, case, plan, changed)
    more, last, written = _follow_up(session, case, change, changed, events[-1], actor=actor, at=at, key=key)
    result = ActResult(case.id, plan.marking.status, last["seq"], plan.outcome, False, tuple(last["results"]))
    insert_together(
        session,
        Rows(table(CaseEvent), [*events, *more]),
        *_close_tasks(case, change, actor=actor, at=at, seq=events[0]["seq"]),
        open_tasks(session, row, plan.opens, _running(case, working, changed) if plan.opens else changed, at=at),
        save_clocks(case.id, row["region_root"], changed),
        _answer(case, key, result, at),
        *together(
            tell(session, case.id, row["region_root"], first=row["seq"] + 1, last=last["seq"], documents=plan.documents),
            *hook_calls.calls(session, case.id, row["region_root"], plan),
            *child_calls.rows(session, row, case.key, plan, at),
            *papers_on.written(),
            *written,
        ),
    )
    return result


def engine_facts(events: Sequence[RouteEvent]) -> list[Fact]:
    """The engine's events as facts of the chain."""
    return [Fact(event.kind, event.body) for event in events]


def _columns(plan: Plan, change: Change, actor: Actor, at: datetime, changed: Mapping[str, clocks.Clock], row: Mapping[Any, Any]) -> dict[str, Any]:
    """The columns of the case row that follow from the plan."""
    status = plan.marking.status
    columns: dict[str, Any] = {"marking": plan.marking.to_json(), "status": status, **change.columns}
    accepted = next((event for event in plan.events if event.kind == "case_accepted"), None)
    if accepted is not None:  # silence is acceptance from the day of receipt (行政许可法 32(4)), and art. 57 decides by this order
        columns["accepted_at"] = (changed["main"].ledger.started_at if accepted.body.get("deemed") and "main" in changed else None) or at
    if plan.outcome is not None:
        columns |= {"decided_at": at, "outcome": plan.outcome}
    if status in ENDED and row["ended_at"] is None:
        columns["ended_at"] = at
    columns["idle_since"] = None if plan.marking.tasks or status in ENDED else row["idle_since"] or at
    if plan.closes:
        closed = {"no": list(plan.closes), "by": actor.id, "by_kind": actor.kind, "action": change.action, "at": at.isoformat()}
        columns["last_change"] = closed
    due = next((changed[name].due_at for name in OWN_CLOCKS if name in changed and changed[name].ledger.state != "stopped"), None)
    if due is not None:
        columns["due_at"] = due
    return columns


def _close_tasks(case: Loaded, change: Change, *, actor: Actor, at: datetime, seq: int) -> tuple[Rows, Rows]:
    """Closed tasks go, and come into the table of what was done. They are as they were loaded: the case is ours."""
    rows = {row["no"]: row for row in case.tasks if row["no"] in change.plan.closes}
    done = [
        {
            "case_id": case.id, "no": no, "region_root": case.row["region_root"], "node": row["node"], "kind": row["kind"], "title": row["title"],
            "department_id": row["department_id"], "role": row["role"], "opened_at": row["opened_at"], "closed_at": at, "actor_kind": actor.kind,
            "actor_id": actor.id, "on_behalf_of": actor.on_behalf_of, "action": change.action, "event_seq": seq,
        }
        for no, row in rows.items()
    ]  # fmt: skip
    return Rows(table(CaseTask), [{"case_id": case.id, "no": no} for no in rows], "delete"), Rows(table(CaseTaskDone), done)


def open_tasks(session: Session, row: Mapping[Any, Any], opens: Sequence[OpenTask], running: Mapping[str, clocks.Clock], *, at: datetime) -> Rows:
    """One row a candidate for each new task."""
    made = []
    for task in opens:
        clock = clocks.of_task(running, task.no, task.kind) or next((running[n] for n in OWN_CLOCKS if n in running), None)
        dates = clocks.task_dates(clock) if clock is not None else clocks.UNTIMED
        shared = {
            "region_root": row["region_root"], "case_id": row["id"], "no": task.no, "node": task.node, "kind": task.kind, "title": task.title,
            "claimed_by": task.holder or "", "exclude": list(task.holders.exclude), "opened_at": at, **dates, "number": row["number"],
            "item_code": row["item_code"], "item_title": row["item_title"], "applicant": row["applicant"],
        }  # fmt: skip
        made += [{**shared, "id": new_id(), "department_id": department, "role": role} for department, role in candidates(session, row, task.holders)]
    return Rows(table(CaseTask), made)


def _retime_tasks(session: Session, case: Loaded, plan: Plan, changed: Mapping[str, clocks.Clock]) -> None:
    """Tell tasks that stay open that their clock moved: their own, or for those without one the case's. While it stands still they have no last day."""
    new = {task.no for task in plan.opens}
    staying = [task for task in plan.marking.tasks if task.no not in new]
    own = next((changed[name] for name in OWN_CLOCKS if name in changed and changed[name].ledger.state != "stopped"), None)
    for task in staying:
        clock = clocks.of_task(changed, task.no, task.kind) or (own if task.limit is None else None)
        if clock is not None:
            session.execute(update(table(CaseTask)).where(_task.case_id == case.id, _task.no == task.no).values(**clocks.task_dates(clock)))


def candidates(session: Session, row: Mapping[Any, Any], holders: Holders) -> tuple[tuple[str | None, str], ...]:
    """(department, role) rows of those who may hold a task; the fallback where the first relation finds nobody.

    Raises :class:`NobodyHolds` rather than open a task that would lie in nobody's list.
    """
    if holders.role in ("applicant", "system"):
        return ((None, holders.role),)
    found = _organisation(session, holders.org, row["department_id"], row["division_id"])
    if found:
        return tuple((department, holders.role) for department in found)
    if holders.fallback is not None:
        return candidates(session, row, holders.fallback)
    raise NobodyHolds(role=holders.role, org=str(holders.org))


def _organisation(session: Session, org: str | Mapping[str, str], owner: str, division: str) -> tuple[str, ...]:
    """The departments of a relation, remembered for half a minute; that nobody was found is never remembered."""
    if org in ("owner", "branch"):
        return (owner,)
    known = _organisations.setdefault(session.get_bind(), {})
    key, at = (str(org), owner, division), time.monotonic()
    kept = known.get(key)
    if kept is not None and at - kept[0] < FRESH_SECONDS:
        return kept[1]
    found = resolve_organisation(session, org, owner=owner, division_id=division)
    if found:
        known[key] = (at, found)
    return found


def case_due(ledgers: Mapping[str, Ledger], working: Any, compiled: CompiledItem) -> dict[str, clocks.Clock]:
    """The case's own running clocks, derived, for tasks that have no limit of their own."""
    return {name: clocks.derived(name, ledgers[name], working, compiled.route.yellow) for name in OWN_CLOCKS if name in ledgers}


def _running(case: Loaded, working: Any, changed: Mapping[str, clocks.Clock]) -> dict[str, clocks.Clock]:
    """The clocks that tasks opened now may follow: what the command changed, and the case's own that it left alone."""
    left = {name: ledger for name, ledger in case.ledgers.items() if name not in changed}
    return {**case_due(left, working, case.compiled), **changed}


def save_clocks(case_id: str, region_root: str, changed: Mapping[str, clocks.Clock]) -> Rows:
    """The clocks that changed, new or in place of what they were."""
    return Rows(table(CaseClock), [clock.row(case_id, region_root) for clock in changed.values()], "replace")


def _follow_up(
    session: Session, case: Loaded, change: Change, changed: Mapping[str, clocks.Clock], last: Mapping[str, Any], *, actor: Actor, at: datetime, key: str
) -> tuple[list[dict[str, Any]], dict[str, Any], tuple[Rows, ...]]:  # fmt: skip
    """Do what belongs to the same transaction once the case is ours: what the command adds (a licence), then the documents of the act.

    Returns the facts as further events of the chain, where it ends now, and the rows to write: the documents, and that end on the case.
    """
    facts = list(change.then(case, at)) if change.then is not None else []
    results = [*case.row["results"], *(fact.body["licence"] for fact in facts if "licence" in fact.body)]
    drawn = papers.draw_up(session, case, change, changed, at, results=bool(results))
    facts += drawn.facts
    if not facts:
        return [], {"seq": last["seq"], "results": results}, drawn.rows
    rows = chain.rows(case.id, case.row["region_root"], facts, seq=last["seq"], head=last["hash"], at=at, actor=actor, command_key=key, key=case.key)
    last = {"seq": rows[-1]["seq"], "results": results}
    end = Rows(table(Case), [{"id": case.id, "head": rows[-1]["hash"], **last}], "update")
    return rows, last, (*drawn.rows, end)


def _answer(case: Loaded, key: str, result: ActResult, at: datetime) -> Rows:
    """Keep the answer for whoever asks again with the same id."""
    stored = {"case_id": result.case_id, "status": result.status, "seq": result.seq, "outcome": result.outcome, "results": list(result.results)}
    return Rows(table(CaseCommand), [{"command_key": key, "case_id": case.id, "region_root": case.row["region_root"], "at": at, "result": stored}])


def tell(session: Session, case_id: str, region_root: str, *, first: int, last: int, documents: Sequence[str] = (), draft: str | None = None) -> Rows:
    """One message a command; its handler sends notices, calls observers and cleans up (:mod:`core.cases.tasks`)."""
    body: dict[str, Any] = {"case": case_id, "first": first, "last": last, "documents": list(documents)}
    if draft is not None:
        body["draft"] = draft
    return outbox.sending(session, TOPIC, body, key=f"{TOPIC}/{case_id}/{last}", region_root=region_root)
