"""The form builder: kinds on the left, the pages of the form in the middle, the chosen field on the right – with mouse, with keyboard, with plain forms."""

from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.forms import service as forms
from core.items.studio import choosing, editors
from core.items.studio import formbuilding as building
from core.items.studio.drafts import Draft
from core.items.studio.edits import Edit
from core.items.studio.errors import Clashed
from core.items.studio.parts import Part
from core.items.studio.spots import Spot, find, parse, write
from core.kernel.errors import PlatformError
from core.web import edge
from core.web.backoffice.desk import at_desk
from core.web.page import environment
from core.web.studio import condition, saving
from core.web.studio.desk import framed, names, own

blueprint = Blueprint("studio_form", __name__, url_prefix="/office/studio/<draft_id>/form")


@blueprint.get("/")
@at_desk
def show(draft_id: str) -> str:
    """One page of the form with its sections and fields, and the field of ``?field=``."""
    return _page(own(draft_id))


def _page(draft: Draft, error: PlatformError | None = None) -> str:
    locale = edge.locale()
    every = building.pages(draft.content, locale)
    name = request.values.get("field", "")[:64]
    place = building.place_of(draft.content, name) if name else None
    wanted = next((page for page in every if place is not None and place[: len(page.at)] == page.at and page.id), None)
    page = wanted or next((each for each in every if each.id == request.values.get("page", "")), every[0] if every else None)
    spot: Spot = ("form", "properties", name)
    held = find(draft.content, spot) if name else None
    options = choosing.titles(held) if isinstance(held, dict) else ()
    made = _field_editor(draft, spot, locale, hidden=choosing.place_of(held)) if isinstance(held, dict) else None
    reader = condition.Reader(draft.content, locale)
    lines = [line for each in every for section in each.sections for line in section.fields]
    return framed(
        "studio/form.html", draft, "form", spot if made is not None else (), pages=every, page=page, palette=building.palette(locale), count=len(lines),
        line=next((each for each in lines if each.id == name), None), editor=made, spot=write(spot), write=write, nowhere=building.NOWHERE,
        form_html=_editor(made, reader) if made is not None else "",
        rules=condition.views(draft.content, spot, reader) if made is not None else [], error=error.words(locale) if error else None,
        clashes=error.clashes if isinstance(error, Clashed) else (), options=options,
    )  # fmt: skip


def _field_editor(draft: Draft, spot: Spot, locale: str, *, hidden: Spot | None) -> editors.Editor:
    """The editor of a field; what *hidden* leads to is written elsewhere on the page."""
    there = names(draft.content, spot)
    whole = editors.editor(draft.content, spot, locale=locale, names=there)
    if hidden is None:
        return whole
    shown = tuple(name for name in (*whole.names, *(cards.at[-1] for cards in whole.cards)) if name != hidden[0])
    return editors.editor(draft.content, spot, Part("", shown, spot), locale=locale, names=there)


def _editor(made: editors.Editor, reader: condition.Reader) -> str:
    wrong = forms.decide(made.spec, dict(made.values)).errors
    return forms.render_page(environment(), made.spec, "main", dict(made.values), wrong, locale=reader.locale, begun=True, said=reader.said(made.at))


@blueprint.post("/")
@at_desk
def press(draft_id: str) -> Response | tuple[str, int]:
    """A button of the builder: ``do`` is what, ``field``, ``section`` and ``page`` are where."""
    draft, given = own(draft_id), request.form
    landing = {"page": given.get("page", "")[:64], "field": given.get("field", "")[:64]}
    try:
        focus = saving.pressed(draft, _DOES, lambda work: work(draft.content, given))
    except PlatformError as error:
        edge.take_back(error)
        return _page(own(draft_id), error), error.status
    landing |= focus
    query = "&".join(f"{name}={value}" for name, value in landing.items() if value)
    return redirect(f"/office/studio/{draft_id}/form/?{query}" + (f"#field-{landing['field']}" if landing.get("field") else ""), 303)


Done = tuple[Sequence[Edit], dict[str, str]]


def _add(content: Any, given: Any) -> Done:
    made, spot = building.add_field(
        content, given.get("kind", "")[:80], title=given.get("title", ""), section=parse(given.get("section", "")[:400]), after=given.get("after") or None
    )
    return made, {"field": spot[-1]}


def _copy(content: Any, given: Any) -> Done:
    made, spot = building.copy_field(content, given.get("field", ""))
    return made, {"field": spot[-1]}


def _place(content: Any, given: Any) -> Done:
    return building.move_field(content, given.get("field", ""), parse(given.get("section", "")[:400]), given.get("before") or None), {}


def _add_page(content: Any, given: Any) -> Done:
    made, spot = building.add_page(content, given.get("title", ""))
    return made, {"page": spot[-1].removeprefix("@"), "field": ""}


def _add_section(content: Any, given: Any) -> Done:
    return building.add_section(content, parse(given.get("at", "")[:400]), given.get("title", ""))[0], {}


def _options(content: Any, given: Any) -> Done:
    return choosing.relist(content, given.get("field", ""), given.get("options", "")[:100_000].splitlines()), {}


#: What the buttons are called → the edits they make, and where to go then.
_DOES: dict[str, Callable[[Any, Any], Done]] = {
    "add": _add,
    "copy": _copy,
    "place": _place,
    "up": lambda content, given: (building.step_field(content, given.get("field", ""), -1), {}),
    "down": lambda content, given: (building.step_field(content, given.get("field", ""), 1), {}),
    "remove": lambda content, given: (building.remove_field(content, given.get("field", "")), {"field": ""}),
    "require": lambda content, given: (building.require(content, given.get("field", ""), required=True), {}),
    "release": lambda content, given: (building.require(content, given.get("field", ""), required=False), {}),
    "options": _options,
    "add_page": _add_page,
    "add_section": _add_section,
    "remove_holder": lambda content, given: (building.remove_holder(content, parse(given.get("at", "")[:400])), {"page": ""}),
}
