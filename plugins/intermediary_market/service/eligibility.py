"""Which agency may take part in which project, what happens to one that is chosen, and the end of a project that fails."""

from collections.abc import Callable

from sqlalchemy import select

from core.sdk import BadInput, Context, Words, licences, people, worktime
from core.sdk.tables import new_id
from plugins.intermediary_market.models import Affiliate, Agency, BidRow, Offer, Project, Service
from plugins.intermediary_market.numbering import tidy
from plugins.intermediary_market.service.agencies import valid
from plugins.intermediary_market.service.record import note, quoted, tell_agency, tell_owner

#: Why an agency may not take part, in words. The code stands on the frozen list.
FAULTS: dict[str, Words] = {
    "suspended": Words("机构没有入驻，或者已被暂停、清退", "The agency is not admitted, or suspended or removed"),
    "not_offered": Words("机构没有登记这项服务", "The agency does not offer this service"),
    "unqualified": Words("证照库里没有有效的资质", "The library holds no valid qualification"),
    "recused": Words("机构与采购人或者审批部门有关联，应当回避", "The agency is tied to the owner or the approving department"),
    "no_price": Words("没有报价", "No price"),
    "above_ceiling": Words("报价高于最高价", "Above the highest price"),
    "below_floor": Words("报价低于最低价", "Below the lowest price"),
}


def fault(ctx: Context, agency: Agency, project: Project) -> str:
    """Why *agency* may not take part today, as a code of :data:`FAULTS`; empty when it may."""
    return judge(ctx, project, only=agency.id)(agency)


def judge(ctx: Context, project: Project, *, only: str = "") -> Callable[[Agency], str]:
    """What :func:`fault` says of every agency: what is the same for all is asked once. *only*: no other agency will be asked about."""
    offers = select(Offer.agency_id).where(Offer.service_id == project.service_id)
    ties = select(Affiliate.agency_id).where(Affiliate.number_index == (project.owner_index or "-"))
    if only:
        offers, ties = offers.where(Offer.agency_id == only), ties.where(Affiliate.agency_id == only)
    offering, tied = frozenset(ctx.session.scalars(offers)), frozenset(ctx.session.scalars(ties))
    service = ctx.session.get(Service, project.service_id)
    needed = service.licence_type if service is not None else ""

    def of(agency: Agency) -> str:
        if agency.state != "admitted":
            return "suspended"
        if agency.id not in offering:
            return "not_offered"
        if needed and not any(each.type_code == needed and valid(ctx, each) for each in licences.of_party(ctx, agency.party_id)):
            return "unqualified"
        return "recused" if agency.id in tied or _recused(agency, project) else ""

    return of


def _recused(agency: Agency, project: Project) -> bool:
    """The owner itself, and what the department that owns or approves runs (优化营商环境条例 43)."""
    departments = {project.owner_department_id, project.authority_id} - {None}
    return agency.superior_id in departments or agency.party_id == project.owner_party_id or agency.number_index == project.owner_index


def name_directly(ctx: Context, project: Project, number: str, reason: str) -> None:
    """The owner names an agency: a registration of its own, checked like any other, published with the reason."""
    agency = ctx.session.scalar(select(Agency).where(Agency.number == tidy(number)))
    if agency is None:
        raise BadInput("intermediary_market.unknown_number")
    if code := fault(ctx, agency, project):
        raise BadInput("intermediary_market.may_not", name=agency.name, why={"zh": FAULTS[code].zh, "en": FAULTS[code].en})
    bid = BidRow(
        id=new_id(),
        project_id=project.id,
        agency_id=agency.id,
        at=ctx.now(),
        offer=people.seal(ctx, "{}"),
        plan_file=None,
        plan_name="",
        no=1,
        price=project.ceiling,
        score=None,
        fault="",
        out="",
    )
    ctx.session.add(bid)
    project.result, project.pick_reason = {"ranking": [1], "shortlist": [], "facts": {}}, reason.strip()
    appoint(ctx, project, bid)


def appoint(ctx: Context, project: Project, bid: BidRow) -> None:
    """*bid* is chosen: on public notice, then the contract."""
    agency = ctx.session.get(Agency, bid.agency_id)
    assert agency is not None
    project.bid_id, project.agency_id = bid.id, bid.agency_id
    project.price = bid.price if bid.price is not None else project.ceiling
    project.status = "noticed"
    project.notice_until = worktime.last_day(ctx, ctx.today(), int(ctx.setting("result_days")), "working_day")
    note(ctx, project, "chosen", no=bid.no, agency=agency.number, price=project.price)
    day = project.notice_until.isoformat()
    tell_agency(
        ctx,
        agency,
        Words("中选", "You were chosen"),
        quoted("%(title)s：你的机构中选，公示到 %(day)s。", "%(title)s: your agency was chosen; on public notice until %(day)s.", title=project.title, day=day),
    )
    tell_owner(
        ctx,
        project,
        Words("已选出机构", "An agency was chosen"),
        quoted("%(title)s：%(name)s中选。", "%(title)s: %(name)s was chosen.", title=project.title, name=agency.name),
    )


def fail(ctx: Context, project: Project, code: str, reason: str = "") -> None:
    """The project comes to nothing; it may be announced again."""
    project.status, project.failed, project.failed_reason = "failed", code, reason
    project.bid_id = project.agency_id = project.price = None
    note(ctx, project, "failed", code=code, reason=reason)
    tell_owner(
        ctx,
        project,
        Words("项目没有选成", "The project failed"),
        quoted("%(title)s没有选出机构，可以重新发布。", "%(title)s: no agency was chosen. You may announce it again.", title=project.title),
    )
