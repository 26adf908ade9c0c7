"""Small tables that every request asks and hardly anybody changes – settings, plugins: read once a process and again when their turn moved."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from core.db.models import Turn

Value = TypeVar("Value")

#: How old what is remembered may be before the turn is read again (seconds of the machine's own clock).
FRESH_SECONDS = 2.0


@dataclass(slots=True)
class _Kept(Generic[Value]):
    turn: int
    value: Value
    looked_at: float


class Remembered(Generic[Value]):
    """What *load* makes of a table, for every session of a process.

    A transaction that changes the table says so with :meth:`changed`; it then sees its own change at once, and other processes theirs within
    :data:`FRESH_SECONDS` of the commit.
    """

    def __init__(self, name: str, load: Callable[[Session], Value]) -> None:
        self.name = name
        self._load = load
        self._mark = f"{name}_changed"
        self._lock = threading.Lock()
        self._kept: WeakKeyDictionary[Any, _Kept[Value]] = WeakKeyDictionary()

    def value(self, session: Session) -> Value:
        """The table as the session's transaction may see it."""
        if session.info.get(self._mark):  # this transaction sees its own change, and shows it to nobody else
            return self._load(session)
        engine, at = session.get_bind(), time.monotonic()
        with self._lock:
            kept = self._kept.get(engine)
        if kept is not None and at - kept.looked_at < FRESH_SECONDS:
            return kept.value
        turn = session.scalar(select(Turn.turn).where(Turn.name == self.name)) or 0
        if kept is None or kept.turn != turn:
            kept = _Kept(turn, self._load(session), at)
        kept.looked_at = at
        with self._lock:
            self._kept[engine] = kept
        return kept.value

    def changed(self, session: Session) -> None:
        """Count the turn up, in the transaction of the change."""
        session.flush()
        dialect = sqlite if session.get_bind().dialect.name == "sqlite" else postgresql
        insert = dialect.insert(Turn).values(name=self.name, turn=1)
        session.execute(insert.on_conflict_do_update(index_elements=["name"], set_={"turn": Turn.turn + 1}))
        session.info[self._mark] = True

    def forget(self, session: Session) -> None:
        """Let this process read the table again at its next question: its own change is then seen by its other sessions at once."""
        with self._lock:
            self._kept.pop(session.get_bind(), None)
