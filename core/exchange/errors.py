"""What can go wrong with the exchange."""

from typing import ClassVar

from core.kernel.errors import BadInput, Conflict, NotFound, PlatformError


class NotFinished(Conflict):
    """The case is open, was never accepted, or was erased: the format has no record of it."""

    key: ClassVar[str] = "exchange.not_finished"


class NoDelivery(NotFound):
    """There is no such delivery, or it is none of the caller's departments'."""

    key: ClassVar[str] = "exchange.no_delivery"


class BadMapping(BadInput):
    """The mapping file does not hold; ``findings`` say where."""

    key: ClassVar[str] = "exchange.bad_mapping"


class PlatformAway(PlatformError):
    """The upper platform did not answer, or not as agreed. The outbox tries again."""

    status: ClassVar[int] = 503
    key: ClassVar[str] = "exchange.away"


class NotConfigured(Conflict):
    """No upper platform is set, or its secret is missing."""

    key: ClassVar[str] = "exchange.not_configured"
