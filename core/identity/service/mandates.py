"""Mandates (代办授权): a person lets another file for them – which items, to do what, until when – and sees every use. 民法典 161–165, 173.

The principal gives it in their own space, or a village agent asks for it: then a code is shown to the principal alone, and the one who has it from
them enters it; it is computed from the hall's secret whenever it is shown or compared, and stands nowhere. A mandate ends on its day or when the
principal takes it back (民法典 173); every use after that is refused and says by which rule.
"""

import secrets
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import insert, or_, select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.documents import normalise_number, normalise_phone
from core.identity.errors import MandateRefused, NotYours
from core.identity.models import Account, AccountParty, Mandate, MandateUse, Party
from core.identity.sealing import blind, unseal
from core.identity.spec import POWERS, ActingParty, MandateUseView, MandateView, PartyView
from core.kernel.actor import Actor
from core.kernel.clock import now, today
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import is_id, new_id
from core.kernel.masking import mask_name
from core.kernel.text import normalise

#: A mandate is for something foreseeable: two years at most.
LONGEST = timedelta(days=730)
CODE_FOR = timedelta(minutes=10)
TRIES = 5
_MOST_REACH = 50


def grant(
    session: Session, party_id: str, *, agent_name: str, agent_phone: str, reach: Sequence[str], powers: Sequence[str], valid_until: date,
    evidence_blob: str | None = None, actor: Actor,
) -> str:  # fmt: skip
    """The principal lets the account of *agent_phone* and *agent_name* act for *party_id* – their own, or a company they represent.

    Raises :class:`NotYours` for a party that is not theirs to give, :class:`BadInput` with what is wrong.
    """
    principal = {"applicant", "legal_representative", "guardian"}
    link = select(AccountParty.role).where(AccountParty.account_id == actor.id, AccountParty.party_id == party_id)
    current = link.where(or_(AccountParty.valid_until.is_(None), AccountParty.valid_until >= today()))
    if actor.kind != "citizen" or not principal & set(session.scalars(current)):
        raise NotYours
    agent = _account_of(session, agent_name, agent_phone)
    if agent is None:
        raise BadInput("identity.agent_unknown")
    if agent == actor.id:
        raise BadInput("identity.mandate_self")
    mandate_id = _write(
        session, party_id, account_id=actor.id, agent_account_id=agent, agent_name=mask_name(normalise(agent_name)), reach=reach, powers=powers,
        valid_until=valid_until, consent="self", evidence_blob=evidence_blob, granted=True,
    )  # fmt: skip
    audit.record(session, "identity.mandate_given", subject=("party", party_id), actor=actor, detail={"mandate": mandate_id, "account": agent})
    return mandate_id


def ask(
    session: Session, *, document_kind: str, number: str, name: str, department_id: str, agent_name: str, reach: Sequence[str], valid_until: date, actor: Actor
) -> tuple[str, str | None]:
    """A desk asks the person of this document for a mandate: (mandate id, the principal's account). The code is read there (:func:`code_for`).

    The account is ``None`` when nobody of that name and number has one. The desk must not learn which: it is asked for a code either way, and then it
    is done on paper. What was asked in vain is on record, and holds nothing of the person.
    """
    index = blind(session, "document", normalise_number(number))
    found = session.execute(select(Account.id, Party).join(Party, Party.id == Account.party_id).where(Account.document_index == index, Account.active)).first()
    same = found is not None and found.Party.document_kind == document_kind and _name(session, found.Party) == normalise(name)
    party_id, account_id = (found.Party.id, found.id) if found is not None and same else (None, None)
    mandate_id = _write(
        session, party_id, account_id=account_id, agent_department_id=department_id, agent_name=agent_name, reach=reach, powers=("file",),
        valid_until=valid_until, consent="code", granted=False,
    )  # fmt: skip
    session.execute(update(Mandate).where(Mandate.id == mandate_id).values(code_until=now() + CODE_FOR))
    subject = ("party", party_id) if party_id is not None else ("department", department_id)
    audit.record(session, "identity.mandate_asked" if same else "identity.mandate_asked_in_vain", subject=subject, actor=actor, detail={"mandate": mandate_id})
    return mandate_id, account_id


def code_for(session: Session, mandate_id: str, *, actor: Actor) -> str | None:
    """The code that lets the desk go on, for the principal alone; ``None`` once it is over. Raises :class:`NotFound` for everybody else."""
    row = _asked(session, mandate_id)
    if actor.kind != "citizen" or row.account_id != actor.id:
        raise NotFound
    return _code(session, mandate_id) if row.code_until is not None and now() <= row.code_until and row.tries < TRIES else None


def _code(session: Session, mandate_id: str) -> str:
    return f"{int(blind(session, 'mandate-code', mandate_id).rpartition(':')[2], 16) % 10**6:06d}"


