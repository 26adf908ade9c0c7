"""What if more applications came, or fewer people were there? A case after the other is walked through the route by the engine itself; people are the
servers of a discrete-event simulation.

Everything is pure and hangs on its seed alone. Time is working time: minutes of working days of eight hours, in which applications arrive at random
(a Poisson stream), wait for somebody of the role and department (first come, first served) and are worked on for an exponential time. It says what a
route and its staff can bear, not what will happen: holidays, pauses and priorities are left out.
"""

import heapq
import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from core.items.rehearsal import Rehearsal, rehearse, short
from core.items.spec import CompiledItem, JsonObject
from core.items.studio import playing, pressing
from core.items.studio.covering import place
from core.kernel.errors import BadInput, PlatformError
from core.routing.sentences import Voice
from core.routing.service import OpenTask, actions, task_title
from core.worktime.spec import Limit

DAY = 480.0
#: What one run may come to.
MOST_DAYS, MOST_CASES, MOST_STAFF = 250, 10_000, 1_000
#: Minutes of work for each working day of a step's limit, where nobody has measured: somebody with a limit of four days works an hour on it.
PER_LIMIT_DAY = 15.0
#: How the buttons are pressed where nobody says otherwise: on, and seldom otherwise.
ON, OTHERWISE = 0.9, 0.1
#: Roles nobody of the hall has.
OUTSIDE = ("applicant", "system")
Key = tuple[str, int | None]


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What is assumed. ``staff`` by ``role`` or ``department.role``; ``minutes`` of work and ``odds`` (weights of the buttons) by place.

    ``givens`` are applications with their weights, ``applicant_days`` how long an applicant takes to answer, ``warm_up`` the days not counted.
    """

    arrivals: float
    days: int = 60
    staff: Mapping[str, int] = field(default_factory=dict)
    minutes: Mapping[str, float] = field(default_factory=dict)
    odds: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    givens: Sequence[tuple[JsonObject, float]] = ()
    applicant_days: float = 3.0
    warm_up: int = 0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class StepLoad:
    """One step: how long its work waited (working hours), how many at the end of each day, and the share done after its limit (``None``: no limit)."""

    node: str
    title: str
    pool: str
    count: int
    minutes: float
    wait_mean: float
    wait_half: float
    wait_most: float
    limit_days: int | None
    over: float | None
    queue: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class PoolLoad:
    """The people of one role and department, and how much of their time is taken."""

    key: str
    who: str
    staff: int
    busy: float
    queue: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it. ``over`` is the share of decided cases – and of those late already – that took longer than promised."""

    days: int
    cases: int
    ended: Mapping[str, int]
    open: int
    promised_days: int | None
    over: float | None
    half: float
    most: float
    steps: tuple[StepLoad, ...]
    pools: tuple[PoolLoad, ...]


def defaults(compiled: CompiledItem) -> dict[str, float]:
    """Minutes of work for each place where people of the hall work, from its limit."""
    found = {"intake": 10.0}
    found |= {short(check.path): PER_LIMIT_DAY * _days(check.limit.plain, 1) for check in compiled.route.intake.checks.values()}
    for node in compiled.route.walk():
        if node.kind in ("step", "sign"):
            found[short(node.path)] = PER_LIMIT_DAY * _days(node.limit.plain if node.limit else None, 1)
    return found | {"delivery": 5.0}


def pools(compiled: CompiledItem, departments: Mapping[str, str] | None = None, locale: str = "zh") -> dict[str, str]:
    """The roles, with their departments, that the route needs, in words."""
    voice = Voice(compiled.route, locale, None, departments)
    route = compiled.route
    held = [(route.intake.holders, "intake"), *((check.holders, check.path) for check in route.intake.checks.values())]
    for node in route.walk():
        branch = route.branch_of(node.scope)
        org = branch[1].org if branch is not None else None
        held += [(holders.within(org), node.path) for holders in ([node.holders] if node.holders else [group.holders for group in node.groups])]
    held.append((route.delivery.holders, "delivery"))
    return {pressing.as_role(holders, path): voice.holders(holders) for holders, path in held if holders.role not in OUTSIDE}


def _days(limit: Limit | None, otherwise: int) -> int:
    """A limit in working days: five of seven natural ones."""
    if limit is None or not limit.value:
        return otherwise
    return {"working_day": limit.value, "calendar_day": max(1, round(limit.value * 5 / 7)), "month": limit.value * 21}.get(limit.unit, otherwise)


