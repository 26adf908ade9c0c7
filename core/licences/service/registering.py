"""A paper licence comes into the library (补登): one person types it in beside its scan, a second one compares the two."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.files import service as files
from core.files.spec import Limits
from core.identity import queries as organisation
from core.identity.documents import COMPANY_DOCUMENTS, check_document, normalise_number
from core.kernel.actor import Actor
from core.kernel.clock import DEFAULT_ZONE, now, today
from core.kernel.errors import BadInput, Conflict, Finding, NotFound
from core.kernel.identifiers import LICENCE_ROOT, check_licence_identifier
from core.kernel.ids import is_id, new_id
from core.kernel.text import normalise
from core.keys import service as keys
from core.keys.errors import Erased
from core.licences.chain import Fact
from core.licences.errors import NotYourPost, WrongStatus
from core.licences.life import Holders
from core.licences.models import Licence, LicenceRegistration, LicenceTypeRow
from core.licences.service import posts
from core.licences.service.catalogue import may_issue, type_of
from core.licences.service.issuing import Plate, issuer_code, party_holder, plate, ref, write
from core.licences.spec import FROM_PAPER, Holder, LicenceRef, RegistrationView

OPEN, TAKEN, RETURNED = "open", "taken", "returned"
ENTERS = tuple(Holders(role) for role in ("window", "reviewer", "section_chief"))
REVIEWS = tuple(Holders(role) for role in ("reviewer", "section_chief", "leader"))
SCAN = Limits(accept=("pdf", "jpg", "png", "webp"))
_REF = "licence_registration"


@dataclass(frozen=True, slots=True)
class Paper:
    """What stands on a paper licence. ``identifier`` only when one is printed on it; ``party_id`` when the holder is a party of ``case_no``."""

    type_code: str
    department_id: str
    number: str
    holder_name: str
    holder_document: str
    holder_number: str
    issued_on: date
    valid_from: date
    valid_to: date | None
    data: Mapping[str, str] = field(default_factory=dict)
    identifier: str = ""
    case_no: str | None = None
    party_id: str | None = None


def enter(session: Session, paper: Paper, *, scan: bytes, scan_name: str, actor: Actor) -> str:
    """Write down a paper licence for review and return the entry's id.

    Raises :class:`BadInput` with a finding for each wrong field (``findings[].path`` is its name), :class:`NotYourPost` for anybody without a post
    at the issuer that takes papers in, :class:`Conflict` when the number is in the library or waiting already.
    """
    paper = _tidied(paper)
    department = organisation.department(session, paper.department_id)
    who = posts.acting(session, department.id, ENTERS, actor=actor)
    if who is None:
        raise NotYourPost(roles=[each.role for each in ENTERS], issuer=department.title, act="register")
    findings = tuple(_findings(session, paper))
    if findings:
        raise BadInput("licences.registration_bad", findings=findings, count=len(findings), first=findings[0].words("zh"))
    _refuse_known(session, paper)
    entry_id = new_id()
    blob = files.put(session, io.BytesIO(scan), name=scan_name, holder=(_REF, entry_id), limits=SCAN)
    session.add(
        LicenceRegistration(
            id=entry_id, region_root=department.region_root, department_id=department.id, type_code=paper.type_code, state=OPEN, number=paper.number,
            case_no=paper.case_no, party_id=paper.party_id, sealed=_seal(session, entry_id, _content(paper)), scan_blob_id=blob.id,
            entered_by=actor.id, entered_at=now(),
        )
    )  # fmt: skip
    session.flush()
    detail = {"type": paper.type_code, "number": paper.number, "case_no": paper.case_no}
    audit.record(session, "licences.registration_entered", subject=(_REF, entry_id), actor=who, detail=detail)
    return entry_id


def review(session: Session, entry_id: str, *, take: bool, reason: str, actor: Actor) -> LicenceRef | None:
    """Compare and decide: into the library (*take*), or back with a reason. Whoever typed it in may not review it.

    Raises :class:`NotFound`, :class:`NotYourPost`, :class:`WrongStatus` when it is decided already.
    """
    entry = _locked(session, entry_id, actor)
    department = organisation.department(session, entry.department_id)
    who = posts.acting(session, department.id, REVIEWS, actor=actor)
    if who is None:
        raise NotYourPost(roles=[each.role for each in REVIEWS], issuer=department.title, act="review")
    if actor.id == entry.entered_by or who.on_behalf_of == entry.entered_by:
        raise NotYourPost("licences.registration_own")
    if entry.state != OPEN:
        raise WrongStatus("licences.registration_done")
    why = " ".join(normalise(reason).split())
    if not why or len(why) > 500:
        raise BadInput("licences.needs_reason", most=500)
    found = _take(session, entry, why, who) if take else None
    entry.state, entry.reviewed_by, entry.reviewed_at = (TAKEN if take else RETURNED), actor.id, now()
    entry.licence_id = found.id if found else None
    entry.sealed = _seal(session, entry.id, {**_open(session, entry), "reason": why})
    session.flush()
    audit.record(session, f"licences.registration_{entry.state}", subject=(_REF, entry.id), actor=who, detail={"licence": entry.licence_id})
    return found


def _take(session: Session, entry: LicenceRegistration, why: str, who: Actor) -> LicenceRef:
    content = _open(session, entry)
    kind = type_of(session, entry.type_code)
    department = organisation.department(session, entry.department_id)
    holder = _holder(entry.party_id, content)
    may_issue(kind, company=holder.company, department_code=department.code)
    _refuse_known(session, _paper(entry, content))
    at = now()
    if content["identifier"]:
        known = Plate(entry.number, content["identifier"], int(content["identifier"].rsplit(".", 2)[1]))
    else:
        known = Plate(entry.number, plate(session, kind, department, at).identifier)
    issued_at = datetime.combine(date.fromisoformat(content["issued_on"]), time(), ZoneInfo(DEFAULT_ZONE))
    row = write(
        session, kind, department, holder, content["data"], plate=known, valid_from=date.fromisoformat(content["valid_from"]),
        valid_to=date.fromisoformat(content["valid_to"]) if content["valid_to"] else None, case_no=entry.case_no, at=at, issued_at=issued_at,
        origin=FROM_PAPER, actor=who,
        fact=Fact("registered", {"entry": entry.id, "entered_by": entry.entered_by, "scan": entry.scan_blob_id}, {"reason": why}),
    )  # fmt: skip
    files.share(session, entry.scan_blob_id, holder=(_REF, entry.id), to=("licence", row.id))
    audit.record(session, "licences.registered", subject=("licence", row.id), actor=who, detail={"entry": entry.id, "identifier": row.identifier})
    return ref(row, kind.title)


def _holder(party_id: str | None, content: Mapping[str, Any]) -> Holder:
    parties = (party_id,) if party_id else ()
    document = content["holder_document"]
    return Holder(parties, content["holder_name"], document, content["holder_number"], document in COMPANY_DOCUMENTS)


def _tidied(paper: Paper) -> Paper:
    def words(value: str, most: int) -> str:
        return " ".join(normalise(value).split())[:most]

    data = {words(k, 60): words(v, 500) for k, v in paper.data.items() if words(v, 500)}
    return Paper(
        paper.type_code, paper.department_id, words(paper.number, 61), words(paper.holder_name, 200), paper.holder_document,
        normalise_number(paper.holder_number), paper.issued_on, paper.valid_from, paper.valid_to, data, normalise(paper.identifier).upper().replace(" ", ""),
        paper.case_no, paper.party_id,
    )  # fmt: skip


def _findings(session: Session, paper: Paper) -> list[Finding]:
    found = [Finding("error", name, "licences.registration_empty") for name in ("number", "holder_name") if not getattr(paper, name)]
    if len(paper.number) > 60:
        found.append(Finding("error", "number", "licences.registration_long", {"most": 60}))
    if wrong := check_document(paper.holder_document, paper.holder_number):
        found.append(Finding("error", "holder_number", wrong))
    if paper.issued_on > today():
        found.append(Finding("error", "issued_on", "licences.registration_future"))
    if paper.valid_to is not None and paper.valid_to < paper.valid_from:
        found.append(Finding("error", "valid_to", "licences.registration_backwards"))
    kind = session.get(LicenceTypeRow, paper.type_code)
    if kind is None:
        return [*found, Finding("error", "type_code", "licences.unknown_type", {"code": paper.type_code})]
    missing = [each["title"] for each in kind.doc.get("fields", ()) if each.get("required") and not paper.data.get(each["title"])]
    found += [Finding("error", f"data.{title}", "licences.registration_field", {"title": title}) for title in missing]
    if paper.identifier:
        found += _identifier_findings(session, kind, paper)
    found += _party_findings(session, paper)
    return found


def _identifier_findings(session: Session, kind: LicenceTypeRow, paper: Paper) -> list[Finding]:
    """A printed identifier must check, and be one of this type and this issuer (GB/T 36904)."""
    if wrong := check_licence_identifier(paper.identifier):
        return [Finding("error", "identifier", wrong)]
    type_code, issuer = paper.identifier.removeprefix(LICENCE_ROOT + ".").split(".")[:2]
    department = organisation.department(session, paper.department_id)
    if type_code != kind.type_code:
        return [Finding("error", "identifier", "licences.identifier_other_type", {"title": kind.title, "type_code": kind.type_code})]
    if issuer != issuer_code(department):
        return [Finding("error", "identifier", "licences.identifier_other_issuer", {"issuer": department.title})]
    return []


def party_among(session: Session, party_ids: Sequence[str], document: str, number: str) -> str | None:
    """Which of the parties of a case has this document; the first when none has, so that the review of the entry says so; ``None`` without any."""
    for each in party_ids:
        known = party_holder(session, each)
        if (known.document_kind, normalise_number(known.number)) == (document, normalise_number(number)):
            return each
    return party_ids[0] if party_ids else None


def _party_findings(session: Session, paper: Paper) -> list[Finding]:
    """A licence is given to a party of a case only when the number on the paper is that party's own."""
    if paper.party_id is None:
        return []
    known = party_holder(session, paper.party_id)
    same = known.document_kind == paper.holder_document and normalise_number(known.number) == paper.holder_number
    return [] if same else [Finding("error", "holder_number", "licences.registration_other_party", {"case_no": paper.case_no})]


