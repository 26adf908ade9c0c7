"""The studio's door: the drafts of my departments, the items that can be changed, and how a new one begins."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.identity import queries as people
from core.items.catalogue import kinds, reading
from core.items.links import queries as links
from core.items.studio import beginnings, drafts
from core.kernel.errors import Forbidden, PlatformError
from core.kernel.ids import is_id
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me
from core.web.studio import hall

blueprint = Blueprint("studio", __name__, url_prefix="/office/studio")
#: Items on one page; a city has thousands, whoever looks for one writes a word of it.
MOST = 30


def offices() -> list[tuple[str, str, str, str]]:
    """(id, title, kind, level) of the departments in whose name this person makes items. Raises :class:`Forbidden` without any."""
    held = {post.department_id for post in me().posts if post.role in kinds.ASKS}
    if not held:
        raise Forbidden
    session = edge.session()
    found = [people.department(session, each) for each in held]
    places = {each.id: each.level for each in people.divisions(session)}
    return sorted((each.id, f"{each.division_title} {each.title}", each.code, places[each.division_id]) for each in found)


@blueprint.get("/")
@at_desk
def show() -> str:
    """Everything to work on."""
    return _home()


def _home(error: PlatformError | None = None) -> str:
    session, departments = edge.session(), offices()
    open_drafts = drafts.mine(session, actor=actor())
    titles = people.titles(session, [each.department_id for each in open_drafts])
    drafted = {each.item_code for each in open_drafts}
    held = [each for each in reading.held(session, me()) if each.department_id in {office[0] for office in departments}]
    words = request.args.get("q", "").strip()[:100]
    items = [each for each in held if words.casefold() in f"{each.title} {each.code}".casefold()]
    listed = {"items": items[:MOST], "more": len(items) > MOST, "most": MOST, "many": len(held) > MOST, "q": words}
    return desk_page(
        "studio/home.html", nav_here="studio", drafts=open_drafts, titles=titles, **listed, drafted=drafted, offices=departments,
        templates=beginnings.templates(), error=error.words(edge.locale()) if error else None, given=request.form, locale_=edge.locale(),
        links=links.counts(session, me()), hall=hall.listed(),
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def begin() -> Response | tuple[str, int]:
    """Begin: open the draft of an item, copy one, or start from a template."""
    form, session = request.form, edge.session()
    departments = offices()
    try:
        made = drafts.begin(session, form.get("item", "")[:64], actor=actor()) if form.get("do") == "open" else _new(departments)
    except PlatformError as error:
        edge.take_back(error)
        return _home(error), error.status
    return redirect(f"/office/studio/{made.id}/", 303)


def _new(departments: list[tuple[str, str, str, str]]) -> drafts.Draft:
    form, session = request.form, edge.session()
    office = next((each for each in departments if each[0] == form.get("department")), None)
    if office is None:
        raise Forbidden
    named = {"code": form.get("code", ""), "title": form.get("title", ""), "department": office[2], "level": office[3]}
    like = form.get("like", "")
    if like.startswith("template:"):
        content = beginnings.from_template(like.removeprefix("template:"), **named)
    else:
        content = beginnings.copy_of(drafts.content_of(session, like[:64], actor=actor()), **named)
    return drafts.create(session, content, department_id=office[0] if is_id(office[0]) else "", actor=actor())
