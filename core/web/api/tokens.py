"""Bearer tokens: signed, short-lived, and void as soon as the account or log-in behind them is, or has another password."""

from dataclasses import dataclass
from hmac import compare_digest

from itsdangerous import BadSignature, URLSafeTimedSerializer

from core.identity import queries as people
from core.identity.spec import AccountView, StaffView
from core.kernel.errors import Forbidden, NotFound, PlatformError
from core.web import edge
from core.web.site import site

LIFETIME = 8 * 3600  # seconds


class Unauthorised(PlatformError):
    """No token, or one that no longer holds."""

    status = 401
    key = "web.api_token"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a citizen's account, or a member of staff."""

    kind: str
    id: str
    account: AccountView | None = None
    staff: StaffView | None = None


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(site().keyring.derive("api-token"), salt="v1")


def issue(kind: str, subject: str, mark: object) -> str:
    """A token for an account (``citizen``) or a back-office user (``staff``). *mark*: what changes with the password – the account's epoch, the print of
    the log-in's password –; whoever changes it because another knows it ends that other's tokens too."""
    return str(_signer().dumps([kind, subject, mark]))


def caller_of(header: str, wanted: str) -> Caller:
    """The caller behind an ``Authorization`` header. :class:`Unauthorised` without a good token, :class:`Forbidden` for the wrong kind."""
    scheme, _space, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorised
    try:
        kind, subject, mark = _signer().loads(token, max_age=LIFETIME)
    except (BadSignature, ValueError) as error:
        raise Unauthorised from error
    if kind != wanted:
        raise Forbidden
    return _citizen(subject, mark) if kind == "citizen" else _staff(subject, mark)


def _citizen(subject: str, epoch: int) -> Caller:
    account = people.account_view(edge.session(), subject, epoch=epoch)
    if account is None:
        raise Unauthorised
    return Caller("citizen", account.id, account=account)


def _staff(user_id: str, mark: str) -> Caller:
    if not compare_digest(site().instruments["staff_mark"](user_id) or "-", mark):
        raise Unauthorised
    try:
        found = people.staff_of_user(edge.session(), user_id)
    except NotFound as error:
        raise Forbidden from error
    return Caller("staff", found.id, staff=found)
