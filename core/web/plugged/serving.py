"""The doors to plugins' pages: one address each face, looked up in what the plugin offered at the moment of the request.

So a plugin that is switched on or off needs no restart of the server, a page can stand nowhere but under its plugin's own prefix, and who may open
it is asked in one place.
"""

import mimetypes
from typing import Any
from weakref import WeakKeyDictionary

from flask import Blueprint, Flask, abort, flash, get_flashed_messages, redirect, request, send_file, url_for
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.security import safe_join
from werkzeug.wrappers import Response

from core.identity import service as identity
from core.identity.spec import StaffView
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, Forbidden
from core.pluginhost import grants
from core.pluginhost import service as plugins
from core.pluginhost.calls import PAGE_SECONDS
from core.pluginhost.host import PluginHost
from core.web import edge
from core.web.api.tokens import caller_of
from core.web.backoffice.desk import at_desk, desk_page, me
from core.web.page import page
from core.web.plugged.offered import Door, doors, pages_of, reaches
from core.web.plugged.pages import Acting, Ask, Citizen, Face, Page, Upload
from core.web.secure import csrf

blueprint = Blueprint("plugged", __name__)
machines = Blueprint("plugged_machines", __name__)

_maps: "WeakKeyDictionary[PluginHost, dict[tuple[str, Face], Map]]" = WeakKeyDictionary()


@blueprint.route("/x/<plugin>/", methods=("GET", "POST"), defaults={"rest": ""})
@blueprint.route("/x/<plugin>/<path:rest>", methods=("GET", "POST"))
def portal(plugin: str, rest: str) -> Response | str:
    """A page on the portal."""
    found, parts = _found(plugin, "portal", rest)
    who = edge.account()
    if found.login and who is None:
        if request.method != "GET":
            raise Forbidden
        return redirect(url_for("account.login", next=request.full_path.rstrip("?")))
    return _answer(plugin, found, parts, Actor("citizen", who.id) if who is not None else edge.ANYBODY)


@blueprint.route("/office/x/<plugin>/", methods=("GET", "POST"), defaults={"rest": ""})
@blueprint.route("/office/x/<plugin>/<path:rest>", methods=("GET", "POST"))
@at_desk
def office(plugin: str, rest: str) -> Response | str:
    """A page in the back office."""
    return _for_staff(plugin, "office", rest, me())


@machines.route("/v1/x/<plugin>/<path:rest>", methods=("GET", "POST"))
def machine(plugin: str, rest: str) -> Response | str:
    """A door for machines: a staff log-in's bearer token."""
    who = caller_of(request.headers.get("Authorization", ""), "staff").staff
    assert who is not None
    return _for_staff(plugin, "api", rest, who)


def _for_staff(plugin: str, face: Face, rest: str, who: StaffView) -> Response | str:
    """A page for staff of a department where the plugin is enabled, with the permission that the page asks for."""
    found, parts = _found(plugin, face, rest)
    if not reaches(plugin, who):
        abort(404)
    granted = grants.of(edge.session(), plugin, who.id)
    if found.may is not None and found.may not in granted:
        raise Forbidden
    return _answer(plugin, found, parts, Actor("staff", who.id), who, granted)


@blueprint.get("/office/x/")
@at_desk
def all_office() -> str:
    """Every page that departments' plugins have for the member of staff who asks."""
    groups: dict[str, list[Door]] = {}
    for door in doors("office", me()):
        groups.setdefault(door.plugin, []).append(door)
    return desk_page("office/plugged.html", nav_here="plugged", groups=groups)


@blueprint.get("/x/<plugin>/static/<path:file>")
def static(plugin: str, file: str) -> Response:
    """A file of the plugin's ``static`` folder."""
    host = plugins.host(edge.session())
    folder = host.folder(plugin) if plugin in plugins.anywhere(edge.session(), "pages") else None
    path = None if folder is None else safe_join(str(folder / "static"), file)
    if path is None or not (folder / "static" / file).is_file():  # type: ignore[operator]
        abort(404)
    answer: Response = send_file(path, mimetype=mimetypes.guess_type(file)[0] or "application/octet-stream", max_age=300)
    return answer


def _found(plugin: str, face: Face, rest: str) -> tuple[Page, dict[str, Any]]:
    session = edge.session()
    if plugin not in plugins.anywhere(session, "pages"):
        abort(404)
    host = plugins.host(session)
    every = pages_of(host, plugin)
    kept = _maps.setdefault(host, {})
    key = (plugin, face)
    if key not in kept:
        kept[key] = Map([Rule(f"/{each.path}", endpoint=str(number), methods=each.methods) for number, each in enumerate(every) if each.face == face])
    try:
        number, parts = kept[key].bind("", "/").match(f"/{rest}", method=request.method)
    except HTTPException as error:
        abort(405 if error.code == 405 else 404)
    return every[int(number)], dict(parts)


def _answer(
    plugin: str, found: Page, parts: dict[str, Any], actor: Actor, who: StaffView | None = None, granted: frozenset[str] = frozenset()
) -> Response | str:
    session, host = edge.session(), plugins.host(edge.session())
    ctx = plugins.called(session, plugin, actor=actor, locale=edge.locale(), granted=granted)
    files = {name: Upload(each.filename or "", each.stream) for name, each in request.files.items() if each.filename}

    def draw(template: str, **values: Any) -> str:
        shown: dict[str, Any] = {"title": found.title.words(edge.locale()), "plugin": plugin, "nav_here": "plugged"} | values
        if found.face == "office":
            return desk_page(template, **shown)
        return page(template, **{"said": [str(each) for each in get_flashed_messages()]} | shown)

    body = _body() if found.face == "api" else None
    ask = Ask(ctx, found.face, request.method, request.args, request.form, files, _citizen(actor), who, draw, flash, body)
    answer = host.guarded(plugin, f"/{found.path}", lambda: found.view(ask, **parts), PAGE_SECONDS)
    if not isinstance(answer, (str, Response)):
        raise host.nonsense(plugin, f"/{found.path}", answer)
    return answer


def _body() -> Any:
    """The JSON that a machine sent; ``None`` for none. What is nested without end is no document."""
    try:
        return request.get_json(silent=True)
    except RecursionError as error:
        raise BadInput from error


def _citizen(actor: Actor) -> Citizen | None:
    if actor.kind != "citizen" or actor == edge.ANYBODY:
        return None
    acting = identity.parties_of(edge.session(), actor.id)
    return Citizen(actor.id, tuple(Acting(each.party.id, each.party.name, "company" if each.party.kind == "company" else "person") for each in acting))


def register(app: Flask) -> None:
    """Hang the doors into the application. Bearer tokens are not sent by browsers on their own, so CSRF does not apply to the machines' door."""
    csrf.exempt(machines)
    app.register_blueprint(machines)
    app.register_blueprint(blueprint)
