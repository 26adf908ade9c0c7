"""One database: its engine and its sessions. A session carries the hall's instruments (keyring, blob store, plugin host) in ``info``."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from core.db import months, sqlite
from core.db.base import Base
from core.db.errors import DatabaseAway, is_away
from core.db.retry import retrying

Result = TypeVar("Result")

#: A connection that rested longer is asked whether it lives.
IDLE_SECONDS = 1.0
_RESTS = "wangting_rests_since"
_to_json = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))


def _engine(url: str, pool_size: int) -> Engine:
    parsed = make_url(url)
    if parsed.drivername in ("postgres", "postgresql"):
        parsed = parsed.set(drivername="postgresql+psycopg")
    options: dict[str, Any] = {"json_serializer": _to_json, "hide_parameters": True}  # what people wrote stays out of error texts and logs
    if parsed.get_backend_name() == "sqlite":
        if parsed.database in (None, "", ":memory:"):
            options |= {"poolclass": StaticPool, "connect_args": {"check_same_thread": False}}
        else:
            Path(str(parsed.database)).parent.mkdir(parents=True, exist_ok=True)
            options |= {"pool_size": pool_size, "max_overflow": 40}
    else:
        options |= {"pool_size": pool_size, "max_overflow": pool_size, "pool_timeout": 10, "pool_recycle": 1800}
        from core.db.postgres import CalmCursor  # a hall on SQLite does without the driver

        options["connect_args"] = {"connect_timeout": 5, "options": "-c timezone=UTC", "cursor_factory": CalmCursor}
    engine = create_engine(parsed, **options)
    if engine.dialect.name == "sqlite":
        sqlite.prepare(engine)
    else:
        _ask_the_idle(engine)
    return engine


def _ask_the_idle(engine: Engine) -> None:
    """Ask a connection that lay idle whether it still lives before giving it out. One used a moment ago is not asked: that would cost every
    request a round trip, and a database that went away this very second is noticed by the statement itself."""

    @event.listens_for(engine, "checkin")
    def rest(_connection: Any, record: Any) -> None:
        record.info[_RESTS] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wake(connection: Any, record: Any, _proxy: Any) -> None:
        since = record.info.get(_RESTS)
        if since is None or time.monotonic() - since < IDLE_SECONDS:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error
        if not alive:
            raise InvalidatePoolError


class Database:
    """The one engine of a process. ``instruments`` go into ``session.info`` of every session it opens.

    Flask-AppBuilder uses a scoped session of its own over :attr:`engine`.
    """

    def __init__(self, url: str, *, pool_size: int = 8, **instruments: Any) -> None:
        self.url = url
        self.engine = _engine(url, pool_size)
        self.sessions: sessionmaker[Session] = sessionmaker(self.engine, expire_on_commit=False, info={"database": self, **instruments})

    @property
    def is_sqlite(self) -> bool:
        """Whether this is the embedded database."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by any error. :class:`DatabaseAway` when the database is gone."""
        with self.sessions() as session:
            try:
                yield session
                session.commit()
            except (DBAPIError, PoolTimeout) as error:
                session.rollback()
                if is_away(error):
                    raise DatabaseAway from error
                raise
            except BaseException:
                session.rollback()
                raise

    def run(self, work: Callable[[Session], Result], attempts: int = 5) -> Result:
        """*work* in a transaction of its own, run again from the start on a lock, deadlock or serialization failure."""

        def once() -> Result:
            with self.session() as session:
                return work(session)

        return retrying(once, attempts=attempts)

    def ping(self) -> None:
        """Return when the database answers; :class:`DatabaseAway` otherwise (``/readyz``)."""
        with self.session() as session:
            session.execute(text("SELECT 1"))

    def create_all(self) -> None:
        """Make every core table whose model is imported (tests; a real hall is made by migrations)."""
        Base.metadata.create_all(self.engine)
        with self.engine.begin() as connection:
            for table in months.declared():
                months.partition(connection, table)

    def close(self) -> None:
        """Give back every connection."""
        self.engine.dispose()
