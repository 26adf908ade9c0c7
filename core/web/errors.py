"""Every error ends as a plain page or as problem+json (RFC 9457): what is wrong, how to mend, never a stack trace."""

import logging
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, InternalServerError

from core.kernel.errors import BadInput, PlatformError
from core.kernel.wording import word
from core.web import edge
from core.web.page import page
from core.web.page import say as _

log = logging.getLogger("wangting.error")
_KEYS = {
    400: "kernel.bad_input",
    403: "kernel.forbidden",
    404: "kernel.not_found",
    405: "web.only_sent",
    409: "kernel.conflict",
    413: "web.too_large",
    414: "web.address_too_long",
    429: "web.too_many",
    503: "web.away",
}


def register_error_pages(app: Flask) -> None:
    """Word every error in the user's language."""
    app.register_error_handler(CSRFError, lambda _e: answer(400, word("web.csrf", edge.locale()), key="web.csrf"))
    app.register_error_handler(PlatformError, _platform)
    app.register_error_handler(HTTPException, _http)
    for strange in (DataError, OverflowError):  # a number in the address that no column can hold
        app.register_error_handler(strange, lambda _e: answer(400, word(_KEYS[400], edge.locale())))
    for gone in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(gone, _away)


def _platform(error: PlatformError) -> tuple[Response | str, int]:
    findings = error.findings if isinstance(error, BadInput) else ()
    details = [{"path": f.path, "key": f.key, "detail": f.words(edge.locale())} for f in findings]
    return answer(error.status, error.words(edge.locale()), key=error.message_key, findings=details)


def _http(error: HTTPException) -> tuple[Response | str, int] | HTTPException:
    code = error.code or 500
    if error.response is not None or code < 400:
        return error
    if isinstance(error, InternalServerError):
        log.error("request failed", exc_info=error.original_exception or error, extra={"request_id": g.get("request_id")})
    text = word(_KEYS.get(code, "kernel.failed"), edge.locale())
    return answer(code, text)


def _away(error: SQLAlchemyError) -> tuple[Response | str, int]:
    log.error("database away", exc_info=error, extra={"request_id": g.get("request_id")})
    return answer(503, word("web.away", edge.locale()))


def wants_json() -> bool:
    """Whether the caller is a program: the API, or a script that asked for JSON."""
    best = request.accept_mimetypes.best_match(["text/html", "application/json", "application/problem+json"])
    return request.path.startswith("/v1/") or best in ("application/json", "application/problem+json")


def answer(status: int, text: str, *, key: str | None = None, findings: Any = ()) -> tuple[Response | str, int]:
    """The error as page or problem document; the session is rolled back, so nothing is half written."""
    edge.close()
    if wants_json():
        body = {"type": f"urn:wangting:{key or status}", "title": text, "status": status, "request_id": g.get("request_id"), "findings": findings or None}
        response = jsonify({k: v for k, v in body.items() if v is not None})
        response.content_type = "application/problem+json"
        return response, status
    told = {"status": status, "key": key, "text": text, "findings": findings, "request_id": g.get("request_id")}
    return page("errors/error.html", **told, **_desk()), status


def _desk() -> dict[str, Any]:
    """Staff stay in their own face when something goes wrong; nothing is asked of a database that may be away."""
    if not request.path.startswith("/office"):
        return {"at_desk": False}
    return {"at_desk": True, "staff": g.get("staff"), "office_nav": [("worklist", _("待办"), "/office/")], "done": ""}
