"""At the desk (综合窗口, 帮办代办): somebody is identified, who came for whom is written down, and what they agreed to.

A number at a desk is one that a member of staff saw on a document, so the same person met at a desk before – or the person behind an account who
says that it is theirs – is one party: what the hall has of theirs is found, and what is filed is seen in their own space.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session, aliased

from core.audit import service as audit
from core.identity import queries as people
from core.identity.documents import normalise_number
from core.identity.errors import NotYours, OutsideThePlace
from core.identity.models import Account, AccountParty, Department, Division, Mandate, Party, Visit
from core.identity.sealing import blind, unseal
from core.identity.service.mandates import authority as mandate_authority
from core.identity.service.mandates import in_force
from core.identity.service.parties import add_party
from core.identity.spec import DESK_ROLES, ActingParty, PartyView, PostView, VisitView
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise


@dataclass(frozen=True, slots=True)
class Shown:
    """What a document said of somebody: read by the desk's card reader or typed by the clerk."""

    kind: str
    document_kind: str
    name: str
    number: str = ""
    phone: str = ""
    address: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """By what somebody stands for the applicant: as what, by which authority, with which paper or mandate."""

    role: str = "applicant"
    authority: str = "self"
    evidence_blob: str | None = None
    mandate: str | None = None


def receive(
    session: Session, *, post: PostView, applicant: Shown, bearer: Shown | None = None, standing: Standing = Standing(), division_id: str | None = None,
    own_account: bool = True, may_look: bool, identified_by: str, visit_id: str | None = None, actor: Actor,
) -> VisitView:  # fmt: skip
    """Write down who is at the desk of *post* and return the visit, good until the end of the day.

    *bearer* is who came, when it is not the applicant: a company always has one. *own_account* means the applicant says that the account of their
    number and name is theirs; *may_look* that the hall may look for what it has of theirs. *visit_id* is given where a paper of *standing* is held
    by it already. Raises :class:`BadInput`, :class:`BadDocument`, :class:`OutsideThePlace` for an inhabitant of another place at a village agent's.
    """
    _check_post(session, post, actor)
    place = _place(session, post, division_id)
    _check_standing(applicant, bearer, standing, post)
    came = _party(session, bearer, own_account) if bearer is not None else None
    party_id, account_id = _party(session, applicant, own_account, of=came[1] if came else None)
    if came is not None and came[1] is not None and account_id is None and standing.role == "legal_representative":
        _link(session, came[1], party_id, standing)
        account_id = came[1]
    present = came[0] if came is not None else None if post.role == "agent" and standing.role == "agent" else party_id
    row = {
        "id": visit_id or new_id(), "department_id": post.department_id, "division_id": place, "staff_id": actor.id, "post": post.role, "party_id": party_id,
        "bearer_id": present, "role": standing.role, "authority": standing.authority[:200], "evidence_blob": standing.evidence_blob,
        "mandate_id": standing.mandate, "account_id": account_id, "identified_by": identified_by, "may_look": may_look, "day": today(), "created_at": now(),
    }  # fmt: skip
    session.execute(insert(Visit), row)
    detail = {"visit": row["id"], "by": identified_by, "role": standing.role, "may_look": may_look}
    audit.record(session, "identity.received", subject=("party", party_id), actor=actor, detail=detail)
    return visit(session, str(row["id"]), actor=actor)


def receive_by_mandate(session: Session, *, post: PostView, mandate_id: str, actor: Actor) -> VisitView:
    """A visit for somebody who is not there and who agreed by a mandate to this agent's place.

    Raises :class:`NotYours`, :class:`NotFound`, and :class:`MandateRefused` when the mandate has ended: then nothing of theirs is opened any more.
    """
    _check_post(session, post, actor)
    row = session.get(Mandate, mandate_id, populate_existing=True)
    if row is None or row.party_id is None or row.granted_at is None or row.agent_department_id != post.department_id or post.role != "agent":
        raise NotFound
    in_force(session, row.id)
    made = {
        "id": new_id(), "department_id": post.department_id, "division_id": post.division_id, "staff_id": actor.id, "post": post.role,
        "party_id": row.party_id, "bearer_id": None, "role": "agent", "authority": f"mandate:{row.id}", "evidence_blob": None, "mandate_id": row.id,
        "account_id": row.account_id, "identified_by": "mandate", "may_look": True, "day": today(), "created_at": now(),
    }  # fmt: skip
    session.execute(insert(Visit), made)
    audit.record(session, "identity.received", subject=("party", row.party_id), actor=actor, detail={"visit": made["id"], "mandate": row.id})
    return visit(session, str(made["id"]), actor=actor)


