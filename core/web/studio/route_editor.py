"""The route editor: kinds of nodes on the left, the drawing and the outline in the middle, the chosen node on the right – all with plain forms."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, redirect, request
from markupsafe import Markup
from werkzeug.wrappers import Response as Answer

from core.identity import queries as people
from core.items.studio import routing, scopes
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import BadEdit, CannotRoute, Clashed
from core.items.studio.scopes import REVIEW
from core.items.studio.sketch import Sketch, sketch
from core.items.studio.spots import MISSING, Spot, find, write
from core.kernel.errors import NotFound, PlatformError
from core.kernel.wording import word
from core.routing import service as route
from core.web import edge
from core.web.backoffice.desk import at_desk, tell
from core.web.drawn import as_file
from core.web.page import say as _
from core.web.studio import route_panel, saving
from core.web.studio.desk import framed, own

blueprint = Blueprint("studio_route", __name__, url_prefix="/office/studio/<draft_id>/route")
#: Parts of the route that are edited as a whole, by the paths that the drawing has for them.
_WHOLE = {"intake": "/item/route/intake", "delivery": "/item/route/delivery", "decision": ""}


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """The route of the draft, with the node of ``?node=`` beside it."""
    return _page(own(draft_id))


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    locale, session = edge.locale(), edge.session()
    made = sketch(draft.content, locale)
    titles = people.department_titles(session, edge.scope())
    at = scopes.spot_of(draft.content, request.values.get("node", "")[:400])
    path = scopes.path_of(at) if at is not None else ""
    lines = outline(draft, made, titles, locale)
    return framed(
        "studio/route.html", draft, "route", at or ("item", "route"), sketch=made, chosen=path, spot=write(at) if at is not None else "", lines=lines,
        drawing=_drawing(draft, made, titles, path), findings=[(each, each.words(locale), _address(draft, spot)) for each, spot in made.findings],
        kinds=[(kind, word(f"items.studio_route_kind_{kind}", locale)) for kind in scopes.KINDS], after=request.args.get("after", path)[:400],
        whole=_whole(draft), panel=route_panel.panel(draft, at, made, titles, locale) if at is not None else None, write=write,
        error=error.words(locale) if error else None, clashes=error.clashes if isinstance(error, Clashed) else (), number=lambda value: f"{value:g}",
        readonly=draft.state != "open",
    )  # fmt: skip


def _drawing(draft: Draft, made: Sketch, titles: Mapping[str, str], chosen: str) -> Markup | None:
    """The picture, every station a link to its panel; none while the route does not compile."""
    if made.spec is None:
        return None

    def link(path: str) -> str | None:
        return _route_address(draft, path) if path.startswith("review.") else _whole_address(draft, path)

    try:
        svg = route.draw(made.spec, locale=edge.locale(), labels=made.labels, departments=titles, link=link, chosen=chosen)
    except (RecursionError, KeyError, IndexError):  # a route in circles compiles, and has no picture
        return None
    return Markup(svg)  # noqa: S704 – made here, every text of it escaped


def _route_address(draft: Draft, path: str) -> str:
    return f"/office/studio/{draft.id}/route/?{urlencode({'node': path})}#panel"


def _whole_address(draft: Draft, path: str) -> str | None:
    spot = _WHOLE.get(path.partition(".")[0], "")
    return f"/office/studio/{draft.id}/?{urlencode({'at': spot})}" if spot else None


def _address(draft: Draft, spot: Spot) -> str:
    """Where what was found is mended."""
    if scopes.is_node(spot) or scopes.is_branch(spot):
        return _route_address(draft, scopes.path_of(spot))
    if len(spot) > 2 and spot[2] == "limits":
        return f"/office/studio/{draft.id}/?part=limits"
    there = len(spot) > 2 and spot[2] != "review" and find(draft.content, spot) is not MISSING
    return f"/office/studio/{draft.id}/" + (f"?{urlencode({'at': write(spot)})}" if there else "route/")


def outline(draft: Draft, made: Sketch, titles: Mapping[str, str], locale: str) -> list[dict[str, Any]]:
    """The outline as a tree: what comes before the review, its nodes with their branches – as written –, and what comes after."""
    said = _said(made, titles, locale)
    around = [_line(each.level, each.path, each, _whole_address(draft, each.path)) for each in said.values() if not each.path.startswith("review.")]
    nodes = [
        _line(line.level, line.path, said.get(line.path), _route_address(draft, line.path)) | {"title": line.title, "kind": line.kind, "branch": line.branch}
        for line in scopes.outline(draft.content)
    ]
    for line in nodes:  # the sentence begins with the title, which stands before it as a link
        line["words"] = line["words"].removeprefix(line["title"]).lstrip("：: ")
    last = [each for each in around if each["path"] in ("decision", "delivery")]
    return _tree([*(each for each in around if each not in last), *nodes, *last])


def _line(level: int, path: str, said: Any, href: str | None) -> dict[str, Any]:
    return {
        "level": level,
        "path": path,
        "words": said.words if said else "",
        "lang": said.lang if said else None,
        "href": href,
        "title": "",
        "below": [],
    }


def _tree(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Lines with what lies in them ``below``."""
    top: list[dict[str, Any]] = []
    way: list[dict[str, Any]] = []
    for line in lines:
        way = [each for each in way if each["level"] < line["level"]]
        (way[-1]["below"] if way else top).append(line)
        way.append(line)
    return top


