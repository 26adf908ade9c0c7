"""Answers by which a case may be found: the fields that its item marks as searchable, kept as blind indexes (``case_indexed``).

An answer is sealed in the payload and stays so. Its index is made by the hall's root key over item, field and the folded value: whoever knows the
whole value finds the case, and nobody reads a value out of the index.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from core.cases import sealing
from core.cases.listening import listen
from core.cases.models import Case, CaseEvent, CaseIndexed, CasePayload, table
from core.cases.versions import pinned
from core.db.together import Rows, insert_together
from core.items.spec import CompiledItem
from core.keys.service import keyring

#: Events after which the answers are other ones than before.
_ANSWERED = ("papers_received", "definition_changed")


def fields(compiled: CompiledItem) -> tuple[str, ...]:
    """The paths of the form that the item marks, in its own order."""
    return tuple(compiled.doc.get("searchable") or ())


def blind_answer(session: Session, item_code: str, field: str, value: object) -> str:
    """The index under which cases with this answer are found."""
    return keyring(session).blind_index(f"case-answer/{item_code}/{field}", plain(value))


def plain(value: object) -> str:
    """An answer as it is compared: text as typed, a number without trailing zeros."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value)


def answer_at(values: Mapping[str, Any], path: str) -> object:
    """The single answer at a path through groups; ``None`` when there is none, or a list."""
    found: Any = values
    for part in path.split("."):
        if not isinstance(found, Mapping):
            return None
        found = found.get(part)
    return None if isinstance(found, Mapping | list) else found


def index(session: Session, case_id: str) -> int:
    """Make the index of one case anew; returns how many answers it has. A case whose contents were erased loses it."""
    newest = (CasePayload.case_id == Case.id) & (CasePayload.revision == Case.payload_revision)
    columns = (Case.region_root, Case.item_code, Case.version_id, Case.submitted_at, Case.wrapped_key, CasePayload.sealed)
    row = session.execute(select(*columns).outerjoin(CasePayload, newest).where(Case.id == case_id)).first()
    if row is None:
        return 0
    session.execute(delete(CaseIndexed).where(CaseIndexed.case_id == case_id))
    content = sealing.open_json(sealing.key_of(session, case_id, row.wrapped_key), case_id, row.sealed)
    values = content["value"]["values"] if content else {}
    rows = [
        {
            "case_id": case_id, "field": path, "region_root": row.region_root, "item_code": row.item_code,
            "value": blind_answer(session, row.item_code, path, answer), "submitted_at": row.submitted_at,
        }
        for path in fields(pinned(session, row.version_id)) if (answer := answer_at(values, path)) not in (None, "")
    ]  # fmt: skip
    if rows:
        insert_together(session, Rows(table(CaseIndexed), rows))
    return len(rows)


def heard(session: Session, case_id: str, first: int, last: int) -> None:
    """After a command that brought other answers: index the case, if its item marks any field."""
    version = session.scalar(select(Case.version_id).where(Case.id == case_id))
    if version is None or not fields(pinned(session, version)):
        return
    brought = select(CaseEvent.seq).where(CaseEvent.case_id == case_id, CaseEvent.seq.between(first, last), CaseEvent.kind.in_(_ANSWERED)).limit(1)
    if session.scalar(brought) is not None:
        index(session, case_id)


listen("cases.searchable", heard)
