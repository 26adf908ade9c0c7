"""Where a case stands, what may be commanded, what happened: the values that go in and out of the engine.

Everything is frozen and has a plain JSON form; nothing here carries a personal value – ids and references only (DESIGN §6).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.routing.spec import Holders
from core.worktime.spec import Limit

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
TaskKind = Literal["intake", "check", "correction", "step", "sign", "auto", "delivery"]

#: Closed list of commands (ROUTING §4.5).
COMMANDS = frozenset(
    [
        "file",
        "pre_review",
        "accept",
        "deem_accepted",
        "decline",
        "request_correction",
        "correct",
        "lapse",
        "act",
        "ask",
        "answer",
        "claim",
        "release",
        "transfer",
        "delegate",
        "return_delegate",
        "add_signer",
        "sign",
        "open_pause",
        "close_pause",
        "extend",
        "withdraw",
        "take_back",
        "terminate",
        "urge",
        "deliver",
        "fire_rung",
        "overdue",
        "hook_done",
        "hook_failed",
        "child_ended",
        "migrate",
        "correct_record",
    ]
)
#: Closed list of events; one a fact.
EVENTS = frozenset(
    [
        "case_filed",
        "task_opened",
        "task_closed",
        "task_claimed",
        "task_released",
        "task_escalated",
        "check_ended",
        "correction_requested",
        "corrected",
        "case_accepted",
        "case_declined",
        "case_lapsed",
        "case_withdrawn",
        "case_terminated",
        "node_entered",
        "node_left",
        "back_taken",
        "block_entered",
        "branch_ended",
        "branch_stopped",
        "block_left",
        "sign_opened",
        "signed",
        "signer_added",
        "hook_called",
        "hook_done",
        "hook_failed",
        "pause_opened",
        "pause_closed",
        "decided",
        "delivered",
        "case_closed",
    ]
)
#: Statuses after which nothing more can happen.
ENDS = frozenset({"declined", "closed", "withdrawn", "lapsed", "terminated"})


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Work that waits for somebody. ``node`` is a path, ``scope`` the path of the scope whose token it is, ``visit`` how often the node was entered.

    ``group`` is the number of the signing group, ``holder`` the staff id that claimed it, ``escalated`` whether the parent organisation was called.
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

    def to_json(self) -> dict[str, Any]:
        """The task as it stands in events; empty parts are left out."""
        plain: dict[str, Any] = {"no": self.no, "node": self.node, "kind": self.kind, "title": self.title, "holders": self.holders.to_json()}
        plain |= {"limit": self.limit.to_json() if self.limit else None, "scope": self.scope, "visit": self.visit}
        extra = {"group": self.group, "holder": self.holder, "escalated": self.escalated or None}
        return plain | {key: value for key, value in extra.items() if value is not None}

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
class Marking:
    """The whole state of a route. ``fold(events) == marking`` always.

    ``backs`` counts returns by ``path#action``; ``misses`` what each checking department found missing; ``signs`` the groups of open ``sign`` nodes;
    ``pauses`` maps an open pause to the tasks that wait in it; ``acted`` maps a node to the actors who closed its tasks (four eyes, opaque ids).
    """

    phase: Phase = "intake"
    status: Status = "submitted"
    tasks: tuple[OpenTask, ...] = ()
    blocks: Mapping[str, Block] = field(default_factory=dict)
    visits: Mapping[str, int] = field(default_factory=dict)
    outcomes: Mapping[str, str] = field(default_factory=dict)
    next_no: int = 1
    corrections: int = 0
    backs: Mapping[str, int] = field(default_factory=dict)
    misses: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)
    signs: Mapping[str, tuple[Signing, ...]] = field(default_factory=dict)
    pauses: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    acted: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    decision: str | None = None

    def task(self, no: int | None) -> OpenTask | None:
        """The open task with number *no*."""
        return next((t for t in self.tasks if t.no == no), None)

    @property
    def ended(self) -> bool:
        """Whether nothing more can happen."""
        return self.status in ENDS

    def to_json(self) -> dict[str, Any]:
        """The marking as the plain JSON that a case row stores."""
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
        )


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody wants. ``action`` is a button, a verdict or a pause; ``data`` holds ids only; ``actor`` is opaque and serves the four-eyes rule."""

    kind: str
    task: int | None = None
    action: str | None = None
    reason: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    actor: str | None = None


@dataclass(frozen=True, slots=True)
class RouteEvent:
    """One fact, plain JSON inside."""

    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ClockOp:
    """What to do to a clock. Clocks: ``intake``, ``correction``, ``main``, ``delivery``, ``task:<no>``, ``pause:<key>``.

    ``pause`` names the pause for the ledger: its id, with ``@<node>`` where it is not shared; pauses of one clock may overlap.
    ``as_of`` ``"receipt"`` means that it runs from the day the papers were received (deemed acceptance, 行政许可法 32(4)).
    """

    op: Literal["start", "pause", "resume", "stop"]
    clock: str
    limit: Limit | None = None
    pause: str | None = None
    as_of: Literal["now", "receipt"] = "now"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a command does: the next marking, and everything its caller has to write in the same transaction.

    ``documents`` are the keys of documents and notices to make; ``outcome`` is ``grant`` or ``refuse`` when this command decided the case.
    """

    marking: Marking
    events: tuple[RouteEvent, ...]
    opens: tuple[OpenTask, ...] = ()
    closes: tuple[int, ...] = ()
    clocks: tuple[ClockOp, ...] = ()
    outcome: str | None = None
    documents: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ActionView:
    """A button as it is shown: whether it may be pressed, why not, what it needs and what it will do (in words)."""

    id: str
    title: str
    enabled: bool
    why_not: str | None
    needs: tuple[str, ...]
    effect: str
