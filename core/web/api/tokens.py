"""Bearer tokens: signed, short-lived, and void as soon as the account or log-in behind them is."""

from dataclasses import dataclass

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


def issue(kind: str, subject: str) -> str:
    """A token for an account (``citizen``) or a back-office user (``staff``)."""
    return str(_signer().dumps([kind, subject]))


def caller_of(header: str, wanted: str) -> Caller:
    """The caller behind an ``Authorization`` header. :class:`Unauthorised` without a good token, :class:`Forbidden` for the wrong kind."""
    scheme, _space, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise Unauthorised
    try:
        kind, subject = _signer().loads(token, max_age=LIFETIME)
    except (BadSignature, ValueError) as error:
        raise Unauthorised from error
    if kind != wanted:
        raise Forbidden
    return _citizen(subject) if kind == "citizen" else _staff(subject)


def _citizen(subject: str) -> Caller:
    account = people.account_view(edge.session(), subject)
    if account is None:
        raise Unauthorised
    return Caller("citizen", account.id, account=account)


def _staff(user_id: str) -> Caller:
    if not site().instruments["staff_active"](user_id):
        raise Unauthorised
    try:
        found = people.staff_of_user(edge.session(), user_id)
    except NotFound as error:
        raise Forbidden from error
    return Caller("staff", found.id, staff=found)