def _said(made: Sketch, titles: Mapping[str, str], locale: str) -> dict[str, Any]:
    """Sentences by path; none while the route does not compile."""
    if made.spec is None:
        return {}
    try:
        return {line.path: line for line in route.outline(made.spec, locale=locale, labels=made.labels, departments=titles)}
    except (RecursionError, KeyError, IndexError):
        return {}


def _whole(draft: Draft) -> dict[str, Any]:
    """What is beside the review: whether it is there, and what is in it."""
    held: Any = find(draft.content, ("item", "route"))
    held = held if isinstance(held, Mapping) else {}
    pauses, anytime = held.get("pauses"), held.get("anytime")
    return {
        "intake": isinstance(held.get("intake"), Mapping),
        "delivery": isinstance(held.get("delivery"), Mapping),
        "pauses": [(name, scopes.title_of(each, name)) for name, each in pauses.items()] if isinstance(pauses, Mapping) else [],
        "anytime": list(anytime) if isinstance(anytime, Mapping) else None,
    }


# ---- what the buttons do


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Answer | tuple[str, int]:
    """A button of the editor: ``do`` is what, ``node`` the path of where."""
    draft, given = own(draft_id), request.form
    try:
        focus = saving.pressed(draft, _DOES, lambda work: work(draft.content, given))
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    if given.get("do") in ("remove", "unbranch"):
        tell(_("已移除，可以撤销"))
    return redirect(_route_address(draft, focus) if focus else f"/office/studio/{draft_id}/route/#outline", 303)


Done = tuple[Sequence[Edit], str]


def _at(content: Any, given: Any, name: str = "node") -> Spot:
    """The spot of the node or branch that a form names."""
    path = given.get(name, "")[:400]
    at = scopes.spot_of(content, path)
    if at is None:
        raise CannotRoute("items.studio_route_gone", name=path.rpartition(".")[2])
    return at


def _add(content: Any, given: Any) -> Done:
    """After the node, or at the start of the branch or – for ``review`` – of the route, that ``after`` names."""
    after = given.get("after", "")
    at = REVIEW if after in ("", "review") else _at(content, given, "after")
    if at == REVIEW or scopes.is_branch(at):
        changes, spot = routing.add_node(content, given.get("kind", ""), at, title=given.get("title", "")[:200])
    else:
        changes, spot = routing.add_node(content, given.get("kind", ""), scopes.scope_at(at), after=at[-1], title=given.get("title", "")[:200])
    return changes, scopes.path_of(spot)


def _rename(content: Any, given: Any) -> Done:
    at = _at(content, given)
    name = given.get("id", "").strip()[:80]
    return routing.rename(content, at, name), scopes.path_of((*at[:-1], name))


def _branch(content: Any, given: Any) -> Done:
    changes, spot = routing.add_branch(content, _at(content, given), given.get("title", "")[:200], given.get("department", "")[:64])
    return changes, scopes.path_of(spot)


def _lead(content: Any, given: Any) -> Done:
    """Where the ways of a node lead, each ``way:<place>`` as ``to:<node>``; those that stay are left alone."""
    at = _at(content, given)
    changes: list[Edit] = []
    now = content
    for way in scopes.ways(find(content, at)):
        wanted = given.get(f"way:{'/'.join(way.place)}", "")
        lead, _colon, target = wanted.partition(":")
        if wanted and (lead, target) != (way.lead, way.target):
            if lead not in ("to", "back", "outcome"):
                raise BadEdit(what=wanted[:40])
            made = routing.lead_to(now, at, way.place, lead, target)
            now, changes = routing.applied(now, made), [*changes, *made]
    return changes, given.get("node", "")


def _join(content: Any, given: Any) -> Done:
    need = given.get("need", type=int) if given.get("need", "").isdigit() else None
    return routing.join_by(content, _at(content, given), given.get("policy", ""), need=need, lead=given.get("lead") or None), given.get("node", "")


def _moved(steps: int) -> Callable[[Any, Any], Done]:
    return lambda content, given: (routing.move_node(content, _at(content, given), steps), given.get("node", ""))


#: What the buttons are called → the edits they make, and the path to look at then.
_DOES: dict[str, Callable[[Any, Any], Done]] = {
    "add": _add,
    "remove": lambda content, given: (routing.remove_node(content, _at(content, given)), ""),
    "up": _moved(-1),
    "down": _moved(1),
    "rename": _rename,
    "branch": _branch,
    "unbranch": lambda content, given: (routing.remove_branch(content, _at(content, given)), ""),
    "lead": _lead,
    "join": _join,
}


# ---- to take along


@blueprint.get("/drawing.svg")
@at_desk
def picture(draft_id: str) -> Answer:
    """The drawing as a file that stands by itself, its look in it."""
    draft = own(draft_id)
    made = sketch(draft.content, edge.locale())
    if made.spec is None:
        raise NotFound
    titles = people.department_titles(edge.session(), edge.scope())
    svg = route.draw(made.spec, locale=edge.locale(), labels=made.labels, departments=titles)
    return as_file(svg, _("流程图") + "-" + draft.title)
