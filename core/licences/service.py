"""Verbs of the library: keep the catalogue, issue, hand out the sheet."""

import json
from collections.abc import Collection, Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.files import service as files
from core.identity import queries as organisation
from core.identity.service.parties import party_view
from core.identity.spec import DepartmentView
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import local, now
from core.kernel.errors import BadInput, Finding, NotFound
from core.kernel.identifiers import check_uscc, licence_identifier
from core.kernel.ids import is_id, new_id, new_query_code
from core.kernel.masking import mask_name
from core.kernel.text import normalise
from core.keys import service as keys
from core.licences.errors import IssuerWithoutCode, UnknownType
from core.licences.models import Licence, LicenceCounter, LicenceHolder, LicenceTypeRow
from core.licences.queries import for_party, of_case, type_codes, verify
from core.licences.spec import VALID, Holder, LicenceRef
from core.outbox import service as outbox

__all__ = ["for_party", "issue", "of_case", "pdf", "put_types", "sheet", "type_codes", "verify"]

RENDER = "licence.render"


def put_types(session: Session, types: Iterable[Mapping[str, Any]], *, actor: Actor) -> int:
    """Write the catalogue (``item_configs/licence_types.json``); a type known already is replaced. Returns how many there are.

    Raises :class:`BadInput` with a finding for each code that cannot be one; nothing is written then.
    """
    rows = [dict(t) for t in types]
    findings = tuple(f for n, row in enumerate(rows) for f in _type_findings(row, f"[{n}]"))
    if findings:
        raise BadInput("licences.bad_types", findings=findings, count=len(findings), first=findings[0].words("zh"))
    for row in rows:
        template = {k: row[k] for k in ("translations", "provenance", "template") if k in row}
        session.merge(
            LicenceTypeRow(
                code=row["code"],
                title=row["title"],
                defining_uscc=row["defining_uscc"],
                type_code=row["type_code"],
                template=template,
                valid=dict(row.get("valid", {})),
            )
        )
    session.flush()
    audit.record(session, "licences.types_put", subject=("licence_types", "catalogue"), actor=actor, detail={"codes": [row["code"] for row in rows]})
    return len(rows)


def _type_findings(row: Mapping[str, Any], at: str) -> Iterable[Finding]:
    for name in ("code", "title", "defining_uscc", "type_code"):
        if not isinstance(row.get(name), str) or not row[name]:
            yield Finding("error", f"{at}.{name}", "licences.type_needs", {"name": name})
            return
    wrong = check_uscc(row["defining_uscc"])
    if wrong:
        yield Finding("error", f"{at}.defining_uscc", wrong)
    if len(row["type_code"]) != 21 or not row["type_code"].startswith(row["defining_uscc"]):  # GB/T 36904: 定义机构 18 + 3
        yield Finding("error", f"{at}.type_code", "licences.type_code_shape", {"value": row["type_code"]})


