"""Give a licence: number, identifier, record and first event in the caller's transaction; the sheet follows through the outbox."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.files import service as files
from core.identity import queries as organisation
from core.identity.documents import normalise_number
from core.identity.sealing import blind
from core.identity.service.parties import party_view
from core.identity.spec import DepartmentView
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import local, now
from core.kernel.errors import NotFound
from core.kernel.identifiers import check_uscc, licence_identifier
from core.kernel.ids import is_id, new_id, new_query_code
from core.kernel.masking import mask_name
from core.kernel.text import normalise
from core.keys import service as keys
from core.licences import chain
from core.licences.chain import Fact
from core.licences.errors import IssuerWithoutCode
from core.licences.life import Term, due_on
from core.licences.models import Licence, LicenceCounter, LicenceHolder, LicenceTypeRow
from core.licences.service.catalogue import face_on, may_issue, type_of
from core.licences.spec import ISSUED, VALID, Holder, LicenceRef
from core.outbox import service as outbox

RENDER = "licence.render"


@dataclass(frozen=True, slots=True)
class Plate:
    """What a licence is known by. ``base`` is the identifier without version and check character: it stays through every change (GB/T 36904)."""

    number: str
    identifier: str
    version: int = 1

    @property
    def base(self) -> str:
        """The identifier without version and check character."""
        return self.identifier.rsplit(".", 2)[0]


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
    :class:`IssuerWithoutCode`, :class:`TypeRefuses`. The caller – a decision – has checked who may.
    """
    kind = type_of(session, type_code)
    department = organisation.department(session, issuer)
    who = holder if isinstance(holder, Holder) else party_holder(session, holder)
    may_issue(kind, company=who.company, department_code=department.code)
    at = now()
    row = write(
        session, kind, department, who, data, plate=plate(session, kind, department, at), valid_from=valid_from, valid_to=valid_to, case_no=case_no,
        at=at, fact=Fact("issued", {"case_no": case_no} if case_no else {}), actor=actor,
    )  # fmt: skip
    detail = {"type": type_code, "identifier": row.identifier, "case_no": case_no}
    audit.record(session, "licences.issued", subject=("licence", row.id), actor=actor, detail=detail)
    return ref(row, kind.title)


def plate(session: Session, kind: LicenceTypeRow, department: DepartmentView, at: datetime) -> Plate:
    """The next number of a type, issuer and year, with its identifier. Raises :class:`IssuerWithoutCode`."""
    issuer_uscc = issuer_code(department)
    year = local(at).year
    number = f"{year}{_next(session, f'{kind.type_code}.{issuer_uscc}.{year}'):07d}"
    return Plate(number, licence_identifier(kind.type_code, issuer_uscc, number, 1))


def write(
    session: Session, kind: LicenceTypeRow, department: DepartmentView, who: Holder, data: Mapping[str, Any], *, plate: Plate, valid_from: date,
    valid_to: date | None, case_no: str | None, at: datetime, fact: Fact, actor: Actor, issued_at: datetime | None = None, command: str | None = None,
    **more: Any,
) -> Licence:  # fmt: skip
    """The rows of one version of a licence, its first event and the order for its sheet. *more* are further columns."""
    licence_id, key = new_id(), keys.keyring(session).new_data_key()
    content = {"holder": {"name": who.name, "document_kind": who.document_kind, "number": who.number}, "data": {k: plain(v) for k, v in data.items()}}
    row = Licence(
        id=licence_id,
        region_root=department.region_root,
        type_code=kind.code,
        identifier=plate.identifier,
        identifier_base=plate.base,
        version=plate.version,
        number=plate.number,
        face=face_on(kind, local(at).date()),
        holder_name_masked=who.name[:200] if who.company else mask_name(who.name),
        holder_index=blind(session, "document", normalise_number(who.number)) if who.number else None,
        company=who.company,
        sealed=key.seal(json.dumps(content, ensure_ascii=False).encode(), context=chain.context(licence_id)),
        valid_from=valid_from,
        valid_to=valid_to,
        issuer_department_id=department.id,
        issuer_title=department.title,
        case_no=case_no,
        issued_at=issued_at or at,
        verify_code=new_query_code(),
        event_seq=0,
        **{"status": VALID, "origin": ISSUED, **more},
    )
    row.due_on = due_on(Term(row.status, valid_from, valid_to, row.suspended_until, row.renewal_asked_on))
    session.add(row)
    session.flush()
    session.add_all(LicenceHolder(licence_id=licence_id, party_id=party) for party in dict.fromkeys(who.party_ids))
    keys.hold(session, key, subject=("licence", licence_id), holder=("licence", licence_id))
    chain.append(session, row, fact, at=at, actor=actor, command=command)
    outbox.send(session, RENDER, {"licence": licence_id}, key=f"{RENDER}/{licence_id}/1", region_root=department.region_root)
    return row


def ref(row: Licence, title: str) -> LicenceRef:
    """A licence in short."""
    return LicenceRef(
        row.id, row.identifier, row.number, row.type_code, title, row.verify_code, row.valid_from, row.valid_to, row.holder_name_masked,
        row.issuer_title, row.version, row.origin,
    )  # fmt: skip


def issuer_code(department: DepartmentView) -> str:
    """The issuer's unified social credit code. Raises :class:`IssuerWithoutCode`."""
    if not department.uscc or check_uscc(department.uscc) is not None:
        raise IssuerWithoutCode(department=department.title)
    return department.uscc


def party_holder(session: Session, party_id: str) -> Holder:
    """A party as it is now, as the holder of a licence."""
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
    content: dict[str, Any] = json.loads(chain.key_of(session, licence.id).open(licence.sealed, context=chain.context(licence.id)))
    return content


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
