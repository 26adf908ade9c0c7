"""当场更正: at the window the applicant mends a slip and the clerk writes it down, field by field (行政许可法 32(3))."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from core.audit import service as audit
from core.cases import queries
from core.cases import service as cases
from core.cases.service.counter import mendable
from core.cases.service.machine import Loaded, load
from core.cases.spec import CaseView, TaskView
from core.forms import service as forms
from core.forms.spec import Field, FieldError, Page, Section
from core.items.spec import CompiledItem
from core.kernel.errors import BadInput, NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page, tell
from core.web.page import environment
from core.web.page import say as _

blueprint = Blueprint("case_mending", __name__, url_prefix="/office/cases")
#: Fields that are mended at once at most: more is no slip any more.
MOST = 5


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The way to the page, for whoever holds the intake."""
    return {"case": view.id} if _mine(view) is not None and mendable(compiled) else None


def _mine(view: CaseView) -> TaskView | None:
    return next((task for task in view.tasks if task.mine and task.kind == "intake"), None)


def _opened(case_id: str) -> tuple[CaseView, Loaded, TaskView]:
    if not is_id(case_id):
        raise NotFound
    view = queries.case_for_staff(edge.session(), case_id, actor=actor(), locale=edge.locale())
    task = _mine(view)
    if task is None:
        raise NotFound
    return view, load(edge.session(), case_id)[0], task


@blueprint.get("/<case_id>/on-the-spot")
@at_desk
def show(case_id: str) -> str:
    """First which fields, then those fields with what stands in them – whole, which is recorded like every other look at it."""
    view, case, _task = _opened(case_id)
    wanted = [field for field in mendable(case.compiled) if field.id in request.args.getlist("field")][:MOST]
    if wanted:
        audit.record(edge.session(), "case.revealed", subject=("case", view.id), actor=actor(), detail={"mending": [field.id for field in wanted]})
    return _page(view, case, wanted, case.content.get("values") or {})


@blueprint.post("/<case_id>/on-the-spot")
@at_desk
def mend(case_id: str) -> Response | tuple[str, int]:
    """Take over what was mended; everything else stays as it is, whatever the browser sends."""
    view, case, task = _opened(case_id)
    command = request.form.get("command_id", "")
    if not is_id(command):
        raise BadInput
    wanted = [field for field in mendable(case.compiled) if field.id in request.form.getlist("field")][:MOST]
    only, before = {field.id for field in wanted}, dict(case.content.get("values") or {})
    typed = {name: value for name, value in forms.decode(case.compiled.form, request.form).items() if name in only}
    values = {name: value for name, value in before.items() if name not in only} | typed
    if operation := request.form.get("_op", ""):
        return _page(view, case, wanted, forms.apply_op(values, operation, case.compiled.form)[0]), 200
    decision = forms.decide(case.compiled.form, values, facts={name: known for name, known in case.facts().items() if name != "form"})
    errors = tuple(error for error in decision.errors if error.path.split(".")[0] in only)
    if errors:
        return _page(view, case, wanted, values, errors), 422
    computed = {path.split(".")[0] for path in decision.computed}
    whole = {name: value for name, value in before.items() if name not in only | computed}
    whole |= {name: value for name, value in decision.values.items() if name in only | computed}
    reason = normalise(request.form.get("reason", ""))
    try:
        if request.form.get("present") != "1":
            raise BadInput("web.mend_present")
        cases.mend(edge.session(), case_id, task.no, values=whole, computed=sorted(computed), reason=reason, command_id=command, actor=actor())
    except PlatformError as error:
        edge.session().rollback()
        if error.status not in (403, 409, 422):
            raise
        return _page(view, case, wanted, values, (), error.words(edge.locale())), error.status
    tell(_("%(number)s：已当场更正", number=view.number[-12:]))
    return redirect(f"/office/cases/{case_id}", 303)


def _page(view: CaseView, case: Loaded, wanted: list[Field], values: Mapping[str, Any], errors: tuple[FieldError, ...] = (), refused: str | None = None) -> str:
    locale, compiled = edge.locale(), case.compiled
    facts = {name: known for name, known in case.facts().items() if name != "form"}
    part = Page("mend", "", (Section("mend", "", "", tuple(wanted)),))
    html = forms.render_page(environment(), compiled.form, part, values, errors, None, locale, facts) if wanted else ""
    return desk_page(
        "office/mend_on_spot.html",
        nav_here="worklist",
        case=view.id,
        number=view.number,
        title=view.item_title,
        who=view.applicant,
        fields=forms.told_apart(compiled.form, mendable(compiled), locale),
        wanted=[field.id for field in wanted],
        form_html=html,
        errors=[(error.anchor, forms.words(error, compiled.form, locale)) for error in errors],
        refused=refused,
        reason=request.form.get("reason", ""),
        command_id=new_id(),
    )
