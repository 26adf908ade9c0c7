"""办件库: search over every case of one's departments – open and finished – by what may be searched, newest first, one page at a time.

Whose cases is part of the statement. A member of staff searches the departments of their posts; who supervises (``supervisor``) or heads an
authority (``agency_head``) there searches every department at or below that post's division as well, which is what supervision is for (行政许可法 60).
Both are resolved to departments before the query, so the condition that finds the rows is the one that guards them.

Why it stays flat (EXPLAIN is tested): on PostgreSQL a page is the merge of one index range a department –
``(department_id[, item_code | status], submitted_at, id)`` – by ``LATERAL``, each stopped at the page's length; a number, an applicant and an answer
go through their own unique or blind index. Keyset paging on ``(submitted_at, id)``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ARRAY, Integer, Select, Uuid, bindparam, cast, func, or_, select, true, tuple_
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases.access import APPLICANTS
from core.cases.library.searchable import blind_answer
from core.cases.models import Case, CaseIndexed, CaseParty, table
from core.db.types import Id, Instant
from core.identity import queries as people
from core.identity.documents import check_document, normalise_number
from core.identity.models import Department, Division, Party
from core.identity.sealing import blind
from core.identity.spec import StaffView
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Forbidden
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.kernel.text import normalise

#: Posts from which one searches all departments at or below their division.
REGIONAL = ("supervisor", "agency_head")
LARGEST_PAGE = 100
SHORTEST_PURPOSE, LONGEST_PURPOSE = 4, 500
_ZONE = ZoneInfo("Asia/Shanghai")
_UUID = Uuid(as_uuid=False)

_case, _party, _answer, _who = table(Case).c, table(CaseParty).c, table(CaseIndexed).c, Party.__table__.c
COLUMNS = (
    "id", "number", "item_code", "item_title", "version_id", "department_id", "division_id", "channel", "applicant", "status", "submitted_at", "accepted_at",
    "decided_at", "ended_at", "due_at", "outcome",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """What to search by; ``None`` or empty is everything. ``state`` is a status, ``open`` or ``ended``; days are of the filing, both included.

    ``answer`` is (field, value) of a field that the item marks as searchable and needs ``item``; being a person's words it is in no address, no kept
    search and no export. A person's number is no part of this: it is searched by :func:`of_applicant`, with a purpose.
    """

    number: str = ""
    item: str = ""
    department_id: str = ""
    state: str = ""
    outcome: str = ""
    channel: str = ""
    since: date | None = None
    until: date | None = None
    ended_since: date | None = None
    ended_until: date | None = None
    answer: tuple[str, str] | None = None

    def to_json(self) -> dict[str, Any]:
        """For a kept search and an export. Raises :class:`BadInput` for an answer, which is kept sealed in its case and nowhere else."""
        if self.answer is not None:
            raise BadInput("cases.library_answer_not_kept")
        days = {name: value.isoformat() for name in ("since", "until", "ended_since", "ended_until") if (value := getattr(self, name)) is not None}
        texts = {name: value for name in ("number", "item", "department_id", "state", "outcome", "channel") if (value := getattr(self, name))}
        return texts | days

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> "Asked":
        """What :meth:`to_json` wrote."""
        names = ("since", "until", "ended_since", "ended_until")
        values: dict[str, Any] = {name: date.fromisoformat(given[name]) for name in names if given.get(name)}
        values |= {name: str(given[name]) for name in ("number", "item", "department_id", "state", "outcome", "channel") if given.get(name)}
        return cls(**values)


@dataclass(frozen=True, slots=True)
class Found:
    """One case of the library. The applicant's name is masked as it is in every list."""

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
    submitted_at: datetime
    accepted_at: datetime | None
    decided_at: datetime | None
    ended_at: datetime | None
    due_at: datetime | None
    outcome: str | None


def reach(session: Session, actor: Actor) -> tuple[str, ...]:
    """The departments whose cases the actor may search. Raises :class:`Forbidden` for whoever holds no post."""
    if actor.kind != "staff" or not is_id(actor.id):
        raise Forbidden("cases.library_staff_only")
    found = departments_of(session, people.staff_view(session, actor.id))
    if not found:
        raise Forbidden("cases.library_staff_only")
    return found


