"""Halls made once a run and copied by every test that changes one: in a folder all workers of a run share, in a PostgreSQL template database."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.kernel.ids import new_id
from core.sdk.testing.once import made_once, run_folder

__all__ = ["made_once", "pg_address", "pg_database", "pg_mould", "pg_server", "run_folder"]


@contextmanager
def pg_server() -> Iterator[sa.Connection]:
    """A connection of the suite's PostgreSQL server that may make databases."""
    server = os.environ.get("WANGTING_TEST_PG")
    if not server:
        pytest.fail("PostgreSQL is not installed: run make test, which installs it or says how")
    admin = sa.create_engine(server, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with admin.connect() as connection:
        yield connection
    admin.dispose()


def pg_address(name: str) -> str:
    """Where a database of the suite's server is."""
    return os.environ["WANGTING_TEST_PG"].rsplit("/", 1)[0] + "/" + name


@contextmanager
def pg_database(template: str | None = None) -> Iterator[str]:
    """A database of one's own, empty or a copy of *template*; gone afterwards."""
    name = "t_" + new_id().replace("-", "")
    with pg_server() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"{_by_files(connection)}' if template else "")))
    yield pg_address(name)
    with pg_server() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


def _by_files(connection: sa.Connection) -> str:
    """Since version 15 a copy is written to the log row by row unless one asks for the files, which are copied in half the time."""
    return " STRATEGY file_copy" if (connection.dialect.server_version_info or (0,)) >= (15,) else ""


def pg_mould(factory: pytest.TempPathFactory, name: str, make: Callable[[Path, str], Any]) -> tuple[Path, str, Any]:
    """Like :func:`made_once` with a database beside the folder: ``make(folder, url)`` fills both and closes every connection.

    Returns the folder, the database's name for :func:`pg_database`, and what *make* returned.
    """

    def both(folder: Path) -> list[Any]:
        database = f"mould_{name}_{new_id().replace('-', '')}"
        with pg_server() as connection:
            connection.execute(sa.text(f'CREATE DATABASE "{database}"'))
        told = make(folder, pg_address(database))
        with pg_server() as connection:
            connection.execute(sa.text(f'ALTER DATABASE "{database}" ALLOW_CONNECTIONS false'))  # nobody writes into a mould
        return [database, told]

    folder, (database, told) = made_once(factory, f"pg-{name}", both)
    return folder, database, told
