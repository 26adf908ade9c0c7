"""What a notice is to those who post and those who read."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

RecipientKind = Literal["account", "staff"]
#: (kind, id): a citizen's account or a member of staff.
Recipient = tuple[RecipientKind, str]
INBOX = "inbox"


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