def _check_post(session: Session, post: PostView, actor: Actor) -> None:
    """The member of staff holds the desk, by own post or by delegation."""
    held = {(each.department_id, each.role) for each in people.staff_view(session, actor.id).posts}
    if post.role not in DESK_ROLES or (post.department_id, post.role) not in held:
        raise NotYours


def _place(session: Session, post: PostView, division_id: str | None) -> str:
    """Where the applicant lives, at a village agent's: inside the agent's own place."""
    if division_id is None or post.role != "agent":
        return post.division_id
    path = session.scalar(select(Division.path).where(Division.id == division_id))
    if path is None or not path.startswith(post.division_path):
        raise OutsideThePlace
    return division_id


def _check_standing(applicant: Shown, bearer: Shown | None, standing: Standing, post: PostView) -> None:
    if applicant.kind == "company" and bearer is None:
        raise BadInput("identity.bearer_missing")
    if bearer is not None and bearer.kind != "person":
        raise BadInput("identity.bearer_person")
    stands = bearer is not None or (post.role == "agent" and standing.role == "agent")
    if stands != (standing.role != "applicant"):
        raise BadInput("identity.standing_missing")
    if standing.role in ("agent", "guardian") and standing.mandate is None and not (standing.authority.strip() and standing.evidence_blob):
        raise BadInput("identity.authority_missing")  # 民法典 161–165: whoever stands for another shows by what


def _party(session: Session, shown: Shown, own_account: bool, *, of: str | None = None) -> tuple[str, str | None]:
    """The party of a document, and the account it belongs to: its own account's, the bearer's company, one met at a desk before, or a new one."""
    number = normalise_number(shown.number)
    index = blind(session, "document", number) if number else None
    if index is not None and own_account and shown.kind == "person":
        found = session.execute(
            select(Account.id, Party).join(Party, Party.id == Account.party_id).where(Account.document_index == index, Account.active)
        ).first()
        if found is not None and _same(session, found.Party, shown):
            return found.Party.id, found.id
    if index is not None and of is not None:
        mine = select(Party).join(AccountParty, AccountParty.party_id == Party.id)
        for party in session.scalars(mine.where(AccountParty.account_id == of, Party.document_index == index)):
            if _same(session, party, shown):
                return party.id, of
    known = _met(session, index, shown) if index is not None else None
    if known is not None:
        return known, None
    made = add_party(
        session, kind=shown.kind, document_kind=shown.document_kind, name=shown.name, number=number, phone=shown.phone, address=shown.address
    )  # fmt: skip
    return made, None


def _met(session: Session, index: str, shown: Shown) -> str | None:
    """The party that a desk wrote down for this document before; never one that is behind an account, which its owner alone may name."""
    met = (
        select(Party)
        .join(Visit, or_(Visit.party_id == Party.id, Visit.bearer_id == Party.id))
        .outerjoin(AccountParty, AccountParty.party_id == Party.id)
        .where(Party.document_index == index, AccountParty.id.is_(None))
        .order_by(Party.id.desc())
        .limit(20)
    )
    return next((party.id for party in session.scalars(met).unique() if _same(session, party, shown)), None)


def _same(session: Session, party: Party, shown: Shown) -> bool:
    """Whether the party has the document's kind and name; a number alone proves nothing."""
    if party.document_kind != shown.document_kind or party.wrapped_key is None:
        return False
    return bool(unseal(session, party.id, party.wrapped_key, party.sealed)["name"] == normalise(shown.name))


def _link(session: Session, account_id: str, party_id: str, standing: Standing) -> None:
    """The legal representative, seen at the desk with the company's licence, finds what is filed for it in their own space."""
    row = {"id": new_id(), "account_id": account_id, "party_id": party_id, "role": standing.role, "authority": standing.authority}
    session.execute(insert(AccountParty), {**row, "evidence_blob": None, "valid_until": None})


def disown(session: Session, visit_id: str, *, actor: Actor) -> VisitView:
    """The person at the desk says that the account of their number is not theirs: from here on they are a party of their own.

    Raises :class:`NotYours` where the account itself gave the mandate: else an agent would file where the principal does not see it.
    """
    view = visit(session, visit_id, actor=actor)
    if view.mandate is not None:
        raise NotYours
    row = session.get(Visit, visit_id)
    assert row is not None
    if view.account_id is None or view.party.kind != "person":
        return view
    whole = _whole(session, view.party.id)
    other, _account = _party(session, Shown("person", view.party.document_kind, whole["name"], whole["number"]), False)
    row.bearer_id = other if row.bearer_id == row.party_id else row.bearer_id
    row.party_id, row.account_id = other, None
    session.flush()
    audit.record(session, "identity.account_disowned", subject=("account", view.account_id), actor=actor, detail={"visit": visit_id})
    return visit(session, visit_id, actor=actor)


