"""Subjects and their records: found by a blind index, shown masked, opened with a reason that stays on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import select, update

from core.sdk import BadInput, Context, NotFound, people
from core.sdk.tables import new_id
from plugins.credit_scoring import catalogue
from plugins.credit_scoring.acting import actor
from plugins.credit_scoring.models import Access, Past, Record, Score, Subject
from plugins.credit_scoring.terms import publicity

#: Kind of subject → kind of its number.
NUMBERS = {"company": "uscc", "person": "resident_id"}
#: Looks for which somebody stated a reason themselves.
_STATED = ("page", "number")
#: So long a stated reason opens a subject's page for the one who stated it.
OPEN_FOR = timedelta(hours=1)
_PAGE = 30


@dataclass(frozen=True, slots=True)
class SubjectView:
    """A subject with the score that stands. ``name`` is a company's, or a person's with all but the first character masked unless revealed."""

    id: str
    kind: str
    name: str
    number_masked: str
    industry: str
    region: str
    size: str
    grade: str
    points: int | None
    stale: bool


def index(ctx: Context, kind: str, number: str) -> str:
    """The blind index under which a number of a subject of *kind* is kept."""
    return people.index(ctx, NUMBERS[kind], number)


def find(ctx: Context, kind: str, number: str) -> str | None:
    """The id of the subject with *number*."""
    found: str | None = ctx.session.scalar(select(Subject.id).where(Subject.kind == kind, Subject.number_index == index(ctx, kind, number)))
    return found


def of_party(ctx: Context, party_id: str) -> str | None:
    """The subject that a party of the hall is, if records know it."""
    found = people.party(ctx, party_id)
    wanted = people.party_index(ctx, party_id)
    subject: str | None = ctx.session.scalar(select(Subject.id).where(Subject.kind == found.kind, Subject.number_index == wanted))
    return subject


def view(ctx: Context, subject_id: str, *, reveal: bool = False) -> SubjectView:
    """One subject. :class:`NotFound` when there is none. *reveal*: a person's name unmasked, for whoever has a reason on record."""
    row = ctx.session.execute(_query().where(Subject.id == subject_id)).first()
    if row is None:
        raise NotFound("credit_scoring.no_subject")
    return _view(ctx, row, reveal)


def listed(ctx: Context, *, kind: str, grade: str = "", industry: str = "", after: str | None = None) -> tuple[tuple[SubjectView, ...], str | None]:
    """One page of subjects, and where the next begins."""
    query = _query().where(Subject.kind == kind).order_by(Subject.id).limit(_PAGE + 1)
    if grade:
        query = query.where(Score.grade == grade)
    if industry:
        query = query.where(Subject.industry == industry)
    if after:
        query = query.where(Subject.id > after)
    rows = ctx.session.execute(query).all()
    return tuple(_view(ctx, row, False) for row in rows[:_PAGE]), rows[_PAGE - 1][0].id if len(rows) > _PAGE else None


def records(ctx: Context, subject_id: str) -> tuple["RecordView", ...]:
    """Everything that is known of a subject, newest first."""
    rows = ctx.session.scalars(select(Record).where(Record.subject_id == subject_id).order_by(Record.day.desc(), Record.id)).all()
    known = catalogue.docs(ctx)
    return tuple(_record(ctx, row, known) for row in rows)


