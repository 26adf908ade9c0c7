"""Documents on the case page: what was drawn up, its number, its paper once made."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response

from core.cases import queries as cases
from core.cases.spec import CaseView
from core.documents import queries as documents
from core.files import service as files
from core.items.spec import CompiledItem
from core.kernel.errors import Conflict
from core.kernel.wording import word
from core.web import edge
from core.web.backoffice.desk import actor, at_desk

blueprint = Blueprint("case_documents", __name__, url_prefix="/office/cases")


def gather(view: CaseView, compiled: CompiledItem) -> Mapping[str, Any] | None:
    """The documents of the case, newest first; no panel before the first one."""
    del compiled
    if not view.had("document_drawn"):
        return None
    found, locale = documents.of_case(edge.session(), view.id), edge.locale()
    titles = {each.id: each.title if locale == "zh" else word(f"documents.kind.{each.kind}", locale) for each in found}
    return {"case": view.id, "documents": found[::-1], "titles": titles} if found else None


@blueprint.get("/<case_id>/documents/<document_id>")
@at_desk
def show(case_id: str, document_id: str) -> Response:
    """The paper, for staff who may see the case; the look is recorded."""
    found, holder = cases.document_holder(edge.session(), case_id, document_id, actor=actor())
    if found.pdf_blob_id is None:
        raise Conflict("documents.not_ready")
    response = Response(files.open(edge.session(), found.pdf_blob_id, holder=holder), mimetype="application/pdf")
    response.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{quote(f'{found.title} {found.number}.pdf', safe='')}"
    response.headers["Cache-Control"] = "no-store"
    return response
