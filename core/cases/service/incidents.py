"""What people do about incidents: take one, try again, hand it to a colleague, close it with a reason. Who may is a condition of every query.

Who administers or supervises a division looks after everything in it and below; the heads of a department after what is their department's. What
belongs to no department is for those at the top. Each act is one entry of the audit record, which is also the incident's history.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, bindparam, false, literal, or_, select, tuple_, update
from sqlalchemy.orm import Session

from core.audit import queries as record
from core.audit import service as audit
from core.cases import access, hook_calls, incidents
from core.cases.incidents import OF_DEPARTMENT, OF_REGION, Trouble
from core.cases.library import exporting
from core.cases.models import Case, CaseBulk, CaseBulkLine, CaseClock, CaseExport, CaseIncident, table
from core.cases.service import bulk_runs, watching
from core.db.types import Id, Instant
from core.documents import service as documents
from core.identity import queries as people
from core.identity.spec import PostView
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, Conflict, NotFound, PlatformError
from core.kernel.ids import is_id
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.licences.models import Licence
from core.notices import service as notices
from core.outbox import service as outbox
from core.outbox.errors import NotParked

LARGEST_PAGE = 100
LONGEST_REASON = 2000
#: What one can do about each kind beside taking and closing it.
RETRIED = frozenset({"stuck", "holder", "nowhere", "rung", "job"})
_row, _clock, _case = table(CaseIncident).c, table(CaseClock).c, table(Case).c
_COLUMNS = (
    _row.id, _row.kind, _row.state, _row.subject, _row.case_id, _row.number, _row.department_id, _row.node, _row.params, _row.error, _row.count,
    _row.first_at, _row.last_at, _row.taken_by, _row.taken_at, _row.closed_by, _row.closed_at, _row.close_reason,
)  # fmt: skip


_WITHOUT_HOLDER = and_(_row.kind == "holder", tuple_(_row.department_id, _row.subject).in_(bindparam("offices", expanding=True)))
#: Built once: every case page asks.
_OF_CASE = (
    select(*_COLUMNS).where(or_(_row.case_id == bindparam("case"), _WITHOUT_HOLDER), _row.state.in_(("open", "taken"))).order_by(_row.last_at.desc()).limit(10)
)


class IncidentNotFound(NotFound):
    """No such incident, or none of the caller's; the two are not told apart."""

    key = "cases.incident_not_found"


class IncidentClosed(Conflict):
    """It is closed already, by a person or because its cause is gone."""

    key = "cases.incident_closed"


@dataclass(frozen=True, slots=True)
class Incident:
    """An incident as those responsible see it. ``error`` is the technical message, without personal values."""

    id: str
    kind: str
    state: str
    subject: str
    case_id: str | None
    number: str
    department_id: str | None
    node: str
    params: dict[str, Any]
    error: str
    count: int
    first_at: datetime
    last_at: datetime
    taken_by: str | None
    taken_at: datetime | None
    closed_by: str | None
    closed_at: datetime | None
    close_reason: str | None

    def what(self, locale: str) -> str:
        """What happened, in one sentence."""
        return incidents.what(self.kind, self.params, locale)

    @property
    def retries(self) -> bool:
        """Whether trying again means something."""
        return self.kind in RETRIED


def _incident(row: Any) -> Incident:
    return Incident(*row)


def looks_after(posts: Sequence[PostView]) -> bool:
    """Whether somebody with these posts has incidents to look after at all."""
    return any(post.role in (*OF_REGION, *OF_DEPARTMENT) for post in posts)


def sight(posts: Sequence[PostView]) -> ColumnElement[bool]:
    """The condition that holds for the incidents of these posts."""
    paths = sorted({post.division_path for post in posts if post.role in OF_REGION})
    departments = sorted({post.department_id for post in posts if post.role in OF_DEPARTMENT})
    parts: list[ColumnElement[bool]] = [_row.division_path.startswith(path, autoescape=True) for path in paths]
    if departments:
        parts.append(_row.department_id.in_(departments))
    if any(path.strip("/").count("/") == 0 for path in paths):
        parts.append(_row.department_id.is_(None))
    return or_(*parts) if parts else false()


