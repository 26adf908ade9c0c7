"""Incidents: what went wrong by itself, told once and counted, for a person to mend (ROUTING §9.4, §9.5, §9.10).

Written in the transaction of what failed, or by the sweep that found it; read by those who look after the region or the department. Kinds:

* ``hook`` – an automatic step failed for good or never answered, and its step by hand opened;
* ``rung`` – what time should have done to a case failed and waits for its next try;
* ``holder`` – nobody in office holds the post that tasks wait for;
* ``nowhere`` – a step could not open, since no department was found that could hold it;
* ``job`` – a message of the outbox was given up: a document, a licence, a notice, a sub-case, a bulk action;
* ``stuck`` – a case goes on, but has no open task and no clock that could move it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, literal_column, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.cases.models import Case, CaseIncident, table
from core.identity import queries as people
from core.kernel.actor import SYSTEM
from core.kernel.canonical import digest
from core.kernel.clock import now
from core.kernel.errors import NotFound
from core.kernel.ids import new_id
from core.kernel.wording import word
from core.notices import service as notices

KINDS = ("stuck", "hook", "holder", "nowhere", "rung", "job")
STATES = ("open", "taken", "closed")
#: Who looks after everything of the divisions where they have a post, and who after their own department.
OF_REGION, OF_DEPARTMENT = ("admin", "supervisor"), ("section_chief", "leader", "agency_head")
#: Who is told of a new one: the nearest head of the department that is there, and who administers it.
_TOLD = (("section_chief", "leader", "agency_head"), ("admin",))
LOCALES = ("zh", "en")
LONGEST_ERROR = 2000
#: ``session.info``: incidents of a transaction that will be rolled back, to be written afterwards. What the worker takes up fails as a message or as a
#: rung, which is an incident of its own.
PENDING = "incidents"
_row = table(CaseIncident).c
_case = table(Case).c


@dataclass(frozen=True, slots=True)
class Trouble:
    """What went wrong. ``subject`` says what of the case it was (a clock, a message, a task), so that the same trouble is the same incident."""

    kind: str
    subject: str
    case_id: str | None = None
    department_id: str | None = None
    node: str = ""
    params: Mapping[str, Any] | None = None
    error: str = ""
    count: int | None = None

    @property
    def fingerprint(self) -> str:
        """The name of the cause."""
        subject = self.subject if len(self.subject) <= 200 else digest(self.subject)
        return f"{self.kind}/{self.case_id or self.department_id or ''}/{subject}"


def happened(session: Session, trouble: Trouble, *, quiet: timedelta | None = None) -> str | None:
    """Tell of *trouble* in this transaction; returns the incident's id. The first time those responsible get a notice, later it counts up.

    ``trouble.count`` sets the count instead: how many tasks wait for an empty post. What a person closed less than *quiet* ago is left closed.
    """
    if quiet is not None and _closed(session, trouble, quiet):
        return None
    whose = _whose(session, trouble)
    at, dialect = now(), sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    values = {
        "id": new_id(), **whose, "kind": trouble.kind, "fingerprint": trouble.fingerprint, "subject": trouble.subject[:220], "case_id": trouble.case_id,
        "node": trouble.node[:200], "params": dict(trouble.params or {}), "error": trouble.error[:LONGEST_ERROR], "count": trouble.count or 1, "first_at": at,
        "last_at": at, "state": "open",
    }  # fmt: skip
    insert = dialect.insert(table(CaseIncident)).values(values)
    again = {"last_at": at, "error": values["error"], "params": values["params"], "count": trouble.count or table(CaseIncident).c.count + 1}
    statement = insert.on_conflict_do_update(index_elements=["fingerprint"], index_where=literal_column("state <> 'closed'"), set_=again)
    found = session.execute(statement.returning(_row.id)).scalar_one()
    if found == values["id"]:
        _tell(session, values)
    return str(found)


def _closed(session: Session, trouble: Trouble, quiet: timedelta) -> bool:
    closed = (_row.state == "closed", _row.fingerprint == trouble.fingerprint, _row.close_reason.is_not(None), _row.closed_at > now() - quiet)
    return session.execute(select(_row.id).where(*closed, _row.case_id == trouble.case_id).limit(1)).first() is not None


def over(session: Session, trouble: Trouble) -> int:
    """The cause is gone: close the incident, if one stands. Returns how many were closed."""
    return ended(session, _row.fingerprint == trouble.fingerprint)


def ended(session: Session, *conditions: Any) -> int:
    """Close what stands under *conditions*, as the platform itself: the cause is gone."""
    values = {"state": "closed", "closed_at": now(), "closed_by": SYSTEM.id, "close_reason": None}
    gone = update(table(CaseIncident)).where(_row.state != "closed", *conditions).values(**values).returning(_row.id)
    return len(session.execute(gone).all())


def note(session: Session, trouble: Trouble) -> None:
    """Remember *trouble* of a command that will be rolled back; whoever rolls back takes it with :func:`noted` and writes it afterwards."""
    session.info.setdefault(PENDING, []).append(trouble)


def noted(session: Session) -> list[Trouble]:
    """What was remembered, taken out."""
    found: list[Trouble] = session.info.pop(PENDING, [])
    return found


def counts(session: Session) -> dict[tuple[str, str], int]:
    """(kind, state) → how many stand now (``/metrics``)."""
    query = select(_row.kind, _row.state, func.count()).where(_row.state.in_(("open", "taken"))).group_by(_row.kind, _row.state)
    return {(kind, state): number for kind, state, number in session.execute(query)}


def forget(session: Session, before: datetime) -> int:
    """Drop incidents closed before that instant; what people did about them stays in the audit record."""
    return len(session.execute(delete(table(CaseIncident)).where(_row.state == "closed", _row.closed_at < before).returning(_row.id)).all())


def _whose(session: Session, trouble: Trouble) -> dict[str, Any]:
    """Whose it is: the department named, else the owner of the case. Nobody's when neither is known."""
    department_id, number = trouble.department_id, ""
    if trouble.case_id is not None:
        case = session.execute(select(_case.number, _case.department_id).where(_case.id == trouble.case_id)).first()
        if case is not None:
            department_id, number = department_id or case.department_id, case.number
    try:
        department = people.department(session, department_id) if department_id is not None else None
    except NotFound:
        department = None
    if department is None:
        return {"region_root": None, "division_path": "", "department_id": None, "number": number}
    return {"region_root": department.region_root, "division_path": department.division_path, "department_id": department.id, "number": number}


