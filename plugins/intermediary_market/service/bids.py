"""Registrations of agencies: sealed until the closing, changed or taken back until then."""

import json

from sqlalchemy import func, select

from core.sdk import BadInput, Context, files, people
from core.sdk.tables import new_id
from core.sdk.web import Upload
from plugins.intermediary_market.models import Agency, BidRow, Project
from plugins.intermediary_market.selection.rules import PRICED, fault
from plugins.intermediary_market.service import eligibility
from plugins.intermediary_market.service.projects import money
from plugins.intermediary_market.service.who import Who, missing, needed_agency, own_project


def register(ctx: Context, project_id: str, who: Who, *, price: str = "", plan: str = "", upload: Upload | None = None) -> BidRow:
    """Register for a project, or change the registration. Nobody reads price and plan before the closing.

    Raises :class:`BadInput` when the agency may not take part or the price does not count.
    """
    agency, project = needed_agency(ctx, who), _open(ctx, project_id)
    if code := eligibility.fault(ctx, agency, project):
        words = eligibility.FAULTS[code]
        raise BadInput("intermediary_market.bid_may_not", why={"zh": words.zh, "en": words.en})
    amount = money(price) if project.method in PRICED else None
    if project.method in PRICED and amount is None:
        raise BadInput("intermediary_market.price")
    if code := fault(amount, method=project.method, ceiling=project.ceiling, floor=project.floor):  # type: ignore[arg-type]
        words = eligibility.FAULTS[code]
        raise BadInput("intermediary_market.bid_may_not", why={"zh": words.zh, "en": words.en})
    if project.method == "proposal" and not plan.strip():
        raise BadInput("intermediary_market.plan")
    row = own_bid(ctx, project_id, agency)
    if row is None:
        row = BidRow(id=new_id(), project_id=project.id, agency_id=agency.id, at=ctx.now(), plan_name="", fault="", out="")
    row.offer = people.seal(ctx, json.dumps({"price": amount, "plan": plan.strip()[:4000]}, ensure_ascii=False))
    if upload is not None:
        before, kept = row.plan_file, files.keep(ctx, upload, of=row.id)
        if before and before != kept.id:
            files.drop(ctx, before, of=row.id)
        row.plan_file, row.plan_name = kept.id, kept.name
    ctx.session.add(row)
    ctx.session.flush()
    return row


def take_back(ctx: Context, project_id: str, who: Who) -> None:
    """Take a registration back before the closing."""
    row = own_bid(ctx, _open(ctx, project_id).id, needed_agency(ctx, who))
    if row is None:
        raise missing()
    if row.plan_file:
        files.drop(ctx, row.plan_file, of=row.id)
    ctx.session.delete(row)
    ctx.session.flush()


def own_bid(ctx: Context, project_id: str, agency: Agency) -> BidRow | None:
    """The registration of an agency for a project."""
    found = ctx.session.scalar(select(BidRow).where(BidRow.project_id == project_id, BidRow.agency_id == agency.id))
    return found if isinstance(found, BidRow) else None


def offer(ctx: Context, row: BidRow) -> tuple[int | None, str]:
    """Price and plan of a registration. The caller asked who may read them: its agency; after the closing the owner."""
    given = json.loads(people.unseal(ctx, row.offer))
    return given.get("price"), str(given.get("plan", ""))


def counted(ctx: Context, project_id: str) -> int:
    """How many registered – all that is public before the closing."""
    return int(ctx.session.scalar(select(func.count()).where(BidRow.project_id == project_id)) or 0)


def plan(ctx: Context, bid_id: str, who: Who) -> tuple[str, bytes]:
    """The file of a plan: for the agency itself, and for the owner once the list is frozen."""
    row = ctx.session.get(BidRow, bid_id)
    if row is None or not row.plan_file or not _may_read(ctx, row, who):
        raise missing()
    return row.plan_name, files.read(ctx, row.plan_file, of=row.id)


def _may_read(ctx: Context, row: BidRow, who: Who) -> bool:
    agency = ctx.session.get(Agency, row.agency_id)
    if agency is not None and agency.party_id in who.parties:
        return True
    return own_project(ctx, row.project_id, who).frozen_at is not None


def _open(ctx: Context, project_id: str) -> Project:
    row = ctx.session.scalar(select(Project).where(Project.id == project_id, Project.status == "open", Project.closes_at > ctx.now()))
    if not isinstance(row, Project):
        raise BadInput("intermediary_market.not_open")
    return row
