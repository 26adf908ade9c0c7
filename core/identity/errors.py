"""What can go wrong with people and organisations."""

from core.kernel.errors import BadInput, Conflict, Forbidden
from core.kernel.wording import word


class BadDocument(BadInput):
    """The number of a document is not one of its kind; ``params["reason"]`` is the key of why."""

    key = "identity.bad_document"

    @classmethod
    def of(cls, reason: str) -> "BadDocument":
        """The error for the key of why."""
        return cls(reason=reason)

    def words(self, locale: str = "zh") -> str:
        """The message with the reason in the same language."""
        return word(self.message_key, locale, why=word(str(self.params.get("reason", "")), locale))


class AlreadyRegistered(Conflict):
    """The phone or the document has an account. Said only after the document's number passed its test."""

    key = "identity.already_registered"


class NotYours(Forbidden):
    """The account has no authority to act for this party."""

    key = "identity.not_yours"


class BadDelegation(BadInput):
    """To oneself, in a circle, longer than three links, or with the days the wrong way round."""

    key = "identity.bad_delegation"

    def words(self, locale: str = "zh") -> str:
        """The message with the reason in the same language."""
        return word(self.message_key, locale, why=word(str(self.params.get("reason", "")), locale))


class ReasonMissing(BadInput):
    """Revealing personal data needs a reason (个人信息保护法 6, 51)."""

    key = "identity.reason_missing"


class OutsideThePlace(Forbidden):
    """A village agent files for the inhabitants of the agent's own place only."""

    key = "identity.outside_place"


class MandateRefused(Forbidden):
    """A mandate was not given, has ended, or does not reach this; ``params["reason"]`` is the key of the rule."""

    key = "identity.mandate_refused"

    def words(self, locale: str = "zh") -> str:
        """The message with the rule in the same language."""
        rest = {name: value for name, value in self.params.items() if name != "reason"}
        return word(self.message_key, locale, why=word(str(self.params.get("reason", "")), locale, **rest))
