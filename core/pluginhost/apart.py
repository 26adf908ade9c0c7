"""Plugins' messages are run by a process apart (``core.worker.apart``). Its keeper, here, opens it while such messages are due – one in a hall's home –,
hears on a pipe what it begins, and ends it when a run takes longer than it may: no thread can be ended, a process always can.

What was in hand then fails like any other message (:func:`core.outbox.relay.ended`), and the plugin whose code ran is told in its row.
"""

import json
import logging
import os
import selectors
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.db.database import Database
from core.kernel.errors import PlatformError
from core.outbox import relay
from core.outbox.errors import ProcessEnded
from core.outbox.relay import Claim
from core.outbox.service import PLUGINS
from core.pluginhost import failures
from core.pluginhost.calls import Note

if TYPE_CHECKING:
    from subprocess import Popen

log = logging.getLogger("wangting.plugins")

#: The program, and the file in the hall's home that its process holds locked: there is one at most.
PROGRAM, LOCK = "core.worker.apart", "apart.lock"
#: How long it waits for another message before it ends; how often is looked whether it is wanted (seconds).
IDLE_SECONDS, LOOK_SECONDS = 30.0, 0.5
#: How long the keeper waits before it opens one again that could not even start: doubling (seconds).
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 300.0


@dataclass(slots=True)
class Hand:
    """What the process has in hand: the message, until when (monotonic clock), and the plugin's code that it called last."""

    message: Claim
    by: str
    seconds: float
    until: float
    plugin: str = ""
    hook: str = ""


class Keeper:
    """Opens, hears and ends the process. ``look`` is called again and again by the relay's thread, or by ``wangting plugins work``."""

    def __init__(self, database: Database, home: Path, environ: Mapping[str, str] | None = None, *, idle: float = IDLE_SECONDS) -> None:
        self._database = database
        self._home = home
        self._environ = dict(environ or {})
        self._idle = idle
        self._next = 0.0
        self._pause = FIRST_PAUSE
        self._turn = ""
        self._thread: threading.Thread | None = None
        self._process: Popen[bytes] | None = None

    def look(self) -> None:
        """Open the process when a message waits for it and none is open in this home. What keeps it from looking is logged: the relay goes on."""
        at = time.monotonic()
        if at < self._next or (self._thread is not None and self._thread.is_alive()):
            return
        self._next = at + LOOK_SECONDS
        try:
            self._open()
        except (OSError, PlatformError) as error:  # the home, the database
            self._next = at + FIRST_PAUSE
            log.warning("the process of plugins could not be opened: %s", error)

    def _open(self) -> None:
        if not relay.any_due(self._database, PLUGINS):
            return
        lock = _locked(self._home / LOCK)
        if lock is not None:
            self._thread = threading.Thread(target=self._keep, args=(lock,), name="wangting-apart", daemon=True)
            self._thread.start()

    def stop(self, timeout: float = 30.0) -> None:
        """Ask the process to end after the message in hand; end it after *timeout* seconds. What it had in hand is claimed again later."""
        thread, process = self._thread, self._process
        if thread is None or process is None:
            return
        process.terminate()
        thread.join(timeout)
        if thread.is_alive():
            process.kill()
            thread.join()

    def _keep(self, lock: int) -> None:
        """One process, from its start to its end."""
        from subprocess import DEVNULL, Popen  # only a hall with plugins pays for it

        reading, writing = os.pipe()
        try:
            # -P: nothing of the folder that the hall was started in is imported.
            command = [sys.executable, "-P", "-m", PROGRAM, str(writing), str(self._idle), self._turn]
            self._process = Popen(command, pass_fds=(writing, lock), env={**os.environ, **self._environ}, stdin=DEVNULL)  # noqa: S603 - our own program
            os.close(writing)
            os.close(lock)  # held by the process from now on, and given back with its end, however it ends
            hand, late = self._hear(reading, self._process)
            code = self._process.wait()
            if hand is not None:
                self._over(hand, late or code == -signal.SIGALRM, code)
            elif code not in (0, -signal.SIGTERM):
                log.error("the process of plugins ended with %s; the next one is opened in %s s", code, self._pause)
                self._next = time.monotonic() + self._pause
                self._pause = min(2 * self._pause, LONGEST_PAUSE)
        except Exception:
            log.exception("the process of plugins could not be kept")
        finally:
            os.close(reading)
            self._process = None

    def _hear(self, reading: int, process: "Popen[bytes]") -> tuple[Hand | None, bool]:
        """Hear what it begins and ends. Returns what it had in hand when it ended, and whether it was ended for taking too long."""
        hand: Hand | None = None
        with selectors.DefaultSelector() as waiting:
            waiting.register(reading, selectors.EVENT_READ)
            lines = _Lines(reading)
            while True:
                left = None if hand is None else hand.until - time.monotonic()
                if not waiting.select(left if left is None else max(left, 0.0)):
                    process.kill()
                    return hand, True
                said = lines.read()
                if said is None:
                    return hand, False
                for each in said:
                    hand = _told(hand, each)
                    self._turn = self._turn if hand is None else hand.message.turn
                    self._pause = FIRST_PAUSE

    def _over(self, hand: Hand, late: bool, code: int) -> None:
        """Its process is gone: write down whose code it was, and let the message go on."""
        how = signal.Signals(-code).name if code < 0 else str(code)
        log.error("message %s: %s of plugin %s %s", hand.message.id, hand.hook or "-", hand.plugin or "-", "took too long" if late else f"ended with {how}")
        if hand.plugin:
            note = Note(hand.plugin, hand.hook, "over", {"seconds": hand.seconds}) if late else Note(hand.plugin, hand.hook, "died", {"how": how})
            self._database.run(lambda session: failures.failed(session, note))
        error = ProcessEnded(seconds=hand.seconds) if late else ProcessEnded("outbox.died_in_hand", how=how)
        relay.ended(self._database, hand.message, error, by=hand.by)


def _told(hand: Hand | None, said: dict[str, Any]) -> Hand | None:
    if "message" in said:
        message = Claim(said["message"], said["topic"], said["body"], said["attempts"], said["turn"])
        return Hand(message, said["by"], said["seconds"], time.monotonic() + said["seconds"])
    if "plugin" in said and hand is not None:
        hand.plugin, hand.hook = said["plugin"], said["hook"]
        return hand
    return None


class _Lines:
    """Lines of JSON from a pipe."""

    def __init__(self, reading: int) -> None:
        self._reading = reading
        self._rest = b""

    def read(self) -> list[dict[str, Any]] | None:
        """The lines that are complete now; ``None`` at the end."""
        data = os.read(self._reading, 65536)
        if not data:
            return None
        *whole, self._rest = (self._rest + data).split(b"\n")
        return list(_parsed(whole))


def _parsed(lines: list[bytes]) -> Iterator[dict[str, Any]]:
    for line in lines:
        yield json.loads(line)


def _locked(path: Path) -> int | None:
    """The lock of the home, as an open file; ``None`` when a process has it."""
    import fcntl  # as in ``init``: a hall runs on POSIX systems

    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    return lock
