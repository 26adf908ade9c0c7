"""The portal: a public look-up, the list of the severely untrustworthy, what is collected and how it is scored; and one's own credit."""

from typing import Any

from core.sdk import BadInput, Conflict, Forbidden, NotFound, PlatformError, Words
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import catalogue, modelling, publishing, reports, requests, subjects
from plugins.credit_scoring.subjects import RecordView
from plugins.credit_scoring.views import pages
from plugins.credit_scoring.views.showing import shown, where

_FILES = 5


@pages.portal("", title=Words("信用查询", "Public credit"), nav=True, methods=("GET", "POST"))
def look_up(ask: Ask) -> Answer:
    """A company by its exact number or full name."""
    text, found, wrong = ask.form.get("text", "").strip(), None, ""
    if ask.method == "POST":
        most = max(1, int(ask.ctx.setting("lookups_a_minute")))  # none at all would be no limit
        ask.limit("look_up", f"{most}/minute")
        try:
            found = publishing.look_up(ask.ctx, text)
        except BadInput as error:
            wrong = error.words(ask.ctx.locale)
    status = 422 if wrong else 200
    return ask.page("home.html", status=status, text=text, found=found, wrong=wrong, asked=ask.method == "POST" and not wrong, **shown(ask.ctx))


@pages.portal("severe", title=Words("严重失信主体名单", "Seriously untrustworthy subjects"))
def severe(ask: Ask) -> Answer:
    """The list, masked for people."""
    rows, after = publishing.severe(ask.ctx, ask.args.get("after") or None)
    return ask.page("severe.html", rows=rows, after=after, **shown(ask.ctx))


@pages.portal("rules", title=Words("收什么信息、怎么评", "What is collected, how it is scored"))
def rules(ask: Ask) -> Answer:
    """The catalogue and the published models, for everybody."""
    models = [model for kind in modelling.SHIPPED if (model := modelling.published(ask.ctx, kind)) is not None]
    return ask.page("rules.html", entries=list(catalogue.docs(ask.ctx).values()), models=models, **shown(ask.ctx))


@pages.portal("mine", title=Words("我的信用", "My credit"), login=True)
def mine(ask: Ask) -> Answer:
    """Everybody I may act for, with their grades."""
    assert ask.citizen is not None
    rows = []
    for party in ask.citizen.parties:
        subject = subjects.of_party(ask.ctx, party.id)
        rows.append((party, None if subject is None else subjects.view(ask.ctx, subject)))
    return ask.page("mine.html", rows=rows, **shown(ask.ctx))


@pages.portal("mine/<party_id>", title=Words("信用档案", "Credit file"), login=True)
def file(ask: Ask, party_id: str) -> Answer:
    """Grade, reasons, records, requests, and who looked."""
    subject = _mine(ask, party_id)
    ctx = ask.ctx
    asked = requests.of_subject(ctx, subject)
    return ask.page(
        "file.html", party_id=party_id, subject=subjects.view(ctx, subject, reveal=True), told=reports.explained(ctx, subject),
        standing=subjects.standing(ctx, subject), records=[(each, _may(ask, each)) for each in subjects.records(ctx, subject)],
        references={each.id: each for each in subjects.records(ctx, subject)}, requests=asked, accesses=subjects.accesses(ctx, subject),
        past=subjects.past(ctx, subject), model=_model(ask, subject), **shown(ctx),
    )  # fmt: skip


@pages.portal("mine/<party_id>/report.pdf", title=Words("信用报告", "Credit report"), login=True)
def report(ask: Ask, party_id: str) -> Answer:
    """One's own report."""
    subject = _mine(ask, party_id)
    ask.limit("report", "20/minute")
    return ask.download("credit-report.pdf", reports.report(ask.ctx, subject, reveal=True), "application/pdf")


@pages.portal("mine/<party_id>/records/<record_id>/<kind>", title=Words("异议和信用修复", "Objection and repair"), login=True, methods=("GET", "POST"))
def ask_for(ask: Ask, party_id: str, record_id: str, kind: str) -> Answer:
    """Object to a record, or ask for its repair."""
    if kind not in requests.KINDS:
        raise NotFound("credit_scoring.no_record")
    subject, ctx = _mine(ask, party_id), ask.ctx
    record = subjects.record(ctx, subject, record_id)
    wrong = ""
    if ask.method == "POST":
        uploads = [upload for name, upload in ask.files.items() if name.startswith("file")][:_FILES]
        try:
            with ctx.session.nested():  # a file that is refused leaves no request behind
                made = requests.file(
                    ctx, kind, subject, record_id, party_id, words=ask.form.get("words", ""), uploads=uploads, promised=ask.form.get("promise") == "yes"
                )
            ask.tell(ctx.say("已提交，编号 %(number)s", number=made.number))
            return ask.go(f"mine/{party_id}/requests/{made.id}")
        except (BadInput, Conflict) as error:
            wrong = error.words(ctx.locale)
        except (NotFound, Forbidden):
            raise
        except PlatformError as error:  # what is wrong with a file
            wrong = error.words(ctx.locale)
    return ask.page(
        "ask.html", status=422 if wrong else 200, party_id=party_id, record=record, kind=kind, wrong=wrong, words=ask.form.get("words", ""),
        promised=ask.form.get("promise") == "yes", hindrances=requests.hindered(ctx, record) if kind == "repair" else (), **shown(ctx),
    )  # fmt: skip


@pages.portal("mine/<party_id>/requests/<request_id>", title=Words("办理情况", "Progress"), login=True, methods=("GET", "POST"))
def request(ask: Ask, party_id: str, request_id: str) -> Answer:
    """Where a request stands; taken back as long as nobody has decided."""
    row = requests.for_party(ask.ctx, request_id, party_id)
    if ask.method == "POST":
        requests.withdraw(ask.ctx, request_id, party_id)
        ask.tell(ask.ctx.say("已撤回"))
        return ask.go(f"mine/{party_id}")
    words, answer = requests.words(ask.ctx, row)
    record = subjects.record(ask.ctx, row.subject_id, row.record_id)
    return ask.page("request.html", party_id=party_id, row=row, words=words, answer=answer, record=record, **shown(ask.ctx))


@pages.portal("mine/<party_id>/requests/<request_id>/files/<file_id>", title=Words("附件", "File"), login=True)
def own_file(ask: Ask, party_id: str, request_id: str, file_id: str) -> Answer:
    """A file that I handed in."""
    found, content = requests.evidence(ask.ctx, requests.for_party(ask.ctx, request_id, party_id), file_id)
    return ask.download(str(found["name"]), content, str(found["media_type"]))


def _mine(ask: Ask, party_id: str) -> str:
    """The subject that a party of mine is. Not found for anybody else's, and for whom nothing is known."""
    assert ask.citizen is not None
    if party_id not in {each.id for each in ask.citizen.parties}:
        raise NotFound("credit_scoring.no_subject")
    return where(ask.ctx, party_id)


def _may(ask: Ask, record: RecordView) -> dict[str, Any]:
    """What may be asked about a record now."""
    open_ = record.state == "valid" and requests.waiting(ask.ctx, record.id) is None
    return {"objection": open_, "repair": open_ and record.bad and not record.doc.get("severe"), "hindrances": requests.hindered(ask.ctx, record)}


def _model(ask: Ask, subject: str) -> Any:
    standing = subjects.standing(ask.ctx, subject)
    return None if standing is None else modelling.one(ask.ctx, standing.model_id)
