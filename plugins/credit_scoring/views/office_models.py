"""The back office: model versions – read, changed as form rows, compared, simulated, published – and the runs over everybody."""

from typing import Any

from core.sdk import BadInput, Conflict, PlatformError, Words
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import catalogue, modelling, running, words
from plugins.credit_scoring.models import Model
from plugins.credit_scoring.scoring.compare import compare
from plugins.credit_scoring.scoring.fairness import GROUPINGS, shares
from plugins.credit_scoring.views import model_form, pages
from plugins.credit_scoring.views.showing import shown

#: How the groupings of a fairness report are called.
GROUP_TITLES = {"all": "全部", "industry": "按行业", "region": "按地区", "size": "按规模", "kind": "按主体"}

#: What the fields of a model are called where two versions are compared.
FIELD_TITLES = {
    "title": "名称", "base": "基准分", "lowest": "最低分", "highest": "最高分", "grades": "等级线", "points": "分值", "weight": "权重", "weights": "权重",
    "least": "最多扣到", "most": "最多加到", "months": "近几个月", "per": "怎样计", "when": "条件", "entry": "信息", "indicator": "指标", "group": "一级指标",
    "field": "按哪个数", "unit": "每多少计一次", "fades": "递减", "industries": "只用于行业（逗号分隔）", "grade": "等级", "basis": "依据", "assumed": "假定",
}  # fmt: skip


@pages.office("models", title=Words("评价模型", "Scoring models"), nav=True, may="manage", methods=("GET", "POST"))
def listed(ask: Ask) -> Answer:
    """Every version; a new one begins from the shipped model."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            with ctx.session.nested():  # what is refused leaves nothing behind
                made = modelling.draft(ctx, modelling.shipped(_kind(ask)))
            ask.tell(ctx.say("已建草稿"))
            return ask.go(f"models/{made.id}")
        except BadInput as error:
            wrong = error.words(ctx.locale)
    runs = [(run, modelling.one(ctx, run.model_id)) for run in running.lately(ctx) if ctx.session.get(Model, run.model_id) is not None]
    return ask.page("models.html", status=422 if wrong else 200, rows=modelling.every(ctx), runs=runs, wrong=wrong, rate=running.rate, **shown(ctx))


def _kind(ask: Ask) -> str:
    kind = ask.form.get("kind", "")
    return kind if kind in modelling.SHIPPED else "company"


@pages.office("models/<model_id>", title=Words("模型版本", "Model version"), may="manage", methods=("GET", "POST"))
def one(ask: Ask, model_id: str) -> Answer:
    """One version: what it says, what it changes, its simulation, and what can be done with it."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            with ctx.session.nested():  # a model is not published when the run over everybody cannot begin
                answer = _do(ask, model_id)
            if answer is not None:
                return answer
        except (BadInput, Conflict) as error:
            wrong = error.words(ctx.locale)
    row = modelling.one(ctx, model_id)
    others = [each for each in modelling.every(ctx) if each.code == row.code and each.id != row.id]
    against = next((each for each in others if each.id == ask.args.get("with")), None) or next((each for each in others if each.number < row.number), None)
    return ask.page(
        "model.html", status=422 if wrong else 200, row=row, wrong=wrong, others=others, against=against, entries=catalogue.docs(ctx),
        changes=() if against is None else compare(against.doc, row.doc), simulation=modelling.simulated(ctx, row), may_publish=ctx.may("publish"),
        plain=_plain, field_title=lambda name: words.titled(ctx, FIELD_TITLES, name), **shown(ctx),
    )  # fmt: skip


