"""One project: what anybody sees, and what owner, agency and supervisor can do on it. The same page on both faces."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from core.sdk import NotFound, Words
from core.sdk.web import Answer, Ask
from plugins.intermediary_market import words
from plugins.intermediary_market.models import Agency, BidRow, Project, Service
from plugins.intermediary_market.service import bids, deciding, fulfilment, linking, objections, projects, record
from plugins.intermediary_market.service.who import own_agency
from plugins.intermediary_market.views.doors import day, done, pages, show, titled, who

_PAGE: Final = 50


@pages.portal("projects/<project>", title=Words("项目", "Project"))
@pages.office("projects/<project>", title=Words("项目", "Project"))
def project(ask: Ask, project: str) -> Answer:
    """The page of a project."""
    return project_page(ask, project)


def project_page(ask: Ask, project_id: str, wrong: str = "", status: int = 200) -> Answer:
    """The page, also after a form on it that was not filled in well."""
    ctx, me = ask.ctx, who(ask)
    row = projects.public(ctx, project_id)
    agency = own_agency(ctx, me) if me.parties else None
    chosen = ctx.session.get(Agency, row.agency_id) if row.agency_id else None
    service = ctx.session.get(Service, row.service_id)
    owner = (row.owner_party_id or "-") in me.parties or ((row.owner_department_id or "-") in me.departments and ctx.may("purchase"))
    side = fulfilment.is_side(ctx, row, me) or ctx.may("supervise")
    my_bid = bids.own_bid(ctx, row.id, agency) if agency is not None else None
    events = record.lines(ctx, row.id)
    return show(
        ask,
        "project.html" if ask.face == "portal" else "office_project.html",
        status=status,
        title=row.title,
        row=row,
        wrong=wrong,
        given=ask.form,
        now=ctx.now(),
        service=titled(ask, service.title_zh, service.title_en) if service else "",
        chosen=chosen,
        owner=owner,
        agency=agency,
        mine=chosen is not None and agency is not None and chosen.id == agency.id,
        my_bid=my_bid,
        my_offer=bids.offer(ctx, my_bid) if my_bid is not None else None,
        count=bids.counted(ctx, row.id),
        listed=_listed(ctx, row),
        standing=_standing(ctx, row, owner),
        contract=fulfilment.contract_of(ctx, row) if side else None,
        deliveries=fulfilment.deliveries(ctx, row.id) if side else (),
        ratings=fulfilment.ratings(ctx, row.id),
        events=events,
        unbroken=record.unbroken(events),
        steps=[ctx.say(each) for each in words.STATIONS],
        reached=words.REACHED[row.status],
        supervise=ctx.may("supervise"),
        may_pause=linking.may_pause(row, me),
        draws=row.method in ("random", "lowest", "best", "credit"),
        priced=row.method in ("lowest", "best", "proposal"),
        may_object=row.status == "noticed" and ask.face == "portal",
        late=row.due_on is not None and row.status == "running" and row.due_on < ctx.today(),
        value_example=deciding.EXAMPLES.get(row.source, ""),
        levels=words.choices(ctx, words.LEVEL),
        today=ctx.today(),
    )


@pages.portal("projects/<project>/draw.json", title=Words("验算材料", "Package of the draw"))
@pages.office("projects/<project>/draw.json", title=Words("验算材料", "Package of the draw"))
def package(ask: Ask, project: str) -> Answer:
    """Everything needed to compute the draw again, and the chained record of the project."""
    row = projects.public(ask.ctx, project)
    log = [
        {"seq": each.seq, "at": each.at.isoformat(), "kind": each.kind, "body": {key: str(value) for key, value in each.body.items()}, "hash": each.hash}
        for each in record.lines(ask.ctx, row.id)
    ]
    return ask.json({**deciding.package(row), "record": log})


@pages.portal("projects/<project>/papers/<which>", title=Words("文件", "File"), login=True)
@pages.office("projects/<project>/papers/<which>", title=Words("文件", "File"))
def paper(ask: Ask, project: str, which: str) -> Answer:
    """The contract or a delivery, for both sides."""
    name, content = fulfilment.paper(ask.ctx, project, who(ask), which)
    return ask.download(name, content)


@pages.portal("plans/<bid>", title=Words("方案", "Plan"), login=True)
@pages.office("plans/<bid>", title=Words("方案", "Plan"))
def plan(ask: Ask, bid: str) -> Answer:
    """The file of a plan, for its agency, and for the owner after the closing."""
    name, content = bids.plan(ask.ctx, bid, who(ask))
    return ask.download(name, content)


@pages.portal("projects/<project>/<act>", title=Words("项目", "Project"), login=True, methods=("POST",))
@pages.office("projects/<project>/<act>", title=Words("项目", "Project"), methods=("POST",))
def act(ask: Ask, project: str, act: str) -> Answer:
    """One of the buttons of the page. Who may press it is asked by the service."""
    found = _ACTS.get(act)
    if found is None:
        raise NotFound
    carry, told = found
    return done(ask, lambda: carry(ask, project), ask.ctx.say(told), f"projects/{project}", lambda wrong: project_page(ask, project, wrong, 422))


_ACTS: Final[Mapping[str, tuple[Callable[[Ask, str], object], str]]] = {
    "bid": (
        lambda ask, id: bids.register(ask.ctx, id, who(ask), price=ask.form.get("price", ""), plan=ask.form.get("plan", ""), upload=ask.files.get("file")),
        "已经报名。截止以前可以修改或者撤回。",
    ),
    "take-back": (lambda ask, id: bids.take_back(ask.ctx, id, who(ask)), "报名已经撤回。"),
    "withdraw": (lambda ask, id: projects.withdraw(ask.ctx, id, who(ask), ask.form.get("reason", "")), "项目已经撤回。"),
    "value": (lambda ask, id: deciding.enter_value(ask.ctx, id, ask.form.get("value", ""), ask.form.get("url", "")), "已经录入并揭晓。"),
    "pick": (lambda ask, id: deciding.pick_one(ask.ctx, id, who(ask), ask.form.get("bid", ""), ask.form.get("reason", "")), "已经选定，开始公示。"),
    "object": (lambda ask, id: objections.against_result(ask.ctx, id, who(ask), ask.form.get("words", "")), "异议已经收到，会在规定的时间里答复你。"),
    "decline": (lambda ask, id: deciding.decline(ask.ctx, id, who(ask), ask.form.get("reason", "")), "已经放弃，由后一家递补。"),
    "contract": (
        lambda ask, id: fulfilment.record_contract(ask.ctx, id, who(ask), ask.form.get("number", ""), day(ask.form.get("signed", "")), ask.files.get("file")),
        "合同已经登记，等机构确认。",
    ),
    "confirm": (lambda ask, id: fulfilment.confirm_contract(ask.ctx, id, who(ask)), "合同已经确认，开始履约。"),
    "pause": (lambda ask, id: linking.begin_pause(ask.ctx, id, who(ask)), "办件已经停止计时，会书面告知申请人。"),
    "deliver": (lambda ask, id: fulfilment.deliver(ask.ctx, id, who(ask), ask.form.get("words", ""), ask.files.get("file")), "已经交付，等业主验收。"),
    "accept": (lambda ask, id: fulfilment.accept(ask.ctx, id, who(ask)), "验收通过。"),
    "rework": (lambda ask, id: fulfilment.rework(ask.ctx, id, who(ask), ask.form.get("reason", "")), "已经退回修改。"),
    "end": (lambda ask, id: fulfilment.end(ask.ctx, id, who(ask), ask.form.get("reason", "")), "合同已经终止。"),
    "rate": (lambda ask, id: _rate(ask, id), "谢谢你的评价。"),
}


def _rate(ask: Ask, project_id: str) -> object:
    """The side that rates is the owner's where they own it, else the agency's."""
    me = who(ask)
    row = projects.public(ask.ctx, project_id)
    owner = (row.owner_party_id or "-") in me.parties or (row.owner_department_id or "-") in me.departments
    level = ask.form.get("level", "")
    return fulfilment.rate(
        ask.ctx, project_id, me, "owner" if owner else "agency", int(level) if level in ("1", "2", "3", "4", "5") else 0, ask.form.get("words", "")
    )


def _listed(ctx: Any, row: Project) -> list[dict[str, str]]:
    """The frozen list as a table, the first lines of it; the whole of it is in the package."""
    if not row.list_text:
        return []
    place = {no: at for at, no in enumerate([*row.result.get("ranking", ()), *row.result.get("shortlist", ())], 1)}
    found = []
    for line in row.list_text.splitlines()[1 : _PAGE + 1]:
        no, number, name, price, score, fault = line.split("|")
        found.append(
            {
                "no": no,
                "number": number,
                "name": name,
                "price": words.yuan(int(price)) if price else "",
                "score": score,
                "fault": words.said(ctx, words.FAULT, fault) if fault else "",
                "place": str(place.get(int(no), "")),
            }
        )
    return found


def _standing(ctx: Any, row: Project, owner: bool) -> list[tuple[BidRow, str, str]]:
    """For the owner who has to pick: the short list with names and plans."""
    if row.status != "picking" or not owner:
        return []
    return [(each, getattr(ctx.session.get(Agency, each.agency_id), "name", ""), bids.offer(ctx, each)[1]) for each in deciding.standing(ctx, row)]
