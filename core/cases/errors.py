"""What can go wrong with a case."""

from datetime import datetime
from typing import ClassVar

from core.kernel.clock import local
from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound
from core.kernel.wording import word


class CaseNotFound(NotFound):
    """No such case, or none of the caller's; the two are not told apart."""

    key: ClassVar[str] = "cases.not_found"


class TaskClosed(Conflict):
    """The task is no longer open. ``params`` say who closed it (masked for citizens) and when."""

    key: ClassVar[str] = "cases.task_closed"

    def __init__(self, *, who: str, at: datetime | None, action: str = "") -> None:
        super().__init__(None if at else "cases.task_gone", who=who, action=action, at=at)

    def words(self, locale: str = "zh") -> str:
        """Who and when, in the hall's time."""
        at = self.params["at"]
        return word(self.message_key, locale, who=self.params["who"], when=f"{local(at):%Y-%m-%d %H:%M}" if at else "")


class NotHolder(Forbidden):
    """The member of staff does not hold this task."""

    key: ClassVar[str] = "cases.not_holder"


class NotEntitled(Forbidden):
    """Somebody else's to do, of those who see the case; ``who`` are the posts that may."""

    key: ClassVar[str] = "cases.not_entitled"


class NotAColleague(BadInput):
    """The task cannot go there: nobody by that name holds a post that may do it."""

    key: ClassVar[str] = "cases.not_a_colleague"


class NotForMany(BadInput):
    """The action is done one at a time; ``why`` is the key of the words."""

    key: ClassVar[str] = "cases.bulk_needs"

    def __init__(self, *, why: str) -> None:
        super().__init__(why)


class FourEyes(Forbidden):
    """The same person handled the step that this one must check (回避)."""

    key: ClassVar[str] = "cases.four_eyes"


class AlreadyClaimed(Conflict):
    """A colleague claimed the task."""

    key: ClassVar[str] = "cases.claimed"


class NotAsked(BadInput):
    """A correction touches what was not asked for; nothing else re-opens."""

    key: ClassVar[str] = "cases.not_asked"


class EvidenceGone(Conflict):
    """What the applicant agreed to use is no longer there, or may not serve any more; ``why`` is the rule."""

    key: ClassVar[str] = "cases.evidence_gone"


class PapersMoved(Conflict):
    """A paper of the batch is not in the hands it would go from: somebody sent it or took it in meanwhile."""

    key: ClassVar[str] = "cases.custody_moved"


class LaterMissing(Conflict):
    """Papers that were promised for later are not there yet; ``what`` names them."""

    key: ClassVar[str] = "cases.later_missing"


class PledgeClosed(Conflict):
    """Nothing is due for this promise: it was checked, or kept, or the case ended."""

    key: ClassVar[str] = "cases.pledge_closed"


class Busy(Conflict):
    """Others changed the case five times in a row while this command was tried."""

    key: ClassVar[str] = "cases.busy"


class NobodyHolds(BadInput):
    """A task would open that no department can hold; the route or the organisation must be mended first."""

    key: ClassVar[str] = "cases.nobody_holds"


class DraftStale(Conflict):
    """The draft was saved elsewhere meanwhile; ``params`` carry the version that is there now."""

    key: ClassVar[str] = "cases.draft_stale"


class PluginSilent(Conflict):
    """A plugin that the item configures has to be asked first, and cannot be: it was set aside, or this process did not load it."""

    key: ClassVar[str] = "cases.plugin_silent"


class ElsewhereDelivered(Conflict):
    """A paper result is handed over at the output window or sent by post, never by the plain button."""

    key: ClassVar[str] = "cases.at_the_window"


class PickupLocked(Conflict):
    """Too many failed identity checks: nothing is handed over until ``until``."""

    key: ClassVar[str] = "cases.pickup_locked"

    def __init__(self, *, until: datetime) -> None:
        super().__init__(None, until=f"{local(until):%H:%M}")