def issue(
    session: Session,
    type_code: str,
    holder: Holder | str,
    data: Mapping[str, Any],
    *,
    case_no: str | None,
    valid_from: date,
    valid_to: date | None,
    issuer: str,
    actor: Actor,
) -> LicenceRef:
    """Give a licence, in the caller's transaction: number, identifier and record now, the sheet by the outbox.

    *type_code* is the catalogue's code, *issuer* a department id, *data* what the sheet says (title → text, number, list).
    *holder* may be a party id: its values are read from the party as they are now. Raises :class:`UnknownType`,
    :class:`IssuerWithoutCode`.
    """
    kind = session.get(LicenceTypeRow, type_code)
    if kind is None:
        raise UnknownType(code=type_code)
    department = organisation.department(session, issuer)
    issuer_uscc = _issuer_code(department)
    who = holder if isinstance(holder, Holder) else _party_holder(session, holder)
    at, licence_id = now(), new_id()
    year = local(at).year
    number = f"{year}{_next(session, f'{kind.type_code}.{issuer_uscc}.{year}'):07d}"
    identifier = licence_identifier(kind.type_code, issuer_uscc, number, 1)
    key = keys.keyring(session).new_data_key()
    content = {"holder": {"name": who.name, "document_kind": who.document_kind, "number": who.number}, "data": {k: plain(v) for k, v in data.items()}}
    row = Licence(
        id=licence_id,
        region_root=department.region_root,
        type_code=type_code,
        identifier=identifier,
        identifier_base=identifier.rsplit(".", 2)[0],
        version=1,
        number=number,
        status=VALID,
        holder_name_masked=who.name[:200] if who.company else mask_name(who.name),
        sealed=key.seal(json.dumps(content, ensure_ascii=False).encode(), context=_context(licence_id)),
        valid_from=valid_from,
        valid_to=valid_to,
        issuer_department_id=department.id,
        issuer_title=department.title,
        case_no=case_no,
        issued_at=at,
        verify_code=new_query_code(),
    )
    session.add(row)
    session.flush()
    session.add_all(LicenceHolder(licence_id=licence_id, party_id=party) for party in dict.fromkeys(who.party_ids))
    keys.hold(session, key, subject=("licence", licence_id), holder=("licence", licence_id))
    outbox.send(session, RENDER, {"licence": licence_id}, key=f"{RENDER}/{licence_id}/1", region_root=department.region_root)
    audit.record(
        session, "licences.issued", subject=("licence", licence_id), actor=actor, detail={"type": type_code, "identifier": identifier, "case_no": case_no}
    )
    return LicenceRef(licence_id, identifier, number, type_code, kind.title, row.verify_code, valid_from, valid_to)


def _issuer_code(department: DepartmentView) -> str:
    if not department.uscc or check_uscc(department.uscc) is not None:
        raise IssuerWithoutCode(department=department.title)
    return department.uscc


def _party_holder(session: Session, party_id: str) -> Holder:
    party = party_view(session, party_id, reveal=True, actor=SYSTEM)  # the platform prints a decision already taken; nobody looks
    return Holder((party_id,), party.name, party.document_kind, party.number, party.kind == "company")


def _next(session: Session, series: str) -> int:
    """The next serial, in one statement that also locks the series until the transaction ends."""
    dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
    statement = dialect.insert(LicenceCounter).values(series=series, value=1)
    raised = statement.on_conflict_do_update(index_elements=["series"], set_={"value": LicenceCounter.value + 1}).returning(LicenceCounter.value)
    return int(session.execute(raised, execution_options={"populate_existing": True}).scalar_one())


def plain(value: Any) -> str:
    """A value as the sheet prints it; lists by 、, nothing as an empty text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, list | tuple):
        return "、".join(plain(v) for v in value if v is not None)
    if isinstance(value, Mapping):
        return " ".join(plain(v) for v in value.values())
    return normalise(str(value))


def sheet(session: Session, licence: Licence) -> dict[str, Any]:
    """What the sheet says: ``{"holder": {…}, "data": {title: text}}``. Raises :class:`core.keys.errors.Erased` after retention."""
    ref = ("licence", licence.id)
    content: dict[str, Any] = json.loads(keys.data_key(session, subject=ref, holder=ref).open(licence.sealed, context=_context(licence.id)))
    return content


def _context(licence_id: str) -> str:
    return f"licence:{licence_id}"


def pdf(session: Session, licence_id: str, *, parties: Collection[str]) -> bytes:
    """The sheet for one of its holders. :class:`NotFound` for anybody else, and while it is still being made."""
    query = (
        select(Licence.pdf_blob_id)
        .join(LicenceHolder, LicenceHolder.licence_id == Licence.id)
        .where(Licence.id == licence_id, LicenceHolder.party_id.in_(list(parties)))
        .limit(1)
    )
    blob_id = session.scalar(query) if is_id(licence_id) else None
    if blob_id is None:
        raise NotFound("licences.no_sheet")
    return files.open(session, blob_id, holder=("licence", licence_id))
