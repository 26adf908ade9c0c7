"""Citizens' accounts: register, log in, change the password. Argon2id hashes, lock-out after too many wrong tries."""

from datetime import timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError
from sqlalchemy import insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.identity import settings as names
from core.identity.documents import PERSON_DOCUMENTS, check_phone, normalise_number, normalise_phone
from core.identity.errors import AlreadyRegistered, BadDocument
from core.identity.models import Account, AccountParty, Party
from core.identity.sealing import blind
from core.identity.service.parties import add_party
from core.identity.spec import AccountView, Login
from core.kernel.actor import SYSTEM, Actor
from core.kernel.clock import now
from core.kernel.errors import BadInput, NotFound
from core.kernel.ids import new_id
from core.kernel.masking import mask_name, mask_phone
from core.settings import service as settings

_hasher = PasswordHasher()  # argon2id, RFC 9106 low-memory profile


@cache
def _nobody() -> str:
    """A hash to test against when there is no such account, so that both answers take the same time."""
    return _hasher.hash(new_id())


def register_account(
    session: Session, *, name: str, document_kind: str, number: str, phone: str, password: str, address: str = "", actor: Actor = SYSTEM
) -> AccountView:
    """Make an account and the person behind it.

    Raises :class:`BadInput` for a wrong document, phone or weak password and :class:`AlreadyRegistered` when either is in use.
    """
    number, phone = normalise_number(number), normalise_phone(phone)
    if document_kind not in PERSON_DOCUMENTS:
        raise BadDocument.of("identity.document_kind")
    if wrong := check_phone(phone):
        raise BadInput(wrong)
    check_password(session, password, personal=(number, phone))
    party_id = add_party(session, kind="person", document_kind=document_kind, name=name, number=number, phone=phone, address=address)
    account_id = new_id()
    row = {
        "id": account_id, "phone_index": blind(session, "phone", phone), "document_index": blind(session, "document", number), "party_id": party_id,
        "password_hash": _hasher.hash(password), "epoch": 0, "failures": 0, "locked_until": None, "created_at": now(), "active": True,
    }  # fmt: skip
    try:
        with session.begin_nested():
            session.execute(insert(Account), row)
    except IntegrityError as error:
        raise AlreadyRegistered from error
    own = {"id": new_id(), "account_id": account_id, "party_id": party_id, "role": "applicant", "authority": "self"}
    session.execute(insert(AccountParty), {**own, "evidence_blob": None, "valid_until": None})
    audit.record(session, "identity.register", subject=("account", account_id), actor=Actor("citizen", account_id) if actor == SYSTEM else actor)
    return AccountView(account_id, party_id, mask_name(name), mask_phone(phone), 0)


def check_password(session: Session, password: str, *, personal: tuple[str, ...] = ()) -> None:
    """Refuse a password that is short, of one kind of character, or holds the phone or document number."""
    least = int(settings.get(session, names.PASSWORD_LENGTH))
    if len(password) < least:
        raise BadInput("identity.password_short", length=least)
    if len(password) > 200 or password.isdigit() or (password.isalpha() and password.isascii()) or len(set(password)) < 4:
        raise BadInput("identity.password_plain")
    if any(part and part.lower() in password.lower() for part in personal):
        raise BadInput("identity.password_personal")


def authenticate(session: Session, login: str, password: str) -> Login:
    """Log in by phone or document number.

    A wrong password counts towards the lock, in the caller's transaction: commit also when the answer carries no account.
    An unknown login and a wrong password give the same answer in the same time.
    """
    indexes = (blind(session, "phone", normalise_phone(login)), blind(session, "document", normalise_number(login)))
    query = select(Account, Party.masked_name, Party.masked_phone).join(Party, Party.id == Account.party_id)
    found = session.execute(query.where(or_(Account.phone_index == indexes[0], Account.document_index == indexes[1]), Account.active)).first()
    if found is None:
        _right(_nobody(), password)
        return Login(None, "identity.login_wrong")
    account, name, phone = found
    if account.locked_until is not None and account.locked_until > now():
        return Login(None, "identity.login_locked", account.locked_until)
    if not _right(account.password_hash, password):
        return _count_failure(session, account.id)
    changes: dict[str, object] = {"failures": 0, "locked_until": None}
    if _hasher.check_needs_rehash(account.password_hash):
        changes["password_hash"] = _hasher.hash(password)
    if account.failures or len(changes) > 2:
        session.execute(update(Account).where(Account.id == account.id).values(changes))
    return Login(AccountView(account.id, account.party_id, name, phone, account.epoch))


def set_password(session: Session, account_id: str, password: str, *, actor: Actor) -> None:
    """Replace the password and end every session that was begun with the old one."""
    check_password(session, password)
    change = update(Account).where(Account.id == account_id).values(
        password_hash=_hasher.hash(password), failures=0, locked_until=None, epoch=Account.epoch + 1,
    )  # fmt: skip
    if session.execute(change.returning(Account.id)).scalar() is None:
        raise NotFound
    audit.record(session, "identity.set_password", subject=("account", account_id), actor=actor)


def account_by_login(session: Session, login: str) -> AccountView | None:
    """The account of a phone or document number."""
    indexes = (blind(session, "phone", normalise_phone(login)), blind(session, "document", normalise_number(login)))
    query = select(Account.id, Account.party_id, Party.masked_name, Party.masked_phone, Account.epoch).join(Party, Party.id == Account.party_id)
    row = session.execute(query.where(or_(Account.phone_index == indexes[0], Account.document_index == indexes[1]))).first()
    return AccountView(*row) if row is not None else None


def _right(hashed: str, password: str) -> bool:
    try:
        return _hasher.verify(hashed, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


def _count_failure(session: Session, account_id: str) -> Login:
    """One more wrong try, counted in SQL so that parallel tries all count; the lock starts the count again."""
    count = update(Account).where(Account.id == account_id).values(failures=Account.failures + 1).returning(Account.failures)
    failures = session.execute(count).scalar_one()
    if failures < int(settings.get(session, names.LOGIN_FAILURES)):
        return Login(None, "identity.login_wrong")
    until = now() + timedelta(minutes=int(settings.get(session, names.LOCK_MINUTES)))
    session.execute(update(Account).where(Account.id == account_id).values(failures=0, locked_until=until))
    audit.record(session, "identity.locked", subject=("account", account_id), actor=SYSTEM)
    return Login(None, "identity.login_locked", until)
