"""What can go wrong with a draft of an item."""

from dataclasses import dataclass
from typing import Any

from core.kernel.errors import BadInput, Conflict, NotFound


class DraftNotFound(NotFound):
    """No such draft, or not yours to see."""

    key = "items.studio_draft_missing"


class NoSuchSpot(BadInput):
    """An address that leads nowhere in the draft. Params: ``at``."""

    key = "items.studio_no_spot"


class BadEdit(BadInput):
    """An edit that says nothing that can be done. Params: ``what``."""

    key = "items.studio_bad_edit"


@dataclass(frozen=True, slots=True)
class Clash:
    """One spot that two people changed: what stands there now – nothing where ``gone`` – and what was to be written."""

    at: str
    theirs: Any
    yours: Any
    gone: bool = False


class Clashed(Conflict):
    """Somebody else changed the same spots meanwhile; nothing was written, and whoever wrote keeps what they wrote."""

    key = "items.studio_clash"

    def __init__(self, clashes: tuple[Clash, ...]) -> None:
        super().__init__(count=len(clashes))
        self.clashes = clashes


class DraftEnded(Conflict):
    """The draft was handed in or put aside; it is kept and can be read."""

    key = "items.studio_ended"


class DraftExists(Conflict):
    """Somebody drafts this item already. Params: ``title``."""

    key = "items.studio_exists"


class NothingToUndo(Conflict):
    """There is nothing of this person's to undo or to do again."""

    key = "items.studio_nothing_to_undo"


class NothingPlayed(BadInput):
    """A play that went wrong cannot be made a test. Params: ``step``."""

    key = "items.studio_not_playable"


class CannotRoute(BadInput):
    """A change of a route's shape that would leave no route, or none that is sound. ``because`` is the key of the finding it would make."""

    key = "items.studio_route_broken"

    def __init__(self, key: str | None = None, /, because: str = "", **params: Any) -> None:
        super().__init__(key, **params)
        self.because = because


class NotAPlay(BadInput):
    """What was sent is no play. Params: ``what``."""

    key = "items.studio_not_a_play"


class ImportNotFound(NotFound):
    """No such file, or not yours."""

    key = "items.import_missing"


class ImportEnded(Conflict):
    """The file was taken over already."""

    key = "items.import_ended"


class NotForYou(Conflict):
    """The item is another department's to draft. Params: ``title``, ``department``."""

    key = "items.import_not_yours"


class OwnWork(Conflict):
    """Whoever had a hand in it does not put it in force."""

    key = "items.studio_hall_own"


class Overtaken(Conflict):
    """It was changed since it was looked at."""

    key = "items.studio_hall_overtaken"


class NotReady(BadInput):
    """Something is wrong with it still. Params: ``count``."""

    key = "items.studio_hall_not_ready"


class NothingNew(Conflict):
    """It says what is in force already."""

    key = "items.studio_hall_same"
