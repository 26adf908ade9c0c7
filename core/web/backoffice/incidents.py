"""异常: what went wrong by itself and waits for a person – the list, one incident in words, and what can be done about it."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.cases import incidents as kinds
from core.cases.service import incidents
from core.cases.service.incidents import Incident
from core.cases.speaking import spoken_task
from core.cases.spec import CaseView
from core.identity import queries as people
from core.items.spec import CompiledItem
from core.kernel.errors import NotFound, PlatformError
from core.kernel.text import normalise
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _

blueprint = Blueprint("incidents", __name__, url_prefix="/office/incidents")


def kind_words() -> dict[str, str]:
    """The kinds, in words."""
    return {
        "stuck": _("办件停着不动"),
        "hook": _("自动环节没办成"),
        "holder": _("岗位没有人"),
        "nowhere": _("找不到承办部门"),
        "rung": _("到点的事没做成"),
        "job": _("后台的事没做成"),
    }


def state_words() -> dict[str, str]:
    """How an incident stands, in words."""
    return {"open": _("没人管"), "taken": _("有人在管"), "closed": _("已关掉")}


@blueprint.get("/")
@at_desk
def listed() -> str:
    """What stands, the newest trouble first; filters in the address, paging by key."""
    asked = {name: request.args.get(name, "")[:20] for name in ("state", "kind", "mine")}
    state = asked["state"] if asked["state"] in kinds.STATES else "open"
    kind = asked["kind"] if asked["kind"] in kinds.KINDS else None
    rows = incidents.listed(edge.session(), state=state, kind=kind, mine=asked["mine"] == "1", cursor=request.args.get("after"), actor=actor())
    return desk_page(
        "office/incidents.html",
        nav_here="incidents",
        rows=[_row(each) for each in rows.rows],
        after=rows.next,
        state=state,
        kind=kind,
        mine=asked["mine"] == "1",
        states=state_words(),
        kinds=kind_words(),
        link=_link,
    )


def _link(**changes: str) -> str:
    kept = {name: value for name, value in request.args.items() if name in ("state", "kind", "mine") and value} | changes
    return "/office/incidents/?" + urlencode({name: value for name, value in kept.items() if value})


def _row(found: Incident) -> dict[str, Any]:
    session = edge.session()
    return {
        "it": found,
        "kind": kind_words()[found.kind],
        "state": state_words()[found.state],
        "what": found.what(edge.locale()),
        "office": people.titles(session, [found.department_id]).get(found.department_id, "") if found.department_id else "",
        "taker": people.staff_names(session, [found.taken_by]).get(found.taken_by, "") if found.taken_by else "",
    }


@blueprint.get("/<incident_id>")
@at_desk
def show(incident_id: str) -> str:
    """One incident: what happened, what to do, and the doors."""
    return _page(incident_id)


def _page(incident_id: str, wrong: str | None = None) -> str:
    session, who = edge.session(), actor()
    found = incidents.one(session, incident_id, actor=who)
    return desk_page(
        "office/incident.html",
        nav_here="incidents",
        **_row(found),
        do=word(f"cases.incident.{found.kind}.do", edge.locale()),
        wrong=wrong,
        own=found.taken_by == who.id,
        case_opens=incidents.sees_case(session, found, who),
        colleagues=[(key, name) for key, name in incidents.colleagues(session, found) if key != found.taken_by],
        log=_log(found),
        given=request.form,
    )


def _log(found: Incident) -> list[dict[str, Any]]:
    """What people did about it, and how it ended."""
    session = edge.session()
    said = {"incident.taken": _("领走"), "incident.handed": _("交给同事"), "incident.retried": _("再试一次"), "incident.closed": _("关掉")}
    entries = incidents.history(session, found)
    handed = {e.seq: str(json.loads(e.detail or "{}").get("to", "")) for e in entries}
    names = people.staff_names(session, sorted({one for e in entries for one in (e.actor_id, handed[e.seq]) if one}))
    lines = [{"at": e.at, "who": names.get(e.actor_id, ""), "what": said.get(e.action, e.action), "to": names.get(handed[e.seq], "")} for e in entries]
    if found.state == "closed" and found.close_reason is None:
        lines.insert(0, {"at": found.closed_at, "who": "", "what": _("原因没有了，系统自己关掉"), "to": ""})
    return lines


@blueprint.post("/<incident_id>/<do>")
@at_desk
def act(incident_id: str, do: str) -> Response | tuple[str, int]:
    """Take it, try again, hand it to a colleague, or close it."""
    session, form, who = edge.session(), request.form, actor()
    try:
        if do == "take":
            incidents.take(session, incident_id, actor=who)
            tell(_("领走了，现在由你处理"))
        elif do == "retry":
            gone = incidents.retry(session, incident_id, actor=who)
            tell(_("原因没有了，已经关掉") if gone else _("已经再试；成功以后会自己关掉"))
        elif do == "hand":
            incidents.hand(session, incident_id, form.get("to", ""), actor=who)
            tell(_("交给同事了，已经通知"))
        elif do == "close":
            incidents.close(session, incident_id, normalise(form.get("reason", "")), actor=who)
            tell(_("关掉了"))
        else:
            raise NotFound
    except PlatformError as error:
        edge.take_back(error)
        return _page(incident_id, error.words(edge.locale())), error.status
    return redirect("/office/incidents/" if do == "close" else f"/office/incidents/{incident_id}", 303)


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """On the case page: what stands about it, and about the posts that its tasks wait for; with a link for those who look after it."""
    queues = [(department, role) for task in view.tasks for department in task.departments for role in task.roles]
    found = incidents.of_case(edge.session(), view.id, queues)
    if not found:
        return None
    locale = edge.locale()
    opens = incidents.looks_after(me().posts)
    return {
        "lines": [{"what": one.what(locale), "at": one.first_at, "at_step": _step(compiled, one, locale), "address": _address(one, opens)} for one in found]
    }


def _step(compiled: CompiledItem, found: Incident, locale: str) -> str:
    node = compiled.route.nodes.get(found.node)
    return spoken_task(compiled.route, found.node, node.title, locale) if node is not None else ""


def _address(found: Incident, opens: bool) -> str | None:
    """Where it is looked after, for who may."""
    if not opens:
        return None
    try:
        incidents.one(edge.session(), found.id, actor=actor())
    except incidents.IncidentNotFound:
        return None
    return f"/office/incidents/{found.id}"
