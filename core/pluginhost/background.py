"""Background work that a plugin offers: jobs that run at intervals, and jobs that it asks for itself."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from core.pluginhost.context import Context

#: ``run(ctx, body)``: one transaction a call, idempotent. ``True`` asks to be called again at once: long work is done in pieces.
Run = Callable[[Context, dict[str, Any]], bool | None]

#: The topic of the messages that jobs are, and how their keys begin: ``plugin.job/<plugin>/<job>/…``.
JOBS = "plugin.job"
_NAME = re.compile(r"[a-z][a-z0-9_]{0,27}")
#: The shortest interval, and how long one call may take at most (seconds).
SHORTEST, LONGEST = timedelta(seconds=10), 3600.0


@dataclass(frozen=True, slots=True)
class Job:
    """One kind of work. ``every``: it is run at this interval by itself, with an empty body; ``seconds``: how long one call may take before its process
    is ended. Raises :class:`ValueError` for what cannot be."""

    name: str
    run: Run
    every: timedelta | None = None
    seconds: float = 60.0

    def __post_init__(self) -> None:
        """Refuse what could never run, when the plugin is loaded and not in the night."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"job {self.name!r}: lower-case letters, digits and _, at most 28")
        if self.every is not None and self.every < SHORTEST:
            raise ValueError(f"job {self.name}: every {self.every}, at least {SHORTEST}")
        if not 1 <= self.seconds <= LONGEST:
            raise ValueError(f"job {self.name}: {self.seconds} seconds, between 1 and {LONGEST:.0f}")
