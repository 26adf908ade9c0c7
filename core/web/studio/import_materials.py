"""A list of materials from a file into a draft: columns by menus, what each row becomes, then one command that can be undone."""

from collections import Counter

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio.drafts import Draft
from core.items.studio.errors import DraftEnded
from core.items.studio.importing import staging
from core.items.studio.importing.columns import MATERIALS, missing
from core.items.studio.models import StudioImport
from core.kernel.errors import BadInput, PlatformError
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import say as _
from core.web.studio import saving
from core.web.studio.desk import framed, own
from core.web.studio.uploading import chosen, menus, title_of, unused, upload

blueprint = Blueprint("studio_import_materials", __name__, url_prefix="/office/studio/<draft_id>/materials/import")
#: Rows that the page shows; what is wrong comes first.
SHOWN = 300


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """Where the file is handed in."""
    return _door(own(draft_id))


def _door(draft: Draft, error: PlatformError | None = None) -> str:
    return framed(
        "studio/import_materials.html", draft, "materials", error=error.words(edge.locale()) if error else None, names=[title_of(each) for each in MATERIALS]
    )


@blueprint.post("/")
@at_desk
def hand_in(draft_id: str) -> Response | tuple[str, int]:
    """Take the file in. Nothing of the draft changes."""
    draft, session = own(draft_id), edge.session()
    try:
        if draft.state != "open":
            raise DraftEnded(title=draft.title)
        file, name = upload()
        row = staging.keep_sheet(session, file.stream, name, "materials", MATERIALS, draft_id=draft.id, department_id=draft.department_id, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _door(own(draft_id), error), error.status
    return redirect(f"/office/studio/{draft.id}/materials/import/{row.id}", 303)


@blueprint.get("/<import_id>")
@at_desk
def look(draft_id: str, import_id: str) -> str:
    """What each row would become."""
    draft = own(draft_id)
    return _page(draft, staging.one(edge.session(), import_id, "materials", actor=actor(), draft_id=draft.id))


def _page(draft: Draft, row: StudioImport, error: PlatformError | None = None) -> str:
    # what says changes in words is needed by who imports only
    from core.items.studio.importing import materials
    from core.licences import queries as licences

    session, locale = edge.session(), edge.locale()
    lacking = missing(row.mapping, MATERIALS)
    read: tuple[materials.Read, ...] = ()
    why = error
    try:
        if not lacking:
            read = materials.read(staging.sheet_of(row), row.mapping, draft.content, materials.by_title(licences.types(session)))
    except BadInput as wrong:
        why = wrong
    counts = Counter(each.verdict for each in read)
    first = sorted(read, key=lambda each: (each.verdict != "wrong", each.line))[:SHOWN]
    return framed(
        "studio/import_look.html", draft, "materials", row=row, menus=menus(row, MATERIALS), lacking=lacking, unused=unused(row), counts=counts, locale_=locale,
        read=sorted(first, key=lambda each: each.line), more=len(read) - len(first), error=why.words(locale) if why else None,
        left_out=len(materials.materials_of(draft.content)) - len({str(each.before["id"]) for each in read if each.before is not None}) if read else 0,
    )  # fmt: skip


@blueprint.post("/<import_id>")
@at_desk
def decide(draft_id: str, import_id: str) -> Response | tuple[str, int]:
    """Map the columns anew, take the rows over, or forget the file."""
    draft, session, form = own(draft_id), edge.session(), request.form
    row = staging.one(session, import_id, "materials", actor=actor(), draft_id=draft.id, lock=True)
    here = f"/office/studio/{draft.id}/materials/import/"
    try:
        if form.get("do") == "map":
            staging.map_columns(session, row, chosen(MATERIALS), MATERIALS)
            return redirect(f"{here}{row.id}", 303)
        if form.get("do") == "drop":
            staging.drop(session, row)
            return redirect(here, 303)
        if form.get("do") != "take":
            raise BadInput
        staging.take_materials(session, row, drop_others=form.get("others") == "drop", command_id=saving.command(), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), staging.one(session, import_id, "materials", actor=actor(), draft_id=draft.id), error), error.status
    tell(_("已导入草稿。不对可以撤销。"))
    return redirect(f"/office/studio/{draft.id}/?part=materials", 303)