def confirm(session: Session, mandate_id: str, code: str, *, actor: Actor) -> None:
    """The principal's code makes the mandate hold. Five wrong tries, or ten minutes, end it: commit also when this raises :class:`MandateRefused`."""
    row = _asked(session, mandate_id)
    tried = update(Mandate).where(Mandate.id == row.id, Mandate.tries < TRIES, Mandate.code_until >= now()).values(tries=Mandate.tries + 1)
    if session.execute(tried.returning(Mandate.id), execution_options={"synchronize_session": False}).scalar_one_or_none() is None:
        raise MandateRefused(reason="identity.mandate_code_over")  # counted before it is compared: many at once are no more than five
    if not secrets.compare_digest(_code(session, mandate_id).encode(), code.strip().encode()) or row.party_id is None:
        raise MandateRefused(reason="identity.mandate_code_wrong")
    _grant_asked(session, row, actor)


def answer(session: Session, mandate_id: str, *, agreed: bool, actor: Actor) -> None:
    """The principal answers in their own space what a desk asked for."""
    row = _asked(session, mandate_id)
    if row.account_id != actor.id:
        raise NotFound
    if agreed:
        _grant_asked(session, row, actor)
        return
    session.execute(update(Mandate).where(Mandate.id == mandate_id).values(refused_at=now()))
    audit.record(session, "identity.mandate_refused", subject=_subject(row), actor=actor, detail={"mandate": mandate_id})


def _asked(session: Session, mandate_id: str) -> Mandate:
    row = session.get(Mandate, mandate_id, populate_existing=True) if is_id(mandate_id) else None
    if row is None or row.granted_at is not None or row.refused_at is not None or row.revoked_at is not None:
        raise NotFound
    return row


def _grant_asked(session: Session, row: Mandate, actor: Actor) -> None:
    session.execute(update(Mandate).where(Mandate.id == row.id).values(granted_at=now(), code_until=None))
    session.expire(row)
    audit.record(session, "identity.mandate_given", subject=_subject(row), actor=actor, detail={"mandate": row.id})


def _subject(row: Mandate) -> tuple[str, str]:
    """Whom an entry of the record is about: the principal, or – asked in vain – the place that asked."""
    return ("party", row.party_id) if row.party_id is not None else ("department", row.agent_department_id or "")


def revoke(session: Session, mandate_id: str, *, actor: Actor) -> None:
    """The principal takes it back (民法典 173(2)); the agent may give it up as well (173(2)). Raises :class:`NotFound` for everybody else."""
    row = session.get(Mandate, mandate_id, populate_existing=True) if is_id(mandate_id) else None
    if row is None or row.revoked_at is not None or actor.kind != "citizen" or actor.id not in (row.account_id, row.agent_account_id):
        raise NotFound
    session.execute(update(Mandate).where(Mandate.id == mandate_id).values(revoked_at=now()))
    session.expire(row)
    audit.record(session, "identity.mandate_revoked", subject=_subject(row), actor=actor, detail={"mandate": mandate_id})


# --- using ---------------------------------------------------------------------------------------------------------------------------------------


def in_force(session: Session, mandate_id: str) -> Mandate:
    """The mandate, when it holds today. Raises :class:`MandateRefused` with the rule."""
    row = session.get(Mandate, mandate_id, populate_existing=True)
    if row is None or row.granted_at is None:
        raise MandateRefused(reason="identity.mandate_not_given")
    if row.revoked_at is not None:
        raise MandateRefused(reason="identity.mandate_revoked")
    if row.valid_until < today():
        raise MandateRefused(reason="identity.mandate_expired", day=row.valid_until.isoformat())
    return row


def authority(session: Session, mandate_id: str, *, item: str, department: str, power: str = "file") -> Mandate:
    """The mandate, when it lets *power* be used for *item* of the kind of *department* today. Raises :class:`MandateRefused` with the rule."""
    row = in_force(session, mandate_id)
    if f"item:{item}" not in row.reach and f"department:{department}" not in row.reach:
        raise MandateRefused(reason="identity.mandate_reach")
    if power not in row.powers:
        raise MandateRefused(reason="identity.mandate_power")
    return row


def held_for(session: Session, account_id: str, party_id: str, *, item: str, department: str, power: str = "file") -> ActingParty:
    """By which mandate the account acts for the party in this matter. Raises :class:`NotYours` when there never was one, else
    :class:`MandateRefused` with the rule that the newest one meets.
    """
    mine = select(Mandate.id).where(Mandate.agent_account_id == account_id, Mandate.party_id == party_id).order_by(Mandate.id.desc())
    refused: MandateRefused | None = None
    for mandate_id in session.scalars(mine):
        try:
            row = authority(session, mandate_id, item=item, department=department, power=power)
        except MandateRefused as error:
            refused = refused or error
            continue
        party = session.get(Party, party_id)
        assert party is not None
        return ActingParty(_masked(party), "agent", f"mandate:{row.id}", None, row.valid_until, row.id)
    raise refused or NotYours()


