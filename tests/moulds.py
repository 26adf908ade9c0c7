"""Halls made once a run and copied by every test that changes one: in a folder all workers of a run share, in a PostgreSQL template database."""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.kernel.ids import new_id


def run_folder(factory: pytest.TempPathFactory) -> Path:
    """The folder of the whole run: above those of its workers, or the only process's own."""
    base = factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in os.environ else base


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> tuple[Path, Any]:
    """The folder that ``make(folder)`` filled, by whichever worker came first, and the JSON value that it returned.

    Nobody may write there: take a copy, or read.
    """
    top = run_folder(factory) / "moulds"
    top.mkdir(exist_ok=True)
    folder, said = top / name, top / f"{name}.json"
    with _alone(top / f"{name}.lock"):
        if not said.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a maker that failed
            told = make(folder)
            said.write_text(json.dumps(told), encoding="utf-8")
    return folder, json.loads(said.read_text(encoding="utf-8"))


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
        connection.execute(sa.text(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else "")))
    yield pg_address(name)
    with pg_server() as connection:
        connection.execute(sa.text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))


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
