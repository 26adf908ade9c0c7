"""The addresses of other sites in a department's items: how each answers, since when, where it stands, and the click that mends what moved."""

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items import queries as items
from core.items.links import mending, queries, service
from core.items.links.judging import DEAD, MOVED, NEW, OK, STATES, UNSURE
from core.items.links.queries import UseView
from core.items.links.settings import DAYS
from core.items.studio import addresses, drafts
from core.items.studio.spots import parse
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import new_id
from core.settings import service as settings
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.findings import address
from core.web.studio.home import offices

blueprint = Blueprint("studio_links", __name__, url_prefix="/office/studio/links")
#: Lines on the page: more than anybody mends before looking again.
SHOWN = 200
#: What is shown first: everything that is not well.
_UNWELL = (DEAD, MOVED, UNSURE)


def _states() -> dict[str, tuple[str, str]]:
    """State → its words and its tone."""
    return {
        DEAD: (_("打不开"), "stop"), MOVED: (_("已搬走"), "wait"), UNSURE: (_("拿不准"), "wait"), NEW: (_("还没检查"), ""), OK: (_("正常"), "go"),
    }  # fmt: skip


def _reasons() -> dict[str, str]:
    """Why an address is in its state, in a sentence."""
    return {
        "gone": _("对方说没有这个页面。"), "error": _("对方的系统出错。"), "barred": _("对方不让程序访问，人也许能打开。"),
        "certificate": _("对方的证书过期了，或者不是这个网址的。"), "encryption": _("跟对方建立不了加密连接，浏览器也许可以。"),
        "nonsense": _("对方的回答不是网页。"), "loop": _("转来转去，到不了一个页面。"), "slow": _("等了很久没有回答。"),
        "no_connection": _("连不上对方。"), "no_name": _("查不到这个域名。"), "private": _("这是内部网络的地址，外面的人打不开，大厅也不去检查。"),
        "port": _("端口不是网页用的，大厅不去检查。"), "malformed": _("写得不对，不是网址。"), "password": _("网址里写了密码，大厅不去检查。"),
        "home": _("会转到对方的首页，原来的页面多半没有了。"),
    }  # fmt: skip


@blueprint.get("/")
@at_desk
def show() -> str:
    """Every address that is not well, or those in one state."""
    return _page()


def _page(error: PlatformError | None = None) -> str:
    session, wanted = edge.session(), request.args.get("state", "")
    offices()
    found = queries.uses(session, me(), states=(wanted,) if wanted in STATES else _UNWELL)
    lines = _lines(found[:SHOWN])
    return desk_page(
        "studio/links.html", nav_here="studio", lines=lines, more=max(len(found) - SHOWN, 0), counts=queries.counts(session, me()), state=wanted,
        states=_states(), reasons=_reasons(), days=int(settings.get(session, DAYS)), error=error.words(edge.locale()) if error else None, fresh_id=new_id,
    )  # fmt: skip


def _lines(found: tuple[UseView, ...]) -> list[dict[str, Any]]:
    """One entry an address, with every spot where it stands."""
    contents: dict[str, dict[str, Any]] = {}
    lines: dict[str, dict[str, Any]] = {}
    session = edge.session()
    for use in found:
        if use.item_code not in contents:
            compiled = items.current(session, use.item_code, stopped=True).compiled
            contents[use.item_code] = {"item": compiled.doc, "form": compiled.form_doc, "blocks": compiled.blocks}
        line = lines.setdefault(use.link.id, {"link": use.link, "uses": [], "changes": queries.changes(session, use.link.id)})
        line["uses"].append((use, addresses.name_of(contents[use.item_code], parse(use.spot), edge.locale())))
    return list(lines.values())


def _use() -> UseView:
    """The use that the form names. Raises :class:`NotFound` for one of another department's items."""
    offices()
    found = queries.use(edge.session(), request.form.get("use", ""), me())
    if found is None:
        raise NotFound
    return found


@blueprint.post("/open")
@at_desk
def open_draft() -> Response | tuple[str, int]:
    """Open the draft of the item at the spot."""
    use = _use()
    try:
        draft = drafts.begin(edge.session(), use.item_code, actor=actor())
    except PlatformError as error:
        return _refused(error)
    return redirect(address(draft, parse(use.spot)), 303)


@blueprint.post("/mend")
@at_desk
def mend() -> Response | tuple[str, int]:
    """Put the new address of what moved into the item's draft."""
    use = _use()
    try:
        draft, done = mending.into_draft(edge.session(), use, command_id=saving.command(), actor=actor())
    except PlatformError as error:
        return _refused(error)
    tell(_("草稿里已换成新网址，发布以后生效") if done else _("草稿里已经不是这个网址了"))
    return redirect(address(draft, parse(use.spot)), 303)


def _refused(error: PlatformError) -> tuple[str, int]:
    edge.take_back(error)
    return _page(error), error.status


@blueprint.post("/ask")
@at_desk
def ask() -> Response:
    """Have one address asked again, soon."""
    service.hurry(edge.session(), [_use().link.id])
    tell(_("已排上，几分钟后再看"))
    return redirect("/office/studio/links/", 303)
