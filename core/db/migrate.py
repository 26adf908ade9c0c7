"""Schema versions: one Alembic environment, one version table an owner, so that removing a plugin's folder breaks nobody else.

Never called by a server at start: ``wangting init`` and ``wangting migrate`` do, one process at a time.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, MetaData, inspect, text

from core.db.database import Database
from core.db.errors import MigrationFailed
from core.kernel.errors import PlatformError
from core.kernel.places import shipped

if TYPE_CHECKING:  # Alembic takes 9 MB; a server asks for the status only and does without
    from alembic.config import Config

#: Any number known to nobody else: the lock that lets one process migrate a PostgreSQL database.
_ADVISORY_LOCK = 7_238_401_966


def script_location() -> Path:
    """The folder with ``env.py``: beside ``core`` in a checkout, under ``share/wangting`` when installed."""
    return shipped("migrations")


@dataclass(frozen=True)
class Owner:
    """Whose schema: the core, or a plugin with its own folder of revisions and tables ``plg_<name>_…``."""

    name: str
    versions: Path
    model_modules: tuple[str, ...] = ()
    metadata: MetaData | None = None

    @property
    def is_core(self) -> bool:
        """Whether this is the platform itself."""
        return self.name == "core"

    @property
    def version_table(self) -> str:
        """Where the owner's revision is kept."""
        return "alembic_version" if self.is_core else f"alembic_version_{self.name}"

    def owns(self, table: str) -> bool:
        """Whether *table* is the owner's to change."""
        if self.is_core:
            return not table.startswith(("plg_", "alembic_version", "search_index_", "test_"))
        return table.startswith(f"plg_{self.name}_")


def core() -> Owner:
    """The platform's own schema."""
    return Owner("core", script_location() / "versions")


def upgrade(database: Database, owner: Owner | None = None, revision: str = "head") -> None:
    """Bring *owner*'s tables to *revision*; each step in its own transaction. :class:`MigrationFailed` says where it stopped."""
    from alembic import command

    _run(database, owner or core(), lambda config: command.upgrade(config, revision))


def downgrade(database: Database, revision: str, owner: Owner | None = None) -> None:
    """Go back to *revision* (``base`` takes every table of the owner away)."""
    from alembic import command

    _run(database, owner or core(), lambda config: command.downgrade(config, revision))


def differences(database: Database, owner: Owner | None = None) -> str | None:
    """What the models have and the database has not (or the other way round); ``None`` when head equals the models."""
    from alembic import command

    try:
        _run(database, owner or core(), lambda config: command.check(config))
    except MigrationFailed as failed:
        return str(failed.params["why"])
    return None


def status(database: Database, owner: Owner | None = None) -> tuple[str | None, str | None]:
    """(revision in the database, newest revision on disk)."""
    owner = owner or core()
    with database.engine.connect() as connection:
        known = inspect(connection).has_table(owner.version_table)
        current = connection.execute(text(f'SELECT version_num FROM "{owner.version_table}"')).scalar() if known else None  # noqa: S608 - a name of ours
    return current, _head(owner)


_REVISION = re.compile(r"""^(down_revision|revision)\b[^=]*=\s*(?:None|["']([^"']+)["'])""", re.MULTILINE)


def _head(owner: Owner) -> str | None:
    """The revision on disk that none follows; revisions form one line."""
    read = [dict(_REVISION.findall(path.read_text(encoding="utf-8"))) for path in owner.versions.glob("*.py")]
    followed = {each.get("down_revision") for each in read}
    return next((each["revision"] for each in read if each.get("revision") and each["revision"] not in followed), None)


def _config(owner: Owner) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(script_location()).replace("%", "%%"))
    config.set_main_option("version_locations", str(owner.versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    config.attributes["owner"] = owner
    return config


def _run(database: Database, owner: Owner, work: "Callable[[Config], object]") -> None:
    config = _config(owner)
    with database.engine.connect() as connection, _alone(connection):
        config.attributes["connection"] = connection
        try:
            work(config)
            connection.commit()
        except PlatformError:
            raise
        except Exception as error:
            connection.rollback()
            raise MigrationFailed(owner=owner.name, why=f"{type(error).__name__}: {error}") from error


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """One migrating process at a time: an advisory lock on PostgreSQL; SQLite's write lock is taken by the first step anyway.

    On SQLite foreign keys rest meanwhile: batch mode copies a table and drops the old one, which must not cascade.
    """
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.commit()
        try:
            yield
        finally:
            connection.rollback()
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
        return
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _ADVISORY_LOCK})
    connection.commit()
    try:
        yield
    finally:
        connection.rollback()
        connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})
        connection.commit()
