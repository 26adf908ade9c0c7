"""What citizens and companies do here: announce a project, apply for admission, see what is theirs, appeal."""

from typing import Any

from core.sdk import Words, cases, people
from core.sdk.web import Answer, Ask
from plugins.intermediary_market import words
from plugins.intermediary_market.selection.beacon import SOURCES
from plugins.intermediary_market.service import agencies, catalogue, linking, objections, projects
from plugins.intermediary_market.service.who import own_agency
from plugins.intermediary_market.views.doors import done, pages, show, titled, who
from plugins.intermediary_market.views.public import rows


@pages.portal("mine", title=Words("我的中介超市", "My market"), login=True)
def mine(ask: Ask) -> Answer:
    """My projects, my agency, my objections."""
    return mine_page(ask)


def mine_page(ask: Ask, wrong: str = "", status: int = 200) -> Answer:
    """What is mine, also after an appeal that was not written well."""
    ctx, me = ask.ctx, who(ask)
    agency = own_agency(ctx, me)
    registered = projects.of_agency(ctx, agency) if agency is not None else ()
    return show(
        ask,
        "mine.html",
        status=status,
        wrong=wrong,
        given=ask.form,
        owned=rows(ask, projects.mine(ctx, me)),
        agency=agency,
        registered=list(zip(rows(ask, tuple(row for row, _bid in registered)), [bid for _row, bid in registered], strict=True)),
        score=agencies.scores(ctx, [agency.id])[agency.id] if agency is not None else None,
        marks=agencies.marks(ctx, agency.id, own=True)[:10] if agency is not None else (),
        objections=[(each, objections.subject(ctx, each), objections.text(ctx, each)) for each in objections.mine(ctx, me)],
        may_appeal=agency is not None and agency.state in objections.APPEALED,
        may_apply=agency is None or agency.state in agencies.CHANGING or agencies.may_return(ctx, agency),
    )


@pages.portal("appeal", title=Words("申诉", "Appeal"), login=True, methods=("POST",))
def appeal(ask: Ask) -> Answer:
    """An appeal of my agency."""
    told = ask.ctx.say("申诉已经收到，会由作决定以外的人答复。")
    return done(ask, lambda: objections.appeal(ask.ctx, who(ask), ask.form.get("words", "")), told, "mine", lambda wrong: mine_page(ask, wrong, 422))


@pages.portal("apply", title=Words("申请入驻", "Apply for admission"), login=True, methods=("GET", "POST"))
def apply(ask: Ask) -> Answer:
    """The application of a company."""
    if ask.method == "POST":
        given = {key: ask.form.get(key, "") for key in ("contact", "phone", "introduction", "superior", "promise")}
        return done(
            ask,
            lambda: agencies.apply(ask.ctx, who(ask), ask.form.get("party", ""), given, ask.form.getlist("service"), ask.form.get("affiliates", "")),
            ask.ctx.say("申请已经提交，审核的结果会通知你。"),
            "mine",
            lambda wrong: _apply_page(ask, wrong, 422),
        )
    return _apply_page(ask)


def _apply_page(ask: Ask, wrong: str = "", status: int = 200) -> Answer:
    assert ask.citizen is not None
    companies = [each for each in ask.citizen.parties if each.kind == "company"]
    row = own_agency(ask.ctx, who(ask))
    chosen = ask.form.getlist("service") or ([each.service.id for each in agencies.qualifications(ask.ctx, row)] if row is not None else [])
    before: dict[str, Any] = {}
    if row is not None:
        contact, phone = agencies.contact(ask.ctx, row)
        before = {"contact": contact, "phone": phone, "introduction": row.introduction, "superior": row.superior_id or "", "party": row.party_id}
    return show(
        ask,
        "apply.html",
        status=status,
        wrong=wrong,
        companies=companies,
        services=catalogue.listed(ask.ctx),
        chosen=chosen,
        given={**before, **ask.form.to_dict()},
        departments=people.departments(ask.ctx),
        row=row,
    )


@pages.portal("new", title=Words("发布项目", "Announce a project"), login=True, methods=("GET", "POST"))
@pages.office("new", title=Words("发布项目", "Announce a project"), may="purchase", methods=("GET", "POST"))
def new(ask: Ask) -> Answer:
    """Announce a project, for oneself or for a case."""
    if ask.method == "POST":
        made: list[str] = []
        given = {key: str(value) for key, value in ask.form.items()}
        answer = done(
            ask,
            lambda: made.append(projects.publish(ask.ctx, who(ask), given).id),
            ask.ctx.say("项目已经发布。"),
            "mine" if ask.face == "portal" else "projects",
            lambda wrong: _new_page(ask, wrong, 422),
        )
        return ask.go(f"projects/{made[0]}") if made else answer
    return _new_page(ask)


def _new_page(ask: Ask, wrong: str = "", status: int = 200) -> Answer:
    ctx, me = ask.ctx, who(ask)
    given = {**ask.args.to_dict(), **ask.form.to_dict()}
    case = cases.case(ctx, given.get("case", "")) if given.get("case") else None
    needs = linking.of_item(ctx, case.item_code) if case is not None else ()
    services = [each.service for each in needs] if needs else list(catalogue.listed(ctx))
    owners = (
        [(each.id, each.name) for each in ask.citizen.parties]
        if ask.citizen is not None
        else [(each, people.department(ctx, each).title) for each in me.departments]
    )
    sources = [(code, words.said(ctx, words.SOURCE, code), words.said(ctx, words.SOURCE_HELP, code)) for code in SOURCES]
    methods = [(code, title, words.said(ctx, words.METHOD_HELP, code)) for code, title in words.choices(ctx, words.METHOD)]
    return show(
        ask,
        "new.html" if ask.face == "portal" else "office_new.html",
        status=status,
        wrong=wrong,
        given=given,
        case=case,
        owners=owners,
        methods=methods,
        sources=sources,
        services=[(each.id, titled(ask, each.title_zh, each.title_en)) for each in services],
        funds=words.choices(ctx, words.FUND),
        limit=ctx.setting("direct_limit"),
        least=ctx.setting("open_days"),
    )
