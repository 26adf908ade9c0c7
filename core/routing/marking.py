"""Where a case stands, what may be commanded, what happened: the values that go in and out of the engine.

Everything is frozen and has a plain JSON form; nothing here carries a personal value – ids and references only (DESIGN §6). What every command makes
anew is a named tuple, which is made five times as fast as a frozen dataclass.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from core.routing.closed_lists import COMMANDS, ENDS, EVENTS
from core.routing.spec import Holders, Org
from core.worktime.spec import Limit

__all__ = [
    "COMMANDS",
    "ENDS",
    "EVENTS",
    "ActionView",
    "Block",
    "ChildCase",
    "ClockOp",
    "Command",
    "CustodyOp",
    "Marking",
    "OpenTask",
    "Phase",
    "Plan",
    "Relayed",
    "RouteEvent",
    "Signing",
    "Status",
    "TaskKind",
]

#: The mapping of a new case; shared, so it cannot be changed.
NOTHING: Mapping[str, Any] = MappingProxyType({})

Phase = Literal["intake", "review", "delivery", "closed"]
Status = Literal[
    "submitted",
    "accepted",
    "declined",
    "correction_requested",
    "in_review",
    "suspended",
    "decided",
    "delivered",
    "closed",
    "withdrawn",
    "lapsed",
    "terminated",
]
TaskKind = Literal["relay", "pre_review", "intake", "check", "correction", "step", "sign", "auto", "child", "inquiry", "extension", "delivery"]


class OpenTask(NamedTuple):
    """Work that waits for somebody. ``node`` is a path, ``scope`` the path of the scope whose token it is, ``visit`` how often the node was entered.

    ``group`` is the number of the signing group, ``holder`` the staff id that claimed it, ``escalated`` whether the parent organisation was called.
    ``lent`` are those who delegated it (委派), the last of whom gets it back; ``about`` is the task that an inquiry belongs to.
    """

    no: int
    node: str
    kind: TaskKind
    title: str
    holders: Holders
    limit: Limit | None
    scope: str
    visit: int = 1
    group: int | None = None
    holder: str | None = None
    escalated: bool = False
    lent: tuple[str, ...] = ()
    about: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The task as it stands in events; empty parts are left out."""
        no, node, kind, title, holders, limit, scope, visit, group, holder, escalated, lent, about = self
        plain: dict[str, Any] = {
            "no": no,
            "node": node,
            "kind": kind,
            "title": title,
            "holders": holders.to_json(),
            "limit": None if limit is None else limit.to_json(),
            "scope": scope,
            "visit": visit,
        }
        if group is not None:
            plain["group"] = group
        if holder is not None:
            plain["holder"] = holder
        if escalated:
            plain["escalated"] = True
        if lent:
            plain["lent"] = list(lent)
        if about is not None:
            plain["about"] = about
        return plain

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "OpenTask":
        """The task back."""
        limit = plain.get("limit")
        return cls(
            plain["no"],
            plain["node"],
            plain["kind"],
            plain["title"],
            Holders.from_json(plain["holders"]),
            Limit.from_json(limit) if limit else None,
            plain["scope"],
            plain.get("visit", 1),
            plain.get("group"),
            plain.get("holder"),
            bool(plain.get("escalated", False)),
            tuple(plain.get("lent", ())),
            plain.get("about"),
        )


