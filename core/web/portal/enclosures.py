"""Files of a form on their way into a draft: with the page (plain multipart) or one by one by a script, which sees their progress."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import Response, jsonify, request
from werkzeug.datastructures import FileStorage

from core.cases import drafts
from core.cases.errors import DraftStale
from core.cases.spec import DraftView, Handed
from core.cases.versions import pinned
from core.files import service as files
from core.forms import service as forms
from core.forms.spec import Field, FieldError, FormSpec
from core.items import facts as item_facts
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.web import edge, enclosed, seat
from core.web.limits import limit
from core.web.portal import acting, offer


def _most(field: Field) -> int:
    return 1 if field.kind.key == "signature" else int(field.schema.get("maxItems") or 10)


def posted(spec: FormSpec) -> list[tuple[str, list[FileStorage]]]:
    """The file controls of this form that came with files."""
    found = [(name, [one for one in sent if one.filename]) for name, sent in request.files.lists() if name.endswith("-_file")]
    return [(name, sent) for name, sent in found if sent and enclosed.named(spec, name) is not None]


def take(spec: FormSpec, values: Mapping[str, Any], held: Sequence[Handed], holder: tuple[str, str]) -> tuple[dict[str, Any], list[Handed], list[FieldError]]:
    """The files posted with the page: answers that name them, the list that holds them, and what was refused."""
    kept, answers, wrong = list(held), dict(values), []
    for name, sent in posted(spec):
        for one in sent:
            answers, error = _take_one(spec, answers, kept, name, one, holder)
            if error is not None:
                wrong.append(error)
    return answers, kept, wrong


def _take_one(
    spec: FormSpec, values: dict[str, Any], held: list[Handed], name: str, sent: FileStorage, holder: tuple[str, str]
) -> tuple[dict[str, Any], FieldError | None]:
    field = enclosed.named(spec, name)
    assert field is not None
    control = name.removesuffix("-_file")
    path = control.replace("-", ".")
    try:
        one = keep(field, sent, held, holder)
    except PlatformError as error:
        return values, FieldError(path, error.message_key, error.params, control)
    if _most(field) == 1:  # a second photo takes the place of the first
        values, _focus = forms.apply_op(values, f"remove:{control}:0", spec)
    return forms.attach(spec, values, name, {"id": one.blob_id, "name": one.name, "size": one.size, "media_type": one.media_type}), None


def keep(field: Field, sent: FileStorage, held: list[Handed], holder: tuple[str, str]) -> Handed:
    """Check one file for *field*, keep it for *holder* and write it into *held*. Raises :class:`PlatformError` with why it was refused."""
    material = enclosed.material_of(field)
    if sum(one.material.startswith(enclosed.PREFIX) for one in held) >= enclosed.MOST:
        raise BadInput("web.files_many", most=enclosed.MOST)
    limit("uploads", "200/hour", holder[1])
    ref = files.put(edge.session(), sent.stream, name=str(sent.filename), holder=holder, limits=enclosed.limits_of(field))
    one = Handed(material, ref.id, ref.name, ref.media_type, ref.size, ref.digest, holder)
    held[:] = [each for each in held if (each.material, each.blob_id) != (material, ref.id)] + [one]
    return one


def tidy(spec: FormSpec, values: Mapping[str, Any], held: Iterable[Handed]) -> tuple[list[Handed], list[str]]:
    """*held* without the files that no answer names any more, and the blobs nothing in the list holds now."""
    named = {(enclosed.material_of(field), blob) for field, blob in enclosed.refs(spec, values)}
    every = list(held)
    kept = [one for one in every if not one.material.startswith(enclosed.PREFIX) or (one.material, one.blob_id) in named]
    living = {one.blob_id for one in kept}
    return kept, sorted({one.blob_id for one in every} - living)


def linked(spec: FormSpec, values: Mapping[str, Any], draft_id: str | None) -> dict[str, Any]:
    """*values* for showing: every file of a draft with the address of its preview."""
    if draft_id is None:
        return dict(values)
    return enclosed.mapped(spec, values, lambda field, blob, ref: ref if field.kind.key == "signature" else {**ref, "href": preview(blob, draft_id)})


def preview(blob_id: str, draft_id: str) -> str:
    """Where the owner of a draft sees a file of it."""
    return seat.href("portal.upload_preview", blob_id=blob_id, draft=draft_id)


# --- by script ----------------------------------------------------------------------------------------------------------------------------------


def uploaded() -> Response | tuple[Response, int]:
    """One file for a field: ``field``, ``file``, and the ``draft`` – or the ``item`` when nothing was saved yet; then a draft is begun for it."""
    name, sent = request.form.get("field", ""), request.files.get("file")
    if sent is None or not sent.filename:
        raise NotFound
    begun, draft = "", request.form.get("draft", "")
    if not draft:
        draft = begun = _begin(request.form.get("item", ""))
    try:
        saved, one = _into(draft, name, sent)
    except DraftStale:
        sent.stream.seek(0)
        saved, one = _into(draft, name, sent)  # saved in between by the page itself: once more on top of it
    except PlatformError as error:
        if isinstance(error, NotFound) or begun:
            edge.session().rollback()
        if isinstance(error, NotFound):
            raise
        return jsonify(error=error.words(edge.locale())), 422
    told: dict[str, Any] = {"version": saved.version, "file": _told(one, saved.id)}
    if begun:
        page = saved.page
        told |= {"draft": begun, "action": seat.href("apply.step", draft_id=begun, step=page)}
    return jsonify(told)


def _begin(code: str) -> str:
    """An empty draft of the item, so that the first page can hold a file before it was sent."""
    current, me = offer.fresh(code), acting.acting()
    compiled = current.compiled
    draft = drafts.save(
        edge.session(),
        compiled=compiled,
        version_id=current.version_id,
        values=forms.empty(compiled.form),
        situation=item_facts.chosen(compiled.doc, {}),
        party_id=me.party_id,
        page=compiled.form.pages[0].id,
        actor=seat.keeper(),
    )
    return draft.id


def _into(draft_id: str, name: str, sent: FileStorage) -> tuple[DraftView, Handed]:
    draft = drafts.load(edge.session(), draft_id, actor=seat.keeper())
    compiled: CompiledItem = pinned(edge.session(), draft.version_id)
    field = enclosed.named(compiled.form, name)
    if field is None:
        raise NotFound
    held = list(draft.materials)
    one = keep(field, sent, held, ("draft", draft.id))
    saved = drafts.save(
        edge.session(),
        draft_id=draft.id,
        compiled=compiled,
        version_id=draft.version_id,
        values=draft.values,
        situation=draft.situation,
        party_id=draft.party_id,
        materials=held,
        page=draft.page,
        expected=draft.version,
        actor=seat.keeper(),
    )
    return saved, one


def _told(one: Handed, draft_id: str) -> dict[str, Any]:
    return {"id": one.blob_id, "name": one.name, "size": one.size, "media_type": one.media_type, "href": preview(one.blob_id, draft_id)}
