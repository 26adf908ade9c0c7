"""Moving running cases to the version in force: what changed, what would become of each position, the run, and its results."""

from collections.abc import Mapping

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases.service import migrating
from core.identity import queries as people
from core.items import queries as items
from core.items.diff import diff, sorted_changes
from core.items.models import Item
from core.items.spec import CompiledItem
from core.items.studio import naming
from core.kernel.errors import Finding, PlatformError
from core.kernel.ids import new_id
from core.kernel.text import normalise
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.backoffice.item_life import command, found, words
from core.web.page import say as _

blueprint = Blueprint("moving", __name__, url_prefix="/office/moving")


def _words() -> dict[str, dict[str, str]]:
    return {
        "verdict_words": {"moved": _("可以转"), "refused": _("不能转"), "deferred": _("以后再转")},
        "result_words": {"moved": _("已转"), "refused": _("没有转"), "deferred": _("以后再转")},
        "run_words": {"running": _("进行中"), "stopping": _("正在停下"), "stopped": _("已停下"), "done": _("已做完")},
        **words(),
    }


def _map() -> dict[str, str]:
    """The steps that somebody matched by hand: old path → new path."""
    given = request.values
    return {name.removeprefix("map-"): given[name][:200] for name in given if name.startswith("map-") and given[name]}


@blueprint.get("/<code>")
@at_desk
def preview(code: str) -> str:
    """What a run would do, by position. Writes nothing."""
    return _preview(code)


def _preview(code: str, error: PlatformError | None = None) -> str:
    session, node_map = edge.session(), _map()
    plan = migrating.dry_run(session, code, node_map=node_map, actor=actor())
    to = items.load(session, plan.version_id)
    numbers = {each.number: each.id for each in items.versions(session, code)}
    before = {number: items.load(session, numbers[number]) for number in sorted({group.from_number for group in plan.groups})}
    changes = {number: sorted_changes(diff(old, to, named=naming.of_items(session, to, old))) for number, old in before.items()}
    return desk_page(
        "office/moving.html", nav_here="items", item=session.get_one(Item, code), plan=plan, node_map=node_map, said=_said,
        changes=changes, lost=_lost(before, to), steps=_steps(to), locale_=edge.locale(),
        runs=migrating.runs(session, code, actor=actor()), command_id=new_id(), given=request.values, **found(error), **_words(),
    )  # fmt: skip


def _said(finding: Finding) -> str:
    return finding.words(edge.locale())


def _steps(item: CompiledItem) -> list[tuple[str, str]]:
    return [(node.path, node.title) for node in item.route.walk()]


def _lost(before: Mapping[int, CompiledItem], to: CompiledItem) -> list[tuple[str, str]]:
    """Steps of the old versions that the new one has not under that name: somebody says which one each of them is."""
    gone = {node.path: node.title for old in before.values() for node in old.route.walk() if node.path not in to.route.nodes}
    return sorted(gone.items())


@blueprint.post("/<code>")
@at_desk
def start(code: str) -> Response | tuple[str, int]:
    """Begin a run."""
    try:
        run = migrating.start(edge.session(), code, node_map=_map(), reason=normalise(request.form.get("reason", "")), command_id=command(), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _preview(code, error), error.status
    tell(_("已开始，一件一件地转"))
    return redirect(f"/office/moving/runs/{run.id}", 303)


@blueprint.get("/runs/<run_id>")
@at_desk
def show_run(run_id: str) -> str:
    """How far a run is, and what became of each case."""
    session = edge.session()
    run = migrating.run_of(session, run_id, actor=actor())
    rows = [
        (row, [_said(Finding(each["level"], each["path"], each["key"], each["params"])) for each in row.findings]) for row in migrating.results(session, run)
    ]
    names = people.staff_names(session, [run.started_by])
    title = session.get_one(Item, run.item_code).title
    return desk_page("office/move_run.html", nav_here="items", run=run, rows=rows, name=names.get(run.started_by, ""), title=title, **_words())


@blueprint.post("/runs/<run_id>/stop")
@at_desk
def stop(run_id: str) -> Response:
    """Stop a run before its next case."""
    migrating.stop(edge.session(), run_id, actor=actor())
    tell(_("已要求停下；已经转过的不变"))
    return redirect(f"/office/moving/runs/{run_id}", 303)
