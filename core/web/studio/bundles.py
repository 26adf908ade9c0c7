"""Items carried from one hall to another in the browser: a signed file to take away, and one to look into and take in – as drafts, never published."""

from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.errors import ItemNotFound
from core.items.studio.importing import staging
from core.items.studio.models import StudioImport
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import new_id
from core.kernel.wording import word
from core.keys import signing
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _
from core.web.site import site
from core.web.studio import saving
from core.web.studio.home import offices
from core.web.studio.publishing import MOST_LINES, Line
from core.web.studio.uploading import upload

if TYPE_CHECKING:
    from core.items.studio.receiving import Arrival

blueprint = Blueprint("studio_bundles", __name__, url_prefix="/office/studio")
#: Bytes of a file in the browser; larger ones are taken in at the command line.
MOST_BYTES = 10 * 2**20
#: Items of one file that the page compares; the others are for the command line too.
MOST_ITEMS = 50


@blueprint.get("/items/<code>/versions/bundle.json")
@at_desk
def export(code: str) -> Response:
    """The version in force, signed, for another hall."""
    from core.items.service import carrying  # only who carries items needs it
    from core.items.studio import versions

    session = edge.session()
    versions.listed(session, code, actor=actor())
    return Response(carrying.pack(session, [code]), mimetype="application/json", headers={"Content-Disposition": f"attachment; filename={code}.bundle.json"})


@blueprint.get("/bundles/key.json")
@at_desk
def key() -> Response:
    """The public key by which another hall checks what this one signs."""
    from core.kernel import canonical

    offices()
    body = canonical.dumps(signing.public_key(edge.session()))
    return Response(body, mimetype="application/json", headers={"Content-Disposition": "attachment; filename=hall-key.json"})


@blueprint.get("/bundles/")
@at_desk
def show() -> str:
    """Where a file is handed in."""
    return _door()


def _door(error: PlatformError | None = None) -> str:
    session = edge.session()
    offices()
    return desk_page(
        "studio/bundles.html", nav_here="studio", files=staging.lately(session, "bundle", actor=actor()), kid=signing.public_key(session)["kid"],
        error=error.words(edge.locale()) if error else None,
    )  # fmt: skip


@blueprint.post("/bundles/")
@at_desk
def hand_in() -> Response | tuple[str, int]:
    """Take the file in and look into it. Nothing becomes a draft yet."""
    from core.items.service import carrying

    session = edge.session()
    department = offices()[0][0]
    try:
        file, name = upload()
        content = file.stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadInput("items.import_large", name=name, most=MOST_BYTES >> 20)
        carrying.look(content, trusted_keys())
        row = staging.keep_file(session, content, name, department_id=department, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _door(error), error.status
    return redirect(f"/office/studio/bundles/{row.id}", 303)


def trusted_keys() -> dict[str, dict[str, str]]:
    """The keys that are trusted here: the hall's own, and those that its operator laid into the data folder."""
    from core.items.service import carrying

    return {"": signing.public_key(edge.session()), **carrying.trusted(site().config.home / "items" / "trusted")}


@blueprint.get("/bundles/<import_id>")
@at_desk
def look(import_id: str) -> str:
    """Who signed the file, and what it would change here."""
    return _page(staging.one(edge.session(), import_id, "bundle", actor=actor()))


def _page(row: StudioImport, error: PlatformError | None = None) -> str:
    # only who carries items needs these
    from core.items.service import carrying
    from core.items.studio import receiving

    session = edge.session()
    offices()
    found = carrying.look(staging.content_of(row), trusted_keys())
    arrivals = [receiving.arrival(session, each, actor=actor()) for each in found.items[:MOST_ITEMS]]
    return desk_page(
        "studio/bundle.html", nav_here="studio", row=row, signer=found.signer, said=found.said, arrivals=[(each, _lines(each)) for each in arrivals],
        more=len(found.items) - len(arrivals), fresh_id=new_id, error=error.words(edge.locale()) if error else None, most=MOST_LINES,
    )  # fmt: skip


def _lines(arrival: "Arrival") -> list[Line]:
    return [
        Line(word(f"items.part_{change.part}", "zh"), leaf.kind, leaf.title, leaf.before, leaf.after)
        for change in arrival.changes
        for leaf in change.leaves("zh")
    ]


@blueprint.post("/bundles/<import_id>")
@at_desk
def take(import_id: str) -> Response | tuple[str, int]:
    """Make a draft of one item of the file, when a trusted key signed it."""
    from core.items.service import carrying
    from core.items.studio import receiving
    from core.keys.signing import NotSigned

    session, form = edge.session(), request.form
    row = staging.one(session, import_id, "bundle", actor=actor())
    try:
        found = carrying.look(staging.content_of(row), trusted_keys())
        if found.signer is None:
            raise NotSigned("items.bundle_not_trusted")
        item = next((each for each in found.items if each.code == form.get("code")), None)
        if item is None:
            raise ItemNotFound(code=form.get("code", "")[:64])
        made = receiving.take(
            session, item, department_id=form.get("department", ""), signer=found.signer or "", command_id=saving.command(), actor=actor()
        )  # fmt: skip
    except PlatformError as error:
        edge.take_back(error)
        return _page(staging.one(session, import_id, "bundle", actor=actor()), error), error.status
    tell(_("已收成草稿，看过再送审"))
    return redirect(f"/office/studio/{made.id}/publish/", 303)
