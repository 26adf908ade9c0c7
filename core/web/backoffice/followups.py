"""事后核查: promises whose check is due, and what was found. The list holds what the reader's posts have to check."""

from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases.service import following, promised
from core.cases.service.following import METHODS, Followup
from core.identity import queries as people
from core.kernel.clock import today
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.licences import queries as library
from core.licences.life import ACTS
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _

blueprint = Blueprint("followups", __name__, url_prefix="/office/followups")
STATES = ("due", "kept", "breached")


def kinds() -> dict[str, str]:
    """What was promised, in words."""
    return {"proof": _("证明事项告知承诺"), "permit": _("经营许可告知承诺"), "later": _("容缺受理，限期补交")}


def states() -> dict[str, str]:
    """How a promise stands, in words."""
    return {"signed": _("决定以后核查"), "due": _("等着核查"), "kept": _("兑现了"), "breached": _("没有兑现"), "void": _("不用核查")}


def methods() -> dict[str, str]:
    """The ways of checking (国办发〔2020〕42号), in words."""
    return dict(zip(METHODS, (_("数据共享、网络核验"), _("部门间协查"), _("书面核查"), _("实地调查"), _("公示核查")), strict=True))


@blueprint.get("/")
@at_desk
def listed() -> str:
    """What waits to be checked, first due first; or what was found."""
    state = request.args.get("state", "due")
    state = state if state in STATES else "due"
    rows = [_row(line) for line in following.followups(edge.session(), state=state, actor=actor())]
    return desk_page("office/followups.html", nav_here="followups", rows=rows, state=state, states=[(each, states()[each]) for each in STATES])


def _row(line: Followup) -> dict[str, Any]:
    return {"line": line, "kind": kinds()[line.kind], "late": following.overdue(line, today())}


@blueprint.get("/<pledge_id>")
@at_desk
def show(pledge_id: str) -> str:
    """What was told and signed, and the form for what the check found."""
    return _page(pledge_id)


def _page(pledge_id: str, wrong: str | None = None) -> str:
    session = edge.session()
    line, said = following.followup(session, pledge_id, actor=actor())
    offered = _methods(line)
    context = {"line": line, "kind": kinds()[line.kind], "state": states()[line.state], "said": said, "late": following.overdue(line, today())}
    context |= {"why": following.why(session, line, edge.locale()) if line.state == "due" else ()}
    context |= {"methods": [(name, words) for name, words in methods().items() if name in offered], "method": methods().get(line.method or "")}
    context["annul"] = _annullable(line)
    return desk_page("office/followup.html", nav_here="followups", wrong=wrong, command=new_id(), words=request.form.get("words", ""), **context)


def _methods(line: Followup) -> tuple[str, ...]:
    if line.kind == "later":
        return ("written",)
    return tuple(following.promise_of(edge.session(), line)["check"]["methods"])


def _annullable(line: Followup) -> list[dict[str, str]]:
    """The licences of a breached promise that are in force, for whoever holds a post that may annul them."""
    posts = people.staff_view(edge.session(), actor().id).posts
    if line.state != "breached" or not any(post.role in promised.SENIOR for post in posts):
        return []
    living = [each for each in library.of_case(edge.session(), line.number) if each.status in ACTS["annul"].starts]
    return [{"title": each.type_title, "number": each.number, "href": f"/office/licences/{each.id}"} for each in living]


@blueprint.post("/<pledge_id>/annul")
@at_desk
def annulled(pledge_id: str) -> str | tuple[str, int] | Response:
    """Annul what was given on a promise that was not kept (行政许可法 69(2)); the library asks for the post."""
    command, reason = request.form.get("command", ""), request.form.get("reason", "")[:500]
    if not is_id(command):
        raise NotFound
    line, _said = following.followup(edge.session(), pledge_id, actor=actor())
    try:
        promised.annul(edge.session(), line.case_id, line.id, reason=reason, command_id=command, actor=actor())
    except NotFound:
        raise
    except PlatformError as error:
        edge.session().rollback()
        return _page(pledge_id, error.words(edge.locale())), error.status
    tell(_("证照撤销了，核验页马上看得到"))
    return redirect(f"/office/followups/{pledge_id}", 303)


@blueprint.post("/<pledge_id>")
@at_desk
def checked(pledge_id: str) -> str | tuple[str, int] | Response:
    """Write down what the check found."""
    command, result = request.form.get("command", ""), request.form.get("result", "")
    if not is_id(command):
        raise NotFound
    try:
        if result not in ("kept", "breached"):
            return _page(pledge_id, _("请选核查结果")), 422
        words, method = request.form.get("words", ""), request.form.get("method", "")
        following.record(edge.session(), pledge_id, kept=result == "kept", method=method, words=words, command_id=command, actor=actor())
    except NotFound:
        raise
    except PlatformError as error:
        edge.session().rollback()
        return _page(pledge_id, error.words(edge.locale())), error.status
    tell(_("核查结果记下了"))
    return redirect("/office/followups/", 303)
