"""Tables of this plugin. Numbers of people and companies are blind indexes only; names and free words are sealed."""

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from core.sdk.tables import Id, Json, table_base

if TYPE_CHECKING:
    from sqlalchemy.orm import DeclarativeBase as Base  # a class that a function makes is none to a type checker
else:
    Base = table_base("credit_scoring")
#: Length of a blind index: format and HMAC-SHA-256 in hexadecimal.
INDEX = 80


class Subject(Base):
    """Somebody whom records are about. ``stale``: a record came or went since the last score."""

    __tablename__ = "plg_credit_scoring_subject"
    __table_args__ = (UniqueConstraint("kind", "number_index"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    number_index: Mapped[str] = mapped_column(String(INDEX))
    number_masked: Mapped[str] = mapped_column(String(40))
    name_index: Mapped[str] = mapped_column(String(INDEX), index=True)
    name: Mapped[bytes] = mapped_column(LargeBinary)
    industry: Mapped[str] = mapped_column(String(20), default="")
    region: Mapped[str] = mapped_column(String(40), default="")
    size: Mapped[str] = mapped_column(String(20), default="")
    stale: Mapped[bool] = mapped_column(Boolean, default=True)
    since: Mapped[datetime]


class Entry(Base):
    """One kind of credit information in the catalogue (信息目录). ``doc`` holds its texts and fields."""

    __tablename__ = "plg_credit_scoring_entry"

    code: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    domain: Mapped[str] = mapped_column(String(40))
    nature: Mapped[str] = mapped_column(String(10))
    term: Mapped[str] = mapped_column(String(20))
    public: Mapped[bool]
    severe: Mapped[bool] = mapped_column(Boolean, default=False)
    doc: Mapped[dict[str, Any]] = mapped_column(Json)
    changed_at: Mapped[datetime]
    changed_by: Mapped[str] = mapped_column(String(80))


class Record(Base):
    """One piece of information about a subject. ``terms``: kinds of its publicity. ``state``: ``valid``, ``disputed``, ``repaired``, ``withdrawn``."""

    __tablename__ = "plg_credit_scoring_record"
    __table_args__ = (UniqueConstraint("subject_id", "entry", "reference", "day"), Index("ix_plg_credit_scoring_record_public", "entry", "public_until"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("plg_credit_scoring_subject.id", name="fk_plg_credit_scoring_record_subject"))
    entry: Mapped[str] = mapped_column(String(40))
    day: Mapped[date]
    reference: Mapped[str] = mapped_column(String(100), default="")
    authority: Mapped[str] = mapped_column(String(100), default="")
    terms: Mapped[str] = mapped_column(String(80), default="none")
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12), default="valid")
    public_until: Mapped[date | None]
    batch_id: Mapped[str | None] = mapped_column(Id, index=True)
    since: Mapped[datetime]


class Model(Base):
    """One version of a scoring model. A published one never changes; ``digest`` is SHA-256 of its canonical document."""

    __tablename__ = "plg_credit_scoring_model"
    __table_args__ = (UniqueConstraint("code", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    code: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    number: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(String(12))
    doc: Mapped[dict[str, Any]] = mapped_column(Json)
    digest: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(String(500), default="")
    made_at: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    published_at: Mapped[datetime | None]
    published_by: Mapped[str | None] = mapped_column(String(80))


class Score(Base):
    """A subject's score as it stands, with the lines that led to it. ``points`` in thousandths."""

    __tablename__ = "plg_credit_scoring_score"

    subject_id: Mapped[str] = mapped_column(Id, ForeignKey("plg_credit_scoring_subject.id", name="fk_plg_credit_scoring_score_subject"), primary_key=True)
    model_id: Mapped[str] = mapped_column(Id)
    points: Mapped[int] = mapped_column(Integer)
    grade: Mapped[str] = mapped_column(String(1), index=True)
    vetoed: Mapped[bool]
    lines: Mapped[list[Any]] = mapped_column(Json)
    day: Mapped[date]
    at: Mapped[datetime]


class Past(Base):
    """A score that was, kept when points or grade moved."""

    __tablename__ = "plg_credit_scoring_past"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    model_id: Mapped[str] = mapped_column(Id)
    points: Mapped[int] = mapped_column(Integer)
    grade: Mapped[str] = mapped_column(String(1))
    day: Mapped[date]
    until: Mapped[datetime]


class Run(Base):
    """Work over many subjects in pieces: ``score`` (all), ``stale`` (those that changed) or ``simulate``. ``cursor``: the last subject that is done."""

    __tablename__ = "plg_credit_scoring_run"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    model_id: Mapped[str] = mapped_column(Id)
    state: Mapped[str] = mapped_column(String(10))
    day: Mapped[date]
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    moved: Mapped[int] = mapped_column(Integer, default=0)
    cursor: Mapped[str | None] = mapped_column(Id)
    pieces: Mapped[int] = mapped_column(Integer, default=0)
    spent_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    result: Mapped[dict[str, Any]] = mapped_column(Json)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]


class Batch(Base):
    """One import: whose, into which entry, how columns are mapped, how far it is. ``state``: ``new ready running stopped done``."""

    __tablename__ = "plg_credit_scoring_batch"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    title: Mapped[str] = mapped_column(String(200))
    entry: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    columns: Mapped[list[Any]] = mapped_column(Json)
    mapping: Mapped[dict[str, Any]] = mapped_column(Json)
    total: Mapped[int] = mapped_column(Integer, default=0)
    done: Mapped[int] = mapped_column(Integer, default=0)
    good: Mapped[int] = mapped_column(Integer, default=0)
    known: Mapped[int] = mapped_column(Integer, default=0)
    bad: Mapped[int] = mapped_column(Integer, default=0)
    piece: Mapped[int] = mapped_column(Integer, default=0)
    pieces: Mapped[int] = mapped_column(Integer, default=0)
    attempt: Mapped[int] = mapped_column(Integer, default=0)
    spent_ms: Mapped[int] = mapped_column(BigInteger, default=0)
    at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]


class Chunk(Base):
    """Rows of an import that wait, sealed; taken away when they are in."""

    __tablename__ = "plg_credit_scoring_chunk"

    batch_id: Mapped[str] = mapped_column(Id, ForeignKey("plg_credit_scoring_batch.id", name="fk_plg_credit_scoring_chunk_batch"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    first_line: Mapped[int] = mapped_column(Integer)
    count: Mapped[int] = mapped_column(Integer)
    rows: Mapped[bytes] = mapped_column(LargeBinary)


class Mistake(Base):
    """What is wrong in a line of an import. The value itself is not kept."""

    __tablename__ = "plg_credit_scoring_mistake"

    batch_id: Mapped[str] = mapped_column(Id, ForeignKey("plg_credit_scoring_batch.id", name="fk_plg_credit_scoring_mistake_batch"), primary_key=True)
    line: Mapped[int] = mapped_column(Integer, primary_key=True)
    column: Mapped[str] = mapped_column(String(100), primary_key=True)
    key: Mapped[str] = mapped_column(String(40))
    params: Mapped[dict[str, Any]] = mapped_column(Json)


class Request(Base):
    """An objection (异议) to a record, or the request to repair one (信用修复)."""

    __tablename__ = "plg_credit_scoring_request"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    record_id: Mapped[str] = mapped_column(Id, index=True)
    party_id: Mapped[str] = mapped_column(Id, index=True)
    words: Mapped[bytes] = mapped_column(LargeBinary)
    files: Mapped[list[Any]] = mapped_column(Json)
    promised: Mapped[bool] = mapped_column(Boolean, default=False)
    fulfilled: Mapped[bool] = mapped_column(Boolean, default=False)
    state: Mapped[str] = mapped_column(String(12), index=True)
    due: Mapped[date]
    answer: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    decided_by: Mapped[str | None] = mapped_column(String(80))


class Access(Base):
    """Who looked at whom, when, as what, and why. The person sees it."""

    __tablename__ = "plg_credit_scoring_access"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Id, index=True)
    who: Mapped[str] = mapped_column(String(80))
    who_words: Mapped[str] = mapped_column(String(120))
    what: Mapped[str] = mapped_column(String(12))
    purpose: Mapped[str] = mapped_column(String(300))
    at: Mapped[datetime]
