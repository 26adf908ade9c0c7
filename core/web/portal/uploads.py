"""The door for single files: a script sends them one by one and sees their progress; their owner looks at them again."""

from flask import Response as FlaskResponse
from flask import jsonify, request
from werkzeug.wrappers import Response

from core.cases import drafts
from core.files import service as files
from core.items import queries as items
from core.kernel.errors import NotFound
from core.kernel.ids import is_id
from core.web import edge, seat
from core.web.portal import correcting, enclosures, papers
from core.web.portal.browse import portal


@portal.post("/uploads")
@seat.seated
def upload() -> Response | tuple[Response, int]:
    """One file, sent by a script with progress: ``draft`` (or ``case``, for its correction), ``material`` (or ``field`` of the form), ``file``.

    Answers with the new list entry, or why not.
    """
    if request.form.get("case") and seat.taken() is None:
        return correcting.uploaded(request.form["case"])
    if request.form.get("field"):
        return enclosures.uploaded()
    draft = drafts.load(edge.session(), request.form.get("draft", ""), actor=seat.keeper())
    compiled = items.load(edge.session(), draft.version_id)
    material = next((each for each in compiled.doc["materials"] if each["id"] == request.form.get("material")), None)
    sent = request.files.get("file")
    if material is None or material["source"]["from"] == "form" or sent is None or not sent.filename:
        raise NotFound
    wrong: dict[str, str] = {}
    held = papers.take(draft.materials, material, sent, ("draft", draft.id), wrong)
    if wrong:
        return jsonify(error=wrong[material["id"]]), 422
    saved = papers.keep(draft, compiled, held, expected=draft.version)
    return jsonify(
        version=saved.version, file=papers.file_row(saved, next(one for one in saved.materials if one.material == material["id"])), count=len(saved.materials)
    )


@portal.get("/uploads/<blob_id>")
@seat.seated
def upload_preview(blob_id: str) -> FlaskResponse:
    """A file of one's own draft. It is found through the draft, so another's file does not exist for the reader."""
    draft = drafts.load(edge.session(), request.args.get("draft", ""), actor=seat.keeper())
    one = next((each for each in draft.materials if each.blob_id == blob_id), None)
    if one is None or not is_id(blob_id):
        raise NotFound
    return papers.send_file(files.open(edge.session(), blob_id, holder=("draft", draft.id)), one.name, one.media_type)
