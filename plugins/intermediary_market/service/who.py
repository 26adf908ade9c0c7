"""Who acts, and what of theirs they reach. Every door asks one of these questions in its query, never in its template."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, false, or_, select

from core.sdk import Context, Forbidden, NotFound
from plugins.intermediary_market.models import Agency, Project


@dataclass(frozen=True, slots=True)
class Who:
    """A signed-in citizen with the parties they act for, or a member of staff with their departments. ``id``: the account, or the staff."""

    id: str = ""
    parties: tuple[str, ...] = ()
    departments: tuple[str, ...] = ()


NOBODY = Who()


def owned(who: Who) -> ColumnElement[bool]:
    """The condition on :class:`Project` that *who* owns it."""
    if not who.parties and not who.departments:
        return false()
    return or_(Project.owner_party_id.in_(who.parties), Project.owner_department_id.in_(who.departments))


def own_project(ctx: Context, project_id: str, who: Who) -> Project:
    """The project, where *who* owns it. :class:`NotFound` otherwise: whether another's is there is nobody's business. For a department's project acts
    whoever may commission for it, not everybody who works there."""
    found = ctx.session.scalar(select(Project).where(Project.id == project_id, owned(who)))
    if not isinstance(found, Project):
        raise missing()
    if found.owner_department_id is not None:
        demand(ctx, "purchase")
    return found


def own_agency(ctx: Context, who: Who) -> Agency | None:
    """The agency of one of the companies that *who* acts for."""
    found = ctx.session.scalar(select(Agency).where(Agency.party_id.in_(who.parties)).order_by(Agency.applied_at))
    return found if isinstance(found, Agency) else None


def needed_agency(ctx: Context, who: Who) -> Agency:
    """As :func:`own_agency`. :class:`NotFound` when there is none."""
    found = own_agency(ctx, who)
    if found is None:
        raise missing()
    return found


def chosen_project(ctx: Context, project_id: str, who: Who) -> tuple[Project, Agency]:
    """The project whose chosen agency *who* acts for, and that agency."""
    agency = needed_agency(ctx, who)
    found = ctx.session.scalar(select(Project).where(Project.id == project_id, Project.agency_id == agency.id))
    if not isinstance(found, Project):
        raise missing()
    return found, agency


def demand(ctx: Context, permission: str) -> None:
    """:class:`Forbidden` unless the actor has *permission* of the manifest."""
    if not ctx.may(permission):
        raise Forbidden("intermediary_market.no_permission")


def missing() -> NotFound:
    """Nothing here, or not yours."""
    return NotFound("intermediary_market.missing")
