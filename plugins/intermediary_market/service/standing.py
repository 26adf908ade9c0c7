"""Measures against an agency: suspended for a time, removed (清退) – with reason, told, and open to appeal."""

from datetime import date, timedelta

from sqlalchemy import select

from core.sdk import BadInput, Context, Words
from plugins.intermediary_market.models import Agency
from plugins.intermediary_market.service.record import mark, quoted, tell_agency
from plugins.intermediary_market.service.who import demand, missing

#: What a measure costs in points, for a year.
POINTS = {"suspend": 10, "remove": 40, "refused_contract": 10, "overdue": 5}


def suspend(ctx: Context, agency_id: str, *, until: date, reason: str) -> Agency:
    """Keep an agency out of new projects up to and including *until*. Its contracts go on."""
    row = _admitted(ctx, agency_id, ("admitted",), reason)
    if not ctx.today() < until <= ctx.today() + timedelta(days=730):
        raise BadInput("intermediary_market.suspend_until")
    row.state, row.until, row.reason, row.decided_by = "suspended", until, reason.strip(), ctx.actor.id
    mark(ctx, row, "suspended", reason=row.reason, points=POINTS["suspend"])
    told = quoted("被暂停到 %(day)s：%(why)s。不服的，可以申诉。", "Suspended until %(day)s: %(why)s. You may appeal.", day=until.isoformat(), why=row.reason)
    tell_agency(ctx, row, Words("暂停报名", "Suspension"), told)
    return row


def resume(ctx: Context, agency_id: str, *, reason: str) -> Agency:
    """Let a suspended agency back before its time."""
    row = _admitted(ctx, agency_id, ("suspended",), reason)
    return back(ctx, row, reason.strip())


def back(ctx: Context, row: Agency, reason: str) -> Agency:
    """The agency may register again: its time is over, or the measure was lifted."""
    row.state, row.until, row.reason = "admitted", None, ""
    mark(ctx, row, "resumed", reason=reason)
    tell_agency(ctx, row, Words("恢复报名", "Suspension lifted"), Words("可以重新报名了。", "You may register for projects again."))
    return row


def remove(ctx: Context, agency_id: str, *, until: date, reason: str) -> Agency:
    """清退: the agency leaves the market; up to and including *until* it may not apply again. Its contracts are settled by their owners."""
    row = _admitted(ctx, agency_id, ("admitted", "suspended", "noticed"), reason)
    if not ctx.today() < until <= ctx.today() + timedelta(days=1830):
        raise BadInput("intermediary_market.remove_until")
    row.state, row.until, row.reason, row.decided_by = "removed", until, reason.strip(), ctx.actor.id
    mark(ctx, row, "removed", reason=row.reason, points=POINTS["remove"])
    told = quoted(
        "已被清退，%(day)s 以前不能再申请：%(why)s。不服的，可以申诉。",
        "Removed; no new application until %(day)s: %(why)s. You may appeal.",
        day=until.isoformat(),
        why=row.reason,
    )
    tell_agency(ctx, row, Words("清退", "Removal"), told)
    return row


def end_suspensions(ctx: Context) -> int:
    """Let those back whose time is over. Returns how many."""
    rows = list(ctx.session.scalars(select(Agency).where(Agency.state == "suspended", Agency.until < ctx.today()).limit(200)))
    for row in rows:
        back(ctx, row, "")
    return len(rows)


def _admitted(ctx: Context, agency_id: str, states: tuple[str, ...], reason: str) -> Agency:
    demand(ctx, "supervise")
    row: Agency | None = ctx.session.scalar(select(Agency).where(Agency.id == agency_id, Agency.state.in_(states)))
    if row is None:
        raise missing()
    if not reason.strip():
        raise BadInput("intermediary_market.reason_public")
    return row
