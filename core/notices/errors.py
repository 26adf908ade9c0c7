"""What can go wrong with a notice: mistakes of whoever posts it, a channel that cannot send now, a decision that came too late."""

from typing import ClassVar

from core.kernel.errors import BadInput, Conflict, NotFound, PlatformError


class UnknownTemplate(BadInput):
    """There is no such template."""

    key = "notices.unknown_template"


class WrongParams(BadInput):
    """Parameters missing, not declared by the template, too long, or looking like a person's number."""

    key = "notices.wrong_params"


class NoChannel(PlatformError):
    """A notice names a channel that no plugin offers (any more); it waits until one does."""

    key = "notices.no_channel"


class NotConfigured(Conflict):
    """The gateway's address or secret will not do; nothing was sent."""

    key: ClassVar[str] = "notices.no_sms_secret"


class ChannelAway(PlatformError):
    """Definitely not taken; the outbox tries again."""

    status: ClassVar[int] = 503
    key: ClassVar[str] = "notices.away"


class UnderWay(PlatformError):
    """Another worker is at it this very moment."""

    status: ClassVar[int] = 503
    key: ClassVar[str] = "notices.under_way"


class NoticeNotFound(NotFound):
    """No such notice, or none of the caller's; the two are not told apart."""

    key: ClassVar[str] = "notices.not_found"


class NotHeld(Conflict):
    """It does not wait for a person (any more)."""

    key: ClassVar[str] = "notices.not_held"
