"""A whole catalogue from a file: columns by menus, the first rows tried, then a draft of each row in the background – watched, stopped, gone on with."""

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio.importing import running, staging
from core.items.studio.importing.cells import Wrong
from core.items.studio.importing.columns import CATALOGUE, missing
from core.items.studio.models import StudioImport, StudioImportRow
from core.kernel.errors import BadInput, Forbidden, PlatformError, spoken
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, csv_file, desk_page, tell
from core.web.page import say as _
from core.web.studio.home import offices
from core.web.studio.uploading import chosen, menus, title_of, unused, upload

blueprint = Blueprint("studio_import_catalogue", __name__, url_prefix="/office/studio/import")
#: Rows that are tried on the page, and results that it shows; all of them are in the table to download.
TRIED, SHOWN = 200, 300


@blueprint.get("/")
@at_desk
def show() -> str:
    """Where the file is handed in, and what was imported lately."""
    return _door()


def _door(error: PlatformError | None = None) -> str:
    departments = offices()
    return desk_page(
        "studio/import_catalogue.html", nav_here="studio", offices=departments, files=staging.lately(edge.session(), "catalogue", actor=actor()),
        names=[title_of(each) for each in CATALOGUE], given=request.form, states=_states(), error=error.words(edge.locale()) if error else None,
    )  # fmt: skip


def _states() -> dict[str, str]:
    return {"new": _("还没有开始"), "running": _("正在导入"), "stopped": _("停了"), "done": _("导入完了")}


@blueprint.post("/")
@at_desk
def hand_in() -> Response | tuple[str, int]:
    """Take the file in. No draft is made yet."""
    session = edge.session()
    if request.form.get("department") not in {each[0] for each in offices()}:
        raise Forbidden
    try:
        file, name = upload()
        row = staging.keep_sheet(session, file.stream, name, "catalogue", CATALOGUE, department_id=request.form["department"], actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _door(error), error.status
    return redirect(f"/office/studio/import/{row.id}", 303)


def _mine(import_id: str, *, lock: bool = False) -> StudioImport:
    offices()
    return staging.one(edge.session(), import_id, "catalogue", actor=actor(), lock=lock)


@blueprint.get("/<import_id>")
@at_desk
def look(import_id: str) -> str:
    """What rows would become; how far it is; what became of them."""
    return _page(_mine(import_id))


def _page(row: StudioImport, error: PlatformError | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    lacking = missing(row.mapping, CATALOGUE)
    tried = running.reader(session, row, actor=actor()).read(0, TRIED) if row.state == "new" and not lacking else ()
    results = running.results(session, row, SHOWN) if row.state != "new" else []
    return desk_page(
        "studio/import_run.html", nav_here="studio", row=row, menus=menus(row, CATALOGUE), lacking=lacking, unused=unused(row), tried=tried, locale_=locale,
        counts=running.counts(session, row), results=[(each, _told(each, locale)) for each in results], states=_states(), templates=_templates(),
        error=error.words(locale) if error else None, shown=SHOWN, wrong=sum(bool(each.wrong) or each.office is None for each in tried),
    )  # fmt: skip


def _templates() -> dict[str, str]:
    from core.items.studio import beginnings

    return {name: each["title"][edge.locale()] for name, each in beginnings.templates().items()}


def _told(result: StudioImportRow, locale: str) -> list[Wrong]:
    """What is said of a row: mistakes with their columns, and columns that nothing was made of."""
    return [Wrong(each["column"], each["key"], spoken(each["params"], locale)) for each in result.told]


@blueprint.post("/<import_id>")
@at_desk
def decide(import_id: str) -> Response | tuple[str, int]:
    """Map the columns anew, begin, stop, go on, or forget the file."""
    session, form = edge.session(), request.form
    row = _mine(import_id, lock=True)
    here = f"/office/studio/import/{row.id}"
    verbs: dict[str, Any] = {
        "map": lambda: staging.map_columns(session, row, chosen(CATALOGUE), CATALOGUE),
        "start": lambda: running.start(session, row, actor=actor()),
        "stop": lambda: running.stop(session, row, actor=actor()),
        "drop": lambda: staging.drop(session, row),
    }
    try:
        if form.get("do") not in verbs:
            raise BadInput
        verbs[form["do"]]()
    except PlatformError as error:
        edge.take_back(error)
        return _page(_mine(import_id), error), error.status
    if form["do"] == "start":
        tell(_("开始了；可以离开这一页"))
    return redirect("/office/studio/import/" if form["do"] == "drop" else here, 303)


@blueprint.get("/<import_id>/results.csv")
@at_desk
def table(import_id: str) -> Response:
    """What became of each row, for a spreadsheet."""
    row, locale = _mine(import_id), edge.locale()
    said = {"made": _("成了草稿"), "known": _("已经有了"), "bad": _("有错")}
    rows = [[_("行"), _("名称"), _("结果"), _("列"), _("为什么")]]
    for each in running.results(edge.session(), row):
        told = _told(each, locale) or [Wrong("", "", {})]
        rows += [[str(each.line), each.title, said[each.verdict], one.column, one.words(locale) if one.key else ""] for one in told]
    return csv_file("import.csv", rows)
