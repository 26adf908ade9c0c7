"""Dated delegation: who acts in whose posts, at most three links long, never in a circle, both names known."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.errors import BadDelegation
from core.identity.models import Delegation, Staff
from core.identity.spec import LONGEST_CHAIN, POST_ROLES
from core.kernel.actor import Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import new_id


def delegate(
    session: Session, from_staff: str, to_staff: str, *, valid_from: date, valid_until: date, reason: str,
    department_id: str | None = None, role: str | None = None, actor: Actor,
) -> str:  # fmt: skip
    """Let *to_staff* act for *from_staff* on the days given (both included); all posts, or those of one department and role.

    Raises :class:`BadDelegation` for oneself, a circle, more than three links, or days the wrong way round.
    """
    if from_staff == to_staff:
        raise _bad("identity.delegation_self")
    if valid_until < valid_from:
        raise _bad("identity.delegation_days")
    if role is not None and role not in POST_ROLES:
        raise BadInput("identity.unknown_role", role=role)
    if session.get(Staff, from_staff) is None or session.get(Staff, to_staff) is None:
        raise NotFound
    above = _longest(session, [from_staff], valid_from, valid_until, up=True, avoid=to_staff)
    below = _longest(session, [to_staff], valid_from, valid_until, up=False, avoid=from_staff)
    if above + 1 + below > LONGEST_CHAIN:
        raise _bad("identity.delegation_chain")
    row = Delegation(
        id=new_id(), from_staff_id=from_staff, to_staff_id=to_staff, department_id=department_id, role=role,
        valid_from=valid_from, valid_until=valid_until, reason=reason, revoked_at=None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    detail = {"to": to_staff, "from_day": valid_from.isoformat(), "until": valid_until.isoformat(), "department": department_id, "role": role}
    audit.record(session, "identity.delegate", subject=("staff", from_staff), actor=actor, detail=detail)
    return row.id


def revoke(session: Session, delegation_id: str, *, actor: Actor) -> None:
    """End a delegation now."""
    query = update(Delegation).where(Delegation.id == delegation_id, Delegation.revoked_at.is_(None)).values(revoked_at=now())
    from_staff = session.execute(query.returning(Delegation.from_staff_id)).scalar()
    if from_staff is None:
        raise NotFound
    audit.record(session, "identity.revoke_delegation", subject=("staff", from_staff), actor=actor, detail={"delegation": delegation_id})


def _longest(session: Session, staff: Sequence[str], start: date, end: date, *, up: bool, avoid: str) -> int:
    """Links in the longest chain leading to (*up*) or from *staff* within the days; a circle through *avoid* is refused."""
    near, far = (Delegation.to_staff_id, Delegation.from_staff_id) if up else (Delegation.from_staff_id, Delegation.to_staff_id)
    frontier, length = set(staff), 0
    while frontier and length <= LONGEST_CHAIN:
        query = select(far).where(near.in_(frontier), Delegation.revoked_at.is_(None), Delegation.valid_from <= end, Delegation.valid_until >= start)
        frontier = set(session.scalars(query))
        if avoid in frontier:
            raise _bad("identity.delegation_circle")
        length += bool(frontier)
    return length


def _bad(reason: str) -> BadDelegation:
    return BadDelegation(reason=reason)
