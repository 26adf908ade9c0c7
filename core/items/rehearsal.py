"""Walk a case through a route on paper: the pure engine, a calendar and a movable clock – no database, no people."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.forms.service import decide
from core.forms.spec import Decision
from core.items import told
from core.items.facts import facts as facts_of
from core.items.facts import preset
from core.items.spec import CompiledItem, JsonObject
from core.kernel.clock import DEFAULT_ZONE, local
from core.kernel.errors import PlatformError
from core.routing.service import ClockOp, Command, Marking, OpenTask, Plan, RouteEvent, RouteSpec, advance, buttons, start, why_closed
from core.worktime.calendars import Calendar
from core.worktime.projection import project
from core.worktime.spec import Ledger, Limit

#: Commands that are no button of a task.
_FREE = frozenset(("withdraw", "lapse", "deem_accepted", "terminate", "extend"))
_PAUSES = frozenset(("open_pause", "close_pause"))
#: What is done to an open task without a button: silence, questions, a plugin's answer.
_BESIDE = frozenset(("overdue", "ask", "hook_done", "hook_failed"))
#: How a sub-case ends.
_CHILD_ENDS = frozenset(("granted", "refused", "cancelled"))
_ENDS = {"declined": "declined", "withdrawn": "withdrawn", "lapsed": "lapsed"}

Problem = tuple[str, dict[str, Any]]
#: Tests are filed on this Monday morning; with the plain calendar every week has five working days, so ``day`` counts the same for ever.
FILED = datetime.combine(date(2026, 3, 2), time(9), ZoneInfo(DEFAULT_ZONE))
PLAIN_CALENDAR = Calendar({}, date(2999, 12, 31), known_years=frozenset(range(2020, 2100)), version="gate")


@dataclass(frozen=True, slots=True)
class Walked:
    """What became of ``given`` and ``steps``. ``walk`` is ``None`` where the form refuses the answers.

    ``stopped`` is the step that could not be done – ``None`` stands for handing in – and why: a key of this slice with its parameters, or the refusal.
    """

    decision: Decision
    facts: Mapping[str, Any]
    walk: "Rehearsal | None" = None
    stopped: "tuple[int | None, Problem | PlatformError] | None" = None


def rehearse(
    compiled: CompiledItem, given: JsonObject, steps: Sequence[JsonObject], *, calendar: Calendar = PLAIN_CALENDAR, filed: datetime = FILED,
    anyway: bool = False,
) -> Walked:  # fmt: skip
    """The form decides, the case is filed, and the steps are done one after the other until one cannot be done.

    *anyway* files even what the form refuses: a case that was taken under another version.
    """
    around: dict[str, Any] = {"party": {"kind": given.get("party", "person")}, "channel": str(given.get("channel", "web"))}
    situation = given.get("situation")
    decision = decide(compiled.form, {**preset(compiled.doc, situation), **(given.get("form") or {})}, facts=facts_of(compiled, situation, **around))
    if decision.errors and not anyway:
        return Walked(decision, {})
    facts = facts_of(compiled, situation, decision.values, **around)
    walk = Rehearsal(compiled.route, facts, calendar, filed, tuple(given.get("materials") or ()))
    number: int | None = None
    try:
        walk.file()
        for number, step in enumerate(steps):
            problem = walk.step(step)
            if problem is not None:
                return Walked(decision, facts, walk, (number, problem))
    except PlatformError as error:
        return Walked(decision, facts, walk, (number, error))
    return Walked(decision, facts, walk)


class Rehearsal:
    """One walk. After it ``end``, ``path``, ``days_used``, ``documents`` and ``acted`` tell what happened."""

    def __init__(self, route: RouteSpec, facts: Mapping[str, Any], calendar: Calendar, filed: datetime, materials: Sequence[str] = ()) -> None:
        self.route = route
        #: Documents are made by the outbox; on paper they are ready at once.
        self.facts = {**facts, "documents": {"ready": True}}
        self.calendar = calendar
        self.filed = filed
        self.at = filed
        self.materials = tuple(materials)
        self.marking = Marking()
        self.main: Ledger | None = None
        self.outcome: str | None = None
        self.visited: list[str] = []
        self.made: list[str] = []
        self.acted: set[tuple[str, str]] = set()
        self.steps = 0
        #: Every clock with the limit it really has; ``main`` above counts days even where nobody knows a limit.
        self.ledgers: dict[str, Ledger] = {}
        #: Where each step was done, one for each; empty for what concerns the whole case.
        self.nodes: list[str] = []
        self.events: list[RouteEvent] = []

    def file(self) -> None:
        """Hand in the application."""
        self._take(start(self.route, self.facts))

    def step(self, step: JsonObject) -> Problem | None:
        """Do one step of a test: who (``as``), what (``do``), where (``at``), on which working day after filing. ``None`` when it could be done.

        Every step is done by another person of the named role: four eyes are a matter of persons, and a test names roles.
        """
        self.steps += 1
        late = self.wait(step.get("day"))
        if late is not None:
            return late
        do, data = str(step["do"]), dict(step.get("data") or {})
        actor = f"{step['as']}#{self.steps}"
        if do in _FREE:
            self._take(advance(self.route, self.marking, Command(do, reason=step.get("reason"), data=data, actor=actor), self.facts))
            self.nodes.append("")
            return None
        task = self._task(step, do)
        if task is None:
            return "test_no_task", {"who": told.post(str(step["as"])), "do": told.button(self.route, do), "open": told.waiting(self.route, self.marking.tasks)}
        if do in _PAUSES:
            command = Command(do, task.no, data.get("pause"), step.get("reason"), data, actor)
        elif do in _BESIDE:
            self._answered(task, data)
            command = Command(do, task.no, None, step.get("reason"), data, actor)
        elif task.kind == "child":
            self._answered(task, data)
            command = Command("child_ended", task.no, do, data={"node": task.node, "visit": task.visit, "child": "test"})
        else:
            closed = why_closed(self.route, self.marking, task.no, do, self.facts)
            if closed is not None:
                return "test_closed", {"do": told.button(self.route, do), "why": closed}
            command = Command("act", task.no, do, step.get("reason"), self._filled(do, data), actor)
        self._take(advance(self.route, self.marking, command, self.facts))
        self.acted.add((short(task.node), do))
        self.nodes.append(short(task.node))
        return None

    def copy(self) -> "Rehearsal":
        """Another walk that goes on from here."""
        other = copy(self)
        other.facts, other.ledgers, other.acted = dict(self.facts), dict(self.ledgers), set(self.acted)
        other.visited, other.made, other.nodes, other.events = list(self.visited), list(self.made), list(self.nodes), list(self.events)
        return other

    def wait(self, day: int | None = None) -> Problem | None:
        """Let the clock go to working day *day* after filing, a second further without one. Never back."""
        at = self.at + timedelta(seconds=1)
        if day:
            filed = local(self.filed, self.calendar.zone).date()
            at = self.filed + (self.calendar.add_working(filed, int(day)) - filed) + timedelta(seconds=self.steps)
        if at < self.at:
            return "test_backwards", {"day": day}
        self.at = at
        return None

    @property
    def day(self) -> int:
        """Working days since the application was handed in."""
        return self.calendar.working_between(self.calendar.day_of(self.filed), self.calendar.day_of(self.at))

    def _answered(self, task: OpenTask, data: Mapping[str, Any]) -> None:
        """What a plugin or a sub-case answered, where the step says it: the fact ``<node id>.result`` of rules."""
        node = self.route.nodes.get(task.node)
        if node is not None and isinstance(data.get("result"), Mapping):
            self.facts[node.id] = {"result": data["result"]}

    def _filled(self, do: str, data: dict[str, Any]) -> dict[str, Any]:
        """A correction has to name something; a test that does not care which gets the first material."""
        if do in ("request_correction", "missing") and not data.get("fields") and not data.get("materials"):
            return {**data, "materials": list(self.materials[:1]) or ["application"]}
        return data

    def _task(self, step: JsonObject, do: str) -> OpenTask | None:
        """The open task that the step means: held by this role (of this department), at this node, with this button."""
        who = str(step["as"])
        department, _, role = who.rpartition(".") if "@" not in who else (who.partition("@")[2], "", who.partition("@")[0])
        for task in self.marking.tasks:
            if task.holders.role != role or (department and not _of(task, department)):
                continue
            if step.get("at") and short(task.node) != short(str(step["at"])):
                continue
            if do in _PAUSES or do in _BESIDE or (task.kind == "child" and do in _CHILD_ENDS):
                return task
            if do in buttons(self.route, self.marking, task.no):
                return task
        return None

    def _take(self, plan: Plan) -> None:
        self.marking = plan.marking
        self.outcome = plan.outcome or self.outcome
        self.made.extend(plan.documents)
        self.events.extend(plan.events)
        for event in plan.events:
            if event.kind in ("task_opened", "node_entered"):
                node = short(str(event.body["node"]))
                if not self.visited or self.visited[-1] != node:
                    self.visited.append(node)
        for op in plan.clocks:
            self._turn(op)
            if op.clock != "main":
                continue
            if op.op == "start":
                self.main = Ledger(_countable(op.limit)).start(self.filed if op.as_of == "receipt" else self.at)
            elif self.main is not None and op.op == "extend":
                self.main = self.main.extend(_countable(op.limit), self.at, "test")
            elif self.main is not None:
                self.main = getattr(self.main, op.op)(self.at, *((op.pause or "pause",) if op.op != "stop" else ()))

    def _turn(self, op: ClockOp) -> None:
        """The clock that *op* names, as a case keeps it."""
        ledger = self.ledgers.get(op.clock)
        if op.op == "start":
            self.ledgers[op.clock] = Ledger(op.limit or Limit(None)).start(self.filed if op.as_of == "receipt" else self.at)
        elif ledger is None or ledger.state == "stopped":
            return
        elif op.op == "extend":
            # a limit that nobody knows cannot become longer
            self.ledgers[op.clock] = ledger.extend(op.limit, self.at, "test") if ledger.limit.value is not None and op.limit is not None else ledger
        else:
            self.ledgers[op.clock] = getattr(ledger, op.op)(self.at, *((op.pause or "pause",) if op.op != "stop" else ()))

    @property
    def end(self) -> str:
        """``grant``, ``refuse``, ``declined``, ``withdrawn``, ``lapsed`` or ``open``."""
        return self.outcome or _ENDS.get(self.marking.status, "open")

    @property
    def path(self) -> tuple[str, ...]:
        """Every node in the order it was entered."""
        return tuple(self.visited)

    @property
    def days_used(self) -> int | None:
        """Working days on the main clock, from acceptance to the decision (or to the last step)."""
        return None if self.main is None else project(self.main, self.calendar, now=self.at).used

    @property
    def documents(self) -> tuple[str, ...]:
        """Documents and notices that were called for, each once."""
        return tuple(dict.fromkeys(self.made))


def _countable(limit: Limit | None) -> Limit:
    """A limit nobody knows still has its days counted; a year of working days is longer than any test walks."""
    return limit if limit is not None and (limit.value is not None or limit.unit == "at_once") else Limit(250)


def short(node: str) -> str:
    """A node path as authors write it: without the leading ``review.``."""
    return node.removeprefix("review.")


def _of(task: OpenTask, department: str) -> bool:
    """Whether the task belongs to *department*: by its holders' organisation or the intake check's name."""
    org = task.holders.org
    return (isinstance(org, Mapping) and org.get("department") == department) or task.node == f"intake.check.{department}"
