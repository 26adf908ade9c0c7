"""After the choice: contract, work, acceptance, and what both sides say of each other."""

from datetime import date

from sqlalchemy import select

from core.sdk import BadInput, Conflict, Context, Words, files, worktime
from core.sdk.tables import new_id
from core.sdk.web import Upload
from plugins.intermediary_market.models import Agency, Contract, Delivery, Project, Rating
from plugins.intermediary_market.service.linking import end_pause
from plugins.intermediary_market.service.record import mark, note, quoted, tell_agency, tell_owner
from plugins.intermediary_market.service.standing import POINTS
from plugins.intermediary_market.service.who import Who, chosen_project, missing, own_project


def record_contract(ctx: Context, project_id: str, who: Who, number: str, signed_on: date | None, upload: Upload | None) -> Contract:
    """The owner writes down the contract that was signed; its amount is the price chosen. The agency confirms it."""
    project = own_project(ctx, project_id, who)
    if project.status != "contracting":
        raise missing()
    if not number.strip():
        raise BadInput("intermediary_market.contract_number")
    if signed_on is None or not project.published_at.date() <= signed_on <= ctx.today():
        raise BadInput("intermediary_market.contract_day")
    row = ctx.session.get(Contract, project.id)
    if row is not None and row.agency_id == project.agency_id and row.confirmed_at is not None:
        raise Conflict
    if row is None:
        row = Contract(project_id=project.id, file_id=None, file_name="")
    row.agency_id, row.number, row.signed_on, row.confirmed_at = project.agency_id or "", number.strip()[:80], signed_on, None
    if upload is not None:
        before, kept = row.file_id, files.keep(ctx, upload, of=project.id)
        if before and before != kept.id:
            files.drop(ctx, before, of=project.id)
        row.file_id, row.file_name = kept.id, kept.name
    ctx.session.add(row)
    ctx.session.flush()
    note(ctx, project, "contract", number=row.number)
    agency = _agency(ctx, project)
    told = quoted("%(title)s：业主登记了合同，请核对并确认。", "%(title)s: the owner recorded the contract. Check and confirm it.", title=project.title)
    tell_agency(ctx, agency, Words("请确认合同", "Confirm the contract"), told)
    return row


def confirm_contract(ctx: Context, project_id: str, who: Who) -> Project:
    """The agency confirms the contract: the work begins, due after the working days that were announced."""
    project, _agency_row = chosen_project(ctx, project_id, who)
    contract = contract_of(ctx, project)
    if project.status != "contracting" or contract is None:
        raise missing()
    contract.confirmed_at = ctx.now()
    project.status, project.due_on = "running", worktime.last_day(ctx, ctx.today(), project.days)
    note(ctx, project, "begun", due=project.due_on.isoformat())
    tell_owner(
        ctx,
        project,
        Words("开始履约", "The work began"),
        quoted(
            "%(title)s：机构确认了合同，应在 %(day)s 前交付。",
            "%(title)s: the agency confirmed the contract; due on %(day)s.",
            title=project.title,
            day=project.due_on.isoformat(),
        ),
    )
    return project


def deliver(ctx: Context, project_id: str, who: Who, words: str, upload: Upload | None) -> Delivery:
    """The agency hands over its result."""
    project, _agency_row = chosen_project(ctx, project_id, who)
    if project.status != "running":
        raise missing()
    if not words.strip():
        raise BadInput("intermediary_market.delivery_words")
    row = Delivery(id=new_id(), project_id=project.id, at=ctx.now(), words=words.strip()[:4000], file_id=None, file_name="", state="given", answer="")
    if upload is not None:
        kept = files.keep(ctx, upload, of=row.id)
        row.file_id, row.file_name = kept.id, kept.name
    ctx.session.add(row)
    project.status = "delivered"
    note(ctx, project, "delivered")
    tell_owner(
        ctx,
        project,
        Words("请验收", "Check the result"),
        quoted("%(title)s：机构交付了结果，请验收。", "%(title)s: the agency delivered. Check the result.", title=project.title),
    )
    return row


def accept(ctx: Context, project_id: str, who: Who) -> Project:
    """The owner accepts: the project is done and the time of the case goes on. What came late is marked."""
    project, row = _delivered(ctx, project_id, who)
    row.state = "accepted"
    project.status, project.done_at = "done", ctx.now()
    note(ctx, project, "accepted")
    if project.due_on is not None and row.at.astimezone(worktime.instant(ctx, ctx.today(), 0).tzinfo).date() > project.due_on:
        mark(ctx, _agency(ctx, project), "overdue", reason=project.number, points=POINTS["overdue"], project=project)
    end_pause(ctx, project)
    told = quoted("%(title)s：验收通过，请互相评价。", "%(title)s: accepted. Please rate each other.", title=project.title)
    tell_agency(ctx, _agency(ctx, project), Words("验收通过", "Accepted"), told)
    return project