def _do(ask: Ask, model_id: str) -> Answer | None:
    ctx, what = ask.ctx, ask.form.get("do")
    if what == "copy":
        made = modelling.draft(ctx, modelling.one(ctx, model_id).doc)
        ask.tell(ctx.say("已建新版本，可以修改"))
        return ask.go(f"models/{made.id}/edit")
    if what == "simulate":
        run = running.start(ctx, model_id, "simulate")
        ask.tell(ctx.say("已开始，在后台进行"))
        return ask.go(f"runs/{run.id}")
    if what == "publish":
        if not ctx.may("publish"):
            raise Conflict("credit_scoring.no_model")
        modelling.publish(ctx, model_id)
        run = running.start(ctx, model_id, "score")
        ask.tell(ctx.say("已发布，正在按它给全部主体评分"))
        return ask.go(f"runs/{run.id}")
    if what == "score":
        return ask.go(f"runs/{running.start(ctx, model_id, 'score').id}")
    if what == "drop":
        modelling.drop(ctx, model_id)
        ask.tell(ctx.say("已删掉"))
        return ask.go("models")
    return None


@pages.office("models/<model_id>/edit", title=Words("修改模型", "Change a model"), may="manage", methods=("GET", "POST"))
def edit(ask: Ask, model_id: str) -> Answer:
    """A draft as form rows; nothing is written while anything is wrong."""
    ctx = ask.ctx
    row = modelling.one(ctx, model_id)
    if row.status != "draft":
        raise Conflict("credit_scoring.model_fixed")
    if ask.method == "GET":
        return _form(ask, row, model_form.rows_of(row.doc), row.note, [])
    rows = model_form.posted(ask.form)
    if ask.form.get("add"):
        rows = model_form.with_blank(rows, ask.form.get("add", ""))
        return _form(ask, row, rows, ask.form.get("note", ""), [])
    doc = model_form.document(rows, row.doc, catalogue.known(ctx))
    wrong = [f"{each.path.removeprefix('$.')} · {words.tell(ctx, each.key, each.params)}" for each in modelling.faults_of(ctx, doc)]
    if wrong:
        return _form(ask, row, rows, ask.form.get("note", ""), wrong, status=422)
    try:
        with ctx.session.nested():
            modelling.change(ctx, model_id, doc, ask.form.get("note", ""))
    except PlatformError as error:
        return _form(ask, row, rows, ask.form.get("note", ""), [error.words(ctx.locale)], status=422)
    ask.tell(ctx.say("已保存"))
    return ask.go(f"models/{model_id}")


def _form(ask: Ask, row: Model, rows: model_form.Rows, note: str, wrong: list[str], status: int = 200) -> Answer:
    ctx = ask.ctx
    choices = model_form.choices(rows, catalogue.docs(ctx), lambda texts: words.own(ctx, texts), ctx.say)
    return ask.page(
        "model_edit.html", status=status, row=row, rows=rows, sections=model_form.SECTIONS, head=model_form.HEAD, choices=choices, note=note, wrong=wrong,
        added=ask.form.get("add", ""), **shown(ctx),
    )  # fmt: skip


@pages.office("runs/<run_id>", title=Words("评分和模拟", "A run"), may="manage", methods=("GET", "POST"))
def run(ask: Ask, run_id: str) -> Answer:
    """Progress, and the report: distribution before and after, group by group."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            if ask.form.get("do") == "stop":
                running.stop(ctx, run_id)
                ask.tell(ctx.say("已停止，可以接着做"))
            elif ask.form.get("do") == "resume":
                running.resume(ctx, run_id)
                ask.tell(ctx.say("已开始，在后台进行"))
            return ask.go(f"runs/{run_id}")
        except Conflict as error:
            wrong = error.words(ctx.locale)
    row = running.one(ctx, run_id)
    counts = row.result.get("counts", {})
    groups: list[Any] = [(ctx.say(GROUP_TITLES[name]), name, shares(counts, name)) for name in GROUPINGS if name != "kind"]
    return ask.page(
        "run.html", status=409 if wrong else 200, run=row, model=modelling.one(ctx, row.model_id), groups=groups, samples=row.result.get("samples", ()),
        rate=running.rate(row), wrong=wrong, **shown(ctx),
    )  # fmt: skip


def _plain(value: Any) -> str:
    """A value of a document for the table of changes."""
    if isinstance(value, dict):
        return str(value.get("zh")) if set(value) == {"zh", "en"} else "　".join(f"{key} {_plain(each)}" for key, each in value.items())
    if isinstance(value, list):
        return " · ".join(_plain(each) for each in value)
    return "–" if value is None else str(value)
