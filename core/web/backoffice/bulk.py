"""批量办理: tasks ticked in the worklist, one action, looked at before it is done; each case answers for itself."""

from typing import Any

from flask import Blueprint, request

from core.cases.service import bulk
from core.kernel.errors import BadInput, PlatformError
from core.kernel.ids import is_id, new_id
from core.web import edge
from core.web.backoffice.desk import actor, at_desk, desk_page

blueprint = Blueprint("bulk", __name__, url_prefix="/office/bulk")


@blueprint.post("/")
@at_desk
def look() -> str | tuple[str, int]:
    """What each action would do to the ticked tasks: to how many, and why not to the others. Nothing is written."""
    return _page()


@blueprint.post("/run")
@at_desk
def run() -> str | tuple[str, int]:
    """Do it, one transaction a case. Sent twice it is done once."""
    command, action = request.form.get("command_id", ""), request.form.get("action", "")[:64]
    if not is_id(command) or not action:
        raise BadInput
    try:
        choices = bulk.chosen(request.form.getlist("task"))
    except BadInput as error:
        return _wrong(error)
    locale, session = edge.locale(), edge.session()
    lines = bulk.preview(session, choices, actor=actor(), locale=locale)
    session.commit()
    results: list[dict[str, Any]] = []
    for line in lines:
        try:
            bulk.do(session, line.choice, action, command_id=command, actor=actor())
            session.commit()
            results.append({"line": line, "why": None})
        except PlatformError as error:
            session.rollback()
            results.append({"line": line, "why": error.words(locale)})
    done = sum(each["why"] is None for each in results)
    return desk_page("office/bulk_done.html", nav_here="worklist", results=results, done_count=done, refused_count=len(results) - done)


def _page() -> str | tuple[str, int]:
    try:
        choices = bulk.chosen(request.form.getlist("task"))
    except BadInput as error:
        return _wrong(error)
    locale = edge.locale()
    lines = bulk.preview(edge.session(), choices, actor=actor(), locale=locale)
    titles = {key: title for line in lines for key, (title, _why) in line.offers.items()}
    offers: list[dict[str, Any]] = []
    for key, title in titles.items():
        refused = [(line, line.why_not(key, locale)) for line in lines]
        may = sum(why is None for _line, why in refused)
        offers.append({"id": key, "title": title, "may": may, "rest": [(line, why) for line, why in refused if why is not None]})
    offers.sort(key=lambda each: -each["may"])
    return desk_page("office/bulk.html", nav_here="worklist", lines=lines, offers=offers, command_id=new_id())


def _wrong(error: BadInput) -> tuple[str, int]:
    return desk_page("office/refused.html", nav_here="worklist", words=error.words(edge.locale()), back="/office/"), error.status
