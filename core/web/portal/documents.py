"""Documents of one's own case: listed on the case page, opened as paper; and the page on which anybody verifies one."""

from typing import Any

from flask import Response, url_for

from core.cases import queries as case_queries
from core.cases.service import delivering
from core.cases.spec import CaseView
from core.documents import queries as documents
from core.documents.errors import UnknownDocument
from core.documents.spec import PublicView
from core.files import service as files
from core.kernel.errors import Conflict
from core.kernel.wording import word
from core.web import edge
from core.web.page import day, say
from core.web.portal import papers
from core.web.portal.cases import cases


def shown(found: CaseView, locale: str) -> list[dict[str, Any]]:
    """The documents of a case, newest first, each with its address once the paper is made."""
    return [
        {
            "title": each.title if locale == "zh" else word(f"documents.kind.{each.kind}", locale),
            "number": each.number,
            "day": day(each.issued_at, locale),
            "href": url_for("cases.document", case_id=found.id, document_id=each.id) if each.ready else None,
        }
        for each in reversed(documents.of_case(edge.session(), found.id))
    ]


@cases.get("/<case_id>/documents/<document_id>")
@edge.login_required
def document(case_id: str, document_id: str) -> Response:
    """The paper of a document of my case; another's does not exist."""
    session = edge.session()
    found, holder = case_queries.document_holder(session, case_id, document_id, actor=edge.citizen())
    if found.pdf_blob_id is None:
        raise Conflict("documents.not_ready")
    content = files.open(session, found.pdf_blob_id, holder=holder)
    delivering.read(session, case_id, actor=edge.citizen())
    return papers.send_file(content, f"{found.title}.pdf", "application/pdf")


def verified(code: str, locale: str) -> dict[str, Any] | None:
    """What the public page shows of the document with this code, ``None`` when there is none: nothing of what it says, the applicant masked."""
    try:
        found = documents.verify(edge.session(), code)
    except UnknownDocument:
        return None
    return {"title": found.title, "valid": True, "status": "", "rows": _rows(found, locale), "document": True}


def _rows(found: PublicView, locale: str) -> list[tuple[str, str]]:
    return [
        (say("文号"), found.number),
        (say("作出机关"), found.department),
        (say("日期"), day(found.issued_on, locale)),
        (say("事项"), found.item),
        (say("申请人"), found.applicant),
    ]
