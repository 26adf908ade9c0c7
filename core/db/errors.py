"""What can go wrong with the database itself, told apart by what the caller can do about it."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from core.kernel.errors import PlatformError

#: PostgreSQL: serialization failure, deadlock, lock not available. The transaction may simply be run again.
_RETRY_STATES = frozenset({"40001", "40P01", "55P03"})
#: PostgreSQL: server shutting down or starting, too many connections.
_AWAY_STATES = frozenset({"57P01", "57P02", "57P03", "53300"})
_SQLITE_BUSY = ("database is locked", "database table is locked", "database schema is locked")
_SQLITE_AWAY = ("unable to open database file", "disk i/o error")


class DatabaseAway(PlatformError):
    """The database does not answer. Nothing was written; the same request may be sent again."""

    status = 503
    key = "db.away"


class NotMigrated(PlatformError):
    """The tables are older or newer than this version of the code."""

    status = 503
    key = "db.not_migrated"


class MigrationFailed(PlatformError):
    """A migration stopped; its own transaction was rolled back."""

    status = 500
    key = "db.migration_failed"


def _state(error: DBAPIError) -> str | None:
    state = getattr(error.orig, "sqlstate", None)
    return str(state) if state else None


def is_transient(error: BaseException) -> bool:
    """Whether running the whole transaction again can succeed (lock, deadlock, serialization)."""
    if not isinstance(error, DBAPIError):
        return False
    return _state(error) in _RETRY_STATES or any(words in str(error.orig).lower() for words in _SQLITE_BUSY)


def is_away(error: BaseException) -> bool:
    """Whether the database cannot be reached at all (stopped, network, no free connection)."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    state = _state(error)
    if error.connection_invalidated or state in _AWAY_STATES or (state or "").startswith("08"):
        return True
    if not isinstance(error, OperationalError | InterfaceError):
        return False
    message = str(error.orig).lower()
    # psycopg raises OperationalError without an SQLSTATE when there is no connection to get one from.
    return any(words in message for words in _SQLITE_AWAY) or (state is None and type(error.orig).__module__.startswith("psycopg"))
