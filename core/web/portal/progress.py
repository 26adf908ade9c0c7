"""For everybody, without logging in: follow a case by number and query code or QR, verify a licence. Both doors count their tries."""

from typing import Any

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from core.cases import queries as case_queries
from core.kernel.errors import NotFound
from core.kernel.ids import QUERY_CODE_LENGTH, normalise_code
from core.kernel.text import normalise
from core.licences import queries as licences
from core.licences.errors import BadIdentifier
from core.web import edge
from core.web.limits import limit
from core.web.page import page, say
from core.web.portal import case_view, documents
from core.worktime import service as worktime

progress = Blueprint("progress", __name__)


@progress.get("/progress")
def ask() -> str:
    """The form: number and query code."""
    return _ask_page()


def _ask_page(number: str = "", code: str = "", wrong: str | None = None) -> str:
    errors = [("code", wrong)] if wrong else []
    return page("portal/progress_ask.html", number=number, code=code, wrong={"number": None, "code": wrong}, errors=errors)


@progress.post("/progress")
def asked() -> str | Response | tuple[str, int]:
    """Look the case up. A wrong pair gets one answer, whichever half is wrong."""
    number, code = normalise(request.form.get("number", ""))[:80], normalise_code(normalise(request.form.get("code", "")))[:40]
    limit("progress", "20/minute")
    limit("progress-case", "10/minute", number)
    try:
        found = case_queries.by_query_code(edge.session(), code, locale=edge.locale()) if len(code) == QUERY_CODE_LENGTH else None
    except NotFound:
        found = None
    if found is None or found.number.upper() != number.upper():
        return _ask_page(number, request.form.get("code", "")[:40], say("编号和查询码对不上。请照收件凭证再看一遍，查询码是 16 位。")), 422
    return redirect(url_for("progress.show", code=code), 303)


@progress.get("/progress/<code>")
def show(code: str) -> str | tuple[str, int]:
    """The case behind a query code (the QR of the receipt): progress only, no answers, names masked."""
    limit("progress", "20/minute")
    try:
        found = case_queries.by_query_code(edge.session(), normalise_code(code)[:40], locale=edge.locale())
    except NotFound:
        return _ask_page("", "", say("没有这个查询码。请照收件凭证再看一遍。")), 404
    return page("portal/case.html", c=_context(found))


def _context(found: Any) -> dict[str, Any]:
    session, locale = edge.session(), edge.locale()
    steps = case_queries.timeline(session, found, locale=locale)
    calendar = worktime.calendar(session, found.division_id)
    return case_view.context(
        found, steps, calendar, locale, mine=False, short=case_view.item_title(found.item_title, found.item_code, locale), phone=case_view.phone(session, found)
    )


@progress.get("/verify")
def verify() -> str | Response:
    """The form to verify a licence."""
    code = normalise(request.args.get("code", ""))[:120]
    return redirect(url_for("progress.show_licence", code=code)) if code else _verify_page()


@progress.post("/verify")
def verify_asked() -> Response | tuple[str, int]:
    """Go to the licence's public page."""
    code = normalise(request.form.get("code", ""))[:120]
    if not code:
        return _verify_page("", wrong=say("请填写证照上的标识或核验码")), 422
    return redirect(url_for("progress.show_licence", code=code), 303)


def _verify_page(code: str = "", licence: Any = None, wrong: str | None = None) -> str:
    return page("portal/verify.html", code=code, licence=licence, wrong=wrong, errors=[("code", wrong)] if wrong else [])


@progress.get("/verify/<code>")
def show_licence(code: str) -> str | tuple[str, int]:
    """What everybody may know of a licence: type, masked holder, issuer, dates, and whether it is valid today."""
    limit("verify", "30/minute")
    if licences.looks_like_identifier(code):
        limit("verify-identifier", "300/day")  # identifiers can be counted up, codes cannot
    try:
        found = licences.verify(edge.session(), code)
    except BadIdentifier as error:
        return _verify_page(code[:120], wrong=error.words(edge.locale())), 422
    except NotFound:
        document = documents.verified(code, edge.locale())  # papers of legal acts carry codes of the same kind
        if document is not None:
            return _verify_page("", document)
        return _verify_page(code, wrong=say("没有查到这个证照。请照证照上的字再输一遍，数字 0 和字母 O 不分。")), 404
    return _verify_page("", case_view.verified(found, edge.locale()))
