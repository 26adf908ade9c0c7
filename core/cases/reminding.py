"""Who hears of a light: the holder when it turns yellow, the holder's heads when it turns red, those above when it is reported.

An applicant who holds the task – a correction – is reminded too. The notice is one per event and recipient, as all notices are.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from core.cases import clocks, telling
from core.cases.models import CaseClock, CaseCustody, CaseTask, table
from core.cases.speaking import spoken_title
from core.cases.versions import pinned
from core.identity.models import Post, Staff
from core.identity.queries import successor
from core.identity.service import resolve_organisation
from core.kernel.clock import now
from core.kernel.wording import word
from core.notices import service as notices
from core.notices.spec import Recipient
from core.notices.wordings import LOCALES
from core.routing.marking import Marking
from core.worktime.explain import day_words
from core.worktime.projection import project
from core.worktime.spec import Ledger

#: Events that are told to staff.
KINDS = frozenset({"rung_fired", "task_escalated", "task_overdue"})
#: Heads of a department, nearest first; the first of these that exist are told.
_HEADS = (("section_chief", "leader"), ("agency_head",))
_ABOVE = (("leader", "agency_head"), ("section_chief",))
_TEMPLATE = {"yellow": "task_due", "red": "task_late", "escalate": "task_escalated"}
_task, _clock, _paper = table(CaseTask).c, table(CaseClock).c, table(CaseCustody).c


def remind(session: Session, row: Mapping[Any, Any], seq: int, kind: str, body: Mapping[str, Any], accounts: Callable[[], Sequence[str]]) -> int:
    """Post the notices for one such event of the case *row*; returns how many were due. *accounts* are those of the applicant."""
    clock = str(body["clock"]) if kind == "rung_fired" else f"task:{body['no']}"
    rung = str(body["rung"]) if kind == "rung_fired" else "escalate"
    waiting = _waiting(session, row["id"], clock)
    told = 0
    if rung == "yellow" and any(role == "applicant" for _, role, _ in waiting):
        mine: list[Recipient] = [("account", account) for account in accounts()]
        told += _post(session, row, seq, "correction_due", mine, clock)
    offices = [(department, role, claimed) for department, role, claimed in waiting if department is not None]
    staff = _holders(session, offices) if rung == "yellow" else _heads(session, row, offices, rung)
    return told + _post(session, row, seq, _TEMPLATE.get(rung, "task_late"), [("staff", one) for one in staff], clock, str(body.get("node", "")))


def _waiting(session: Session, case_id: str, clock: str) -> list[tuple[str | None, str, str]]:
    """(department, role, who claimed it) of what *clock* presses: its own task, whose hands papers are in, else every open task of the case."""
    if clock.startswith("custody:"):
        return _keepers(session, case_id, clock.removeprefix("custody:"))
    query = select(_task.department_id, _task.role, _task.claimed_by).where(_task.case_id == case_id)
    if clock.startswith("task:"):
        query = query.where(_task.no == int(clock.removeprefix("task:")))
    return [(department, role, claimed) for department, role, claimed in session.execute(query.order_by(_task.no))]


def _keepers(session: Session, case_id: str, leg: str) -> list[tuple[str | None, str, str]]:
    """Whoever has a paper of that leg in hands – its sender until it is received –, at the posts that hand papers on."""
    query = select(_paper.from_id).where(_paper.case_id == case_id, _paper.leg == leg, _paper.state.in_(("held", "sent"))).distinct()
    return [(successor(session, department), role, "") for department in session.scalars(query) for role in ("agent", "window")]


def _holders(session: Session, offices: Iterable[tuple[str, str, str]]) -> list[str]:
    """Who may do it: the one who claimed it, else everybody at the posts."""
    claimed = {who for _, _, who in offices if who}
    return sorted(claimed | set(_at(session, {(department, role) for department, role, who in offices if not who})))


def _heads(session: Session, row: Mapping[Any, Any], offices: Sequence[tuple[str, str, str]], rung: str) -> list[str]:
    """The heads of the departments whose task it is – of the case's own where nobody's – or those of the department above."""
    departments = {department for department, _, _ in offices} or {row["department_id"]}
    if rung == "red":
        return sorted({head for department in departments for head in _first(session, department, _HEADS)})
    above: set[str] = set()
    for department in departments:
        above |= set(resolve_organisation(session, "parent", owner=department, division_id=row["division_id"])) or {department}
    return sorted({head for department in above for head in _first(session, department, _ABOVE)})


def _first(session: Session, department: str, roles: Sequence[tuple[str, ...]]) -> list[str]:
    return next((found for group in roles if (found := _at(session, {(department, role) for role in group}))), [])


def _at(session: Session, posts: set[tuple[str, str]]) -> list[str]:
    if not posts:
        return []
    query = select(Post.staff_id).join(Staff, Staff.id == Post.staff_id).where(Staff.active, tuple_(Post.department_id, Post.role).in_(sorted(posts)))
    return sorted(set(session.scalars(query)))


def _post(session: Session, row: Mapping[Any, Any], seq: int, template: str, recipients: Sequence[Recipient], clock: str, node: str = "") -> int:
    if not recipients:
        return 0
    compiled, marking = pinned(session, row["version_id"]), Marking.from_json(row["marking"])
    ledger = session.execute(select(_clock.ledger).where(_clock.case_id == row["id"], _clock.name == clock)).scalar()
    due = project(Ledger.from_json(ledger), clocks.calendar(session), now=now()).due if ledger is not None else None
    said: dict[str, Any] = {
        "item": {locale: spoken_title(compiled, row["item_title"], locale) for locale in LOCALES},
        "number": row["number"],
        "day": {locale: day_words(due, locale, year=True) if due else word("cases.day_unknown", locale) for locale in LOCALES},
    }
    if template != "correction_due":
        said["task"] = {locale: telling.title(compiled.route, marking, clock, locale, node=node) for locale in LOCALES}
    for recipient in recipients:
        key = f"case/{row['id']}/{seq}/{template}/inbox/{recipient[1]}"
        about = {"case_id": row["id"], "region_root": row["region_root"], "department_id": row["department_id"]}
        notices.post(session, key=key, template=template, recipient=recipient, params=said, **about)
    return len(recipients)
