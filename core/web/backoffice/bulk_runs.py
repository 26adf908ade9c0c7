"""一批一批地办: everything that a filter of the worklist finds, looked at and then done by the worker – with its progress, its results and a way to stop."""

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response as Answer

from core.cases.models import CaseBulk
from core.cases.service import bulk_runs
from core.cases.service.bulk_runs import EVERY, UNDER_WAY
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, csv_file, desk_page, tell
from core.web.backoffice.worklist import filters_of
from core.web.page import say as _

blueprint = Blueprint("bulk_runs", __name__, url_prefix="/office/bulk/runs")
#: How many results the page itself shows; all of them are in the table to download.
SHOWN = 200


@blueprint.get("/")
@at_desk
def listed() -> str:
    """My runs, the newest first."""
    rows = [(run, _title(run)) for run in bulk_runs.runs(edge.session(), actor=actor())]
    return desk_page("office/bulk_runs.html", nav_here="worklist", rows=rows, **_words())


@blueprint.post("/")
@at_desk
def begin() -> Answer | tuple[str, int]:
    """Take the list that the filter finds now and begin to look at it. Nothing is done yet."""
    command = request.form.get("command_id", "")
    if not is_id(command):
        raise BadInput
    session = edge.session()
    try:
        run = bulk_runs.begin(session, filters_of(request.form), command_id=command, actor=actor())
    except PlatformError as error:
        session.rollback()
        return _refused(error, "/office/")
    return redirect(f"/office/bulk/runs/{run.id}", 303)


@blueprint.get("/<run_id>")
@at_desk
def show(run_id: str) -> str:
    """How far a run is: looking, waiting for the choice of an action, doing, done."""
    run = bulk_runs.run_of(edge.session(), run_id, actor=actor())
    refused = bulk_runs.results(edge.session(), run, verdict="refused", limit=SHOWN) if run.action else ()
    return desk_page(
        "office/bulk_run.html", nav_here="worklist", run=run, title=_title(run), live=run.status in UNDER_WAY, offers=_offers(run), refused=refused,
        locale_=edge.locale(), most=bulk_runs.MANY, **_words(),
    )  # fmt: skip


def _title(run: CaseBulk) -> str:
    return str(run.offers.get(run.action or "", {}).get("title", {}).get(edge.locale(), "")) or _("批量办理")


def _offers(run: CaseBulk) -> list[dict[str, Any]]:
    locale = edge.locale()
    found = [
        {"id": key, "title": offer["title"][locale], "may": offer["may"], "rest": [(words[locale], n) for words, n in bulk_runs.reasons(run, key)]}
        for key, offer in run.offers.items()
        if key != EVERY
    ]
    return sorted(found, key=lambda each: -int(each["may"]))


def _words() -> dict[str, dict[str, str]]:
    return {
        "status_words": {
            "looking": _("正在看能不能办"),
            "ready": _("看完了，等你决定"),
            "running": _("正在办"),
            "stopping": _("办完手上这一件就停"),
            "stopped": _("已停下"),
            "done": _("办完了"),
        }
    }


@blueprint.post("/<run_id>/start")
@at_desk
def start(run_id: str) -> Answer | tuple[str, int]:
    """Do the action that was chosen. Sent twice it begins once."""
    session = edge.session()
    try:
        bulk_runs.start(session, run_id, request.form.get("action", "")[:80], actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _refused(error, f"/office/bulk/runs/{run_id}")
    tell(_("已开始，一件一件地办；可以离开这一页"))
    return redirect(f"/office/bulk/runs/{run_id}", 303)


@blueprint.post("/<run_id>/stop")
@at_desk
def stop(run_id: str) -> Answer:
    """Stop after the case in hand."""
    bulk_runs.stop(edge.session(), run_id, actor=actor())
    tell(_("已要求停下；办过的不变"))
    return redirect(f"/office/bulk/runs/{run_id}", 303)


@blueprint.get("/<run_id>/results.csv")
@at_desk
def table(run_id: str) -> Answer:
    """Every case of the run with what became of it, for a spreadsheet."""
    session, locale = edge.session(), edge.locale()
    run = bulk_runs.run_of(session, run_id, actor=actor())
    rows = [[_("办件编号"), _("事项"), _("环节"), _("结果"), _("为什么"), _("时间")]]
    said = {"done": _("已办"), "refused": _("没办"), "": _("还没轮到")}
    for line in bulk_runs.results(session, run, limit=bulk_runs.MANY):
        why = (line.why or {}).get(locale, "")
        rows.append([line.number, line.item_title, line.title, said[line.verdict], why, f"{line.at:%Y-%m-%d %H:%M:%S} UTC" if line.at else ""])
    return csv_file(f"bulk-{run.started_at:%Y%m%d-%H%M}.csv", rows)


def _refused(error: PlatformError, back: str) -> tuple[str, int]:
    return desk_page("office/refused.html", nav_here="worklist", words=error.words(edge.locale()), back=back), error.status