@dataclass(frozen=True, slots=True)
class Block:
    """A parallel node that was entered. Who started is recorded here, never inferred (ROUTING §9.3)."""

    visit: int
    started: tuple[str, ...]
    closed: Mapping[str, str] = field(default_factory=dict)
    stopped: tuple[str, ...] = ()

    @property
    def pending(self) -> tuple[str, ...]:
        """Branches that still run."""
        return tuple(b for b in self.started if b not in self.closed and b not in self.stopped)

    def to_json(self) -> dict[str, Any]:
        """The block as plain JSON."""
        return {"visit": self.visit, "started": list(self.started), "closed": dict(self.closed), "stopped": list(self.stopped)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Block":
        """The block back."""
        return cls(plain["visit"], tuple(plain["started"]), dict(plain["closed"]), tuple(plain["stopped"]))


@dataclass(frozen=True, slots=True)
class Signing:
    """One group of a ``sign`` node that was entered: who may sign, how many must, how many did."""

    holders: Holders
    need: int
    of: int
    agree: int = 0
    refuse: int = 0
    signers: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The group as plain JSON."""
        plain: dict[str, Any] = {"holders": self.holders.to_json(), "need": self.need, "of": self.of}
        return plain | {"agree": self.agree, "refuse": self.refuse, "signers": list(self.signers)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Signing":
        """The group back."""
        return cls(
            Holders.from_json(plain["holders"]), plain["need"], plain["of"], plain.get("agree", 0), plain.get("refuse", 0), tuple(plain.get("signers", ()))
        )


@dataclass(frozen=True, slots=True)
class Relayed:
    """The way the papers took from the agents to the authority: ``way`` are (level, department id), the authority's level last.

    It is stored in the case, so the result returns along it even after a reorganisation. ``at`` is the level that holds the papers now, ``None`` once
    they have arrived; ``told`` are the levels that used their one answer about completeness.
    """

    way: tuple[tuple[str, str | None], ...]
    at: str | None
    told: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The way as plain JSON."""
        return {"way": [list(leg) for leg in self.way], "at": self.at, "told": list(self.told)}

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Relayed":
        """The way back."""
        return cls(tuple((level, department) for level, department in plain["way"]), plain["at"], tuple(plain["told"]))


class Marking(NamedTuple):
    """The whole state of a route. ``fold(events) == marking`` always.

    ``backs`` counts returns by ``path#action``; ``misses`` what each checking department found missing; ``signs`` the groups of open ``sign`` nodes;
    ``pauses`` maps an open pause to the tasks that wait in it; ``acted`` maps a node to the actors who closed its tasks (four eyes, opaque ids).
    ``received`` tells whether the intake clock was started; ``pre_review`` is ``open``, ``complete`` or ``missing`` where there was one; ``deemed`` are
    the nodes that ended by silence; ``children`` maps ``<node>#<visit>`` of a sub-case to ``open`` or to how it ended.
    """

    phase: Phase = "intake"
    status: Status = "submitted"
    tasks: tuple[OpenTask, ...] = ()
    blocks: Mapping[str, Block] = NOTHING
    visits: Mapping[str, int] = NOTHING
    outcomes: Mapping[str, str] = NOTHING
    next_no: int = 1
    corrections: int = 0
    backs: Mapping[str, int] = NOTHING
    misses: Mapping[str, Mapping[str, tuple[str, ...]]] = NOTHING
    signs: Mapping[str, tuple[Signing, ...]] = NOTHING
    pauses: Mapping[str, tuple[int, ...]] = NOTHING
    acted: Mapping[str, tuple[str, ...]] = NOTHING
    decision: str | None = None
    received: bool = True
    pre_review: str | None = None
    relay: Relayed | None = None
    extended: int = 0
    urged: int = 0
    deemed: tuple[str, ...] = ()
    children: Mapping[str, str] = NOTHING

    def task(self, no: int | None) -> OpenTask | None:
        """The open task with number *no*."""
        for task in self.tasks:
            if task.no == no:
                return task
        return None

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self.status in ENDS

    def to_json(self) -> dict[str, Any]:
        """The marking as the plain JSON that a case row stores; what only few cases know is left out of the others."""
        plain = self._always()
        if not self.received:
            plain["received"] = False
        if self.pre_review is not None:
            plain["pre_review"] = self.pre_review
        if self.relay is not None:
            plain["relay"] = self.relay.to_json()
        if self.extended:
            plain["extended"] = self.extended
        if self.urged:
            plain["urged"] = self.urged
        if self.deemed:
            plain["deemed"] = list(self.deemed)
        if self.children:
            plain["children"] = dict(self.children)
        return plain

    def _always(self) -> dict[str, Any]:
        return {
            "phase": self.phase,
            "status": self.status,
            "tasks": [t.to_json() for t in self.tasks],
            "blocks": {key: block.to_json() for key, block in self.blocks.items()},
            "visits": dict(self.visits),
            "outcomes": dict(self.outcomes),
            "next_no": self.next_no,
            "corrections": self.corrections,
            "backs": dict(self.backs),
            "misses": {key: {part: list(ids) for part, ids in found.items()} for key, found in self.misses.items()},
            "signs": {key: [g.to_json() for g in groups] for key, groups in self.signs.items()},
            "pauses": {key: list(tasks) for key, tasks in self.pauses.items()},
            "acted": {key: list(who) for key, who in self.acted.items()},
            "decision": self.decision,
        }

    @classmethod
    def from_json(cls, plain: Mapping[str, Any]) -> "Marking":
        """The marking back."""
        return cls(
            plain["phase"],
            plain["status"],
            tuple(OpenTask.from_json(t) for t in plain["tasks"]),
            {key: Block.from_json(block) for key, block in plain["blocks"].items()},
            dict(plain["visits"]),
            dict(plain["outcomes"]),
            plain["next_no"],
            plain["corrections"],
            dict(plain["backs"]),
            {key: {part: tuple(ids) for part, ids in found.items()} for key, found in plain["misses"].items()},
            {key: tuple(Signing.from_json(g) for g in groups) for key, groups in plain["signs"].items()},
            {key: tuple(tasks) for key, tasks in plain["pauses"].items()},
            {key: tuple(who) for key, who in plain["acted"].items()},
            plain["decision"],
            plain.get("received", True),
            plain.get("pre_review"),
            Relayed.from_json(plain["relay"]) if "relay" in plain else None,
            plain.get("extended", 0),
            plain.get("urged", 0),
            tuple(plain.get("deemed", ())),
            dict(plain.get("children", {})),
        )


class Command(NamedTuple):
    """What somebody wants. ``action`` is a button, a verdict or a pause; ``data`` holds ids only; ``actor`` is opaque and serves the four-eyes rule."""

    kind: str
    task: int | None = None
    action: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = NOTHING
    actor: str | None = None


class RouteEvent(NamedTuple):
    """One fact, plain JSON inside."""

    kind: str
    body: Mapping[str, Any]


class ClockOp(NamedTuple):
    """What to do to a clock. Clocks: ``pre_review``, ``intake``, ``correction``, ``main``, ``delivery``, ``task:<no>``, ``pause:<key>``.

    ``extend`` adds ``limit`` to the clock's own (行政许可法 42).

    ``pause`` names the pause for the ledger: its id, with ``@<node>`` where it is not shared; pauses of one clock may overlap.
    ``as_of`` ``"receipt"`` means that it runs from the day the papers were received (deemed acceptance, 行政许可法 32(4)).
    """

    op: Literal["start", "pause", "resume", "stop", "extend"]
    clock: str
    limit: Limit | None = None
    pause: str | None = None
    as_of: Literal["now", "receipt"] = "now"


@dataclass(frozen=True, slots=True)
class ChildCase:
    """Another item to be begun for another organisation (``subcase``). ``values`` may be personal: they are handed over and kept in no event.

    ``org`` is a relation as seen from the parent's department, ``None`` the item's own. The child's end comes back as the command ``child_ended``.
    """

    node: str
    visit: int
    item: str
    org: Org | None
    values: Mapping[str, Any]
    wait: bool
    task: int | None = None


@dataclass(frozen=True, slots=True)
class CustodyOp:
    """Paper changes hands: a ledger of its own beside the case's clocks. ``origin`` and ``target`` are levels, ``to`` the department where known.

    ``custody`` is ``required`` (with ``limit``) or ``periodic``; ``op`` is ``hand_over`` on the way up and ``hand_back`` for the result on the way down.
    """

    op: Literal["hand_over", "hand_back"]
    origin: str
    target: str
    to: str | None
    limit: Limit | None
    custody: str


class Plan(NamedTuple):
    """What a command does: the next marking, and everything its caller has to write in the same transaction.

    ``documents`` are the keys of documents and notices to make; ``outcome`` is ``grant`` or ``refuse`` when this command decided the case.
    ``children`` are cases to begin, ``custody`` paper to hand on.
    """

    marking: Marking
    events: tuple[RouteEvent, ...]
    opens: tuple[OpenTask, ...] = ()
    closes: tuple[int, ...] = ()
    clocks: tuple[ClockOp, ...] = ()
    outcome: str | None = None
    documents: tuple[str, ...] = ()
    children: tuple[ChildCase, ...] = ()
    custody: tuple[CustodyOp, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionView:
    """A button as it is shown: whether it may be pressed, why not, what it needs and what it will do (in words)."""

    id: str
    title: str
    enabled: bool
    why_not: str | None
    needs: tuple[str, ...]
    effect: str