def simulate(compiled: CompiledItem, assumed: Assumptions, *, departments: Mapping[str, str] | None = None, locale: str = "zh") -> Load:
    """Run the route under load. Raises :class:`BadInput` where the assumptions cannot be, or no application can be handed in."""
    if not 0 < assumed.days <= MOST_DAYS or not 0 < assumed.arrivals * (assumed.days + assumed.warm_up) <= MOST_CASES or not 0 <= assumed.warm_up <= MOST_DAYS:
        raise BadInput("items.studio_load_bounds", days=MOST_DAYS, cases=MOST_CASES)
    if any(not 0 < each <= MOST_STAFF for each in assumed.staff.values()) or any(not 0 <= each <= 100_000 for each in assumed.minutes.values()):
        raise BadInput("items.studio_load_numbers", most=MOST_STAFF)
    return _Simulation(compiled, assumed, pools(compiled, departments, locale), locale).run()


class _Places:
    """The states that cases of the item can be in, each walked once by the engine."""

    def __init__(self, compiled: CompiledItem) -> None:
        self.compiled = compiled
        self.known: dict[tuple[Any, ...], _State] = {}

    def begin(self, given: JsonObject) -> "_State | None":
        """The state after handing in; ``None`` for an application that cannot be handed in."""
        walked = rehearse(self.compiled, given, ())
        if walked.walk is None or walked.stopped is not None:
            return None
        return self.at(walked.walk, repr(given))

    def at(self, walk: Rehearsal, mark: str) -> "_State":
        key = (mark, *place(walk))
        if key not in self.known:
            self.known[key] = _State(walk, mark)
        return self.known[key]

    def press(self, state: "_State", key: Key, do: str) -> "_State | None":
        """The state after *do*; ``None`` when it cannot be done after all."""
        if (key, do) not in state.following:
            there = state.walk.copy()
            task = state.tasks[key]
            step = {"as": pressing.as_role(task.holders, task.node), "at": short(task.node), "do": do, "reason": "-"}
            try:
                state.following[key, do] = self.at(there, state.mark) if there.step(step) is None else None
            except PlatformError:
                state.following[key, do] = None
        return state.following[key, do]


class _State:
    """One state with its open tasks; ``following`` is filled as it is left."""

    def __init__(self, walk: Rehearsal, mark: str) -> None:
        self.walk, self.mark = walk, mark
        self.tasks: dict[Key, OpenTask] = {(task.node, task.group): task for task in walk.marking.tasks}
        self.following: dict[tuple[Key, str], _State | None] = {}
        self._weights: dict[Key, tuple[tuple[str, ...], tuple[float, ...]]] = {}

    def weights(self, key: Key, odds: Mapping[str, Mapping[str, float]]) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """The buttons of a task that can be pressed here, with their weights."""
        if key not in self._weights:
            task = self.tasks[key]
            names = _names(self.walk, task)
            given = odds.get(pressing.drawn(short(task.node)))
            weights = [given.get(name, 0.0) for name in names] if given is not None else []
            self._weights[key] = (names, tuple(weights) if sum(weights) > 0 else _usual(self.walk, task, names))
        return self._weights[key]


def _names(walk: Rehearsal, task: OpenTask) -> tuple[str, ...]:
    if task.kind == "auto":
        return ("hook_done", "hook_failed")
    if task.kind == "child":
        return ("granted", "refused", "cancelled")
    return tuple(view.id for view in actions(walk.route, walk.marking, task.no, walk.facts) if view.enabled)


def _usual(walk: Rehearsal, task: OpenTask, names: tuple[str, ...]) -> tuple[float, ...]:
    """The button that leads on is pressed nearly always."""
    node = walk.route.nodes.get(task.node)
    exits = node.exits if node is not None else {}
    on = next((n for n in names if n in exits and exits[n].back is None and n != "refuse" and exits[n].outcome != "refuse"), names[0] if names else "")
    others = max(1, len(names) - 1)
    return tuple((ON if name == on else OTHERWISE / others) if len(names) > 1 else 1.0 for name in names)


@dataclass(slots=True)
class _Case:
    state: _State
    at: float
    accepted: float | None = None
    decided: float | None = None
    ended: bool = False
    tokens: dict[Key, int] = field(default_factory=dict)
    waiting: "_Work | None" = None


@dataclass(slots=True)
class _Work:
    case: _Case
    key: Key
    token: int
    node: str
    since: float

    @property
    def live(self) -> bool:
        """Whether it is still to be done: another branch may have decided it."""
        return self.case.tokens.get(self.key) == self.token


