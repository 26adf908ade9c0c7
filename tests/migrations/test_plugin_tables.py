"""The tables of the plugins that come with the platform, on SQLite and PostgreSQL: their revisions make what their models say, and take it away again."""

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from core.app import open_site
from core.db import migrate
from core.kernel import clock
from core.kernel.actor import SYSTEM
from core.kernel.ids import new_id
from core.keys import store as key_store
from core.pluginhost import life
from core.pluginhost import service as plugins
from core.web.site import Config, Site
from tests.fixtures_hall import ROOT

IN_TREE = sorted(path.parent.name for path in ROOT.glob("plugins/*/manifest.json"))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def site(request: Any, tmp_path: Path) -> Iterator[Site]:
    """A hall with the platform's tables, in which every plugin was installed."""
    url = f"sqlite:///{tmp_path / 'wangting.db'}" if request.param == "sqlite" else request.getfixturevalue("pg_url")
    key_store.create_keys(tmp_path)
    made = open_site(Config(home=tmp_path, database_url=url, embedded=False))
    migrate.upgrade(made.database)
    with made.database.session() as session:
        for name in IN_TREE:
            life.install(session, plugins.host(session), name, actor=SYSTEM)
            life.enable(session, plugins.host(session), name, actor=SYSTEM)
    yield made
    made.database.close()


def test_the_revisions_of_every_plugin_make_what_its_models_say_and_its_removal_leaves_nothing(site: Site, tmp_path: Path) -> None:
    with site.database.engine.connect() as connection:
        for name in IN_TREE:
            mine = {"include_name": lambda found, kind, _parents, name=name: kind != "table" or str(found).startswith(f"plg_{name}_")}
            context = MigrationContext.configure(connection, opts={"compare_type": True, **mine})
            metadata = import_module(f"plugins.{name}.models").Base.metadata
            ours = [each for each in compare_metadata(context, metadata) if "version" not in str(getattr(each[1], "name", ""))]
            assert ours == [], name
    with site.database.session() as session:
        for name in IN_TREE:
            life.remove(session, plugins.host(session), name, keep=tmp_path / "kept" / name)
    assert not [name for name in inspect(site.database.engine).get_table_names() if name.startswith("plg_")]


def test_the_bundle_cases_are_listed_page_by_page_for_the_departments_that_take_part(site: Site) -> None:
    from plugins.multi_certificate import standing
    from plugins.multi_certificate.models import BundleCase, PartCase

    lead, part, stranger = new_id(), new_id(), new_id()
    with site.database.session() as session:
        ctx = plugins.called(session, "multi_certificate")
        for number in range(standing.PAGE + 5):
            case = BundleCase(
                case_id=new_id(), number=f"N{number:04d}", item_code="company-establish", version_id=new_id(), department_id=lead,
                status="in_review" if number else "closed", outcome=None if number else "refuse", licence_id=None, changed_at=clock.now(),
            )  # fmt: skip
            ctx.session.add(case)
            ctx.session.flush()
            ctx.session.add(
                PartCase(
                    case_id=case.case_id, part="tax", position=0, item_code="new-business-tax", kind="decide", authority="tax", title_zh="税务", title_en="Tax",
                    begun_at=clock.now(), child_id=new_id(), child_number=f"C{number:04d}", department_id=part, result=None, licence_id=None,
                )
            )  # fmt: skip
        ctx.session.flush()
        for department in (lead, part):
            first, after = standing.listed(ctx, [department], which="open", after="")
            rest, end = standing.listed(ctx, [department], which="open", after=after)
            assert (len(first), len(rest), end) == (standing.PAGE, 4, ""), "the refused one is not under way"
            assert not {line.case.case_id for line in first} & {line.case.case_id for line in rest}
        done, _after = standing.listed(ctx, [lead], which="done", after="no id at all")
        assert [line.case.number for line in done] == ["N0000"]
        assert standing.listed(ctx, [stranger], which="all", after="") == ([], "")
