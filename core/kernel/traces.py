"""An error as the log keeps it: where, of what type, and with which key – never its own words, which may be somebody's name or number.

A plugin that raises ``ValueError(answer)``, a library that quotes what it could not read: such words would carry an applicant's values into files that
nobody seals and everybody in operations reads. Errors of the system (no disk, no database) keep theirs: they speak of the machine.
"""

from collections.abc import Iterator
from traceback import format_tb

from core.kernel.errors import PlatformError


def told(error: BaseException) -> str:
    """The traceback of *error* and of what led to it, the oldest first, without the words of any."""
    return "\n".join(_one(each) for each in reversed(list(_led_to(error))))


def _led_to(error: BaseException | None) -> Iterator[BaseException]:
    """*error*, its cause, and so on, as Python prints them."""
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _one(error: BaseException) -> str:
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    frames = "".join(format_tb(error.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{kind}{_words(error)}"


def _words(error: BaseException) -> str:
    if isinstance(error, PlatformError):
        return f": {error.message_key}"
    if isinstance(error, OSError) and error.strerror:
        return f": [Errno {error.errno}] {error.strerror}"
    if type(error).__name__ == "OperationalError":  # of every database driver: the server, the network, the disk
        return f": {getattr(error, 'orig', error)}"
    return f": {state}" if (state := getattr(getattr(error, "orig", None), "sqlstate", None)) else ""
