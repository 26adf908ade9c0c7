"""Reads of cases. Every one takes who asks and filters in SQL; what may not be seen is not found."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.cases import access, sealing
from core.cases.errors import CaseNotFound
from core.cases.models import Case, CaseMaterial, CaseTask, table
from core.cases.service.machine import command_key
from core.cases.spec import ENDED, CaseCard, CaseView, MaterialView
from core.cases.timeline import timeline
from core.cases.viewing import material, whole
from core.cases.worklist import Filters, waiting, worklist
from core.documents import queries as documents
from core.documents.spec import DocumentView
from core.kernel.actor import Actor
from core.kernel.ids import is_id, normalise_code
from core.kernel.paging import Page, decode_cursor, encode_cursor
from core.keys.service import keyring

__all__ = [
    "Filters", "by_command", "by_query_code", "case_for_party", "case_for_staff", "document_holder", "material_holder", "mine", "recent_for_staff", "timeline",
    "waiting", "waiting_in", "worklist",
]  # fmt: skip

_case, _file = table(Case).c, table(CaseMaterial).c


def case_for_staff(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> CaseView:
    """A case for a member of staff whose departments own it or work on it. Every look is recorded. Raises :class:`CaseNotFound`."""
    view = whole(session, case_id, access.of_actor(session, actor), viewer=actor, locale=locale)
    audit.record(session, "cases.looked", subject=("case", view.id), actor=actor)
    return view


def case_for_party(session: Session, case_id: str, *, actor: Actor, locale: str = "zh") -> CaseView:
    """A case for the account of one of its parties, with the query code. Raises :class:`CaseNotFound`."""
    return whole(session, case_id, access.of_account(actor.id), viewer=actor, locale=locale)


def by_query_code(session: Session, code: str, *, locale: str = "zh") -> CaseView:
    """Progress for whoever holds the query code: no answers, no files, no words. The edge limits the rate. Raises :class:`CaseNotFound`."""
    index = keyring(session).blind_index("query", normalise_code(code))
    case_id = session.scalar(select(Case.id).where(Case.query_index == index))
    if case_id is None:
        raise CaseNotFound
    return whole(session, case_id, access.Sight(access.EVERY, {}), viewer=None, locale=locale)


def waiting_in(session: Session, department_id: str) -> tuple[int, int]:
    """How many cases a department has under way, and how many tasks wait in its queues: what a reorganisation leaves to be worked off."""
    cases = select(func.count()).select_from(table(Case)).where(_case.department_id == department_id, _case.status.not_in(sorted(ENDED)))
    tasks = select(func.count()).select_from(table(CaseTask)).where(table(CaseTask).c.department_id == department_id)
    return session.scalar(cases) or 0, session.scalar(tasks) or 0


def by_command(session: Session, actor: Actor, command_id: str) -> str | None:
    """The id of the case that this command of this actor filed."""
    return session.scalar(select(Case.id).where(Case.command_key == command_key(actor, command_id)))


def mine(session: Session, account_id: str, *, cursor: str | None = None, limit: int = 20, open_only: bool = False) -> Page[CaseCard]:
    """Cases of everybody the account may act for, newest first."""
    sight = access.of_account(account_id)
    query = select(*_case).where(sight.condition)
    if open_only:
        query = query.where(_case.ended_at.is_(None))
    return _cards(session, query, sight, cursor, limit)


def recent_for_staff(session: Session, *, actor: Actor, cursor: str | None = None, limit: int = 20, number: str | None = None) -> Page[CaseCard]:
    """Cases of the member of staff's departments, newest first; one number when given."""
    sight = access.of_actor(session, actor)
    query = select(*_case).where(sight.condition)
    if number is not None:
        query = query.where(_case.number == number)
    return _cards(session, query, sight, cursor, limit)


def material_holder(session: Session, case_id: str, blob_id: str, *, actor: Actor) -> tuple[MaterialView, tuple[str, str]]:
    """A file of a case (by its own id or its blob's) that *actor* may see, and the holder to open it with. A look of staff is recorded."""
    if not is_id(case_id) or not is_id(blob_id):
        raise CaseNotFound
    sight = access.of_actor(session, actor)
    query = select(*_file, _case.wrapped_key).select_from(table(CaseMaterial).join(table(Case), _case.id == _file.case_id))
    found = query.where(_case.id == case_id, or_(_file.blob_id == blob_id, _file.id == blob_id), sight.condition)
    row = session.execute(found, sight.params).mappings().first()
    if row is None:
        raise CaseNotFound
    if actor.kind == "staff":
        audit.record(session, "cases.looked_material", subject=("case", case_id), actor=actor, detail={"blob": blob_id})
    return material(case_id, sealing.key_of(session, case_id, row["wrapped_key"]), row), ("case", case_id)


def require_sight(session: Session, case_id: str, *, actor: Actor) -> None:
    """Raise :class:`CaseNotFound` unless *actor* may see the case."""
    if not access.may_see(session, case_id, actor):
        raise CaseNotFound


def document_holder(session: Session, case_id: str, document_id: str, *, actor: Actor) -> tuple[DocumentView, tuple[str, str]]:
    """A document of a case that *actor* may see, and the holder to open its paper with. A look of staff is recorded. Raises :class:`CaseNotFound`."""
    if not is_id(case_id) or not is_id(document_id):
        raise CaseNotFound
    sight = access.of_actor(session, actor)
    if session.execute(select(_case.id).where(_case.id == case_id, sight.condition), sight.params).scalar() is None:
        raise CaseNotFound
    found = documents.one(session, case_id, document_id)
    if actor.kind == "staff":
        audit.record(session, "cases.looked_document", subject=("case", case_id), actor=actor, detail={"document": document_id})
    return found, ("case", case_id)


def _cards(session: Session, query: Any, sight: access.Sight, cursor: str | None, limit: int) -> Page[CaseCard]:
    limit = max(1, min(limit, 100))
    if cursor is not None:
        last = decode_cursor(cursor, 1)[0]
        if not is_id(str(last)):
            raise CaseNotFound
        query = query.where(_case.id < str(last))  # ids are UUIDv7: their order is the order of submission
    rows = session.execute(query.order_by(_case.id.desc()).limit(limit + 1), sight.params).mappings().all()
    cards = tuple(_card(row) for row in rows[:limit])
    return Page(cards, encode_cursor(cards[-1].id) if len(rows) > limit else None)


def _card(row: Mapping[Any, Any]) -> CaseCard:
    return CaseCard(
        row["id"], row["number"], row["item_code"], row["item_title"], row["applicant"], row["status"], row["outcome"], row["submitted_at"], row["due_at"],
        row["ended_at"],
    )  # fmt: skip