def rework(ctx: Context, project_id: str, who: Who, reason: str) -> Project:
    """The owner gives the result back with what does not conform; the time goes on."""
    if not reason.strip():
        raise BadInput("intermediary_market.rework_reason")
    project, row = _delivered(ctx, project_id, who)
    row.state, row.answer, project.status = "returned", reason.strip()[:2000], "running"
    note(ctx, project, "returned")
    told = quoted("%(title)s：结果被退回：%(why)s", "%(title)s: the result came back: %(why)s", title=project.title, why=row.answer)
    tell_agency(ctx, _agency(ctx, project), Words("请修改后再交付", "Deliver again"), told)
    return project


def end(ctx: Context, project_id: str, who: Who, reason: str) -> Project:
    """End a contract before it is done, by its owner or by whoever supervises the market, with a reason that is published."""
    project = ctx.session.get(Project, project_id) if ctx.may("supervise") else own_project(ctx, project_id, who)
    if project is None or project.status not in ("contracting", "running", "delivered"):
        raise missing()
    if not reason.strip():
        raise BadInput("intermediary_market.end_reason")
    project.status, project.failed_reason, project.done_at = "ended", reason.strip()[:2000], ctx.now()
    note(ctx, project, "ended", reason=project.failed_reason)
    end_pause(ctx, project)
    told = quoted("%(title)s：合同终止：%(why)s", "%(title)s: the contract was ended: %(why)s", title=project.title, why=project.failed_reason)
    tell_agency(ctx, _agency(ctx, project), Words("合同终止", "Contract ended"), told)
    tell_owner(ctx, project, Words("合同终止", "Contract ended"), told)
    return project


def rate(ctx: Context, project_id: str, who: Who, side: str, level: int, words: str) -> Rating:
    """One side says how the other did, once, when the project is over. 1 is best."""
    project = own_project(ctx, project_id, who) if side == "owner" else chosen_project(ctx, project_id, who)[0]
    if project.status not in ("done", "ended") or project.agency_id is None:
        raise missing()
    if level not in (1, 2, 3, 4, 5):
        raise BadInput("intermediary_market.level")
    if ctx.session.get(Rating, (project.id, side)) is not None:
        raise BadInput("intermediary_market.rated")
    row = Rating(project_id=project.id, side=side, agency_id=project.agency_id, at=ctx.now(), level=level, words=words.strip()[:1000])
    ctx.session.add(row)
    note(ctx, project, "rated", side=side, level=level)
    return row


def ratings(ctx: Context, project_id: str) -> dict[str, Rating]:
    """Both ratings of a project, by side."""
    return {row.side: row for row in ctx.session.scalars(select(Rating).where(Rating.project_id == project_id))}


def contract_of(ctx: Context, project: Project) -> Contract | None:
    """The contract with the agency that is chosen now."""
    row = ctx.session.get(Contract, project.id)
    return row if row is not None and row.agency_id == project.agency_id else None


def deliveries(ctx: Context, project_id: str) -> tuple[Delivery, ...]:
    """What was handed over, oldest first."""
    return tuple(ctx.session.scalars(select(Delivery).where(Delivery.project_id == project_id).order_by(Delivery.at)))


def paper(ctx: Context, project_id: str, who: Who, which: str) -> tuple[str, bytes]:
    """The contract (``contract``) or a delivery (its id) as a file: for both sides, and the department whose case the work is for."""
    project = _seen(ctx, project_id, who)
    contract = contract_of(ctx, project)
    if which == "contract" and contract is not None and contract.file_id:
        return contract.file_name, files.read(ctx, contract.file_id, of=project.id)
    row = ctx.session.scalar(select(Delivery).where(Delivery.project_id == project.id, Delivery.id == which)) if which != "contract" else None
    if row is None or not row.file_id:
        raise missing()
    return row.file_name, files.read(ctx, row.file_id, of=row.id)


def is_side(ctx: Context, project: Project, who: Who) -> bool:
    """Whether *who* is the owner, the chosen agency, or works in the department whose approval needs the work."""
    if (
        (project.owner_party_id or "-") in who.parties
        or (project.owner_department_id or "-") in who.departments
        or (project.authority_id or "-") in who.departments
    ):
        return True
    agency = ctx.session.get(Agency, project.agency_id) if project.agency_id else None
    return agency is not None and agency.party_id in who.parties


def _seen(ctx: Context, project_id: str, who: Who) -> Project:
    project = ctx.session.get(Project, project_id)
    if project is None or not (is_side(ctx, project, who) or ctx.may("supervise")):
        raise missing()
    return project


def _delivered(ctx: Context, project_id: str, who: Who) -> tuple[Project, Delivery]:
    project = own_project(ctx, project_id, who)
    row = ctx.session.scalar(select(Delivery).where(Delivery.project_id == project.id, Delivery.state == "given"))
    if project.status != "delivered" or row is None:
        raise missing()
    return project, row


def _agency(ctx: Context, project: Project) -> Agency:
    row = ctx.session.get(Agency, project.agency_id)
    assert row is not None
    return row
