"""Tables of cases.

``region_root`` is in every row, so that PostgreSQL can partition now and be sharded later. What names a person is sealed under
the key of the case (``case_.wrapped_key``): destroying that key erases the case's contents, and fold and verify still hold.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String, Table, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from core.db.base import Base
from core.db.months import MONTHLY
from core.db.types import Id, Instant, Json


def table(model: type[Base]) -> Table:
    """The plain table of *model*: Core inserts go as one executemany, where the ORM would split rows by which values are NULL."""
    return cast(Table, model.__table__)


class Case(Base):
    """One case. ``version`` is the optimistic lock, ``marking`` the route's state, ``seq`` and ``head`` the end of its event chain.

    ``command_key`` is the idempotency key of the submission: the row itself is the claim, so a submission needs no other. A draft is
    submitted once (``draft_id``), whatever the command. ``parent_id`` is the case that began this one (``case_child``). ``idle_since`` is when a
    case that goes on was left without any open task, ``NULL`` for all others.
    """

    __tablename__ = "case_"
    __table_args__ = (
        Index("ix_case_account", "account_id", "submitted_at", "id"),
        Index("ix_case_department_status", "department_id", "status", "submitted_at", "id"),
        Index("ix_case_version_status", "version_id", "status"),
        # What stands still with nothing that could move it: a handful of rows, however many cases are open.
        Index("ix_case_idle", "idle_since", "id", postgresql_where=text("idle_since IS NOT NULL"), sqlite_where=text("idle_since IS NOT NULL")),
        # The library: newest first of a department, and of one item there; what ended when, for the upper platform's day.
        Index("ix_case_department_time", "department_id", "submitted_at", "id"),
        Index("ix_case_department_item", "department_id", "item_code", "submitted_at", "id"),
        Index("ix_case_ended", "ended_at", "id", postgresql_where=text("ended_at IS NOT NULL"), sqlite_where=text("ended_at IS NOT NULL")),
    )  # fmt: skip

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    command_key: Mapped[str] = mapped_column(String(80), unique=True)
    draft_id: Mapped[str | None] = mapped_column(Id, unique=True)
    parent_id: Mapped[str | None] = mapped_column(Id)
    number: Mapped[str] = mapped_column(String(140), unique=True)
    query_index: Mapped[str] = mapped_column(String(100), unique=True)
    sealed_query_code: Mapped[bytes] = mapped_column(LargeBinary)
    item_code: Mapped[str] = mapped_column(String(80))
    item_title: Mapped[str] = mapped_column(String(200))
    version_id: Mapped[str] = mapped_column(Id)
    department_id: Mapped[str] = mapped_column(Id)
    division_id: Mapped[str] = mapped_column(Id)
    account_id: Mapped[str | None] = mapped_column(Id)
    channel: Mapped[str] = mapped_column(String(20))
    applicant: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(24))
    version: Mapped[int] = mapped_column(Integer)
    seq: Mapped[int] = mapped_column(Integer)
    head: Mapped[str] = mapped_column(String(80))
    marking: Mapped[dict[str, Any]] = mapped_column(Json)
    payload_revision: Mapped[int] = mapped_column(Integer)
    wrapped_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    accepted_at: Mapped[datetime | None] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(20))
    results: Mapped[list[Any]] = mapped_column(Json)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    idle_since: Mapped[datetime | None] = mapped_column(Instant)
    last_change: Mapped[dict[str, Any] | None] = mapped_column(Json)


class CaseParty(Base):
    """A party of a case, its role and the authority it acts by. A citizen's access is a row here."""

    __tablename__ = "case_party"
    __table_args__ = (Index("ix_case_party_party", "party_id", "submitted_at", "case_id"),)

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    party_id: Mapped[str] = mapped_column(Id, primary_key=True)
    role: Mapped[str] = mapped_column(String(30), primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    authority: Mapped[str] = mapped_column(String(200))
    evidence_blob: Mapped[str | None] = mapped_column(Id)
    masked_name: Mapped[str] = mapped_column(String(100))
    submitted_at: Mapped[datetime] = mapped_column(Instant)


class CasePayload(Base):
    """The answers, sealed, one row a revision: 1 as submitted, the next after the correction."""

    __tablename__ = "case_payload"

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    revision: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)


