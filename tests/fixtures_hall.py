"""A hall to test in: plain functions that make a database, an organisation with people, and published items."""

import importlib
import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

from sqlalchemy import event, inspect, select
from sqlalchemy.orm import Session

from core.cases import hookspecs as case_hooks
from core.db.database import Database
from core.files.service import Files
from core.files.store import LocalStore
from core.identity import demo
from core.identity.models import Department, Division, Staff
from core.identity.service import account_by_login
from core.items import hookspecs as item_hooks
from core.kernel.actor import SYSTEM, Actor
from core.keys.store import create_keys, from_environment, key_file
from core.licences.service import put_types
from core.outbox import relay
from core.pluginhost.host import PluginHost

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "correct horse 8"


def import_models() -> None:
    """Every table of the core, so that ``create_all`` makes them."""
    for path in sorted((ROOT / "core").glob("*/models.py")):
        importlib.import_module(f"core.{path.parent.name}.models")


def make_database(tmp_path: Path, url: str | None = None) -> Database:
    """A hall in *tmp_path*: keys, blob store, every table. SQLite unless *url* names another database. What is there already stays."""
    keyring = from_environment(tmp_path, {}) if key_file(tmp_path).exists() else create_keys(tmp_path)
    import_models()
    file = tmp_path / "hall.db"
    if url is None and not file.exists():
        shutil.copyfile(_tables_only(), file)
    database = Database(url or f"sqlite:///{file}", keyring=keyring, **_instruments(tmp_path))
    if url is not None and not inspect(database.engine).has_table("outbox"):
        database.create_all()
    return database


@cache
def _mould_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="wangting-mould-")  # gone when the process ends


@cache
def _tables_only() -> Path:
    """An SQLite file with every table and no row, to copy."""
    file = Path(_mould_folder().name) / "tables.db"
    _write_closed(Database(f"sqlite:///{file}"), Database.create_all)
    return file


def _write_closed(database: Database, write: Callable[[Database], Any]) -> Any:
    """Let *write* fill the SQLite database and leave all of it in its one file."""
    told = write(database)
    with database.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return told


def _instruments(home: Path) -> dict[str, Any]:
    return {"blobs": Files(LocalStore(home / "blobs")), "plugins": PluginHost((case_hooks, item_hooks))}


@dataclass
class People:
    """The demonstration organisation, with ids at hand."""

    divisions: dict[str, str]
    departments: dict[tuple[str, str], str]
    staff: dict[str, str]
    users: dict[str, str] = field(default_factory=dict)
    citizen: str = ""
    citizen_party: str = ""
    company_party: str = ""
    other: str = ""
    other_party: str = ""

    def actor(self, login: str) -> Actor:
        """A member of staff as actor, by the login of :mod:`core.identity.demo`."""
        return Actor("staff", self.staff[login])

    @property
    def me(self) -> Actor:
        """The first citizen as actor."""
        return Actor("citizen", self.citizen)

    @property
    def stranger(self) -> Actor:
        """The second citizen as actor."""
        return Actor("citizen", self.other)

    def department(self, code: str, division: str = demo.CITY) -> str:
        """The id of a department."""
        return self.departments[division, code]


def make_hall(session: Session, make_user: demo.MakeUser | None = None) -> People:
    """The whole demonstration organisation in *session* (which the caller commits)."""
    users: dict[str, str] = {}

    def user(username: str, name: str, password: str, roles: Sequence[str]) -> str:
        users[username] = make_user(username, name, password, roles) if make_user else username
        return users[username]

    demo.seed(session, make_user=user)
    put_types(session, json.loads((ROOT / "item_configs" / "licence_types.json").read_text(encoding="utf-8")), actor=SYSTEM)
    return read_hall(session, users)


@cache
def _organisation() -> tuple[Path, dict[str, str]]:
    """The folder of a hall with the demonstration organisation and nothing else, and what :func:`read_hall` needs."""
    home = Path(_mould_folder().name) / "organisation"
    home.mkdir()

    def write(database: Database) -> dict[str, str]:
        with database.session() as session:
            return make_hall(session).users

    return home, _write_closed(make_database(home), write)


def organised(tmp_path: Path) -> tuple[Database, People]:
    """A hall on SQLite in *tmp_path* that :func:`make_hall` has filled: made once a process, copied by every test that changes it."""
    home, users = _organisation()
    shutil.copytree(home, tmp_path, dirs_exist_ok=True)
    database = make_database(tmp_path)
    with database.session() as session:
        return database, read_hall(session, users)


def read_hall(session: Session, users: dict[str, str] | None = None) -> People:
    """The ids of a hall that :func:`make_hall` made earlier."""
    divisions = {row.code: row.id for row in session.execute(select(Division.code, Division.id))}
    query = select(Division.code, Department.code, Department.id).join(Division, Division.id == Department.division_id)
    departments = {(division, code): department for division, code, department in session.execute(query)}
    logins = {user_id: login for login, user_id in (users or {}).items()}
    staff = {logins.get(user_id, user_id): staff_id for user_id, staff_id in session.execute(select(Staff.user_id, Staff.id))}
    me, other = (account_by_login(session, citizen[0]) for citizen in demo.CITIZENS)
    assert me is not None and other is not None
    return People(
        divisions, departments, staff, dict(users or {}), me.id, me.party_id, demo.company_party(session, me.id), other.id, other.party_id,
    )  # fmt: skip


def item_document(path: str | Path) -> dict[str, Any]:
    """The JSON of an item below ``item_configs/``."""
    found: dict[str, Any] = json.loads((ROOT / "item_configs" / path).read_text(encoding="utf-8"))
    return found


def publish_item(session: Session, path: str | Path, *, actor: Actor = SYSTEM, change: Callable[[dict[str, Any]], None] | None = None) -> str:
    """Apply and publish one item of ``item_configs/`` (``"market_regulation/food-operation-new.json"``); returns the version id."""
    from core.items import service as items

    doc = item_document(path)
    if change is not None:
        change(doc)
    return items.publish_document(session, doc, root=ROOT, actor=actor)


def settle(database: Database) -> None:
    """Run what waits in the outbox until nothing does: papers are made, notices written, submitted drafts gone."""
    for module in ("cases", "licences", "notices"):
        if (ROOT / "core" / module / "tasks.py").exists():
            importlib.import_module(f"core.{module}.tasks")
    while relay.run_once(database):
        pass


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """Collect the SQL statements that run meanwhile (an executemany counts as one)."""
    seen: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, _parameters: Any, _context: Any, _many: bool) -> None:
        seen.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(database.engine, "before_cursor_execute", note)


def together(*works: Callable[[], Any]) -> list[Any]:
    """Run *works* at the same moment; results, or the errors they raised."""
    gate = Barrier(len(works))

    def run(work: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return work()
        except Exception as error:  # noqa: BLE001 - the error is the result that is looked at
            return error

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(run, work) for work in works]]
