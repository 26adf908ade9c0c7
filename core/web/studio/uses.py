"""What hangs on a field, a material, a question, a step – before somebody changes it –, and calling it by another id with everything that names it."""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.items.studio import depends, drafts, editors
from core.items.studio.addresses import name_of
from core.items.studio.drafts import Draft
from core.items.studio.errors import NoSuchSpot
from core.items.studio.parts import part_of
from core.items.studio.spots import MISSING, Spot, find, parse, write
from core.kernel.errors import PlatformError
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import say as _
from core.web.page import typeset
from core.web.studio import saving
from core.web.studio.desk import framed, own
from core.web.studio.findings import address

blueprint = Blueprint("studio_uses", __name__, url_prefix="/office/studio/<draft_id>/uses")


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """What hangs on what stands at ``?at=``."""
    return _page(own(draft_id), parse(request.args.get("at", "")[:2000]))


def _page(draft: Draft, at: Spot, error: PlatformError | None = None, wanted: str | None = None) -> str:
    held, locale = find(draft.content, at), edge.locale()
    if held is MISSING or depends.target(at) is None:
        raise NoSuchSpot(at=write(at))
    told = [(typeset(words), address(draft, spot)) for spot, words in depends.dependents(draft.content, at, locale)]
    key = at[-1].removeprefix("@")
    return framed(
        "studio/uses.html", draft, part_of(at), at, told=told, name=typeset(name_of(draft.content, at, locale)), key=key, spot=write(at),
        title=editors.title_of(held, key), wanted=key if wanted is None else wanted, there=address(draft, at), error=error.words(locale) if error else None,
    )  # fmt: skip


@blueprint.post("/")
@at_desk
def rename(draft_id: str) -> Response | tuple[str, int]:
    """Another id, everywhere at once."""
    draft, at, wanted = own(draft_id), parse(request.form.get("at", "")[:2000]), request.form.get("key", "").strip()[:80]
    try:
        drafts.edit(edge.session(), draft.id, depends.rename(draft.content, at, wanted), command_id=saving.command(), actor=actor())
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), at, error, wanted), error.status
    tell(_("已改编号，可以撤销"))
    new = (*at[:-1], f"@{wanted}" if at[-1].startswith("@") else wanted)
    return redirect(f"/office/studio/{draft_id}/uses/?at={write(new)}", 303)