class CaseMaterial(Base):
    """One file handed in for a material of the item; a replaced one stays, with the revision it ended at."""

    __tablename__ = "case_material"
    __table_args__ = (Index("ix_case_material_case", "case_id", "material"), Index("ix_case_material_blob", "blob_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    case_id: Mapped[str] = mapped_column(Id)
    region_root: Mapped[str] = mapped_column(Id)
    material: Mapped[str] = mapped_column(String(80))
    blob_id: Mapped[str] = mapped_column(Id)
    sealed_name: Mapped[bytes] = mapped_column(LargeBinary)
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(Integer)
    digest: Mapped[str] = mapped_column(String(160))
    since_revision: Mapped[int] = mapped_column(Integer)
    until_revision: Mapped[int | None] = mapped_column(Integer)


class CaseEvent(Base):
    """What happened, append only, each with the hash of the one before.

    ``body`` is canonical JSON without personal values. Words a person wrote (reason, opinion) are in ``sealed`` with a random
    salt; the hashed body holds their commitment, so that the words can be erased and the chain still holds.
    """

    __tablename__ = "case_event"
    __table_args__ = (Index("ix_case_event_command", "case_id", "command_key"), {"info": {MONTHLY: "case_id"}})

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    seq: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    format: Mapped[int] = mapped_column(Integer)
    algorithm: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    on_behalf_of: Mapped[str | None] = mapped_column(String(64))
    command_key: Mapped[str] = mapped_column(String(80))
    body: Mapped[str] = mapped_column(Text)
    sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    prev_hash: Mapped[str] = mapped_column(String(80))
    hash: Mapped[str] = mapped_column(String(80))


class CaseTask(Base):
    """An open task, one row per (department, role) that may hold it; deleted when it closes. The worklist reads nothing else.

    ``claimed_by`` is '' while nobody claimed it (an empty text and not NULL, so that one index range serves the queue);
    ``sort_at`` is ``due_at`` or the end of time. ``counts`` is the unit of the limit, ``standing`` says whether it is ``paused``, or else was
    ``extended``. A candidate row that a person of the queue may not see does not exist.
    """

    __tablename__ = "case_task"
    __table_args__ = (
        Index("ix_case_task_queue", "department_id", "role", "claimed_by", "sort_at", "case_id", "no"),
        Index("ix_case_task_mine", "claimed_by", "sort_at", "case_id", "no"),
        Index("ix_case_task_case", "case_id", "no"),
        Index("ix_case_task_number", "number"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    case_id: Mapped[str] = mapped_column(Id)
    no: Mapped[int] = mapped_column(Integer)
    node: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[str | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    claimed_by: Mapped[str] = mapped_column(String(36), default="")
    exclude: Mapped[list[Any]] = mapped_column(Json)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    yellow_at: Mapped[datetime | None] = mapped_column(Instant)
    sort_at: Mapped[datetime] = mapped_column(Instant)
    counts: Mapped[str | None] = mapped_column(String(12))
    standing: Mapped[str | None] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(140))
    item_code: Mapped[str] = mapped_column(String(80))
    item_title: Mapped[str] = mapped_column(String(200))
    applicant: Mapped[str] = mapped_column(String(100))


class CaseTaskDone(Base):
    """A closed task: who did what and when."""

    __tablename__ = "case_task_done"
    __table_args__ = (Index("ix_case_task_done_actor", "actor_id", "closed_at", "case_id"), {"info": {MONTHLY: "case_id"}})

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    no: Mapped[int] = mapped_column(Integer, primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    node: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[str | None] = mapped_column(Id)
    role: Mapped[str] = mapped_column(String(20))
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime] = mapped_column(Instant)
    actor_kind: Mapped[str] = mapped_column(String(10))
    actor_id: Mapped[str] = mapped_column(String(64))
    on_behalf_of: Mapped[str | None] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(80))
    event_seq: Mapped[int] = mapped_column(Integer)


class CaseClock(Base):
    """One clock as a ledger (``worktime``). What is derived from it – due date, yellow light, next rung – is made again when the calendar changes.

    ``epoch`` grows whenever the due date is derived to another instant; ``next_rung`` fires at ``next_rung_at``, which is ``NULL`` while the clock
    stands still or has nothing left to fire, so that the sweep's index holds living clocks only. ``overdue_at`` is when the clock was first late and
    is never taken back. ``escalates`` is the limit after the due date at which somebody above is called, frozen when the clock began.
    """

    __tablename__ = "case_clock"
    __table_args__ = (
        Index(
            "ix_case_clock_rung", "next_rung_at", "case_id", "name",
            postgresql_where=text("next_rung_at IS NOT NULL"), sqlite_where=text("next_rung_at IS NOT NULL"),
        ),
    )  # fmt: skip

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(220), primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    ledger: Mapped[dict[str, Any]] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(10))
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    yellow_at: Mapped[datetime | None] = mapped_column(Instant)
    provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    epoch: Mapped[int] = mapped_column(Integer, default=1)
    next_rung: Mapped[str | None] = mapped_column(String(12))
    next_rung_at: Mapped[datetime | None] = mapped_column(Instant)
    overdue_at: Mapped[datetime | None] = mapped_column(Instant)
    escalates: Mapped[dict[str, Any] | None] = mapped_column(Json)


class CaseCommand(Base):
    """A command that was carried out and what it answered; the same id again gets the same answer."""

    __tablename__ = "case_command"

    command_key: Mapped[str] = mapped_column(String(80), primary_key=True)
    case_id: Mapped[str] = mapped_column(Id, index=True)
    region_root: Mapped[str] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)
    result: Mapped[dict[str, Any]] = mapped_column(Json)


class CaseNumber(Base):
    """The counter of one item and day. Gaps are allowed: a rolled-back submission may leave one."""

    __tablename__ = "case_number"

    prefix: Mapped[str] = mapped_column(String(120), primary_key=True)
    day: Mapped[str] = mapped_column(String(8), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


class Correction(Base):
    """What a case asked its applicant for: the one correction (行政许可法 32(1)4), or before receipt the answer of a pre-review or of a level on the way.

    ``node`` is the path of the task that waits for it; each happens once. The reasons are sealed.
    """

    __tablename__ = "correction"

    case_id: Mapped[str] = mapped_column(Id, primary_key=True)
    node: Mapped[str] = mapped_column(String(80), primary_key=True)
    region_root: Mapped[str] = mapped_column(Id)
    fields: Mapped[list[Any]] = mapped_column(Json)
    materials: Mapped[list[Any]] = mapped_column(Json)
    sealed_reasons: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    lapsed_at: Mapped[datetime | None] = mapped_column(Instant)


class Draft(Base):
    """An application somebody is still filling in; sealed under its own key, gone after ``expires_at``."""

    __tablename__ = "draft"
    __table_args__ = (Index("ix_draft_account", "account_id", "saved_at", "id"), Index("ix_draft_expires", "expires_at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    account_id: Mapped[str] = mapped_column(Id)
    region_root: Mapped[str | None] = mapped_column(Id)
    item_code: Mapped[str] = mapped_column(String(80))
    item_title: Mapped[str] = mapped_column(String(200))
    version_id: Mapped[str] = mapped_column(Id)
    version: Mapped[int] = mapped_column(Integer)
    wrapped_key: Mapped[bytes] = mapped_column(LargeBinary)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Instant)
    saved_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
