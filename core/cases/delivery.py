"""Where results are: what waits at an output window, one case's delivery, and that it is done. Who may hand out is in the query."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, exists, false, literal, or_, select, update
from sqlalchemy.orm import Session

from core.cases import access, sealing
from core.cases.clocks import light
from core.cases.errors import CaseNotFound, ElsewhereDelivered
from core.cases.models import Case, CaseDelivery, CaseTask, table
from core.documents.models import Document
from core.documents.spec import DECISIONS
from core.identity import queries as people
from core.identity.models import Department
from core.identity.spec import DepartmentView, PostView
from core.kernel.actor import Actor
from core.kernel.ids import is_id

PICKUP, POST, ELECTRONIC = "pickup", "post", "electronic"
_delivery, _case, _task, _document = table(CaseDelivery).c, table(Case).c, table(CaseTask).c, Document.__table__.c
_department = Department.__table__.c
#: A decision whose paper is not made yet: nothing to hand out before it is there.
UNFINISHED = exists(
    select(literal(1)).where(_document.case_id == _case.id, _document.kind.in_(sorted(DECISIONS)), _document.pdf_blob_id.is_(None)).correlate(table(Case))
)


@dataclass(frozen=True, slots=True)
class Output:
    """One result that waits: where, how, until when. ``made`` says that the decision's paper is there; ``department_id`` decided, ``place_id`` hands out."""

    case_id: str
    no: int
    number: str
    item_title: str
    applicant: str
    outcome: str
    department_id: str
    place_id: str
    way: str
    state: str
    due_at: datetime | None
    light: str
    made: bool
    carrier: str | None
    tracking: str | None
    moved_at: datetime | None
    returns: int
    locked_until: datetime | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """How one case's result is delivered, for those who may see the case. The address is empty unless it is asked for and still there."""

    way: str
    state: str
    department_id: str
    carrier: str | None = None
    tracking: str | None = None
    moved_at: datetime | None = None
    returns: int = 0
    read_at: datetime | None = None
    chosen: bool = False
    recipient: str = ""
    phone: str = ""
    address: str = ""


_LINE = (
    _case.id, _task.no, _case.number, _case.item_title, _case.applicant, _case.outcome, _case.department_id, _delivery.department_id, _delivery.way,
    _delivery.state, _task.due_at, _task.yellow_at, ~UNFINISHED, _delivery.carrier, _delivery.tracking, _delivery.moved_at, _delivery.returns,
    _delivery.locked_until,
)  # fmt: skip
_WAITING = table(CaseDelivery).join(table(Case), _case.id == _delivery.case_id).join(table(CaseTask), and_(_task.case_id == _case.id, _task.kind == "delivery"))


def waiting(session: Session, *, way: str | None = None, number: str | None = None, actor: Actor, limit: int = 200) -> tuple[Output, ...]:
    """What waits for the windows of *actor*, over all departments, soonest due first."""
    query = select(*_LINE).select_from(_WAITING).where(_mine(session, actor)).order_by(_task.sort_at, _case.id).limit(limit)
    if way is not None:
        query = query.where(_delivery.way == way)
    if number is not None:
        query = query.where(_case.number == number)
    return _lines(session.execute(query).all())


def one(session: Session, case_id: str, *, actor: Actor) -> Output:
    """One result that waits for *actor*'s windows. Raises :class:`CaseNotFound`."""
    query = select(*_LINE).select_from(_WAITING).where(_case.id == case_id, _mine(session, actor))
    found = _lines(session.execute(query).all()) if is_id(case_id) else ()
    if not found:
        raise CaseNotFound
    return found[0]


def _mine(session: Session, actor: Actor) -> Any:
    """The tasks of the actor's posts, and what was laid down at the windows they hold (统一出件): nobody else's."""
    if actor.kind != "staff":
        return false()
    posts = people.staff_view(session, actor.id).posts
    pairs = sorted({(post.department_id, post.role) for post in posts})
    windows = sorted({post.department_id for post in posts if post.role == access.WINDOW})
    places = sorted({post.division_id for post in posts if post.role == access.GENERAL_WINDOW})
    around = select(_department.id).where(_department.division_id.in_(places))
    held = (and_(_task.department_id == department, _task.role == role) for department, role in pairs)
    return or_(false(), _delivery.department_id.in_(windows), _delivery.department_id.in_(around), *held)


def _lines(rows: Any) -> tuple[Output, ...]:
    """One a case, however many posts may hold its task."""
    found = {row[0]: [*row[:11], light(row[10], row[11]), *row[12:]] for row in rows}
    return tuple(Output(*values) for values in found.values())


def of_case(session: Session, case_id: str) -> Delivery | None:
    """How the result of a case is delivered, without the address; ``None`` before anything was chosen. The caller has checked that it may look."""
    row = session.execute(select(*_delivery).where(_delivery.case_id == case_id)).mappings().first()
    return _view(row, {}) if row is not None else None


def address(session: Session, case_id: str) -> Delivery:
    """The same with recipient, telephone and address, empty after erasure. The caller has checked – and recorded – the look."""
    query = select(*_delivery, _case.wrapped_key).join(table(Case), _case.id == _delivery.case_id).where(_delivery.case_id == case_id)
    row = session.execute(query).mappings().first()
    if row is None:
        raise CaseNotFound
    return _view(row, sealing.open_json(sealing.key_of(session, case_id, row["wrapped_key"]), case_id, row["sealed"]) or {})


def _view(row: Mapping[Any, Any], sealed: Mapping[str, str]) -> Delivery:
    return Delivery(
        row["way"], row["state"], row["department_id"], row["carrier"], row["tracking"], row["moved_at"], row["returns"], row["read_at"],
        row["chosen_at"] is not None, sealed.get("recipient", ""), sealed.get("phone", ""), sealed.get("address", ""),
    )  # fmt: skip


def by_button(session: Session, case_id: str, way: str) -> None:
    """What the plain button may deliver: an electronic result, unless the applicant chose otherwise. A paper goes over the counter or by post,
    where it is asked who takes it.

    Raises :class:`ElsewhereDelivered`.
    """
    chosen = session.scalar(select(_delivery.way).where(_delivery.case_id == case_id, _delivery.chosen_at.is_not(None)))
    if way != ELECTRONIC or chosen not in (None, ELECTRONIC):
        raise ElsewhereDelivered


def done(session: Session, case_id: str, way: str, at: datetime, *still: ColumnElement[bool]) -> bool:
    """Write down that the result arrived by *way*, with the command that says so; False when what *still* asks of the row does not hold any more."""
    values = {"way": way, "state": "done", "moved_at": at, "wrong": 0, "locked_until": None}
    return (
        session.execute(update(table(CaseDelivery)).where(_delivery.case_id == case_id, *still).values(**values).returning(_delivery.case_id)).scalar()
        is not None
    )


def holder(session: Session, found: Output, *, actor: Actor) -> Actor:
    """*actor* as whoever hands this result out: by the task, or by a window of its place – on whose behalf, when delegated."""
    rows = access.task_rows(session, found.case_id, found.no, actor.id)
    lender = next((row.lender for row in rows if row.holds), None)
    if not any(row.holds for row in rows):
        place = people.department(session, found.place_id)
        posts = people.staff_view(session, actor.id).posts
        lender = next((post.on_behalf_of for post in posts if _hands_out(post, place)), None)
    return Actor(actor.kind, actor.id, lender)


def _hands_out(post: PostView, place: DepartmentView) -> bool:
    own = post.role == access.WINDOW and post.department_id == place.id
    return own or (post.role == access.GENERAL_WINDOW and post.division_id == place.division_id)