def record(ctx: Context, subject_id: str, record_id: str) -> "RecordView":
    """One record of this subject and no other's."""
    row = ctx.session.scalar(select(Record).where(Record.id == record_id, Record.subject_id == subject_id))
    if row is None:
        raise NotFound("credit_scoring.no_record")
    return _record(ctx, row, catalogue.docs(ctx))


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record as people read it."""

    id: str
    entry: str
    doc: dict[str, Any]
    day: date
    reference: str
    authority: str
    data: dict[str, Any]
    words: str
    state: str
    terms: tuple[str, ...]
    public: bool
    least_until: date | None
    public_until: date | None

    @property
    def bad(self) -> bool:
        """Whether it counts against its subject."""
        return bool(self.doc.get("nature") == "bad")

    def values(self, locale: str) -> list[tuple[str, str]]:
        """(title, value) of its fields, in words."""
        named = "en" if locale.startswith("en") else "zh"
        found = []
        for each in self.doc.get("fields", ()):
            if each["id"] in self.data:
                value = self.data[each["id"]]
                choice = next((c["title"][named] for c in each.get("choices", ()) if c["value"] == value), None)
                found.append((each["title"][named], choice or str(value)))
        return found


def mark(ctx: Context, record_id: str, state: str) -> None:
    """Set the state of a record; its subject is scored anew with the next piece of work."""
    row = ctx.session.get(Record, record_id)
    if row is None:
        raise NotFound("credit_scoring.no_record")
    row.state = state
    if state in ("repaired", "withdrawn"):
        row.public_until = None
    ctx.session.execute(update(Subject).where(Subject.id == row.subject_id).values(stale=True))
    ctx.session.flush()


def standing(ctx: Context, subject_id: str) -> Any:
    """The score that stands, with its lines: ``model_id points grade vetoed lines day at``; ``None`` before the first."""
    query = select(Score.model_id, Score.points, Score.grade, Score.vetoed, Score.lines, Score.day, Score.at)
    return ctx.session.execute(query.where(Score.subject_id == subject_id)).first()


def vetoed(ctx: Context, subject_id: str) -> bool:
    """Whether a veto set the grade that stands."""
    return bool(ctx.session.scalar(select(Score.vetoed).where(Score.subject_id == subject_id)))


def past(ctx: Context, subject_id: str) -> Sequence[Past]:
    """Scores that were, newest first, at most twenty."""
    return ctx.session.scalars(select(Past).where(Past.subject_id == subject_id).order_by(Past.until.desc()).limit(20)).all()


# --- who looked --------------------------------------------------------------------------------------------------------------------------------


def looked(ctx: Context, subject_id: str, what: str, purpose: str, *, who: str) -> None:
    """Write down that the actor looked. *who*: the words the subject reads (a department and a role, not a person's number)."""
    ctx.session.add(
        Access(id=new_id(), subject_id=subject_id, who=actor(ctx), who_words=who[:120], what=what, purpose=purpose[:300], at=ctx.now())
    )  # fmt: skip
    ctx.session.flush()


def open_with(ctx: Context, subject_id: str, purpose: str, *, who: str, what: str = "page") -> None:
    """State the reason that opens a subject's page. :class:`BadInput` when it says nothing."""
    purpose = purpose.strip()
    if len(purpose) < 2:
        raise BadInput("credit_scoring.purpose")
    view(ctx, subject_id)
    looked(ctx, subject_id, what, purpose, who=who)


def opened(ctx: Context, subject_id: str) -> str | None:
    """The reason that the actor stated lately, or ``None``: then nothing is shown."""
    query = select(Access.purpose).where(Access.subject_id == subject_id, Access.who == actor(ctx), Access.at > ctx.now() - OPEN_FOR)
    query = query.where(Access.what.in_(_STATED))
    found: str | None = ctx.session.scalar(query.order_by(Access.at.desc()).limit(1))
    return found


def looked_lately(ctx: Context, subject_id: str, what: str, purpose: str) -> bool:
    """Whether just this look of the actor is written down for this hour already."""
    query = select(Access.id).where(Access.subject_id == subject_id, Access.who == actor(ctx), Access.at > ctx.now() - OPEN_FOR)
    return ctx.session.scalar(query.where(Access.what == what, Access.purpose == purpose).limit(1)) is not None


def accesses(ctx: Context, subject_id: str, most: int = 50) -> Sequence[Access]:
    """Who looked at a subject, newest first."""
    return ctx.session.scalars(select(Access).where(Access.subject_id == subject_id).order_by(Access.at.desc()).limit(most)).all()


def all_accesses(ctx: Context, after: str | None = None) -> tuple[Sequence[Access], str | None]:
    """Everything that was looked at, newest first, a page at a time (for the supervisor)."""
    query = select(Access).order_by(Access.id.desc()).limit(_PAGE + 1)
    rows = ctx.session.scalars(query if after is None else query.where(Access.id < after)).all()
    return rows[:_PAGE], rows[_PAGE - 1].id if len(rows) > _PAGE else None


def _query() -> Any:
    return select(Subject, Score.grade, Score.points).outerjoin(Score, Score.subject_id == Subject.id)


def _view(ctx: Context, row: Any, reveal: bool) -> SubjectView:
    subject, grade, points = row
    name = people.unseal(ctx, subject.name)
    if subject.kind == "person" and not reveal:
        name = people.mask_name(name)
    return SubjectView(
        subject.id, subject.kind, name, subject.number_masked, subject.industry, subject.region, subject.size, grade or "", points, subject.stale
    )  # fmt: skip


def _record(ctx: Context, row: Record, known: dict[str, dict[str, Any]]) -> RecordView:
    doc = known.get(row.entry, {"title": {"zh": row.entry, "en": row.entry}, "fields": [], "nature": "neutral"})
    terms = tuple(row.terms.split(","))
    found = publicity(terms, row.day)
    return RecordView(
        id=row.id,
        entry=row.entry,
        doc=doc,
        day=row.day,
        reference=row.reference,
        authority=row.authority,
        data=row.data,
        words="" if row.words is None else people.unseal(ctx, row.words),
        state=row.state,
        terms=terms,
        public=row.public_until is not None and found.public_on(ctx.today()),
        least_until=None if found.term.key == "none" else found.least_until,
        public_until=row.public_until,
    )
