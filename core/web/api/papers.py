"""Documents of cases over the API: the list, and the paper itself – for the applicant, and for staff who may see the case."""

from typing import Any
from urllib.parse import quote

from flask import Response

from core.cases import queries
from core.cases.service import delivering
from core.documents import queries as documents
from core.documents.spec import DocumentView
from core.files import service as files
from core.kernel.actor import Actor
from core.kernel.errors import Conflict
from core.web import edge
from core.web.api.operation import citizen, operation, staff

PDF = "application/pdf"
_DOCUMENT = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "format": "uuid"},
        "kind": {"type": "string", "description": "acceptance, declining, correction, pause, suspension, extension, decision_grant …"},
        "number": {"type": "string"},
        "title": {"type": "string"},
        "department": {"type": "string"},
        "issued_at": {"type": "string", "format": "date-time"},
        "verify_code": {"type": "string", "description": "anybody with it can verify the document at /verify"},
        "ready": {"type": "boolean", "description": "whether its paper is made"},
    },
    "required": ["id", "kind", "number", "title", "department", "issued_at", "verify_code", "ready"],
}
_LIST = {"type": "object", "properties": {"documents": {"type": "array", "items": _DOCUMENT}}, "required": ["documents"]}


def _listed(case_id: str, actor: Actor) -> dict[str, Any]:
    queries.require_sight(edge.session(), case_id, actor=actor)
    return {"documents": [_plain(each) for each in documents.of_case(edge.session(), case_id)]}


def _plain(each: DocumentView) -> dict[str, Any]:
    return {
        "id": each.id, "kind": each.kind, "number": each.number, "title": each.title, "department": each.department,
        "issued_at": each.issued_at.isoformat(), "verify_code": each.verify_code, "ready": each.ready,
    }  # fmt: skip


def _paper(case_id: str, document_id: str, actor: Actor) -> Response:
    session = edge.session()
    found, holder = queries.document_holder(session, case_id, document_id, actor=actor)
    if found.pdf_blob_id is None:
        raise Conflict("documents.not_ready")
    response = Response(files.open(session, found.pdf_blob_id, holder=holder), mimetype=PDF)
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(f'{found.title} {found.number}.pdf', safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response


@operation("GET", "/cases/{case_id}/documents", "The documents of a case of the caller's, oldest first", auth="citizen", answer=_LIST)
def list_documents(case_id: str) -> dict[str, Any]:
    """Acceptance, decision and the like."""
    return _listed(case_id, citizen())


@operation(
    "GET",
    "/cases/{case_id}/documents/{document_id}",
    "The paper (PDF) of one document; opening an electronic result is its read receipt",
    auth="citizen",
    media=PDF,
)
def show_document(case_id: str, document_id: str) -> Response:
    """The paper."""
    answer = _paper(case_id, document_id, citizen())
    delivering.read(edge.session(), case_id, actor=citizen())
    return answer


@operation("GET", "/tasks/{case_id}/documents", "The documents of a case that the caller's posts give sight of", auth="staff", answer=_LIST)
def list_task_documents(case_id: str) -> dict[str, Any]:
    """The same list for staff."""
    return _listed(case_id, Actor("staff", staff().id))


@operation("GET", "/tasks/{case_id}/documents/{document_id}", "The paper (PDF) of one document; the look is recorded", auth="staff", media=PDF)
def show_task_document(case_id: str, document_id: str) -> Response:
    """The paper for staff."""
    return _paper(case_id, document_id, Actor("staff", staff().id))
