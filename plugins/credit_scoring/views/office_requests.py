"""The back office: objections and repairs to decide."""

from core.sdk import BadInput, Conflict, Words
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import requests, subjects
from plugins.credit_scoring.views import pages
from plugins.credit_scoring.views.office_subjects import who
from plugins.credit_scoring.views.showing import shown
from plugins.credit_scoring.words import REQUEST_STATES


@pages.office("requests", title=Words("异议和信用修复", "Objections and repairs"), nav=True, may="decide")
def listed(ask: Ask) -> Answer:
    """Those to decide by their day; the decided ones behind a tab."""
    state = ask.args.get("state", "filed")
    state = state if state in REQUEST_STATES else "filed"
    rows = [(row, subjects.view(ask.ctx, row.subject_id)) for row in requests.listed(ask.ctx, state)]
    return ask.page("requests.html", rows=rows, state=state, states=list(REQUEST_STATES), **shown(ask.ctx))


@pages.office("requests/<request_id>", title=Words("办理申请", "Decide a request"), may="decide", methods=("GET", "POST"))
def one(ask: Ask, request_id: str) -> Answer:
    """A request with its record, its evidence and the law's conditions; granted or refused with reasons."""
    ctx, wrong = ask.ctx, ""
    row = requests.one(ctx, request_id)
    if ask.method == "POST":
        try:
            with ctx.session.nested():
                requests.decide(ctx, request_id, grant=ask.form.get("do") == "grant", answer=ask.form.get("answer", ""))
            ask.tell(ctx.say("已办结，并已通知申请人"))
            return ask.go("requests")
        except (BadInput, Conflict) as error:
            wrong = error.words(ctx.locale)
    subjects.looked(ctx, row.subject_id, "decide", row.number, who=who(ask))  # also after an answer that was refused: the page shows as much
    words, answer = requests.words(ctx, row)
    record = subjects.record(ctx, row.subject_id, row.record_id)
    hindrances = requests.hindered(ctx, record, promised=row.promised, fulfilled=row.fulfilled) if row.kind == "repair" else ()
    return ask.page(
        "decide.html", status=422 if wrong else 200, row=row, words=words, answer=answer, record=record, hindrances=hindrances, wrong=wrong,
        subject=subjects.view(ctx, row.subject_id, reveal=True), given=ask.form.get("answer", ""), **shown(ctx),
    )  # fmt: skip


@pages.office("requests/<request_id>/files/<file_id>", title=Words("附件", "File"), may="decide")
def evidence(ask: Ask, request_id: str, file_id: str) -> Answer:
    """A file that was handed in with a request."""
    found, content = requests.evidence(ask.ctx, requests.one(ask.ctx, request_id), file_id)
    return ask.download(str(found["name"]), content, str(found["media_type"]))
