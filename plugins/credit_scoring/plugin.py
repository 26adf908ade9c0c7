"""What this plugin does for the hall. Each hook hands over to the module that does it."""

from collections.abc import Mapping, Sequence
from typing import Any

from core.sdk import Context, Finding, hookimpl
from core.sdk.background import Job
from core.sdk.facts import BarCondition, FactType
from core.sdk.hooks import StepCall
from core.sdk.items import ItemInfo
from core.sdk.slots import Slot
from core.sdk.web import Pages
from plugins.credit_scoring import approvals, health
from plugins.credit_scoring.jobs import JOBS
from plugins.credit_scoring.views import pages as own_pages


@hookimpl
def pages() -> Sequence[Pages]:
    """The portal's and the back office's pages."""
    return (own_pages,)


@hookimpl
def slots() -> Sequence[Slot]:
    """Advice beside a case."""
    return (Slot("office.case", "case_advice.html", approvals.advice),)


@hookimpl
def background_jobs() -> Sequence[Job]:
    """Imports, runs, the daily scoring."""
    return JOBS


@hookimpl
def shared_facts() -> Sequence[FactType]:
    """The public credit report in place of a paper that says nothing bad is known."""
    return (FactType("credit-report", "公共信用报告", approvals.report_fact, papers=("信用报告", "公共信用报告", "无违法违规证明")),)


@hookimpl
def bar_conditions() -> Sequence[BarCondition]:
    """Bad credit that is not repaired bars promises."""
    return (BarCondition("unrepaired-credit", "有未修复的严重失信或者虚假承诺记录", approvals.barred),)


@hookimpl
def run_step(ctx: Context, call: StepCall) -> Mapping[str, Any] | None:
    """The ability ``score``: the applicant's grade, for the rules of a route."""
    return approvals.score_step(ctx, call.case_id, call.number) if call.ability == "score" else None


@hookimpl
def check_item(ctx: Context, item: ItemInfo) -> Sequence[Finding]:
    """An item that asks for the grade needs a model to grade by."""
    return health.check_item(ctx, item)


@hookimpl
def check_config(ctx: Context) -> Sequence[Finding]:
    """The health page."""
    return health.check(ctx)
