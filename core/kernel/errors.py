"""Errors and findings: a message key with parameters, so that one catalogue words them in the user's language."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from core.kernel.wording import word


def spoken(params: Mapping[str, Any], locale: str) -> dict[str, Any]:
    """*params* in *locale*: one that has words of its own is given in both languages, ``{"zh": …, "en": …}``."""
    return {name: value[locale] if isinstance(value, Mapping) and locale in value else value for name, value in params.items()}


class PlatformError(Exception):
    """Something a person can understand and mend. ``key`` names the words, ``params`` fill them; ``status`` is the HTTP answer."""

    status: ClassVar[int] = 500
    key: ClassVar[str] = "kernel.failed"

    def __init__(self, key: str | None = None, /, **params: Any) -> None:
        self.message_key = key or type(self).key
        self.params = params
        super().__init__(self.message_key, params)

    def words(self, locale: str = "zh") -> str:
        """The message in *locale*. A parameter that has words of its own is given in both: ``{"zh": …, "en": …}``."""
        return word(self.message_key, locale, **spoken(self.params, locale))

    def __str__(self) -> str:
        return self.words("en")


class BadInput(PlatformError):
    """The caller's data is wrong; nothing was written. ``findings`` name each spot."""

    status = 422
    key = "kernel.bad_input"

    def __init__(self, key: str | None = None, /, findings: "tuple[Finding, ...]" = (), **params: Any) -> None:
        super().__init__(key, **params)
        self.findings = findings


class NotFound(PlatformError):
    """There is no such thing – or it is not the caller's to see, which is told apart by nobody."""

    status = 404
    key = "kernel.not_found"


class Forbidden(PlatformError):
    """Known caller, not allowed."""

    status = 403
    key = "kernel.forbidden"


class Conflict(PlatformError):
    """Somebody else was first, or the thing is no longer in that state."""

    status = 409
    key = "kernel.conflict"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of a check. ``path`` is the spot (JSON pointer or path of stable ids)."""

    level: Literal["error", "warning"]
    path: str
    key: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def words(self, locale: str = "zh") -> str:
        """What is wrong and how to mend it, in *locale*; a parameter may be given in both languages as in an error."""
        return word(self.key, locale, **spoken(self.params, locale))
