"""What anybody may read: the market's door, projects, agencies, services, figures."""

from datetime import timedelta
from typing import Any

from core.sdk import Words
from core.sdk.web import Answer, Ask
from plugins.intermediary_market import charts, words
from plugins.intermediary_market.service import agencies, catalogue, projects, statistics
from plugins.intermediary_market.views.doors import day, done, pages, show, who
from plugins.intermediary_market.words import said

#: Tabs of the project list.
WHICH = {"live": "正在进行", "open": "正在报名", "noticed": "结果公示中", "done": "已完成", "failed": "没有选成", "": "全部"}
_PAGE = 20


@pages.portal("", title=Words("中介超市", "Intermediary market"), nav=True)
def home(ask: Ask) -> Answer:
    """The door: what is going on, how it works, where to go on."""
    ctx = ask.ctx
    services = catalogue.listed(ctx)
    supply = catalogue.supply(ctx, [each.id for each in services])
    counted = agencies.counted(ctx)
    return show(
        ask,
        "home.html",
        newest=rows(ask, projects.listed(ctx, most=6)),
        services=[(each, supply.get(each.id, 0)) for each in services],
        open=statistics.live(ctx),
        admitted=counted.get("admitted", 0),
        methods=words.choices(ctx, words.METHOD),
        noticed=agencies.listed(ctx, states=("noticed",), most=10),
    )


@pages.portal("projects", title=Words("项目", "Projects"))
@pages.office("all", title=Words("中介超市的项目", "Projects of the market"))
def listed(ask: Ask) -> Answer:
    """Projects, newest first, by state, method and words."""
    which, method, text = ask.args.get("which", "live"), ask.args.get("method", ""), ask.args.get("q", "").strip()[:60]
    which = which if which in WHICH else "live"
    found = projects.listed(
        ask.ctx, status=which, method=method if method in words.METHOD else "", words=text, before=ask.args.get("after", ""), most=_PAGE + 1
    )
    return show(
        ask,
        "list.html" if ask.face == "portal" else "office_list.html",
        rows=rows(ask, found[:_PAGE]),
        which=which,
        tabs=words.choices(ask.ctx, WHICH),
        method=method,
        q=text,
        methods=words.choices(ask.ctx, words.METHOD),
        after=found[_PAGE - 1].id if len(found) > _PAGE else "",
    )


@pages.portal("agencies", title=Words("入驻机构", "Agencies"))
def agency_list(ask: Ask) -> Answer:
    """Admitted agencies and those on notice, by service and words."""
    service, text = ask.args.get("service", ""), ask.args.get("q", "").strip()[:60]
    services = catalogue.listed(ask.ctx)
    service = service if any(each.id == service for each in services) else ""
    found = agencies.listed(ask.ctx, states=("admitted", "noticed", "suspended"), service_id=service, words=text)
    scores = agencies.scores(ask.ctx, [each.id for each in found])
    return show(ask, "agencies.html", rows=[(each, scores[each.id].total) for each in found], services=services, service=service, q=text)


@pages.portal("agencies/<agency>", title=Words("中介机构", "Agency"))
def agency(ask: Ask, agency: str) -> Answer:
    """One agency: qualification from the licence library, record, score with its reckoning, ratings."""
    return agency_page(ask, agency)


def agency_page(ask: Ask, agency_id: str, wrong: str = "", status: int = 200) -> Answer:
    """The public page of an agency, also after an objection that was not written well."""
    row = agencies.public(ask.ctx, agency_id)
    return show(
        ask,
        "agency.html",
        status=status,
        title=row.name,
        row=row,
        score=agencies.scores(ask.ctx, [row.id])[row.id],
        marks=agencies.marks(ask.ctx, row.id),
        qualifications=agencies.qualifications(ask.ctx, row),
        wrong=wrong,
        may_object=row.state == "noticed" and row.notice_until is not None and row.notice_until >= ask.ctx.today(),
        given=ask.form,
    )


@pages.portal("agencies/<agency>/object", title=Words("提异议", "Object"), login=True, methods=("POST",))
def object_to_agency(ask: Ask, agency: str) -> Answer:
    """An objection against an admission on notice."""
    from plugins.intermediary_market.service import objections

    return done(
        ask,
        lambda: objections.against_admission(ask.ctx, agency, who(ask), ask.form.get("words", "")),
        ask.ctx.say("异议已经收到，会在规定的时间里答复你。"),
        "mine",
        lambda wrong: agency_page(ask, agency, wrong, 422),
    )


@pages.portal("services", title=Words("服务目录", "List of services"))
def services(ask: Ask) -> Answer:
    """The list of services with basis and qualification."""
    found = catalogue.listed(ask.ctx)
    return show(ask, "services.html", rows=found, supply=catalogue.supply(ask.ctx, [each.id for each in found]))


@pages.portal("figures", title=Words("中介超市统计", "Figures of the market"))
@pages.office("figures", title=Words("中介超市统计", "Figures of the market"), nav=True)
def figures(ask: Ask) -> Answer:
    """Figures with charts, each with its table."""
    until = day(ask.args.get("until", "")) or ask.ctx.today()
    since = day(ask.args.get("since", "")) or (until - timedelta(days=364)).replace(day=1)
    since = min(max(since, until - timedelta(days=3660)), until)
    found = statistics.figures(ask.ctx, since, until)
    methods = [(said(ask.ctx, words.METHOD, code), count, failed, f"{float(mean):.1f}") for code, count, failed, mean in found.methods]
    services = [(en if ask.ctx.locale == "en" else zh, count) for zh, en, count in found.services]
    levels = [(said(ask.ctx, words.LEVEL, str(level)), count) for level, count in enumerate(found.levels, 1)]
    say = ask.ctx.say
    return show(
        ask,
        "figures.html" if ask.face == "portal" else "office_figures.html",
        found=found,
        since=since,
        until=until,
        methods=methods,
        services=services,
        levels=levels,
        agencies=[(said(ask.ctx, words.AGENCY, code), count) for code, count in found.agencies.items()],
        by_month=charts.bars(say("每月发布的项目"), found.months),
        by_method=charts.bars(say("各选取方式的项目"), [row[:2] for row in methods]),
        by_service=charts.bars(say("各项服务的项目"), services),
        by_level=charts.bars(say("业主评价"), levels),
        share=round(100 * found.saved / found.ceiling) if found.ceiling else 0,
    )


@pages.portal("figures.csv", title=Words("中介超市统计", "Figures of the market"))
@pages.office("figures.csv", title=Words("中介超市统计", "Figures of the market"))
def figures_csv(ask: Ask) -> Answer:
    """The figures by month as a table to take away."""
    from core.sdk.sheets import csv_bytes

    until = day(ask.args.get("until", "")) or ask.ctx.today()
    since = day(ask.args.get("since", "")) or (until - timedelta(days=364)).replace(day=1)
    found = statistics.figures(ask.ctx, min(max(since, until - timedelta(days=3660)), until), until)
    heads = [ask.ctx.say(head) for head in ("月份", "采购项目")]
    return ask.download("market.csv", csv_bytes([heads, *found.months]), "text/csv")


def rows(ask: Ask, found: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Projects as lists show them."""
    services = {each.id: each for each in catalogue.listed(ask.ctx, everything=True)}
    return [
        {
            "row": each,
            "service": getattr(services.get(each.service_id), "title_en" if ask.ctx.locale == "en" else "title_zh", ""),
            "status": said(ask.ctx, words.STATUS, each.status),
            "tone": words.TONE[each.status],
            "method": said(ask.ctx, words.METHOD, each.method),
        }
        for each in found
    ]
