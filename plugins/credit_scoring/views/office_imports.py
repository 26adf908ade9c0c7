"""The back office: imports."""

from core.sdk import BadInput, Conflict, PlatformError, Words
from core.sdk.sheets import csv_bytes, read_table
from core.sdk.web import Answer, Ask
from plugins.credit_scoring import catalogue, importing, running, words
from plugins.credit_scoring.mapping import COMMON, REQUIRED, unmapped
from plugins.credit_scoring.views import pages
from plugins.credit_scoring.views.showing import shown

#: What a column may be, besides the fields of the entry.
TARGETS = {
    "number": "号码", "name": "名称或者姓名", "day": "日期", "reference": "文号", "authority": "作出机关", "industry": "行业", "region": "地区",
    "size": "规模", "terms": "公示类别", "words": "事由",
}  # fmt: skip


@pages.office("imports", title=Words("导入信用信息", "Credit imports"), nav=True, may="bring_in", methods=("GET", "POST"))
def listed(ask: Ask) -> Answer:
    """Imports so far, and the form for a new one."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            with ctx.session.nested():  # a file that breaks in the middle leaves nothing behind
                return _begin(ask)
        except PlatformError as error:
            wrong = error.words(ctx.locale)
    return ask.page(
        "imports.html", status=422 if wrong else 200, rows=importing.lately(ctx), entries=list(catalogue.docs(ctx).values()), given=ask.form, wrong=wrong,
        rate=importing.rate, **shown(ctx),
    )  # fmt: skip


def _begin(ask: Ask) -> Answer:
    upload = ask.files.get("file")
    if upload is None:
        raise BadInput("credit_scoring.import_empty")
    rows = read_table(upload.stream, upload.name)
    heads = next(rows, None)
    if heads is None:
        raise BadInput("credit_scoring.import_empty")
    kind, entry = ask.form.get("kind", ""), ask.form.get("entry", "")
    batch = importing.begin(ask.ctx, title=upload.name, entry=entry, kind=kind, columns=heads, rows=(row for row in rows if any(row)))
    if not batch.total:
        raise BadInput("credit_scoring.import_empty")
    return ask.go(f"imports/{batch.id}")


@pages.office("imports/<batch_id>", title=Words("一次导入", "An import"), may="bring_in", methods=("GET", "POST"))
def batch(ask: Ask, batch_id: str) -> Answer:
    """Columns, preview, progress, mistakes."""
    ctx, wrong = ask.ctx, ""
    if ask.method == "POST":
        try:
            with ctx.session.nested():
                done = _do(ask, batch_id)
            if done:
                return ask.go(f"imports/{batch_id}" if ask.form.get("do") != "drop" else "imports")
        except (BadInput, Conflict) as error:
            wrong = error.words(ctx.locale)
    row = importing.one(ctx, batch_id)
    doc = catalogue.one(ctx, row.entry)
    targets = [(name, ctx.say(title), name in REQUIRED) for name, title in TARGETS.items()]
    targets += [(f"field.{each['id']}", words.own(ctx, each["title"]), bool(each.get("required"))) for each in doc["fields"]]
    assert set(TARGETS) == set(COMMON)
    return ask.page(
        "import.html", status=422 if wrong else 200, batch=row, doc=doc, targets=targets, wrong=wrong, missing=unmapped(row.mapping, doc["fields"]),
        tried=importing.preview(ctx, row) if row.state in ("new", "ready") else None, mistakes=importing.mistakes(ctx, batch_id, 20),
        rate=importing.rate(row), **shown(ctx),
    )  # fmt: skip


def _do(ask: Ask, batch_id: str) -> bool:
    what, ctx = ask.form.get("do"), ask.ctx
    if what == "map":
        importing.map_columns(ctx, batch_id, {name.removeprefix("to-"): value for name, value in ask.form.items() if name.startswith("to-") and value})
    elif what == "start":
        importing.start(ctx, batch_id)
        ask.tell(ctx.say("已开始，在后台进行"))
    elif what == "stop":
        importing.stop(ctx, batch_id)
        ask.tell(ctx.say("已停止，可以接着做"))
    elif what == "drop":
        importing.drop(ctx, batch_id)
        ask.tell(ctx.say("已删掉"))
    else:
        return False
    return True


@pages.office("imports/<batch_id>/mistakes.csv", title=Words("错误清单", "Mistakes"), may="bring_in")
def mistakes(ask: Ask, batch_id: str) -> Answer:
    """Line, column, what is wrong: for whoever mends the file."""
    importing.one(ask.ctx, batch_id)
    rows = [(each.line, each.column, words.tell(ask.ctx, each.key, each.params)) for each in importing.mistakes(ask.ctx, batch_id)]
    return ask.download("mistakes.csv", csv_bytes([(ask.ctx.say("行"), ask.ctx.say("列"), ask.ctx.say("要改的地方")), *rows]), "text/csv")


@pages.office("imports/<batch_id>/progress.json", title=Words("进度", "Progress"), may="bring_in")
def progress(ask: Ask, batch_id: str) -> Answer:
    """How far an import is, for the page that looks again by itself."""
    row = importing.one(ask.ctx, batch_id)
    return ask.json({"done": row.done, "total": row.total, "state": row.state, "rate": importing.rate(row)})


@pages.office("runs/<run_id>/progress.json", title=Words("进度", "Progress"), may="look")
def run_progress(ask: Ask, run_id: str) -> Answer:
    """How far a run is."""
    row = running.one(ask.ctx, run_id)
    return ask.json({"done": row.done, "total": row.total, "state": row.state, "rate": running.rate(row)})
