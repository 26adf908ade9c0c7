"""Verbs: draw a document up in the transaction of its act; make its paper afterwards."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from core.db.together import Rows, insert_together
from core.documents.models import Document
from core.documents.numbers import next_number
from core.documents.spec import PLAIN, DocumentRef, Layout, Line
from core.documents.texts import Values, fill, template
from core.files import service as files
from core.identity.spec import DepartmentView
from core.kernel.clock import local, now
from core.kernel.ids import new_id, new_query_code
from core.kernel.masking import mask_name
from core.kernel.text import normalise
from core.keys.keyring import DataKey
from core.outbox import service as outbox
from core.printing.hall import address, more_fonts

PAPER = "document.paper"


@dataclass(frozen=True, slots=True)
class Subject:
    """The case a document belongs to, by value: ``key`` is the case's own, ``applicant`` whole (``company``: not a person, so never masked)."""

    case_id: str
    case_no: str
    region_root: str
    key: DataKey
    applicant: str
    company: bool


def drawing(
    session: Session, *, kind: str, subject: Subject, item: Mapping[str, Any], values: Values, department: DepartmentView
) -> tuple[DocumentRef, tuple[Rows, ...]]:  # fmt: skip
    """What :func:`draw_up` would write, for a verb that writes everything of its command at once."""
    made = template(kind, (item.get("documents") or {}).get(kind))
    at = now()
    title, lines = fill(made, values)
    number = next_number(session, f"{department.mark}{made.mark}", local(at).year)
    document_id = new_id()
    content: dict[str, Any] = {"title": title, "seal": made.seal, "lines": [[normalise_line(line.words), line.style] for line in lines]}
    if made.layout != PLAIN:
        content["layout"] = [made.layout.seal, made.layout.code]
    row = {
        "id": document_id, "region_root": subject.region_root, "case_id": subject.case_id, "case_no": subject.case_no,
        "item_title": str(item.get("short_title") or item["title"])[:200], "kind": kind, "number": number, "title": title[:100],
        "applicant": subject.applicant[:100] if subject.company else mask_name(subject.applicant)[:100],
        "department_id": department.id, "department_title": department.title,
        "sealed": subject.key.seal(json.dumps(content, ensure_ascii=False).encode(), context=context(document_id)),
        "verify_code": new_query_code(), "issued_at": at, "pdf_blob_id": None,
    }  # fmt: skip
    message = outbox.sending(session, PAPER, {"document": document_id}, key=f"{PAPER}/{document_id}", region_root=subject.region_root)
    return DocumentRef(document_id, kind, number, title), (Rows(cast(Table, Document.__table__), [row]), message)


def draw_up(session: Session, *, kind: str, subject: Subject, item: Mapping[str, Any], values: Values, department: DepartmentView) -> DocumentRef:
    """Number and record of a document, in the caller's transaction; the paper follows by the outbox.

    *item* is the item's document (its ``documents.<kind>`` may reword the text), *values* what the text names, ready to print.
    Raises :class:`core.documents.errors.WordsMissing` when what the law demands is empty.
    """
    ref, rows = drawing(session, kind=kind, subject=subject, item=item, values=values, department=department)
    insert_together(session, *rows)
    return ref


def normalise_line(words: str) -> str:
    """*words* without what no paper prints; line breaks stay."""
    return "\n".join(normalise(part) for part in words.split("\n"))


def words(document: Document, key: DataKey) -> tuple[str, str, Sequence[Line]]:
    """(title, seal words, lines) of a document, opened with the key of its case."""
    title, seal, lines, _layout = _opened(document, key)
    return title, seal, lines


def _opened(document: Document, key: DataKey) -> tuple[str, str, Sequence[Line], Layout]:
    content = json.loads(key.open(document.sealed, context=context(document.id)))
    return content["title"], content["seal"], tuple(Line(text, style) for text, style in content["lines"]), Layout(*content.get("layout", ()))


def make_paper(session: Session, document_id: str, key: DataKey | None) -> bool:
    """The PDF of a document, held by its case. A second run finds it and does nothing; an erased case (*key* ``None``) gets none.

    A character that no font can print raises :class:`core.printing.errors.FontLacks`, which parks the message with the character named.
    """
    document = session.scalars(select(Document).where(Document.id == document_id).with_for_update()).one_or_none()
    if document is None or document.pdf_blob_id is not None or key is None:
        return False
    from core.documents.render import Paper, render  # the drawing library is for those who draw

    title, seal, lines, layout = _opened(document, key)
    content = render(
        Paper(
            title, document.number, document.department_title, local(document.issued_at).date(), document.case_no, lines, seal,
            f"{address(session)}/verify/{document.verify_code}", document.verify_code, more_fonts(session), layout,
        )
    )  # fmt: skip
    blob = files.keep(session, content, name=f"{document.number}.pdf", media_type="application/pdf", holder=("case", document.case_id))
    document.pdf_blob_id = blob.id
    session.flush()
    return True


def case_of(session: Session, document_id: str) -> str | None:
    """The id of the case a document belongs to."""
    return session.scalar(select(Document.case_id).where(Document.id == document_id))


def context(document_id: str) -> str:
    """Envelopes of one document open nowhere else."""
    return f"document:{document_id}"
