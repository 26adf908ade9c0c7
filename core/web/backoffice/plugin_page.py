"""One plugin: whether it is well, its settings, and who may do what its manifest names. For administrators; settings, and the permissions of what acts on
the whole site, only for those of the whole site."""

from typing import Any

from flask import Blueprint, abort, redirect, request
from werkzeug.wrappers import Response

from core.audit import service as audit
from core.identity import queries
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.text import normalise
from core.pluginhost import grants, settings
from core.pluginhost import service as plugins
from core.pluginhost.manifest import Manifest
from core.pluginhost.standing import SITE
from core.web import edge
from core.web.backoffice.desk import actor, desk_page, me, tell
from core.web.backoffice.people import administered, for_admins, role_words
from core.web.backoffice.plugins import whole_site
from core.web.page import say as _
from core.web.plugged.offered import doors

blueprint = Blueprint("plugin_page", __name__, url_prefix="/office/plugins/<name>")


def _manifest(name: str) -> Manifest:
    """The manifest of a plugin that was loaded. Not found for any other."""
    host = plugins.host(edge.session())
    if name not in host.folders():
        abort(404)
    return host.manifest(name)


@blueprint.get("/")
@for_admins
def show(name: str) -> str:
    """Its health, settings and permissions."""
    return _page(_manifest(name))


def _page(manifest: Manifest, error: str = "", given: dict[str, str] | None = None) -> str:
    locale, name = edge.locale(), manifest.name
    return desk_page(
        "office/plugin.html",
        nav_here="plugins",
        name=name,
        title=manifest.title[locale],
        words=manifest.description.get(locale, ""),
        version=manifest.version,
        health=_health(name),
        settings=[_setting(manifest, each, given or {}) for each in manifest.settings] if whole_site() else [],
        permissions=_permissions(manifest),
        colleagues=_colleagues() if manifest.permissions and _may_grant(manifest) else [],
        pages=[door for door in doors("office", me()) if door.plugin == name],
        public=[door for door in doors("portal") if door.plugin == name],
        error=error,
    )


def _health(name: str) -> list[dict[str, str]]:
    """What the plugin finds of its own set-up; that it could not even say so counts too."""
    session, locale = edge.session(), edge.locale()
    host = plugins.host(session)
    if name not in host.taking_part("check_config"):
        return []
    ctx = plugins.called(session, name, actor=actor(), locale=locale)
    try:
        found = [each for answer in host.call("check_config", scope=(name,), contexts=lambda _name: ctx) for each in answer]
    except PlatformError as error:
        return [{"level": "error", "words": error.words(locale), "mend": ""}]
    return [{"level": each.level, "words": each.words(locale), "mend": _own_path(str(each.params.get("mend", "")))} for each in found]


def _own_path(address: str) -> str:
    """An address of this site only. A tab or a line end is dropped by browsers: ``/<tab>/`` would be another site."""
    return address if address.startswith("/") and not address.startswith("//") and "\\" not in address and address.isprintable() else ""


def _setting(manifest: Manifest, name: str, given: dict[str, str]) -> dict[str, Any]:
    kind = manifest.settings[name]["type"]
    value = settings.get(edge.session(), manifest, name)
    return {
        "name": name,
        "title": manifest.settings[name]["title"][edge.locale()],
        "kind": kind,
        "value": given.get(name, "" if kind == settings.SECRET else value),
        "set": kind == settings.SECRET and bool(value),
    }


def _permissions(manifest: Manifest) -> list[dict[str, Any]]:
    """Each permission with who has it, of the staff that I administer."""
    session = edge.session()
    mine = {row[0]: row[1] for row in queries.colleagues(session, list(administered()))}
    held = grants.holders(session, manifest.name, list(mine))
    return [
        {"name": name, "title": titles[edge.locale()], "holders": sorted(((mine[each], each) for each in held.get(name, ())), key=lambda one: one[0])}
        for name, titles in manifest.permissions.items()
    ]


def _may_grant(manifest: Manifest) -> bool:
    """Whether I may give its permissions. What is enabled for the whole site acts on the whole site – a county's administrator who let a colleague remove
    agencies, or read anybody's credit, would give more than they have; what is enabled for departments only acts within those."""
    everywhere = manifest.scope == "site" or manifest.name in plugins.standing(edge.session()).places.get(SITE, frozenset())
    return whole_site() or not everywhere


def _colleagues() -> list[tuple[str, str]]:
    """(id, name with department and post) of the staff that I administer."""
    offices, roles = administered(), role_words()
    rows = queries.colleagues(edge.session(), list(offices))
    seen: dict[str, str] = {}
    for staff_id, name, department_id, role in rows:
        seen.setdefault(staff_id, f"{name}　{offices[department_id].title}　{roles[role]}")
    return list(seen.items())


@blueprint.post("/settings")
@for_admins
def change(name: str) -> Response | tuple[str, int]:
    """Set every setting of the site as the form has it; nothing is written when one of them is wrong."""
    manifest = _manifest(name)
    if not whole_site():
        abort(403)
    session = edge.session()
    given = {each: normalise(request.form.get(each, "")) for each in manifest.settings}
    try:
        for each, text in given.items():
            if text or manifest.settings[each]["type"] != settings.SECRET:  # an empty secret leaves the one that is there
                settings.put(session, manifest, each, text, actor=actor())
    except BadInput as error:
        session.rollback()
        return _page(manifest, error.words(edge.locale()), given), 422
    audit.record(session, "plugin.settings_changed", subject=("plugin", name), actor=actor(), detail={"names": sorted(given)})
    tell(_("设置已保存"))
    return redirect(f"/office/plugins/{name}/", 303)


@blueprint.post("/grant")
@for_admins
def grant(name: str) -> Response:
    """Give one of my staff a permission."""
    manifest, staff_id, permission = _manifest(name), request.form.get("staff", ""), request.form.get("permission", "")
    if not _may_grant(manifest):
        abort(403)
    if staff_id not in dict(_colleagues()) or permission not in manifest.permissions:
        raise NotFound
    grants.grant(edge.session(), manifest, permission, staff_id, actor=actor())
    audit.record(edge.session(), "plugin.granted", subject=("plugin", name), actor=actor(), detail={"permission": permission, "staff": staff_id})
    tell(_("已授权"))
    return redirect(f"/office/plugins/{name}/", 303)


@blueprint.post("/take-back")
@for_admins
def take_back(name: str) -> Response:
    """Take a permission from one of my staff."""
    manifest, staff_id, permission = _manifest(name), request.form.get("staff", ""), request.form.get("permission", "")
    if staff_id not in dict(_colleagues()):
        raise NotFound
    grants.take_back(edge.session(), manifest.name, permission, staff_id)
    audit.record(edge.session(), "plugin.permission_taken", subject=("plugin", name), actor=actor(), detail={"permission": permission, "staff": staff_id})
    tell(_("已收回"))
    return redirect(f"/office/plugins/{name}/", 303)
