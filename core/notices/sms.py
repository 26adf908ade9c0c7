"""短信: the channel to a phone, over an HTTP gateway (docs/notices.md). Off as long as no gateway is set; then only the inbox is used.

``POST <url>/messages`` with ``{"id", "to", "text"}``, signed as :mod:`core.kernel.wire` signs. The answer says what the gateway did; where there is
none, or one that we do not know, nobody knows, and the message waits for a person.
"""

import json
import os
from typing import Any

from sqlalchemy.orm import Session

from core.identity import queries as people
from core.identity.service import phones
from core.kernel import canonical
from core.notices.errors import NotConfigured
from core.notices.settings import SMS_SECRET, SMS_URL
from core.notices.spec import Outcome, Parcel, Transmit
from core.settings import service as settings

PREFIX = "X-Wangting"
SECONDS = 10
LARGEST_ANSWER = 64 * 2**10
#: Refused, but not for the message's sake: our signature, or too many at once. It is tried again.
_NOT_THE_MESSAGE = (401, 403, 429)


def wanted(session: Session, account_id: str) -> bool:
    """Whether a notice to this account also goes by SMS: a gateway is set, and the citizen takes them."""
    return bool(settings.get(session, SMS_URL)) and phones.takes_sms(session, account_id)


def signature(session: Session) -> str:
    """Who signs a short message: the main hall."""
    hall = people.hall_for(session)
    return hall.title if hall is not None else "网厅"


def secret() -> bytes:
    """The shared secret. Raises :class:`NotConfigured`."""
    found = os.environ.get(SMS_SECRET, "")
    if len(found) < 16:
        raise NotConfigured(name=SMS_SECRET)
    return found.encode()


def channel(session: Session, parcel: Parcel) -> Transmit:
    """Look up gateway and phone; what is returned sends. Raises :class:`NotConfigured`."""
    url = settings.get(session, SMS_URL)
    if not url:
        return lambda: Outcome("refused", "notices.said.off")
    phone = phones.phone_of(session, parcel.recipient[1]) if parcel.recipient[0] == "account" else None
    if phone is None:
        return lambda: Outcome("refused", "notices.said.no_phone")
    from core.kernel import wire  # the wire: a web process never needs it

    if not wire.usable(url):
        raise NotConfigured("notices.bad_sms_url", url=url)
    signed = wire.Signature(PREFIX, secret())
    message = canonical.dumps({"id": parcel.key, "to": phone.number, "text": parcel.texts[phone.locale]})

    def transmit() -> Outcome:
        try:
            answer = wire.ask(url, signed, "POST", "messages", message, seconds=SECONDS, largest=LARGEST_ANSWER)
        except wire.NotWritten as error:
            return Outcome("again", "notices.said.no_line", {"why": str(error)})
        except wire.NoAnswer as error:
            return Outcome("uncertain", "notices.said.no_answer", {"why": str(error)})
        return understood(parcel.key, answer.status, _body(answer.content), answer.signed)

    return transmit


def understood(key: str, status: int, body: dict[str, Any], signed: bool) -> Outcome:
    """What an answer means. Only what the gateway signed about this very message is taken for sent; a 4xx is a definite no whoever says it."""
    why = str(body.get("reason") or f"HTTP {status}")[:200]
    ours = signed and body.get("id") == key
    if status == 200 and ours and body.get("outcome") == "accepted":
        return Outcome("sent")
    if status in _NOT_THE_MESSAGE or (status >= 500 and ours and body.get("outcome") == "busy"):
        return Outcome("again", "notices.said.busy", {"why": why})
    if 400 <= status < 500 and status != 408:
        return Outcome("refused", "notices.said.refused", {"why": why})
    return Outcome("uncertain", "notices.said.odd_answer", {"why": f"HTTP {status}"})


def _body(content: bytes) -> dict[str, Any]:
    try:
        found = json.loads(content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
