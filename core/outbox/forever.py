"""A worker without a broker: the embedded relay in a process of its own (``wangting worker``), stopped by SIGTERM or Ctrl-C."""

import signal
import threading
from types import FrameType

from core.db.database import Database
from core.outbox.relay import Embedded, Keeper


def run_forever(database: Database, *, poll_seconds: float = 0.5, keeper: Keeper | None = None) -> None:
    """Work until asked to stop; the message in hand is finished first. With a *keeper* what calls plugins' code is left to its process."""
    asked = threading.Event()

    def ask(_signal: int, _frame: FrameType | None) -> None:
        asked.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, ask)
    relay = Embedded(database, poll_seconds=poll_seconds, keeper=keeper).start()
    asked.wait()
    relay.stop()