def listed(
    session: Session, *, state: str = "open", kind: str | None = None, mine: bool = False, cursor: str | None = None, limit: int = 20, actor: Actor
) -> Page[Incident]:  # fmt: skip
    """One page of the actor's incidents, the newest trouble first. Raises :class:`BadInput` for a bad cursor."""
    limit = max(1, min(limit, LARGEST_PAGE))
    query = select(*_COLUMNS).where(sight(_posts(session, actor)), _row.state == state)
    query = query.where(_row.kind == kind) if kind is not None else query
    query = query.where(_row.taken_by == actor.id) if mine else query
    if cursor is not None:
        query = query.where(tuple_(_row.last_at, _row.id) < tuple_(*_after(cursor)))
    rows = [_incident(row) for row in session.execute(query.order_by(_row.last_at.desc(), _row.id.desc()).limit(limit + 1))]
    following = encode_cursor(rows[limit - 1].last_at.isoformat(), rows[limit - 1].id) if len(rows) > limit else None
    return Page(tuple(rows[:limit]), following)


def _after(cursor: str) -> tuple[Any, Any]:
    at, last = decode_cursor(cursor, 2)
    try:
        instant = datetime.fromisoformat(str(at))
    except ValueError as error:
        raise BadInput("kernel.bad_cursor") from error
    if instant.tzinfo is None or not is_id(str(last)):
        raise BadInput("kernel.bad_cursor")
    return literal(instant, Instant), literal(str(last), Id)


def one(session: Session, incident_id: str, *, actor: Actor) -> Incident:
    """One incident of the actor's. Raises :class:`IncidentNotFound`."""
    if not is_id(incident_id):
        raise IncidentNotFound
    row = session.execute(select(*_COLUMNS).where(_row.id == incident_id, sight(_posts(session, actor)))).first()
    if row is None:
        raise IncidentNotFound
    return _incident(row)


def of_case(session: Session, case_id: str, queues: Sequence[tuple[str | None, str]] = ()) -> tuple[Incident, ...]:
    """What stands about a case and about the posts (department, role) that its open tasks wait for, the newest first.

    Who may see the case is the caller's to know.
    """
    offices = sorted({(department, role) for department, role in queues if department is not None})
    return tuple(_incident(row) for row in session.execute(_OF_CASE, {"case": case_id, "offices": offices}))


def sees_case(session: Session, found: Incident, actor: Actor) -> bool:
    """Whether the actor may open the case of an incident."""
    return found.case_id is not None and access.may_see(session, found.case_id, actor)


def history(session: Session, found: Incident) -> Sequence[Any]:
    """What people did about it, the newest first: entries of the audit record."""
    return record.entries_of(session, ("incident", found.id), since=found.first_at)


def colleagues(session: Session, found: Incident) -> tuple[tuple[str, str], ...]:
    """(id, name) of those it can be handed to: who looks after its department."""
    if found.department_id is None:
        return ()
    posts = people.colleagues(session, [found.department_id])
    known = {staff_id: name for staff_id, name, _department, role in posts if role in (*OF_REGION, *OF_DEPARTMENT)}
    return tuple(sorted(known.items(), key=lambda each: each[1]))


# acts ---------------------------------------------------------------------------------------------------------------


def take(session: Session, incident_id: str, *, actor: Actor) -> Incident:
    """Say that one looks after it. Taking one's own again changes nothing; a colleague's passes over."""
    found = _standing(session, incident_id, actor)
    if found.taken_by != actor.id:
        _set(session, found, state="taken", taken_by=actor.id, taken_at=now())
        _note(session, "taken", found, actor)
    return one(session, incident_id, actor=actor)


def hand(session: Session, incident_id: str, to: str, *, actor: Actor) -> Incident:
    """Give it to a colleague who looks after the same department; they get a notice. Raises :class:`BadInput` for anybody else."""
    found = _standing(session, incident_id, actor)
    if to not in dict(colleagues(session, found)):
        raise BadInput("cases.incident_nobody")
    if found.taken_by != to:
        _set(session, found, state="taken", taken_by=to, taken_at=now())
        _note(session, "handed", found, actor, to=to)
        incidents.hand_notice(session, _as_row(found), to)
    return one(session, incident_id, actor=actor)


def retry(session: Session, incident_id: str, *, actor: Actor) -> bool:
    """Try again what failed, or look again; True when nothing stands any more.

    A given-up message gets its attempts back, a failed rung is due at once; whether an empty post was filled or a stuck case moved is looked up.
    """
    found = _standing(session, incident_id, actor)
    if not found.retries:
        raise BadInput("cases.incident_no_retry")
    if found.state == "open":
        _set(session, found, state="taken", taken_by=actor.id, taken_at=now())
    _note(session, "retried", found, actor)
    if found.kind == "job":
        with suppress(NotParked):  # under way again already, or done: the look below tells which
            outbox.revive(session, found.subject)
    if found.kind == "rung":
        due = update(table(CaseClock)).where(_clock.case_id == found.case_id, _clock.name == found.subject, _clock.next_rung_at.is_not(None))
        session.execute(due.values(next_rung_at=now()))
    return watching.settle(session, only=found.id) > 0