def what(kind: str, params: Mapping[str, Any], locale: str) -> str:
    """What happened, in one sentence. A parameter may have words of its own in each language, or be the key of such (``role``, ``rung``, ``topic``)."""
    said = {name: value[locale] if isinstance(value, Mapping) and locale in value else value for name, value in params.items()}
    for name, prefix in (("role", "routing.role."), ("topic", "cases.job."), ("rung", "worktime.rung.")):
        if name in said:
            plain = f"{prefix}{said[name]}"
            found = word(plain, locale)
            said[name] = found if found != plain else str(said[name])
    return word(f"cases.incident.{kind}.what", locale, **said)


def hand_notice(session: Session, row: Mapping[str, Any], to: str) -> None:
    """Tell a colleague that an incident was handed to them."""
    _post(session, row, to, f"incident/{row['id']}/handed/{new_id()}")


def _tell(session: Session, row: Mapping[str, Any]) -> None:
    department = row["department_id"]
    if department is None:
        return
    posts = people.colleagues(session, [department])
    heads = next((found for role in _TOLD[0] if (found := {post[0] for post in posts if post[3] == role})), set())
    told = sorted(heads | {post[0] for post in posts if post[3] in _TOLD[1]})
    for who in told:
        _post(session, row, who, f"incident/{row['id']}/open/{who}")


def _post(session: Session, row: Mapping[str, Any], who: str, key: str) -> None:
    params = {
        "what": {locale: what(row["kind"], row["params"], locale)[:300] for locale in LOCALES},
        "number": row["number"] or {locale: word("cases.incident.no_case", locale) for locale in LOCALES},
        "do": {locale: word(f"cases.incident.{row['kind']}.do", locale)[:300] for locale in LOCALES},
    }
    about = {"case_id": row["case_id"], "region_root": row["region_root"]}
    notices.post(session, key=key, template="incident", recipient=("staff", who), params=params, **about)
