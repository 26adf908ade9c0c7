"""What the route language and its engine refuse, each with words for the one who asked."""

from core.kernel.errors import BadInput, PlatformError


class BadRoute(BadInput):
    """The route document cannot be compiled; ``findings`` name every spot."""

    key = "routing.bad_route"


class RouteRefused(PlatformError):
    """The command does not fit where the case stands. Nothing happened."""

    status = 409
    key = "routing.refused"


class NeedMissing(RouteRefused):
    """The command lacks what the action needs: a reason, a material, a document, or a value that a rule asks for."""

    status = 422
    key = "routing.need.reason"
