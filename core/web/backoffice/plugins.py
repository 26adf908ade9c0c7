"""Which plugins are here, which of them take part, and what keeps the others out – in words, for administrators."""

from typing import Any

from flask import Blueprint

from core.pluginhost.host import State
from core.pluginhost.service import host
from core.web import edge
from core.web.backoffice.desk import desk_page
from core.web.backoffice.people import for_admins
from core.web.page import say as _

blueprint = Blueprint("plugins", __name__, url_prefix="/office/plugins")


@blueprint.get("/")
@for_admins
def show() -> str:
    """Every plugin that was found, in the order of its turn, and everything that could not be loaded."""
    found = host(edge.session())
    locale = edge.locale()
    # A plugin that was set aside is in the list with its reason; what has no line there – no manifest, a circle – is told apart.
    listed = {state.reason for state in found.states()}
    other = [trouble.words(locale) for trouble in found.troubles() if trouble.words("zh") not in listed]
    told = {trouble.words("zh"): trouble.words(locale) for trouble in found.troubles()}
    rows = [_row(state, locale, told) for state in found.states()]
    return desk_page("office/plugins.html", nav_here="plugins", rows=rows, troubles=other)


def _row(state: State, locale: str, told: dict[str, str]) -> dict[str, Any]:
    manifest = state.manifest
    return {
        "name": manifest.name,
        "title": manifest.title.get(locale) or manifest.title.get("zh") or manifest.name,
        "version": manifest.version,
        "owner": manifest.owner,
        "reach": {"site": _("全站"), "department": _("部门"), "item": _("事项")}[manifest.scope],
        "active": state.active,
        "reason": told.get(state.reason, state.reason) if state.reason else "",
        "failures": state.failures,
    }