def departments_of(session: Session, who: StaffView) -> tuple[str, ...]:
    """The departments of somebody's posts, and those below the divisions that they supervise. A stand-in does not inherit the wider sight."""
    own = {post.department_id for post in who.posts}
    paths = {post.division_path for post in who.posts if post.role in REGIONAL and post.on_behalf_of is None}
    if paths:
        below = or_(*(Division.path.startswith(path, autoescape=True) for path in sorted(paths)))
        own |= set(session.scalars(select(Department.id).join(Division, Division.id == Department.division_id).where(below)))
    return tuple(sorted(own))


def search(session: Session, asked: Asked, *, actor: Actor, cursor: str | None = None, limit: int = 20) -> Page[Found]:
    """One page of the cases that *asked* finds in the actor's reach, newest first. Raises :class:`BadInput` and :class:`Forbidden`."""
    return page_of(session, asked, within(reach(session, actor), asked), cursor=cursor, limit=limit)


def within(departments: Sequence[str], asked: Asked) -> tuple[str, ...]:
    """*departments* narrowed to the one asked for; one out of reach leaves nothing."""
    return tuple(each for each in departments if asked.department_id in ("", each))


def page_of(session: Session, asked: Asked, departments: Sequence[str], *, cursor: str | None = None, limit: int = 20) -> Page[Found]:
    """One page of *departments*, whose reach the caller has made sure of."""
    limit = max(1, min(limit, LARGEST_PAGE))
    rows = batch(session, asked, departments, after=_after(cursor), limit=limit + 1)
    following = encode_cursor(rows[limit - 1].submitted_at.isoformat(), rows[limit - 1].id) if len(rows) > limit else None
    return Page(tuple(rows[:limit]), following)


def batch(session: Session, asked: Asked, departments: Sequence[str], *, after: tuple[datetime, str] | None, limit: int) -> list[Found]:
    """The next *limit* cases behind *after*: (instant of filing, id)."""
    if not departments:
        return []
    conditions, values = _conditions(session, asked)
    if after is not None:
        conditions, values = (*conditions, "after"), values | {"after_at": after[0], "after_id": after[1]}
    query = statement(session.get_bind().dialect.name, conditions)
    rows = session.execute(query, {**values, "departments": list(departments), "limit": limit}).mappings()
    return [Found(**row) for row in rows]


def count(session: Session, asked: Asked, departments: Sequence[str]) -> int:
    """How many there are in all: for the progress of an export, never for a page."""
    if not departments:
        return 0
    conditions, values = _conditions(session, asked)
    query = select(func.count()).select_from(table(Case)).where(_case.department_id.in_(list(departments)), *(CONDITIONS[each] for each in conditions))
    return int(session.execute(query, values).scalar_one())


#: What may narrow the library, by name; the values are parameters.
CONDITIONS: Mapping[str, Any] = {
    "number": _case.number == bindparam("number"),
    "item": _case.item_code == bindparam("item"),
    "status": _case.status == bindparam("status"),
    "open": _case.ended_at.is_(None),
    "ended": _case.ended_at.is_not(None),
    "outcome": _case.outcome == bindparam("outcome"),
    "channel": _case.channel == bindparam("channel"),
    "since": _case.submitted_at >= bindparam("since", type_=Instant),
    "until": _case.submitted_at < bindparam("until", type_=Instant),
    "ended_since": _case.ended_at >= bindparam("ended_since", type_=Instant),
    "ended_until": _case.ended_at < bindparam("ended_until", type_=Instant),
    "answer": _case.id.in_(
        select(_answer.case_id).where(_answer.item_code == bindparam("item"), _answer.field == bindparam("field"), _answer.value == bindparam("value"))
    ),
    "applicant": _case.id.in_(
        select(_party.case_id)
        .join(Party, Party.id == _party.party_id)
        .where(_who.document_kind == bindparam("document_kind"), _who.document_index == bindparam("document_index"), _party.role.in_(APPLICANTS))
    ),
    "after": tuple_(_case.submitted_at, _case.id) < tuple_(bindparam("after_at", type_=Instant), bindparam("after_id", type_=Id)),
}
#: These find few rows by an index of their own; ranges by department would only walk past them.
_DIRECT = {"number", "answer", "applicant"}
_ORDER = (_case.submitted_at.desc(), _case.id.desc())


