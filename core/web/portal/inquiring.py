"""On a case of one's own: answer what an officer asks, and urge (催办)."""

from typing import Any

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases.service import answer as answer_inquiry
from core.cases.service import urge as urge_case
from core.cases.service.inquiring import asked
from core.cases.spec import CaseView
from core.kernel.clock import local
from core.kernel.errors import NotFound, PlatformError
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.web import edge
from core.web.page import at, day, page
from core.web.portal.cases import _context, cases, own


def shown(found: CaseView, locale: str, *, wrong: str | None = None, given: str = "") -> dict[str, Any]:
    """Open questions, and the button for urging or why it is closed."""
    here = asked(edge.session(), found.id, actor=edge.citizen(), locale=locale)
    return {
        "case": found.id,
        "questions": [
            {"no": one.no, "words": one.question, "at": at(one.asked_at, locale), "due": day(local(one.due_at).date(), locale) if one.due_at else None}
            for one in here.inquiries
        ],
        "may_urge": here.may_urge,
        "why_not": here.why_not,
        "urged_at": at(here.urged_at, locale) if here.urged_at else None,
        "command": new_id(),
        "wrong": wrong,
        "given": given,
    }


def _command() -> str:
    command = request.form.get("command", "")
    if not is_id(command):
        raise NotFound
    return command


@cases.post("/<case_id>/inquiries/<int:no>")
@edge.login_required
def answered(case_id: str, no: int) -> Response | tuple[str, int]:
    """Answer a question."""
    found, command, words = own(case_id), _command(), normalise(request.form.get("words", ""))
    try:
        answer_inquiry(edge.session(), found.id, no, words=words, command_id=command, actor=edge.citizen())
    except PlatformError as error:
        return _again(case_id, error, words)
    return redirect(url_for("cases.show", case_id=found.id), 303)


@cases.post("/<case_id>/urge")
@edge.login_required
def urged(case_id: str) -> Response | tuple[str, int]:
    """Urge whoever holds the case, as often as the item allows."""
    found, command = own(case_id), _command()
    try:
        urge_case(edge.session(), found.id, command_id=command, actor=edge.citizen())
    except PlatformError as error:
        return _again(case_id, error)
    return redirect(url_for("cases.show", case_id=found.id), 303)


def _again(case_id: str, error: PlatformError, given: str = "") -> tuple[str, int]:
    """The case with what was wrong and what was written."""
    edge.session().rollback()
    if error.status not in (403, 409, 422):
        raise error
    found, locale = own(case_id), edge.locale()
    return page("portal/case.html", c=_context(found) | {"asked": shown(found, locale, wrong=error.words(locale), given=given)}), error.status
