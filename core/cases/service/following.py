"""What follows a promise: its check after the decision, and papers that come in late. The rows of ``case_pledge`` are the follow-up list.

国办发〔2020〕42号: the check is made within the time told, by a method told; what was not true is put right, or the decision is revoked and the
breach goes into the credit record. 安阳 24 and 27: late papers follow within their days, and what lateness means was told at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, false, or_, select, update
from sqlalchemy.orm import Session

from core.cases import access, sealing
from core.cases.chain import Fact
from core.cases.errors import CaseNotFound, PledgeClosed
from core.cases.models import Case, CasePledge, table
from core.cases.service import children, promised
from core.cases.service.machine import Change, Loaded, carry_out
from core.cases.service.promising import due_day, due_words
from core.cases.service.submitting import hand_in
from core.cases.spec import ENDED, ActResult, Handed
from core.cases.versions import pinned
from core.identity import queries as people
from core.kernel.actor import Actor
from core.kernel.errors import BadInput
from core.kernel.ids import is_id
from core.kernel.wording import word
from core.outbox import schedule
from core.routing.marking import Plan

SWEEP_SECONDS = timedelta(minutes=1).total_seconds()
METHODS = ("share", "assist", "written", "site", "public")
_pledge, _case = table(CasePledge).c, table(Case).c


@dataclass(frozen=True, slots=True)
class Followup:
    """One line of the follow-up list. ``title`` and what was signed are opened for who may see them."""

    id: str
    case_id: str
    number: str
    item_title: str
    applicant: str
    kind: str
    code: str
    state: str
    due_on: date | None
    signed_at: datetime
    checked_at: datetime | None
    method: str | None


def open_due(session: Session, limit: int = 200) -> bool:
    """Begin the check of every promise whose case was granted, and close the promises of cases that ended otherwise; True when there are more."""
    ended = or_(_case.outcome.is_not(None), _case.status.in_(ENDED))
    waiting = or_(_pledge.state == "signed", and_(_pledge.state == "due", _pledge.kind == "later"))
    lost = or_(_case.outcome == "refuse", and_(_case.outcome.is_(None), _case.status.in_(ENDED)))
    query = (
        select(_pledge.id, _pledge.kind, _pledge.code, _case.outcome, _case.decided_at, _case.version_id)
        .select_from(table(CasePledge).join(table(Case), _case.id == _pledge.case_id))
        .where(waiting, ended, or_(_pledge.kind != "later", lost))
        .order_by(_pledge.id)
        .limit(limit)
    )
    found = session.execute(query).all()
    for row in found:
        values: dict[str, Any] = {"state": "void"}
        if row.outcome == "grant":
            promise = next(each for each in pinned(session, row.version_id).doc["promises"] if each["id"] == row.code)
            values = {"state": "due", "due_on": due_day(session, promise["check"]["within"], row.decided_at)}
        session.execute(update(table(CasePledge)).where(_pledge.id == row.id).values(**values))
    return len(found) == limit


def followups(session: Session, *, state: str = "due", actor: Actor, limit: int = 100) -> tuple[Followup, ...]:
    """What a member of staff's posts have to check, first due first; *state* ``due``, ``kept`` or ``breached``."""
    query = select(*_LINE).where(_mine(session, actor), _pledge.state == state).order_by(_pledge.due_on, _pledge.id).limit(limit)
    return tuple(_line(row) for row in session.execute(query))


_LINE = (
    _pledge.id, _pledge.case_id, _pledge.number, _pledge.item_title, _pledge.applicant, _pledge.kind, _pledge.code, _pledge.state, _pledge.due_on,
    _pledge.signed_at, _pledge.checked_at, _pledge.method,
)  # fmt: skip


def _line(row: Any) -> Followup:
    return Followup(*row)


def _mine(session: Session, actor: Actor) -> Any:
    """Lines of the actor's own posts; of their department what was breached, for those who may annul what was given on it."""
    posts = {(post.department_id, post.role) for post in people.staff_view(session, actor.id).posts}
    heads = sorted({department for department, role in posts if role in promised.SENIOR})
    breached = and_(_pledge.state == "breached", _pledge.department_id.in_(heads))
    own = (and_(_pledge.department_id == department, _pledge.role == role) for department, role in sorted(posts))
    return or_(false(), breached, *own)


def followup(session: Session, pledge_id: str, *, actor: Actor) -> tuple[Followup, Mapping[str, str]]:
    """One line with what was told and signed. Raises :class:`CaseNotFound` unless a post of *actor* holds it."""
    row = session.execute(select(*_LINE).where(_pledge.id == pledge_id, _mine(session, actor))).first() if is_id(pledge_id) else None
    if row is None:
        raise CaseNotFound
    line = _line(row)
    return line, said(session, line.case_id).get(line.id, {})


def promise_of(session: Session, line: Followup) -> Mapping[str, Any]:
    """The promise as the item of the case's own version words it."""
    version = session.execute(select(_case.version_id).where(_case.id == line.case_id)).scalar_one()
    promise: Mapping[str, Any] = next(each for each in pinned(session, version).doc["promises"] if each["id"] == line.code)
    return promise


