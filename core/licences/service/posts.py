"""Who may act on a licence: holders of the right post at its issuer, their own or delegated – and who may see it at all."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.holders import resolve_holders
from core.identity.spec import POST_ROLES
from core.kernel.actor import Actor
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.licences.errors import NotYourPost
from core.licences.life import ACTS, Act, Holders
from core.licences.models import Licence


def departments_of(session: Session, actor: Actor) -> frozenset[str]:
    """The departments of a member of staff's posts today; nobody else has any."""
    if actor.kind != "staff":
        return frozenset()
    return frozenset(post.department_id for post in people.staff_view(session, actor.id).posts)


def seen(session: Session, licence_id: str, *, actor: Actor, lock: bool = False) -> Licence:
    """A licence of the actor's own departments, or of one they are the superior of. :class:`NotFound` for everybody else."""
    mine = departments_of(session, actor)
    if not mine or not is_id(licence_id):
        raise NotFound("licences.not_found")
    query = select(Licence).where(Licence.id == licence_id)
    row = session.scalars(query.where(Licence.issuer_department_id.in_(mine))).first() or _below(session, session.scalars(query).first(), mine)
    if row is None:
        raise NotFound("licences.not_found")
    if lock:
        session.refresh(row, with_for_update=True)
    return row


def _below(session: Session, row: Licence | None, mine: Collection[str]) -> Licence | None:
    """*row* when the superior of its issuer is among *mine* (行政许可法 69: 上级行政机关)."""
    if row is None:
        return None
    above = resolve_holders(session, Holders("leader", "parent"), owner=row.issuer_department_id, division="")
    return row if any(department in mine for department, _role in above) else None


def acting(session: Session, department_id: str, holders: Collection[Holders], *, actor: Actor) -> Actor | None:
    """The actor as holder of one of *holders* for a department – on whose behalf, when delegated – or ``None``."""
    if actor.kind != "staff":
        return None
    wanted = {pair for each in holders for pair in resolve_holders(session, each, owner=department_id, division="")}
    held = [post for post in people.staff_view(session, actor.id).posts if (post.department_id, post.role) in wanted]
    return Actor("staff", actor.id, held[0].on_behalf_of) if held else None


def require(session: Session, row: Licence, act: Act, *, actor: Actor) -> Actor:
    """The actor, with whom they stand in for. Raises :class:`NotYourPost` that names the posts which may."""
    found = acting(session, row.issuer_department_id, act.holders, actor=actor)
    if found is None:
        roles = sorted({holder.role for holder in act.holders}, key=POST_ROLES.index)
        raise NotYourPost(roles=roles, issuer=row.issuer_title, act=act.name)
    return found


def open_acts(session: Session, row: Licence, *, actor: Actor) -> tuple[Act, ...]:
    """The acts that the actor's posts allow on the licence, whatever its status."""
    return tuple(act for act in ACTS.values() if acting(session, row.issuer_department_id, act.holders, actor=actor) is not None)