def close(session: Session, incident_id: str, reason: str, *, actor: Actor) -> Incident:
    """Close it with a reason, whatever its cause. The watch does not tell of the same cause again for a day."""
    words = reason.strip()
    if not words or len(words) > LONGEST_REASON:
        raise BadInput("cases.incident_reason", most=LONGEST_REASON)
    found = _standing(session, incident_id, actor)
    _set(session, found, state="closed", closed_by=actor.id, closed_at=now(), close_reason=words)
    _note(session, "closed", found, actor)
    return one(session, incident_id, actor=actor)


def _standing(session: Session, incident_id: str, actor: Actor) -> Incident:
    found = one(session, incident_id, actor=actor)
    if found.state == "closed":
        raise IncidentClosed
    return found


def _set(session: Session, found: Incident, **values: Any) -> None:
    """Write it unless somebody was faster."""
    same = (_row.id == found.id, _row.state == found.state, _row.taken_by.is_(None) if found.taken_by is None else _row.taken_by == found.taken_by)
    if session.execute(update(table(CaseIncident)).where(*same).values(**values).returning(_row.id)).scalar() is None:
        raise IncidentClosed("cases.incident_moved")


def _note(session: Session, act: str, found: Incident, actor: Actor, **detail: str) -> None:
    about = {"kind": found.kind, **({"case": found.case_id} if found.case_id else {}), **detail}
    audit.record(session, f"incident.{act}", subject=("incident", found.id), actor=actor, detail=about)


def _as_row(found: Incident) -> dict[str, Any]:
    return {"id": found.id, "kind": found.kind, "params": found.params, "number": found.number, "case_id": found.case_id, "region_root": None}


def _posts(session: Session, actor: Actor) -> Sequence[PostView]:
    return people.staff_view(session, actor.id).posts if actor.kind == "staff" and is_id(actor.id) else ()


# what the outbox gave up --------------------------------------------------------------------------------------------


@outbox.handler(outbox.PARKED)
def given_up(session: Session, body: dict[str, Any], message_id: str) -> None:
    """A message was parked: an incident – and the step by hand, where it was the question to a plugin."""
    del message_id
    message = outbox.message(session, body["message"])
    if message is None or message.parked_at is None:
        return
    said, error = json.loads(message.body), message.last_error or ""
    if message.topic == hook_calls.TOPIC and _by_hand(session, said, error):
        return
    if message.topic == bulk_runs.TOPIC:
        bulk_runs.abandon(session, said["run"])
    if message.topic in (exporting.TAKE, exporting.WRITE):
        exporting.abandon(session, said["export"])
    case_id, department_id = _about(session, said)
    params = {"topic": message.topic, "attempts": message.attempts}
    incidents.happened(session, Trouble("job", message.id, case_id, department_id, params=params, error=error))


def _by_hand(session: Session, said: dict[str, Any], error: str) -> bool:
    try:
        with session.begin_nested():
            return watching.by_hand(session, said["case"], said["no"], error)
    except PlatformError:
        return False


def _about(session: Session, said: dict[str, Any]) -> tuple[str | None, str | None]:
    """The case and the department of a message, as far as its ids tell."""
    case_id, department_id = said.get("case") or said.get("parent"), None
    if "run" in said:
        waiting = (CaseBulkLine.bulk_id == CaseBulk.id, CaseBulkLine.no == CaseBulk.next_no)
        case_id = session.scalar(select(CaseBulkLine.case_id).where(CaseBulk.id == said["run"], *waiting))
    if "document" in said:
        case_id = documents.case_of(session, said["document"])
    if "licence" in said:
        row = session.execute(select(Licence.issuer_department_id, Licence.case_no).where(Licence.id == said["licence"])).first()
        if row is not None:
            department_id = row.issuer_department_id
            case_id = session.scalar(select(_case.id).where(_case.number == row.case_no)) if row.case_no else None
    if "export" in said:
        departments = session.scalar(select(CaseExport.departments).where(CaseExport.id == said["export"])) or [None]
        department_id = departments[0]
    if "notice" in said:
        case_id = notices.case_of(session, said["notice"])
    if not isinstance(case_id, str) or not is_id(case_id):
        case_id = None
    return case_id, department_id
