"""Exports of the library: asked for with a purpose, watched (without JavaScript by a link), stopped, downloaded once the file is there."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, request, stream_with_context
from sqlalchemy import select
from werkzeug.wrappers import Response as Answer

from core.cases.library import exporting, search
from core.cases.library.formats import FORMATS
from core.cases.library.search import Asked
from core.cases.models import CaseExport
from core.identity import queries as people
from core.items.models import Item
from core.kernel.clock import now
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge
from core.web.backoffice.case_library import lists, read
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _

blueprint = Blueprint("library_exports", __name__, url_prefix="/office/library/exports")


def _words() -> dict[str, tuple[str, str]]:
    """How an export stands: words and look."""
    return {
        "running": (_("正在取数"), "wait"),
        "writing": (_("正在写文件"), "wait"),
        "done": (_("可以下载"), "go"),
        "stopped": (_("已停下"), "stop"),
        "expired": (_("已过期，文件已删除"), ""),
        "failed": (_("没有做成"), "stop"),
    }


@blueprint.get("/")
@at_desk
def listed() -> str:
    """One's own exports, and the form for a new one over the filters in the address."""
    return _page(request.args)


def _page(given: Any, error: PlatformError | None = None) -> str:
    session = edge.session()
    asked = read(given) if error is None or error.message_key != "web.library_day" else Asked()
    departments = search.within(search.reach(session, actor()), asked)
    filters = {name: given[name] for name in asked.to_json() if given.get(name)}
    return desk_page(
        "office/library_exports.html", nav_here="library", filters=filters, words=describe(asked), total=search.count(session, asked, departments),
        rows=[_row(each) for each in exporting.mine(session, actor=actor())], formats=list(FORMATS), reveals=exporting.may_reveal(session, actor()),
        command_id=new_id(), given=given, wrong=error.words(edge.locale()) if error else None, back="/office/library/?" + urlencode(filters),
    )  # fmt: skip


def describe(asked: Asked) -> str:
    """Filters as a sentence for people, in the file too."""
    titles = {
        "number": _("办件编号"), "item": _("事项"), "department_id": _("部门"), "state": _("状态"), "outcome": _("结果"), "channel": _("来源"),
        "since": _("申请从"), "until": _("申请到"), "ended_since": _("办结从"), "ended_until": _("办结到"),
    }  # fmt: skip
    worded = {name: dict(pairs) for name, pairs in zip(("state", "outcome", "channel"), lists().values(), strict=True)}
    worded["item"] = {asked.item: edge.session().scalar(select(Item.title).where(Item.code == asked.item)) or asked.item}
    worded["department_id"] = people.titles(edge.session(), [asked.department_id]) if asked.department_id else {}
    return _("；").join(f"{titles[name]} {worded.get(name, {}).get(value, value)}" for name, value in asked.to_json().items())


def _row(each: CaseExport) -> dict[str, Any]:
    words, tone = _words()[each.status]
    return {
        "export": each,
        "words": words,
        "tone": tone,
        "about": exporting.about(edge.session(), each),
        "going": each.status in exporting.GOING,
        "again": exporting.can_go_on(each),
        "new": "/office/library/exports/?" + urlencode(each.asked),
        "ready": each.status == "done" and each.expires_at > now(),
        "size": f"{each.size / 2**20:.1f} MB" if each.size >= 2**20 else f"{max(1, each.size // 1024)} KB",
    }


@blueprint.post("/")
@at_desk
def begin() -> str | tuple[str, int] | Answer:
    """Begin an export."""
    form, session = request.form, edge.session()
    command = form.get("command_id", "")
    if not is_id(command):
        raise NotFound
    try:
        asked = read(form)
        made = exporting.start(
            session, asked, format=form.get("format", ""), purpose=form.get("purpose", ""), revealed=form.get("whole") == "1", filters=describe(asked),
            locale=edge.locale(), command_id=command, actor=actor(),
        )  # fmt: skip
    except PlatformError as error:
        edge.take_back(error)
        return _page(form, error), error.status
    tell(_("开始导出了"))
    return redirect(f"/office/library/exports/{made.id}", 303)


@blueprint.get("/<export_id>")
@at_desk
def show(export_id: str) -> str:
    """How far an export is."""
    return _one(export_id)


def _one(export_id: str, error: PlatformError | None = None) -> str:
    row = _row(exporting.one(edge.session(), export_id, actor=actor()))
    return desk_page("office/library_export.html", nav_here="library", row=row, wrong=error.words(edge.locale()) if error else None)


@blueprint.post("/<export_id>/stop")
@at_desk
def stop(export_id: str) -> Answer:
    """Stop an export; what was read goes."""
    exporting.stop(edge.session(), export_id, actor=actor())
    tell(_("已停下，取到的内容已删除"))
    return redirect(f"/office/library/exports/{export_id}", 303)


@blueprint.post("/<export_id>/again")
@at_desk
def go_on(export_id: str) -> str | tuple[str, int] | Answer:
    """Let a failed export go on where it was."""
    session = edge.session()
    try:
        exporting.go_on(session, export_id, actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status != 409:
            raise
        return _one(export_id, error), error.status
    tell(_("接着导出了"))
    return redirect(f"/office/library/exports/{export_id}", 303)


@blueprint.get("/<export_id>/file")
@at_desk
def file(export_id: str) -> Response:
    """The file, streamed piece by piece; who downloaded it is recorded before the first byte."""
    export, pieces = exporting.download(edge.session(), export_id, actor=actor())
    made = FORMATS[export.format]
    edge.commit()  # the record of the download stands, whatever becomes of the stream
    response = Response(stream_with_context(pieces), mimetype=made.media_type)
    response.headers["Content-Disposition"] = f"attachment; filename=cases-{export.started_at:%Y%m%d}-{export.id[-8:]}.{made.ending}"
    response.headers["Content-Length"] = str(export.size)
    response.headers["Cache-Control"] = "no-store"
    return response
