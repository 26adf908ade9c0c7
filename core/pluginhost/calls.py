"""Calls into plugins: each is timed, what goes wrong is noted, and one that hangs is seen.

A failure in the middle of somebody's transaction would be rolled back with it. So it is noted for the thread, and whoever ended the transaction
writes what was noted in one of its own (:func:`core.pluginhost.failures.write`).
"""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from core.db.errors import is_away, is_transient
from core.kernel.errors import PlatformError
from core.pluginhost.errors import PluginFailed
from core.pluginhost.watchdog import Watchdog

log = logging.getLogger("wangting.plugins")

#: How long a plugin may take while somebody waits, how long a page of its own, and how long in the background where nothing else is said (seconds).
REQUEST_SECONDS, PAGE_SECONDS, BACKGROUND_SECONDS = 2.0, 10.0, 60.0

#: ``raised``; ``slow``: answered, but too late; ``nonsense``: answered with what it may not; ``over`` and ``died``: its process was ended, or ended by
#: itself; ``hung``: it did not come back at all; ``unfit``: it cannot take part as it is; ``worked``: what failed before works again.
Kind = Literal["raised", "slow", "nonsense", "over", "died", "hung", "unfit", "worked"]


@dataclass(frozen=True, slots=True)
class Note:
    """What happened in a call. ``params`` fill the words of its kind: names of types, files and lines, seconds – never what somebody entered."""

    plugin: str
    hook: str
    kind: Kind
    params: Mapping[str, Any] = field(default_factory=dict)


class Call:
    """One call under way: a context manager around the plugin's code."""

    __slots__ = ("_calls", "_outer", "hook", "plugin", "seconds", "since", "told")

    def __init__(self, calls: "Calls", plugin: str, hook: str, seconds: float) -> None:
        self._calls = calls
        self._outer: Call | None = None
        self.plugin, self.hook, self.seconds = plugin, hook, seconds
        self.since = 0.0
        self.told = False  #: whether the watchdog spoke of it

    def __enter__(self) -> "Call":
        self.since = time.monotonic()
        self._outer = self._calls.begin(self)
        return self

    def __exit__(self, _kind: object, error: BaseException | None, trace: TracebackType | None) -> None:
        """Note what went wrong; what the plugin raised becomes :class:`PluginFailed`. A platform error is an answer, a lost database is not its fault."""
        self._calls.end(self, self._outer)
        took = time.monotonic() - self.since
        if error is not None and not isinstance(error, PlatformError):
            if not isinstance(error, (Exception, SystemExit)) or is_away(error) or is_transient(error):
                return
            log.error("plugin %s failed in %s", self.plugin, self.hook, exc_info=error)
            self._calls.note(self.plugin, self.hook, "raised", what=type(error).__name__, where=_where(self.plugin, trace))
            raise PluginFailed(plugin=self.plugin, hook=self.hook) from error
        if took > self.seconds:
            log.warning("plugin %s took %.1f s in %s", self.plugin, took, self.hook)
            self._calls.note(self.plugin, self.hook, "slow", seconds=round(took, 1), limit=self.seconds)
        elif error is None and self._calls.failing.get(self.plugin) == self.hook:
            self._calls.note(self.plugin, self.hook, "worked")


def _where(plugin: str, trace: TracebackType | None) -> str:
    """The last line of the plugin's own that was reached, else the last of all: ``service.py:12``."""
    last = own = "–"
    while trace is not None:
        path, last = Path(trace.tb_frame.f_code.co_filename), ""
        last = f"{path.name}:{trace.tb_lineno}"
        if plugin in path.parts:
            own = last
        trace = trace.tb_next
    return own if own != "–" else last


class Calls:
    """All calls of one host: those under way by thread, and what this thread has noted."""

    def __init__(self) -> None:
        self._here = threading.local()
        self._running: dict[int, Call] = {}
        self._watchdog: Watchdog[Call] | None = None
        #: Plugin → the hook that failed last, of those that have failures (:class:`core.pluginhost.standing.Standing`); only their success is noted.
        self.failing: Mapping[str, str] = {}
        #: Told of each call before it begins: the process of background work tells its keeper.
        self.begins: Callable[[Call], None] | None = None

    def call(self, plugin: str, hook: str, seconds: float | None = None) -> Call:
        """A call of *plugin*'s code, named by its hook, page, slot or job, that may take *seconds* (what the caller set with :meth:`within` otherwise)."""
        return Call(self, plugin, hook, getattr(self._here, "seconds", REQUEST_SECONDS) if seconds is None else seconds)

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Calls of this thread may take so long meanwhile: nobody waits for them, or somebody waits longer."""
        before = getattr(self._here, "seconds", REQUEST_SECONDS)
        self._here.seconds = seconds
        try:
            yield
        finally:
            self._here.seconds = before

    def note(self, plugin: str, hook: str, kind: Kind, **params: Any) -> None:
        """Remember what happened until the transaction is over. What answered nonsense did not work, though it came back."""
        before = self._here.__dict__.get("notes", [])
        kept = before if kind == "worked" else [each for each in before if (each.plugin, each.hook, each.kind) != (plugin, hook, "worked")]
        self._here.notes = [*kept, Note(plugin, hook, kind, params)]

    def noted(self) -> tuple[Note, ...]:
        """What this thread noted, taken out."""
        found: list[Note] = self._here.__dict__.pop("notes", [])
        return tuple(found)

    def watch(self, hung: Callable[[Call], None]) -> None:
        """From now on *hung* is told – by another thread – of a call that does not come back. The thread lives while calls are made."""
        self._watchdog = Watchdog(self._running, hung)

    def begin(self, call: Call) -> Call | None:
        """*call* begins on this thread; the call that it is made within, if any."""
        here = threading.get_ident()
        outer = self._running.get(here)
        self._running[here] = call
        if self._watchdog is not None:
            self._watchdog.wake()
        if self.begins is not None:
            self.begins(call)
        return outer

    def end(self, call: Call, outer: Call | None) -> None:
        """*call* came back."""
        here = threading.get_ident()
        if outer is not None:
            self._running[here] = outer
        elif self._running.get(here) is call:
            del self._running[here]