# --- reading ------------------------------------------------------------------------------------------------------------------------------------

_bearer, _account, _accounts_party = aliased(Party), aliased(Account), aliased(Party)
_VISIT = (
    select(Visit, Party, _bearer, _accounts_party.masked_phone, Department.title, Division.path)
    .join(Party, Party.id == Visit.party_id)
    .outerjoin(_bearer, _bearer.id == Visit.bearer_id)
    .outerjoin(_account, _account.id == Visit.account_id)
    .outerjoin(_accounts_party, _accounts_party.id == _account.party_id)
    .join(Department, Department.id == Visit.department_id)
    .join(Division, Division.id == Visit.division_id)
)


def visit(session: Session, visit_id: str, *, actor: Actor) -> VisitView:
    """Today's visit at a desk that the member of staff holds. Raises :class:`NotFound` for every other, and :class:`MandateRefused` from the moment
    the mandate that it rests on has ended.
    """
    held = [(post.department_id, post.role) for post in people.staff_view(session, actor.id).posts if post.role in DESK_ROLES]
    if not is_id(visit_id) or not held:
        raise NotFound
    row = session.execute(_VISIT.where(Visit.id == visit_id, Visit.day == today())).first()
    if row is None or (row.Visit.department_id, row.Visit.post) not in held:
        raise NotFound
    if row.Visit.mandate_id is not None:
        in_force(session, row.Visit.mandate_id)
    return _view(row)


def visits_today(session: Session, department_id: str, post: str, party_ids: Sequence[str] = ()) -> tuple[VisitView, ...]:
    """Today's visits at a desk, newest first; of some applicants only when these are given."""
    query = _VISIT.where(Visit.department_id == department_id, Visit.post == post, Visit.day == today()).order_by(Visit.id.desc()).limit(50)
    if party_ids:
        query = query.where(Visit.party_id.in_(party_ids))
    return tuple(_view(row) for row in session.execute(query))


def names(session: Session, party_ids: Sequence[str]) -> dict[str, str]:
    """Masked names of parties, for the lists of a desk."""
    return {row.id: row.masked_name for row in session.execute(select(Party.id, Party.masked_name).where(Party.id.in_(set(party_ids))))}


def _view(row: Any) -> VisitView:
    found, bearer = row.Visit, row[2]
    return VisitView(
        found.id, found.department_id, row.title, found.division_id, row.path, found.staff_id, found.post, _masked(row.Party),
        _masked(bearer) if bearer is not None else None, found.role, found.authority, found.evidence_blob, found.mandate_id, found.account_id,
        row.masked_phone or "", found.identified_by, found.may_look, found.day, found.created_at,
    )  # fmt: skip


def _masked(party: Party) -> PartyView:
    kind: Any = party.kind
    return PartyView(party.id, kind, party.document_kind, party.masked_name, party.masked_number, party.masked_phone, "", "", False)


def _whole(session: Session, party_id: str) -> dict[str, Any]:
    party = session.get(Party, party_id)
    if party is None or party.wrapped_key is None:
        raise NotFound
    return unseal(session, party.id, party.wrapped_key, party.sealed)


def values_at(session: Session, visit_id: str, *, actor: Actor) -> dict[str, str]:
    """The applicant's own values for the form (``party.name``, ``party.number`` …): the document lies on the desk."""
    view = visit(session, visit_id, actor=actor)
    whole = _whole(session, view.party.id)
    return {"kind": view.party.kind, "document_kind": view.party.document_kind, **{name: str(value) for name, value in whole.items()}}


def authority_at(session: Session, visit_id: str, party_ids: Sequence[str], *, item: str, department: str, actor: Actor) -> dict[str, ActingParty]:
    """By what authority the desk files for each of *party_ids*: those of the visit and nobody else. Raises :class:`NotYours`, :class:`NotFound`,
    and :class:`MandateRefused` when the mandate the visit rests on has ended or does not reach the item.
    """
    view = visit(session, visit_id, actor=actor)
    if view.mandate is not None:
        mandate_authority(session, view.mandate, item=item, department=department)
    there = {view.party.id: ActingParty(view.party, "applicant", view.authority, view.evidence_blob, None, view.mandate)}
    if view.bearer is not None and view.bearer.id != view.party.id:
        there[view.bearer.id] = ActingParty(view.bearer, view.role, view.authority, None, None)
    if any(party_id not in there for party_id in party_ids):
        raise NotYours
    return {party_id: replace(there[party_id]) for party_id in party_ids}
