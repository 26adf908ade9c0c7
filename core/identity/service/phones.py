"""Short messages to the phone of an account: whether the citizen takes them, in which language, and the number – for the channel only."""

from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity.models import Account, Party
from core.identity.sealing import unseal
from core.kernel.actor import Actor
from core.kernel.errors import BadInput, NotFound

#: What an account may choose: a language, or none at all.
CHOICES = ("zh", "en", "off")


@dataclass(frozen=True, slots=True)
class Phone:
    """Where a short message goes and in which language. The whole number: never shown, logged or kept with the message."""

    number: str
    locale: str


def sms_choice(session: Session, account_id: str) -> str:
    """One of :data:`CHOICES`. Raises :class:`NotFound`."""
    found = session.scalar(select(Account.sms).where(Account.id == account_id))
    if found is None:
        raise NotFound
    return found


def choose_sms(session: Session, account_id: str, choice: str, *, actor: Actor) -> None:
    """Set it (个人信息保护法 15: consent can be taken back as easily as it was given). Raises :class:`BadInput`, :class:`NotFound`."""
    if choice not in CHOICES:
        raise BadInput("identity.sms_choice")
    if session.execute(update(Account).where(Account.id == account_id).values(sms=choice).returning(Account.id)).scalar() is None:
        raise NotFound
    audit.record(session, "identity.sms", subject=("account", account_id), actor=actor, detail={"choice": choice})


def takes_sms(session: Session, account_id: str) -> bool:
    """Whether the account has a phone and has not switched short messages off. Opens nothing."""
    query = select(Account.id).join(Party, Party.id == Account.party_id)
    wanted = (Account.id == account_id, Account.active, Account.sms != "off", Party.masked_phone != "", Party.wrapped_key.is_not(None))
    return session.scalar(query.where(*wanted)) is not None


def phone_of(session: Session, account_id: str) -> Phone | None:
    """The phone of an account that takes short messages now; ``None`` for one that does not, or was erased."""
    if not takes_sms(session, account_id):
        return None
    query = select(Account.sms, Party.id, Party.wrapped_key, Party.sealed).join(Party, Party.id == Account.party_id).where(Account.id == account_id)
    row = session.execute(query).one()
    assert row.wrapped_key is not None
    number = str(unseal(session, row.id, row.wrapped_key, row.sealed).get("phone") or "")
    return Phone(number, row.sms) if number else None
