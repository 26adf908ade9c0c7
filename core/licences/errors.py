"""What can go wrong when a licence is made."""

from core.kernel.errors import BadInput, NotFound, PlatformError


class UnknownType(NotFound):
    """An item names a licence type that the catalogue lacks."""

    key = "licences.unknown_type"


class IssuerWithoutCode(BadInput):
    """The issuing department has no valid unified social credit code, which the identifier needs (GB/T 36904)."""

    key = "licences.issuer_without_code"


class FontLacks(PlatformError):
    """A character that no font at hand can print. A licence with a hole in a name would be worse than a late one."""

    key = "licences.font_lacks"
