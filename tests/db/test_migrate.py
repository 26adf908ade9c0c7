"""Migrations: one environment, one version table an owner; up, down, and failing half way."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, inspect, text

from core.db import migrate
from core.db.database import Database
from core.db.errors import MigrationFailed

META = MetaData()
Table("plg_demo_note", META, Column("id", Integer, primary_key=True), Column("words", String(50)))

FIRST = '''"""first"""
import sqlalchemy as sa
from alembic import op
revision = "0001"
down_revision = None
def upgrade():
    op.create_table("plg_demo_note", sa.Column("id", sa.Integer(), primary_key=True), sa.Column("words", sa.String(50)))
def downgrade():
    op.drop_table("plg_demo_note")
'''
BROKEN = '''"""broken"""
import sqlalchemy as sa
from alembic import op
revision = "0002"
down_revision = "0001"
def upgrade():
    op.create_table("plg_demo_half", sa.Column("id", sa.Integer(), primary_key=True))
    raise RuntimeError("disk full")
def downgrade():
    op.drop_table("plg_demo_half")
'''


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: Any, tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/hall.db" if request.param == "sqlite" else request.getfixturevalue("pg_url"))
    clean(database)
    yield database
    clean(database)
    database.close()


def clean(database: Database) -> None:
    with database.session() as session:
        for table in ("plg_demo_note", "plg_demo_half", "alembic_version_demo"):
            session.execute(text(f"DROP TABLE IF EXISTS {table}"))


@pytest.fixture
def owner(tmp_path: Path) -> migrate.Owner:
    versions = tmp_path / "versions"
    versions.mkdir()
    (versions / "0001_first.py").write_text(FIRST)
    return migrate.Owner("demo", versions, metadata=META)


def tables(database: Database) -> set[str]:
    return {name for name in inspect(database.engine).get_table_names() if "demo" in name}


def test_an_owner_goes_up_down_and_up_again(database: Database, owner: migrate.Owner) -> None:
    assert migrate.status(database, owner) == (None, "0001")
    migrate.upgrade(database, owner)
    assert migrate.status(database, owner) == ("0001", "0001")
    assert tables(database) == {"plg_demo_note", "alembic_version_demo"}
    assert migrate.differences(database, owner) is None
    migrate.downgrade(database, "base", owner)
    assert tables(database) == {"alembic_version_demo"}
    migrate.upgrade(database, owner)
    assert "plg_demo_note" in tables(database)


def test_a_step_that_fails_is_rolled_back_whole(database: Database, owner: migrate.Owner) -> None:
    (owner.versions / "0002_broken.py").write_text(BROKEN)
    with pytest.raises(MigrationFailed, match="disk full"):
        migrate.upgrade(database, owner)
    assert migrate.status(database, owner) == ("0001", "0002")
    assert "plg_demo_half" not in tables(database)


def test_a_difference_between_models_and_database_is_told(database: Database, owner: migrate.Owner) -> None:
    migrate.upgrade(database, owner)
    with database.session() as session:
        session.execute(text("ALTER TABLE plg_demo_note ADD COLUMN stray VARCHAR(9)"))
    assert "stray" in str(migrate.differences(database, owner))


def test_an_owner_touches_its_own_tables_only() -> None:
    demo, core = migrate.Owner("demo", Path()), migrate.core()
    assert demo.owns("plg_demo_note")
    assert not demo.owns("plg_demographics_x")
    assert not demo.owns("case_")
    assert core.owns("case_")
    assert core.owns("ab_user")
    assert not core.owns("plg_demo_note")


def test_foreign_keys_hold_again_after_a_migration(tmp_path: Path, owner: migrate.Owner) -> None:
    database = Database(f"sqlite:///{tmp_path}/hall.db")
    migrate.upgrade(database, owner)
    with database.session() as session:
        assert session.execute(text("PRAGMA foreign_keys")).scalar() == 1
    database.close()


def test_the_environment_knows_every_slice_with_tables() -> None:
    environment = (migrate.script_location() / "env.py").read_text(encoding="utf-8")
    listed = set(re.findall(r'"(core\.[a-z_.]+\.models)"', environment))
    root = Path(str(importlib.import_module("core").__file__)).parent
    there = {f"core.{path.parent.name}.models" for path in root.glob("*/models.py")}
    assert there <= listed
