"""The back office: subjects, opened with a stated purpose only, and who looked at whom."""

from core.sdk import BadInput, Forbidden, NotFound, Words, people
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import modelling, reports, requests, subjects
from plugins.credit_scoring.mapping import tidy
from plugins.credit_scoring.views import pages
from plugins.credit_scoring.views.showing import shown
from plugins.credit_scoring.words import GRADES, INDUSTRIES


@pages.office("", title=Words("信用主体", "Credit subjects"), nav=True, may="look", methods=("GET", "POST"))
def listed(ask: Ask) -> Answer:
    """Subjects, masked; one is found by its number with a purpose."""
    ctx, wrong = ask.ctx, ""
    kind = ask.args.get("kind") if ask.args.get("kind") in subjects.NUMBERS else "company"
    if ask.method == "POST":
        kind = ask.form.get("kind", "company")
        found = _by_number(ask, kind)
        if isinstance(found, str) and not found.startswith("!"):
            return ask.go(f"subjects/{found}")
        wrong = str(found)[1:]
    rows, after = subjects.listed(
        ctx, kind=str(kind), grade=ask.args.get("grade", ""), industry=ask.args.get("industry", ""), after=ask.args.get("after") or None
    )
    return ask.page(
        "subjects.html", status=422 if wrong else 200, rows=rows, after=after, kind=kind, given=ask.args, posted=ask.form, wrong=wrong, grades=list(GRADES),
        industries=list(INDUSTRIES), **shown(ctx),
    )  # fmt: skip


def _by_number(ask: Ask, kind: str) -> str:
    """The subject's id with the purpose written down, or ``!`` and what is wrong."""
    ctx, number = ask.ctx, "".join(tidy(ask.form.get("number", "")).upper().split())
    if kind not in subjects.NUMBERS or not number:
        return "!" + ctx.say("请填写号码")
    found = subjects.find(ctx, kind, number)
    if found is None:
        return "!" + ctx.say("没有找到，请核对号码")
    try:
        subjects.open_with(ctx, found, ask.form.get("purpose", ""), who=who(ask), what="number")
    except BadInput as error:
        return "!" + error.words(ctx.locale)
    return found


@pages.office("subjects/<subject_id>", title=Words("信用档案", "Credit file"), may="look", methods=("GET", "POST"))
def subject(ask: Ask, subject_id: str) -> Answer:
    """A subject's file; before the purpose is stated nothing but the question for it."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            subjects.open_with(ctx, subject_id, ask.form.get("purpose", ""), who=who(ask))
            return ask.go(f"subjects/{subject_id}")
        except BadInput as error:
            wrong = error.words(ctx.locale)
    purpose = subjects.opened(ctx, subject_id)
    view = subjects.view(ctx, subject_id, reveal=purpose is not None)
    if purpose is None:
        return ask.page("purpose.html", status=422 if wrong else 200, subject=view, wrong=wrong, **shown(ctx))
    standing = subjects.standing(ctx, subject_id)
    found = subjects.records(ctx, subject_id)
    return ask.page(
        "subject.html", subject=view, purpose=purpose, standing=standing, told=reports.explained(ctx, subject_id), records=found,
        references={each.id: each for each in found}, past=subjects.past(ctx, subject_id), requests=requests.of_subject(ctx, subject_id),
        model=None if standing is None else modelling.one(ctx, standing.model_id), **shown(ctx),
    )  # fmt: skip


@pages.office("subjects/<subject_id>/report.pdf", title=Words("信用报告", "Credit report"), may="look")
def report(ask: Ask, subject_id: str) -> Answer:
    """The report, for whoever has stated a purpose; that it was made is written down too."""
    purpose = subjects.opened(ask.ctx, subject_id)
    if purpose is None:
        raise Forbidden
    subjects.looked(ask.ctx, subject_id, "report", purpose, who=who(ask))
    return ask.download("credit-report.pdf", reports.report(ask.ctx, subject_id, reveal=True), "application/pdf")


@pages.office("access", title=Words("访问记录", "Who looked at whom"), nav=True, may="supervise")
def access(ask: Ask) -> Answer:
    """Everything that was looked at, for the supervisor."""
    rows, after = subjects.all_accesses(ask.ctx, ask.args.get("after") or None)
    names = {each.who: people.staff_name(ask.ctx, each.who.split(":", 1)[1]) for each in rows if each.who.startswith("staff:")}
    masked = {}
    for each in rows:
        try:
            masked[each.subject_id] = subjects.view(ask.ctx, each.subject_id)
        except NotFound:
            continue
    return ask.page("access.html", rows=rows, after=after, names=names, subjects=masked, **shown(ask.ctx))


def who(ask: Ask) -> str:
    """Who looked, as the subject reads it: the department, not the person."""
    post = ask.staff.posts[0] if ask.staff is not None and ask.staff.posts else None
    return "" if post is None else post.department_title