def why(session: Session, line: Followup, locale: str) -> tuple[str, ...]:
    """The sentences behind the last day of *line*: the item's own limit from the filing (a paper to follow) or from the decision (a check)."""
    if line.due_on is None:
        return ()
    row = session.execute(select(_case.version_id, _case.submitted_at, _case.decided_at).where(_case.id == line.case_id)).one()
    if line.kind != "later":
        return due_words(session, promise_of(session, line)["check"]["within"], row.decided_at, word("cases.event.decided", locale), locale)
    limit = next((each.get("later") for each in pinned(session, row.version_id).doc["materials"] if each["id"] == line.code), None)
    return due_words(session, limit, row.submitted_at, word("cases.event.submitted", locale), locale) if limit else ()


def said(session: Session, case_id: str) -> dict[str, dict[str, str]]:
    """What was told and signed in each promise of a case, by the row's id; empty once erased. The caller has checked that it may look."""
    query = select(_pledge.id, _pledge.sealed, _case.wrapped_key).join(table(Case), _case.id == _pledge.case_id).where(_pledge.case_id == case_id)
    rows = session.execute(query).all()
    return {row.id: sealing.open_json(sealing.key_of(session, case_id, row.wrapped_key), case_id, row.sealed) or {} for row in rows}


def of_case(session: Session, case_id: str) -> tuple[Followup, ...]:
    """The promises of a case, whatever became of them. The caller has checked that it may look."""
    return tuple(_line(row) for row in session.execute(select(*_LINE).where(_pledge.case_id == case_id).order_by(_pledge.id)))


def record(session: Session, pledge_id: str, *, kept: bool, method: str, words: str, command_id: str, actor: Actor) -> ActResult:
    """Write down what the check found: the promise was kept, or it was breached (*words* say what was found; sealed).

    A breach is the ground on which the decision may be revoked (安阳 27) and is kept in the chain of the case. Raises :class:`CaseNotFound`
    for somebody else's line, :class:`PledgeClosed` when it is not due, :class:`BadInput` without words or for a method that the item did not tell.
    """
    line, _said = followup(session, pledge_id, actor=actor)
    found = " ".join(words.split())
    if not found or len(found) > 2000:
        raise BadInput("cases.check_words")

    def decide(case: Loaded) -> Change:
        if method not in _methods(case, line):
            raise BadInput("cases.check_method")
        state = session.scalar(select(_pledge.state).where(_pledge.id == line.id))
        if state != "due":
            raise PledgeClosed
        outcome = "kept" if kept else "breached"
        fact = Fact("promise_checked", {"promise": line.code, "kind": line.kind, "outcome": outcome, "method": method}, {"reason": found})

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            sealed = sealing.seal_json(loaded.key, loaded.id, {"words": found}) if loaded.key is not None else None
            values = {"state": outcome, "checked_at": at, "checked_by": actor.id, "method": method, "sealed_check": sealed}
            session.execute(update(table(CasePledge)).where(_pledge.id == line.id, _pledge.state == "due").values(**values))
            return promised.breached(session, loaded, line.code, actor=actor) if outcome == "breached" else ()

        return Change(Plan(case.marking, ()), before=[fact], action="promise_checked", then=write)

    return carry_out(session, line.case_id, command_id, decide, actor=actor)


def _methods(case: Loaded, line: Followup) -> tuple[str, ...]:
    if line.kind == "later":
        return ("written",)
    promise = next(each for each in case.compiled.doc["promises"] if each["id"] == line.code)
    return tuple(promise["check"]["methods"])


def hand_in_later(session: Session, case_id: str, material: str, files: Sequence[Handed], *, command_id: str, actor: Actor) -> ActResult:
    """Hand in a material that was promised for later (容缺受理). Raises :class:`CaseNotFound` for another's case, :class:`PledgeClosed` when nothing is
    due for it – nothing was promised, it came already, the case is over –, :class:`BadInput` without a file.
    """
    access.require_party(session, case_id, actor)
    if not files or any(one.material != material for one in files):
        raise BadInput("cases.later_without_file")

    def decide(case: Loaded) -> Change:
        mine = (_pledge.case_id == case.id, _pledge.kind == "later", _pledge.code == material, _pledge.state == "due")
        pledge = session.scalar(select(_pledge.id).where(*mine))
        if pledge is None or case.marking.status in ENDED or case.key is None:
            raise PledgeClosed
        fact = Fact("papers_added", {"promise": material, "materials": [{"material": one.material, "blob": one.blob_id} for one in files]})

        def write(loaded: Loaded, at: datetime) -> Sequence[Fact]:
            assert loaded.key is not None
            hand_in(session, loaded.row, loaded.key, files, revision=loaded.row["payload_revision"])
            session.execute(update(table(CasePledge)).where(_pledge.id == pledge).values(state="kept", checked_at=at))
            children.heard(session, loaded.id)
            return ()

        return Change(Plan(case.marking, ()), before=[fact], action="hand_in_later", then=write)

    return carry_out(session, case_id, command_id, decide, actor=actor)


def overdue(line: Followup, day: date) -> bool:
    """Whether a due line is late on *day*."""
    return line.state == "due" and line.due_on is not None and line.due_on < day


schedule.every("cases.pledges", SWEEP_SECONDS, open_due)