@lru_cache(maxsize=256)
def statement(dialect: str, conditions: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    """The statement of a page, built once for each set of conditions."""
    wanted = [_case[name] for name in COLUMNS]
    narrowed = [CONDITIONS[each] for each in conditions]
    most: Any = bindparam("limit", type_=Integer)
    if dialect != "postgresql" or _DIRECT & set(conditions):
        mine = _case.department_id.in_(bindparam("departments", expanding=True))
        return select(*wanted).where(mine, *narrowed).order_by(*_ORDER).limit(most)
    own = func.unnest(cast(bindparam("departments", type_=ARRAY(_UUID)), ARRAY(_UUID))).table_valued("id").render_derived(name="own")
    head = select(*wanted).where(_case.department_id == own.c.id, *narrowed).order_by(*_ORDER).limit(most).lateral("head")
    return select(head).select_from(own.join(head, true())).order_by(head.c.submitted_at.desc(), head.c.id.desc()).limit(most)


def _conditions(session: Session, asked: Asked) -> tuple[tuple[str, ...], dict[str, Any]]:
    values: dict[str, Any] = {name: getattr(asked, name) for name in ("number", "item", "outcome", "channel") if getattr(asked, name)}
    names = list(values)
    if asked.state in ("open", "ended"):
        names.append(asked.state)
    elif asked.state:
        names, values = [*names, "status"], values | {"status": asked.state}
    for name in ("since", "ended_since"):
        if (day := getattr(asked, name)) is not None:
            names, values = [*names, name], values | {name: _midnight(day)}
    for name in ("until", "ended_until"):
        if (day := getattr(asked, name)) is not None:
            names, values = [*names, name], values | {name: _midnight(day + timedelta(days=1))}
    if asked.answer is not None:
        if not asked.item:
            raise BadInput("cases.library_answer_needs_item")
        field, value = asked.answer
        names, values = [*names, "answer"], values | {"field": field, "value": blind_answer(session, asked.item, field, value)}
    return tuple(names), values


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), _ZONE)


def _after(cursor: str | None) -> tuple[datetime, str] | None:
    if cursor is None:
        return None
    at, last = decode_cursor(cursor, 2)
    try:
        instant = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise BadInput("kernel.bad_cursor") from error
    if instant.tzinfo is None or not is_id(str(last)):
        raise BadInput("kernel.bad_cursor")
    return instant, str(last)


def of_applicant(session: Session, document_kind: str, number: str, *, purpose: str, actor: Actor, limit: int = 50) -> tuple[Found, ...]:
    """The newest cases of whoever has this very document, in the actor's reach. Each search is audited with its purpose (个人信息保护法 6, 51).

    The number is compared by its blind index and written nowhere. Raises :class:`BadInput` for a number that is none or a missing purpose.
    """
    departments, purpose = reach(session, actor), stated(purpose)
    number = normalise_number(number)
    if not number or (wrong := check_document(document_kind, number)):
        raise BadInput(wrong if number else "cases.library_number_missing")
    values = {"document_kind": document_kind, "document_index": blind(session, "document", number)}
    query = statement(session.get_bind().dialect.name, ("applicant",))
    rows = session.execute(query, {**values, "departments": list(departments), "limit": max(1, min(limit, LARGEST_PAGE))}).mappings().all()
    detail = {"purpose": purpose, "document_kind": document_kind, "found": len(rows)}
    audit.record(session, "cases.searched_applicant", subject=("document", values["document_index"][:60]), actor=actor, detail=detail)
    return tuple(Found(**row) for row in rows)


def stated(purpose: str) -> str:
    """A purpose somebody stated, normalised. Raises :class:`BadInput` when it says nothing."""
    purpose = normalise(purpose).strip()
    if not SHORTEST_PURPOSE <= len(purpose) <= LONGEST_PURPOSE:
        raise BadInput("cases.purpose_missing", least=SHORTEST_PURPOSE, most=LONGEST_PURPOSE)
    return purpose
