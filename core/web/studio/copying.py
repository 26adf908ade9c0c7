"""A new item like one of elsewhere: of another department of this hall, of another region's file. What is local over there is asked anew."""

import io
from typing import TYPE_CHECKING

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio import drafts
from core.items.studio.addresses import name_of
from core.items.studio.importing import staging
from core.kernel.clock import local, now
from core.kernel.errors import BadInput, Forbidden, PlatformError
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import say as _
from core.web.studio.bundles import MOST_BYTES, trusted_keys
from core.web.studio.home import offices
from core.web.studio.uploading import upload

if TYPE_CHECKING:
    from core.items.studio.copying import Model

blueprint = Blueprint("studio_copying", __name__, url_prefix="/office/studio/copy")


@blueprint.get("/")
@at_desk
def show() -> str:
    """What can be copied: a search of this hall's items, a file, JSON."""
    return _door()


def _door(error: PlatformError | None = None) -> str:
    from core.items.studio import copying  # only who copies needs it

    offices()
    words = request.args.get("q", "")[:100]
    return desk_page(
        "studio/copy.html", nav_here="studio", q=words, found=copying.published(edge.session(), words), most=copying.MOST, given=request.form,
        error=error.words(edge.locale()) if error else None,
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def hand_in() -> Response | tuple[str, int]:
    """Take a file or pasted JSON in, and look into it."""
    from core.items.studio import copying

    session = edge.session()
    department = offices()[0][0]
    try:
        pasted = request.form.get("json", "").strip()
        stream, name = (io.BytesIO(pasted.encode()), _("粘贴的 JSON")) if pasted else _uploaded()
        content = stream.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise BadInput("items.import_large", name=name, most=MOST_BYTES >> 20)
        copying.of_file(content, trusted_keys(), name=name)
        row = staging.keep_file(session, content, name, department_id=department, actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _door(error), error.status
    return redirect(f"/office/studio/copy/{row.id}", 303)


def _uploaded() -> tuple[io.BytesIO, str]:
    file, name = upload()
    return io.BytesIO(file.stream.read(MOST_BYTES + 1)), name


@blueprint.get("/<import_id>")
@at_desk
def of_file(import_id: str) -> str:
    """What would become of an item of a file."""
    return _page(_of_file(import_id), f"/office/studio/copy/{import_id}")


@blueprint.get("/item/<code>")
@at_desk
def of_item(code: str) -> str:
    """What would become of an item of this hall."""
    return _page(_of_item(code), f"/office/studio/copy/item/{code}")


def _of_file(import_id: str) -> "tuple[Model, ...]":
    from core.items.studio import copying

    offices()
    row = staging.one(edge.session(), import_id, "bundle", actor=actor())
    return copying.of_file(staging.content_of(row), trusted_keys(), name=row.name, region=request.form.get("region", "").strip())


def _of_item(code: str) -> "tuple[Model, ...]":
    from core.items.studio import copying

    offices()
    return (copying.of_this_hall(edge.session(), code),)


def _chosen(models: "tuple[Model, ...]") -> "Model":
    code = request.values.get("like", models[0].code if models else "")
    found = next((each for each in models if each.code == code), None)
    if found is None:
        raise BadInput("items.copy_no_such")
    return found


def _page(models: "tuple[Model, ...]", address: str, error: PlatformError | None = None) -> str:
    from core.items.studio import localising

    model, locale = _chosen(models), edge.locale()
    emptied = [name_of(model.content, ("item", *path.split(".")), locale) for path in localising.to_fill(model.content)]
    return desk_page(
        "studio/copy_look.html", nav_here="studio", models=models, model=model, address=address, offices=offices(), emptied=emptied, given=request.form,
        error=error.words(locale) if error else None,
    )  # fmt: skip


@blueprint.post("/<import_id>")
@at_desk
def begin_of_file(import_id: str) -> Response | tuple[str, int]:
    """Begin a draft like an item of a file."""
    return _begin(_of_file(import_id), f"/office/studio/copy/{import_id}")


@blueprint.post("/item/<code>")
@at_desk
def begin_of_item(code: str) -> Response | tuple[str, int]:
    """Begin a draft like an item of this hall."""
    return _begin(_of_item(code), f"/office/studio/copy/item/{code}")


def _begin(models: "tuple[Model, ...]", address: str) -> Response | tuple[str, int]:
    from core.items.studio import localising

    form, session, model = request.form, edge.session(), _chosen(models)
    office = next((each for each in offices() if each[0] == form.get("department")), None)
    if office is None:
        raise Forbidden
    day = f"{local(now()):%Y-%m-%d}"
    source = word("items.copy_source", "zh", day=day, what=model.origin.words)  # items are written in Chinese
    origin = localising.Origin(source, model.origin.region)
    try:
        content = localising.localised(
            model.content, origin, code=form.get("code", ""), title=form.get("title", ""), department=office[2], level=office[3]
        )  # fmt: skip
        made = drafts.create(session, content, department_id=office[0], actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _page(models, address, error), error.status
    tell(_("已复制成草稿，下面是要填的本地内容"))
    return redirect(f"/office/studio/{made.id}/findings/", 303)
