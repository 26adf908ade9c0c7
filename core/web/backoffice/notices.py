"""通知: what should have left the house by SMS and is not known to have arrived – and what a person says of it."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.kernel.errors import NotFound, PlatformError
from core.notices import held
from core.notices.held import Held
from core.notices.settings import SMS_URL
from core.settings import service as settings
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _

blueprint = Blueprint("office_notices", __name__, url_prefix="/office/notices")


def state_words() -> dict[str, tuple[str, str]]:
    """How a message stands: words and look."""
    return {
        "uncertain": (_("不知道到没到"), "stop"),
        "refused": (_("网关不收"), "stop"),
        "waiting": (_("等待发送"), "wait"),
        "sending": (_("正在发送"), "wait"),
    }


def decision_words() -> dict[str, tuple[str, str]]:
    """What a person may say: the button, and what it does."""
    return {
        "arrived": (_("确认已送达"), _("跟网关或者本人核对过，短信已经收到。")),
        "again": (_("再发一次"), _("核对过没有发出，或者原因已经改好。编号不变，网关收过的不会重复发。")),
    }


@blueprint.get("/")
@at_desk
def listed() -> str:
    """The messages of my divisions in one state, newest first."""
    return _page()


def _page(**more: Any) -> str:
    session, locale = edge.session(), edge.locale()
    asked = request.values.get("state", "")
    state = asked if asked in held.STATES else "uncertain"
    found = held.listed(session, state=state, cursor=request.args.get("after"), actor=actor())
    names = people.titles(session, {each.department_id for each in found.rows if each.department_id})
    context = {"wrong": None, "wrong_at": None, "given": "", **more}
    return desk_page(
        "office/notices.html", nav_here="notices", rows=[_row(each, names, locale) for each in found.rows], state=state, states=state_words(),
        decisions=decision_words(), counts=held.counts_of(session, actor=actor()), linked=bool(settings.get(session, SMS_URL)),
        more="/office/notices/?" + urlencode({"state": state, "after": found.next}) if found.next else None, **context,
    )  # fmt: skip


def _row(one: Held, names: dict[str, str], locale: str) -> dict[str, Any]:
    return {"it": one, "text": one.texts.get(locale, one.texts["zh"]), "why": one.why(locale), "office": names.get(one.department_id or "", "")}


@blueprint.post("/<notice_id>/<do>")
@at_desk
def decide(notice_id: str, do: str) -> Response | tuple[str, int]:
    """Say that an uncertain one arrived, or have it sent again."""
    if do not in decision_words():
        raise NotFound
    session, reason = edge.session(), request.form.get("reason", "")
    try:
        held.decide(session, notice_id, do, reason, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _page(wrong=error.words(edge.locale()), wrong_at=notice_id, given=reason), error.status
    tell(_("记下了，已经送达") if do == "arrived" else _("已排队再发一次"))
    return redirect("/office/notices/?" + urlencode({"state": request.form.get("state", "uncertain")}), 303)
