"""What happens because a day or an hour came: notices end, registrations close, owners let their time pass. Called by the job, every few minutes.

Each row is moved in a savepoint of its own: one that cannot be moved holds up no other.
"""

from collections.abc import Callable

from sqlalchemy import select

from core.sdk import Context, PlatformError
from plugins.intermediary_market.models import Project
from plugins.intermediary_market.service import agencies, deciding, standing
from plugins.intermediary_market.service.record import lines, note

#: So many projects in one transaction; the job is called again at once while there are more.
MOST = 20


def advance(ctx: Context) -> bool:
    """Do what is due; returns whether there may be more."""
    moved = agencies.finish_notices(ctx) + standing.end_suspensions(ctx)
    closing = select(Project).where(Project.status == "open", Project.closes_at <= ctx.now())
    picking = select(Project).where(Project.status == "picking", Project.pick_until <= ctx.now())
    noticed = select(Project).where(Project.status == "noticed", Project.notice_until < ctx.today())
    moved += sum(_each(ctx, query, step) for query, step in ((closing, deciding.close), (picking, deciding.pick_late), (noticed, _undisputed)))
    return moved >= MOST


def _undisputed(ctx: Context, project: Project) -> None:
    if not deciding.disputed(ctx, project):
        deciding.finish_notice(ctx, project)


def _each(ctx: Context, query: object, step: Callable[[Context, Project], None]) -> int:
    rows = list(ctx.session.scalars(query.order_by(Project.id).limit(MOST)))  # type: ignore[attr-defined]
    moved = 0
    for row in rows:
        before = row.status
        try:
            with ctx.session.nested():
                step(ctx, row)
        except PlatformError as error:
            if lines(ctx, row.id)[-1].kind != "stuck":  # once: it is tried again every few minutes
                note(ctx, row, "stuck", why=error.words("zh"))
        moved += row.status != before
    return moved
