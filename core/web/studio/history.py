"""An item's versions: who published what when, the difference between any two in words and as JSON, and going back to one."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.models import Item
from core.items.studio import drafts, naming, versions
from core.items.studio.errors import DraftExists
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page
from core.web.studio.publishing import MOST_LINES, Line

blueprint = Blueprint("studio_history", __name__, url_prefix="/office/studio/items/<code>/versions")


@blueprint.get("/")
@at_desk
def show(code: str) -> str:
    """The versions, and what differs between two of them: by default the last two that were in force."""
    return _page(code)


def _page(code: str, error: str | None = None) -> str:
    from core.items.diff import diff, unified  # only who compares needs these

    session = edge.session()
    every = versions.listed(session, code, actor=actor())
    plain = [each.number for each in every if each.derived_from is None]
    after = request.values.get("to", plain[0] if plain else 0, type=int)
    before = request.values.get("from", plain[1] if len(plain) > 1 else after, type=int)
    old, new = versions.pair(session, code, before, after, actor=actor())
    lines = [
        Line(word(f"items.part_{change.part}", "zh"), leaf.kind, leaf.title, leaf.before, leaf.after)
        for change in diff(old, new, named=naming.of_items(session, new, old))
        for leaf in change.leaves("zh")
    ]
    return desk_page(
        "studio/versions.html", nav_here="studio", item=session.get_one(Item, code), versions=every, before=before, after=after, lines=lines,
        json_lines=unified(old, new)[:MOST_LINES], error=error,
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def go_back(code: str) -> Response | tuple[str, int]:
    """A draft with the content of an earlier version."""
    try:
        made = drafts.of_version(edge.session(), code, request.form.get("number", 0, type=int), actor=actor())
    except DraftExists as error:
        edge.session().rollback()
        return _page(code, error.words(edge.locale())), error.status
    return redirect(f"/office/studio/{made.id}/publish/", 303)
