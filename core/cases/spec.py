"""Frozen views of cases for pages and API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from core.worktime.spec import DayLine

#: Statuses in which a case is over.
ENDED = frozenset({"declined", "closed", "withdrawn", "lapsed", "terminated"})


@dataclass(frozen=True, slots=True)
class CaseRef:
    """The answer to a submission. ``query_code`` is shown once here and on the receipt; the database has it sealed and indexed only."""

    id: str
    number: str
    query_code: str
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class PartyOnCase:
    """Who takes part in a submission: the party, and as what."""

    party_id: str
    role: str = "applicant"


@dataclass(frozen=True, slots=True)
class Handed:
    """One file handed in for a material. ``holder`` is who holds the blob now: ``("draft", id)`` or ``("party", id)``."""

    material: str
    blob_id: str
    name: str
    media_type: str
    size: int
    digest: str = ""
    holder: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Signed:
    """One promise as the applicant signed it: its id in the item (``kind`` proof or permit) or the material that follows (``kind`` later), the
    name typed under it, when, and the digest of the text that was shown."""

    kind: str
    code: str
    name: str
    at: datetime
    digest: str


@dataclass(frozen=True, slots=True)
class Supplies:
    """What the applicant decided about materials: since when they agree that the hall's own evidence is used (``None``: they do not), which piece
    they saw for which material, which they hand in all the same (``own``), and what they promise instead."""

    consented_at: datetime | None = None
    seen: Mapping[str, str] = field(default_factory=dict)
    own: frozenset[str] = frozenset()
    signed: tuple[Signed, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """For the sealed draft."""
        return {
            "consented_at": self.consented_at.isoformat() if self.consented_at else None, "seen": dict(self.seen), "own": sorted(self.own),
            "signed": [[one.kind, one.code, one.name, one.at.isoformat(), one.digest] for one in self.signed],
        }  # fmt: skip

    @classmethod
    def from_json(cls, value: Mapping[str, Any] | None) -> "Supplies":
        """What :meth:`to_json` wrote; nothing decided when a draft is older than this."""
        if not value:
            return cls()
        signed = tuple(Signed(kind, code, name, datetime.fromisoformat(at), digest) for kind, code, name, at, digest in value["signed"])
        consented = datetime.fromisoformat(value["consented_at"]) if value["consented_at"] else None
        return cls(consented, dict(value["seen"]), frozenset(value["own"]), signed)


@dataclass(frozen=True, slots=True)
class DeliveryChoice:
    """How the applicant wants the result: ``pickup`` from the windows of ``department_id`` (``None``: the authority's own), by ``post`` to an address,
    or ``electronic``."""

    way: str
    department_id: str | None = None
    recipient: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Reception:
    """Who took an application in for another authority (全域通办): a department of the receiving hall, and in which of the three modes."""

    department_id: str
    division_id: str
    mode: str
    hall_id: str | None = None
    staff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Submission:
    """Everything a person hands in: decided answers, chosen situations, files."""

    values: Mapping[str, Any]
    situation: Mapping[str, str] = field(default_factory=dict)
    materials: Sequence[Handed] = ()


@dataclass(frozen=True, slots=True)
class ActResult:
    """What a command did. ``replayed`` tells that the same command id was answered before."""

    case_id: str
    status: str
    seq: int
    outcome: str | None = None
    replayed: bool = False
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WorklistRow:
    """One open task in a worklist. ``light`` is of this moment; ``counts`` is the unit of its limit, ``standing`` ``paused``, ``extended`` or nothing."""

    case_id: str
    no: int
    node: str
    kind: str
    title: str
    number: str
    item_code: str
    item_title: str
    applicant: str
    department_id: str
    role: str
    claimed: bool
    opened_at: datetime
    due_at: datetime | None
    light: str
    counts: str | None = None
    standing: str | None = None


@dataclass(frozen=True, slots=True)
class Amount:
    """How many; ``more`` tells that counting stopped, so that there are at least so many."""

    count: int = 0
    more: bool = False


@dataclass(frozen=True, slots=True)
class StepCount(Amount):
    """How many tasks of an item's step wait in the worklist."""

    node: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in somebody's worklist at this moment, and how much of it at each step, most first."""

    late: Amount = Amount()
    yellow: Amount = Amount()
    all: Amount = Amount()
    steps: tuple[StepCount, ...] = ()


@dataclass(frozen=True, slots=True)
class MaterialView:
    """A file of a case."""

    id: str
    material: str
    blob_id: str
    name: str
    media_type: str
    size: int
    since_revision: int
    until_revision: int | None = None


@dataclass(frozen=True, slots=True)
class TaskView:
    """An open task on the case page."""

    no: int
    node: str
    kind: str
    title: str
    departments: tuple[str, ...]
    roles: tuple[str, ...]
    claimed_by: str
    opened_at: datetime
    due_at: datetime | None
    light: str
    mine: bool = False
    actions: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One event, for people."""

    seq: int
    kind: str
    at: datetime
    actor_kind: str
    actor: str
    on_behalf_of: str | None
    body: Mapping[str, Any]
    note: str = ""
    digest: str = ""  #: the event's hash in the chain


@dataclass(frozen=True, slots=True)
class CorrectionView:
    """What was asked for, each with its reason, and until when."""

    fields: Mapping[str, str]
    materials: Mapping[str, str]
    asked_at: datetime
    due: date | None
    answered_at: datetime | None
    lapsed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standstill:
    """Why a clock stands still: the procedure, the rule it rests on, and since when (行政许可法 45)."""

    title: str
    basis: str
    since: datetime


@dataclass(frozen=True, slots=True)
class ClockView:
    """A clock and its explanation: due day, light, and the days counted.

    ``next_rung`` says in words what happens at ``next_rung_at`` when nobody acts; ``overdue_at`` is when it was first late and stays for ever;
    ``held_by`` says why it stands still.
    """

    name: str
    due: date | None
    due_at: datetime | None
    used: int
    remaining: int | None
    light: str
    running: bool
    provisional: bool
    budget: int | None
    counts: str
    days: tuple[DayLine, ...]
    sentences: tuple[str, ...] = ()
    title: str = ""
    next_rung: str = ""
    next_rung_at: datetime | None = None
    overdue_at: datetime | None = None
    held_by: tuple[Standstill, ...] = ()


@dataclass(frozen=True, slots=True)
class CaseView:
    """A case as one who may see it sees it. ``values`` are ``None`` when the contents were erased."""

    id: str
    number: str
    item_code: str
    item_title: str
    version_id: str
    department_id: str
    division_id: str
    channel: str
    applicant: str
    status: str
    outcome: str | None
    version: int
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    values: Mapping[str, Any] | None
    situation: Mapping[str, str]
    parties: tuple[Mapping[str, Any], ...]
    materials: tuple[MaterialView, ...]
    tasks: tuple[TaskView, ...]
    clocks: tuple[ClockView, ...]
    history: tuple[HistoryLine, ...]
    correction: CorrectionView | None
    results: tuple[str, ...]
    marking: Any
    query_code: str | None = None
    parent_id: str | None = None

    def had(self, *kinds: str) -> bool:
        """Whether an event of one of *kinds* ever happened to it. What hangs on a case was told in its chain when it came, so what was never told there
        need not be looked for."""
        return any(line.kind in kinds for line in self.history)


@dataclass(frozen=True, slots=True)
class CaseCard:
    """A case in a list of one's own."""

    id: str
    number: str
    item_code: str
    item_title: str
    applicant: str
    status: str
    outcome: str | None
    submitted_at: datetime
    due_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One step of a case for the applicant: done, now or next; who, when, until when and why."""

    id: str
    title: str
    state: str
    who: str
    at: datetime | None
    until: date | None
    result: str = ""
    note: str = ""
    clock: ClockView | None = None


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft of one's own. ``newer`` is the version id that is published now, when that is another than the draft's."""

    id: str
    item_code: str
    item_title: str
    version_id: str
    version: int
    values: Mapping[str, Any]
    situation: Mapping[str, str]
    party_id: str | None
    materials: tuple[Handed, ...]
    page: str
    saved_at: datetime
    expires_at: datetime
    newer: str | None = None
    supplies: Supplies = Supplies()


@dataclass(frozen=True, slots=True)
class Verification:
    """The outcome of :func:`core.cases.service.verify`: sound, or what is wrong and at which event."""

    ok: bool
    events: int
    problems: tuple[str, ...] = ()
    erased: bool = False
