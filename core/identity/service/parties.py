"""Parties: people and companies, who may act for them, and how their data is shown."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlalchemy import insert, or_, select
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.documents import COMPANY_DOCUMENTS, check_document, check_phone, normalise_number, normalise_phone
from core.identity.errors import BadDocument, NotYours, ReasonMissing
from core.identity.models import AccountParty, Party
from core.identity.sealing import blind, seal, unseal
from core.identity.spec import PARTY_ROLES, ActingParty, PartyView
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import new_id
from core.kernel.masking import mask_id, mask_name, mask_phone
from core.kernel.text import normalise


def add_party(
    session: Session, *, kind: str, document_kind: str, name: str, number: str = "", phone: str = "", address: str = "", legal_representative: str = ""
) -> str:
    """Write down a party and return its id. Raises :class:`BadDocument` when the number is not one of its kind."""
    name, number, phone = normalise(name), normalise_number(number), normalise_phone(phone)
    if not name or len(name) > 100:
        raise BadInput("identity.name_missing")
    if (kind == "company") != (document_kind in COMPANY_DOCUMENTS):
        raise BadDocument.of("identity.document_kind")
    if wrong := check_document(document_kind, number):
        raise BadDocument.of(wrong)
    if phone and (wrong := check_phone(phone)):
        raise BadInput(wrong)
    party_id = new_id()
    payload = {"name": name, "number": number, "phone": phone, "address": normalise(address), "legal_representative": normalise(legal_representative)}
    wrapped, sealed = seal(session, party_id, payload)
    row = {
        "id": party_id, "kind": kind, "document_kind": document_kind, "document_index": blind(session, "document", number) if number else None,
        "masked_name": name if kind == "company" else mask_name(name), "masked_number": number if kind == "company" else mask_id(number),
        "masked_phone": mask_phone(phone), "wrapped_key": wrapped, "sealed": sealed, "created_at": now(),
    }  # fmt: skip
    session.execute(insert(Party), row)
    return party_id


def add_company(
    session: Session, account_id: str, *, name: str, uscc: str = "", legal_representative: str = "", address: str = "", phone: str = "",
    role: str = "legal_representative", authority: str = "legal_representative", evidence_blob: str | None = None, valid_until: date | None = None,
    actor: Actor,
) -> str:  # fmt: skip
    """Add a company that the account acts for and return the party id; without *uscc* it is a company in formation.

    An agent names the authority and hands in its evidence. The row is this account's own: knowing a public credit code gives
    no sight of what others filed under it.
    """
    document_kind = "uscc" if uscc else "company_in_formation"
    party_id = add_party(
        session, kind="company", document_kind=document_kind, name=name, number=uscc, phone=phone, address=address, legal_representative=legal_representative
    )
    _link(session, account_id, party_id, role, authority, evidence_blob, valid_until)
    audit.record(session, "identity.add_company", subject=("party", party_id), actor=actor, detail={"role": role})
    return party_id


def add_represented(
    session: Session, account_id: str, *, name: str, document_kind: str, number: str, role: str, authority: str, evidence_blob: str | None,
    phone: str = "", address: str = "", valid_until: date | None = None, actor: Actor,
) -> str:  # fmt: skip
    """Add a natural person whom the account represents as agent or guardian (民法典 161, 23, 27) and return the party id."""
    party_id = add_party(session, kind="person", document_kind=document_kind, name=name, number=number, phone=phone, address=address)
    _link(session, account_id, party_id, role, authority, evidence_blob, valid_until)
    audit.record(session, "identity.add_represented", subject=("party", party_id), actor=actor, detail={"role": role})
    return party_id


def authorise(
    session: Session, party_id: str, account_id: str, *, role: str, authority: str, evidence_blob: str | None = None,
    valid_until: date | None = None, actor: Actor,
) -> None:  # fmt: skip
    """Let another account act for a party. Only one who is the party, or its legal representative, may do so."""
    principal = {"applicant", "legal_representative", "guardian"}
    if actor.kind == "citizen" and not any(p.role in principal for p in parties_of(session, actor.id) if p.party.id == party_id):
        raise NotYours
    _link(session, account_id, party_id, role, authority, evidence_blob, valid_until)
    audit.record(session, "identity.authorise", subject=("party", party_id), actor=actor, detail={"account": account_id, "role": role})


def _link(session: Session, account_id: str, party_id: str, role: str, authority: str, evidence_blob: str | None, valid_until: date | None) -> None:
    if role not in PARTY_ROLES:
        raise BadInput("identity.unknown_role", role=role)
    if role in ("agent", "guardian") and not (authority.strip() and evidence_blob):
        raise BadInput("identity.authority_missing")
    row = {"id": new_id(), "account_id": account_id, "party_id": party_id, "role": role, "authority": authority}
    session.execute(insert(AccountParty), {**row, "evidence_blob": evidence_blob, "valid_until": valid_until})


#: What a party shows without its key.
_SHOWN = (Party.id, Party.kind, Party.document_kind, Party.masked_name, Party.masked_number, Party.masked_phone)


def parties_of(session: Session, account_id: str) -> tuple[ActingParty, ...]:
    """Whom the account may act for today – itself first – with masked values."""
    link = (AccountParty.role, AccountParty.authority, AccountParty.evidence_blob, AccountParty.valid_until)
    query = (
        select(*_SHOWN, *link)
        .join(Party, Party.id == AccountParty.party_id)
        .where(AccountParty.account_id == account_id, or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today()))
        .order_by(AccountParty.id)
    )
    rows = session.execute(query)
    return tuple(ActingParty(_masked(row), row.role, row.authority, row.evidence_blob, row.valid_until) for row in rows)


def party_ids_of(session: Session, account_id: str) -> tuple[str, ...]:
    """The ids of :func:`parties_of`: what a citizen's reads are filtered by."""
    query = select(AccountParty.party_id).where(
        AccountParty.account_id == account_id, or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today())
    )
    return tuple(dict.fromkeys(session.scalars(query)))


