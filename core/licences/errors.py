"""What can go wrong with a licence."""

from core.kernel.errors import BadInput, Conflict, Forbidden, NotFound
from core.kernel.wording import word


class UnknownType(NotFound):
    """An item names a licence type that the catalogue lacks."""

    key = "licences.unknown_type"


class IssuerWithoutCode(BadInput):
    """The issuing department has no valid unified social credit code, which the identifier needs (GB/T 36904)."""

    key = "licences.issuer_without_code"


class TypeRefuses(BadInput):
    """The catalogue does not let this type be issued now, to this holder or by this department."""

    key = "licences.type_ended"


class BadIdentifier(BadInput):
    """A typed licence identifier that cannot be one: wrong shape or wrong check character (GB/T 36904)."""

    key = "identifiers.licence_check"


class NotYourPost(Forbidden):
    """The act belongs to another post at the issuer."""

    key = "licences.not_your_post"


class WrongStatus(Conflict):
    """The licence is not in a status from which the act starts. ``params["status"]`` is the status by name."""

    key = "licences.wrong_status"

    def words(self, locale: str = "zh") -> str:
        """The message, the status in words."""
        status = self.params.get("status")
        return word(self.message_key, locale, **{**self.params, **({"status": word(f"licences.status_{status}", locale)} if status else {})})


class Unusable(BadInput):
    """The licence cannot serve as evidence; the key names the rule that refuses it."""

    key = "licences.refused_other"


class NoGrant(NotFound):
    """Nobody gave leave to open this licence for this case, or the leave has run out."""

    key = "licences.no_grant"
