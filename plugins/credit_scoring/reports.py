"""The credit report of a person or a company as PDF: who, the grade and why, every record, and how to object."""

from core.sdk import Context, printing
from plugins.credit_scoring import modelling, subjects
from plugins.credit_scoring.scoring.explain import Explained, explain, number
from plugins.credit_scoring.subjects import RecordView, SubjectView
from plugins.credit_scoring.words import DOMAINS, GRADES, INDUSTRIES, SIZES, STATES, own, titled

Parts = list[printing.Heading | printing.Paragraph | printing.Pairs | printing.Table]


def explained(ctx: Context, subject_id: str) -> Explained | None:
    """The score that stands, in words; ``None`` before the first."""
    standing = subjects.standing(ctx, subject_id)
    return None if standing is None else explain(modelling.one(ctx, standing.model_id).doc, standing.points, standing.lines)


def report(ctx: Context, subject_id: str, *, reveal: bool) -> bytes:
    """The report. *reveal*: the name of a person in full, for the person or with a stated reason; numbers are masked in any case."""
    view = subjects.view(ctx, subject_id, reveal=reveal)
    title = ctx.say("企业信用报告") if view.kind == "company" else ctx.say("个人信用报告")
    parts: Parts = [printing.Pairs(_who(ctx, view)), *_score(ctx, view), *_records(ctx, subject_id), printing.Heading(ctx.say("说明"))]
    parts.append(printing.Paragraph(ctx.say("本报告依据公共信用信息目录内的信息生成。认为信息有误的，可以提出异议；已经纠正失信行为的，可以申请信用修复。")))
    return printing.report(ctx, title, parts, foot=ctx.say("公共信用信息"))


def _who(ctx: Context, view: SubjectView) -> list[tuple[str, str]]:
    rows = [(ctx.say("名称") if view.kind == "company" else ctx.say("姓名"), view.name)]
    rows.append((ctx.say("统一社会信用代码") if view.kind == "company" else ctx.say("证件号码"), view.number_masked))
    for title, value in (("行业", titled(ctx, INDUSTRIES, view.industry)), ("地区", view.region), ("规模", titled(ctx, SIZES, view.size))):
        if value:
            rows.append((ctx.say(title), value))
    return rows


def _score(ctx: Context, view: SubjectView) -> Parts:
    standing = subjects.standing(ctx, view.id)
    if standing is None:
        return [printing.Heading(ctx.say("信用等级")), printing.Paragraph(ctx.say("还没有评分。"))]
    model = modelling.one(ctx, standing.model_id)
    found = explain(model.doc, standing.points, standing.lines)
    rows = [
        (ctx.say("等级"), f"{standing.grade}　{titled(ctx, GRADES, standing.grade)}"),
        (ctx.say("得分"), number(standing.points)),
        (ctx.say("评价模型"), ctx.say("%(title)s第 %(number)s 版", title=own(ctx, model.doc["title"]), number=model.number)),
        (ctx.say("评分日期"), standing.day.isoformat()),
    ]
    table = [(ctx.say("基准分"), "", found.base)]
    for part in found.parts:
        table += [(own(ctx, part.title), own(ctx, each.title) if each.kind == "rule" else ctx.say("到达指标上下限"), each.points) for each in part.reasons]
    table += [(ctx.say("到达分数上下限"), "", each.points) for each in found.ends]
    table += [(ctx.say("一票否决"), own(ctx, each.title), standing.grade) for each in found.vetoes]
    table.append((ctx.say("合计"), "", found.total))
    table = [(indicator, reason, value.replace("−", "-")) for indicator, reason, value in table]  # the minus of pages is not in every typeface
    heads = (ctx.say("指标"), ctx.say("原因"), ctx.say("分值"))
    return [printing.Heading(ctx.say("信用等级")), printing.Pairs(rows), printing.Heading(ctx.say("得分怎么来的")), printing.Table(heads, table, (3, 5, 1.4))]


def _records(ctx: Context, subject_id: str) -> Parts:
    found = subjects.records(ctx, subject_id)
    if not found:
        return [printing.Heading(ctx.say("信用信息")), printing.Paragraph(ctx.say("没有信用信息。"))]
    heads = tuple(ctx.say(each) for each in ("信息", "日期", "文号和机关", "内容", "状态"))
    return [printing.Heading(ctx.say("信用信息")), printing.Table(heads, [_row(ctx, each) for each in found], (2.6, 1.5, 2.4, 3, 1.3))]


def _row(ctx: Context, record: RecordView) -> tuple[str, ...]:
    values = "；".join(f"{title} {value}" for title, value in record.values(ctx.locale))
    domain = titled(ctx, DOMAINS, str(record.doc.get("domain", "")))
    reference = "　".join(each for each in (record.reference, record.authority) if each)
    return (f"{own(ctx, record.doc['title'])}（{domain}）", record.day.isoformat(), reference, values, ctx.say(STATES[record.state]))
