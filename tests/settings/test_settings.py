"""Settings: the narrowest value wins, types hold, other processes notice."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db import remembered
from core.db.base import Base
from core.db.database import Database
from core.kernel.actor import SYSTEM
from core.kernel.errors import BadInput, NotFound
from core.settings import service
from core.settings.spec import Setting

DAYS = Setting("test.days", int, 30, "草稿保留天数")
NAME = Setting("test.name", str, "政务服务网", "网站名称", reach="site")
LOOK = Setting("test.look", str, "standard", "外观", choices=("standard", "elder"))


@pytest.fixture(autouse=True)
def declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service, "_declared", {})
    monkeypatch.setattr(remembered, "FRESH_SECONDS", 0.0)
    for setting in (DAYS, NAME, LOOK):
        service.declare(setting)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db")
    Base.metadata.create_all(database.engine, tables=[Base.metadata.tables[name] for name in ("setting", "turn", "hall_document")])
    yield database
    database.close()


def test_the_default_holds_until_somebody_sets_it(database: Database) -> None:
    with database.session() as session:
        assert service.get(session, "test.days") == 30
        assert service.hall(session) == {"test.days": 30, "test.name": "政务服务网", "test.look": "standard"}


def test_item_beats_department_beats_site(database: Database) -> None:
    with database.session() as session:
        service.put(session, "test.days", 20, actor=SYSTEM)
        service.put(session, "test.days", 10, department="d1", actor=SYSTEM)
        service.put(session, "test.days", 5, item="i1", actor=SYSTEM)
    with database.session() as session:
        assert service.get(session, "test.days") == 20
        assert service.get(session, "test.days", department="d1") == 10
        assert service.get(session, "test.days", department="d1", item="i1") == 5
        assert service.get(session, "test.days", department="d2", item="i2") == 20
        service.clear(session, "test.days", item="i1")
        assert service.get(session, "test.days", department="d1", item="i1") == 10


@pytest.mark.parametrize("value", ["30", 30.5, True, None, [30]])
def test_a_value_of_another_type_is_refused_and_nothing_is_written(database: Database, value: object) -> None:
    with database.session() as session, pytest.raises(BadInput):
        service.put(session, "test.days", value, actor=SYSTEM)
    with database.session() as session:
        assert service.get(session, "test.days") == 30


def test_only_offered_choices_and_reachable_scopes_are_taken(database: Database) -> None:
    with database.session() as session:
        with pytest.raises(BadInput, match="standard / elder"):
            service.put(session, "test.look", "neon", actor=SYSTEM)
        with pytest.raises(BadInput, match="whole site"):
            service.put(session, "test.name", "x", department="d1", actor=SYSTEM)
        with pytest.raises(NotFound):
            service.get(session, "test.nonsense")


def test_another_process_notices_a_change(database: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path}/hall.db")
    with other.session() as session:
        assert service.get(session, "test.days") == 30
    with database.session() as session:
        service.put(session, "test.days", 7, actor=SYSTEM)
    with other.session() as session:
        assert service.get(session, "test.days") == 7
    other.close()


def test_a_change_that_is_rolled_back_is_seen_by_nobody(database: Database) -> None:
    with pytest.raises(RuntimeError), database.session() as session:
        service.put(session, "test.days", 7, actor=SYSTEM)
        assert service.get(session, "test.days") == 7
        raise RuntimeError
    with database.session() as session:
        assert service.get(session, "test.days") == 30


def test_a_name_has_one_meaning() -> None:
    service.declare(DAYS)
    with pytest.raises(ValueError, match="twice"):
        service.declare(Setting("test.days", int, 31, "别的"))
    with pytest.raises(BadInput):
        service.declare(Setting("test.bad", int, "x", "坏的"))