def acting(session: Session, mandate: MandateView) -> ActingParty:
    """The principal as a party that the agent may act for."""
    party = session.get(Party, mandate.party_id)
    assert party is not None
    return ActingParty(_masked(party), "agent", f"mandate:{mandate.id}", None, mandate.valid_until, mandate.id)


def record_use(session: Session, mandate_id: str, *, power: str, case_id: str, case_no: str, title: str, actor: Actor) -> None:
    """Write a use down, for the principal to read."""
    row = {"id": new_id(), "mandate_id": mandate_id, "power": power, "case_id": case_id, "case_no": case_no, "title": title}
    session.execute(insert(MandateUse), {**row, "actor_kind": actor.kind, "actor_id": actor.id, "at": now()})


# --- reading -------------------------------------------------------------------------------------------------------------------------------------


def given(session: Session, account_id: str) -> tuple[MandateView, ...]:
    """What the account gave or was asked for, newest first."""
    return _listed(session, Mandate.account_id == account_id)


def held(session: Session, account_id: str) -> tuple[MandateView, ...]:
    """What was given to the account, newest first."""
    return _listed(session, Mandate.agent_account_id == account_id)


def one(session: Session, mandate_id: str, account_id: str) -> MandateView:
    """A mandate that the account gave or holds. Raises :class:`NotFound`."""
    mine = or_(Mandate.account_id == account_id, Mandate.agent_account_id == account_id)
    found = _listed(session, Mandate.id == mandate_id, mine) if is_id(mandate_id) else ()
    if not found:
        raise NotFound
    return found[0]


def uses(session: Session, mandate_ids: Sequence[str]) -> tuple[MandateUseView, ...]:
    """Every use of these mandates, newest first."""
    query = select(MandateUse).where(MandateUse.mandate_id.in_(mandate_ids)).order_by(MandateUse.id.desc()).limit(200)
    return tuple(MandateUseView(row.mandate_id, row.power, row.case_id, row.case_no, row.title, row.at) for row in session.scalars(query))


def _listed(session: Session, *conditions: Any) -> tuple[MandateView, ...]:
    query = select(Mandate, Party).join(Party, Party.id == Mandate.party_id).where(*conditions).order_by(Mandate.id.desc()).limit(100)
    return tuple(_view(row.Mandate, row.Party) for row in session.execute(query.execution_options(populate_existing=True)))


def _view(row: Mandate, party: Party) -> MandateView:
    kind: Any = party.kind
    return MandateView(
        row.id, party.id, party.masked_name, kind, row.agent_name, row.agent_account_id, row.agent_department_id, tuple(row.reach), tuple(row.powers),
        row.consent, row.evidence_blob, _state(row), row.asked_at, row.granted_at, row.revoked_at, row.valid_until,
    )  # fmt: skip


def _state(row: Mandate) -> str:
    if row.revoked_at is not None:
        return "revoked"
    if row.refused_at is not None:
        return "refused"
    if row.valid_until < today():
        return "expired"
    return "asked" if row.granted_at is None else "granted"


def _account_of(session: Session, name: str, phone: str) -> str | None:
    """The account of this phone, when its person has this very name: neither alone tells anything."""
    index = blind(session, "phone", normalise_phone(phone))
    found = session.execute(select(Account.id, Party).join(Party, Party.id == Account.party_id).where(Account.phone_index == index, Account.active)).first()
    return found.id if found is not None and _name(session, found.Party) == normalise(name) else None


def _name(session: Session, party: Party) -> str | None:
    return str(unseal(session, party.id, party.wrapped_key, party.sealed)["name"]) if party.wrapped_key is not None else None


def _write(
    session: Session, party_id: str | None, *, reach: Sequence[str], powers: Sequence[str], valid_until: date, consent: str, granted: bool, **more: Any
) -> str:  # fmt: skip
    wanted = list(dict.fromkeys(reach))
    if not wanted or len(wanted) > _MOST_REACH or any(not each.startswith(("item:", "department:")) for each in wanted):
        raise BadInput("identity.mandate_no_reach")
    if not powers or any(power not in POWERS for power in powers):
        raise BadInput("identity.mandate_no_power")
    if not today() <= valid_until <= today() + LONGEST:
        raise BadInput("identity.mandate_days", most=(today() + LONGEST).isoformat())
    at = now()
    row = {
        "id": new_id(), "party_id": party_id, "account_id": None, "agent_account_id": None, "agent_department_id": None, "reach": wanted,
        "powers": list(dict.fromkeys(powers)), "consent": consent, "evidence_blob": None, "code_until": None, "tries": 0, "asked_at": at,
        "granted_at": at if granted else None, "refused_at": None, "revoked_at": None, "valid_until": valid_until, **more,
    }  # fmt: skip
    session.execute(insert(Mandate), row)
    return str(row["id"])


def _masked(party: Party) -> PartyView:
    kind: Any = party.kind
    return PartyView(party.id, kind, party.document_kind, party.masked_name, party.masked_number, party.masked_phone, "", "", False)
