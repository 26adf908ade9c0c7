"""The watchdog of a process: a thread that sees calls which do not come back. Started by the first call, it ends when none was made for a while."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from typing import Generic, Protocol, TypeVar

log = logging.getLogger("wangting.plugins")

#: A call that runs longer does not come back any more (seconds).
HUNG_SECONDS = 60.0
#: How many looks in a row see nothing before the thread ends.
_IDLE_LOOKS = 12


class Timed(Protocol):
    """What is watched: since when it runs (monotonic clock), and whether it was told of."""

    since: float
    told: bool


T = TypeVar("T", bound=Timed)


class Watchdog(Generic[T]):
    """Watches over *running* (thread → call) and tells *hung* of each call that hangs, once."""

    def __init__(self, running: Mapping[int, T], hung: Callable[[T], None]) -> None:
        self._running = running
        self._hung = hung
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """A call began."""
        with self._lock:  # the call stands in the table by now: the thread sees it before it ends, or has ended
            if self._thread is None:
                self._thread = threading.Thread(target=self._loop, name="wangting-watchdog", daemon=True)
                self._thread.start()

    def _loop(self) -> None:
        idle = 0
        while True:
            time.sleep(min(5.0, HUNG_SECONDS / 4))
            self._look()
            idle = 0 if self._running else idle + 1
            if idle >= _IDLE_LOOKS:
                with self._lock:
                    if not self._running:
                        self._thread = None
                        return

    def _look(self) -> None:
        at = time.monotonic()
        for call in tuple(self._running.values()):
            if at - call.since > HUNG_SECONDS and not call.told:
                call.told = True
                try:
                    self._hung(call)
                except Exception:
                    call.told = False  # at the next look again
                    log.exception("a hung call could not be told of")
