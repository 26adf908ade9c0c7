"""The process apart: runs the messages that call plugins' code, one after another, and tells its keeper (:mod:`core.pluginhost.apart`) what it begins.

Plugins take turns: after each message the next plugin that has one is served, so that nobody's backlog holds up the others.

``python -m core.worker.apart PIPE IDLE [AFTER]``: opened by the keeper, never by hand; AFTER had the last turn in the process before. It ends by itself
when nothing was due for IDLE seconds, when its keeper is gone, when the hall installed other code than it loaded, and – should the keeper have died –
by an alarm a little after the time is over.
"""

import json
import logging
import os
import signal
import sys
import threading
import time
from datetime import timedelta
from typing import Any

from core.db.database import Database
from core.db.errors import DatabaseAway
from core.outbox import relay
from core.outbox.relay import Claim
from core.outbox.service import PLUGINS
from core.pluginhost import service as plugins
from core.pluginhost import standing
from core.pluginhost.calls import BACKGROUND_SECONDS, Call
from core.web.observe import configure_logging
from core.worker.site import open_database

log = logging.getLogger("wangting.plugins")

#: How often it looks for messages (seconds).
POLL_SECONDS = 0.5
#: The claim of a message outlives its run by so much; the alarm, the keeper's patience (seconds).
GRACE = 10.0


def seconds_of(message: Claim) -> float:
    """How long a message may be run: what its sender said, else :data:`BACKGROUND_SECONDS`."""
    return float(json.loads(message.body).get("seconds", BACKGROUND_SECONDS))


class Apart:
    """The work of the process. *pipe* is where the keeper hears."""

    def __init__(self, database: Database, pipe: int, idle: float, after: str = "") -> None:
        self._database = database
        self._pipe = pipe
        self._idle = idle
        self._turn = after
        self._name = relay.worker_name()
        self._keeper = os.getppid()
        self._asked = threading.Event()
        self._loaded = standing.of(database).installed

    def ask(self, *_: object) -> None:
        """End after the message in hand (SIGTERM)."""
        self._asked.set()

    def begins(self, call: Call) -> None:
        """A plugin's code is about to run."""
        self._tell(plugin=call.plugin, hook=call.hook)

    def work(self) -> None:
        """Run what is due until there is a reason to end."""
        rested = time.monotonic()
        while not self._asked.is_set() and os.getppid() == self._keeper and time.monotonic() - rested < self._idle:
            try:
                message = self._next()
                if message is not None:
                    self._run(message)
                    rested = time.monotonic()
                    continue
            except DatabaseAway:
                log.warning("the database does not answer; trying again")
            except BrokenPipeError:
                return  # nobody hears any more
            self._asked.wait(POLL_SECONDS)

    def _next(self) -> Claim | None:
        with self._database.session() as session:
            if plugins.standing(session).installed != self._loaded:
                self._asked.set()  # the next process loads what is installed now
                return None
        lease = timedelta(seconds=BACKGROUND_SECONDS + GRACE)
        return relay.claim_in_turn(self._database, by=self._name, lease=lease, lane=PLUGINS, after=self._turn)

    def _run(self, message: Claim) -> None:
        self._turn = message.turn
        seconds = seconds_of(message)
        if seconds > BACKGROUND_SECONDS:
            relay.hold(self._database, message, timedelta(seconds=seconds + GRACE), by=self._name)
        said = {"message": message.id, "topic": message.topic, "body": message.body, "attempts": message.attempts, "turn": message.turn}
        self._tell(**said, by=self._name, seconds=seconds)
        signal.setitimer(signal.ITIMER_REAL, seconds + GRACE)
        try:
            relay.deliver(self._database, message, by=self._name)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            self._tell()

    def _tell(self, **said: Any) -> None:
        os.write(self._pipe, json.dumps(said).encode() + b"\n")


def main() -> None:
    """Run until there is a reason to end."""
    pipe, idle, after = int(sys.argv[1]), float(sys.argv[2]), "".join(sys.argv[3:])
    os.set_inheritable(pipe, False)  # what a plugin starts must not keep the pipe open
    configure_logging()
    apart = Apart(open_database(), pipe, idle, after)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, apart.ask)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # ends the process, whatever it is doing
    host = apart._database.sessions.kw["info"]["plugins"]
    host.calls.begins = apart.begins
    apart.work()


if __name__ == "__main__":
    main()