def _refuse_known(session: Session, paper: Paper) -> None:
    """The same number of the same type and issuer is one licence."""
    same = (Licence.type_code == paper.type_code, Licence.issuer_department_id == paper.department_id, Licence.number == paper.number)
    if session.scalar(select(Licence.id).where(*same).limit(1)) is not None:
        raise Conflict("licences.registration_known", number=paper.number)
    if paper.identifier and session.scalar(select(Licence.id).where(Licence.identifier_base == paper.identifier.rsplit(".", 2)[0]).limit(1)) is not None:
        raise Conflict("licences.registration_known", number=paper.identifier)


def _content(paper: Paper) -> dict[str, Any]:
    return {
        "holder_name": paper.holder_name, "holder_document": paper.holder_document, "holder_number": paper.holder_number, "data": dict(paper.data),
        "issued_on": paper.issued_on.isoformat(), "valid_from": paper.valid_from.isoformat(),
        "valid_to": paper.valid_to.isoformat() if paper.valid_to else None, "identifier": paper.identifier, "reason": "",
    }  # fmt: skip


def _paper(entry: LicenceRegistration, content: Mapping[str, Any]) -> Paper:
    return Paper(
        entry.type_code, entry.department_id, entry.number, content["holder_name"], content["holder_document"], content["holder_number"],
        date.fromisoformat(content["issued_on"]), date.fromisoformat(content["valid_from"]),
        date.fromisoformat(content["valid_to"]) if content["valid_to"] else None, content["data"], content["identifier"], entry.case_no, entry.party_id,
    )  # fmt: skip


