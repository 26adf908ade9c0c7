"""What the market needs to work, for the administrators' health page."""

from datetime import timedelta

from sqlalchemy import func, select

from core.sdk import Context, Finding, people
from plugins.intermediary_market.models import Agency, Project
from plugins.intermediary_market.service import catalogue
from plugins.intermediary_market.service.deciding import VALUE_LATE

_BASE = "/office/x/intermediary_market/"


def check(ctx: Context) -> tuple[Finding, ...]:
    """A service list, people with the permissions, public values entered in time, a job that runs."""
    found = []
    services = catalogue.listed(ctx)
    if not services:
        found.append(_finding("warning", "no_services", "services"))
    supply = catalogue.supply(ctx, [each.id for each in services])
    alone = [each for each in services if not supply.get(each.id)]
    if alone:
        found.append(
            _finding("warning", "no_supply", "agencies", names="、".join(each.title_zh for each in alone), names_en=", ".join(each.title_en for each in alone))
        )
    for permission in ("admit", "catalogue", "supervise"):
        holders = people.staff_with(ctx, permission)
        if len(holders) < (2 if permission == "supervise" else 1):
            found.append(Finding("error" if not holders else "warning", permission, f"intermediary_market.health_{permission}", {"mend": "/office/plugins/"}))
    late = _count(ctx, select(func.count()).where(Project.status == "frozen", Project.value_due < ctx.now() - VALUE_LATE))
    if late:
        found.append(_finding("warning", "value_late", "projects?which=frozen", count=late))
    stuck = _count(ctx, select(func.count()).where(Project.status == "open", Project.closes_at < ctx.now() - timedelta(hours=1)))
    stuck += _count(ctx, select(func.count()).select_from(Agency).where(Agency.state == "suspended", Agency.until < ctx.today() - timedelta(days=1)))
    if stuck:
        found.append(_finding("error", "job_late", "projects", count=stuck))
    return tuple(found)


def _count(ctx: Context, query: object) -> int:
    return int(ctx.session.scalar(query) or 0)


def _finding(level: str, key: str, mend: str, **params: object) -> Finding:
    return Finding("error" if level == "error" else "warning", key, f"intermediary_market.health_{key}", {**params, "mend": _BASE + mend})
