"""Why a message waits."""

from core.kernel.errors import Conflict, PlatformError


class NoHandler(PlatformError):
    """No function is registered for the topic in this process."""

    key = "outbox.no_handler"


class Died(PlatformError):
    """The process that held the message died every time."""

    key = "outbox.died"


class ProcessEnded(PlatformError):
    """The process apart was ended in the middle of the message: it took too long, or ended by itself."""

    key = "outbox.over_time"


class Later(PlatformError):
    """What a handler needs is not there just now, through nobody's mistake: the message waits and no try is counted."""

    key = "outbox.later"


class NotParked(Conflict):
    """Only a parked message can be revived."""

    key = "outbox.not_parked"


def describe(error: BaseException) -> str:
    """The error as kept in the row: short, without statement parameters (the engine hides them)."""
    return f"{type(error).__name__}: {error}"[:500]
