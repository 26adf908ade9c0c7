"""What can go wrong in the catalogue and in the life of an item."""

from typing import ClassVar

from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound


class EntryNotFound(NotFound):
    """No such entry of the catalogue."""

    key: ClassVar[str] = "items.entry_not_found"


class RequestNotFound(NotFound):
    """No such request, or none of the caller's; the two are not told apart."""

    key: ClassVar[str] = "items.request_not_found"


class NotYours(Forbidden):
    """The member of staff has no post from which to ask for this, or to review it."""

    key: ClassVar[str] = "items.request_not_yours"


class SamePerson(Forbidden):
    """Whoever asked may not review, and whoever reviewed one step may not review the next."""

    key: ClassVar[str] = "items.request_same_person"


class NotNow(Conflict):
    """The item, the entry or the request is not in a state in which this can be done."""

    key: ClassVar[str] = "items.request_ended"


class Refused(BadInput):
    """What was asked for cannot be: the key says what is wrong and how to mend it."""

    key: ClassVar[str] = "items.request_refused"


class ItemStopped(Conflict):
    """The item is suspended or ended; ``reason`` and ``since`` say why and from when."""

    key: ClassVar[str] = "items.suspended"


class ReviewNeeded(Conflict):
    """This item is published by a request that others reviewed, and in no other way."""

    key: ClassVar[str] = "items.review_needed"
