"""The rule sheet of my step on the case page: tick, keep, and make the correction or the refusal of what stays unticked."""

from collections.abc import Mapping
from typing import Any

from flask import Blueprint, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as Answer

from core.cases.service import sheets
from core.cases.spec import CaseView, TaskView
from core.identity import queries as people
from core.items.facts import facts
from core.items.materials import needs
from core.items.spec import CompiledItem
from core.items.texts import Reader
from core.kernel.errors import PlatformError
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, tell
from core.web.page import say as _

blueprint = Blueprint("case_sheets", __name__, url_prefix="/office/cases")


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The sheets of the tasks in my hands."""
    shown = [found for task in view.tasks if task.mine and (found := _sheet(view, compiled, task)) is not None]
    return {"case": view.id, "sheets": shown} if shown else None


def _sheet(view: CaseView, compiled: CompiledItem, task: TaskView) -> dict[str, Any] | None:
    found = sheets.sheet_of(compiled, task.node, task.kind)
    if found is None:
        return None
    ticks = sheets.standing(edge.session(), view.id, task.no)
    who = people.staff_names(edge.session(), [by for part in ticks.values() for by, _at in part.values()])
    read, titles = Reader(compiled.doc, edge.locale()), {each["id"]: each["title"] for each in compiled.doc["materials"]}
    return {
        "task": task,
        "sheet": found[1],
        "intake": task.kind == "intake",
        "points": [{**point, "tick": _tick(ticks["points"].get(point["id"]), who)} for point in found[1]["points"]],
        "materials": [
            {"id": each, "title": str(read(f"materials.{each}.title", titles[each])), "tick": _tick(ticks["materials"].get(each), who)}
            for each in _asked(view, compiled)
        ],
    }


def _tick(found: list[str] | None, who: Mapping[str, str]) -> dict[str, str] | None:
    return {"who": who.get(found[0], ""), "at": found[1]} if found else None


def _asked(view: CaseView, compiled: CompiledItem) -> list[str]:
    """The materials that the case has, and those that it must have."""
    known = facts(compiled, view.situation, view.values or {}, channel=view.channel)
    handed = {each.material for each in view.materials if each.until_revision is None}
    wanted = {need.id for need in needs(compiled.doc, known) if need.state == "required" and need.source == "applicant"}
    return [each["id"] for each in compiled.doc["materials"] if each["id"] in handed | wanted]


@blueprint.post("/<case_id>/tasks/<int:no>/sheet")
@at_desk
def tick(case_id: str, no: int) -> Answer | str | tuple[str, int]:
    """Keep the ticks; then, if asked, the page again with the correction or the refusal written from what is unticked."""
    from core.web.backoffice import cases  # the page knows its panels

    form = request.form
    try:
        sheets.tick(edge.session(), case_id, no, points=form.getlist("point"), materials=form.getlist("checked"), actor=actor())
    except PlatformError as error:
        edge.session().rollback()
        if error.status not in (403, 409, 422):
            raise
        return cases.again(case_id, error), error.status
    then = form.get("then", "")
    if then == "keep":
        tell(_("细则已保存"))
        return redirect(f"/office/cases/{case_id}", 303)
    return cases.again(case_id, given=lambda view, compiled: _written(view, compiled, no, then))


def _written(view: CaseView, compiled: CompiledItem, no: int, then: str) -> MultiDict[str, str]:
    """What the buttons put into the forms of the task: the correction, the reasons, one of the opinions."""
    task = next((each for each in view.tasks if each.no == no), None)
    found = sheets.sheet_of(compiled, task.node, task.kind) if task is not None else None
    if found is None:
        return MultiDict()
    if then.startswith("opinion:"):
        words = [each["text"] for each in found[1]["opinions"] if each["id"] == then.removeprefix("opinion:")]
        return MultiDict([("opinion", "\n".join(words))])
    open_ = sheets.unticked(compiled, found[1], sheets.standing(edge.session(), view.id, no), _asked(view, compiled))
    if then == "correction":
        asked = [("field", spot) for spot in open_.fields] + [("material", spot) for spot in open_.materials]
        why = [(f"why-field-{spot}", words) for spot, words in open_.fields.items()]
        why += [(f"why-material-{spot}", words) for spot, words in open_.materials.items()]
        return MultiDict([("action", "request_correction"), *asked, *why])
    return MultiDict([("opinion", "\n".join(open_.reasons))])