def _seal(session: Session, entry_id: str, content: Mapping[str, Any]) -> bytes:
    """Sealed under the entry's own key, made at the first sealing."""
    ref_ = (_REF, entry_id)
    try:
        key = keys.data_key(session, subject=ref_, holder=ref_)
    except Erased:
        key = keys.keyring(session).new_data_key()
        keys.hold(session, key, subject=ref_, holder=ref_)
    return key.seal(json.dumps(dict(content), ensure_ascii=False).encode(), context=f"{_REF}:{entry_id}")


def _open(session: Session, entry: LicenceRegistration) -> dict[str, Any]:
    ref_ = (_REF, entry.id)
    found: dict[str, Any] = json.loads(keys.data_key(session, subject=ref_, holder=ref_).open(entry.sealed, context=f"{_REF}:{entry.id}"))
    return found


def _locked(session: Session, entry_id: str, actor: Actor) -> LicenceRegistration:
    entry = _seen(session, entry_id, actor)
    session.refresh(entry, with_for_update=True)
    return entry


def _seen(session: Session, entry_id: str, actor: Actor) -> LicenceRegistration:
    query = select(LicenceRegistration).where(LicenceRegistration.id == entry_id, LicenceRegistration.department_id.in_(posts.departments_of(session, actor)))
    entry = session.scalars(query).first() if is_id(entry_id) else None
    if entry is None:
        raise NotFound("licences.no_registration")
    return entry


def shown(session: Session, entry_id: str, *, actor: Actor) -> RegistrationView:
    """An entry, whole, for staff of the issuer; looking is recorded. Raises :class:`NotFound`."""
    entry = _seen(session, entry_id, actor)
    audit.record(session, "licences.registration_looked", subject=(_REF, entry.id), actor=actor)
    content, department = _open(session, entry), organisation.department(session, entry.department_id)
    paper = _paper(entry, content)
    return RegistrationView(
        entry.id, entry.type_code, type_of(session, entry.type_code).title, department.id, department.title, entry.state, entry.number, entry.case_no,
        paper.holder_name, paper.holder_document, paper.holder_number, paper.holder_document in COMPANY_DOCUMENTS, paper.data, paper.issued_on,
        paper.valid_from, paper.valid_to, paper.identifier, entry.entered_by, entry.entered_at, entry.reviewed_by, entry.reviewed_at,
        str(content.get("reason", "")), entry.licence_id,
    )  # fmt: skip


def scan_of(session: Session, entry_id: str, *, actor: Actor) -> tuple[bytes, str]:
    """(content, media type) of the scan, for staff of the issuer."""
    entry = _seen(session, entry_id, actor)
    holder = (_REF, entry.id)
    return files.open(session, entry.scan_blob_id, holder=holder), files.describe(session, entry.scan_blob_id, holder=holder).media_type
