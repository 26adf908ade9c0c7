"""The platform's own revisions on SQLite and PostgreSQL: up, down, with data in them, and equal to the models."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text
from sqlalchemy.exc import DBAPIError

from core.app import check_ready, create_app, open_site
from core.db import migrate, months
from core.db.database import Database
from core.db.errors import NotMigrated
from core.identity.service import add_department, add_division
from core.items.catalogue.models import CatalogueEntry, CatalogueVersion
from core.items.models import Item, ItemVersion
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.keys import store as key_store
from core.web.site import Config, Site
from tests.fixtures_cases import VALUES
from tests.fixtures_hall import make_hall, publish_item

REVISIONS = [revision.revision for revision in reversed(list(ScriptDirectory(str(migrate.script_location())).walk_revisions()))]


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(request: Any, tmp_path: Path) -> Iterator[Site]:
    """A hall with keys and an empty database."""
    url = f"sqlite:///{tmp_path / 'wangting.db'}" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    key_store.create_keys(tmp_path)
    made = open_site(Config(home=tmp_path, database_url=url, embedded=False))
    yield made
    made.database.close()


def tables(database: Database) -> set[str]:
    return {name for name in inspect(database.engine).get_table_names() if name != "alembic_version" and not name.startswith("search_index_")}


def furnish(site: Site) -> str:
    """People, a published item and a case: rows in most tables."""
    from core.cases import service as cases
    from core.cases.spec import PartyOnCase
    from core.items import queries as items
    from core.kernel.ids import new_id
    from tests.fixtures_hall import settle

    with site.database.session() as session:
        hall = make_hall(session)
        version = publish_item(session, "market_regulation/food-operation-new.json")
    with site.database.session() as session:
        case = cases.submit(
            session, compiled=items.load(session, version), version_id=version, owner=hall.department("market_regulation"), values=VALUES,
            parties=(PartyOnCase(hall.citizen_party),), command_id=new_id(), actor=hall.me,
        )  # fmt: skip
    settle(site.database)
    return case.id


def test_head_equals_the_models(site: Site) -> None:
    migrate.upgrade(site.database)
    assert migrate.status(site.database) == (REVISIONS[-1], REVISIONS[-1])
    assert migrate.differences(site.database) is None


def test_down_to_nothing_leaves_nothing_and_up_again_is_the_same(site: Site) -> None:
    migrate.upgrade(site.database)
    whole = tables(site.database)
    migrate.downgrade(site.database, "base")
    assert tables(site.database) == set()
    assert migrate.status(site.database)[0] is None
    migrate.upgrade(site.database)
    assert tables(site.database) == whole
    assert migrate.differences(site.database) is None


def test_every_revision_goes_down_and_up_with_a_hall_at_work_in_it(site: Site) -> None:
    from core.cases import service as cases

    migrate.upgrade(site.database)
    case = furnish(site)
    for target in reversed(REVISIONS[:-1]):
        before = rows(site.database)
        migrate.downgrade(site.database, target)
        assert migrate.status(site.database)[0] == target
        migrate.upgrade(site.database)
        assert rows(site.database) == before
    with site.database.session() as session:
        assert cases.verify(session, case).ok
    assert migrate.differences(site.database) is None
    migrate.downgrade(site.database, "base")
    assert tables(site.database) == set()


def test_every_table_of_history_is_cut_by_month_where_the_database_can(site: Site) -> None:
    migrate.upgrade(site.database)
    with site.database.session() as session:
        found = {state.table: (state.ahead, state.strays) for state in months.states(session)}
    assert found == ({} if site.database.is_sqlite else {table.table: (months.AHEAD, 0) for table in months.declared()})


def rows(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        return {name: connection.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one() for name in sorted(tables(database))}


def test_a_published_version_cannot_be_changed_by_anybody(site: Site) -> None:
    migrate.upgrade(site.database)
    with site.database.session() as session:
        session.add(Item(code="an-item", department="health", title="事项"))
        session.flush()
        session.add(ItemVersion(item_code="an-item", number=1, hash="sha256:0", bundle=b"{}", published_by="nobody"))
        division = add_division(session, "990100", "示范市", "city", parent_id=None, actor=SYSTEM)
        publisher = add_department(session, "health", "卫生健康局", division_id=division, actor=SYSTEM)
        entry = {"title": "事项", "type": "01", "authority": "局", "implementer": "health", "publisher_id": publisher, "region_root": new_id(), "number": 1}
        session.add(CatalogueEntry(code="990100001000", **entry))
        session.flush()
        session.add(CatalogueVersion(entry_code="990100001000", number=1, hash="sha256:0", bundle=b"{}", published_by="nobody"))
    asked = (("UPDATE", " SET number = 99"), ("DELETE FROM", ""))
    changes = [f"{change} {table}{end}" for table in ("item_version", "catalogue_version") for change, end in asked]
    for statement in changes:
        with pytest.raises(DBAPIError, match="immutable"), site.database.engine.begin() as connection:
            connection.execute(text(statement))
    with site.database.engine.connect() as connection:
        assert connection.execute(text("SELECT number FROM item_version")).scalar_one() == 1


def test_a_postgresql_version_table_cannot_be_emptied_either(tmp_path: Path, pg_url: str) -> None:
    database = Database(pg_url)
    migrate.upgrade(database)
    for table in ("item_version", "catalogue_version"):
        with pytest.raises(DBAPIError, match="immutable"), database.engine.begin() as connection:
            connection.execute(text(f"TRUNCATE {table} CASCADE"))
    database.close()


@pytest.mark.parametrize("revision", [REVISIONS[0], "9999", None])
def test_a_server_refuses_tables_older_or_newer_than_itself(site: Site, revision: str | None) -> None:
    migrate.upgrade(site.database)
    with site.database.session() as session:
        session.execute(text("DELETE FROM alembic_version"))
        if revision:
            session.execute(text("INSERT INTO alembic_version VALUES (:r)"), {"r": revision})
    with pytest.raises(NotMigrated) as refused:
        check_ready(site)
    assert (revision or "-") in refused.value.words("en") and "wangting" in refused.value.words("zh")
    with pytest.raises(NotMigrated):
        create_app(site.config)


def test_two_processes_that_migrate_at_once_take_turns(site: Site) -> None:
    from threading import Thread

    failed: list[Exception] = []

    def work() -> None:
        database = Database(site.config.database_url)
        try:
            migrate.upgrade(database)
        except Exception as error:  # noqa: BLE001 – told below
            failed.append(error)
        finally:
            database.close()

    threads = [Thread(target=work) for _ in range(2)] if not site.database.is_sqlite else [Thread(target=work)]  # SQLite: `init` holds the lock
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == [] and migrate.status(site.database) == (REVISIONS[-1], REVISIONS[-1])