@dataclass(slots=True)
class _Pool:
    staff: int
    free: int
    queue: deque[_Work] = field(default_factory=deque)
    busy: float = 0.0
    lengths: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Tally:
    """What is counted of one step."""

    pool: str = ""
    title: str = ""
    limit: int | None = None
    waits: list[float] = field(default_factory=list)
    over: int = 0
    waiting: int = 0
    lengths: list[int] = field(default_factory=list)


class _Simulation:
    """One run: a heap of what happens next."""

    def __init__(self, compiled: CompiledItem, assumed: Assumptions, who: Mapping[str, str], locale: str) -> None:
        self.compiled, self.assumed, self.who, self.locale = compiled, assumed, who, locale
        self.random = Random(assumed.seed)  # noqa: S311 - a simulation wants the same numbers again
        self.places = _Places(compiled)
        self.minutes = {**defaults(compiled), **assumed.minutes}
        self.pools = {key: _Pool(assumed.staff.get(key, 1), assumed.staff.get(key, 1)) for key in who}
        self.steps: dict[str, _Tally] = {}
        self.cases: list[_Case] = []
        self.heap: list[tuple[float, int, str, Any]] = []
        self.number, self.token = count(), count()
        self.begins = assumed.warm_up * DAY
        self.ends = (assumed.warm_up + assumed.days) * DAY
        self.beginnings = self._beginnings()

    def _beginnings(self) -> tuple[list[_State], list[float]]:
        givens = list(self.assumed.givens) or [(test["given"], 1.0) for test in self.compiled.doc.get("tests") or ()]
        found = [(state, weight) for given, weight in givens if weight > 0 and (state := self.places.begin(given)) is not None]
        if not found and (state := self.places.begin(playing.start(self.compiled))) is not None:
            found = [(state, 1.0)]
        if not found:
            raise BadInput("items.studio_load_nothing")
        return [state for state, _weight in found], [weight for _state, weight in found]

    def run(self) -> Load:
        self._later(self.random.expovariate(self.assumed.arrivals / DAY), "arrive", None)
        for day in range(self.assumed.days):
            self._later(self.begins + (day + 1) * DAY - 1e-6, "evening", None)
        work: Mapping[str, Callable[[float, Any], None]] = {"arrive": self._arrive, "done": self._done, "answered": self._answered, "evening": self._evening}
        while self.heap and self.heap[0][0] < self.ends:
            at, _number, kind, what = heapq.heappop(self.heap)
            work[kind](at, what)
        return self._told()

    def _later(self, at: float, kind: str, what: Any) -> None:
        heapq.heappush(self.heap, (at, next(self.number), kind, what))

    def _arrive(self, at: float, _nothing: Any) -> None:
        case = _Case(self.random.choices(*self.beginnings)[0], at)
        self.cases.append(case)
        self._open(case, at, None)
        self._later(at + self.random.expovariate(self.assumed.arrivals / DAY), "arrive", None)

    def _open(self, case: _Case, at: float, pressed: Key | None) -> None:
        """Hand out the tasks that are new; *pressed* is new again where it is still open."""
        open_now = case.state.tasks
        for key in [key for key in case.tokens if key not in open_now or key == pressed]:
            del case.tokens[key]
        marking = case.state.walk.marking
        if case.accepted is None and marking.phase not in ("intake",):
            case.accepted = at
        if case.decided is None and (marking.decision is not None or marking.ended):
            case.decided = at
        case.ended = marking.ended
        for key, task in open_now.items():
            if key not in case.tokens:
                case.tokens[key] = next(self.token)
                self._hand_out(_Work(case, key, case.tokens[key], pressing.drawn(short(task.node)), at), task)

    def _hand_out(self, work: _Work, task: OpenTask) -> None:
        role = pressing.as_role(task.holders, task.node)
        if task.holders.role in OUTSIDE:
            days = self.assumed.applicant_days if task.holders.role == "applicant" else 0.0
            self._later(work.since + days * DAY, "answered", work)
            return
        pool = self.pools.setdefault(role, _Pool(self.assumed.staff.get(role, 1), self.assumed.staff.get(role, 1)))
        tally = self.steps.setdefault(work.node, _Tally())
        tally.pool, tally.title, tally.limit = role, task_title(self.compiled.route, task.node, task.title, self.locale), _days(task.limit, 0) or None
        tally.waiting += 1
        pool.queue.append(work)
        self._begin(pool, work.since)

    def _begin(self, pool: _Pool, at: float) -> None:
        while pool.free and pool.queue:
            work = pool.queue.popleft()
            self.steps[work.node].waiting -= 1
            if not work.live:
                continue
            mean = self.minutes.get(work.node, PER_LIMIT_DAY)
            length = self.random.expovariate(1 / mean) if mean > 0 else 0.0
            pool.free -= 1
            pool.busy += max(0.0, min(at + length, self.ends) - max(at, self.begins))
            if work.since >= self.begins:
                self.steps[work.node].waits.append(at - work.since)
            self._later(at + length, "done", (pool, work))

    def _done(self, at: float, what: tuple[_Pool, _Work]) -> None:
        pool, work = what
        pool.free += 1
        tally = self.steps[work.node]
        if work.since >= self.begins and tally.limit is not None and _day(at) - _day(work.since) > tally.limit:
            tally.over += 1
        self._press(work, at)
        self._begin(pool, at)

    def _answered(self, at: float, work: _Work) -> None:
        self._press(work, at)

    def _press(self, work: _Work, at: float) -> None:
        if not work.live:
            return
        if work.key[0] == "intake" and any(task.kind == "check" for task in work.case.state.tasks.values()):
            work.case.waiting = work  # the window has looked; it answers when every department has checked its papers
            return
        names, weights = work.case.state.weights(work.key, self.assumed.odds)
        while names:
            index = self.random.choices(range(len(names)), weights)[0] if sum(weights) > 0 else 0
            following = self.places.press(work.case.state, work.key, names[index])
            if following is not None:
                work.case.state = following
                self._open(work.case, at, work.key)
                held, work.case.waiting = work.case.waiting, None
                if held is not None and held is not work:
                    self._press(held, at)
                return
            names, weights = names[:index] + names[index + 1 :], weights[:index] + weights[index + 1 :]

    def _evening(self, _at: float, _nothing: Any) -> None:
        for pool in self.pools.values():
            pool.lengths.append(len(pool.queue))
        for tally in self.steps.values():
            missing = len(next(iter(self.pools.values())).lengths) - 1 - len(tally.lengths)
            tally.lengths.extend([0] * missing + [tally.waiting])

    # telling --------------------------------------------------------------------------------------------------------

    def _told(self) -> Load:
        counted = [case for case in self.cases if case.at >= self.begins]
        promised = _days(self.compiled.route.main_limit.plain, 0) or None
        lengths = [_day(case.decided) - _day(case.accepted) for case in counted if case.accepted is not None and case.decided is not None]
        waiting = [_day(self.ends) - _day(case.accepted) for case in counted if case.accepted is not None and case.decided is None]
        late = sum(days > promised for days in (*lengths, *waiting)) if promised is not None else 0
        known = len(lengths) + sum(days > (promised or 0) for days in waiting)
        ended: dict[str, int] = {}
        for case in counted:
            if case.decided is not None:
                ended[case.state.walk.end] = ended.get(case.state.walk.end, 0) + 1
        return Load(
            self.assumed.days, len(counted), ended, sum(case.decided is None for case in counted), promised,
            late / known if promised is not None and known else None, _part(lengths, 0.5), _part(lengths, 0.9),
            tuple(self._steps()), tuple(self._pools()),
        )  # fmt: skip

    def _steps(self) -> Iterator[StepLoad]:
        order = {name: number for number, name in enumerate(self.minutes)}
        for node, tally in sorted(self.steps.items(), key=lambda each: order.get(each[0], len(order))):
            number = len(tally.waits)
            yield StepLoad(
                node, tally.title, tally.pool, number, self.minutes.get(node, PER_LIMIT_DAY), (math.fsum(tally.waits) / number if number else 0.0) / 60,
                _part(tally.waits, 0.5) / 60, _part(tally.waits, 0.9) / 60, tally.limit,
                tally.over / number if number and tally.limit is not None else None, tuple(tally.lengths),
            )  # fmt: skip

    def _pools(self) -> Iterator[PoolLoad]:
        for key, pool in self.pools.items():
            yield PoolLoad(key, self.who.get(key, key), pool.staff, pool.busy / (pool.staff * self.assumed.days * DAY), tuple(pool.lengths))


def _day(at: float) -> int:
    return int(at // DAY)


def _part(values: Sequence[float], share: float) -> float:
    """The value below which *share* of them lie (nearest rank)."""
    ordered = sorted(values)
    return float(ordered[max(0, math.ceil(share * len(ordered)) - 1)]) if ordered else 0.0
