"""What a notice is to those who post and those who read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from sqlalchemy.orm import Session

RecipientKind = Literal["account", "staff"]
#: (kind, id): a citizen's account or a member of staff.
Recipient = tuple[RecipientKind, str]
INBOX = "inbox"
SMS = "sms"
#: Nothing more happens to a notice in these by itself.
SETTLED = ("sent", "refused", "uncertain")


@dataclass(frozen=True, slots=True)
class NoticeView:
    """One message in an inbox, worded in the reader's language. ``at`` is when it was sent."""

    id: str
    key: str
    template: str
    title: str
    body: str
    at: datetime
    read_at: datetime | None
    case_id: str | None
    document_id: str | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """What a channel that leaves the house is given. ``key`` is the stable name of the message there: the same at every try."""

    key: str
    recipient: Recipient
    texts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a try ended. ``again``: definitely not taken, and not for a reason in the message – it is tried later by itself. ``said`` names why."""

    state: Literal["sent", "refused", "uncertain", "again"]
    said: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


#: Does the sending. Runs after the try was committed; whatever it raises means that nobody knows what arrived.
Transmit = Callable[[], Outcome]
#: ``fn(session, parcel)`` looks up all that the sending needs and returns what sends. What it raises means that nothing left the house.
Channel = Callable[[Session, Parcel], Transmit]
