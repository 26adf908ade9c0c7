"""What anybody may see: a company by its exact number or name, its public bad news until their terms end, and the list of the severely untrustworthy.

People are not looked up by strangers. They are seen only on the list of the severely untrustworthy (严重失信主体名单), masked.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import select

from core.sdk import BadInput, Context, people
from plugins.credit_scoring import catalogue, subjects
from plugins.credit_scoring.mapping import tidy
from plugins.credit_scoring.models import Entry, Record, Subject
from plugins.credit_scoring.subjects import RecordView, SubjectView

_PAGE = 30


@dataclass(frozen=True, slots=True)
class Published:
    """A company as everybody may know it."""

    subject: SubjectView
    records: tuple[RecordView, ...]


def look_up(ctx: Context, text: str) -> Published | None:
    """The company with exactly this number or this full name; :class:`BadInput` for a number that is none."""
    text = tidy(text)
    plain = "".join(text.upper().split())
    query = select(Subject.id).where(Subject.kind == "company")
    if len(plain) == 18 and plain.isascii() and plain.isalnum():
        if people.check_uscc(plain) is not None:
            raise BadInput("credit_scoring.number_wrong")
        query = query.where(Subject.number_index == subjects.index(ctx, "company", plain))
    elif len(text) >= 4:
        query = query.where(Subject.name_index == people.index(ctx, "name", text))
    else:
        raise BadInput("credit_scoring.look_up_short")
    found = ctx.session.scalars(query.limit(2)).all()
    if len(found) != 1:  # two companies of one name are told apart by their numbers only
        return None
    shown = [each for each in subjects.records(ctx, found[0]) if seen_by_all(ctx, each)]
    return Published(subjects.view(ctx, found[0]), tuple(shown))


def seen_by_all(ctx: Context, record: RecordView) -> bool:
    """Whether a record is public today: its entry is, and bad news only within their term; what is disputed stays, marked so."""
    if not record.doc.get("public") or record.state not in ("valid", "disputed") or record.day > ctx.today():
        return False
    return record.public if record.bad else True


@dataclass(frozen=True, slots=True)
class Listed:
    """A line of the list of the severely untrustworthy."""

    name: str
    number_masked: str
    list_name: str
    reference: str
    authority: str
    day: date
    until: date | None
    disputed: bool


def severe(ctx: Context, after: str | None = None) -> tuple[tuple[Listed, ...], str | None]:
    """严重失信主体名单, newest first, a page at a time."""
    codes = select(Entry.code).where(Entry.severe, Entry.public)
    query = (
        select(Record, Subject)
        .join(Subject, Subject.id == Record.subject_id)
        .where(Record.entry.in_(codes), Record.state.in_(("valid", "disputed")), Record.public_until >= ctx.today(), Record.day <= ctx.today())
        .order_by(Record.id.desc())
        .limit(_PAGE + 1)
    )
    rows: Any = ctx.session.execute(query if after is None else query.where(Record.id < after)).all()
    found = tuple(_listed(ctx, record, subject) for record, subject in rows[:_PAGE])
    return found, rows[_PAGE - 1][0].id if len(rows) > _PAGE else None


def open_entries(ctx: Context) -> list[dict[str, object]]:
    """The catalogue as everybody may read it."""
    return list(catalogue.docs(ctx).values())


def _listed(ctx: Context, record: Record, subject: Subject) -> Listed:
    name = people.unseal(ctx, subject.name)
    return Listed(
        name if subject.kind == "company" else people.mask_name(name),
        subject.number_masked,
        str(record.data.get("list", "")),
        record.reference,
        record.authority,
        record.day,
        record.public_until,
        record.state == "disputed",
    )
