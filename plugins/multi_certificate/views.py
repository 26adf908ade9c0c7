"""Pages: “我需要办哪些证” for citizens, the bundle cases for staff, and what stands on a bundle's guide."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from core.sdk import Context, NotFound, Words
from core.sdk import rules as item_rules
from core.sdk.items import ItemInfo, named
from core.sdk.slots import Subject
from core.sdk.web import Answer, Ask, Pages

from . import finding, standing
from .models import NAME

pages = Pages(NAME)
#: Status of a bundle case → its words (message ids).
STATUS: Mapping[str, str] = {
    "submitted": "待受理", "accepted": "已受理", "declined": "不予受理", "correction_requested": "待补正", "in_review": "办理中", "suspended": "暂停计时",
    "decided": "已决定", "delivered": "已送达", "closed": "已办结", "withdrawn": "已撤回", "lapsed": "逾期未补正", "terminated": "已终止",
}  # fmt: skip
WHICH = {"open": "还没办完", "done": "已办完", "all": "全部"}


@pages.portal("", title=Words("我需要办哪些证", "Which certificates do I need?"), nav=True)
def finder(ask: Ask) -> Answer:
    """The bundles of this hall; where there is one only, its questions at once."""
    found = named(ask.ctx)
    if len(found) == 1:
        return _questions(ask, found[0])
    cards = [{"code": each.code, "title": _title(ask.ctx, each), "summary": _summary(ask.ctx, each), "count": len(each.options["parts"]) + 1} for each in found]
    return ask.page("finder.html", cards=cards)


@pages.portal("<code>", title=Words("我需要办哪些证", "Which certificates do I need?"))
def finder_of(ask: Ask, code: str) -> Answer:
    """The questions of one bundle, and what the answers come to."""
    found = finding.bundle_item(ask.ctx, code)
    if found is None:
        raise NotFound
    return _questions(ask, found)


def _questions(ask: Ask, found: ItemInfo) -> Answer:
    answers = item_rules.answered(found, ask.args)
    asked = finding.questions(ask.ctx, found, answers)
    come = finding.come_to(ask.ctx, found, answers) if answers else None
    query = f"?{urlencode(answers)}" if answers else ""
    unanswered = [each.title.rstrip("？?") for each in asked if each.id not in answers]
    return ask.page(
        "questions.html", title=_title(ask.ctx, found), code=found.code, questions=asked, found=come, open=unanswered,
        guide=f"/items/{found.code}{query}", apply=f"/items/{found.code}/apply{query}",
    )  # fmt: skip


@pages.office("cases", title=Words("多证合一办件", "Cases of several certificates"), nav=True)
def cases(ask: Ask) -> Answer:
    """Bundle cases that the departments of one's posts lead or answer for a certificate of, each with how its certificates stand."""
    assert ask.staff is not None
    which = ask.args.get("which", "open")
    which = which if which in WHICH else "open"
    mine = sorted({post.department_id for post in ask.staff.posts})
    lines, after = standing.listed(ask.ctx, mine, which=which, after=ask.args.get("after", ""))
    titles = {each.code: _title(ask.ctx, each) for each in named(ask.ctx)}
    rows = [
        {"case": line.case, "parts": line.parts, "open": line.open, "item": titles.get(line.case.item_code, line.case.item_code), "status": _status(ask, line)}
        for line in lines
    ]
    tabs = [(key, ask.ctx.say(words)) for key, words in WHICH.items()]
    return ask.page("cases.html", rows=rows, which=which, tabs=tabs, after=after)


def _status(ask: Ask, line: standing.Line) -> str:
    return ask.ctx.say(STATUS.get(line.case.status, line.case.status))


def on_guide(ctx: Context, subject: Subject) -> Mapping[str, Any] | None:
    """What the guide of a bundle says beside its own: which certificates come with it."""
    found = finding.bundle_item(ctx, subject.item_code) if subject.item_code else None
    if found is None:
        return None
    return {"found": finding.come_to(ctx, found, {}), "code": found.code}


def _title(ctx: Context, found: ItemInfo) -> str:
    return item_rules.text(ctx, found)("title", found.title)


def _summary(ctx: Context, found: ItemInfo) -> str:
    return item_rules.text(ctx, found)("summary", str(found.doc.get("summary") or ""))
