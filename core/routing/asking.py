"""What a command carries beside its name: reasons, ids and names of people – never words or values of the application."""

from collections.abc import Collection

from core.routing.errors import NeedMissing, RouteRefused
from core.routing.marking import Command

#: Ids of one kind in one command, and characters of one id.
_MOST, _LONGEST = 1000, 200


def needs(required: Collection[str], command: Command) -> None:
    """Raise :class:`NeedMissing` unless *command* brings what is *required*: ``reason``, ``materials``, ``document``."""
    for need in required:
        given = bool(command.reason and command.reason.strip()) if need == "reason" else bool(command.data.get(need))
        if not given:
            raise NeedMissing(f"routing.need.{need}")


def ids(command: Command, part: str) -> list[str]:
    """The ids that *command* carries under *part*, each once."""
    raw = command.data.get(part, ())
    if not isinstance(raw, (list, tuple)) or len(raw) > _MOST or not all(isinstance(i, str) and 0 < len(i) <= _LONGEST for i in raw):
        raise RouteRefused("routing.bad_data", part=part)
    return list(dict.fromkeys(raw))


def one_id(command: Command, part: str) -> str:
    """The single id under *part*."""
    raw = command.data.get(part)
    if not isinstance(raw, str) or not 0 < len(raw) <= _LONGEST:
        raise RouteRefused("routing.bad_data", part=part)
    return raw