def accounts_of(session: Session, party_id: str) -> tuple[str, ...]:
    """The accounts that may act for a party today: who is told of what concerns it."""
    current = or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today())
    return tuple(
        session.scalars(select(AccountParty.account_id).where(AccountParty.party_id == party_id, current).distinct().order_by(AccountParty.account_id))
    )


def acting_for(session: Session, account_id: str, party_ids: Sequence[str]) -> dict[str, ActingParty]:
    """The authority of the account over each of *party_ids*. Raises :class:`NotYours` when one is missing."""
    held = {acting.party.id: acting for acting in reversed(parties_of(session, account_id))}
    if any(party_id not in held for party_id in party_ids):
        raise NotYours
    return {party_id: held[party_id] for party_id in party_ids}


def party_view(session: Session, party_id: str, *, reveal: bool = False, reason: str | None = None, actor: Actor) -> PartyView:
    """A party, masked – or whole when *reveal* is asked with a *reason*, which is audited (个人信息保护法 51, 54).

    A citizen sees a party whole only when it is one the account may act for, and needs no reason for that.
    """
    party = session.get(Party, party_id)
    if party is None:
        raise NotFound
    if not reveal:
        return _masked(party)
    if actor.kind in ("citizen", "agent"):
        if party_id not in party_ids_of(session, actor.id):
            raise NotFound
    elif actor.kind == "staff":
        if not (reason or "").strip():
            raise ReasonMissing
        audit.record(session, "identity.reveal", subject=("party", party_id), actor=actor, detail={"reason": reason})
    return _whole(session, party)


def own_values(session: Session, account_id: str, party_id: str) -> dict[str, str]:
    """The values of a party that the account acts for, for prefilling (``party.name``, ``party.number`` …)."""
    view = party_view(session, party_id, reveal=True, actor=Actor("citizen", account_id))
    return {
        "kind": view.kind, "document_kind": view.document_kind, "name": view.name, "number": view.number, "phone": view.phone,
        "address": view.address, "legal_representative": view.legal_representative,
    }  # fmt: skip


def printed(session: Session, party: Any) -> PartyView:
    """A party whole, of a row with the columns of :class:`core.identity.models.Party`, for what the platform itself prints: an act already taken.

    Nobody looks at it, so nothing is recorded; what a person shall see goes through :func:`party_view`.
    """
    return _whole(session, party)


def _masked(party: Any) -> PartyView:
    return PartyView(party.id, _kind(party), party.document_kind, party.masked_name, party.masked_number, party.masked_phone, "", "", False)


def _whole(session: Session, party: Any) -> PartyView:
    if party.wrapped_key is None:
        return _masked(party)  # erased: the key is gone, the masks remain
    values = unseal(session, party.id, party.wrapped_key, party.sealed)
    return PartyView(
        party.id, _kind(party), party.document_kind, values["name"], values["number"], values["phone"], values["address"],
        values["legal_representative"], True,
    )  # fmt: skip


def _kind(party: Any) -> Any:
    return party.kind
