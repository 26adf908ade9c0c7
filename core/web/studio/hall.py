"""The words and the looks of the hall: which there are, their versions, and putting a draft of one in force as a second administrator."""

import difflib
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.format import format_item
from core.items.studio import parts
from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftNotFound
from core.items.studio.hall import kinds, opening, putting
from core.items.studio.hall.opening import Listed
from core.kernel.errors import BadInput, PlatformError
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, me, tell
from core.web.page import say as _
from core.web.studio import hall_kinds
from core.web.studio.desk import own
from core.web.studio.findings import address
from core.web.studio.publishing import MOST_LINES, Line

blueprint = Blueprint("studio_hall", __name__, url_prefix="/office/studio")


def listed() -> list[tuple[str, list[Listed]]]:
    """(title of the kind, its documents) of everything of the hall that the reader may change; empty kinds are left out."""
    found = opening.listed(edge.session(), me(), edge.locale())
    grouped = [(shown.words(), [each for each in found if each.kind == shown.kind.name]) for shown in hall_kinds.EVERY]
    return [each for each in grouped if each[1]]


@blueprint.get("/hall/<kind>/<name>/")
@at_desk
def show(kind: str, name: str) -> str:
    """The versions of one document."""
    return _page(kinds.code_of(kind, name))


def _page(code: str, error: str | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    every = opening.history(session, code, actor=actor())
    kind, name = kinds.split(code)
    names = putting.names(session, {each.put_by for each in every})
    here = next((each for each in opening.listed(session, me(), locale) if each.code == code), None)
    numbers = [each.number for each in every]
    after = request.values.get("to", numbers[0] if numbers else 0, type=int)
    before = request.values.get("from", max(after - 1, 0), type=int)
    old, new = (opening.content_of(session, code, each, actor=actor()) for each in (before, after))
    return desk_page(
        "studio/hall_document.html", nav_here="studio", code=code, kind=kind.name, name=name, versions=every, names=names, hands=putting.hands(session, every),
        listed=here, title=kind.title(opening.current(session, kind, name), locale), before=before, after=after, numbers=[*numbers, 0],
        json_lines=_unified(dict(old), dict(new)), error=error,
    )  # fmt: skip


def _unified(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return list(difflib.unified_diff(format_item(old).splitlines(), format_item(new).splitlines(), lineterm="", n=2))[2 : MOST_LINES + 2]


@blueprint.post("/hall/<kind>/<name>/")
@at_desk
def begin(kind: str, name: str) -> Response | tuple[str, int]:
    """Open the draft of a document – or begin one of an earlier version (``number``)."""
    code, session = kinds.code_of(kind, name), edge.session()
    try:
        made = opening.begin(session, code, number=request.form.get("number", type=int), actor=actor())
    except PlatformError as error:
        session.rollback()
        if error.status != 409:
            raise
        return _page(code, error.words(edge.locale())), 409
    return redirect(f"/office/studio/{made.id}/?part={first_part(made)}", 303)


def first_part(draft: Draft) -> str:
    """Where one begins to edit a document of the hall."""
    return parts.shown(kinds.split(draft.item_code)[0].name)[0].key


@blueprint.get("/<draft_id>/look.css")
@at_desk
def sheet(draft_id: str) -> Response:
    """The stylesheet of a draft of a look: for whoever may change it, and kept by nobody."""
    draft = _of_hall(draft_id)
    tried = hall_kinds.shown(draft).tried
    if tried is None:
        raise DraftNotFound
    response = Response(tried(draft).css, mimetype="text/css")
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/<draft_id>/in-force/")
@at_desk
def look(draft_id: str) -> str:
    """What putting a draft in force would change, and what is wrong with it."""
    return _look(_of_hall(draft_id))


def _of_hall(draft_id: str) -> Draft:
    draft = own(draft_id)
    if not kinds.of_hall(draft.item_code):
        raise DraftNotFound
    return draft


def _look(draft: Draft, error: PlatformError | None = None) -> str:
    session, locale = edge.session(), edge.locale()
    kind, name = kinds.split(draft.item_code)
    spots = [(each.words(locale), address(draft, each.spot), each.level) for each in putting.found(session, draft)]
    lines = [Line("", _kind_of(each), each.title, each.before, each.after) for each in putting.changes(session, draft, locale)]
    writers = putting.writers(session, draft.id)
    return desk_page(
        "studio/hall_force.html", nav_here="studio", draft=draft, base=f"/office/studio/{draft.id}", kind=kind.name, name=name, lines=lines,
        errors=[each for each in spots if each[2] == "error"], advice=[each for each in spots if each[2] != "error"], first=first_part(draft),
        json_lines=_unified(dict(opening.current(session, kind, name)), dict(draft.content.get(kind.name) or {})), writers=sorted(writers.values()),
        mine=actor().id in writers, face=hall_kinds.shown(draft).faces[0].name, given=request.form, error=error.words(locale) if error else None,
        told=[each.words(locale) for each in error.findings] if isinstance(error, BadInput) else [],
    )  # fmt: skip


def _kind_of(change: putting.Changed) -> str:
    return "added" if not change.before else "removed" if not change.after else "changed"


@blueprint.post("/<draft_id>/in-force/")
@at_desk
def put(draft_id: str) -> Response | tuple[str, int]:
    """Put the draft in force as it was shown."""
    draft, session = _of_hall(draft_id), edge.session()
    try:
        putting.put_in_force(session, draft.id, revision=request.form.get("revision", -1, type=int), words=request.form.get("words", ""), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _look(_of_hall(draft_id), error), error.status
    tell(_("已生效，几秒钟内全厅都能看到"))
    return redirect(f"/office/studio/hall/{draft.item_code.replace(kinds.MARK, '/')}/", 303)
