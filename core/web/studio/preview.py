"""What people would see of a draft: the real guide, the real form – filled and judged like a citizen's –, the route as drawn and in words.

A page of its own, shown in a frame beside the editor: in every look, at the width of a telephone or of a desk.
"""

import json
from typing import Any

from flask import Blueprint, g, request
from markupsafe import Markup

from core.forms import service as forms
from core.identity import queries as people
from core.items import facts as item_facts
from core.items.compiling import compile_item
from core.items.service.known import offering_departments
from core.items.spec import CompiledItem, Current, Offer
from core.items.studio.drafts import Draft
from core.items.studio.hall import kinds
from core.kernel.clock import now
from core.kernel.errors import NotFound, PlatformError
from core.routing import service as routing
from core.web import edge
from core.web.backoffice.desk import at_desk
from core.web.page import environment, page, themes
from core.web.page import say as _
from core.web.portal import guide
from core.web.studio import hall_kinds
from core.web.studio.desk import own

blueprint = Blueprint("studio_preview", __name__, url_prefix="/office/studio/<draft_id>/preview")
FACES = ("guide", "form", "route", "documents")


@blueprint.route("/<face>", methods=["GET", "POST"])
@at_desk
def show(draft_id: str, face: str) -> str:
    """One face of the draft as it stands: ``guide``, ``form``, ``route`` or ``documents``, in the look of ``?theme=``."""
    draft = own(draft_id)
    if kinds.of_hall(draft.item_code):
        seen = hall_kinds.face(draft, face)
        if seen is None:
            raise NotFound
        return seen.show(draft)
    if face not in FACES:
        raise NotFound
    if request.args.get("theme", "") in themes():
        g.look = request.args["theme"]
    if face == "documents":  # a draft that is no item yet has documents already
        from core.web.studio import papers  # which shows drafts as this page compiles them

        return papers.face(draft)
    try:
        compiled = compiled_of(draft)
    except PlatformError as error:
        return page("studio/preview_not.html", error=error.words(edge.locale()), face=face)
    try:
        return {"guide": _guide, "form": _form, "route": _route}[face](draft, compiled)
    except PlatformError:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):  # what compiles may still be half written: a legal basis without its title
        return page("studio/preview_not.html", error=_("有一处还没写完，写完就能看到。"), face=face)


def compiled_of(draft: Draft) -> CompiledItem:
    """The draft as an item. Raises :class:`PlatformError` when it is none yet – whatever is wrong with it."""
    item: Any = draft.content.get("item")
    form: Any = draft.content.get("form")
    try:
        return compile_item(item, forms={item["form"]: form}, blocks=draft.content.get("blocks") or {})
    except PlatformError:
        raise
    except Exception as error:  # a draft may hold anything at all; what exactly broke is told by the findings
        raise PlatformError("items.cannot_compile", code=draft.item_code) from error


def _current(draft: Draft, compiled: CompiledItem) -> Current:
    """The draft as if it were in force today, offered by those who would offer it."""
    offices = offering_departments(edge.session(), compiled.doc) or (people.department(edge.session(), draft.department_id),)
    offers = tuple(Offer(each.id, each.title, each.division_id, each.division_path, each.division_title) for each in offices)
    return Current("", 0, now(), compiled, offers)


def _guide(draft: Draft, compiled: CompiledItem) -> str:
    values = guide.view(_current(draft, compiled), item_facts.chosen(compiled.doc, request.args))
    here = f"/office/studio/{draft.id}/preview"
    qr = values["qr"] if draft.base_version_id else Markup()  # a new item has no address yet
    return page("portal/guide.html", g={**values, "href": f"{here}/guide", "apply_href": f"{here}/form", "qr": qr, "drawing_href": ""})


def _form(draft: Draft, compiled: CompiledItem) -> str:
    """The form, page by page; nothing is kept but in the page itself."""
    spec, given = compiled.form, request.form
    values = _kept(given.get("_values", ""))
    named = request.args.get("page") or given.get("_page") or ""
    index = next((n for n, each in enumerate(spec.pages) if each.id == named), 0)
    errors: Any = ()
    if request.method == "POST":
        values |= forms.decode(spec, given, page=spec.pages[index].id)
        names = {field.id for field in spec.pages[index].fields}
        if given.get("_op"):
            values, _focus = forms.apply_op(values, given["_op"], spec)
        else:
            facts = item_facts.facts(compiled, {}, values, channel="web")
            errors = [each for each in forms.decide(spec, values, facts=facts).errors if each.path.split(".")[0].split("[")[0] in names]
            if not errors and index + 1 < len(spec.pages):
                index += 1
            elif not errors:
                return _done(draft, compiled, values)
    now_page, locale = spec.pages[index], edge.locale()
    facts = item_facts.facts(compiled, {}, values, channel="web")
    return page(
        "studio/preview_form.html", title=compiled.title, page_title=now_page.title, page_id=now_page.id, number=index + 1, total=len(spec.pages),
        form_html=forms.render_page(environment(), spec, now_page.id, values, errors, locale=locale, facts=facts),
        summary=forms.render_summary(environment(), spec, errors, locale), values=json.dumps(values, ensure_ascii=False),
        action=f"/office/studio/{draft.id}/preview/form?theme={request.args.get('theme', '')}",
    )  # fmt: skip


def _kept(text: str) -> dict[str, Any]:
    """What earlier pages carried along."""
    try:
        found = json.loads(text) if len(text) < 2_000_000 else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _done(draft: Draft, compiled: CompiledItem, values: dict[str, Any]) -> str:
    facts = item_facts.facts(compiled, {}, values, channel="web")
    answers = forms.display(compiled.form, values, masked=False, locale=edge.locale(), facts=facts, blanks=False)
    return page("studio/preview_done.html", title=compiled.title, answers=answers, again=f"/office/studio/{draft.id}/preview/form")


def _route(_draft: Draft, compiled: CompiledItem) -> str:
    locale = edge.locale()
    titles = people.department_titles(edge.session(), edge.scope())
    labels = compiled.form.labels_in(locale)
    drawing = routing.draw(compiled.route, locale=locale, labels=labels, departments=titles)
    outline = routing.outline(compiled.route, locale=locale, labels=labels, departments=titles)
    return page("studio/preview_route.html", title=compiled.title, drawing=drawing, outline=outline, words=_("路由"))
