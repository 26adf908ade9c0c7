"""Which plugins are here, where they take part, and what keeps the others out – in words; administrators enable installed ones where they administer."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from core.audit import service as audit
from core.cases.plugin_use import running_on
from core.identity import queries
from core.identity.spec import DepartmentView
from core.pluginhost import failures, life
from core.pluginhost.errors import PluginTrouble
from core.pluginhost.host import State
from core.pluginhost.manifest import Manifest
from core.pluginhost.service import host
from core.pluginhost.standing import SITE, Standing, department, load
from core.web import edge
from core.web.backoffice.desk import actor, desk_page, me, tell
from core.web.backoffice.people import administered, for_admins
from core.web.page import say as _

blueprint = Blueprint("plugins", __name__, url_prefix="/office/plugins")


@blueprint.get("/")
@for_admins
def show() -> str:
    """Every plugin that lies here or was installed, in the order of its turn, and everything that could not be loaded."""
    return _page()


def _page(error: str = "") -> str:
    session, locale = edge.session(), edge.locale()
    found, decided = host(session), load(session)  # as it is, not as remembered: who switched something sees it
    loaded = {state.manifest.name: state for state in found.states()}
    told = {trouble.words("zh"): trouble.words(locale) for trouble in found.troubles()}
    manifests = {each.manifest.name: each.manifest for each in found.all_found()} | {name: state.manifest for name, state in loaded.items()}
    mine, owners = administered(), queries.department_titles(session)
    rows = [
        _row(manifest, loaded.get(name), decided, told, mine) | {"owner": owners.get(manifest.owner, manifest.owner)} for name, manifest in manifests.items()
    ]
    # A plugin that was set aside is in the list with its reason; what has no line there – no manifest, a circle – is told apart.
    listed = {state.reason for state in loaded.values()}
    other = [words for zh, words in told.items() if zh not in listed]
    gone = sorted(decided.installed.keys() - manifests.keys())
    return desk_page("office/plugins.html", nav_here="plugins", rows=rows, troubles=other, gone=gone, error=error)


def _row(manifest: Manifest, state: State | None, decided: Standing, told: dict[str, str], mine: dict[str, DepartmentView]) -> dict[str, Any]:
    name, locale = manifest.name, edge.locale()
    reason = failures.words(decided.aside.get(name, ""), locale) or (state.reason if state is not None else "") or ""
    return {
        "name": name,
        "title": manifest.title.get(locale) or manifest.title.get("zh") or name,
        "words": manifest.description.get(locale) or manifest.description.get("zh") or "",
        "version": manifest.version,
        "reach": {"site": _("全站"), "department": _("部门"), "item": _("事项")}[manifest.scope],
        "state": "aside" if reason else "here" if state is not None else "lies",
        "reason": told.get(reason, reason),
        "failures": decided.failures.get(name, 0),
        "last": failures.words(decided.last.get(name, ""), locale),
        "places": list(_places(name, decided, mine)),
        "choices": _choices(manifest, decided, mine) if state is not None and not reason else [],
    }


def _places(name: str, decided: Standing, mine: dict[str, DepartmentView]) -> Iterator[dict[str, Any]]:
    """Where it takes part: the site first; of departments only those that the reader administers are named and can be switched off here."""
    others = 0
    for place in sorted(place for place, names in decided.places.items() if name in names):
        if place == SITE:
            yield {"place": SITE, "title": _("全站"), "mine": whole_site()}
        elif (office := mine.get(place.partition("/")[2])) is not None:
            yield {"place": place, "title": office.title, "mine": True}
        else:
            others += 1
    if others:
        yield {"place": "", "title": _("另有 %(n)s 个部门", n=others), "mine": False}


def _choices(manifest: Manifest, decided: Standing, mine: dict[str, DepartmentView]) -> list[tuple[str, str]]:
    """(place, title) of every place where the reader may enable it and it is not yet."""
    site = [(SITE, _("全站"))] if whole_site() else []
    offices = [] if manifest.scope == "site" else [(department(each.id), each.title) for each in sorted(mine.values(), key=lambda one: one.title)]
    return [(place, title) for place, title in site + offices if manifest.name not in decided.places.get(place, frozenset())]


def whole_site() -> bool:
    """Whether the reader administers the division above all others."""
    top = min((each.division_path for each in queries.departments(edge.session())), key=len, default="")
    return any(post.role == "admin" and post.division_path == top for post in me().posts)


@blueprint.post("/<name>/enable")
@for_admins
def enable(name: str) -> Response | tuple[str, int]:
    """Let it take part at the place that was chosen."""
    place = _place()
    session = edge.session()
    try:
        life.enable(session, host(session), name, place, actor=actor())
    except PluginTrouble as error:
        session.rollback()
        return _page(error.words(edge.locale())), 422
    audit.record(session, "plugin.enabled", subject=("plugin", name), actor=actor(), detail={"place": place})
    tell(_("已启用，几秒钟内生效"))
    return redirect("/office/plugins/", 303)


@blueprint.post("/<name>/disable")
@for_admins
def disable(name: str) -> Response | tuple[str, int]:
    """Let it take part there no longer; running cases that name it are told."""
    place = _place()
    session = edge.session()
    try:
        life.disable(session, host(session), name, place)
    except PluginTrouble as error:
        session.rollback()
        return _page(error.words(edge.locale())), 422
    audit.record(session, "plugin.disabled", subject=("plugin", name), actor=actor(), detail={"place": place})
    running = sum(count for _code, count in running_on(session, name))
    tell(_("已停用。") + (_("%(n)s 件在办的办件用到它：照常可看，自动环节改由人工办理。", n=running) if running else ""))
    return redirect("/office/plugins/", 303)


def _place() -> str:
    """The place in the form, when the reader administers it; not found otherwise."""
    place = request.form.get("place", "")
    if not (whole_site() if place == SITE else place.partition("/")[2] in administered() and place.startswith("department/")):
        abort(404)
    return place
