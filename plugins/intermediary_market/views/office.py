"""The back office: what waits, admissions and measures, the list of services, objections."""

from typing import Final

from core.sdk import NotFound, Words, people
from core.sdk.web import Answer, Ask
from plugins.intermediary_market import words
from plugins.intermediary_market.service import agencies, catalogue, objections, projects, standing
from plugins.intermediary_market.service.who import demand
from plugins.intermediary_market.views.doors import day, done, pages, show, who
from plugins.intermediary_market.views.public import rows

TABS: Final = {
    "applied": "等审核",
    "noticed": "公示中",
    "admitted": "已入驻",
    "suspended": "已暂停",
    "removed": "已清退",
    "refused": "没有通过",
    "returned": "退回补充",
}


@pages.office("projects", title=Words("中介超市", "Intermediary market"), nav=True)
def desk(ask: Ask) -> Answer:
    """What my departments own, and what waits for me."""
    ctx, me = ask.ctx, who(ask)
    frozen = projects.listed(ctx, status="frozen", most=50) if ctx.may("supervise") else ()
    waiting = [each for each in frozen if each.value_due <= ctx.now()]
    return show(
        ask,
        "office_desk.html",
        owned=rows(ask, projects.mine(ctx, me)),
        frozen=rows(ask, frozen),
        due={each.id for each in waiting},
        may={each: ctx.may(each) for each in _PERMISSIONS},
        applied=len(agencies.listed(ctx, states=("applied",))) if ctx.may("admit") else 0,
        objections=len(objections.waiting(ctx)) if ctx.may("supervise") else 0,
    )


_PERMISSIONS: Final = ("admit", "catalogue", "purchase", "supervise")


@pages.office("agencies", title=Words("中介机构", "Agencies"), nav=True)
def agency_list(ask: Ask) -> Answer:
    """Agencies by state."""
    tabs = {key: title for key, title in TABS.items() if agencies.inside(ask.ctx) or key in agencies.PUBLIC}
    which = ask.args.get("which", next(iter(tabs)))
    which = which if which in tabs else next(iter(tabs))
    found = agencies.listed(ask.ctx, states=(which,), words=ask.args.get("q", "").strip()[:60])
    scores = agencies.scores(ask.ctx, [each.id for each in found])
    return show(
        ask,
        "office_agencies.html",
        rows=[(each, scores[each.id].total) for each in found],
        which=which,
        tabs=words.choices(ask.ctx, tabs),
        counted=agencies.counted(ask.ctx),
        q=ask.args.get("q", ""),
    )


@pages.office("agencies/<agency>", title=Words("中介机构", "Agency"))
def agency(ask: Ask, agency: str) -> Answer:
    """One agency, with what is decided about it."""
    return _agency_page(ask, agency)


def _agency_page(ask: Ask, agency_id: str, wrong: str = "", status: int = 200) -> Answer:
    inside = agencies.inside(ask.ctx)
    row = agencies.one(ask.ctx, agency_id) if inside else agencies.public(ask.ctx, agency_id)
    superior = people.department(ask.ctx, row.superior_id).title if row.superior_id else ""
    return show(
        ask,
        "office_agency.html",
        status=status,
        title=row.name,
        row=row,
        wrong=wrong,
        given=ask.form,
        qualifications=agencies.qualifications(ask.ctx, row),
        score=agencies.scores(ask.ctx, [row.id])[row.id],
        marks=agencies.marks(ask.ctx, row.id),
        contact=agencies.contact(ask.ctx, row) if inside else None,
        affiliates=agencies.affiliates(ask.ctx, row) if inside else (),
        superior=superior,
        admit=ask.ctx.may("admit"),
        supervise=ask.ctx.may("supervise"),
        today=ask.ctx.today(),
    )


@pages.office("agencies/<agency>/<act>", title=Words("中介机构", "Agency"), methods=("POST",))
def agency_act(ask: Ask, agency: str, act: str) -> Answer:
    """Review, suspend, resume, remove. The service asks for the permission."""
    reason, until = ask.form.get("reason", ""), day(ask.form.get("until", "")) or ask.ctx.today()
    acts = {
        "review": lambda: agencies.review(ask.ctx, agency, ask.form.get("verdict", ""), reason),
        "suspend": lambda: standing.suspend(ask.ctx, agency, until=until, reason=reason),
        "resume": lambda: standing.resume(ask.ctx, agency, reason=reason),
        "remove": lambda: standing.remove(ask.ctx, agency, until=until, reason=reason),
    }
    if act not in acts:
        raise NotFound
    return done(ask, acts[act], ask.ctx.say("已经办好，并通知了机构。"), f"agencies/{agency}", lambda wrong: _agency_page(ask, agency, wrong, 422))


@pages.office("services", title=Words("服务目录", "List of services"), may="catalogue", methods=("GET", "POST"))
def services(ask: Ask) -> Answer:
    """The list of services, and a form for one."""
    chosen = ask.args.get("id", "")
    if ask.method == "POST":
        given = {key: str(value) for key, value in ask.form.items()}
        return done(
            ask,
            lambda: catalogue.put(ask.ctx, given, service_id=chosen),
            ask.ctx.say("服务目录已经更新。"),
            "services",
            lambda wrong: _services_page(ask, chosen, wrong, 422),
        )
    return _services_page(ask, chosen)


def _services_page(ask: Ask, chosen: str, wrong: str = "", status: int = 200) -> Answer:
    row = catalogue.one(ask.ctx, chosen) if chosen else None
    before = (
        {}
        if row is None
        else {key: getattr(row, key) for key in ("code", "title_zh", "title_en", "basis", "basis_level", "licence_type", "price_note")}
        | {"active": "1" if row.active else "0"}
    )
    found = catalogue.listed(ask.ctx, everything=True)
    return show(
        ask,
        "office_services.html",
        status=status,
        wrong=wrong,
        rows=found,
        supply=catalogue.supply(ask.ctx, [each.id for each in found]),
        chosen=row,
        given={**before, **ask.form.to_dict()},
        levels=words.choices(ask.ctx, words.BASIS),
    )


@pages.office("objections", title=Words("异议和申诉", "Objections and appeals"), may="supervise")
def objection_list(ask: Ask) -> Answer:
    """What waits for an answer, and what was answered."""
    return _objections_page(ask)


def _objections_page(ask: Ask, wrong: str = "", status: int = 200) -> Answer:
    demand(ask.ctx, "supervise")
    waiting = [
        (each, objections.subject(ask.ctx, each), objections.text(ask.ctx, each), each.against == ask.ctx.actor.id) for each in objections.waiting(ask.ctx)
    ]
    answered = [(each, objections.subject(ask.ctx, each)) for each in objections.answered(ask.ctx)]
    return show(ask, "office_objections.html", status=status, wrong=wrong, waiting=waiting, answered=answered, given=ask.form, today=ask.ctx.today())


@pages.office("objections/<objection>", title=Words("异议和申诉", "Objections and appeals"), may="supervise", methods=("POST",))
def objection_answered(ask: Ask, objection: str) -> Answer:
    """The answer to one."""
    return done(
        ask,
        lambda: objections.answer(ask.ctx, objection, ask.form.get("verdict", ""), ask.form.get("reason", "")),
        ask.ctx.say("已经答复并通知。"),
        "objections",
        lambda wrong: _objections_page(ask, wrong, 422),
    )
